using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Journal;

/// <summary>
/// The part of the journal that sending stands on, as a seam: the simulation keeps it in memory, with the same rules (the head of Journal.cs),
/// and a test holds both against each other. Every method that changes something is durable when it returns.
/// </summary>
public interface IIntentJournal
{
    ulong? NextNonce(ChainId chain, Address signer);

    /// <summary>What is about to be asked of a signer that keeps a record; one for each signer, gone when its bytes are written down.</summary>
    void Plan(SigningPlan plan);

    SigningPlan? PlanOf(ChainId chain, Address signer);

    void ForgetPlan(ChainId chain, Address signer);

    RecordResult RecordIntent(NewIntent intent);

    AddAttemptResult AddAttempt(long intentId, NewAttempt attempt);

    void MarkSent(long attemptId, string outcome);

    SettleOutcome Settle(long intentId, IntentState state, string? reason, ulong block);

    ReopenOutcome Reopen(long intentId, string? reason = null);

    IntentRecord? FindIntent(long intentId);

    IntentRecord? FindIntent(ChainId chain, string purpose);

    IReadOnlyList<IntentRecord> OpenIntents(ChainId chain);

    IReadOnlyList<IntentRecord> IntentsSettledSince(ChainId chain, ulong block);

    IReadOnlyList<IntentRecord> IntentsSignedSince(ChainId chain, ulong clock);
}
