using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Tests.Host.Configuration;
using KeeperOracle.Tests.Keeper;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Host.Sending;

/// <summary>WETH at 3,000 is the chain's own coin, at most believable 300,000; the chain's highest fee is 200 gwei.</summary>
public sealed class SendTermsTests : ConfigurationFixture
{
    private static readonly Address Money = Address.FromHex("0x00000000000000000000000000000000000000a1");
    private static readonly Address Carrier = Address.FromHex("0x00000000000000000000000000000000000000a2");
    private static readonly BigInteger ByFee = 200 * BigInteger.Pow(10, 9) * 30_000_000;

    [Theory]
    [InlineData("WETH", "30", "10000000000000000")]
    [InlineData("WETH", "1", "333333333333333")]
    [InlineData("WETH", "0", "0")]
    [InlineData("WBTC", "30", "500000000000000")]
    [InlineData("0x00000000000000000000000000000000000000e1", "30", "10000000000000000")]
    public void Of_Liquidation_IsWorthItsBonusInWeiRoundedDown(string asset, string worth, string wei)
    {
        var terms = Terms(asset, Liquidation(decimal.Parse(worth, System.Globalization.CultureInfo.InvariantCulture)), Snapshot());
        Assert.Equal((NativePrice.Current, wei), (terms.Price, terms.Request!.Worth.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal((SendPriority.Liquidate, "liquidation", Now + 120), (terms.Request.Priority, terms.Request.Cause, terms.Request.Deadline));
    }

    [Fact]
    public void Of_NoNativeAsset_TheHighestFeeBounds() =>
        Assert.Equal((NativePrice.NotConfigured, ByFee), Terms(null, Liquidation(0), Snapshot()) is var terms ? (terms.Price, terms.Request!.Worth) : default);

    [Fact]
    public void Of_NativeAssetWithoutAPrice_CountsAtTheLargestBelievable()
    {
        var terms = Terms("WETH", Liquidation(30), Snapshot().WithAsset(0, asset => asset with { PriceStatus = PriceStatus.Stale, Price = default }));
        Assert.Equal((NativePrice.LargestBelievable, BigInteger.Pow(10, 14)), (terms.Price, terms.Request!.Worth));
    }

    [Theory]
    [InlineData("WSOL", "0 of the vault's collaterals (WETH, WBTC) are WSOL")]
    [InlineData("0x00000000000000000000000000000000000000A1", "0 of the vault's collaterals")]
    public void Of_NativeAssetMissing_ALiquidationWaitsAndWhatProtectsGoes(string asset, string problem)
    {
        var waits = Terms(asset, Liquidation(30), Snapshot());
        Assert.Null(waits.Request);
        Assert.StartsWith($"NativePriceMissing: {problem}", waits.Problem, StringComparison.Ordinal);
        foreach (var act in (Act[])[Report(), Tightening(), Approval()])
        {
            Assert.Equal((NativePrice.Missing, ByFee), Terms(asset, act, Snapshot()) is var terms ? (terms.Price, terms.Request!.Worth) : default);
        }
    }

    [Fact]
    public void Of_NoPriceOfAnyKind_ALiquidationWaits()
    {
        var snapshot = Snapshot();
        snapshot = snapshot with { Assets = snapshot.Assets.SetItem(0, snapshot.Assets[0] with { PriceStatus = PriceStatus.Stale, Price = default, MaxPrice = default }) };
        Assert.Equal((NativePrice.Missing, null), Terms("WETH", Liquidation(30), snapshot) is var terms ? (terms.Price, terms.Request) : default);
    }

    [Fact]
    public void Of_TwoAssetsOfOneSymbol_IsMissing()
    {
        var snapshot = Snapshot();
        snapshot = snapshot with { Assets = snapshot.Assets.SetItem(1, snapshot.Assets[1] with { Symbol = "WETH" }) };
        Assert.Equal(NativePrice.Missing, Terms("WETH", Liquidation(30), snapshot).Price);
    }

    [Fact]
    public void Of_ReportKey_CarriesReportsAndTighteningsAlone()
    {
        Assert.Equal(
            [Money, Carrier, Carrier, Money],
            ((Act[])[Liquidation(1), Report(), Tightening(), Approval()]).Select(act => Terms("WETH", act, Snapshot()).Request!.Signer!.Value));
        var single = new SendTerms(Options(Load(Valid)).Chains[0], Money, reporter: null);
        Assert.Equal(Money, single.Of(Report(), Snapshot()).Request!.Signer);
    }

    private Terms Terms(string? asset, Act act, ChainSnapshot snapshot) => new SendTerms(
        Options(Load(asset is null ? Valid : Mutate("Chains:31337:NativeAsset", $"\"{asset}\""))).Chains[0], Money, Carrier).Of(act, snapshot);

    private static Act Liquidation(decimal worth) => new("liquidate/1", new Liquidate(Number(1, 32), 7, [], Now + 120), Fraction(worth), "");

    private static Act Report() => new("report/5", new SubmitReport(5, Observed), Fraction(1_000), "");

    private static Act Tightening() => new("tighten/5", new TightenInitial(5, Observed), Fraction(1_000), "");

    private static Act Approval() => new("approve/5", new ApproveStable(5), Fraction(100), "");

    private static ImmutableArray<CollectedObservation> Observed => [Observation(1, 0.6m)];
}
