using System.Globalization;
using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Journal;

/// <content>What is written about intents, attempts and nonces.</content>
public sealed partial class Journal
{
    /// <summary>The nonce the next intent of this signer must carry; null before <see cref="AdoptNonce"/>.</summary>
    public ulong? NextNonce(ChainId chain, Address signer) => Read(() => Floor(null, chain, signer));

    /// <summary>Sets the floor from the chain, or raises it. It is never lowered.</summary>
    public AdoptOutcome AdoptNonce(ChainId chain, Address signer, ulong next) => Write(transaction =>
    {
        var floor = Floor(transaction, chain, signer);
        if (floor is { } present && next <= present)
        {
            return next == present ? AdoptOutcome.Unchanged : AdoptOutcome.BelowFloor;
        }

        SetFloor(transaction, chain, signer, next);
        return AdoptOutcome.Adopted;
    });

    /// <summary>Makes an intent, its first signed bytes and the raised floor durable in one transaction, or refuses by name.</summary>
    public RecordResult RecordIntent(NewIntent intent)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ArgumentException.ThrowIfNullOrWhiteSpace(intent.Purpose);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(intent.ActionJson.Length, MaximumPayloadBytes);
        CheckBytes(intent.First);
        return Write(transaction =>
        {
            if (LiveIntent(transaction, intent.ChainId, intent.Purpose) is { } live)
            {
                return new RecordResult(RecordOutcome.PurposeAlreadyRecorded, live);
            }

            var floor = Floor(transaction, intent.ChainId, intent.Signer);
            if (floor != intent.Nonce)
            {
                var outcome = floor is null ? RecordOutcome.SignerNotAdopted
                    : intent.Nonce < floor ? RecordOutcome.NonceAlreadyUsed
                    : RecordOutcome.NonceOutOfOrder;
                return new RecordResult(outcome, IntentAt(transaction, intent.ChainId, intent.Signer, intent.Nonce));
            }

            if (IntentOf(transaction, intent.First.TxHash) is { } owner)
            {
                return new RecordResult(RecordOutcome.TransactionAlreadyRecorded, owner);
            }

            var id = InsertIntent(transaction, intent);
            InsertAttempt(transaction, id, number: 1, intent.First);
            SetFloor(transaction, intent.ChainId, intent.Signer, checked(intent.Nonce + 1));
            DeletePlan(transaction, intent.ChainId, intent.Signer);
            return new RecordResult(RecordOutcome.Recorded, IntentById(transaction, id));
        });
    }

    /// <summary>
    /// Makes further signed bytes of an open intent durable (a fee bump or a cancellation, with the same nonce). A cancellation also of one that
    /// was reverted or dropped: after a deep reorganisation its old bytes could be mined again when another intent has its purpose.
    /// </summary>
    public AddAttemptResult AddAttempt(long intentId, NewAttempt attempt)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        CheckBytes(attempt);
        return Write(transaction =>
        {
            var intent = KnownIntent(transaction, intentId);
            var mayAdd = intent.IsOpen || (attempt.IsCancel && intent.State is IntentState.Reverted or IntentState.Dropped);
            var refusal = !mayAdd ? AddAttemptOutcome.IntentSettled
                : IntentOf(transaction, attempt.TxHash) is not null ? AddAttemptOutcome.TransactionAlreadyRecorded
                : intent.Attempts.Count >= MaximumAttempts ? AddAttemptOutcome.TooManyAttempts
                : AddAttemptOutcome.Added;
            if (refusal != AddAttemptOutcome.Added)
            {
                return new AddAttemptResult(refusal, null);
            }

            InsertAttempt(transaction, intentId, intent.Attempts.Count + 1, attempt);
            DeletePlan(transaction, intent.ChainId, intent.Signer);
            return new AddAttemptResult(AddAttemptOutcome.Added, KnownIntent(transaction, intentId).Attempts[^1]);
        });
    }

    /// <summary>
    /// Notes what a node answered about an attempt and moves a signed intent to pending. A late answer about a settled intent is noted
    /// and changes no state. Give the outcome as the node's words or "unknown" for a timeout.
    /// </summary>
    public void MarkSent(long attemptId, string outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        Write(transaction =>
        {
            using var update = Command(
                "UPDATE attempt SET sent = sent + 1, outcome = $outcome WHERE id = $id",
                transaction,
                ("$outcome", outcome),
                ("$id", attemptId));
            if (update.ExecuteNonQuery() != 1)
            {
                throw new ArgumentOutOfRangeException(nameof(attemptId), attemptId, "No such attempt in this journal.");
            }

            using var move = Command(
                "UPDATE intent SET state = 'pending' WHERE state = 'signed' AND id = (SELECT intent_id FROM attempt WHERE id = $id)",
                transaction,
                ("$id", attemptId));
            return move.ExecuteNonQuery();
        });
    }

    /// <summary>Notes what became of an intent on chain; the head of this class says what may follow what.</summary>
    /// <param name="state">Included, Reverted, Dropped or Finalized.</param>
    /// <param name="block">The block of the receipt; for Dropped the block at which the nonce was seen spent.</param>
    public SettleOutcome Settle(long intentId, IntentState state, string? reason, ulong block) => Write(transaction =>
    {
        var intent = KnownIntent(transaction, intentId);
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
        if (!allowed)
        {
            return SettleOutcome.NotAllowed;
        }

        SetState(transaction, intentId, state, reason, block);
        return SettleOutcome.Settled;
    });

    /// <summary>A reorganisation took the block away: the intent is pending again, with its old bytes.</summary>
    public ReopenOutcome Reopen(long intentId, string? reason = null) => Write(transaction =>
    {
        var intent = KnownIntent(transaction, intentId);
        if (intent.IsOpen || intent.State == IntentState.Finalized)
        {
            return intent.IsOpen ? ReopenOutcome.AlreadyOpen : ReopenOutcome.Finalized;
        }

        if (LiveIntent(transaction, intent.ChainId, intent.Purpose) is { } live && live.Id != intentId)
        {
            return ReopenOutcome.PurposeTaken;
        }

        SetState(transaction, intentId, IntentState.Pending, reason, block: null);
        return ReopenOutcome.Reopened;
    });

    private static void CheckBytes(NewAttempt attempt)
    {
        ArgumentOutOfRangeException.ThrowIfZero(attempt.Raw.Length, nameof(attempt));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(attempt.Raw.Length, MaximumPayloadBytes, nameof(attempt));
    }

    private ulong? Floor(SqliteTransaction? transaction, ChainId chain, Address signer)
    {
        using var select = Command(
            "SELECT next_nonce FROM signer_nonce WHERE chain_id = $chain AND signer = $signer",
            transaction,
            ("$chain", checked((long)chain.Value)),
            ("$signer", signer.ToString()));
        return select.ExecuteScalar() is long next ? checked((ulong)next) : null;
    }

    private void SetFloor(SqliteTransaction transaction, ChainId chain, Address signer, ulong next)
    {
        using var upsert = Command(
            """
            INSERT INTO signer_nonce (chain_id, signer, next_nonce) VALUES ($chain, $signer, $next)
            ON CONFLICT (chain_id, signer) DO UPDATE SET next_nonce = excluded.next_nonce
            """,
            transaction,
            ("$chain", checked((long)chain.Value)),
            ("$signer", signer.ToString()),
            ("$next", checked((long)next)));
        upsert.ExecuteNonQuery();
    }

    private long InsertIntent(SqliteTransaction transaction, NewIntent intent)
    {
        using var insert = Command(
            """
            INSERT INTO intent (chain_id, signer, nonce, purpose, priority, cause, worth, deadline, action, target, state, created_at_block, signed_at, data_fee)
            VALUES ($chain, $signer, $nonce, $purpose, $priority, $cause, $worth, $deadline, $action, $target, 'signed', $block, $signed, $data) RETURNING id
            """,
            transaction,
            ("$chain", checked((long)intent.ChainId.Value)),
            ("$signer", intent.Signer.ToString()),
            ("$nonce", checked((long)intent.Nonce)),
            ("$purpose", intent.Purpose),
            ("$priority", (int)intent.Request.Priority),
            ("$cause", intent.Request.Cause),
            ("$worth", intent.Request.Worth.ToString(CultureInfo.InvariantCulture)),
            ("$deadline", checked((long)intent.Request.Deadline)),
            ("$action", intent.ActionJson),
            ("$target", intent.Target.ToString()),
            ("$block", checked((long)intent.Block)),
            ("$signed", checked((long)intent.SignedAt)),
            ("$data", intent.Request.DataFee.ToString(CultureInfo.InvariantCulture)));
        return Convert.ToInt64(insert.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private void InsertAttempt(SqliteTransaction transaction, long intentId, int number, NewAttempt attempt)
    {
        using var insert = Command(
            """
            INSERT INTO attempt (intent_id, number, tx_hash, raw, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, cancels)
            VALUES ($intent, $number, $hash, $raw, $gas, $fee, $tip, $cancels)
            """,
            transaction,
            ("$intent", intentId),
            ("$number", number),
            ("$hash", attempt.TxHash.ToBytes()),
            ("$raw", attempt.Raw.ToArray()),
            ("$gas", checked((long)attempt.GasLimit)),
            ("$fee", attempt.MaxFeePerGas.ToString(CultureInfo.InvariantCulture)),
            ("$tip", attempt.MaxPriorityFeePerGas.ToString(CultureInfo.InvariantCulture)),
            ("$cancels", attempt.IsCancel));
        insert.ExecuteNonQuery();
    }

    private void SetState(SqliteTransaction transaction, long intentId, IntentState state, string? reason, ulong? block)
    {
        using var update = Command(
            "UPDATE intent SET state = $state, reason = $reason, settled_block = $block WHERE id = $id",
            transaction,
            ("$state", StateText(state)),
            ("$reason", reason),
            ("$block", block is { } settled ? checked((long)settled) : null),
            ("$id", intentId));
        update.ExecuteNonQuery();
    }
}
