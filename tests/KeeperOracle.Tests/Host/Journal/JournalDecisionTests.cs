using System.Security.Cryptography;
using System.Text;
using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;
using TheJournal = KeeperOracle.Host.Journal.Journal;

namespace KeeperOracle.Tests.Host.Journal;

public sealed class JournalDecisionTests : JournalFixture
{
    [Theory]
    [InlineData("UPDATE decision SET event = x'00' WHERE seq = 1")]
    [InlineData("DELETE FROM decision WHERE seq = 3")]
    [InlineData("INSERT OR REPLACE INTO decision VALUES (2, x'00', x'00', zeroblob(32), zeroblob(32))")]
    [InlineData("INSERT INTO decision VALUES (9, x'00', x'00', zeroblob(32), zeroblob(32))")]
    public void Decisions_AnotherProgramRewritesThem_Refused(string statement)
    {
        using var journal = WithDecisions(3);

        var thrown = Assert.Throws<SqliteException>(() => Sql(statement));

        Assert.Contains("append-only", thrown.Message, StringComparison.Ordinal);
        Assert.True(journal.VerifyChain().IsIntact);
    }

    [Theory]
    [InlineData("UPDATE decision SET event = x'42' WHERE seq = 3", 3, "does not fit")]
    [InlineData("UPDATE decision SET decisions = x'' WHERE seq = 1", 1, "does not fit")]
    [InlineData("UPDATE decision SET hash = zeroblob(32) WHERE seq = 4", 4, "does not fit")]
    [InlineData("UPDATE decision SET previous_hash = zeroblob(32) WHERE seq = 2", 2, "previous hash")]
    [InlineData("DELETE FROM decision WHERE seq = 1", 1, "missing")]
    [InlineData("DELETE FROM decision WHERE seq = 5", 5, "missing")]
    [InlineData("UPDATE decision SET seq = 0 WHERE seq = 1", 0, "missing")]
    [InlineData("UPDATE decision SET event = CAST(event || substr(decisions, 1, 1) AS BLOB), decisions = substr(decisions, 2) WHERE seq = 2", 2, "does not fit")]
    public void F49_VerifyChain_TamperedBehindTheTriggers_NamesTheFirstBrokenSeq(string statement, long seq, string problem)
    {
        using var journal = WithDecisions(6);
        Sql("DROP TRIGGER decision_never_updated; DROP TRIGGER decision_never_deleted");
        Sql(statement);

        var verified = journal.VerifyChain();

        Assert.Equal(seq, verified.FirstBrokenSeq);
        Assert.Contains(problem, verified.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void VerifyChain_TailCutOff_ShowsInCountAndHeadOnly()
    {
        using var journal = WithDecisions(3);
        var head = journal.VerifyChain().Head;
        Sql("DROP TRIGGER decision_never_deleted");
        Sql("DELETE FROM decision WHERE seq = 3");

        var verified = journal.VerifyChain();

        Assert.True(verified.IsIntact);
        Assert.Equal(2, verified.Count);
        Assert.NotEqual(head, verified.Head);
    }

    [Fact]
    public void AppendDecision_HashIsAsSpecified()
    {
        using var journal = OpenJournal();
        Assert.Equal((0L, Hash32.Zero), journal.DecisionHead());

        Assert.Equal(1, journal.AppendDecision("event"u8, "decided"u8));

        byte[] preimage = [.. new byte[32], 0, 0, 0, 0, 0, 0, 0, 5, .. "eventdecided"u8];
        var record = Assert.Single(journal.Decisions(1, 1));
        Assert.Equal(new Hash32(SHA256.HashData(preimage)), record.Hash);
        Assert.Equal((1L, record.Hash), journal.DecisionHead());
        Assert.Equal(Hash32.Zero, record.PreviousHash);
        Assert.Equal("event"u8.ToArray(), record.Event.ToArray());
        Assert.Equal("decided"u8.ToArray(), record.Decisions.ToArray());
    }

    [Fact]
    public void AppendDecision_EmptyBytes_AreKept()
    {
        using var journal = OpenJournal();
        journal.AppendDecision([], []);

        Assert.True(journal.VerifyChain().IsIntact);
        Assert.Equal(0, Assert.Single(journal.Decisions(1, 1)).Event.Length);
    }

    [Fact]
    public void AppendDecision_TooLarge_Throws()
    {
        using var journal = OpenJournal();

        Assert.Throws<ArgumentOutOfRangeException>(() => journal.AppendDecision(new byte[TheJournal.MaximumPayloadBytes + 1], []));
    }

    [Fact]
    public void AppendDecision_AfterReopen_ContinuesTheChain()
    {
        WithDecisions(2).Dispose();
        using var journal = OpenJournal();

        Assert.Equal(3, journal.AppendDecision("e"u8, "d"u8));
        Assert.Equal(3, journal.VerifyChain().Count);
    }

    [Theory]
    [InlineData(1, 300, 300)]
    [InlineData(5, 4, 0)]
    [InlineData(2, 2, 1)]
    [InlineData(128, 129, 2)]
    [InlineData(299, 1000, 2)]
    [InlineData(1, 128, 128)]
    public void Decisions_RangeOverPages_ExactlyThose(long from, long to, int count)
    {
        using var journal = WithDecisions(300);

        var read = journal.Decisions(from, to).Select(decision => decision.Seq).ToList();

        Assert.Equal(Enumerable.Range(0, count).Select(i => from + i), read);
    }

    private TheJournal WithDecisions(int count)
    {
        var journal = OpenJournal();
        for (var i = 1; i <= count; i++)
        {
            journal.AppendDecision(Encoding.UTF8.GetBytes($"event {i}"), Encoding.UTF8.GetBytes($"decided {i}"));
        }

        return journal;
    }
}
