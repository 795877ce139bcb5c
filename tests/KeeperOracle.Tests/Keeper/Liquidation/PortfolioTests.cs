using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Liquidation;

/// <summary>Accounts that only somebody who takes a part of everything over can help.</summary>
public sealed class PortfolioTests
{
    private static readonly AccountSnapshot Risky = Account(1, 0, 10) with { Options = new OptionSnapshot(1, Fraction(27_000), Fraction(25_000), Fraction(-5_000), 0, "") };

    [Fact]
    public void Decide_TheKeeperHasALargeAccount_TakesTheFractionThatRestoresTheTarget()
    {
        var snapshot = Snapshot(Risky, Own(50));
        var sizing = SnapshotValuation.Size(snapshot, Risky)!;
        Assert.Equal(LiquidationAction.TakeFraction, sizing.Action);

        var act = Assert.IsType<Act>(About(snapshot, Risky));
        var take = Assert.IsType<TakePortfolio>(act.Action);
        Assert.Equal(($"liquidate/{MarketName}/{Risky.Account}/0", Risky.Account, Own(50).Account, Now + 120), (act.Purpose, take.Account, take.Taker, take.Deadline));
        Assert.Equal((sizing.Payment * 101 / 100) + 1, take.MaxPayment);
        Assert.InRange(take.MaxFraction.ToDouble() / sizing.Fraction.ToDouble(), 1.0099, 1.0101);

        // The discount is what it earns: a tenth of the net value at most, half of that near health 1.
        var net = sizing.Fraction.MultiplyDown(Fraction(25_000));
        var earned = (act.Worth + Settings.MinimumBonusValue).ToDouble();
        Assert.InRange(earned / net.ToDouble(), 0.05, 0.1001);
    }

    [Fact]
    public void Decide_TheKeeperHasNoAccountOrTooSmallAOne_RefusesByName()
    {
        AssertRefused(RefusalCode.OptionRiskDominates, "has no account in the vault", Snapshot(Risky));
        AssertRefused(RefusalCode.OptionRiskDominates, "has no account", Snapshot(Risky, Own(50) with { Options = OptionSnapshot.None with { Problem = "no price" } }));
        AssertRefused(RefusalCode.TakerTooSmall, "short of its initial requirement", Snapshot(Risky, Own(0.1m)));
    }

    [Fact]
    public void Decide_TheTakersMargin_IsEnoughToTheUnitAndNotUnderIt()
    {
        // How much it needs, by what a poor one is short of.
        var poor = Own(50) with { DebtShares = Stable(200_000) };
        var detail = Assert.IsType<Refuse>(About(Snapshot(Risky, poor), Risky)).Refusal.Detail;
        var shortage = decimal.Parse(detail[..detail.IndexOf(" short of", StringComparison.Ordinal)].Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
        var units = poor.DebtShares - (System.Numerics.BigInteger)decimal.Ceiling(shortage * 1_000_000);

        Assert.IsType<Act>(About(Snapshot(Risky, Own(50) with { DebtShares = units }), Risky));
        AssertRefused(RefusalCode.TakerTooSmall, "short of", Snapshot(Risky, Own(50) with { DebtShares = units + 1 }));
    }

    [Fact]
    public void Decide_TwoPortfolios_OneAtATime()
    {
        var worse = Risky with { Account = Number(7, 32), Options = Risky.Options with { Requirement = Fraction(26_000) } };
        var snapshot = Snapshot(Risky, worse, Own(500));
        Assert.IsType<TakePortfolio>(Assert.IsType<Act>(About(snapshot, worse)).Action);
        AssertRefused(RefusalCode.TakerTooSmall, "one portfolio at a time", snapshot);
    }

    [Fact]
    public void Decide_ThePortfolioLacksSomething_IsClosedWhereThatIsWorthSomethingToTheOperator()
    {
        var lost = Account(1, 20_000, 1) with { Options = new OptionSnapshot(1, Fraction(5_000), Fraction(5_000), Fraction(-3_000), 0, "") };
        var snapshot = Snapshot(lost, Own(50));
        Assert.Equal(LiquidationAction.TakeWhole, SnapshotValuation.Size(snapshot, lost)!.Action);
        Assert.Equal(RefusalCode.BonusTooSmall, Assert.IsType<Refuse>(About(snapshot, lost)).Refusal.Code);
        var act = Assert.IsType<Act>(About(snapshot, lost, Settings with { ClosingWorth = Fraction(20) }));
        Assert.Equal((Fraction(20), Wad.One), (act.Worth, Assert.IsType<TakePortfolio>(act.Action).MaxFraction));
    }

    [Fact]
    public void Decide_NoStableInTheWallet_DoesNotStandInTheWay()
    {
        var snapshot = Snapshot(Risky, Own(50));
        Assert.IsType<Act>(About(snapshot with { Keeper = snapshot.Keeper with { Stable = 0 } }, Risky));
        Assert.Equal(
            RefusalCode.BonusTooSmall, Assert.IsType<Refuse>(About(snapshot, Risky, Settings with { MinimumBonusValue = Fraction(1_000_000) })).Refusal.Code);
    }

    /// <summary>The keeper's own account, in WETH.</summary>
    private static AccountSnapshot Own(decimal weth) => Account(99, 0, weth) with { Owner = Snapshot().Keeper.Signer };

    private static Verdict About(ChainSnapshot snapshot, AccountSnapshot account, KeeperSettings? settings = null) =>
        LiquidationJob.Decide(settings ?? Settings, LaneState.Empty, snapshot).Single(decision => decision.Subject == account.Account.ToString()).Verdict;

    private static void AssertRefused(RefusalCode code, string fragment, ChainSnapshot snapshot)
    {
        var refusal = Assert.IsType<Refuse>(About(snapshot, Risky)).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(fragment, refusal.Detail, StringComparison.Ordinal);
    }
}
