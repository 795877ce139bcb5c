using KeeperOracle.Host.Journal;
using Microsoft.Extensions.Time.Testing;
using TheJournal = KeeperOracle.Host.Journal.Journal;

namespace KeeperOracle.Tests.Host.Journal;

public sealed class JournalLeaseTests : JournalFixture
{
    private static readonly JournalSettings Settings = new(LeaseSeconds: 10);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void F46_Open_HolderLives_RefusedWithItsEnd()
    {
        using var first = Open();

        var thrown = Assert.Throws<JournalException>(() => Open());

        Assert.Equal(JournalFailure.InUse, thrown.Kind);
        Assert.Contains($"process {Environment.ProcessId}", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("2026-01-01 00:00:10 UTC", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void F46_Write_TakenOverAfterTheLeaseRanOut_FencedAndNothingWritten()
    {
        using var stuck = Open();
        stuck.AdoptNonce(Anvil, Signer, 0);
        _time.Advance(TimeSpan.FromSeconds(10));
        using var next = Open();

        Assert.Equal(JournalFailure.Fenced, FailureOf(() => stuck.RecordIntent(Intent(0, "a", 1))));
        Assert.Equal(JournalFailure.Fenced, FailureOf(() => stuck.AppendDecision([1], [2])));
        Assert.Equal(JournalFailure.Fenced, FailureOf(stuck.Renew));

        Assert.Equal(RecordOutcome.Recorded, next.RecordIntent(Intent(0, "a", 2)).Outcome);
        Assert.Equal(HashNumber(2), Assert.Single(next.FindIntent(Anvil, "a")!.Attempts).TxHash);
    }

    [Fact]
    public void F46_Renew_KeepsTheOtherOut()
    {
        using var first = Open();
        _time.Advance(TimeSpan.FromSeconds(9));
        first.Renew();
        _time.Advance(TimeSpan.FromSeconds(9));

        Assert.Equal(JournalFailure.InUse, FailureOf(() => Open()));
    }

    [Fact]
    public void F46_Write_LeaseRanOutAndNobodyTookIt_GoesOn()
    {
        using var journal = Open();
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(AdoptOutcome.Adopted, journal.AdoptNonce(Anvil, Signer, 3));
    }

    [Fact]
    public void F46_Open_FencedProcessEnds_LeavesTheNewHolderIts()
    {
        var stuck = Open();
        _time.Advance(TimeSpan.FromSeconds(10));
        using var next = Open();

        stuck.Dispose();

        Assert.Equal(JournalFailure.InUse, FailureOf(() => Open()));
        Assert.Equal(AdoptOutcome.Adopted, next.AdoptNonce(Anvil, Signer, 1));
    }

    [Theory]
    [InlineData(false, 0, true)] // a kernel that was started anew: its processes are gone, and their locks, but another machine looks the same
    [InlineData(false, 10, false)]
    [InlineData(true, 0, false)]
    public void F46_Open_HolderLeftWithoutALock_WaitsForItsEndUnlessItWasOfThisMachine(bool isThisMachine, int secondsLater, bool isRefused)
    {
        Open().Dispose();
        var machine = isThisMachine ? "machine" : "'another machine'";
        Sql($"UPDATE lease SET token = token + 1, machine = {machine}, expires_at = {_time.GetUtcNow().AddSeconds(10).ToUnixTimeMilliseconds()}");
        _time.Advance(TimeSpan.FromSeconds(secondsLater));

        if (isRefused)
        {
            Assert.Equal(JournalFailure.InUse, FailureOf(() => Open()));
        }
        else
        {
            Open().Dispose();
        }
    }

    [Fact]
    public void F46_Lease_TokenNeverFalls()
    {
        Open().Dispose();

        var thrown = Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => Sql("UPDATE lease SET token = token - 1"));
        Assert.Contains("never lowered", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => Sql("DELETE FROM lease"));
    }

    [Fact]
    public void F46_Open_ManyProcessesOneAfterAnother_LeaveOneLockFileAtMost()
    {
        for (var i = 0; i < 5; i++)
        {
            Open().Dispose();
        }

        Assert.Equal([File + ".lock"], Directory.GetFiles(Folder, "*.lock*"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3601)]
    public void Open_LeaseOutOfRange_Throws(int seconds) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TheJournal.Open(File, new JournalSettings(LeaseSeconds: seconds)));

    private TheJournal Open() => TheJournal.Open(File, Settings, _time);
}
