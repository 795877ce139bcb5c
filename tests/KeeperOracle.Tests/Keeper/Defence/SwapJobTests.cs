using System.Collections.Immutable;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Defence.Swaps;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Defence.SwapMarket;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

public sealed class SwapJobTests
{
    private static readonly string Family = $"swap/{MarketName}/{Low.Account}/";
    private static readonly KeeperSettings Paid = Settings with { SwapWorth = Fraction(10) };

    [Fact]
    public void Decide_NobodyHasAMandate_SaysNothing() => Assert.Empty(Decide(Snapshot(Account(1, 22_000, 10))));

    [Fact]
    public void Decide_HealthUnderTheTrigger_SwapsWithinTheDeadlineForWhatItIsWorth()
    {
        var decision = Assert.Single(Decide(Market(Low, StablePool())));
        var act = Assert.IsType<Act>(decision.Verdict);
        var swap = Assert.IsType<SwapCollateral>(act.Action);

        Assert.Equal((Subject.Swap(Low.Account), $"{Family}100"), (decision.Subject, act.Purpose));
        Assert.Equal((Low.Account, Weth, Snapshot().Market.Stable, 500U, Now + 120), (swap.Account, swap.TokenIn, swap.TokenOut, swap.FeeMillionths, swap.Deadline));
        Assert.Equal(Fraction(10), act.Worth);
        Assert.InRange(decision.BreachProbability!.Value, 0.1, 0.9);
        Assert.Contains(" WETH for ", act.Reason, StringComparison.Ordinal);
        Assert.Contains(" stable, ", act.Reason, StringComparison.Ordinal);
        Assert.Equal(Fraction(15), Assert.IsType<Act>(Decide(Market(With(mandate => mandate with { Tip = Stable(5) }), StablePool()))[0].Verdict).Worth);
    }

    [Fact]
    public void Decide_HealthAtTheTrigger_ActsAndOneOverItDoesNot()
    {
        var health = SnapshotValuation.Value(Snapshot(Low), Low).Health!.Value;
        Acted(Market(With(mandate => mandate with { TriggerHealth = health }), StablePool()));
        var over = Market(With(mandate => mandate with { TriggerHealth = new Wad(health.Raw - 1) }), StablePool());
        AssertRefused(RefusalCode.HealthOverTrigger, $"health {health} is over the trigger", over);
        Assert.Empty(SwapJob.Decide(Paid, LaneState.Empty, over, over.Accounts, isWhole: false));
    }

    [Fact]
    public void Decide_OneSecondPastItsExpiry_Refuses()
    {
        Acted(Market(With(mandate => mandate with { Expiry = Now }), StablePool()));
        AssertRefused(RefusalCode.MandateExpired, "ended 1 s ago", Market(With(mandate => mandate with { Expiry = Now - 1 }), StablePool()));
    }

    [Fact]
    public void Decide_OwesNothingOrCannotBeValued_Refuses()
    {
        AssertRefused(RefusalCode.NoDebt, "owes nothing", Market(Low with { DebtShares = 0 }, StablePool()));
        AssertRefused(RefusalCode.OptionsUnvalued, "no price", Market(Low with { Options = OptionSnapshot.None with { Problem = "no price" } }, StablePool()));
    }

    [Fact]
    public void Decide_UnderMaintenance_IsLeftToLiquidation()
    {
        var under = Low with { DebtShares = Stable(24_000) };
        AssertRefused(RefusalCode.SwapUnderMaintenance, "is under 1", Market(under, StablePool()));
        var step = KeeperStep.Step(KeeperState.Start(new Started(Paid, [])), new ChainObserved(Market(under, StablePool())));
        Assert.IsType<Liquidate>(Assert.IsType<Act>(step.Decisions.Single(decision => decision.Subject == under.Account.ToString()).Verdict).Action);
    }

    [Fact]
    public void Decide_FactorsDiverge_NobodyPaysForIt()
    {
        var market = Market(Low, StablePool());
        var wrong = market with { Assets = market.Assets.SetItem(0, market.Assets[0] with { LiquidationThreshold = market.Assets[0].LiquidationThreshold - Fraction(0.001m) }) };
        AssertRefused(RefusalCode.FactorsDiverge, "WETH", wrong);
    }

