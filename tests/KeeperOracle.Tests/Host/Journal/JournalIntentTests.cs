using KeeperOracle.Host.Journal;
using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;
using TheJournal = KeeperOracle.Host.Journal.Journal;

namespace KeeperOracle.Tests.Host.Journal;

public sealed class JournalIntentTests : JournalFixture
{
    [Fact]
    public void RecordIntent_SignerNotAdopted_Refused()
    {
        using var journal = OpenJournal();

        Assert.Equal(RecordOutcome.SignerNotAdopted, journal.RecordIntent(Intent(0, "a", 1)).Outcome);
        Assert.Empty(journal.OpenIntents(Anvil));
    }

    [Theory]
    [InlineData(4ul, RecordOutcome.NonceAlreadyUsed)]
    [InlineData(5ul, RecordOutcome.Recorded)]
    [InlineData(6ul, RecordOutcome.NonceOutOfOrder)]
    public void RecordIntent_NonceAgainstTheFloor_OnlyTheNextIsTaken(ulong nonce, RecordOutcome expected)
    {
        using var journal = OpenJournal();
        journal.AdoptNonce(Anvil, Signer, 5);

        Assert.Equal(expected, journal.RecordIntent(Intent(nonce, "a", 1)).Outcome);
        Assert.Equal(expected == RecordOutcome.Recorded ? 6ul : 5ul, journal.NextNonce(Anvil, Signer));
    }

    [Fact]
    public void RecordIntent_NonceOfAnotherIntent_RefusedWithThatIntent()
    {
        using var journal = OpenAdopted();
        journal.RecordIntent(Intent(0, "a", 1));

        var refused = journal.RecordIntent(Intent(0, "b", 2));

        Assert.Equal(RecordOutcome.NonceAlreadyUsed, refused.Outcome);
        Assert.Equal("a", refused.Intent!.Purpose);
    }

    [Theory]
    [InlineData(IntentState.Signed, RecordOutcome.PurposeAlreadyRecorded)]
    [InlineData(IntentState.Pending, RecordOutcome.PurposeAlreadyRecorded)]
    [InlineData(IntentState.Included, RecordOutcome.PurposeAlreadyRecorded)]
    [InlineData(IntentState.Finalized, RecordOutcome.PurposeAlreadyRecorded)]
    [InlineData(IntentState.Reverted, RecordOutcome.Recorded)]
    [InlineData(IntentState.Dropped, RecordOutcome.Recorded)]
    public void RecordIntent_PurposeAgain_OnlyAfterAnEndWithoutEffect(IntentState earlier, RecordOutcome expected)
    {
        using var journal = OpenAdopted();
        Bring(journal, journal.RecordIntent(Intent(0, "a", 1)).Intent!, earlier);

        var again = journal.RecordIntent(Intent(1, "a", 2));

        Assert.Equal(expected, again.Outcome);
        Assert.Equal(expected == RecordOutcome.Recorded ? 1ul : 0ul, again.Intent!.Nonce);
        Assert.Equal(again.Intent.Id, journal.FindIntent(Anvil, "a")!.Id);
    }

    [Fact]
    public void RecordIntent_SameBytesForAnotherIntent_Refused()
    {
        using var journal = OpenAdopted();
        journal.RecordIntent(Intent(0, "a", 1));

        Assert.Equal(RecordOutcome.TransactionAlreadyRecorded, journal.RecordIntent(Intent(1, "b", 1)).Outcome);
        Assert.Equal(1ul, journal.NextNonce(Anvil, Signer));
    }

    [Fact]
    public void RecordIntent_OtherChainAndOtherSigner_HaveNoncesAndPurposesOfTheirOwn()
    {
        using var journal = OpenAdopted();
        journal.AdoptNonce(new ChainId(1), Signer, 0);
        journal.AdoptNonce(Anvil, Vault, 0);

        Assert.True(journal.RecordIntent(Intent(0, "a", 1)).IsRecorded);
        Assert.True(journal.RecordIntent(Intent(0, "a", 2) with { ChainId = new ChainId(1) }).IsRecorded);
        Assert.True(journal.RecordIntent(Intent(0, "b", 3) with { Signer = Vault }).IsRecorded);
    }

