using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;

namespace KeeperOracle.Host.Replay;

/// <summary>What a replay found.</summary>
/// <param name="Events">events fed to the core</param>
/// <param name="Compared">of these, how many lie in the range asked for</param>
/// <param name="Decisions">decisions in the range</param>
/// <param name="Acts">actions among them</param>
/// <param name="Difference">the first thing that is not as recorded; null where every byte is</param>
/// <param name="HeadHash">last hash of the chain</param>
public sealed record ReplayResult(long Events, long Compared, long Decisions, long Acts, string? Difference, string HeadHash);

/// <summary>
/// Runs a recorded journal through the pure core again and compares byte by byte: the hash chain first, then of each event that its text
/// form is still what was written, then of its decisions. State begins at the first event, so a range is compared after everything
/// before it was fed in.
/// </summary>
public static class JournalReplay
{
    public static ReplayResult Run(Journal.Journal journal, long from = 1, long to = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(journal);
        var verification = journal.VerifyChain();
        if (!verification.IsIntact)
        {
            return new ReplayResult(0, 0, 0, 0, $"the hash chain is broken at {verification.FirstBrokenSeq}: {verification.Problem}", "");
        }

        KeeperState? state = null;
        var result = new ReplayResult(0, 0, 0, 0, null, journal.DecisionHead().Hash.ToString());
        foreach (var record in journal.Decisions(1, to))
        {
            var (next, difference, decisions, acts) = Replay(state, record);
            state = next;
            result = result with { Events = result.Events + 1 };
            if (record.Seq < from)
            {
                continue;
            }

            result = result with { Compared = result.Compared + 1, Decisions = result.Decisions + decisions, Acts = result.Acts + acts };
            if (difference is not null)
            {
                return result with { Difference = $"step {record.Seq}: {difference}" };
            }
        }

        return result;
    }

    private static (KeeperState State, string? Difference, int Decisions, int Acts) Replay(KeeperState? state, DecisionRecord record)
    {
        var keeperEvent = KeeperJson.ReadEvent(record.Event.Span);
        var previous = state ?? (keeperEvent is Started started
            ? KeeperState.Start(started)
            : throw new InvalidDataException($"Step {record.Seq}: a journal begins with a start."));
        var step = KeeperStep.Step(previous, keeperEvent);
        var difference = FirstDifference("the event", record.Event.Span, KeeperJson.Write(keeperEvent))
            ?? FirstDifference("the decisions", record.Decisions.Span, KeeperJson.Write(step.Decisions));
        return (step.State, difference, step.Decisions.Length, step.Decisions.Count(decision => decision.Verdict is Act));
    }

    private static string? FirstDifference(string what, ReadOnlySpan<byte> recorded, ReadOnlySpan<byte> now)
    {
        var common = recorded.CommonPrefixLength(now);
        if (common == recorded.Length && common == now.Length)
        {
            return null;
        }

        var start = Math.Max(0, common - 40);
        return $"{what} differ at byte {common}: recorded …{Excerpt(recorded, start)}…, now …{Excerpt(now, start)}…";
    }

    private static string Excerpt(ReadOnlySpan<byte> bytes, int start) =>
        System.Text.Encoding.UTF8.GetString(bytes[Math.Min(start, bytes.Length)..Math.Min(bytes.Length, start + 80)]);
}
