using System.Text.Json;
using System.Threading.Channels;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Keeping;

/// <summary>An event with what the loop needs to know of its making.</summary>
/// <param name="Arrived">monotonic time stamp of the host</param>
public readonly record struct QueuedEvent(KeeperEvent Event, long Arrived);

/// <summary>
/// One chain of the keeper: its heads become snapshots, its oracle nodes' offers become observations, its intents become outcomes, all
/// as events in the one bounded queue; and what the core decides comes back here to be sent. A slow or dead node holds up this lane alone.
/// </summary>
public sealed class KeeperLane(
    ChainAccess chain,
    VaultBook book,
    ObservationCollector collector,
    NodeSendingChain node,
    Func<ulong, SendingCourier> makeCourier,
    SendTerms terms,
    bool isActive,
    Address signer,
    ChannelWriter<QueuedEvent> queue,
    TimeProvider time,
    ILogger logger) : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>Of one head, before the next is waited for.</summary>
    private const int SnapshotTries = 3;

    private readonly Channel<(Act Act, Terms Terms, MarketSnapshot Market, BlockRef Block)> _actions =
        Channel.CreateBounded<(Act, Terms, MarketSnapshot, BlockRef)>(new BoundedChannelOptions(4096) { SingleReader = true });

    /// <summary>One at a time with the courier: its events have an order.</summary>
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly SnapshotSequence _sequence = new();
    private SendingCourier? _courier;
    private volatile SeenHead? _head;

    /// <summary>A reference, so that one task never reads half of what another writes.</summary>
    private sealed record SeenHead(BlockRef Block);

    public ChainId Chain => chain.Id;

    public string Name => chain.Name;

    /// <summary>Runs until cancelled; ends with an exception only where going on would be wrong.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] parts = [FollowAsync(ending.Token), CollectAsync(ending.Token), SettleAsync(ending.Token), SendAsync(ending.Token)];
        await Endings.FirstAsync(parts, ending);
    }

    public void Dispose() => _sending.Dispose();

    /// <summary>The core has not got the snapshot that was published last: the next is to be whole.</summary>
    public void RequireWholeSnapshot() => _sequence.RequireWhole();

    /// <summary>Under the terms of the snapshot that it was decided on.</summary>
    public ValueTask EnqueueAsync(Act act, ChainSnapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var agreed = terms.Of(act, snapshot);
        if (agreed.Problem.Length > 0)
        {
            logger.LogWarning("Chain {Chain}: {Purpose}: {Problem}", chain.Name, act.Purpose, agreed.Problem);
        }

        return _actions.Writer.WriteAsync((act, agreed, snapshot.Market, snapshot.Block), cancellationToken);
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var head in chain.FollowHeadsAsync(logger, cancellationToken))
        {
            _head = new SeenHead(head.Head);
            // On a chain that mines on demand the next head may be long in coming.
            for (var tries = 1; !await TryAsync("snapshot", () => ReadAsync(head, cancellationToken)) && tries < SnapshotTries; tries++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(chain.Options.PollMilliseconds), time, cancellationToken);
            }
        }
    }

    private async Task ReadAsync(HeadEvent head, CancellationToken cancellationToken)
    {
        // Read side by side; told in order: what has settled is no longer in flight when the snapshot is decided on.
        var reading = book.AdvanceAsync(head.Head, signer, cancellationToken);
        await Task.WhenAll(SettleAtAsync(() => head, cancellationToken), reading);
        var snapshot = await reading;
        await PublishAsync(_sequence.Next(snapshot), cancellationToken);
    }

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(chain.Options.PollMilliseconds), time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (await collector.CollectAsync(cancellationToken) is { } collected)
            {
                await PublishAsync(collected, cancellationToken);
            }
        }
    }

    /// <summary>Heads settle intents; where no head comes, a timer still notices a transaction that the node has lost.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (_head is not null)
            {
                // The newest by the time its turn comes: a look at an earlier head would find what is final by now broken.
                await TryAsync("receipts", () => SettleAtAsync(() => new HeadEvent(_head!.Block, Reorg: false, ReorgDepth: null), cancellationToken));
            }
        }
    }

    private Task SettleAtAsync(Func<HeadEvent> newest, CancellationToken cancellationToken) => WithCourierAsync(
        async () =>
        {
            var head = newest();
            // Made from the journal at the first head: what is final by then is not looked after any more.
            _courier ??= makeCourier(await node.FinalizedAsync(head.Head, cancellationToken));
            return await _courier.LookAsync(head, cancellationToken);
        },
        cancellationToken);

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await foreach (var (act, agreed, market, block) in _actions.Reader.ReadAllAsync(cancellationToken))
        {
            if (!isActive || agreed.Request is not { } request)
            {
                var why = isActive ? agreed.Problem : "shadow mode";
                await PublishAsync(
                    new IntentSettled(chain.Id, act.Purpose, ActionEncoder.AccountOf(act.Action), SettlementOutcome.NotSent, why, block.Timestamp), cancellationToken);
                continue;
            }

            var call = ActionEncoder.Encode(act.Action, chain.Addresses, market);
            var planned = new PlannedCall(call.To, call.Data, JsonSerializer.Serialize(act.Action, KeeperJson.Options), block.Number);
            // A snapshot is read after the first look, so there is a courier.
            await WithCourierAsync(() => _courier!.RequestAsync(request, planned, cancellationToken), cancellationToken);
        }
    }

    private async Task WithCourierAsync(Func<Task<IReadOnlyList<Told>>> work, CancellationToken cancellationToken)
    {
        IReadOnlyList<Told> told;
        await _sending.WaitAsync(cancellationToken);
        try
        {
            told = await work();
        }
        finally
        {
            _sending.Release();
        }

        foreach (var one in told)
        {
            var end = await RevertedCall.WithReasonAsync(one, chain.Eth, cancellationToken);
            logger.Log(
                end.End is SendEnd.Included ? LogLevel.Information : LogLevel.Warning, "Chain {Chain}: {Purpose}: {End}, {Detail}", chain.Name, end.Purpose, end.End, end.Detail);
            await PublishAsync(Settled(end), cancellationToken);
        }
    }

    private static KeeperAction ActionOf(Told told) => JsonSerializer.Deserialize<KeeperAction>(told.ActionJson, KeeperJson.Options)
        ?? throw new JsonException($"The journal holds no action for {told.Purpose}.");

    private IntentSettled Settled(Told told)
    {
        var action = ActionOf(told);
        var outcome = told.End switch
        {
            SendEnd.Included => SettlementOutcome.Included,
            SendEnd.Reverted => SettlementOutcome.Reverted,
            SendEnd.Dropped => SettlementOutcome.Dropped,
            SendEnd.SimulationReverted => SettlementOutcome.SimulationReverted,
            SendEnd.NotSent => SettlementOutcome.NotSent,
            _ => throw new ArgumentOutOfRangeException(nameof(told), told.End, "No such end."),
        };
        return new IntentSettled(chain.Id, told.Purpose, ActionEncoder.AccountOf(action), outcome, told.Detail, _head?.Block.Timestamp ?? 0);
    }

    private ValueTask PublishAsync(KeeperEvent keeperEvent, CancellationToken cancellationToken) =>
        queue.WriteAsync(new QueuedEvent(keeperEvent, time.GetTimestamp()), cancellationToken);

    /// <summary>
    /// What a node cannot answer now, or answers with what is no value of its field, is asked again at the next head; a bug is not caught.
    /// </summary>
    private async Task<bool> TryAsync(string what, Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception problem) when (problem is RpcException or ReadFailedException or AbiException or OverflowException)
        {
            logger.LogWarning("Chain {Chain}: no {What}: {Problem}", chain.Name, what, problem.Message);
            return false;
        }
    }
}
