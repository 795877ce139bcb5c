using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class CommitAccountsTests
{
    [Fact]
    public void Accounts_OfASnapshot_HaveTheHealthThatTheVaultGives()
    {
        var snapshot = Snapshot(Account(1, 7_000, 4));
        var account = snapshot.Accounts[0];
        var factors = snapshot.Assets.ToDictionary(asset => asset.Symbol, asset => asset.LiquidationThreshold);
        var halved = factors.ToDictionary(pair => pair.Key, pair => new Wad(pair.Value.Raw / 2));

        var hit = CommitSimulation.Run(CommitSimulation.Accounts(snapshot), factors, halved, CommitSimulation.DefaultLimit)
            .Liquidatable.First(one => one.Account == account.Account.ToString());

        Assert.Equal(SnapshotValuation.Value(snapshot, account).Health, hit.HealthBefore);
    }

    [Fact]
    public void Accounts_HeldAssetWithoutAPrice_Refused()
    {
        var snapshot = Snapshot(Account(1, 7_000, 4));
        snapshot = snapshot with { Assets = [.. snapshot.Assets.Select(asset => asset with { PriceStatus = PriceStatus.Stale })] };

        Assert.Equal("PriceMissing", Assert.Throws<RiskInputException>(() => CommitSimulation.Accounts(snapshot)).Refusal);
    }

    [Fact]
    public void Accounts_OptionsOrCollateralElsewhere_Refused()
    {
        var account = Account(1, 7_000, 4);
        var options = account with { Options = OptionSnapshot.None with { Legs = 2 } };
        var remote = account with { Remote = new RemoteSnapshot(Wad.Zero, Wad.One, Wad.One) };

        Assert.Equal("OptionsHeld", Assert.Throws<RiskInputException>(() => CommitSimulation.Accounts(Snapshot(options))).Refusal);
        Assert.Equal("RemoteCollateralHeld", Assert.Throws<RiskInputException>(() => CommitSimulation.Accounts(Snapshot(remote))).Refusal);
    }
}
