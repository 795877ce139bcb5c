using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Blocks;

// Specification of this folder.
//
// The head of one chain as one node tells it, or a quorum of nodes (Quorum/QuorumHeads.cs), by polling; nodes that push their heads over a
// WebSocket (HeadSocket.cs) only wake the next look before its time (WakeSignal.cs), and are believed in nothing. An event is given for each new latest block; when polling is slower
// than the chain, heights are skipped, as only the newest state matters. The head is a reorg where it went backwards, where
// another block stands at the same height, or where the old head is not an ancestor of the new one; that is found by walking the
// parents of the new head down to a block that is known, of which the last Lookback are remembered. A gap longer than Lookback is not
// walked: the old head's height is asked instead and its hash compared.
// The chain id is checked at the start and again after every failure: a node may come back as another one. A wrong one ends the
// following with WrongChainException. Every other fault of the node is told to the callback, and asked again after a growing pause.
// Between two heads at most FruitlessWakes looks come of wake-ups; then only the poll interval counts until there is a new head, so
// that a node that floods cannot make the others be asked without end.

/// <summary>Follows the head of a chain.</summary>
public sealed class HeadTracker
{
    /// <summary>Blocks that are remembered, and the longest gap that is walked.</summary>
    public const int Lookback = 128;

    /// <summary>Looks before their time that may find nothing new between two heads: more than there are nodes, of which the k-th makes the quorum.</summary>
    public const int FruitlessWakes = 16;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly EthApi _eth;
    private readonly ChainId _expected;
    private readonly TimeSpan _pollInterval;
    private readonly TimeProvider _time;
    private readonly Action<RpcException>? _onProblem;
    private readonly WakeSignal? _wake;

    /// <summary>Blocks of the chain as last seen, by height; a new head cuts off what it replaced.</summary>
    private readonly SortedDictionary<ulong, Hash32> _known = [];

    /// <param name="rpc">the node</param>
    /// <param name="expected">the chain that it must be on</param>
    /// <param name="pollInterval">pause between two looks at the head</param>
    /// <param name="time">the clock of the pauses</param>
    /// <param name="onProblem">hears of every failure of the node; it must not block</param>
    /// <param name="wake">cuts a pause short; null where nothing does</param>
    public HeadTracker(
        IRpc rpc, ChainId expected, TimeSpan pollInterval, TimeProvider time, Action<RpcException>? onProblem = null, WakeSignal? wake = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(pollInterval, TimeSpan.Zero);
        _eth = new EthApi(rpc);
        _expected = expected;
        _pollInterval = pollInterval;
        _time = time;
        _onProblem = onProblem;
        _wake = wake;
    }

    /// <summary>Runs until cancelled. Throws <see cref="WrongChainException"/>. To be enumerated once.</summary>
    public async IAsyncEnumerable<HeadEvent> FollowAsync([EnumeratorCancellation] CancellationToken ct)
    {
        BlockRef? last = null;
        var isChainChecked = false;
        var failures = 0;
        var fruitless = 0;
        while (true)
        {
            HeadEvent? found = null;
            try
            {
                if (!isChainChecked)
                {
                    await CheckChainAsync(ct).ConfigureAwait(false);
                    isChainChecked = true;
                }

                var head = (await _eth.GetLatestBlockAsync(ct).ConfigureAwait(false)).Ref;
                if (last is null || head.Hash != last.Value.Hash)
                {
                    found = await CompareAsync(last, head, ct).ConfigureAwait(false);
                    last = head;
                }

                failures = 0;
            }
            catch (RpcException problem)
            {
                failures++;
                isChainChecked = false;
                _onProblem?.Invoke(problem);
            }

            if (found is { } next)
            {
                fruitless = 0;
                yield return next;
            }

            if (await RestAsync(Pause(failures), fruitless < FruitlessWakes, ct).ConfigureAwait(false))
            {
                fruitless++;
            }
        }
    }

    /// <summary>Waits the pause out, or until woken; true where it was woken.</summary>
    private async Task<bool> RestAsync(TimeSpan pause, bool mayWake, CancellationToken ct)
    {
        if (_wake is null || !mayWake)
        {
            await Task.Delay(pause, _time, ct).ConfigureAwait(false);
            return false;
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var woken = _wake.WaitAsync(ended.Token);
        var first = await Task.WhenAny(woken, Task.Delay(pause, _time, ended.Token)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
        return first == woken;
    }

    /// <summary>The poll interval, doubled for each failure in a row, to half a minute.</summary>
    private TimeSpan Pause(int failures)
    {
        var pause = _pollInterval * Math.Pow(2, Math.Min(failures, 16));
        return failures == 0 || pause < _pollInterval ? _pollInterval : pause < LongestPause ? pause : Max(LongestPause, _pollInterval);
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private async Task CheckChainAsync(CancellationToken ct)
    {
        var actual = await _eth.GetChainIdAsync(ct).ConfigureAwait(false);
        if (actual != _expected)
        {
            throw new WrongChainException(_expected, actual);
        }
    }

    private async Task<HeadEvent> CompareAsync(BlockRef? last, BlockRef head, CancellationToken ct)
    {
        if (last is not { } old)
        {
            Remember([head]);
            return new HeadEvent(head, false, 0);
        }

        if (head.Number > old.Number + Lookback)
        {
            return await LeapAsync(old, head, ct).ConfigureAwait(false);
        }

        var branch = await WalkAsync(head, ct).ConfigureAwait(false);
        var ancestor = branch[^1];
        var isKnown = IsKnown(ancestor);
        int? depth = isKnown ? (int)(old.Number - ancestor.Number) : null;
        foreach (var number in _known.Keys.Where(number => number > ancestor.Number || !isKnown).ToList())
        {
            _known.Remove(number);
        }

        Remember(branch);
        return new HeadEvent(head, depth != 0, depth == 0 ? 0 : depth);
    }

    /// <summary>Too long a gap to walk: does the old head still stand at its height?</summary>
    private async Task<HeadEvent> LeapAsync(BlockRef old, BlockRef head, CancellationToken ct)
    {
        var there = await _eth.GetBlockByNumberAsync(old.Number, ct).ConfigureAwait(false);
        var isSame = there?.Ref.Hash == old.Hash;
        _known.Clear();
        Remember([head]);
        return new HeadEvent(head, !isSame, isSame ? 0 : null);
    }

    /// <summary>The head and its ancestors, down to the first that is known, or to where nothing is known any more.</summary>
    private async Task<List<BlockRef>> WalkAsync(BlockRef head, CancellationToken ct)
    {
        var branch = new List<BlockRef> { head };
        var floor = _known.Keys.First();
        while (!IsKnown(branch[^1]) && branch[^1].Number > floor)
        {
            var parent = await _eth.GetBlockByHashAsync(branch[^1].ParentHash, ct).ConfigureAwait(false);
            if (parent is not { } found || found.Ref.Number + 1 != branch[^1].Number)
            {
                // The node has dropped this branch while we walked it; what is known so far must do.
                break;
            }

            branch.Add(found.Ref);
        }

        return branch;
    }

    private bool IsKnown(BlockRef block) => _known.TryGetValue(block.Number, out var hash) && hash == block.Hash;

    private void Remember(List<BlockRef> branch)
    {
        foreach (var block in branch)
        {
            _known[block.Number] = block.Hash;
        }

        while (_known.Count > Lookback)
        {
            _known.Remove(_known.Keys.First());
        }
    }
}
