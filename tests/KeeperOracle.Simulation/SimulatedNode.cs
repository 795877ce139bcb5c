using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Simulation;

/// <summary>
/// The keeper's way to a simulated chain, and its signer: real types at the seams, no curve and no socket behind them. Bytes are an index into
/// what was ever signed; a hash is that of the fields, so that the same transaction signed twice is the same.
/// </summary>
internal sealed class SimulatedNode(SimulatedChain chain, Random random, MemoryJournal journal, Func<ulong> clock) : ISendingChain, ISlotSigner
{
    public const ulong Gas = 300_000;
    private const int LongestLag = 2;
    private readonly List<(Eip1559Transaction Transaction, Address Signer, Hash32 Hash)> _signed = [];
    private readonly Dictionary<(Address Signer, ulong Nonce), List<Eip1559Transaction>> _guard = [];

    public Weather Weather { get; set; } = Weather.Fair;

    /// <summary>The signer is a process of its own, with a guard: a nonce that was used is used for the same action only, with both fees a tenth higher.</summary>
    public bool HasGuard { get; init; }

    /// <summary>How far behind the head a block is final.</summary>
    public ulong FinalityBlocks { get; init; }

    /// <summary>What was sent without being durable; must stay null.</summary>
    public string? Unjournalled { get; private set; }

    /// <summary>The block that the node shows as its head.</summary>
    public SimulatedBlock Shown()
    {
        ThrowIfSilent();
        var lag = random.NextDouble() < Weather.NodeLags ? random.Next(LongestLag + 1) : 0;
        return chain.Blocks[Math.Max(0, chain.Blocks.Count - 1 - lag)];
    }

    public Task<ChainLooked> LookAsync(
        HeadEvent head, IReadOnlyCollection<Address> signers, IReadOnlyCollection<Hash32> receipts, IReadOnlyCollection<Hash32> waiting, CancellationToken cancellationToken)
    {
        ThrowIfSilent();
        var block = chain.IsCanonical(head.Head) ? chain.Blocks[(int)head.Head.Number] : throw Silent("the block is gone");
        var wanted = receipts.ToHashSet();
        var mined = chain.Blocks.Take((int)head.Head.Number + 1)
            .SelectMany(one => one.Receipts.Select(receipt => (Block: one, Receipt: receipt)))
            .Where(pair => wanted.Contains(pair.Receipt.Transaction.Hash))
            .ToImmutableDictionary(
                pair => pair.Receipt.Transaction.Hash,
                pair => new MinedIn(pair.Receipt.Transaction.Hash, pair.Block.Ref.Number, pair.Block.Ref.Hash, pair.Receipt.Succeeded, pair.Block.BaseFee * pair.Receipt.Transaction.Gas));
        return Task.FromResult(new ChainLooked(
            head.Head,
            head.Reorg,
            head.Head.Number > FinalityBlocks ? head.Head.Number - FinalityBlocks : 0,
            chain.NextBaseFee,
            2,
            clock(),
            signers.ToImmutableDictionary(signer => signer, signer => SimulatedChain.NonceOf(block.State, signer)),
            signers.ToImmutableDictionary(signer => signer, _ => BigInteger.Pow(10, 24)),
            mined,
            [.. waiting.Where(hash => chain.IsInPool(hash) || mined.ContainsKey(hash))]));
    }

    public Task<CallCost> SimulateAsync(Address signer, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        ThrowIfSilent();
        return chain.Head.State.IsUnhealthy[data.Span[0]] ? Task.FromResult(new CallCost(Gas, BigInteger.Zero)) : throw new ContractRevertException([]);
    }