    [Fact]
    public void RecordIntent_Reopened_EveryFieldIsBack()
    {
        using (var journal = OpenAdopted())
        {
            journal.RecordIntent(Intent(0, "a", 7));
        }

        using var again = OpenJournal();
        var intent = Assert.Single(again.OpenIntents(Anvil));
        var attempt = Assert.Single(intent.Attempts);

        Assert.Equal(
            (Anvil, Signer, 0ul, "a", Vault, 100ul),
            (intent.ChainId, intent.Signer, intent.Nonce, intent.Purpose, intent.Target, intent.CreatedAtBlock));
        Assert.Equal("""{"kind":"liquidate"}""", intent.ActionJson);
        Assert.Equal((IntentState.Signed, (string?)null, (ulong?)null), (intent.State, intent.Reason, intent.SettledBlock));
        Assert.Equal((1, HashNumber(7), 0), (attempt.Number, attempt.TxHash, attempt.Sent));
        Assert.Equal(new byte[] { 7, 7, 7 }, attempt.Raw.ToArray());
        Assert.Equal((30_000_000_000, 2_000_000_000), (attempt.MaxFeePerGas, attempt.MaxPriorityFeePerGas));
        Assert.Equal(1ul, again.NextNonce(Anvil, Signer));
        Assert.Equal(intent.Id, again.FindIntent(HashNumber(7))!.Id);
    }

    [Fact]
    public void RecordIntent_KilledRightAfterIt_StandsInTheCopiedFiles()
    {
        using var journal = OpenAdopted();
        journal.RecordIntent(Intent(0, "a", 1));
        // What a killed process leaves: database and write-ahead log as they are, no closing checkpoint, no shared memory.
        var crashed = Path.Combine(Folder, "crashed.db");
        System.IO.File.Copy(File, crashed);
        System.IO.File.Copy(File + "-wal", crashed + "-wal");

        using var survivor = TheJournal.Open(crashed);

        Assert.Equal(RecordOutcome.PurposeAlreadyRecorded, survivor.RecordIntent(Intent(1, "a", 2)).Outcome);
        Assert.Equal(1ul, survivor.NextNonce(Anvil, Signer));
    }

    [Fact]
    public void AdoptNonce_Lower_RefusedAndHigherRaises()
    {
        using var journal = OpenJournal();
        Assert.Null(journal.NextNonce(Anvil, Signer));

        Assert.Equal(AdoptOutcome.Adopted, journal.AdoptNonce(Anvil, Signer, 5));
        Assert.Equal(AdoptOutcome.BelowFloor, journal.AdoptNonce(Anvil, Signer, 4));
        Assert.Equal(AdoptOutcome.Unchanged, journal.AdoptNonce(Anvil, Signer, 5));
        Assert.Equal(AdoptOutcome.Adopted, journal.AdoptNonce(Anvil, Signer, 6));
        Assert.Equal(6ul, journal.NextNonce(Anvil, Signer));
    }

    [Fact]
    public void AddAttempt_OpenIntent_KeepsBothAndBoundsThem()
    {
        using var journal = OpenAdopted();
        var id = journal.RecordIntent(Intent(0, "a", 1)).Intent!.Id;

        Assert.Equal(AddAttemptOutcome.TransactionAlreadyRecorded, journal.AddAttempt(id, Attempt(1)).Outcome);
        for (var number = 2; number <= TheJournal.MaximumAttempts; number++)
        {
            Assert.Equal(number, journal.AddAttempt(id, Attempt(number)).Attempt!.Number);
        }

        Assert.Equal(AddAttemptOutcome.TooManyAttempts, journal.AddAttempt(id, Attempt(1000)).Outcome);
        Assert.Equal(TheJournal.MaximumAttempts, journal.FindIntent(id)!.Attempts.Count);
    }

