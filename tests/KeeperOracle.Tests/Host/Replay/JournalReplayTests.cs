using KeeperOracle.Host.Replay;
using KeeperOracle.Keeper;
using KeeperOracle.Tests.Host.Journal;
using KeeperOracle.Tests.Keeper;
using TheJournal = KeeperOracle.Host.Journal.Journal;

namespace KeeperOracle.Tests.Host.Replay;

public sealed class JournalReplayTests : JournalFixture
{
    [Fact]
    public void Run_HashChainBroken_SaysWhereAndReplaysNothing()
    {
        using var journal = Recorded();
        Sql("DROP TRIGGER decision_never_updated");
        Sql("UPDATE decision SET decisions = x'00' WHERE seq = 2");

        var result = JournalReplay.Run(journal);

        Assert.Contains("the hash chain is broken at 2", result.Difference, StringComparison.Ordinal);
        Assert.Equal(0, result.Events);
    }

    [Fact]
    public void Run_NoStartAtTheBeginning_Throws()
    {
        using var journal = OpenJournal();
        journal.AppendDecision(KeeperJson.Write(Run[1]), "[]"u8);

        Assert.Contains("Step 1: a journal begins with a start", Assert.Throws<InvalidDataException>(() => JournalReplay.Run(journal)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OneDecisionNotThatOfTheCore_NamesTheStepAndBothTexts()
    {
        using var journal = Recorded((step, decisions) => step == 3 ? decisions.Replace("\"healthy\"", "\"noDebt\"", StringComparison.Ordinal) : decisions);

        var result = JournalReplay.Run(journal);

        Assert.StartsWith("step 3: the decisions differ at byte ", result.Difference, StringComparison.Ordinal);
        Assert.Contains("noDebt", result.Difference, StringComparison.Ordinal);
        Assert.Contains("healthy", result.Difference, StringComparison.Ordinal);
        Assert.Equal(3, result.Events);
    }

    [Fact]
    public void Run_EventInAnotherSpelling_IsADifferenceToo()
    {
        using var journal = OpenJournal();
        journal.AppendDecision([.. KeeperJson.Write(Run[0]), (byte)' '], "[]"u8);

        Assert.StartsWith("step 1: the event differ at byte ", JournalReplay.Run(journal).Difference, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_DifferenceBeforeTheRange_IsNotOfTheRange()
    {
        using var journal = Recorded((step, decisions) => step == 3 ? "[]" : decisions);

        Assert.Null(JournalReplay.Run(journal, from: 4).Difference);
        Assert.Null(JournalReplay.Run(journal, to: 2).Difference);
        Assert.NotNull(JournalReplay.Run(journal, from: 3, to: 3).Difference);
    }

    [Fact]
    public void Run_AsRecorded_IsIdenticalByteForByte()
    {
        using var journal = Recorded();

        var result = JournalReplay.Run(journal);

        Assert.Null(result.Difference);
        Assert.Equal((7, 7, 8, 3), (result.Events, result.Compared, result.Decisions, result.Acts));
        Assert.Equal(journal.DecisionHead().Hash.ToString(), result.HeadHash);
    }

    [Fact]
    public void Run_ARangeOnly_FeedsWhatCameBefore()
    {
        using var journal = Recorded();

        var result = JournalReplay.Run(journal, from: 4, to: 5);

        Assert.Null(result.Difference);
        Assert.Equal((5, 2), (result.Events, result.Compared)); // one is left out behind the range too
    }

    [Fact]
    public void Run_EmptyJournal_HasNothingToCompare()
    {
        using var journal = OpenJournal();

        Assert.Equal((0L, null), (JournalReplay.Run(journal).Events, JournalReplay.Run(journal).Difference));
    }

    private static List<KeeperEvent> Run { get; } = Events();

    private static List<KeeperEvent> Events()
    {
        var (healthy, unhealthy) = (Snapshots.Account(1, 10_000, 10), Snapshots.Account(2, 23_800, 10));
        return
        [
            new Started(Snapshots.Settings, []),
            new ObservationsCollected(Snapshots.Anvil, [.. Enumerable.Range(1, 3).Select(node => Snapshots.Observation(node, 0.7m))]),
            new ChainObserved(Snapshots.Snapshot(healthy, unhealthy)),
            new IntentSettled(Snapshots.Anvil, $"liquidate/{Snapshots.MarketName}/{unhealthy.Account}/0", unhealthy.Account, SettlementOutcome.Included, "", Snapshots.Now),
            new ChainObserved(Snapshots.Snapshot(healthy)),
            ChainAdvanced.Between(Snapshots.Snapshot(healthy), Snapshots.Snapshot(unhealthy)),
            ChainAdvanced.Between(Snapshots.Snapshot(healthy) with { Block = default }, Snapshots.Snapshot(unhealthy)),
        ];
    }

    /// <summary>The run as the worker would write it, one step changed where asked for.</summary>
    private TheJournal Recorded(Func<int, string, string>? change = null)
    {
        var journal = OpenJournal();
        var state = KeeperState.Start((Started)Run[0]);
        for (var i = 0; i < Run.Count; i++)
        {
            var step = KeeperStep.Step(state, Run[i]);
            state = step.State;
            var decisions = System.Text.Encoding.UTF8.GetString(KeeperJson.Write(step.Decisions));
            journal.AppendDecision(KeeperJson.Write(Run[i]), System.Text.Encoding.UTF8.GetBytes(change?.Invoke(i + 1, decisions) ?? decisions));
        }

        return journal;
    }
}
