using System.Collections.Immutable;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Defence;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

public sealed class TopUpJobTests
{
    private const ulong Expiry = Now + 1_000;

    /// <summary>Of health .96 something.</summary>
    private static readonly AccountSnapshot Low = Account(1, 23_800, 10) with { TopUps = [Mandate(0)] };

    private static readonly string Family = $"topup/{MarketName}/{Low.Account}/0/";

    [Fact]
    public void Decide_NobodyHasAStandingTopUp_SaysNothing() => Assert.Empty(Decide(Snapshot(Account(1, 23_800, 10))));

    [Fact]
    public void Decide_HealthUnderTheTrigger_ActsWithinTheDeadline()
    {
        var act = Acted(Decide(Snapshot(Low)));

        Assert.Equal($"{Family}100", act.Purpose);
        Assert.Equal(new TopUp(Low.Account, 0, Now + Settings.LiquidationDeadlineSeconds), act.Action);
        Assert.Equal(Settings.TopUpWorth, act.Worth);
        Assert.Contains("is under the trigger 1.05: add what restores 1.1", act.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_HealthAtTheTrigger_RefusesAndOneUnderItActs()
    {
        var health = SnapshotValuation.Value(Snapshot(Low), Low).Health!.Value;
        AssertRefused(RefusalCode.HealthOverTrigger, $"health {health} is at least the trigger {health}", Decide(Snapshot(Low with { TopUps = [Mandate(0) with { TriggerHealth = health }] })));
        Acted(Decide(Snapshot(Low with { TopUps = [Mandate(0) with { TriggerHealth = new Wad(health.Raw + 1) }] })));
    }

    [Fact]
    public void Decide_OverTheTriggerAfterADifference_IsNotToldOf()
    {
        var high = Snapshot(Account(1, 1_000, 10) with { TopUps = [Mandate(0)] });
        Assert.Empty(TopUpJob.Decide(Settings, LaneState.Empty, high, isWhole: false));
        Assert.Single(TopUpJob.Decide(Settings, LaneState.Empty, high, isWhole: true));
    }

    [Fact]
    public void Decide_OneSecondPastItsExpiry_Refuses()
    {
        Acted(Decide(Snapshot(Low with { TopUps = [Mandate(0) with { Expiry = Now }] })));
        AssertRefused(RefusalCode.MandateExpired, $"ended 1 s ago (chain time {Now - 1})", Decide(Snapshot(Low with { TopUps = [Mandate(0) with { Expiry = Now - 1 }] })));
    }

    [Fact]
    public void Decide_OwesNothingOrCannotBeValued_Refuses()
    {
        AssertRefused(RefusalCode.NoDebt, "owes nothing", Decide(Snapshot(Low with { DebtShares = 0 })));
        AssertRefused(RefusalCode.OptionsUnvalued, "no price", Decide(Snapshot(Low with { Options = OptionSnapshot.None with { Problem = "no price" } })));
    }

    [Fact]
    public void Decide_AnyTopUpOfTheAccountUnderWay_Refuses()
    {
        var underWay = LaneState.Empty with { InFlight = [$"topup/{MarketName}/{Low.Account}/3/99"] };
        AssertRefused(RefusalCode.AlreadyInFlight, "/3/99 is under way", Decide(Snapshot(Low), underWay));
        Acted(Decide(Snapshot(Low), LaneState.Empty with { InFlight = [$"topup/{MarketName}/{Number(2, 32)}/0/99"] }));
    }

    [Fact]
    public void Decide_TwoTopUps_TheSecondWaitsForTheFirst()
    {
        var decisions = Decide(Snapshot(Low with { TopUps = [Mandate(1), Mandate(2)] }));

        Assert.Equal([Subject.TopUp(Low.Account, 1), Subject.TopUp(Low.Account, 2)], decisions.Select(decision => decision.Subject));
        Assert.IsType<Act>(decisions[0].Verdict);
        Assert.Equal(RefusalCode.TopUpDecided, Assert.IsType<Refuse>(decisions[1].Verdict).Refusal.Code);
    }

    [Fact]
    public void Decide_TheVaultRefused_SetsThatTopUpAsideForItsTimeAndNotTheAccount()
    {
        var refused = new IntentSettled(Anvil, $"{Family}99", Low.Account, SettlementOutcome.SimulationReverted, "TopUpNothingToMove(account 0x1, needed 5, available 0, held 0)", Now);
        var lane = LaneState.Empty.Settle(refused, Settings);

        AssertRefused(RefusalCode.TopUpRefused, "asked again in 600 s: TopUpNothingToMove", Decide(Snapshot(Low), lane));
        Acted(Decide(Snapshot(Low with { TopUps = [Mandate(1)] }), lane));
        Acted(Decide(Snapshot(Low), LaneState.Empty.Settle(refused with { ChainTime = Now - 600 }, Settings)));
        Acted(Decide(Snapshot(Low), lane.Settle(refused with { Outcome = SettlementOutcome.Included }, Settings)));
        Acted(Decide(Snapshot(Low), LaneState.Empty.Settle(refused with { Detail = "TopUpNotDue(account 0x1, health 2, triggerHealth 1)" }, Settings)));
        Assert.Empty(lane.Failures);
    }

    [Fact]
    public void Decide_ObservingOrUnpaid_RefusesByName()
    {
        AssertRefused(RefusalCode.ObserveOnly, "Mode is observe", Decide(Snapshot(Low), settings: Settings with { Mode = KeeperMode.Observe }));
        AssertRefused(RefusalCode.TopUpLeftToOthers, "TopUpWorth is 0", Decide(Snapshot(Low), settings: Settings with { TopUpWorth = Wad.Zero }));
    }

    [Fact]
    public void Step_TopUpDecided_LiquidationWaitsForItAndGoesOnWhereItComesToNothing()
    {
        var begun = KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), new ChainObserved(Snapshot(Low)));
        Assert.IsType<TopUp>(Assert.IsType<Act>(begun.Decisions[0].Verdict).Action);
        var waits = Assert.IsType<Refuse>(begun.Decisions[1].Verdict).Refusal;
        Assert.Equal((RefusalCode.TopUpUnderWay, $"{Family}100 is under way"), (waits.Code, waits.Detail));

        var nothing = new IntentSettled(Anvil, $"{Family}100", Low.Account, SettlementOutcome.SimulationReverted, "TopUpNothingToMove(account 0x1, needed 5, available 0, held 0)", Now);
        var after = KeeperStep.Step(begun.State, nothing);
        Assert.IsType<Liquidate>(Assert.IsType<Act>(Assert.Single(after.Decisions).Verdict).Action);

        var made = KeeperStep.Step(begun.State, nothing with { Outcome = SettlementOutcome.Included });
        Assert.Empty(made.Decisions);
        Assert.Empty(made.State.Lane(Anvil).InFlight);
    }

