using CsCheck;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper;

public sealed class KeeperStepTests
{
    private static readonly AccountSnapshot Unhealthy = Account(1, 23_800, 10);
    private static readonly string Purpose = $"liquidate/{Snapshots.MarketName}/{Unhealthy.Account}/0";

    [Fact]
    public void Step_EventWithoutARule_Throws() =>
        Assert.Contains("null has no rule", Assert.Throws<ArgumentException>(() => KeeperStep.Step(Begin(), null!)).Message, StringComparison.Ordinal);

    [Fact]
    public void Step_OneAccountOverTheLimit_RefusesTheMarketAndNothingElse()
    {
        var settings = Settings with { MaxAccounts = 1 };
        var over = KeeperStep.Step(Begin(settings), new ChainObserved(Snapshot(Unhealthy, Account(2, 1, 1))));

        var decision = Assert.Single(over.Decisions);
        var refusal = Assert.IsType<Refuse>(decision.Verdict).Refusal;
        Assert.Equal((Subject.Market, RefusalCode.TooManyAccounts), (decision.Subject, refusal.Code));
        Assert.Contains("2 accounts, over the limit of 1", refusal.Detail, StringComparison.Ordinal);
        Assert.IsType<Act>(Assert.Single(KeeperStep.Step(Begin(settings), new ChainObserved(Snapshot(Unhealthy))).Decisions).Verdict);
    }

    [Fact]
    public void Step_StartedWithOpenIntents_KeepsThemInFlight()
    {
        var begun = KeeperStep.Step(Begin(), new Started(Settings, [new OpenIntent(Anvil, Purpose), new OpenIntent(new ChainId(1), "report/5")]));

        Assert.Empty(begun.Decisions);
        Assert.Equal([Purpose], begun.State.Lane(Anvil).InFlight);
        Assert.Equal(["report/5"], begun.State.Lane(new ChainId(1)).InFlight);
        AssertRefused(RefusalCode.AlreadyInFlight, KeeperStep.Step(begun.State, new ChainObserved(Snapshot(Unhealthy))));
    }

    [Fact]
    public void Step_SameBlockTwice_ActsOnce()
    {
        var first = KeeperStep.Step(Begin(), new ChainObserved(Snapshot(Unhealthy)));
        Assert.IsType<Act>(Assert.Single(first.Decisions).Verdict);
        Assert.Equal([Purpose], first.State.Lane(Anvil).InFlight);

        AssertRefused(RefusalCode.AlreadyInFlight, KeeperStep.Step(first.State, new ChainObserved(Snapshot(Unhealthy))));
    }

    [Fact]
    public void Step_Observing_PutsNothingInFlight() => Assert.Empty(
        KeeperStep.Step(Begin(Settings with { Mode = KeeperMode.Observe }), new ChainObserved(Snapshot(Unhealthy))).State.Lane(Anvil).InFlight);

    [Theory]
    [InlineData(SettlementOutcome.Included)]
    [InlineData(SettlementOutcome.Reverted)]
    [InlineData(SettlementOutcome.Dropped)]
    [InlineData(SettlementOutcome.SimulationReverted)]
    [InlineData(SettlementOutcome.NotSent)]
    public void Step_IntentSettled_FreesThePurpose(SettlementOutcome outcome)
    {
        var state = KeeperStep.Step(Begin(), new ChainObserved(Snapshot(Unhealthy))).State;

        var settled = KeeperStep.Step(state, Settle(outcome, Now));

        Assert.Empty(settled.Decisions);
        Assert.Empty(settled.State.Lane(Anvil).InFlight);
        Assert.Equal(outcome is SettlementOutcome.Reverted or SettlementOutcome.SimulationReverted ? 1 : 0, settled.State.Lane(Anvil).Failures.Count);
    }

    [Fact]
    public void Step_IntentWithoutAccountSettled_CountsNoFailure()
    {
        var settled = KeeperStep.Step(Begin(), new IntentSettled(Anvil, "report/5", null, SettlementOutcome.Reverted, "late", Now));

        Assert.Empty(settled.State.Lane(Anvil).Failures);
    }

