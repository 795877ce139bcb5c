using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Keeping;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>One chain of a relay: its newest head, and the courier of what is sent there. A head settles what was under way.</summary>
internal sealed class RelayChain(ChainAccess access, NodeSendingChain node, Func<ulong, SendingCourier> makeCourier, Action<ChainId, Told> onTold, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>One at a time with the courier: its events have an order.</summary>
    private readonly SemaphoreSlim _sending = new(1, 1);
    private SendingCourier? _courier;
    private volatile SeenHead? _seen;
    private volatile SeenHead? _head;

    private sealed record SeenHead(BlockRef Block);

    public ChainAccess Access => access;

    public ChainId Id => access.Id;

    /// <summary>Null before the first, and until a courier has looked at it.</summary>
    public BlockRef? Head => _head?.Block;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Endings.FirstAsync([FollowAsync(ending.Token), SettleAsync(ending.Token)], ending);
    }

    /// <param name="line">beginning of purposes of which one at a time is sent; empty for no limit</param>
    public Task RequestAsync(SendRequest request, PlannedCall call, string line, CancellationToken cancellationToken) => WithCourierAsync(
        async courier => line.Length > 0 && courier.IsUnderWay(line) ? [] : await courier.RequestAsync(request, call, cancellationToken), cancellationToken);

    /// <summary>Purposes that were asked for, signed or sent, or that had their effect after this block.</summary>
    public async Task<IReadOnlyList<string>> UnderWayAsync(ulong block, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            return _courier?.UnderWay(block) ?? [];
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var head in access.FollowHeadsAsync(logger, cancellationToken))
        {
            _seen = new SeenHead(head.Head);
            await SettleAtAsync(() => head, cancellationToken);
            _head = _seen;
        }
    }

    /// <summary>Where no head comes, a timer still notices a transaction that the node has lost.</summary>
    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (_head is not null)
            {
                // The newest by the time its turn comes: a look at an earlier head would find what is final by now broken.
                await SettleAtAsync(() => new HeadEvent(_seen!.Block, Reorg: false, ReorgDepth: null), cancellationToken);
            }
        }
    }

    private async Task SettleAtAsync(Func<HeadEvent> head, CancellationToken cancellationToken)
    {
        try
        {
            // Made from the journal at the first head: what is final by then is not looked after any more.
            var finalized = _courier is null ? await node.FinalizedAsync(head().Head, cancellationToken) : 0;
            await WithCourierAsync(courier => courier.LookAsync(head(), cancellationToken), cancellationToken, finalized);
        }
        catch (Exception problem) when (problem is RpcException or ReadFailedException or AbiException or OverflowException)
        {
            logger.LogWarning("Chain {Chain}: no receipts: {Problem}", access.Name, problem.Message);
        }
    }

    private async Task WithCourierAsync(Func<SendingCourier, Task<IReadOnlyList<Told>>> work, CancellationToken cancellationToken, ulong finalized = 0)
    {
        IReadOnlyList<Told> told;
        await _sending.WaitAsync(cancellationToken);
        try
        {
            told = await work(_courier ??= makeCourier(finalized));
        }
        finally
        {
            _sending.Release();
        }

        foreach (var end in told)
        {
            onTold(access.Id, await RevertedCall.WithReasonAsync(end, access.Eth, cancellationToken));
        }
    }
}
