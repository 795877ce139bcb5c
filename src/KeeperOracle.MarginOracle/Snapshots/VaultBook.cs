using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

// Specification.
//
// One vault at the last head, kept from head to head by reading what changed. What it gives at a head is what SnapshotReader would give there,
// byte for byte; an account that is as it was is the same object as in the snapshot before.
//
// LOGS say only where to look; every value is read, at the new head's hash. From the last head the branch to the new one is found by the blocks' parent
// hashes, and of each of its blocks the logs of vault, option book and hub are asked for by the block's hash. An account is touched by a log
// that has its id as any word of topics or data: some events name a second account there, and an id too many only costs a read.
// Read again are: accounts touched in the branch, or in blocks that fell away (BlockTrail); accounts opened in the branch; accounts
// that move without a log, since prices and age move them (options, winnings, liens); and of the protocol everything else, which is a few dozen calls.
// Debts grow without a log too, so that accounts hold shares, and the market the index (MarketSnapshot.DebtOf).
// Accounts opened in blocks that fell away are taken off the end of the list.
//
// A COLD READ (all accounts) is made for the first head; where the new head's branch meets nothing known, be that a rollback under what the trail holds,
// a gap over BlockTrail.Limit, or a chain that moves while it is walked; where the logs cannot be had; and where the vault's list of collaterals
// changed. A node that does not answer at all fails the advance, and the next head starts from what was held.
//
// RECONCILIATION, for nodes that leave logs out. At each head the vault's number of accounts, and the ids of those that the branch opened, are read and must be
// what the logs gave. At every ReconcileEvery-th head a slice of the other accounts, in turn 1/ReconcileShare of them, is read and compared with what is held, so
// that each account is looked at within ReconcileEvery x ReconcileShare heads (a vault of more than 32,000 takes longer). A difference is told to the
// callback, as an alarm, and what was held is dropped before the cold read that follows: it is never used again.
//
// One caller at a time.

/// <summary>Logs and state contradict each other: a node left logs out.</summary>
public readonly record struct BookDifference(BlockRef Block, string Detail);

/// <summary>How the last advance went.</summary>
/// <param name="WhyCold">empty where only changes were read</param>
/// <param name="Blocks">whose logs were read</param>
/// <param name="AccountsRead">how many accounts were read</param>
public readonly record struct BookAdvance(string WhyCold, int Blocks, int AccountsRead);

/// <summary>Keeps the state of one vault at the last head.</summary>
/// <param name="reader">the cold path</param>
/// <param name="onDifference">hears of each alarm; it must not block</param>
public sealed class VaultBook(SnapshotReader reader, Action<BookDifference>? onDifference = null)
{
    /// <summary>Heads from one reconciliation to the next.</summary>
    public const int ReconcileEvery = 4;

    /// <summary>A slice is the 16th part of all accounts, but 32 at least and 2,000 at most.</summary>
    public const int ReconcileShare = 16;

    private const int LeastSlice = 32;
    private const int LargestSlice = 2000;
    private const int FirstStepBack = 8;
    private const int LongestStepBack = 32;

    /// <summary>Changed together, when a head is read; null where nothing is held.</summary>
    private Held? _held;
    private long _heads;
    private int _cursor;

    /// <param name="Positions">where each account stands in the list</param>
    /// <param name="Moving">accounts that may change without a log</param>
    private sealed record Held(ChainSnapshot Snapshot, VaultPeers Peers, BlockTrail Trail, Dictionary<Hash32, int> Positions, HashSet<Hash32> Moving);

    /// <summary>From a known block to the new head, from the lowest on.</summary>
    private sealed record Branch(Hash32 Ancestor, IReadOnlyList<BlockStep> Steps);

    public BookAdvance Last { get; private set; }

    /// <summary>
    /// The snapshot at this head, whichever way the chain went to it. Throws as <see cref="SnapshotReader.ReadAsync"/> does; then what was
    /// held before is held still, unless it was found to be wrong.
    /// </summary>
    /// <param name="keeper">the signer whose balances belong in the snapshot; zero for an observer</param>
    public async Task<ChainSnapshot> AdvanceAsync(BlockRef head, Address keeper, CancellationToken cancellationToken)
    {
        if (_held is not { } held)
        {
            return await RebuildAsync(null, head, keeper, "nothing was held", cancellationToken);
        }

        if (held.Snapshot.Block.Hash == head.Hash && held.Snapshot.Keeper.Signer == keeper)
        {
            return held.Snapshot;
        }

        Branch? branch;
        try
        {
            branch = await FollowAsync(held, head, cancellationToken);
        }
        catch (RpcException problem) when (problem.Kind is RpcFailure.ErrorReply or RpcFailure.MalformedReply or RpcFailure.NoQuorum)
        {
            return await RebuildAsync(held, head, keeper, $"no logs: {problem.Message}", cancellationToken);
        }

        return branch is null
            ? await RebuildAsync(held, head, keeper, "the branch meets nothing known", cancellationToken)
            : await ReadChangesAsync(held, branch, head, keeper, cancellationToken);
    }