    [Fact]
    public void F51_Step_RepeatedFailures_QuarantineForItsTimeAndNoLonger()
    {
        var state = Begin();
        for (var i = 0; i < 2; i++)
        {
            state = KeeperStep.Step(state, Settle(SettlementOutcome.Reverted, Now)).State;
        }

        Assert.IsType<Act>(Assert.Single(KeeperStep.Step(state, new ChainObserved(Snapshot(Unhealthy))).Decisions).Verdict);
        state = KeeperStep.Step(state, Settle(SettlementOutcome.Reverted, Now - 599)).State;
        var refusal = AssertRefused(RefusalCode.Quarantined, KeeperStep.Step(state, new ChainObserved(Snapshot(Unhealthy))));
        Assert.Equal("set aside for 1 s more after 3 failures, the last: out of luck", refusal.Detail);

        state = KeeperStep.Step(state, Settle(SettlementOutcome.Reverted, Now - 600)).State;
        Assert.IsType<Act>(Assert.Single(KeeperStep.Step(state, new ChainObserved(Snapshot(Unhealthy))).Decisions).Verdict);
    }

    /// <summary>In a crash each block has new amounts: that must not set aside those who need it most.</summary>
    [Theory]
    [InlineData("AccountHealthy(account 0x1, health 2)")]
    [InlineData("RepayLimitTooSmall(account 0x1, repay 2, limit 1)")]
    [InlineData("SeizureTooSmall(token 0x1, seized 1, minimum 2)")]
    [InlineData("DeadlinePassed(deadline 1, currentTime 2)")]
    public void F51_Step_OvertakenBeforeSigning_CountsNoFailure(string detail)
    {
        var overtaken = Settle(SettlementOutcome.SimulationReverted, Now) with { Detail = detail };
        var state = KeeperStep.Step(Begin(), new ChainObserved(Snapshot(Unhealthy))).State;

        Assert.Empty(KeeperStep.Step(state, overtaken).State.Lane(Anvil).Failures);
        Assert.Single(KeeperStep.Step(state, overtaken with { Outcome = SettlementOutcome.Reverted }).State.Lane(Anvil).Failures); // this one cost gas
    }

    [Fact]
    public void Step_SimulationRefusesWhatANewerHeadAwaits_DecidesThatAccountOnceMore()
    {
        var overtaken = Settle(SettlementOutcome.SimulationReverted, Now) with { Detail = "RepayLimitTooSmall(account 0x1, repay 2, limit 1)" };
        var first = KeeperStep.Step(Begin(), new ChainObserved(Snapshot(Unhealthy))).State;
        Assert.Empty(KeeperStep.Step(first, overtaken).Decisions); // no head has come since: the next decides

        var awaited = KeeperStep.Step(first, new ChainObserved(Snapshot(Unhealthy with { DebtShares = Stable(24_100) }, Account(2, 23_900, 10)))).State;
        Assert.Empty(KeeperStep.Step(awaited, overtaken with { Outcome = SettlementOutcome.Included }).Decisions);
        var again = KeeperStep.Step(awaited, overtaken);

        var act = Assert.IsType<Act>(Assert.Single(again.Decisions).Verdict);
        Assert.Equal(Purpose, act.Purpose);
        Assert.True(Assert.IsType<Liquidate>(act.Action).MaxRepay > Assert.IsType<Liquidate>(
            Assert.IsType<Act>(KeeperStep.Step(Begin(), new ChainObserved(Snapshot(Unhealthy))).Decisions[0].Verdict).Action).MaxRepay);
        Assert.Contains(Purpose, again.State.Lane(Anvil).InFlight);
        Assert.Empty(KeeperStep.Step(again.State, overtaken).Decisions); // and never a second time at one head
    }

    [Fact]
    public void Step_SuccessAfterFailures_ForgetsThem()
    {
        var state = Begin();
        foreach (var outcome in new[] { SettlementOutcome.Reverted, SettlementOutcome.Dropped, SettlementOutcome.Included, SettlementOutcome.Reverted })
        {
            state = KeeperStep.Step(state, Settle(outcome, Now)).State;
        }

        Assert.Equal(new FailureRecord(1, 0, "out of luck"), state.Lane(Anvil).Failures[Unhealthy.Account]);
    }

    [Fact]
    public void Step_ObservationsBeforeTheFirstBlock_WaitForIt()
    {
        var collected = KeeperStep.Step(Begin(), Collected(0.7m));
        Assert.Empty(collected.Decisions);

        var observed = KeeperStep.Step(collected.State, new ChainObserved(Snapshot()));

        Assert.IsType<SubmitReport>(Assert.IsType<Act>(Assert.Single(observed.Decisions).Verdict).Action);
    }

