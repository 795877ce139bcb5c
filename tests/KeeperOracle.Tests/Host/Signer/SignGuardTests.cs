using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Signer;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Tests.Host.Signer;

/// <summary>What the signer remembers: nonces, the hour's budget, epochs; over restarts and failures of its file.</summary>
public sealed class SignGuardTests : SignerFixture
{
    private TransactionPolicy Replacing => Sending with { AllowReplacements = true };

    [Fact]
    public void F42_Sign_NonceUsedForOtherBytes_IsRefusedForEver()
    {
        Assert.Null(Ask(Start(), Transaction));
        var other = Transaction with { Data = [.. Liquidation[..^1], 1] };
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(Start(), other));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(Start(), Transaction with { MaxFeePerGas = 60 }));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(Start(), Transaction with { To = Account, Data = [] }));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(Start(), other with { Nonce = ulong.MaxValue }));
        Assert.Null(Ask(Start(), other with { Nonce = 1 }));
    }

    [Fact]
    public void F45_Sign_SameBytesAfterARestart_GivesTheSameSignature()
    {
        var first = Start().Sign(Account, Transaction).Signed!;
        Assert.Equal(first.ToHex(), Start().Sign(Account, Transaction).Signed!.ToHex());
    }

    [Fact]
    public void Sign_Replacement_NeedsTheSameActionAndTenPercentOnBothFees()
    {
        var signer = Start(Replacing);
        var first = Transaction with { GasLimit = 100, MaxFeePerGas = 50, MaxPriorityFeePerGas = 5 };
        Assert.Null(Ask(signer, first));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(signer, first with { MaxFeePerGas = 54, MaxPriorityFeePerGas = 6 }));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(signer, first with { MaxFeePerGas = 55, MaxPriorityFeePerGas = 5 }));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(signer, first with { MaxFeePerGas = 55, MaxPriorityFeePerGas = 6, Data = [.. Liquidation[..^1], 1] }));
        Assert.Null(Ask(signer, first with { MaxFeePerGas = 55, MaxPriorityFeePerGas = 6 }));
        Assert.Null(Ask(signer, first with { MaxFeePerGas = 61, MaxPriorityFeePerGas = 7, To = Account, Data = [] }));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(signer, first with { MaxFeePerGas = 62, MaxPriorityFeePerGas = 8, To = Account, Data = [] }));
        Assert.Null(Ask(Start(Replacing), first));
    }

    [Fact]
    public void Sign_Cancellation_DoesNotOpenTheNonceForAnotherAction()
    {
        var signer = Start(Replacing);
        Assert.Null(Ask(signer, Transaction with { GasLimit = 100, MaxFeePerGas = 10, To = Account, Data = [] }));
        Assert.Equal(SignRefusalCode.NonceUsed, Ask(signer, Transaction with { GasLimit = 100, MaxFeePerGas = 20, MaxPriorityFeePerGas = 2 }));
    }

    [Fact]
    public void Sign_HourSpent_IsRefusedUntilItIsOverAlsoAfterARestart()
    {
        // 50,000 each of 200,000 an hour.
        for (ulong nonce = 0; nonce < 4; nonce++)
        {
            Assert.Null(Ask(Start(), Transaction with { Nonce = nonce }));
            Time.Advance(TimeSpan.FromMinutes(10));
        }

        var next = Transaction with { Nonce = 4 };
        Assert.Equal(SignRefusalCode.GasBudgetSpent, Ask(Start(), next));
        Assert.Null(Ask(Start(), Transaction with { Nonce = 3 }));
        Time.Advance(TimeSpan.FromMinutes(20) - TimeSpan.FromSeconds(1));
        Assert.Equal(SignRefusalCode.GasBudgetSpent, Ask(Start(), next));
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(Ask(Start(), next));
        Assert.Equal(SignRefusalCode.GasBudgetSpent, Ask(Start(), Transaction with { Nonce = 5 }));
    }

    [Fact]
    public void F50_Sign_ClockSetForwardAndBack_GivesTheHourOutOnce()
    {
        var signer = Start();
        for (ulong nonce = 0; nonce < 4; nonce++)
        {
            Assert.Null(Ask(signer, Transaction with { Nonce = nonce }));
        }

        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromHours(2));
        Assert.Equal(SignRefusalCode.GasBudgetSpent, Ask(Start(), Transaction with { Nonce = 4 }));
    }

    [Fact]
    public void Sign_Replacement_CountsWithWhatItCostsMore()
    {
        var signer = Start(Replacing with { MaxFeePerHour = 60_000 });
        Assert.Null(Ask(signer, Transaction with { MaxPriorityFeePerGas = 1 }));
        Assert.Null(Ask(signer, Transaction with { MaxFeePerGas = 60, MaxPriorityFeePerGas = 2 }));
        Assert.Equal(SignRefusalCode.GasBudgetSpent, Ask(signer, Transaction with { MaxFeePerGas = 66, MaxPriorityFeePerGas = 3 }));
    }

    [Fact]
    public void F52_Sign_EpochThatWasPassed_IsRefusedForEver()
    {
        Assert.Null(Ask(Start(), Observed));
        Assert.Null(Ask(Start(), Observed));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(Start(), Observed with { Deadline = Now + 299 }));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(Start(), Observed with { Epoch = 6 }));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(Start(), Later(4, 1)));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(Start(), Later(16, 1)));
        Assert.Null(Ask(Start(), Later(5, 1)));
        Assert.Null(Ask(Start(), Later(15, 2)));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(Start(), Later(14, 3)));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(Start(), Later(ulong.MaxValue, 3)));
    }

    [Fact]
    public void F10_Sign_EpochThatAReorgTookBack_IsSignedAgainAsFarAsAllowed()
    {
        var signer = Start(attesting: Attesting with { ReorgEpochs = 1 });
        Assert.Null(Ask(signer, Later(6, 0)));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(signer, Later(5, 0)));
        Assert.Null(Ask(signer, Later(5, 1)));
        Assert.Equal(SignRefusalCode.EpochNotNewer, Ask(signer, Later(4, 2)));
    }

    [Fact]
    public void F46_Open_SecondSignerOnOneGuard_IsRefused()
    {
        Start();
        Assert.Equal(JournalFailure.InUse, Assert.Throws<JournalException>(() => SignGuard.Open(GuardFile, Time)).Kind);
    }

    [Fact]
    public void F48_Sign_GuardHeldByAnother_SignsNothingAndGoesOnAfterwards()
    {
        var signer = Start();
        using (var holder = new SqliteConnection($"Data Source={GuardFile};Pooling=False"))
        {
            holder.Open();
            Run(holder, "BEGIN EXCLUSIVE");
            Assert.Equal(SignRefusalCode.GuardUnavailable, Ask(signer, Transaction));
            Assert.Equal(SignRefusalCode.GuardUnavailable, Ask(signer, Observed));
            Run(holder, "ROLLBACK");
        }

        Assert.Null(Ask(signer, Transaction));
    }

    [Fact]
    public void F49_Open_DamagedOrForeignGuard_IsRefused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(GuardFile)!);
        File.WriteAllText(GuardFile, new string('x', 8192));
        Assert.Equal(JournalFailure.Corrupt, Assert.Throws<JournalException>(() => SignGuard.Open(GuardFile, Time)).Kind);
        File.Delete(GuardFile);
        using (var other = new SqliteConnection($"Data Source={GuardFile};Pooling=False"))
        {
            other.Open();
            Run(other, "CREATE TABLE t (x)");
        }

        Assert.Equal(JournalFailure.NotAJournal, Assert.Throws<JournalException>(() => SignGuard.Open(GuardFile, Time)).Kind);
        Assert.Equal(
            JournalFailure.DirectoryMissing, Assert.Throws<JournalException>(() => SignGuard.Open(Path.Combine(GuardFile + "-none", "g.db"), Time)).Kind);
    }

    [Fact]
    public void Guard_RowsChangedBehindItsBack_AreHeldByTheSchema()
    {
        var signer = Start();
        Assert.Null(Ask(signer, Transaction));
        Assert.Null(Ask(signer, Observed));
        using var other = new SqliteConnection($"Data Source={GuardFile};Pooling=False");
        other.Open();
        foreach (var sql in (string[])["DELETE FROM signed_transaction", "UPDATE signed_transaction SET nonce = 9", "DELETE FROM attested", "UPDATE attested SET epoch = 1"])
        {
            Assert.Throws<SqliteException>(() => Run(other, sql));
        }
    }

    private static Observation Later(ulong epoch, uint seconds) => Observed with
    {
        Epoch = epoch,
        ObservedAt = Now + seconds,
        NotBefore = Now + seconds,
    };

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
