using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Simulation;

/// <summary>A signed transaction: the keeper's (an account to liquidate, or nothing for an empty one), or a stranger's with the keeper's key.</summary>
public sealed record SimulatedTransaction(Hash32 Hash, Address Sender, ulong Nonce, int? Account, bool IsForeign, ulong Gas, BigInteger MaxFee, BigInteger Tip);

/// <summary>What became of a transaction in its block.</summary>
public sealed record SimulatedReceipt(SimulatedTransaction Transaction, bool Succeeded);

/// <summary>State after a block: who must be liquidated, how often each was, the senders' nonces.</summary>
public sealed record SimulatedState(ImmutableArray<bool> IsUnhealthy, ImmutableArray<uint> Liquidations, ImmutableSortedDictionary<Address, ulong> Nonces);

public sealed record SimulatedBlock(BlockRef Ref, BigInteger BaseFee, ImmutableArray<SimulatedReceipt> Receipts, SimulatedState State);

/// <summary>
/// A chain with a pool as geth has one: parked transactions stay, a replacement needs 10 % on both fees, only the next nonce of a sender can be
/// mined. Shocks and rivals belong to heights, so that a reorganisation meets them again. Nothing here knows of the keeper.
/// </summary>
public sealed class SimulatedChain
{
    public const ulong Start = 1_767_225_600;
    private const int Capacity = 3;

    private readonly Random _random;
    private readonly List<SimulatedBlock> _blocks = [];
    private readonly List<SimulatedTransaction> _pool = [];
    private readonly Dictionary<ulong, (bool IsShock, bool IsRival, int Account)> _happenings = [];
    private uint _made;

    public SimulatedChain(Random random, int accounts)
    {
        _random = random;
        var state = new SimulatedState([.. new bool[accounts]], [.. new uint[accounts]], ImmutableSortedDictionary<Address, ulong>.Empty);
        _blocks.Add(new SimulatedBlock(new BlockRef(0, NewHash(), Hash32.Zero, Start), 10, [], state));
    }

    public IReadOnlyList<SimulatedBlock> Blocks => _blocks;

    public SimulatedBlock Head => _blocks[^1];

    public BigInteger NextBaseFee { get; set; } = 10;

    /// <summary>Seconds of chain time that a block adds.</summary>
    public ulong BlockSeconds { get; set; } = 2;

    /// <summary>Shocks and rivals may still come.</summary>
    public bool IsEventful { get; set; } = true;

    public int PoolCount => _pool.Count;

    /// <summary>Every success on the present chain, in order.</summary>
    public IEnumerable<SimulatedReceipt> Effects => _blocks.SelectMany(block => block.Receipts).Where(receipt => receipt.Succeeded && receipt.Transaction.Account is not null);

    public bool IsCanonical(BlockRef block) => block.Number < (ulong)_blocks.Count && _blocks[(int)block.Number].Ref.Hash == block.Hash;

    /// <summary>Null where it is taken; else why not, in a node's words.</summary>
    public string? Accept(SimulatedTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (transaction.Nonce < NonceOf(Head.State, transaction.Sender))
        {
            return "nonce too low";
        }

        var old = _pool.FindIndex(one => one.Sender == transaction.Sender && one.Nonce == transaction.Nonce);
        if (old < 0)
        {
            _pool.Add(transaction);
            return null;
        }

        if (_pool[old].Hash == transaction.Hash)
        {
            return "already known";
        }

        if (transaction.MaxFee * 100 < _pool[old].MaxFee * 110 || transaction.Tip * 100 < _pool[old].Tip * 110)
        {
            return "replacement transaction underpriced";
        }

        _pool[old] = transaction;
        return null;
    }

    public bool IsInPool(Hash32 hash) => _pool.Exists(one => one.Hash == hash);

    /// <summary>Some of the pool is forgotten.</summary>
    public void Drop(double share) => _pool.RemoveAll(_ => _random.NextDouble() < share);