    private async Task<ChainSnapshot> RebuildAsync(Held? held, BlockRef head, Address keeper, string why, CancellationToken cancellationToken)
    {
        var (read, peers, moving) = await reader.ReadAllAsync(head, keeper, cancellationToken);
        var accounts = read.Accounts.Select(account => held is not null && held.Positions.TryGetValue(account.Account, out var at)
            ? Unchanged(held.Snapshot.Accounts[at], account)
            : account);
        var snapshot = read with { Accounts = [.. accounts] };
        var positions = snapshot.Accounts.Select((account, at) => (account.Account, at)).ToDictionary(pair => pair.Account, pair => pair.at);
        _held = new Held(snapshot, peers, new BlockTrail(head), positions, [.. moving]);
        Last = new BookAdvance(why, 0, snapshot.Accounts.Length);
        return snapshot;
    }

    /// <summary>The object that is held already, where the account is as it was.</summary>
    private static AccountSnapshot Unchanged(AccountSnapshot held, AccountSnapshot read) => held.IsSameAs(read) ? held : read;

    // ------------------------------------------------------------------------------------------------ what the logs say

    /// <summary>Null where the new head's branch meets nothing that is known.</summary>
    private async Task<Branch?> FollowAsync(Held held, BlockRef head, CancellationToken cancellationToken)
    {
        if (held.Trail.Knows(head.Hash))
        {
            return new Branch(head.Hash, []);
        }

        if (await WalkAsync(held.Trail, head, cancellationToken) is not { } blocks)
        {
            return null;
        }

        IReadOnlyList<Address> contracts = [reader.Addresses.MarginVault, held.Peers.OptionBook, held.Peers.MarginHub];
        var logs = await reader.Eth.GetLogsAsync([.. blocks.Select(block => block.Hash)], contracts, cancellationToken);
        var known = new HashSet<Hash32>();
        return new Branch(blocks[0].ParentHash, [.. blocks.Zip(logs, (block, told) => Step(block, told, held, known))]);
    }

    /// <summary>The blocks above the last known one, from the lowest on; null where there is no such one within reach.</summary>
    private async Task<List<BlockRef>?> WalkAsync(BlockTrail trail, BlockRef head, CancellationToken cancellationToken)
    {
        var (tip, floor) = (trail.Tip.Number, trail.Floor);
        var branch = new List<BlockRef> { head };
        var step = head.Number > tip + 1 ? head.Number - tip - 1 : FirstStepBack;
        while (!trail.Knows(branch[^1].ParentHash))
        {
            var lowest = branch[^1].Number;
            if (lowest <= floor + 1 || head.Number > tip + BlockTrail.Limit)
            {
                return null;
            }

            var heights = Enumerable.Range(1, (int)Math.Min(step, lowest - floor - 1)).Select(down => lowest - (ulong)down).ToList();
            foreach (var found in await reader.Eth.GetBlocksByNumberAsync(heights, cancellationToken))
            {
                if (found?.Ref is not { } parent || parent.Hash != branch[^1].ParentHash)
                {
                    return null;
                }

                branch.Add(parent);
                if (trail.Knows(parent.ParentHash))
                {
                    break;
                }
            }

            step = step > LongestStepBack ? FirstStepBack : Math.Min(2 * step, LongestStepBack);
        }

        branch.Reverse();
        return branch;
    }

    /// <param name="opened">accounts that the branch opened so far; added to here</param>
    private BlockStep Step(BlockRef block, IReadOnlyList<LogEntry> logs, Held held, HashSet<Hash32> opened)
    {
        var first = new List<Hash32>();
        var touched = new HashSet<Hash32>();
        foreach (var log in logs)
        {
            if (log.Address == reader.Addresses.MarginVault && MarginVault.AccountOpenedEvent.TryDecode(log, out var open) && opened.Add(open.Account))
            {
                first.Add(open.Account);
            }

            touched.UnionWith(WordsOf(log).Where(word => held.Positions.ContainsKey(word) || opened.Contains(word)));
        }

        return new BlockStep(block, first, touched);
    }

    private static IEnumerable<Hash32> WordsOf(LogEntry log)
    {
        const int word = 32;
        return log.Topics.Skip(1).Concat(Enumerable.Range(0, log.Data.Length / word).Select(at => new Hash32(log.Data.AsSpan(at * word, word))));
    }

    // ------------------------------------------------------------------------------------------------ what is read again

