using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Chain.Quorum;

/// <summary>What a node said to some requests; null where it said nothing that is an answer.</summary>
/// <param name="Bug">what its client threw that is no failure of the node</param>
internal readonly record struct NodeReply(int Node, RpcReply[]? Replies, ExceptionDispatchInfo? Bug = null);

internal enum Wanted
{
    /// <summary>Wait for the next reply.</summary>
    More,

    /// <summary>What is there would do, but more might come soon.</summary>
    MoreIfSoon,

    /// <summary>The slow ones are not waited for.</summary>
    Nothing,
}

/// <summary>
/// Goes round the nodes: asks them side by side, hands over each reply as it comes, and stops waiting as soon as enough is known. Those who
/// had not answered by then have a grace to do so; their replies are still handed over, to be judged. Who does not answer within it, or
/// within the deadline, is down.
/// </summary>
internal sealed class Canvass(NodeRoster roster, ReadQuorumOptions options, TimeProvider time)
{
    private readonly int[] _open = new int[roster.Nodes.Count];

    /// <param name="whom">positions of nodes</param>
    /// <param name="requests">what each is asked</param>
    /// <param name="onReply">takes a reply and says what is wanted; one at a time</param>
    /// <param name="onLate">takes a reply that nobody waits for any more; one at a time, after all calls of onReply</param>
    /// <param name="ct">of the caller</param>
    public async Task RunAsync(
        IReadOnlyList<int> whom, IReadOnlyList<RpcRequest> requests, Func<NodeReply, int, Wanted> onReply, Action<NodeReply> onLate, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var replies = Channel.CreateUnbounded<NodeReply>(new UnboundedChannelOptions { SingleReader = true });
        var cut = new CancellationTokenSource(options.Deadline, time);
        var toCome = 0;
        foreach (var node in whom)
        {
            if (Volatile.Read(ref _open[node]) < options.MaxOpenQuestions)
            {
                toCome++;
                _ = AskAsync(node, requests, replies.Writer, cut.Token, ct);
            }
        }

        try
        {
            toCome = await CollectAsync(replies.Reader, toCome, onReply, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The caller has left; nobody is to be judged for not answering him.
            await cut.CancelAsync().ConfigureAwait(false);
            throw;
        }

        if (toCome == 0)
        {
            cut.Dispose();
            return;
        }

        cut.CancelAfter(options.StragglerGrace);
        _ = JudgeLateAsync(replies.Reader, toCome, onLate, cut);
    }

    /// <summary>Returns how many replies are still to come when enough is known.</summary>
    private async Task<int> CollectAsync(ChannelReader<NodeReply> replies, int toCome, Func<NodeReply, int, Wanted> onReply, CancellationToken ct)
    {
        CancellationTokenSource? patience = null;
        CancellationTokenSource? either = null;
        try
        {
            while (toCome > 0)
            {
                if (!replies.TryRead(out var reply))
                {
                    reply = await replies.ReadAsync(either?.Token ?? ct).ConfigureAwait(false);
                }

                toCome--;
                reply.Bug?.Throw();
                var wanted = onReply(reply, toCome);
                if (wanted == Wanted.Nothing)
                {
                    return toCome;
                }

                if (wanted == Wanted.MoreIfSoon && patience is null)
                {
                    patience = new CancellationTokenSource(options.HeadPatience, time);
                    either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
                }
            }
        }
        catch (OperationCanceledException) when (patience is { IsCancellationRequested: true } && !ct.IsCancellationRequested)
        {
            // Enough was known, and the patience for more is over.
        }
        finally
        {
            either?.Dispose();
            patience?.Dispose();
        }

        return toCome;
    }

    /// <summary>Never throws, and always writes one reply. The node's silence is told to the roster.</summary>
    private async Task AskAsync(int node, IReadOnlyList<RpcRequest> requests, ChannelWriter<NodeReply> to, CancellationToken cut, CancellationToken caller)
    {
        RpcReply[]? replies = null;
        ExceptionDispatchInfo? bug = null;
        Interlocked.Increment(ref _open[node]);
        try
        {
            var rpc = roster.Nodes[node].Rpc;
            replies = requests.Count == 1
                ? [new RpcReply(await WithinAsync(rpc.SendAsync(requests[0].Method, cut, [.. requests[0].Parameters]), cut).ConfigureAwait(false), null)]
                : [.. await WithinAsync(rpc.SendBatchAsync(requests, cut), cut).ConfigureAwait(false)];
            if (replies.Length != requests.Count)
            {
                replies = null;
                Silent(node, "it answered another number of questions");
            }
        }
        catch (RpcException refused) when (refused.Kind == RpcFailure.ErrorReply)
        {
            replies = [.. requests.Select(_ => new RpcReply(default, refused))];
        }
        catch (RpcException resting) when (resting.Kind == RpcFailure.CircuitOpen && roster.StandingOf(node) == NodeStanding.Down)
        {
            // Why it is down says more than that it was not asked again.
        }
        catch (RpcException silent)
        {
            Silent(node, $"{silent.Kind}: {silent.Problem}");
        }
        catch (OperationCanceledException)
        {
            if (!caller.IsCancellationRequested)
            {
                Silent(node, "no answer in time");
            }
        }
        catch (Exception problem) when (problem is not RpcException)
        {
            bug = ExceptionDispatchInfo.Capture(problem);
            Silent(node, $"its client failed ({problem.GetType().Name})");
        }
        finally
        {
            Interlocked.Decrement(ref _open[node]);
            to.TryWrite(new NodeReply(node, replies, bug));
        }
    }

    /// <summary>A node that does not heed its cancellation is not waited for either.</summary>
    private static Task<T> WithinAsync<T>(Task<T> answer, CancellationToken cut) => answer.IsCompleted ? answer : answer.WaitAsync(cut);

    private void Silent(int node, string why) => roster.Move(node, (state, now) => state.OnSilence(why, now));

    private static async Task JudgeLateAsync(ChannelReader<NodeReply> replies, int toCome, Action<NodeReply> onLate, CancellationTokenSource cut)
    {
        for (; toCome > 0; toCome--)
        {
            onLate(await replies.ReadAsync(CancellationToken.None).ConfigureAwait(false));
        }

        cut.Dispose();
    }
}