    [Fact]
    public void Step_Decisions_AreTheSameAfterTheyWereText()
    {
        var observed = new ChainObserved(Snapshot(Low, Account(2, 1_000, 10) with { TopUps = [Mandate(0), Mandate(3)] }));
        var again = Assert.IsType<ChainObserved>(KeeperJson.ReadEvent(KeeperJson.Write(observed)));

        Assert.True(observed.Snapshot.Accounts.Zip(again.Snapshot.Accounts).All(pair => pair.First.IsSameAs(pair.Second)));
        Assert.False(observed.Snapshot.Accounts[1].IsSameAs(observed.Snapshot.Accounts[1] with { TopUps = [Mandate(0), Mandate(2)] }));
        var decisions = KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), observed).Decisions;
        Assert.Equal(decisions, KeeperJson.ReadDecisions(KeeperJson.Write(decisions)));
    }

    private static TopUpSnapshot Mandate(int index) => new(index, default, Weth, Fraction(1.05m), Fraction(1.1m), 3_600, Expiry, Stable(5_000));

    private static ImmutableArray<Decision> Decide(ChainSnapshot snapshot, LaneState? lane = null, KeeperSettings? settings = null) =>
        TopUpJob.Decide(settings ?? Settings, lane ?? LaneState.Empty, snapshot, isWhole: true);

    private static Act Acted(ImmutableArray<Decision> decisions) => Assert.IsType<Act>(Assert.Single(decisions).Verdict);

    private static void AssertRefused(RefusalCode code, string detail, ImmutableArray<Decision> decisions)
    {
        var refusal = Assert.IsType<Refuse>(Assert.Single(decisions).Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(detail, refusal.Detail, StringComparison.Ordinal);
    }
}
