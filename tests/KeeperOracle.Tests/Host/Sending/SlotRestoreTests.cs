using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Tests.Host.Journal;

namespace KeeperOracle.Tests.Host.Sending;

/// <summary>What a process knows of the hour before it started.</summary>
public sealed class SlotRestoreTests : JournalFixture
{
    private const ulong Clock = 1_767_225_600;

    [Fact]
    public void Spent_SignedWithinTheHour_AtTheWorstOfItsBytesAndItsData()
    {
        using (var journal = OpenAdopted())
        {
            var old = Intent(0, "old", 1) with { SignedAt = Clock - 3600 };
            var young = Intent(1, "young", 2) with { SignedAt = Clock - 3599 };
            young = young with { Request = young.Request with { DataFee = 5 } };
            Assert.True(journal.RecordIntent(old).IsRecorded);
            var recorded = journal.RecordIntent(young).Intent!;
            journal.AddAttempt(recorded.Id, Attempt(3) with { MaxFeePerGas = 40_000_000_000 });
            journal.Settle(recorded.Id, IntentState.Included, null, 101);
            Assert.True(journal.RecordIntent(Intent(2, "before times were kept", 4)).IsRecorded);
        }

        using var again = OpenJournal();
        var spending = Assert.Single(SlotRestore.Spent(again, Anvil, Clock));
        Assert.Equal(new Spending(Signer, 1, "market", Clock - 3599, (System.Numerics.BigInteger)21_000 * 40_000_000_000 + 5), spending);
        Assert.Equal(5, again.FindIntent(Anvil, "young")!.Request.DataFee);
        Assert.Empty(SlotRestore.Spent(again, Anvil, Clock + 1));
    }
}