    [Fact]
    public void Decide_ASwapOfTheAccountUnderWay_Refuses()
    {
        AssertRefused(RefusalCode.AlreadyInFlight, "99 is under way", Market(Low, StablePool()), Paid, LaneState.Empty with { InFlight = [$"{Family}99"] });
        Acted(Market(Low, StablePool()), LaneState.Empty with { InFlight = [$"swap/{MarketName}/{Number(2, 32)}/99"] });
    }

    [Fact]
    public void Decide_ATopUpOfTheAccountUnderWay_GoesFirst()
    {
        var both = Low with { TopUps = [new TopUpSnapshot(0, default, Weth, Fraction(1.05m), Fraction(1.1m), 3_600, Expiry, Stable(5_000))] };
        var lane = LaneState.Empty with { InFlight = [$"topup/{MarketName}/{Low.Account}/0/99"] };
        AssertRefused(RefusalCode.TopUpUnderWay, "goes first", Market(both, StablePool()), Paid, lane);
        Acted(Market(both, StablePool()), LaneState.Empty);
    }

    [Fact]
    public void Decide_TheVaultRefused_SetsTheMandateAsideForItsTime()
    {
        var refused = Failed("SwapLossBudgetExhausted(account 0x1, lost 5, available 4)");
        var lane = LaneState.Empty.Settle(refused, Paid);

        AssertRefused(RefusalCode.SwapRefused, "asked again in 600 s: SwapLossBudgetExhausted", Market(Low, StablePool()), Paid, lane);
        Acted(Market(Low, StablePool()), LaneState.Empty.Settle(refused with { ChainTime = Now - 600 }, Paid));
        Acted(Market(Low, StablePool()), lane.Settle(refused with { Outcome = SettlementOutcome.Included }, Paid));
        Assert.Empty(lane.Failures);
    }

    [Theory]
    [InlineData("SwapNotDue(account 0x1, health 2, triggerHealth 1)")]
    [InlineData("SwapTooLarge(account 0x1, amountIn 2, limit 1)")]
    [InlineData("AccountUnderMaintenance(account 0x1, health 0)")]
    [InlineData("DeadlinePassed(deadline 1, currentTime 2)")]
    [InlineData("CollateralTooSmall(account 0x1, token 0x2, balance 1, requested 2)")]
    public void Decide_TheMarketWentOn_IsDecidedAnewAtOnce(string detail)
    {
        var lane = LaneState.Empty.Settle(Failed(detail), Paid);
        Acted(Market(Low, StablePool()), lane);
        Assert.Empty(lane.DefenceFailures);
    }

    /// <summary>Two keepers sent the same swap; the other's came first in the block.</summary>
    [Theory]
    [InlineData("SwapNotDue(account 0x1, health 2, triggerHealth 1), reverted in block 7", false)]
    [InlineData("CollateralTooSmall(account 0x1, token 0x2, balance 1, requested 2), reverted in block 7", false)]
    [InlineData("SwapTooLarge(account 0x1, amountIn 2, limit 1), reverted in block 7", true)]
    [InlineData("block 7", true)]
    public void Decide_RevertedInABlock_IsSetAsideUnlessAnotherKeeperWasFirst(string detail, bool isSetAside)
    {
        var lane = LaneState.Empty.Settle(Failed(detail) with { Outcome = SettlementOutcome.Reverted }, Paid);
        Assert.Equal(isSetAside, !lane.DefenceFailures.IsEmpty);
        if (isSetAside)
        {
            AssertRefused(RefusalCode.SwapRefused, "asked again in 600 s", Market(Low, StablePool()), Paid, lane);
        }
        else
        {
            Acted(Market(Low, StablePool()), lane);
        }
    }

    [Theory]
    [InlineData("OutputTooSmall(tokenOut 0x1, amountOut 2, minimum 3)")]
    [InlineData("SwapUnderOracle(account 0x1, valueOut 2, least 3)")]
    public void Decide_ThePoolGaveLessThanQuoted_IsSetAsideWhereItGoesOnDoingSo(string detail)
    {
        var lane = LaneState.Empty.Settle(Failed(detail), Paid).Settle(Failed(detail), Paid);
        Acted(Market(Low, StablePool()), lane);
        AssertRefused(RefusalCode.SwapRefused, "asked again in 600 s", Market(Low, StablePool()), Paid, lane.Settle(Failed(detail), Paid));
    }

