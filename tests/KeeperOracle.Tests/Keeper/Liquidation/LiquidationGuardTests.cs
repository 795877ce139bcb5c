using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Liquidation;

/// <summary>Each guard through the job that asks it: what it refuses, with its numbers, and what it just lets through.</summary>
public sealed class LiquidationGuardTests
{
    /// <summary>Ten WETH carry about 23,200 of debt at health 1.</summary>
    private static readonly AccountSnapshot Unhealthy = Account(1, 23_800, 10);

    [Fact]
    public void DebtGuard_NoDebt_Refuses() => AssertRefused(RefusalCode.NoDebt, "owes nothing", Snapshot(Account(1, 0, 10)));

    [Fact]
    public void DebtGuard_OneUnitOfDebt_PassesOnToTheNext() =>
        AssertRefused(RefusalCode.Healthy, "at least 1", Snapshot(Account(1, 0.000001m, 10)));

    [Theory]
    [InlineData(PriceStatus.UnknownAsset)]
    [InlineData(PriceStatus.TooFewFeeds)]
    [InlineData(PriceStatus.Divided)]
    [InlineData(PriceStatus.SequencerDown)]
    [InlineData(PriceStatus.SequencerGrace)]
    public void PriceGuard_HeldAssetWithoutPrice_Refuses(PriceStatus status) => AssertRefused(
        RefusalCode.PriceUnavailable,
        $"WETH has no usable price: {status} (feed 1 Ok, answer 3000, 60 s old; feed 2 Ok",
        Snapshot(Unhealthy).WithAsset(0, asset => asset with { PriceStatus = status }));

    [Theory]
    [InlineData(PriceStatus.FeedReverted, 0, "feed 2 FeedReverted, answer 0, never")]
    [InlineData(PriceStatus.NotPositive, -1, "feed 2 NotPositive, answer 0, 1 s old")]
    [InlineData(PriceStatus.Stale, -7201, "feed 2 Stale, answer 0, 7201 s old")]
    [InlineData(PriceStatus.OutOfBounds, -1, "feed 2 OutOfBounds")]
    [InlineData(PriceStatus.FromFuture, 5, "feed 2 FromFuture, answer 0, 5 s in the future")]
    public void PriceGuard_FeedsWithoutPrice_NamesEach(PriceStatus status, int from, string words) => AssertRefused(
        RefusalCode.PriceUnavailable,
        words,
        Snapshot(Unhealthy).WithAsset(0, asset => asset with
        {
            PriceStatus = PriceStatus.TooFewFeeds,
            Feeds = asset.Feeds.SetItem(1, new FeedSnapshot(status, default, from == 0 ? 0 : (ulong)((long)Now + from))),
        }));

    [Fact]
    public void PriceGuard_UnhealthyEvenAtTheBound_IsLiquidatedOfWhatHasAPrice()
    {
        var account = Account(1, 100_000, 0.01m, 2);
        var snapshot = Snapshot(account).WithAsset(0, asset => asset with { PriceStatus = PriceStatus.Divided, Price = default });

        var liquidate = Assert.IsType<Liquidate>(Acted(snapshot).Action);

        Assert.True(liquidate.MinSeized[0].IsZero);
        Assert.True(liquidate.MinSeized[1].Sign > 0);
    }

    [Theory]
    [InlineData(PriceStatus.RepayWindow, 0, "WETH is in the repay window after an outage (RepayWindow)")]
    [InlineData(PriceStatus.Ok, 60, "WETH is held back by the guardian for 60 s")]
    public void SeizableGuard_NothingMayBeSeized_Refuses(PriceStatus status, int blockedFor, string words) => AssertRefused(
        RefusalCode.NothingSeizable,
        words,
        Snapshot(Unhealthy).WithAsset(0, asset => asset with { PriceStatus = status, LiquidationBlockedUntil = Now + (ulong)blockedFor }));

    [Fact]
    public void SeizableGuard_GuardiansTimeIsOver_Passes() =>
        Acted(Snapshot(Unhealthy).WithAsset(0, asset => asset with { LiquidationBlockedUntil = Now }));

    [Fact]
    public void SeizableGuard_OnlyCollateralElsewhere_Refuses() => AssertRefused(
        RefusalCode.NothingSeizable,
        "no lien on another chain can be seized by repaying (liquidateLien)",
        Snapshot(Account(1, 1_000, 0) with { Remote = new RemoteSnapshot(Wad.Zero, Fraction(900), Fraction(1_200)) }));

    [Fact]
    public void OptionGuard_ContractHasNoRequirement_Refuses() => AssertRefused(
        RefusalCode.OptionsUnvalued,
        "the account's 3 option legs have no requirement now: TooFewFeeds(",
        Snapshot(Unhealthy with { Options = new OptionSnapshot(3, Wad.Zero, Wad.Zero, Wad.Zero, 0, "TooFewFeeds(asset 0x1)") }));

