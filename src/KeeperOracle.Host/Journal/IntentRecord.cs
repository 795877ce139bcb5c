using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Journal;

/// <summary>Where an intent stands; the head of Journal.cs says which may follow which.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "'signed' is the state's name everywhere; no integer type is meant.")]
public enum IntentState
{
    Signed,
    Pending,
    Included,
    Finalized,
    Reverted,
    Dropped,
}

/// <summary>Exact signed bytes about to be made durable. Fees are in wei per gas.</summary>
/// <param name="IsCancel">an empty transaction that only takes the nonce</param>
public sealed record NewAttempt(
    Hash32 TxHash, ReadOnlyMemory<byte> Raw, ulong GasLimit, BigInteger MaxFeePerGas, BigInteger MaxPriorityFeePerGas, bool IsCancel = false);

/// <summary>What is about to be done: one purpose, one nonce, and the first signed bytes that do it.</summary>
/// <param name="Request">what was asked for; its purpose names the effect so that it happens once</param>
/// <param name="Block">The head at which it was decided.</param>
/// <param name="SignedAt">Host seconds since 1970.</param>
public sealed record NewIntent(
    ChainId ChainId, Address Signer, ulong Nonce, SendRequest Request, string ActionJson, Address Target, ulong Block, NewAttempt First, ulong SignedAt = 0)
{
    public string Purpose => Request.Purpose;
}

/// <summary>One signed transaction of an intent. All attempts of an intent share its nonce, so at most one takes effect.</summary>
/// <param name="Number">1 for the first, then counting up.</param>
/// <param name="Sent">How often a node answered about these bytes; 0 does not prove that they never left.</param>
/// <param name="Outcome">The last answer, as given to <see cref="Journal.MarkSent"/>.</param>
public sealed record AttemptRecord(
    long Id,
    long IntentId,
    int Number,
    Hash32 TxHash,
    ReadOnlyMemory<byte> Raw,
    ulong GasLimit,
    BigInteger MaxFeePerGas,
    BigInteger MaxPriorityFeePerGas,
    bool IsCancel,
    int Sent,
    string? Outcome);

/// <param name="Reason">Why it settled, or why it was opened again.</param>
/// <param name="SettledBlock">The block at which it was included, reverted, dropped or finalized; null while open.</param>
/// <param name="SignedAt">Host seconds since 1970 of its first bytes; 0 in a journal from before they were kept.</param>
/// <param name="Attempts">In order of their number; never empty.</param>
public sealed record IntentRecord(
    long Id,
    ChainId ChainId,
    Address Signer,
    ulong Nonce,
    SendRequest Request,
    string ActionJson,
    Address Target,
    IntentState State,
    string? Reason,
    ulong? SettledBlock,
    ulong CreatedAtBlock,
    ulong SignedAt,
    IReadOnlyList<AttemptRecord> Attempts)
{
    public string Purpose => Request.Purpose;

    /// <summary>Signed or pending: its effect is not known yet.</summary>
    public bool IsOpen => State is IntentState.Signed or IntentState.Pending;
}

/// <summary>What became of <see cref="Journal.RecordIntent"/>.</summary>
public enum RecordOutcome
{
    Recorded,

    /// <summary>A live or completed intent has this purpose; the result carries it.</summary>
    PurposeAlreadyRecorded,

    /// <summary>The nonce lies under the signer's floor.</summary>
    NonceAlreadyUsed,

    /// <summary>The nonce lies over the signer's floor: it would leave a gap.</summary>
    NonceOutOfOrder,

    /// <summary>No floor is known for the signer: <see cref="Journal.AdoptNonce"/> comes first.</summary>
    SignerNotAdopted,

    /// <summary>These exact bytes are already an attempt of some intent.</summary>
    TransactionAlreadyRecorded,
}

/// <param name="Intent">The new intent, or the one that stands in the way where there is one.</param>
public sealed record RecordResult(RecordOutcome Outcome, IntentRecord? Intent)
{
    public bool IsRecorded => Outcome == RecordOutcome.Recorded;
}

public enum AddAttemptOutcome
{
    Added,

    /// <summary>The intent is settled: no further bytes are signed for it, but for a cancellation of one that ended without effect.</summary>
    IntentSettled,

    TransactionAlreadyRecorded,

    /// <summary><see cref="Journal.MaximumAttempts"/> reached.</summary>
    TooManyAttempts,
}

/// <param name="Attempt">The new attempt; null where it was refused.</param>
public sealed record AddAttemptResult(AddAttemptOutcome Outcome, AttemptRecord? Attempt);

public enum AdoptOutcome
{
    /// <summary>The floor was set or raised.</summary>
    Adopted,

    Unchanged,

    /// <summary>The journal knows of higher nonces: a floor is never lowered.</summary>
    BelowFloor,
}

public enum SettleOutcome
{
    Settled,

    /// <summary>It already stood so, at this block.</summary>
    AlreadySo,

    /// <summary>This state may not follow the present one.</summary>
    NotAllowed,
}

public enum ReopenOutcome
{
    Reopened,

    /// <summary>It was not settled.</summary>
    AlreadyOpen,

    /// <summary>Finalized: a reorganisation past finality stops the lane and calls a human.</summary>
    Finalized,

    /// <summary>It had ended without effect, and another intent has taken its purpose since.</summary>
    PurposeTaken,
}
