using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Reports;

/// <summary>A decision about an account that differs from the one before it about the same thing.</summary>
/// <param name="Step">of the journal, where the decision stands</param>
/// <param name="ChainTime">seconds, of the newest block that was known when it was taken</param>
/// <param name="About">liquidation, swap, top-up N, settlement, or the expiry of options</param>
/// <param name="IsDone">whether it was to act; what became of that says the outcome</param>
/// <param name="Decision">the action, or the name of the refusal</param>
/// <param name="Outcome">of an action, with what there is to say of it; empty of a refusal</param>
internal sealed record TimelineEntry(
    long Step, ChainId Chain, ulong Block, ulong ChainTime, string About, bool IsDone, string Decision, string Reason, string Outcome);

/// <summary>What a relay did for a lien.</summary>
/// <param name="Intent">its number in the relay's journal</param>
/// <param name="Block">of the chain, at which it was decided</param>
/// <param name="SettledBlock">null while it is open</param>
internal sealed record RelayEntry(long Intent, ChainId Chain, ulong Block, string Purpose, string State, ulong? SettledBlock, string Reason);

/// <summary>
/// What was done for an account, what was not, and why, from the journals alone. A decision is taken anew at every head that needs one; a line is made where it
/// changes. That an action is still under way is no line of its own: the action's outcome says how it ended.
/// </summary>
internal static class AccountTimeline
{
    public static IReadOnlyList<TimelineEntry> Of(Journal.Journal journal, Hash32 account)
    {
        var (entries, last, trail, heads) = (new List<TimelineEntry>(), new Dictionary<(ChainId, string), string>(), new SnapshotTrail(), new Dictionary<ChainId, BlockRef>());
        var ends = new Dictionary<(ChainId, string), string>();
        var purposes = new Dictionary<long, (ChainId, string)>();
        foreach (var record in journal.Decisions(1, long.MaxValue))
        {
            var keeperEvent = KeeperJson.ReadEvent(record.Event.Span);
            if (trail.Follow(keeperEvent) is { } snapshot)
            {
                heads[snapshot.Chain] = snapshot.Block;
            }

            if (keeperEvent is IntentSettled settled)
            {
                ends[(settled.Chain, settled.Purpose)] = settled.Detail.Length == 0 ? $"{settled.Outcome}" : $"{settled.Outcome}: {settled.Detail}";
            }

            foreach (var decision in KeeperJson.ReadDecisions(record.Decisions.Span))
            {
                if (About(decision.Subject, account) is not { } about || !heads.TryGetValue(decision.Chain, out var head) || IsUnderWay(decision.Verdict))
                {
                    continue;
                }

                var (kind, name, reason) = Words(decision.Verdict);
                if (last.TryGetValue((decision.Chain, decision.Subject), out var before) && before == kind)
                {
                    continue;
                }

                last[(decision.Chain, decision.Subject)] = kind;
                if (decision.Verdict is Act act)
                {
                    purposes[entries.Count] = (decision.Chain, act.Purpose);
                }

                entries.Add(new TimelineEntry(record.Seq, decision.Chain, head.Number, head.Timestamp, about, decision.Verdict is Act, name, reason, ""));
            }
        }

        return [.. entries.Select((entry, i) => purposes.TryGetValue(i, out var purpose) ? entry with { Outcome = ends.GetValueOrDefault(purpose) ?? Untold(journal, purpose) } : entry)];
    }

    /// <summary>Of an action whose end is in no event: it is under way, or its keeper was killed between knowing the end and writing the event.</summary>
    private static string Untold(Journal.Journal journal, (ChainId Chain, string Purpose) action) => journal.FindIntent(action.Chain, action.Purpose) switch
    {
        { IsOpen: false } intent => intent.State == IntentState.Finalized ? $"{IntentState.Included}" : $"{intent.State}{(intent.Reason is { Length: > 0 } reason ? $": {reason}" : "")}",
        _ => "under way",
    };

    /// <param name="prefix">of the purposes</param>
    public static IReadOnlyList<RelayEntry> OfRelay(Journal.Journal journal, string prefix, int most) =>
        [.. journal.RecentIntents(most)
            .Where(intent => intent.Purpose.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(intent => intent.Id)
            .Select(intent => new RelayEntry(intent.Id, intent.ChainId, intent.CreatedAtBlock, intent.Purpose, $"{intent.State}", intent.SettledBlock, intent.Reason ?? ""))];

    /// <summary>Null for what is not about the account.</summary>
    private static string? About(string subject, Hash32 account) =>
        subject == account.ToString() ? "liquidation"
        : subject == Subject.Swap(account) ? "swap"
        : subject.StartsWith(Subject.LienSwaps(account), StringComparison.Ordinal) ? "swap under a lien"
        : subject.StartsWith(Subject.TopUps(account), StringComparison.Ordinal) ? $"top-up {subject[Subject.TopUps(account).Length..]}"
        : subject.StartsWith(Subject.Settlements(account), StringComparison.Ordinal) ? "settlement"
        : subject.StartsWith(Subject.Expiries, StringComparison.Ordinal) ? "expiry"
        : null;

    private static bool IsUnderWay(Verdict verdict) => verdict is Refuse { Refusal.Code: RefusalCode.AlreadyInFlight };

    private static (string Kind, string Name, string Reason) Words(Verdict verdict) => verdict switch
    {
        Act act => (act.Purpose, act.Action.GetType().Name, act.Reason),
        Refuse { Refusal: var refusal } => ($"{refusal.Code}", $"{refusal.Code}", refusal.Detail),
        _ => throw new ArgumentException("No such verdict.", nameof(verdict)),
    };
}
