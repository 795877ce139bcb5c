using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Reporting;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Reporting;

/// <summary>Ten WETH at 3,000: liquidation thresholds of 0.774 at a volatility of 0.6, 0.642 at 1.2 and 0.622 at 1.3.</summary>
public sealed class ReportEffectTests
{
    [Fact]
    public void Of_HealthyWithoutItAndNotWithIt_IsCounted()
    {
        var effect = ReportEffect.Of(Snapshot(Account(1, 20_000, 10), Account(2, 1_000, 10), Account(3, 0, 10)), Vector(1.2m));
        Assert.Equal((1, Stable(20_000), Stable(21_000)), (effect.Accounts, effect.Debt, effect.TotalDebt));
    }

    [Fact]
    public void Of_LiquidatableAnyway_IsNotItsDoing() => Assert.Equal(0, ReportEffect.Of(Snapshot(Account(1, 24_000, 10)), Vector(1.2m)).Accounts);

    [Fact]
    public void Of_LooserReport_HurtsNobody() => Assert.Equal(0, ReportEffect.Of(Snapshot(Account(1, 23_000, 10)), Vector(0.55m)).Accounts);

    [Fact]
    public void Of_TheLastReportsRampLeadsThereAnyway_IsNotItsDoing()
    {
        // The last report went to 1.2 and its ramp has just begun: 20,000 are lost by that, 19,200 only by one more step.
        var snapshot = Snapshot(Account(1, 20_000, 10), Account(2, 19_200, 10))
            .WithAsset(0, asset => asset with { Attested = Attested(0.6m) with { Volatility = Fraction(1.2m), UpdatedAt = Now } });
        Assert.Equal(0, ReportEffect.Of(snapshot, Vector(1.2m)).Accounts);
        Assert.Equal((1, Stable(19_200)), ReportEffect.Of(snapshot, Vector(1.3m)) is var effect ? (effect.Accounts, effect.Debt) : default);
    }

    [Fact]
    public void Of_OptionsThatCannotBeValued_AreLeftOut() => Assert.Equal(
        0, ReportEffect.Of(Snapshot(Account(1, 20_000, 10) with { Options = new OptionSnapshot(1, Wad.Zero, Wad.Zero, Wad.Zero, 0, "no price") }), Vector(1.2m)).Accounts);

    [Fact]
    public void IsOver_NobodyOwes_IsNever() => Assert.False(new ReportEffect(0, 0, 0).IsOver(new Bps(0)));

    [Theory]
    [InlineData(1, 5, 2_000, false)]
    [InlineData(1, 4, 2_499, true)]
    [InlineData(1, 1_000_000, 0, true)]
    public void IsOver_ShareOfAllDebt_AgainstItsLimit(int debt, int total, int limit, bool isOver) =>
        Assert.Equal(isOver, new ReportEffect(1, debt, total).IsOver(new Bps(limit)));

    private static System.Collections.Immutable.ImmutableArray<ObservedRisk> Vector(decimal weth) =>
        [new(Weth, Fraction(weth), Fraction(0.02m), []), new(Wbtc, Fraction(0.6m), Fraction(0.02m), [])];
}
