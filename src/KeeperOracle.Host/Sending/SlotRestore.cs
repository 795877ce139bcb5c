using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>From the journal to the slots of a book: open intents, and settled ones that a reorganisation may still reach.</summary>
internal static class SlotRestore
{
    public static IEnumerable<SignerStart> From(
        IIntentJournal journal, ChainId chain, IReadOnlyList<Address> signers, ulong finalized, SendingSettings settings)
    {
        var settled = journal.IntentsSettledSince(chain, finalized + 1).Where(intent => intent.State != IntentState.Finalized);
        var bySigner = journal.OpenIntents(chain).Concat(settled).ToLookup(intent => intent.Signer, intent => Restore(intent, settings));
        foreach (var signer in signers)
        {
            var next = journal.NextNonce(chain, signer)
                ?? throw new InvalidOperationException($"The nonce of {signer} is adopted before anything is sent.");
            yield return new SignerStart(signer, next, [.. Abandon(bySigner[signer])]);
        }
    }

    /// <summary>What was signed in the last hour, at the worst case of its bytes: the journal holds no receipts.</summary>
    public static IEnumerable<Spending> Spent(IIntentJournal journal, ChainId chain, ulong clock) =>
        journal.IntentsSignedSince(chain, clock > SendingBook.BudgetPeriod ? clock - SendingBook.BudgetPeriod : 0).Select(intent => new Spending(
            intent.Signer,
            intent.Nonce,
            intent.Request.Cause,
            intent.SignedAt,
            intent.Attempts.Max(attempt => attempt.MaxFeePerGas * attempt.GasLimit) + intent.Request.DataFee));

    private static Slot Restore(IntentRecord intent, SendingSettings settings)
    {
        var gas = intent.Attempts[0].GasLimit;
        // A journal from before worth was kept: the chain's highest fee bounds it.
        var request = intent.Request.Worth.IsZero ? intent.Request with { Worth = settings.MaxFeePerGas * gas } : intent.Request;
        return new Slot(
            request,
            intent.Signer,
            intent.Nonce,
            intent.Id,
            gas,
            [.. intent.Attempts.Select(attempt => new SlotAttempt(attempt.TxHash, attempt.IsCancel, attempt.GasLimit, attempt.MaxFeePerGas, attempt.MaxPriorityFeePerGas, 0, 0))],
            null,
            null,
            intent.State switch
            {
                IntentState.Included or IntentState.Finalized => SendEnd.Included,
                IntentState.Reverted => SendEnd.Reverted,
                IntentState.Dropped => SendEnd.Dropped,
                _ => null,
            },
            intent.SettledBlock ?? 0,
            null,
            0,
            false,
            false);
    }

    /// <summary>An ended intent with a cancellation of its own may have been abandoned; it never takes its purpose back.</summary>
    private static IEnumerable<Slot> Abandon(IEnumerable<Slot> slots) =>
        slots.Select(slot => slot.End is SendEnd.Reverted or SendEnd.Dropped && slot.Attempts.Any(attempt => attempt.IsCancel) ? slot with { IsAbandoned = true } : slot);
}
