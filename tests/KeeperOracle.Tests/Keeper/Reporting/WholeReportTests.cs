using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Reporting;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Reporting;

public sealed class WholeReportTests
{
    [Fact]
    public void Judge_OneSignerShort_IsTooSmallAQuorum() =>
        AssertRefused(RefusalCode.QuorumTooSmall, "2 good observations, 3 needed", Snapshot(), Observation(1, 0.6m), Observation(2, 0.6m));

    [Fact]
    public void Judge_MedianOneWeiOutsideTheLoosenStep_IsOutOfBounds()
    {
        AssertRefused(RefusalCode.OutOfBounds, "WETH: volatility 0.539999999 is outside 0.54 to 1.2", Snapshot(), Three(0.539999999m));
        Assert.IsType<Act>(Judge(Snapshot(), Three(0.54m)));
    }

    [Fact]
    public void Judge_MedianOverTheTightenStep_IsOutOfBounds()
    {
        AssertRefused(RefusalCode.OutOfBounds, "WETH: volatility 1.200000001 is outside 0.54 to 1.2", Snapshot(), Three(1.200000001m));
        Assert.IsType<Act>(Judge(Snapshot(), Three(1.2m)));
    }

    [Fact]
    public void Judge_SlippageOutsideItsStep_IsOutOfBounds()
    {
        AssertRefused(RefusalCode.OutOfBounds, "WETH: slippage 0.120000001 is outside 0 to 0.12", Snapshot(), Three(0.7m, slippage: 0.120000001m));
        Assert.IsType<Act>(Judge(Snapshot(), Three(0.7m, slippage: 0.12m)));
    }

    [Fact]
    public void Judge_OneSignerOutOfBounds_TheMedianStillCounts() =>
        Assert.IsType<Act>(Judge(Snapshot(), Observation(1, 0.7m), Observation(2, 0.7m), Observation(3, 0.0001m), Observation(4, 3.9m)));

    [Fact]
    public void Judge_SmallMoveAndYoungReport_HasNothingToSay() => AssertRefused(
        RefusalCode.NothingToReport, "within 500 bps of the chain (most: WETH, 4.9 %) and the last report is 30000 s old", Snapshot(), Three(0.6294m));