    [Fact]
    public void Decide_NoPoolOrNoPrice_RefusesByName()
    {
        AssertRefused(RefusalCode.SwapPoolMissing, "none of the 0 pools", Market(Low));
        AssertRefused(RefusalCode.SwapPoolMissing, "none of the 1 pools", Market(Low, WbtcPool()));
        var mixed = Account(1, 22_500, 0, 0.5m) with { SwapMandate = Mandate() with { AllowedIn = 2 } };
        var unpriced = Market(mixed, WbtcPool()).WithAsset(1, asset => asset with { PriceStatus = PriceStatus.Stale, MaxPrice = asset.Price });
        AssertRefused(RefusalCode.PriceUnavailable, "WBTC has no usable price", unpriced);
    }

    [Fact]
    public void Decide_ThePoolIsTooShallowTooDearOrTheAccountTooSmall_RefusesByTheLimitThatComesFirst()
    {
        AssertRefused(RefusalCode.SwapSlippageTooHigh, "the limit of 0.01 under the oracle's price", Market(Low, StablePool(weth: 100)));
        AssertRefused(RefusalCode.SwapSlippageTooHigh, "the limit of 0.01", Market(Low, StablePool(price: 2_960)));
        AssertRefused(RefusalCode.SwapLossTooHigh, "half of 0.0001 of its equity", Market(With(mandate => mandate with { LossBudget = Fraction(0.0001m) }), StablePool()));
        AssertRefused(RefusalCode.SwapCollateralTooSmall, "what the account holds", Market(Account(1, 22_500, 1, 0.45m) with { SwapMandate = Mandate() }, StablePool()));
        Acted(Market(Low, StablePool(weth: 10_000)));
    }

    [Fact]
    public void Decide_HealthWouldNotImprove_Refuses()
    {
        var market = Market(Low with { SwapMandate = Mandate(ForWbtc) }, WbtcPool()).WithAsset(1, asset => asset with { Attested = Attested(1.5m) });
        AssertRefused(RefusalCode.SwapWouldNotImprove, "even the first unit lowers health", market);
    }

    [Fact]
    public void Decide_ObservingOrUnpaid_RefusesByName()
    {
        AssertRefused(RefusalCode.ObserveOnly, "Mode is observe", Market(Low, StablePool()), Paid with { Mode = KeeperMode.Observe });
        AssertRefused(RefusalCode.SwapLeftToOthers, "SwapWorth is 0", Market(Low, StablePool()), Paid with { SwapWorth = Wad.Zero });
        Assert.IsType<Act>(Assert.Single(Decide(Market(With(mandate => mandate with { Tip = Stable(1) }), StablePool()), Paid with { SwapWorth = Wad.Zero })).Verdict);
    }

    [Fact]
    public void Step_Rungs_TopUpBeforeSwapBeforeLiquidation()
    {
        var both = Low with { TopUps = [new TopUpSnapshot(0, default, Weth, Fraction(1.05m), Fraction(1.1m), 3_600, Expiry, Stable(5_000))] };
        var begun = KeeperStep.Step(KeeperState.Start(new Started(Paid, [])), new ChainObserved(Market(both, StablePool())));
        Assert.IsType<TopUp>(Assert.IsType<Act>(begun.Decisions[0].Verdict).Action);
        Assert.Equal(RefusalCode.TopUpUnderWay, Assert.IsType<Refuse>(begun.Decisions[1].Verdict).Refusal.Code);

        // The top-up comes to nothing: the swap goes in the same step.
        var topUp = new IntentSettled(Anvil, $"topup/{MarketName}/{Low.Account}/0/100", Low.Account, SettlementOutcome.SimulationReverted, "TopUpNothingToMove(account 0x1, needed 5, available 0, held 0)", Now);
        var swapped = KeeperStep.Step(begun.State, topUp);
        Assert.IsType<SwapCollateral>(Assert.IsType<Act>(swapped.Decisions[0].Verdict).Action);

        // The price falls on while it is under way: liquidation waits for it, and goes where it too comes to nothing.
        var fallen = Market(both, StablePool()).WithAsset(0, asset => asset with { Price = new Price(Fraction(2_700)) });
        fallen = fallen with { Block = new BlockRef(101, Number(101, 32), Number(100, 32), Now) };
        var lane = swapped.State.Lane(Anvil) with { DefenceFailures = swapped.State.Lane(Anvil).DefenceFailures };
        var waiting = KeeperStep.Step(swapped.State.With(Anvil, lane), new ChainObserved(fallen));
        var refusal = Assert.IsType<Refuse>(waiting.Decisions.Single(decision => decision.Subject == both.Account.ToString()).Verdict).Refusal;
        Assert.Equal((RefusalCode.SwapUnderWay, $"{Family}100 is under way"), (refusal.Code, refusal.Detail));
        var after = KeeperStep.Step(waiting.State, Failed("AccountUnderMaintenance(account 0x1, health 0)") with { Purpose = $"{Family}100" });
        Assert.IsType<Liquidate>(Assert.IsType<Act>(after.Decisions.Single(decision => decision.Subject == both.Account.ToString()).Verdict).Action);
    }

