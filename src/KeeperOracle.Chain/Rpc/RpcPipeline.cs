using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace KeeperOracle.Chain.Rpc;

/// <summary>The layers around one HTTP attempt, as the head of HttpRpc describes them. Reads and writes of a node share its circuit.</summary>
internal static class RpcPipeline
{
    public static (ResiliencePipeline<ReadOnlyMemory<byte>> Reads, ResiliencePipeline<ReadOnlyMemory<byte>> Writes) Build(HttpRpcOptions options, TimeProvider time)
    {
        var node = new ResiliencePipelineBuilder<ReadOnlyMemory<byte>> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<ReadOnlyMemory<byte>>
            {
                FailureRatio = 0.5,
                MinimumThroughput = options.CircuitMinimumCalls,
                SamplingDuration = options.CircuitWindow,
                BreakDuration = options.CircuitBreak,
                ShouldHandle = arguments => ValueTask.FromResult(IsFailureOfNode(arguments.Outcome.Exception)),
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout })
            .Build();

        var reads = new ResiliencePipelineBuilder<ReadOnlyMemory<byte>> { TimeProvider = time }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.TotalDeadline });
        if (options.MaxRetries > 0)
        {
            reads.AddRetry(Retry(options));
        }

        var writes = new ResiliencePipelineBuilder<ReadOnlyMemory<byte>> { TimeProvider = time }
            .AddTimeout(new TimeoutStrategyOptions { Timeout = options.TotalDeadline })
            .AddPipeline(node)
            .Build();
        return (reads.AddPipeline(node).Build(), writes);
    }

    private static RetryStrategyOptions<ReadOnlyMemory<byte>> Retry(HttpRpcOptions options) => new()
    {
        MaxRetryAttempts = options.MaxRetries,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = options.RetryDelay,
        MaxDelay = options.MaxRetryDelay,
        ShouldHandle = arguments => ValueTask.FromResult(IsFailureOfNode(arguments.Outcome.Exception)),
        DelayGenerator = arguments => ValueTask.FromResult(AskedDelay(arguments.Outcome.Exception, options)),
    };

    /// <summary>What the node asked for, within our limit; null leaves the backoff to decide.</summary>
    private static TimeSpan? AskedDelay(Exception? problem, HttpRpcOptions options) =>
        problem is RpcException { RetryAfter: { } after } && after > options.RetryDelay
            ? (after < options.MaxRetryDelay ? after : options.MaxRetryDelay)
            : null;

    private static bool IsFailureOfNode(Exception? problem) =>
        problem is TimeoutRejectedException or RpcException { Kind: RpcFailure.Transport or RpcFailure.RateLimited };
}
