using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Sending;

/// <summary>Where a transaction stands, for whoever asks.</summary>
public enum TransactionState
{
    /// <summary>It has a nonce; its bytes are being signed and written down.</summary>
    Signing,

    /// <summary>Durable and sent; no node has said that it holds it.</summary>
    Sent,

    /// <summary>A node holds it and it waits for a block.</summary>
    Waiting,

    /// <summary>A node finds its fees too low.</summary>
    Underpriced,

    /// <summary>An empty transaction is to take its place.</summary>
    Cancelling,

    /// <summary>In a block, not deep enough to be told.</summary>
    Mined,

    /// <summary>Its nonce is spent and no receipt is ours, so far.</summary>
    Missing,

    /// <summary>Its outcome was told; it stays here until no reorganisation can undo it.</summary>
    Settled,
}

/// <summary>Signed bytes, by their hash. Fees are in wei for one gas; times are a block height and host seconds.</summary>
public sealed record SlotAttempt(Hash32 Hash, bool IsCancel, ulong GasLimit, BigInteger MaxFee, BigInteger Tip, ulong SentAtBlock, ulong SentAtClock);

/// <summary>One nonce of a signer, from the decision to sign until no reorganisation reaches it.</summary>
/// <param name="IntentId">the journal's; 0 while the first bytes are not durable</param>
/// <param name="Attempts">newest last; empty while the first are being signed</param>
/// <param name="Answer">the last word of a node about the newest attempt; null before one</param>
/// <param name="Mined">its block on the present chain</param>
/// <param name="End">the outcome that was told; null before</param>
/// <param name="EndBlock">the block that the told outcome was of; meaningless before</param>
/// <param name="MissingSince">host seconds since when the nonce is spent without a receipt of ours</param>
/// <param name="MissingSinceBlock">the head at that time</param>
/// <param name="IsAbandoned">its purpose belongs to another by now: only an empty transaction may use this nonce</param>
/// <param name="IsSigning">a signature was asked for and has not come back</param>
public sealed record Slot(
    SendRequest Request,
    Address Signer,
    ulong Nonce,
    long IntentId,
    ulong GasLimit,
    ImmutableArray<SlotAttempt> Attempts,
    NodeAnswer? Answer,
    MinedIn? Mined,
    SendEnd? End,
    ulong EndBlock,
    ulong? MissingSince,
    ulong MissingSinceBlock,
    bool IsAbandoned,
    bool IsSigning)
{
    /// <summary>How many attempts there were when somebody was last told that it is over its ceiling; 0 where nobody was.</summary>
    public int AlarmedAttempts { get; init; }

    public SlotAttempt? Newest => Attempts.IsEmpty ? null : Attempts[^1];

    public TransactionState State => this switch
    {
        { End: not null } => TransactionState.Settled,
        { Mined: not null } => TransactionState.Mined,
        { MissingSince: not null } => TransactionState.Missing,
        { Attempts.IsEmpty: true } => TransactionState.Signing,
        { Newest.IsCancel: true } => TransactionState.Cancelling,
        { Answer: NodeAnswer.Underpriced } => TransactionState.Underpriced,
        { Answer: NodeAnswer.Held } => TransactionState.Waiting,
        _ => TransactionState.Sent,
    };
}