    [Fact]
    public void Step_RestartedWithASwapOpen_DoesNotSwapAgain()
    {
        var begun = KeeperStep.Step(KeeperState.Start(new Started(Paid, [new OpenIntent(Anvil, $"{Family}98")])), new ChainObserved(Market(Low, StablePool())));
        Assert.Equal(RefusalCode.AlreadyInFlight, Assert.IsType<Refuse>(begun.Decisions[0].Verdict).Refusal.Code);
    }

    [Fact]
    public void Step_DecisionsAndDifference_AreTheSameAfterTheyWereText()
    {
        var observed = new ChainObserved(Market(With(mandate => mandate with { Tip = 7 }), StablePool(), WbtcPool()));
        var again = Assert.IsType<ChainObserved>(KeeperJson.ReadEvent(KeeperJson.Write(observed)));
        Assert.Equal(observed.Snapshot.SwapPools.AsEnumerable(), again.Snapshot.SwapPools);
        Assert.True(observed.Snapshot.Accounts[0].IsSameAs(again.Snapshot.Accounts[0]));
        Assert.False(Low.IsSameAs(Low with { SwapMandate = Mandate() with { Tip = 8 } }));
        var decisions = KeeperStep.Step(KeeperState.Start(new Started(Paid, [])), observed).Decisions;
        Assert.Equal(decisions, KeeperJson.ReadDecisions(KeeperJson.Write(decisions)));

        var next = observed.Snapshot with { Block = new BlockRef(101, Number(101, 32), Number(100, 32), Now + 12), SwapPools = [StablePool(5_000)] };
        var advanced = Assert.IsType<ChainAdvanced>(KeeperJson.ReadEvent(KeeperJson.Write(ChainAdvanced.Between(observed.Snapshot, next))));
        Assert.Equal(next.SwapPools.AsEnumerable(), advanced.ApplyTo(observed.Snapshot).SwapPools);
    }

    private static AccountSnapshot With(Func<SwapMandateSnapshot, SwapMandateSnapshot> change) => Low with { SwapMandate = change(Mandate()) };

    private static IntentSettled Failed(string detail) => new(Anvil, $"{Family}99", Low.Account, SettlementOutcome.SimulationReverted, detail, Now);

    private static ImmutableArray<Decision> Decide(ChainSnapshot snapshot, KeeperSettings? settings = null, LaneState? lane = null) =>
        SwapJob.Decide(settings ?? Paid, lane ?? LaneState.Empty, snapshot, snapshot.Accounts, isWhole: true);

    private static void Acted(ChainSnapshot snapshot, LaneState? lane = null) => Assert.IsType<Act>(Assert.Single(Decide(snapshot, Paid, lane)).Verdict);

    private static void AssertRefused(RefusalCode code, string detail, ChainSnapshot snapshot, KeeperSettings? settings = null, LaneState? lane = null)
    {
        var refusal = Assert.IsType<Refuse>(Assert.Single(Decide(snapshot, settings, lane)).Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(detail, refusal.Detail, StringComparison.Ordinal);
    }
}
