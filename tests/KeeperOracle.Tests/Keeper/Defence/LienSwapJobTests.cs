using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Defence.LienSwaps;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Defence.LienSwapMarket;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

public sealed class LienSwapJobTests
{
    private static readonly string Family = $"lienswap/{MarketName}/{Low.Account}/{Giving}/";
    private static readonly KeeperSettings Paid = Settings with { SwapWorth = Fraction(10) };

    [Fact]
    public void Decide_NobodyHasAMandate_SaysNothing() => Assert.Empty(Decide(Snapshot(Account(1, 22_000, 10))));

    [Fact]
    public void Decide_HealthUnderTheTrigger_AsksForTheLeastThatRestoresTheTargetUnderTheNextOrdersPurpose()
    {
        var decision = Assert.Single(Decide(Snapshot(Low)));
        var act = Assert.IsType<Act>(decision.Verdict);
        var swap = Assert.IsType<RequestLienSwap>(act.Action);
        var plan = LienSwapSizing.Size(Snapshot(Low), Low, Mandate);

        Assert.Equal((Subject.LienSwap(Low.Account, Giving), $"{Family}5"), (decision.Subject, act.Purpose));
        Assert.Equal((Low.Account, Giving, plan.Units, Now + 120), (swap.Account, swap.Lien, swap.Units, swap.Deadline));
        Assert.Equal(LienSwapAnswer.Restores, plan.Answer);
        Assert.Equal(Fraction(10), act.Worth);
        Assert.Contains($"against at least {new TokenAmount(plan.MinOut, 8)} WBTC", act.Reason, StringComparison.Ordinal);
        Assert.Contains("which restores 1.08", act.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_HealthAtTheTrigger_RefusesAndJustUnderItActs()
    {
        var health = LienSwapSizing.HealthOf(SnapshotValuation.Value(Snapshot(Low), Low));
        var at = Snapshot(With(mandate => mandate with { TriggerHealth = health }));
        AssertRefused(RefusalCode.HealthOverTrigger, $"health {health} is not under the trigger", at);
        Assert.Empty(LienSwapJob.Decide(Paid, LaneState.Empty, at, at.Accounts, isWhole: false).Decisions);
        Acted(Snapshot(With(mandate => mandate with { TriggerHealth = new Wad(health.Raw + 1) })));
    }

    [Fact]
    public void Decide_OneSecondPastItsExpiry_Refuses()
    {
        Acted(Snapshot(With(mandate => mandate with { Expiry = Now })));
        AssertRefused(RefusalCode.MandateExpired, "ended 1 s ago", Snapshot(With(mandate => mandate with { Expiry = Now - 1 })));
    }

    [Fact]
    public void Decide_OwesNothingOrCannotBeValued_Refuses()
    {
        AssertRefused(RefusalCode.NoDebt, "owes nothing", Snapshot(Low with { DebtShares = 0 }));
        AssertRefused(RefusalCode.OptionsUnvalued, "no price", Snapshot(Low with { Options = OptionSnapshot.None with { Problem = "no price" } }));
    }

    [Fact]
    public void Decide_UnderMaintenance_IsLeftToLiquidation() =>
        AssertRefused(RefusalCode.SwapUnderMaintenance, "belongs to liquidation", Snapshot(Secured(27_000, Mandate)));

    [Fact]
    public void Decide_FactorsDiverge_NobodyPaysForIt()
    {
        var market = Snapshot(Low);
        var wrong = market with { Assets = market.Assets.SetItem(0, market.Assets[0] with { LiquidationThreshold = market.Assets[0].LiquidationThreshold - Fraction(0.001m) }) };
        AssertRefused(RefusalCode.FactorsDiverge, "WETH", wrong);
    }

    [Fact]
    public void Decide_AnOrderOfTheLienWaits_IsToldOnceForEachOrder()
    {
        var waiting = Snapshot(With(mandate => mandate with { In = mandate.In with { LastCounter = 5, SwapCounter = 5 }, Out = mandate.Out with { Incoming = 1 } }));
        AssertRefused(RefusalCode.LienSwapWaiting, $"order 5 of lien {Giving} has not ended (the last that did is 4)", waiting);

        var state = Next(KeeperState.Start(new Started(Paid, [])), waiting, out var first);
        Assert.Single(first, IsWaiting);
        for (var block = 101; block < 104; block++)
        {
            state = Later(state, block, out var again);
            Assert.DoesNotContain(again, IsWaiting);
        }

        var another = waiting.Accounts[0] with { LienSwaps = [waiting.Accounts[0].LienSwaps[0] with { In = waiting.Accounts[0].LienSwaps[0].In with { EndedCounter = 5, LastCounter = 6 } }] };
        state = Later(state, 104, out var other, another);
        Assert.Single(other, IsWaiting);
        Later(state, 105, out var ended, Low);
        Assert.Equal($"{Family}5", ended.Select(decision => decision.Verdict).OfType<Act>().Single().Purpose);
    }

    [Fact]
    public void Decide_ASwapChangesTheLienItWouldFill_Waits() =>
        AssertRefused(RefusalCode.LienSwapWaiting, $"changes lien {Filled}, which this one would fill", Snapshot(With(mandate => mandate with { Out = mandate.Out with { Incoming = 1 } })));

    [Fact]
    public void Decide_AnotherRungUnderWay_GoesFirst()
    {
        var all = Low with
        {
            TopUps = [new TopUpSnapshot(0, default, Weth, Fraction(1.05m), Fraction(1.1m), 3_600, Expiry, Stable(5_000))],
            SwapMandate = SwapMarket.Mandate(),
        };
        AssertRefused(RefusalCode.AlreadyInFlight, $"{Family}5 is under way", Snapshot(all), Flying($"{Family}5"));
        AssertRefused(RefusalCode.AlreadyInFlight, "/9 is under way", Snapshot(all), Flying($"lienswap/{MarketName}/{Low.Account}/{Filled}/9"));
        AssertRefused(RefusalCode.TopUpUnderWay, "goes first", Snapshot(all), Flying($"topup/{MarketName}/{Low.Account}/0/99"));
        AssertRefused(RefusalCode.SwapUnderWay, "goes first", Snapshot(all), Flying($"swap/{MarketName}/{Low.Account}/99"));
        Acted(Snapshot(all), Flying($"swap/{MarketName}/{Number(2, 32)}/99"));
    }

    [Fact]
    public void Decide_TwoMandatesOfAnAccount_OneGoesFirst()
    {
        var back = Mandate with { Lien = Filled, LienOut = Giving, In = Mandate.In with { LastCounter = 7, EndedCounter = 7 } };
        var decided = Decide(Snapshot(Secured(25_000, Mandate, back)));

        Assert.Equal($"{Family}5", Assert.IsType<Act>(decided[0].Verdict).Purpose);
        var refusal = Assert.IsType<Refuse>(decided[1].Verdict).Refusal;
        Assert.Equal((RefusalCode.LienSwapDecided, $"{Family}5 goes first"), (refusal.Code, refusal.Detail));
    }

    [Fact]
    public void Decide_TheHubRefused_SetsTheMandateAsideForItsTime()
    {
        var refused = Failed("LossBudgetExhausted(account 0x1, lost 5, available 4)");
        var lane = LaneState.Empty.Settle(refused, Paid);

        AssertRefused(RefusalCode.SwapRefused, "asked again in 600 s: LossBudgetExhausted", Snapshot(Low), lane);
        Acted(Snapshot(Low), LaneState.Empty.Settle(refused with { ChainTime = Now - 600 }, Paid));
        Acted(Snapshot(Low), lane.Settle(refused with { Outcome = SettlementOutcome.Included }, Paid));
        Assert.Empty(lane.Failures);
    }

    /// <summary>Another keeper was first, before the simulation or in the block, or the market went on.</summary>
    [Theory]
    [InlineData("TooManyPendingOrders(lienKey 0x1, pending 1, limit 1)", SettlementOutcome.SimulationReverted)]
    [InlineData("TooManyPendingOrders(lienKey 0x1, pending 1, limit 1), reverted in block 7", SettlementOutcome.Reverted)]
    [InlineData("SwapUnderWay(lienKey 0x1, counter 0, incoming 1), reverted in block 7", SettlementOutcome.Reverted)]
    [InlineData("LienSwapTooLarge(lienKey 0x1, healthAfter 2, targetHealth 1)", SettlementOutcome.SimulationReverted)]
    [InlineData("SwapNotDue(account 0x1, health 2, triggerHealth 1)", SettlementOutcome.SimulationReverted)]
    [InlineData("AccountUnderMaintenance(account 0x1, health 0)", SettlementOutcome.SimulationReverted)]
    [InlineData("DeadlinePassed: it is over", SettlementOutcome.NotSent)]
    public void Decide_Overtaken_IsNotSetAside(string detail, SettlementOutcome outcome)
    {
        var lane = LaneState.Empty.Settle(Failed(detail) with { Outcome = outcome }, Paid);
        Assert.Empty(lane.DefenceFailures);
        Acted(Snapshot(Low), lane);
    }

    [Fact]
    public void Decide_ALimitEndsTheSize_AsksForThatMuchAndUnderTheLeastRefuses()
    {
        var small = Acted(Snapshot(With(mandate => mandate with { Available = BigInteger.Pow(10, 18) })));
        Assert.InRange(((RequestLienSwap)small.Action).Units, 1, BigInteger.Pow(10, 18));
        Assert.Contains("all that the mandate's budget allows", small.Reason, StringComparison.Ordinal);
        AssertRefused(RefusalCode.LienSwapTooSmall, "the mandate's budget allows no more", Snapshot(With(mandate => mandate with { Available = mandate.LeastUnits - 1 })));
        AssertRefused(RefusalCode.LienSwapTooSmall, "the cap of the token that comes allows no more", Snapshot(With(mandate => mandate with { OutRoom = 1 })));
        AssertRefused(RefusalCode.LienSwapTooSmall, "the loss that is allowed at once", Snapshot(Low with { Remote = Low.Remote with { Value = Fraction(25_001) } }));
        var poor = Mandate with { In = Mandate.In with { Counted = Mandate.LeastUnits - 1 }, Out = Mandate.Out with { Counted = 49_000_000 } };
        AssertRefused(RefusalCode.LienSwapTooSmall, "what is counted allows no more", Snapshot(Secured(25_000, poor)));
    }

    [Fact]
    public void Decide_NothingIsWonOrLostElsewhere_RefusesByName()
    {
        AssertRefused(RefusalCode.SwapWouldNotImprove, "counts for no more than what goes", Snapshot(With(mandate => mandate with { Out = mandate.Out with { PastThreshold = Fraction(0.7m) } })));
        AssertRefused(RefusalCode.SwapInitialWouldFall, "for initial margin", Snapshot(With(mandate => mandate with { Out = mandate.Out with { BorrowFactor = Fraction(0.6m) } })));
        AssertRefused(RefusalCode.LienSwapMismatch, "not in the account's list", Snapshot(With(mandate => mandate with { Out = mandate.Out with { IsAttached = false } })));
        var unpriced = With(mandate => mandate with { Out = mandate.Out with { Price = new Price(Wad.Zero) } }) with { Remote = Low.Remote };
        AssertRefused(RefusalCode.PriceUnavailable, "WBTC has no usable price", Snapshot(unpriced));
    }

    [Fact]
    public void Decide_ObservingOrUnpaid_RefusesByName()
    {
        AssertRefused(RefusalCode.ObserveOnly, "Mode is observe", Snapshot(Low), settings: Paid with { Mode = KeeperMode.Observe });
        AssertRefused(RefusalCode.SwapLeftToOthers, "SwapWorth is 0", Snapshot(Low), settings: Paid with { SwapWorth = Wad.Zero });
    }

    [Fact]
    public void Step_Rungs_SwapBeforeLienSwapBeforeLiquidation()
    {
        var both = Secured(25_000, Mandate) with { SwapMandate = SwapMarket.Mandate() with { AllowedIn = 1 }, Collateral = [BigInteger.Pow(10, 18), 0], DebtShares = Stable(27_200) };
        var begun = KeeperStep.Step(KeeperState.Start(new Started(Paid, [])), new ChainObserved(SwapMarket.Market(both, SwapMarket.StablePool())));
        Assert.IsType<Act>(begun.Decisions.Single(decision => decision.Subject == Subject.Swap(both.Account)).Verdict);
        Assert.Equal(RefusalCode.SwapUnderWay, RefusalOf(begun, Subject.LienSwap(both.Account, Giving)).Code);

        // The swap in the vault comes to nothing: the one under the lien goes in the same step.
        var swap = new IntentSettled(Anvil, $"swap/{MarketName}/{both.Account}/100", both.Account, SettlementOutcome.SimulationReverted, "SwapLossBudgetExhausted(account 0x1, lost 5, available 4)", Now);
        var asked = KeeperStep.Step(begun.State, swap);
        Assert.Equal($"{Family}5", Assert.IsType<Act>(asked.Decisions.Single(decision => decision.Subject == Subject.LienSwap(both.Account, Giving)).Verdict).Purpose);

        // The price falls on while the request is under way: liquidation waits for it, and goes where it too comes to nothing.
        var fallen = Snapshot(both with { DebtShares = Stable(30_000) }) with { Block = new BlockRef(101, Number(101, 32), Number(100, 32), Now) };
        var waiting = KeeperStep.Step(asked.State, new ChainObserved(fallen));
        Assert.Equal((RefusalCode.SwapUnderWay, $"{Family}5 is under way"), (RefusalOf(waiting, both.Account.ToString()).Code, RefusalOf(waiting, both.Account.ToString()).Detail));
        var after = KeeperStep.Step(waiting.State, Failed("AccountUnderMaintenance(account 0x1, health 0)") with { Purpose = $"{Family}5" });
        Assert.IsType<Liquidate>(Assert.IsType<Act>(after.Decisions.Single(decision => decision.Subject == both.Account.ToString()).Verdict).Action);
    }

    /// <summary>What was asked for waits on the other chain: it holds nothing up.</summary>
    [Fact]
    public void Step_AnOrderWaitsAndHealthFallsUnderOne_IsLiquidated()
    {
        var waiting = Mandate with { In = Mandate.In with { LastCounter = 5, SwapCounter = 5 } };
        var lien = new SeizableLien(Giving, Weth, Mandate.In.Counted, Mandate.In.Price, 18, Fraction(0.7m), Fraction(0.06m));
        var begun = KeeperStep.Step(KeeperState.Start(new Started(Paid, [])), new ChainObserved(Snapshot(Secured(27_000, waiting) with { Liens = [lien] })));
        Assert.IsType<LiquidateLien>(Assert.IsType<Act>(begun.Decisions.Single(decision => decision.Subject == Low.Account.ToString()).Verdict).Action);
    }

    [Fact]
    public void Step_RestartedWithARequestOpen_DoesNotAskAgain()
    {
        var begun = KeeperStep.Step(KeeperState.Start(new Started(Paid, [new OpenIntent(Anvil, $"{Family}5")])), new ChainObserved(Snapshot(Low)));
        Assert.Equal(RefusalCode.AlreadyInFlight, RefusalOf(begun, Subject.LienSwap(Low.Account, Giving)).Code);
    }

    [Fact]
    public void Step_DecisionsAndDifference_AreTheSameAfterTheyWereText()
    {
        var observed = new ChainObserved(Snapshot(Low));
        var again = Assert.IsType<ChainObserved>(KeeperJson.ReadEvent(KeeperJson.Write(observed)));
        Assert.True(observed.Snapshot.Accounts[0].IsSameAs(again.Snapshot.Accounts[0]));
        Assert.False(Low.IsSameAs(Low with { LienSwaps = [Mandate with { Available = 1 }] }));
        var decisions = KeeperStep.Step(KeeperState.Start(new Started(Paid, [])), observed).Decisions;
        Assert.Equal(decisions, KeeperJson.ReadDecisions(KeeperJson.Write(decisions)));

        var next = observed.Snapshot with { Block = new BlockRef(101, Number(101, 32), Number(100, 32), Now + 12), Accounts = [Low with { LienSwaps = [Mandate with { Available = 1 }] }] };
        var advanced = Assert.IsType<ChainAdvanced>(KeeperJson.ReadEvent(KeeperJson.Write(ChainAdvanced.Between(observed.Snapshot, next))));
        Assert.Equal(next.Accounts[0].LienSwaps.AsEnumerable(), advanced.ApplyTo(observed.Snapshot).Accounts[0].LienSwaps);
    }

    private static bool IsWaiting(Decision decision) => decision.Verdict is Refuse { Refusal.Code: RefusalCode.LienSwapWaiting };

    private static KeeperState Next(KeeperState state, ChainSnapshot snapshot, out ImmutableArray<Decision> decisions)
    {
        var step = KeeperStep.Step(state, new ChainObserved(snapshot));
        decisions = step.Decisions;
        return step.State;
    }

    /// <summary>A difference to the snapshot before.</summary>
    private static KeeperState Later(KeeperState state, int block, out ImmutableArray<Decision> decisions, AccountSnapshot? account = null)
    {
        var before = state.Lane(Anvil).Snapshot!;
        var next = before with { Block = new BlockRef((ulong)block, Number(block, 32), before.Block.Hash, Now), Accounts = [account ?? before.Accounts[0]] };
        var step = KeeperStep.Step(state, ChainAdvanced.Between(before, next));
        decisions = step.Decisions;
        return step.State;
    }

    private static LaneState Flying(string purpose) => LaneState.Empty with { InFlight = [purpose] };

    private static Refusal RefusalOf(StepResult step, string subject) => Assert.IsType<Refuse>(step.Decisions.Single(decision => decision.Subject == subject).Verdict).Refusal;

    private static IntentSettled Failed(string detail) => new(Anvil, $"{Family}5", Low.Account, SettlementOutcome.SimulationReverted, detail, Now);

    private static ImmutableArray<Decision> Decide(ChainSnapshot snapshot, KeeperSettings? settings = null, LaneState? lane = null) =>
        LienSwapJob.Decide(settings ?? Paid, lane ?? LaneState.Empty, snapshot, snapshot.Accounts, isWhole: true).Decisions;

    private static Act Acted(ChainSnapshot snapshot, LaneState? lane = null) => Assert.IsType<Act>(Assert.Single(Decide(snapshot, Paid, lane)).Verdict);

    private static void AssertRefused(RefusalCode code, string detail, ChainSnapshot snapshot, LaneState? lane = null, KeeperSettings? settings = null)
    {
        var refusal = Assert.IsType<Refuse>(Assert.Single(Decide(snapshot, settings, lane)).Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(detail, refusal.Detail, StringComparison.Ordinal);
    }
}