    [Fact]
    public void Judge_MoveOverTheDeviation_CarriesTheSortedReport()
    {
        var act = Assert.IsType<Act>(Judge(Snapshot(), Observation(3, 0.66m), Observation(1, 0.66m), Observation(4, 0.66m)));

        var submit = Assert.IsType<SubmitReport>(act.Action);
        Assert.Equal($"report/{Snapshots.MarketName}/5", act.Purpose);
        Assert.Equal(5UL, submit.Epoch);
        Assert.Equal(["node-1", "node-3", "node-4"], submit.Observations.Select(observation => observation.Node));
        Assert.Contains("WETH moved 10.0 % from the chain's value: WETH volatility 60.0 % -> 66.0 %, WBTC volatility 60.0 % -> 60.0 %", act.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_FallOverTheDeviation_IsReportedToo() =>
        Assert.Contains("WETH moved 8.3 %", Assert.IsType<Act>(Judge(Snapshot(), Three(0.55m))).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData(86_399, false)]
    [InlineData(86_400, true)]
    public void Judge_HeartbeatDue_IsCarriedWithoutAMove(ulong age, bool due)
    {
        var verdict = Judge(Aged(age), Three(0.6m));

        Assert.Equal(due, verdict is Act { Reason: "the last report is 86400 s old: heartbeat; nobody becomes liquidatable by it alone" });
        Assert.Equal(due, verdict is not Refuse { Refusal.Code: RefusalCode.NothingToReport });
    }

    [Fact]
    public void Judge_IntervalNotPassed_IsTooEarlyUntilItHas()
    {
        // Looser than the chain: nothing that could be tightened instead.
        AssertRefused(RefusalCode.ReportTooEarly, "is 21599 s old, 21600 s must pass", Aged(21_599), Three(0.55m));
        Assert.IsType<SubmitReport>(Assert.IsType<Act>(Judge(Aged(21_600), Three(0.55m))).Action);
    }

    [Fact]
    public void Judge_FeedsAreDivided_HoldsBackWhatWouldLoosenThatAssetAndNothingElse()
    {
        var divided = Snapshot().WithAsset(0, asset => asset with { PriceStatus = PriceStatus.Divided });
        AssertRefused(RefusalCode.LooseningHeld, "WETH: volatility 0.6 -> 0.55", divided, Three(0.55m));
        Assert.IsType<SubmitReport>(Assert.IsType<Act>(Judge(divided, Three(0.7m))).Action);
        // Looser in one figure and stricter in the other: of that the stricter goes on, by a tightening.
        Assert.IsType<TightenInitial>(Assert.IsType<Act>(Judge(divided, Three(0.7m, slippage: 0.01m))).Action);
        Assert.IsType<Act>(Judge(Snapshot().WithAsset(1, asset => asset with { PriceStatus = PriceStatus.Divided }), Three(0.55m)));
        Assert.IsType<Act>(Judge(Snapshot().WithAsset(0, asset => asset with { PriceStatus = PriceStatus.TooFewFeeds }), Three(0.55m)));
    }

    [Fact]
    public void Judge_ItAloneMakesTooMuchDebtLiquidatable_IsRefused()
    {
        // 20,000 of the debt falls under health 1 with WETH at twice its volatility: exactly the limit of a fifth, and a little over it.
        var over = Snapshot(Account(1, 20_000, 10), Account(2, 79_999, 0, 10));
        AssertRefused(RefusalCode.ReportLiquidatesTooMuch, "1 accounts that owe 20000", Tightened(over), Three(1.2m));
        var act = Assert.IsType<Act>(Judge(Snapshot(Account(1, 20_000, 10), Account(2, 80_000, 0, 10)), Three(1.2m)));
        Assert.Contains("1 accounts that owe 20000", act.Reason, StringComparison.Ordinal);
        Assert.Equal(Settings.ReportWorth, act.Worth);
    }

    [Fact]
    public void Judge_ItAloneMakesTooMuchDebtLiquidatable_InitialMarginIsTightenedAllTheSame() =>
        Assert.IsType<TightenInitial>(Assert.IsType<Act>(Judge(Snapshot(Account(1, 20_000, 10)), Three(1.2m))).Action);

    [Fact]
    public void Judge_LimitOfEverything_LetsEveryReportThrough() => Assert.IsType<Act>(Assert.Single(ReportJob.Decide(
        Settings with { MaxLiquidatableByReport = new Bps(10_000) }, Offered(Three(1.2m)), Snapshot(Account(1, 20_000, 10)))).Verdict);

    [Fact]
    public void Judge_SamePurposeUnderWay_Refuses()
    {
        var lane = Offered(Three(0.7m)) with { InFlight = LaneState.Empty.InFlight.Add($"report/{Snapshots.MarketName}/5") };

        var refusal = Assert.IsType<Refuse>(Assert.Single(ReportJob.Decide(Settings, lane, Snapshot())).Verdict).Refusal;

        Assert.Equal(new Refusal(RefusalCode.AlreadyInFlight, $"report/{Snapshots.MarketName}/5 is under way"), refusal);
    }

    [Fact]
    public void Judge_Observing_RefusesWithTheReason()
    {
        var decision = Assert.Single(ReportJob.Decide(Settings with { Mode = KeeperMode.Observe }, Offered(Three(0.7m)), Snapshot()));

        var refusal = Assert.IsType<Refuse>(decision.Verdict).Refusal;
        Assert.Equal(RefusalCode.ObserveOnly, refusal.Code);
        Assert.Contains("WETH moved 16.7 %", refusal.Detail, StringComparison.Ordinal);
    }

    private static CollectedObservation[] Three(decimal weth, decimal slippage = 0.02m) =>
        [.. Enumerable.Range(1, 3).Select(node => Observation(node, weth, slippage: slippage))];

    /// <summary>Initial margin is where the report would have it: nothing is left to tighten.</summary>
    private static ChainSnapshot Tightened(ChainSnapshot snapshot) => snapshot.WithAsset(
        0, asset => asset with { Attested = asset.Attested with { InitialVolatility = Fraction(1.2m) } });

    private static ChainSnapshot Aged(ulong age)
    {
        var snapshot = Snapshot();
        return snapshot with { Report = snapshot.Report with { LastReportAt = Now - age } };
    }

    private static Verdict Judge(ChainSnapshot snapshot, params CollectedObservation[] observations) =>
        Assert.Single(ReportJob.Decide(Settings, Offered(observations), snapshot)).Verdict;

    private static void AssertRefused(RefusalCode code, string fragment, ChainSnapshot snapshot, params CollectedObservation[] observations)
    {
        var refusal = Assert.IsType<Refuse>(Judge(snapshot, observations)).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(fragment, refusal.Detail, StringComparison.Ordinal);
    }
}