    public Task<SendOutcome> BroadcastAsync(ReadOnlyMemory<byte> raw, Hash32 hash, CancellationToken cancellationToken)
    {
        var (transaction, signer, signedHash) = _signed[BinaryPrimitives.ReadInt32BigEndian(raw.Span)];
        if (!journal.Has(hash) || signedHash != hash)
        {
            Unjournalled ??= $"nonce {transaction.Nonce} of {signer} was sent before it was durable";
        }

        if (random.NextDouble() < Weather.NodeSilent)
        {
            return Task.FromResult(new SendOutcome(SendOutcomeKind.Unknown, "no answer"));
        }

        if (random.NextDouble() < Weather.RequestSwallowed)
        {
            return Task.FromResult(new SendOutcome(SendOutcomeKind.Accepted, ""));
        }

        var isEmpty = transaction.Data.Length == 0;
        var words = chain.Accept(new SimulatedTransaction(
            hash, signer, transaction.Nonce, isEmpty ? null : transaction.Data[0], false, transaction.GasLimit, transaction.MaxFeePerGas, transaction.MaxPriorityFeePerGas));
        return Task.FromResult(random.NextDouble() < Weather.ReplySwallowed ? new SendOutcome(SendOutcomeKind.Unknown, "no answer")
            : words is null ? new SendOutcome(SendOutcomeKind.Accepted, "")
            : SendOutcome.Of(new RpcException(RpcFailure.ErrorReply, "node", words, -32000)));
    }

    public Task<NewAttempt> SignAsync(Address signer, Eip1559Transaction transaction, bool isCancel, CancellationToken cancellationToken)
    {
        var fields = string.Create(
            CultureInfo.InvariantCulture,
            $"{signer} {transaction.Nonce} {transaction.MaxFeePerGas} {transaction.MaxPriorityFeePerGas} {transaction.GasLimit} {Convert.ToHexString(transaction.Data)}");
        var hash = new Hash32(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(fields)));
        if (HasGuard)
        {
            Guard(signer, transaction, isCancel);
        }

        var raw = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(raw, _signed.Count);
        _signed.Add((transaction, signer, hash));
        return Task.FromResult(new NewAttempt(hash, raw, transaction.GasLimit, transaction.MaxFeePerGas, transaction.MaxPriorityFeePerGas, isCancel));
    }

    public bool Remembers(Address signer) => HasGuard;

    private void Guard(Address signer, Eip1559Transaction transaction, bool isCancel)
    {
        var earlier = _guard.TryGetValue((signer, transaction.Nonce), out var found) ? found : _guard[(signer, transaction.Nonce)] = [];
        if (!earlier.Exists(one => IsSame(one, transaction)))
        {
            var isOther = !isCancel && earlier.Count > 0 && earlier.TrueForAll(one => !one.Data.SequenceEqual(transaction.Data));
            if (isOther || earlier.Exists(one => transaction.MaxFeePerGas * 10 < one.MaxFeePerGas * 11 || transaction.MaxPriorityFeePerGas * 10 < one.MaxPriorityFeePerGas * 11))
            {
                throw new SigningRefusedException($"nonce {transaction.Nonce} was used");
            }

            earlier.Add(transaction);
        }

        if (random.NextDouble() < Weather.SignerSilent)
        {
            throw new SigningRefusedException("no answer", mayBeSigned: true);
        }
    }

    private static bool IsSame(Eip1559Transaction one, Eip1559Transaction other) =>
        (one.MaxFeePerGas, one.MaxPriorityFeePerGas, one.GasLimit) == (other.MaxFeePerGas, other.MaxPriorityFeePerGas, other.GasLimit) && one.Data.SequenceEqual(other.Data);

    public Eip1559Transaction Read(ReadOnlyMemory<byte> raw) => _signed[BinaryPrimitives.ReadInt32BigEndian(raw.Span)].Transaction;

    /// <summary>Call data of the simulation: the account.</summary>
    public static byte[] CallData(int account) => [(byte)account];

    private void ThrowIfSilent()
    {
        if (random.NextDouble() < Weather.NodeSilent)
        {
            throw Silent("no answer");
        }
    }

    private static RpcException Silent(string why) => new(RpcFailure.Timeout, "node", why);
}