    [Fact]
    public void Step_ObservationsAfterABlock_DecideTheReportAlone()
    {
        var state = KeeperStep.Step(Begin(), new ChainObserved(Snapshot(Account(1, 1, 1)))).State;

        var collected = KeeperStep.Step(state, Collected(0.7m));

        Assert.Equal(Subject.Report, Assert.Single(collected.Decisions).Subject);
        Assert.Equal([$"report/{Snapshots.MarketName}/5"], collected.State.Lane(Anvil).InFlight);
    }

    [Fact]
    public void Step_OneBlock_DecidesFundingThenReportThenAccounts()
    {
        var snapshot = Snapshot(Unhealthy);
        snapshot = snapshot with { Keeper = snapshot.Keeper with { Allowance = 0 } };

        var step = KeeperStep.Step(KeeperStep.Step(Begin(), Collected(0.7m)).State, new ChainObserved(snapshot));

        Assert.Equal([Subject.Funding, Subject.Report, Unhealthy.Account.ToString()], step.Decisions.Select(decision => decision.Subject));
        Assert.All(step.Decisions, decision => Assert.Equal(Anvil, decision.Chain));
    }

    [Fact]
    public void Step_AnotherChain_LooksIntoNoOtherLane()
    {
        var state = KeeperStep.Step(Begin(), new ChainObserved(Snapshot(Unhealthy))).State;

        var other = KeeperStep.Step(state, new ChainObserved(Snapshot(Unhealthy) with { Chain = new ChainId(1) }));

        Assert.IsType<Act>(Assert.Single(other.Decisions).Verdict);
        Assert.Equal([Purpose], other.State.Lane(Anvil).InFlight);
    }

    [Fact]
    public void Step_RandomRunsTwice_GiveTheSameBytes() => Events.Sample(
        events => Assert.Equal(Play(events), Play([.. events.Select(one => KeeperJson.ReadEvent(KeeperJson.Write(one)))])), iter: 60);

    /// <summary>Everything the run decides, as text: the second run reads its events from the text of the first.</summary>
    private static string Play(IEnumerable<KeeperEvent> events)
    {
        var state = Begin();
        var text = new List<string>();
        foreach (var one in events)
        {
            var step = KeeperStep.Step(state, one);
            state = step.State;
            text.Add(System.Text.Encoding.UTF8.GetString(KeeperJson.Write(step.Decisions)));
        }

        return string.Join('\n', text);
    }

    private static readonly Gen<AccountSnapshot> Accounts = Gen.Select(Gen.Int[1, 4], Gen.Decimal[0, 60_000], Gen.Decimal[0, 20], Gen.Decimal[0, 1])
        .Select((number, debt, weth, wbtc) => Account(number, decimal.Round(debt, 6), weth, wbtc));

    private static readonly Gen<KeeperEvent> Event = Gen.Frequency(
        (4, Gen.Select(Accounts.List[0, 5], Gen.Decimal[1_000, 5_000], Gen.ULong[0, 90_000]).Select((accounts, price, age) =>
        {
            var snapshot = Snapshot([.. accounts]).WithAsset(0, asset => asset with { Price = new Price(Fraction(price)) });
            return (KeeperEvent)new ChainObserved(snapshot with { Report = snapshot.Report with { LastReportAt = Now - age } });
        })),
        (3, Gen.Select(Gen.Int[1, 4], Gen.Decimal[0.3m, 1.5m], Gen.Decimal[0.3m, 1.5m]).List[0, 5].Select(all => (KeeperEvent)new ObservationsCollected(
            Anvil, [.. all.Select(one => Observation(one.Item1, one.Item2, one.Item3))]))),
        (3, Gen.Select(Gen.Int[1, 4], Gen.Int[0, 3]).Select((number, outcome) => (KeeperEvent)new IntentSettled(
            Anvil, $"liquidate/{Snapshots.MarketName}/{Number(number, 32)}/0", Number(number, 32), (SettlementOutcome)outcome, "détail \"<&>\"", Now))));

    private static Gen<List<KeeperEvent>> Events => Event.List[1, 12];

    private static KeeperState Begin(KeeperSettings? settings = null) => KeeperState.Start(new Started(settings ?? Settings, []));

    private static ObservationsCollected Collected(decimal weth) =>
        new(Anvil, [.. Enumerable.Range(1, 3).Select(node => Observation(node, weth))]);

    private static IntentSettled Settle(SettlementOutcome outcome, ulong time) => new(Anvil, Purpose, Unhealthy.Account, outcome, "out of luck", time);

    private static Refusal AssertRefused(RefusalCode code, StepResult step)
    {
        var refusal = Assert.IsType<Refuse>(Assert.Single(step.Decisions).Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        return refusal;
    }
}