    [Fact]
    public void PortfolioGuard_RequirementThatRepayingDoesNotMeet_Refuses() => AssertRefused(
        RefusalCode.OptionRiskDominates,
        "liquidatePortfolio",
        Snapshot(Account(1, 0, 10) with { Options = new OptionSnapshot(1, Fraction(30_000), Fraction(30_000), Fraction(-5_000), 0, "") }));

    [Fact]
    public void PortfolioGuard_RequirementThatRepayingMeets_Passes() => Acted(
        Snapshot(Account(1, 20_000, 10) with { Options = new OptionSnapshot(1, Fraction(4_000), Fraction(4_000), Fraction(-500), 0, "") }));

    [Fact]
    public void Size_CollateralElsewhere_PaysForTheBonusHere()
    {
        // Ten WETH are worth 30,000: alone they leave a bonus of 1 % on this debt.
        var alone = Account(1, 29_700, 10);
        var backed = alone with { Remote = new RemoteSnapshot(Wad.Zero, Fraction(100), Fraction(10_000)) };
        Wad Bonus(AccountSnapshot account)
        {
            var sizing = SnapshotValuation.Size(Snapshot(account), account)!;
            return sizing.SeizeValue[0].DivideDown(AccountHealth.DebtValue(sizing.Repay, 6)) - Wad.One;
        }

        Assert.InRange(Bonus(alone).ToDouble(), 0.0099, 0.0102);
        Assert.InRange(Bonus(backed).ToDouble(), 0.0499, 0.0501);
    }

    [Fact]
    public void HealthGuard_RequirementCreditAndCapacityElsewhere_Count()
    {
        var account = Account(1, 0, 10) with { Options = new OptionSnapshot(1, Fraction(25_000), Fraction(25_000), Fraction(-5_000), 0, "") };

        AssertRefused(RefusalCode.OptionRiskDominates, "requirement of 25000", Snapshot(account));
        AssertRefused(RefusalCode.Healthy, "requirement 25000", Snapshot(account with { Credit = Stable(2_000) }));
        AssertRefused(RefusalCode.Healthy, "requirement 25000", Snapshot(account with { Remote = new RemoteSnapshot(Wad.Zero, Fraction(2_000), Fraction(2_500)) }));
        AssertRefused(
            RefusalCode.Healthy, "requirement 25000", Snapshot(account with { Options = account.Options with { PendingClaims = Stable(2_000) } }));
    }

    [Fact]
    public void PriceGuard_UnheldAssetWithoutPrice_DoesNotStandInTheWay()
    {
        var snapshot = Snapshot(Unhealthy).WithAsset(1, asset => asset with { PriceStatus = PriceStatus.FeedReverted, Price = default });

        var liquidate = Assert.IsType<Liquidate>(Acted(snapshot).Action);

        Assert.True(liquidate.MinSeized[0].Sign > 0);
        Assert.True(liquidate.MinSeized[1].IsZero);
    }

