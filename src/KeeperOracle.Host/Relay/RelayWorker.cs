using KeeperOracle.Host.Keeping;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>Runs the chains and passes over the links, one after another, at a steady pace; a part that ends by a fault ends the relay, for its supervisor to start again.</summary>
internal sealed class RelayWorker(
    IReadOnlyList<RelayChain> chains, IReadOnlyList<RelayLink> links, TimeSpan pace, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<RelayWorker> logger) : BackgroundService
{
    /// <summary>Set where a part ended by a fault, for the exit code.</summary>
    public Exception? Fault { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Endings.FirstAsync([.. chains.Select(chain => chain.RunAsync(ending.Token)), PassAsync(ending.Token)], ending);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            logger.LogInformation("Stopped");
        }
        catch (Exception fault)
        {
            Fault = fault;
            logger.LogCritical(fault, "The relay stops: {Reason}", fault.Message);
            lifetime.StopApplication();
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(pace, time);
        do
        {
            foreach (var link in links)
            {
                await link.PassAsync(cancellationToken);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}

/// <summary>What became of steps, in the log and for those that are to be tried again.</summary>
internal sealed class RelayEnds(Postponed postponed, ILogger logger)
{
    /// <summary>Errors that only say that somebody else was first, or the chain went on meanwhile.</summary>
    private static readonly string[] Overtaken = ["HeaderNotNewer", "OrderAlreadyIssued", "OrderOutOfSequence", "OrderAlreadyQueued", "OrderNotQueued", "HeaderOlder", "HeaderTimeNotLater"];

    public void Told(ChainId chain, Told told)
    {
        if (told.End == SendEnd.Included)
        {
            postponed.Remove(told.Purpose);
            logger.LogInformation("Chain {Chain}: {Purpose}: done, {Detail}", chain, told.Purpose, told.Detail);
            return;
        }

        postponed.Add(told.Purpose);
        var overtaken = Array.Exists(Overtaken, name => told.Detail.StartsWith(name, StringComparison.Ordinal) || told.Detail.Contains($" {name}(", StringComparison.Ordinal));
        logger.Log(
            overtaken ? LogLevel.Information : LogLevel.Warning, "Chain {Chain}: {Purpose}: {End}{Overtaken}, {Detail}", chain, told.Purpose, told.End, overtaken ? ", overtaken" : "", told.Detail);
    }
}