    public void Mine()
    {
        var parent = Head;
        var height = parent.Ref.Number + 1;
        var state = Happen(height, parent.State);
        var receipts = ImmutableArray.CreateBuilder<SimulatedReceipt>();
        while (receipts.Count < Capacity && Best(state) is { } next)
        {
            _pool.Remove(next);
            state = Execute(state, next, receipts);
        }

        _blocks.Add(new SimulatedBlock(
            new BlockRef(height, NewHash(), parent.Ref.Hash, parent.Ref.Timestamp + BlockSeconds), NextBaseFee, receipts.ToImmutable(), state));
    }

    /// <summary>
    /// The last blocks are replaced by one more than they were. Their transactions come back into the pool, or are lost; and a stranger who has the key
    /// may take the first nonce among them.
    /// </summary>
    public void Reorganise(int depth, bool areLost, bool isForeign)
    {
        depth = Math.Min(depth, _blocks.Count - 1);
        var gone = _blocks.GetRange(_blocks.Count - depth, depth);
        _blocks.RemoveRange(_blocks.Count - depth, depth);
        var back = gone.SelectMany(block => block.Receipts).Select(receipt => receipt.Transaction).Where(transaction => !transaction.IsForeign).ToList();
        if (isForeign && back.Count > 0)
        {
            var taken = back[0];
            back.RemoveAt(0);
            _pool.RemoveAll(one => one.Sender == taken.Sender && one.Nonce == taken.Nonce);
            _pool.Add(taken with { Hash = NewHash(), Account = null, IsForeign = true, MaxFee = 1_000_000, Tip = 1_000 });
        }

        if (!areLost)
        {
            back.ForEach(transaction => Accept(transaction));
        }

        for (var i = 0; i <= depth; i++)
        {
            Mine();
        }
    }

    public static ulong NonceOf(SimulatedState state, Address sender) => state.Nonces.GetValueOrDefault(sender);

    private SimulatedTransaction? Best(SimulatedState state) => _pool
        .Where(one => one.Nonce == NonceOf(state, one.Sender) && one.MaxFee >= NextBaseFee)
        .OrderByDescending(one => BigInteger.Min(one.Tip, one.MaxFee - NextBaseFee))
        .ThenBy(one => one.Hash)
        .FirstOrDefault();

    private static SimulatedState Execute(SimulatedState state, SimulatedTransaction transaction, ImmutableArray<SimulatedReceipt>.Builder receipts)
    {
        var after = state with { Nonces = state.Nonces.SetItem(transaction.Sender, transaction.Nonce + 1) };
        if (transaction.Account is not { } account)
        {
            receipts.Add(new SimulatedReceipt(transaction, Succeeded: true));
            return after;
        }

        receipts.Add(new SimulatedReceipt(transaction, state.IsUnhealthy[account]));
        return state.IsUnhealthy[account] ? Liquidated(after, account) : after;
    }

    private static SimulatedState Liquidated(SimulatedState state, int account) => state with
    {
        IsUnhealthy = state.IsUnhealthy.SetItem(account, false),
        Liquidations = state.Liquidations.SetItem(account, state.Liquidations[account] + 1),
    };

    private SimulatedState Happen(ulong height, SimulatedState state)
    {
        if (!_happenings.TryGetValue(height, out var happening))
        {
            happening = !IsEventful ? default : (_random.Next(6) == 0, _random.Next(25) == 0, _random.Next(state.IsUnhealthy.Length));
            _happenings[height] = happening;
        }

        if (happening.IsShock)
        {
            return state with { IsUnhealthy = state.IsUnhealthy.SetItem(happening.Account, true) };
        }

        return happening.IsRival && state.IsUnhealthy[happening.Account] ? Liquidated(state, happening.Account) : state;
    }

    private Hash32 NewHash()
    {
        Span<byte> bytes = stackalloc byte[32];
        _random.NextBytes(bytes[..24]);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes[28..], ++_made);
        return new Hash32(bytes);
    }
}