    [Fact]
    public void FactorGuard_SilentOracle_TakesTheStricterOfLastAndFallback()
    {
        var snapshot = Snapshot(Unhealthy);
        var silent = snapshot with { Report = snapshot.Report with { HeartbeatSeconds = (uint)(Now - LastReportAt) - 1 } };
        AssertRefused(RefusalCode.FactorsDiverge, "WETH: the chain has", silent);

        var factors = silent.Assets.Select(asset => SnapshotValuation.RecomputeFactors(asset, silent.Report, Now)).ToList();
        Assert.All(silent.Assets.Zip(factors), pair =>
        {
            Assert.Equal(pair.First.LiquidationThreshold, pair.Second.LiquidationThreshold);
            Assert.True(pair.Second.BorrowFactor < pair.First.BorrowFactor);
        });
        Acted(silent with { Assets = [.. silent.Assets.Zip(factors, (asset, pair) => asset with { BorrowFactor = pair.BorrowFactor })] });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void FactorGuard_ThresholdOrBorrowFactorBeyondTheTolerance_Refuses(int direction)
    {
        var snapshot = Snapshot(Unhealthy);
        var asset = snapshot.Assets[1]; // not held, and yet: one of the two implementations is wrong
        var threshold = Allowed(asset.LiquidationThreshold) + new Wad(1);
        var borrow = Allowed(asset.BorrowFactor) + new Wad(1);

        AssertRefused(RefusalCode.FactorsDiverge, "WBTC: the chain has LT 0.77", snapshot with
        {
            Assets = snapshot.Assets.SetItem(1, asset with { LiquidationThreshold = Moved(asset.LiquidationThreshold, threshold, direction) }),
        });
        AssertRefused(RefusalCode.FactorsDiverge, $"and {asset.BorrowFactor}", snapshot with
        {
            Assets = snapshot.Assets.SetItem(1, asset with { BorrowFactor = Moved(asset.BorrowFactor, borrow, direction) }),
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void FactorGuard_ExactlyTheTolerance_Passes(int direction)
    {
        var snapshot = Snapshot(Unhealthy);
        var asset = snapshot.Assets[1];
        var moved = asset with
        {
            LiquidationThreshold = Moved(asset.LiquidationThreshold, Allowed(asset.LiquidationThreshold), direction),
            BorrowFactor = Moved(asset.BorrowFactor, Allowed(asset.BorrowFactor), direction),
        };

        Acted(snapshot with { Assets = snapshot.Assets.SetItem(1, moved) });
    }

    [Fact]
    public void HealthGuard_DebtOfExactlyTheCapacity_RefusesAndOneUnitMoreActs()
    {
        var snapshot = Snapshot(Unhealthy);
        var capacity = SnapshotValuation.Value(snapshot, Unhealthy).LiquidationCapacity;
        var most = capacity.Raw / System.Numerics.BigInteger.Pow(10, 12);

        AssertRefused(
            RefusalCode.Healthy,
            $"(capacity {capacity}, debt {AccountHealth.DebtValue(most, 6)})",
            Snapshot(Unhealthy with { DebtShares = most }),
            Settings with { MinimumBonusValue = Wad.Zero });
        Acted(Snapshot(Unhealthy with { DebtShares = most + 1 }), Settings with { MinimumBonusValue = Wad.Zero });
    }

    [Fact]
    public void HealthGuard_UnderTheAlertLevel_IsToldOfAndAtItIsHealthy()
    {
        var account = Account(1, 20_000, 10);
        var health = SnapshotValuation.Value(Snapshot(account), account).Health!.Value;
        AssertRefused(RefusalCode.Healthy, "is at least 1", Snapshot(account), Settings with { AlertHealth = health });
        AssertRefused(
            RefusalCode.NearLiquidation, $"health {health} is under the alert level", Snapshot(account), Settings with { AlertHealth = new Wad(health.Raw + 1) });
        Acted(Snapshot(Unhealthy), Settings with { AlertHealth = Fraction(2) });
    }

    [Fact]
    public void QuarantineGuard_NotYetOver_Refuses() => AssertRefused(
        RefusalCode.Quarantined, "set aside for 1 s more after 3 failures, the last: no gas", Snapshot(Unhealthy), lane: Failed(Now + 1));

    [Theory]
    [InlineData("RuleBudgetExhausted(account 0x1, pastHealth 2, repay 3, available 1)", RefusalCode.RuleBudgetExhausted)]
    [InlineData("VolumeCapReached(account 0x1, repay 3, available 1)", RefusalCode.VolumeCapReached)]
    [InlineData("OptionRiskDominates(account 0x1, health 1)", RefusalCode.OptionRiskDominates)]
    [InlineData("NothingSeizable(account 0x1)", RefusalCode.NothingSeizable)]
    public void QuarantineGuard_LimitOfTheVault_RefusesAtOnceUnderItsName(string detail, RefusalCode code)
    {
        var failed = new IntentSettled(Anvil, "liquidate", Unhealthy.Account, SettlementOutcome.SimulationReverted, detail, Now);
        var lane = LaneState.Empty.Settle(failed, Settings);

        AssertRefused(code, $"the vault refuses for now, asked again in 600 s: {detail}", Snapshot(Unhealthy), lane: lane);
        Acted(Snapshot(Unhealthy), lane: LaneState.Empty.Settle(failed with { Detail = "AccountHealthy(account 0x1, health 1)" }, Settings));
    }

    [Fact]
    public void QuarantineGuard_Over_Passes() => Acted(Snapshot(Unhealthy), lane: Failed(Now));

    [Fact]
    public void InFlightGuard_SamePurpose_Refuses() => AssertRefused(
        RefusalCode.AlreadyInFlight, $"liquidate/{Snapshots.MarketName}/{Unhealthy.Account}/0 is under way", Snapshot(Unhealthy), lane: InFlight($"liquidate/{Snapshots.MarketName}/{Unhealthy.Account}/0"));

    [Fact]
    public void InFlightGuard_EarlierLiquidationOfTheAccount_Passes() =>
        Acted(Snapshot(Unhealthy with { Liquidations = 1 }), lane: InFlight($"liquidate/{Snapshots.MarketName}/{Unhealthy.Account}/0"));

    [Fact]
    public void StableGuard_BalanceOrAllowanceOneUnitShort_RefusesAndExactlyEnoughActs()
    {
        var snapshot = Snapshot(Unhealthy);
        var needed = Assert.IsType<Liquidate>(Acted(snapshot).Action).MaxRepay;
        var short1 = new TokenAmount(needed - 1, 6);

        AssertRefused(
            RefusalCode.StableTooLow,
            $"needs up to {new TokenAmount(needed, 6)} stable, has {short1} left (balance {short1}, allowance",
            snapshot with { Keeper = snapshot.Keeper with { Stable = needed - 1 } });
        AssertRefused(
            RefusalCode.StableTooLow, $"allowance {short1})", snapshot with { Keeper = snapshot.Keeper with { Allowance = needed - 1 } });
        Acted(snapshot with { Keeper = snapshot.Keeper with { Stable = needed, Allowance = needed } });
    }

    [Fact]
    public void BonusGuard_OneWeiUnderTheLeast_RefusesAndExactlyTheLeastActs()
    {
        var sizing = SnapshotValuation.Size(Snapshot(Unhealthy), Unhealthy)!;
        var seized = sizing.SeizeValue[0];
        var bonus = seized - AccountHealth.DebtValue(sizing.Repay, 6);
        var least = bonus + new Wad(1);

        AssertRefused(
            RefusalCode.BonusTooSmall,
            $"receives {seized}: a bonus of {bonus}, under the least of {least}",
            Snapshot(Unhealthy),
            Settings with { MinimumBonusValue = least });
        Acted(Snapshot(Unhealthy), Settings with { MinimumBonusValue = bonus });
    }

    [Fact]
    public void BonusGuard_CollateralDoesNotCoverTheDebt_IsClosedForWhatThatIsWorthAlone()
    {
        var lost = Snapshot(Account(1, debt: 40_000, weth: 10));

        AssertRefused(RefusalCode.BonusTooSmall, "(Keeper:ClosingWorth is 0)", lost, Settings with { MinimumBonusValue = Wad.Zero });
        Assert.Equal(Fraction(20), Acted(lost, Settings with { ClosingWorth = Fraction(20), MinimumBonusValue = Fraction(1_000) }).Worth);
    }

    [Fact]
    public void ModeGuard_Observing_RefusesWithTheHealth() => AssertRefused(
        RefusalCode.ObserveOnly, "is under 1, but Mode is observe", Snapshot(Unhealthy), Settings with { Mode = KeeperMode.Observe });

    [Theory]
    [InlineData(KeeperMode.Shadow)]
    [InlineData(KeeperMode.Active)]
    public void ModeGuard_ShadowOrActive_Passes(KeeperMode mode) => Acted(Snapshot(Unhealthy), Settings with { Mode = mode });

    [Fact]
    public void Guards_SeveralReasons_TheFirstInOrderIsTheDecision()
    {
        var observing = Settings with { Mode = KeeperMode.Observe };
        var poor = Snapshot(Unhealthy);
        poor = poor with { Keeper = poor.Keeper with { Stable = 0 } };

        AssertRefused(RefusalCode.StableTooLow, "has 0 left", poor);
        AssertRefused(RefusalCode.ObserveOnly, "Mode is observe", poor, observing);
        AssertRefused(RefusalCode.AlreadyInFlight, "under way", poor, observing, InFlight($"liquidate/{Snapshots.MarketName}/{Unhealthy.Account}/0"));
        AssertRefused(
            RefusalCode.Quarantined, "set aside", poor, observing, Failed(Now + 1) with { InFlight = [$"liquidate/{Snapshots.MarketName}/{Unhealthy.Account}/0"] });
        AssertRefused(RefusalCode.NoDebt, "owes nothing", Snapshot(Account(1, 0, 10)).WithAsset(0, asset => asset with { PriceStatus = PriceStatus.Stale }));
    }

    private static LaneState Failed(ulong until) =>
        LaneState.Empty with { Failures = LaneState.Empty.Failures.Add(Unhealthy.Account, new FailureRecord(3, until, "no gas")) };

    private static LaneState InFlight(string purpose) => LaneState.Empty with { InFlight = LaneState.Empty.InFlight.Add(purpose) };

    private static Wad Allowed(Wad factor) => factor.MultiplyDown(Wad.FromDoubleUp(Settings.FactorTolerance));

    private static Wad Moved(Wad value, Wad by, int direction) => direction > 0 ? value + by : value - by;

    private static void AssertRefused(
        RefusalCode code, string fragment, ChainSnapshot snapshot, KeeperSettings? settings = null, LaneState? lane = null)
    {
        var decision = Assert.Single(LiquidationJob.Decide(settings ?? Settings, lane ?? LaneState.Empty, snapshot));
        var refusal = Assert.IsType<Refuse>(decision.Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(fragment, refusal.Detail, StringComparison.Ordinal);
    }

    private static Act Acted(ChainSnapshot snapshot, KeeperSettings? settings = null, LaneState? lane = null) =>
        Assert.IsType<Act>(Assert.Single(LiquidationJob.Decide(settings ?? Settings, lane ?? LaneState.Empty, snapshot)).Verdict);
}
