using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Journal;

/// <content>The decision log.</content>
public sealed partial class Journal
{
    /// <summary>How many decisions are held in memory at once while reading.</summary>
    private const int DecisionPage = 128;

    private const string DecisionColumns = "seq, event, decisions, previous_hash, hash";

    /// <summary>Appends one step durably and gives its seq.</summary>
    public long AppendDecision(ReadOnlySpan<byte> eventBytes, ReadOnlySpan<byte> decisionBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(eventBytes.Length, MaximumPayloadBytes, nameof(eventBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decisionBytes.Length, MaximumPayloadBytes, nameof(decisionBytes));
        var (happened, decided) = (eventBytes.ToArray(), decisionBytes.ToArray());
        return Write(transaction =>
        {
            var (seq, previous) = LastDecision(transaction);
            using var insert = Command(
                $"INSERT INTO decision ({DecisionColumns}) VALUES ($seq, $event, $decisions, $previous, $hash)",
                transaction,
                ("$seq", seq + 1),
                ("$event", happened),
                ("$decisions", decided),
                ("$previous", previous.ToBytes()),
                ("$hash", DecisionRecord.HashOf(previous, happened, decided).ToBytes()));
            insert.ExecuteNonQuery();
            return seq + 1;
        });
    }

    /// <summary>The seq and hash of the last decision: 0 and 32 zero bytes where there is none.</summary>
    public (long Seq, Hash32 Hash) DecisionHead() => Read(() => LastDecision(transaction: null));

    /// <summary>
    /// Decisions with from &lt;= seq &lt;= to, read a page at a time so that writers are not kept waiting. The hashes are given as they
    /// stand: whoever replays verifies first.
    /// </summary>
    public IEnumerable<DecisionRecord> Decisions(long from, long to)
    {
        var next = from;
        while (next <= to)
        {
            var page = DecisionPageFrom(next, to);
            foreach (var decision in page)
            {
                yield return decision;
            }

            if (page.Count < DecisionPage)
            {
                yield break;
            }

            next = page[^1].Seq + 1;
        }
    }

    /// <summary>Reads the whole log and gives the first seq that is missing, relinked or altered.</summary>
    public ChainVerification VerifyChain()
    {
        var (count, head) = (0L, Hash32.Zero);
        // A seq under 1 cannot have been appended: it is read too, so that it is found.
        foreach (var decision in Decisions(long.MinValue, long.MaxValue - 1))
        {
            var expected = count + 1;
            var problem = decision.Seq != expected ? $"seq {expected} is missing: {decision.Seq} follows {count}"
                : decision.PreviousHash != head ? "the previous hash is not the hash of the decision before"
                : decision.Hash != DecisionRecord.HashOf(head, decision.Event.Span, decision.Decisions.Span) ? "the hash does not fit the contents"
                : null;
            if (problem is not null)
            {
                return new ChainVerification(count, Math.Min(expected, decision.Seq), problem, head);
            }

            (count, head) = (expected, decision.Hash);
        }

        return new ChainVerification(count, null, null, head);
    }

    private List<DecisionRecord> DecisionPageFrom(long from, long to) => Read(() =>
    {
        using var select = Command(
            $"SELECT {DecisionColumns} FROM decision WHERE seq BETWEEN $from AND $to ORDER BY seq LIMIT {DecisionPage}",
            null,
            ("$from", from),
            ("$to", to));
        using var rows = select.ExecuteReader();
        var page = new List<DecisionRecord>();
        while (rows.Read())
        {
            page.Add(new DecisionRecord(
                rows.GetInt64(0),
                rows.GetFieldValue<byte[]>(1),
                rows.GetFieldValue<byte[]>(2),
                new Hash32(rows.GetFieldValue<byte[]>(3)),
                new Hash32(rows.GetFieldValue<byte[]>(4))));
        }

        return page;
    });

    private (long Seq, Hash32 Hash) LastDecision(SqliteTransaction? transaction)
    {
        using var select = Command("SELECT seq, hash FROM decision ORDER BY seq DESC LIMIT 1", transaction);
        using var rows = select.ExecuteReader();
        return rows.Read() ? (rows.GetInt64(0), new Hash32(rows.GetFieldValue<byte[]>(1))) : (0, Hash32.Zero);
    }
}
