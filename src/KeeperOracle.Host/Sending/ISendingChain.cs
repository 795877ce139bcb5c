using System.Numerics;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>The chain as sending sees it: one look, one simulation, one broadcast. A node that gives no answer throws <see cref="KeeperOracle.Chain.Rpc.RpcException"/>.</summary>
public interface ISendingChain
{
    /// <summary>Nonces and receipts at a head.</summary>
    /// <param name="receipts">hashes whose receipts are wanted</param>
    /// <param name="waiting">hashes of which is wanted whether the node has them</param>
    Task<ChainLooked> LookAsync(
        HeadEvent head, IReadOnlyCollection<Address> signers, IReadOnlyCollection<Hash32> receipts, IReadOnlyCollection<Hash32> waiting, CancellationToken cancellationToken);

    /// <summary>What the call takes at the latest block. Throws <see cref="ContractRevertException"/>.</summary>
    Task<CallCost> SimulateAsync(Address signer, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Sends once; every outcome is a value.</summary>
    Task<SendOutcome> BroadcastAsync(ReadOnlyMemory<byte> raw, Hash32 hash, CancellationToken cancellationToken);
}

/// <summary>What a call takes.</summary>
/// <param name="GasLimit">with a margin</param>
/// <param name="DataFee">wei beside gas, at most; null where the chain should have such a fee and does not say it</param>
public readonly record struct CallCost(ulong GasLimit, BigInteger? DataFee);

/// <summary>From a transaction to signed bytes and back.</summary>
public interface ISlotSigner
{
    /// <summary>Whether it keeps a record of what it signed, and for a nonce that was used gives nothing else any more.</summary>
    bool Remembers(Address signer);

    /// <exception cref="SigningRefusedException">the signer will not, with its reason</exception>
    Task<NewAttempt> SignAsync(Address signer, Eip1559Transaction transaction, bool isCancel, CancellationToken cancellationToken);

    /// <summary>The transaction of bytes that the journal holds.</summary>
    Eip1559Transaction Read(ReadOnlyMemory<byte> raw);
}

/// <summary>No signature was given; nothing is out.</summary>
/// <param name="mayBeSigned">the signer did not answer, or not with what was asked: it may have noted the nonce as used</param>
public sealed class SigningRefusedException(string reason, bool mayBeSigned = false) : Exception(reason)
{
    public bool MayBeSigned => mayBeSigned;
}
