using KeeperOracle.Host.Journal;
using KeeperOracle.Primitives;

namespace KeeperOracle.Simulation;

/// <summary>
/// The journal's rules for intents without a disk: it outlives the crashes of a simulated keeper because the world keeps it. A test plays the same
/// random operations on it and on the real one. Where the world says that its disk is full, it refuses writes as the real one does.
/// </summary>
public sealed class MemoryJournal : IIntentJournal
{
    private readonly List<IntentRecord> _intents = [];
    private readonly Dictionary<Hash32, long> _byHash = [];
    private readonly Dictionary<Address, ulong> _next = [];
    private readonly Dictionary<Address, SigningPlan> _plans = [];
    private long _attempts;

    /// <summary>The next write fails, and those after it, while this is set.</summary>
    public bool IsFull { get; set; }

    public IReadOnlyList<IntentRecord> Intents => _intents;

    public void AdoptNonce(Address signer, ulong next) => _next[signer] = next;

    public bool Has(Hash32 hash) => _byHash.ContainsKey(hash);

    public ulong? NextNonce(ChainId chain, Address signer) => _next.TryGetValue(signer, out var next) ? next : null;

    public void Plan(SigningPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ThrowIfFull();
        _plans[plan.Signer] = plan;
    }

    public SigningPlan? PlanOf(ChainId chain, Address signer) => _plans.GetValueOrDefault(signer);

    public void ForgetPlan(ChainId chain, Address signer)
    {
        ThrowIfFull();
        _plans.Remove(signer);
    }

    public RecordResult RecordIntent(NewIntent intent)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ThrowIfFull();
        if (_intents.Find(one => one.Purpose == intent.Purpose && IsLive(one)) is { } live)
        {
            return new RecordResult(RecordOutcome.PurposeAlreadyRecorded, live);
        }

        var floor = NextNonce(intent.ChainId, intent.Signer);
        if (floor != intent.Nonce)
        {
            var outcome = floor is null ? RecordOutcome.SignerNotAdopted : intent.Nonce < floor ? RecordOutcome.NonceAlreadyUsed : RecordOutcome.NonceOutOfOrder;
            return new RecordResult(outcome, _intents.Find(one => one.Signer == intent.Signer && one.Nonce == intent.Nonce));
        }

        if (_byHash.TryGetValue(intent.First.TxHash, out var owner))
        {
            return new RecordResult(RecordOutcome.TransactionAlreadyRecorded, FindIntent(owner));
        }

        var id = _intents.Count + 1L;
        _intents.Add(new IntentRecord(
            id, intent.ChainId, intent.Signer, intent.Nonce, intent.Request, intent.ActionJson, intent.Target, IntentState.Signed, null, null, intent.Block, intent.SignedAt, [Attempt(id, 1, intent.First)]));
        _next[intent.Signer] = intent.Nonce + 1;
        _plans.Remove(intent.Signer);
        return new RecordResult(RecordOutcome.Recorded, _intents[^1]);
    }

    public AddAttemptResult AddAttempt(long intentId, NewAttempt attempt)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        ThrowIfFull();
        var intent = FindIntent(intentId)!;
        var mayAdd = intent.IsOpen || (attempt.IsCancel && intent.State is IntentState.Reverted or IntentState.Dropped);
        var refusal = !mayAdd ? AddAttemptOutcome.IntentSettled
            : _byHash.ContainsKey(attempt.TxHash) ? AddAttemptOutcome.TransactionAlreadyRecorded
            : intent.Attempts.Count >= Journal.MaximumAttempts ? AddAttemptOutcome.TooManyAttempts
            : AddAttemptOutcome.Added;
        if (refusal != AddAttemptOutcome.Added)
        {
            return new AddAttemptResult(refusal, null);
        }

        var added = Attempt(intentId, intent.Attempts.Count + 1, attempt);
        Put(intent with { Attempts = [.. intent.Attempts, added] });
        _plans.Remove(intent.Signer);
        return new AddAttemptResult(AddAttemptOutcome.Added, added);
    }

    public void MarkSent(long attemptId, string outcome)
    {
        ThrowIfFull();
        var intent = _intents.Find(one => one.Attempts.Any(attempt => attempt.Id == attemptId))!;
        Put(intent with
        {
            State = intent.State == IntentState.Signed ? IntentState.Pending : intent.State,
            Attempts = [.. intent.Attempts.Select(attempt => attempt.Id == attemptId ? attempt with { Sent = attempt.Sent + 1, Outcome = outcome } : attempt)],
        });
    }

    public SettleOutcome Settle(long intentId, IntentState state, string? reason, ulong block)
    {
        ThrowIfFull();
        var intent = FindIntent(intentId)!;
        if (intent.State == state && intent.SettledBlock == block)
        {
            return SettleOutcome.AlreadySo;
        }

        var allowed = (intent.State, state) switch
        {
            (IntentState.Signed or IntentState.Pending, IntentState.Included or IntentState.Reverted or IntentState.Dropped) => true,
            (IntentState.Included, IntentState.Included or IntentState.Finalized) => true,
            _ => false,
        };
        if (allowed)
        {
            Put(intent with { State = state, Reason = reason, SettledBlock = block });
        }

        return allowed ? SettleOutcome.Settled : SettleOutcome.NotAllowed;
    }

    public ReopenOutcome Reopen(long intentId, string? reason = null)
    {
        ThrowIfFull();
        var intent = FindIntent(intentId)!;
        if (intent.IsOpen || intent.State == IntentState.Finalized)
        {
            return intent.IsOpen ? ReopenOutcome.AlreadyOpen : ReopenOutcome.Finalized;
        }

        if (_intents.Exists(one => one.Id != intentId && one.Purpose == intent.Purpose && IsLive(one)))
        {
            return ReopenOutcome.PurposeTaken;
        }

        Put(intent with { State = IntentState.Pending, Reason = reason, SettledBlock = null });
        return ReopenOutcome.Reopened;
    }

    public IntentRecord? FindIntent(long intentId) => intentId > 0 && intentId <= _intents.Count ? _intents[(int)intentId - 1] : null;

    public IntentRecord? FindIntent(ChainId chain, string purpose) =>
        _intents.Find(one => one.Purpose == purpose && IsLive(one)) ?? _intents.FindLast(one => one.Purpose == purpose);

    public IReadOnlyList<IntentRecord> OpenIntents(ChainId chain) => _intents.FindAll(one => one.IsOpen);

    public IReadOnlyList<IntentRecord> IntentsSettledSince(ChainId chain, ulong block) => _intents.FindAll(one => one.SettledBlock >= block);

    public IReadOnlyList<IntentRecord> IntentsSignedSince(ChainId chain, ulong clock) => _intents.FindAll(one => one.SignedAt > clock);

    private static bool IsLive(IntentRecord intent) => intent.State is not (IntentState.Reverted or IntentState.Dropped);

    private void Put(IntentRecord intent) => _intents[(int)intent.Id - 1] = intent;

    private AttemptRecord Attempt(long intentId, int number, NewAttempt attempt)
    {
        _byHash[attempt.TxHash] = intentId;
        return new AttemptRecord(
            ++_attempts, intentId, number, attempt.TxHash, attempt.Raw, attempt.GasLimit, attempt.MaxFeePerGas, attempt.MaxPriorityFeePerGas, attempt.IsCancel, 0, null);
    }

    private void ThrowIfFull()
    {
        if (IsFull)
        {
            throw new JournalException(JournalFailure.Full, "The journal has no room left.");
        }
    }
}
