using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Sending;

/// <summary>What a book of transactions is told.</summary>
public abstract record SendingEvent;

public sealed record Requested(SendRequest Request) : SendingEvent;

/// <summary>One look at the chain. Nonces and receipts are of the canonical chain at <paramref name="Head"/>; nothing in it is the node's "pending".</summary>
/// <param name="Reorganised">the head before this one is no ancestor of it, or nothing is known of what was before</param>
/// <param name="Finalized">height that no reorganisation may reach</param>
/// <param name="BaseFee">of the next block</param>
/// <param name="Tip">what gets into a block at present</param>
/// <param name="Clock">host seconds, only ever rising; comparable with what an earlier process wrote down, as far as the host's clock is</param>
/// <param name="Nonces">by signer, the next nonce after all mined ones</param>
/// <param name="Balances">by signer, wei</param>
/// <param name="Mined">of the watched transactions, those in a block</param>
/// <param name="Known">of the watched transactions, those that the node has, in a block or not</param>
public sealed record ChainLooked(
    BlockRef Head,
    bool Reorganised,
    ulong Finalized,
    BigInteger BaseFee,
    BigInteger Tip,
    ulong Clock,
    ImmutableDictionary<Address, ulong> Nonces,
    ImmutableDictionary<Address, BigInteger> Balances,
    ImmutableDictionary<Hash32, MinedIn> Mined,
    ImmutableHashSet<Hash32> Known) : SendingEvent;

/// <summary>A transaction's block.</summary>
/// <param name="Transaction">its hash</param>
/// <param name="Cost">wei paid for its gas</param>
public sealed record MinedIn(Hash32 Transaction, ulong Block, Hash32 BlockHash, bool Succeeded, BigInteger Cost);

/// <summary>The simulation at the head went through.</summary>
/// <param name="DataFee">wei that the chain takes for the data, beside gas, at most; 0 where there is no such fee</param>
public sealed record Prepared(string Purpose, ulong GasLimit, BigInteger DataFee = default) : SendingEvent;

/// <summary>It did not: a revert, which is about the action, or no answer, which is about the node.</summary>
public sealed record NotPrepared(string Purpose, bool Reverted, string Reason) : SendingEvent;

/// <summary>Signed bytes are durable in the journal.</summary>
public sealed record Recorded(string Purpose, Address Signer, ulong Nonce, long IntentId, SlotAttempt Attempt) : SendingEvent;

/// <summary>Nothing was signed or nothing was kept; nothing may be sent.</summary>
public sealed record NotRecorded(string Purpose, Address Signer, ulong Nonce, string Reason) : SendingEvent;

/// <summary>What a node said to bytes that were sent.</summary>
public sealed record Answered(Hash32 Hash, NodeAnswer Answer, string Words) : SendingEvent;

public enum NodeAnswer
{
    /// <summary>It has the transaction, now or from before.</summary>
    Held,
    NonceTooLow,
    Underpriced,
    InsufficientFunds,
    Rejected,

    /// <summary>There is no knowing whether it has it.</summary>
    Unknown,
}