    [Fact]
    public void AddAttempt_SettledIntent_Refused()
    {
        using var journal = OpenAdopted();
        var id = journal.RecordIntent(Intent(0, "a", 1)).Intent!.Id;
        journal.Settle(id, IntentState.Included, "receipt", 101);

        Assert.Equal(AddAttemptOutcome.IntentSettled, journal.AddAttempt(id, Attempt(2)).Outcome);
    }

    [Fact]
    public void MarkSent_Signed_BecomesPendingAndLateAnswersChangeNoState()
    {
        using var journal = OpenAdopted();
        var intent = journal.RecordIntent(Intent(0, "a", 1)).Intent!;
        journal.MarkSent(intent.Attempts[0].Id, "unknown");
        Assert.Equal(IntentState.Pending, journal.FindIntent(intent.Id)!.State);

        journal.Settle(intent.Id, IntentState.Included, null, 101);
        journal.MarkSent(intent.Attempts[0].Id, "already known");

        var after = journal.FindIntent(intent.Id)!;
        Assert.Equal(IntentState.Included, after.State);
        Assert.Equal((2, "already known"), (after.Attempts[0].Sent, after.Attempts[0].Outcome));
    }

    [Fact]
    public void Writes_UnknownIds_ThrowBecauseTheCallerIsWrong()
    {
        using var journal = OpenJournal();

        Assert.Throws<ArgumentOutOfRangeException>(() => journal.MarkSent(1, "ok"));
        Assert.Throws<ArgumentOutOfRangeException>(() => journal.Settle(1, IntentState.Included, null, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => journal.Reopen(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => journal.AddAttempt(1, Attempt(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => journal.RecordIntent(Intent(0, "a", 1) with { First = Attempt(1, length: 0) }));
        Assert.Throws<ArgumentException>(() => journal.RecordIntent(Intent(0, " ", 1)));
    }

    public static TheoryData<IntentState, IntentState, bool> Transitions()
    {
        var allowed = new HashSet<(IntentState, IntentState)>
        {
            (IntentState.Signed, IntentState.Included), (IntentState.Signed, IntentState.Reverted), (
                IntentState.Signed, IntentState.Dropped),
            (IntentState.Pending, IntentState.Included), (IntentState.Pending, IntentState.Reverted), (
                IntentState.Pending, IntentState.Dropped),
            (IntentState.Included, IntentState.Included), (IntentState.Included, IntentState.Finalized),
        };
        var data = new TheoryData<IntentState, IntentState, bool>();
        foreach (var from in Enum.GetValues<IntentState>())
        {
            foreach (var to in Enum.GetValues<IntentState>())
            {
                data.Add(from, to, allowed.Contains((from, to)));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Transitions))]
    public void Settle_EveryPairOfStates_OnlyTheListedOnes(IntentState from, IntentState to, bool allowed)
    {
        using var journal = OpenAdopted();
        var id = journal.RecordIntent(Intent(0, "a", 1)).Intent!.Id;
        Bring(journal, journal.FindIntent(id)!, from);

        Assert.Equal(allowed ? SettleOutcome.Settled : SettleOutcome.NotAllowed, journal.Settle(id, to, "why", 555));

        Assert.Equal(
            allowed ? (to, "why") : (from, journal.FindIntent(id)!.Reason),
            (journal.FindIntent(id)!.State, journal.FindIntent(id)!.Reason));
        Assert.Equal(allowed ? SettleOutcome.AlreadySo : SettleOutcome.NotAllowed, journal.Settle(id, to, "why", 555));
    }

    [Theory]
    [InlineData(IntentState.Signed, ReopenOutcome.AlreadyOpen)]
    [InlineData(IntentState.Pending, ReopenOutcome.AlreadyOpen)]
    [InlineData(IntentState.Included, ReopenOutcome.Reopened)]
    [InlineData(IntentState.Reverted, ReopenOutcome.Reopened)]
    [InlineData(IntentState.Dropped, ReopenOutcome.Reopened)]
    [InlineData(IntentState.Finalized, ReopenOutcome.Finalized)]
    public void Reopen_EveryState_OnlyWhatAReorganisationCanUndo(IntentState from, ReopenOutcome expected)
    {
        using var journal = OpenAdopted();
        var id = journal.RecordIntent(Intent(0, "a", 1)).Intent!.Id;
        Bring(journal, journal.FindIntent(id)!, from);

        Assert.Equal(expected, journal.Reopen(id, "reorganised"));

        var after = journal.FindIntent(id)!;
        Assert.Equal(expected == ReopenOutcome.Reopened ? IntentState.Pending : from, after.State);
        Assert.Equal(after.IsOpen, after.SettledBlock is null);
    }

    [Fact]
    public void Reopen_PurposeTakenByAnotherIntent_Refused()
    {
        using var journal = OpenAdopted();
        var first = journal.RecordIntent(Intent(0, "a", 1)).Intent!.Id;
        journal.Settle(first, IntentState.Reverted, "lost the race", 101);
        journal.RecordIntent(Intent(1, "a", 2));

        Assert.Equal(ReopenOutcome.PurposeTaken, journal.Reopen(first));
        Assert.Equal(IntentState.Reverted, journal.FindIntent(first)!.State);
    }

    [Fact]
    public void IntentsSettledSince_BothSidesOfTheBlock_OnlyThatBlockAndLater()
    {
        using var journal = OpenAdopted();
        for (var i = 0; i < 4; i++)
        {
            var id = journal.RecordIntent(Intent((ulong)i, $"p{i}", i + 1)).Intent!.Id;
            if (i < 3)
            {
                journal.Settle(id, IntentState.Included, null, (ulong)(200 + i));
            }
        }

        Assert.Equal(["p1", "p2"], journal.IntentsSettledSince(Anvil, 201).Select(intent => intent.Purpose));
        Assert.Equal(["p3"], journal.OpenIntents(Anvil).Select(intent => intent.Purpose));
        Assert.Equal(["p0", "p1", "p2"], journal.IncludedIntents(Anvil).Select(intent => intent.Purpose));
        Assert.Equal(["p3", "p2"], journal.RecentIntents(2).Select(intent => intent.Purpose));
        Assert.Empty(journal.IntentsSettledSince(new ChainId(1), 0));
    }

    [Theory]
    [InlineData("UPDATE attempt SET raw = x'00'")]
    [InlineData("UPDATE attempt SET tx_hash = zeroblob(32)")]
    [InlineData("DELETE FROM attempt")]
    [InlineData("DELETE FROM intent")]
    [InlineData("UPDATE signer_nonce SET next_nonce = 0")]
    [InlineData("DELETE FROM signer_nonce")]
    [InlineData("UPDATE intent SET state = 'lost'")]
    public void Tables_AnotherProgramRewritesWhatWasSigned_Refused(string statement)
    {
        using var journal = OpenAdopted();
        journal.RecordIntent(Intent(0, "a", 1));

        Assert.Equal(19, Assert.Throws<SqliteException>(() => Sql(statement)).SqliteErrorCode);
        Assert.Equal(1ul, journal.NextNonce(Anvil, Signer));
    }

    [Fact]
    public void RecordIntent_ManyThreadsOnePurpose_ExactlyOneIsRecorded()
    {
        using var journal = OpenAdopted();
        var outcomes = new RecordOutcome[16];

        Parallel.For(0, outcomes.Length, i => outcomes[i] = journal.RecordIntent(Intent(0, "a", i + 1)).Outcome);

        Assert.Single(outcomes, RecordOutcome.Recorded);
        Assert.Equal(1ul, journal.NextNonce(Anvil, Signer));
    }

    private static void Bring(TheJournal journal, IntentRecord intent, IntentState state)
    {
        if (state == IntentState.Pending)
        {
            journal.MarkSent(intent.Attempts[0].Id, "accepted");
        }
        else if (state == IntentState.Finalized)
        {
            journal.Settle(intent.Id, IntentState.Included, null, 101);
            journal.Settle(intent.Id, IntentState.Finalized, null, 102);
        }
        else if (state != IntentState.Signed)
        {
            journal.Settle(intent.Id, state, null, 101);
        }
    }
}