    private async Task<ChainSnapshot> ReadChangesAsync(Held held, Branch branch, BlockRef head, Address keeper, CancellationToken cancellationToken)
    {
        var removed = held.Trail.Above(branch.Ancestor);
        List<Hash32> opened = [.. branch.Steps.SelectMany(step => step.Opened)];
        var kept = held.Snapshot.Accounts.Length - removed.Sum(step => step.Opened.Count);
        if (opened.Exists(account => held.Positions.TryGetValue(account, out var at) && at < kept) || opened.Count > SnapshotReader.AccountPage)
        {
            return await RebuildAsync(held, head, keeper, "the logs open an account twice, or very many", cancellationToken);
        }

        var changed = removed.Concat(branch.Steps).SelectMany(step => step.Touched).Concat(held.Moving)
            .Where(account => held.Positions.TryGetValue(account, out var at) && at < kept)
            .Concat(opened).ToHashSet();
        var (from, until) = Slice(kept);
        List<Hash32> slice = [.. held.Snapshot.Accounts.Skip(from).Take(until - from).Select(account => account.Account).Where(account => !changed.Contains(account))];

        List<Address> collaterals = [.. held.Snapshot.Assets.Select(asset => asset.Token)];
        var vault = reader.Addresses.MarginVault;
        var batch = reader.At(head);
        var protocol = new PendingProtocol(batch, reader.Addresses, held.Peers, collaterals, keeper);
        var listed = batch.Add(vault, new MarginVault.CollateralsFunction());
        var count = batch.Add(vault, new MarginVault.AccountCountFunction());
        var last = batch.Add(vault, new MarginVault.AccountsFunction(kept, SnapshotReader.AccountPage));
        List<PendingAccount> reads = [.. changed.Concat(slice).Select(account => new PendingAccount(batch, account, vault, held.Peers))];
        await batch.ExecuteAsync(cancellationToken);
        if (!listed.Value.SequenceEqual(collaterals))
        {
            return await RebuildAsync(held, head, keeper, "the list of collaterals changed", cancellationToken);
        }

        await PendingAccount.ReadMoreAsync(() => reader.At(head), reads, held.Peers, reader.Addresses, cancellationToken);
        var difference = count.Value != kept + opened.Count || !last.Value.SequenceEqual(opened)
            ? $"the vault has {count.Value} accounts, and its logs tell of {kept + opened.Count}, or of others"
            : Difference(held, reads.Skip(changed.Count));
        if (difference is not null)
        {
            _held = null;
            onDifference?.Invoke(new BookDifference(head, difference));
            return await RebuildAsync(held, head, keeper, difference, cancellationToken);
        }

        var accounts = Accounts(held, kept, opened, reads.Take(changed.Count).ToDictionary(read => read.Account));
        var snapshot = await reader.CompleteAsync(protocol.ToSnapshot(reader.Chain, head, accounts), held.Snapshot, held.Peers, cancellationToken);
        Keep(held with { Snapshot = snapshot, Trail = held.Trail.From(branch.Ancestor, branch.Steps) }, removed, kept, opened, reads);
        (_heads, _cursor) = (_heads + 1, until == 0 ? _cursor : until < kept ? until : 0);
        Last = new BookAdvance("", branch.Steps.Count, reads.Count);
        return snapshot;
    }

    /// <summary>The positions that are reconciled at this head; from 0 to 0 where it is not its turn.</summary>
    private (int From, int Until) Slice(int kept)
    {
        if ((_heads + 1) % ReconcileEvery != 0)
        {
            return (0, 0);
        }

        var from = _cursor < kept ? _cursor : 0;
        var size = Math.Clamp((kept + ReconcileShare - 1) / ReconcileShare, LeastSlice, LargestSlice);
        return (from, Math.Min(from + size, kept));
    }

    /// <summary>Accounts that no log touched and that are not what is held; null where there are none.</summary>
    private static string? Difference(Held held, IEnumerable<PendingAccount> slice)
    {
        List<Hash32> differ = [.. slice
            .Where(read => read.Moves || !held.Snapshot.Accounts[held.Positions[read.Account]].IsSameAs(read.ToSnapshot()))
            .Select(read => read.Account)];
        return differ.Count == 0 ? null : $"no log tells of a change of {differ.Count} accounts that changed, such as {differ[0]}";
    }

    private static ImmutableArray<AccountSnapshot> Accounts(Held held, int kept, List<Hash32> opened, Dictionary<Hash32, PendingAccount> reads)
    {
        var before = held.Snapshot.Accounts;
        var accounts = before.ToBuilder();
        accounts.Count = kept;
        var isSame = kept == before.Length && opened.Count == 0;
        foreach (var (account, read) in reads)
        {
            if (held.Positions.TryGetValue(account, out var at) && at < kept)
            {
                accounts[at] = Unchanged(before[at], read.ToSnapshot());
                isSame &= ReferenceEquals(accounts[at], before[at]);
            }
        }

        accounts.AddRange(opened.Select(account => held.Positions.TryGetValue(account, out var at)
            ? Unchanged(before[at], reads[account].ToSnapshot())
            : reads[account].ToSnapshot()));
        return isSame ? before : accounts.ToImmutable();
    }

    private void Keep(Held next, IReadOnlyList<BlockStep> removed, int kept, List<Hash32> opened, List<PendingAccount> reads)
    {
        foreach (var account in removed.SelectMany(step => step.Opened))
        {
            next.Positions.Remove(account);
            next.Moving.Remove(account);
        }

        for (var i = 0; i < opened.Count; i++)
        {
            next.Positions.Add(opened[i], kept + i);
        }

        foreach (var read in reads)
        {
            _ = read.Moves ? next.Moving.Add(read.Account) : next.Moving.Remove(read.Account);
        }

        _held = next;
    }
}
