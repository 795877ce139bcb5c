using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Reporting;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Reporting;

/// <summary>The last whole report is young here, so that only a tightening can come.</summary>
public sealed class TighteningTests
{
    [Fact]
    public void Judge_OneSignerOnly_LeavesTheRefusalOfTheWholeReport() => AssertRefused(RefusalCode.QuorumTooSmall, Observation(1, 0.9m));

    [Fact]
    public void Judge_NothingTighter_LeavesTheRefusalOfTheWholeReport() =>
        AssertRefused(RefusalCode.ReportTooEarly, Observation(1, 0.54m), Observation(2, 0.54m), Observation(3, 0.54m));

    [Fact]
    public void Judge_LessTighterThanTheDeviation_DoesNotTighten()
    {
        AssertRefused(RefusalCode.QuorumTooSmall, Observation(1, 0.629m), Observation(2, 0.629m));
        Assert.IsType<TightenInitial>(Acted(Observation(1, 0.631m), Observation(2, 0.631m)).Action);
    }

    [Fact]
    public void Judge_AlreadyTightened_DoesNotTightenAgain()
    {
        var snapshot = Young().WithAsset(0, asset => asset with { Attested = asset.Attested with { InitialVolatility = Fraction(0.9m) } });

        Assert.IsType<Refuse>(Judge(snapshot, Observation(1, 0.9m), Observation(2, 0.9m)));
        Assert.IsType<Act>(Judge(snapshot, Observation(1, 0.96m), Observation(2, 0.96m)));
    }

    [Fact]
    public void Judge_OverTheTightenStep_IsNotCarried()
    {
        AssertRefused(RefusalCode.QuorumTooSmall, Observation(1, 1.201m), Observation(2, 1.201m));
        Acted(Observation(1, 1.2m), Observation(2, 1.2m));
    }

    [Fact]
    public void Judge_TwoAgree_CarriesThemInOrderOfSigner()
    {
        var act = Acted(Observation(2, 0.9m), Observation(1, 0.8m));

        var tighten = Assert.IsType<TightenInitial>(act.Action);
        Assert.Equal(5UL, tighten.Epoch);
        Assert.Equal(["node-1", "node-2"], tighten.Observations.Select(observation => observation.Node));
        Assert.Equal($"tighten/{Snapshots.MarketName}/5/800000000000000000-600000000000000000", act.Purpose);
        Assert.Contains("WETH volatility 60.0 % -> 80.0 %", act.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_LiarPlaysCalm_CannotHoldTheOthersBack()
    {
        var act = Acted(Observation(1, 0.35m, 0.35m), Observation(2, 0.9m), Observation(3, 0.85m), Observation(4, 0.8m));

        Assert.Equal(["node-2", "node-3"], Assert.IsType<TightenInitial>(act.Action).Observations.Select(observation => observation.Node));
    }

    [Fact]
    public void Judge_LiarPlaysCalmWhereItMattersAndWildElsewhere_CannotHoldTheOthersBack()
    {
        var act = Acted(Observation(1, 0.35m, 3.9m), Observation(2, 0.9m), Observation(3, 0.85m), Observation(4, 0.8m));

        Assert.Equal(["node-2", "node-3"], Assert.IsType<TightenInitial>(act.Action).Observations.Select(observation => observation.Node));
    }

    [Fact]
    public void Judge_LiarPlaysWild_TightensNoFurtherThanAnHonestNodeSays()
    {
        var act = Acted(Observation(1, 3.9m), Observation(2, 0.8m), Observation(3, 0.75m), Observation(4, 0.7m));

        Assert.Equal($"tighten/{Snapshots.MarketName}/5/800000000000000000-600000000000000000", act.Purpose);
    }

    private static ChainSnapshot Young()
    {
        var snapshot = Snapshot();
        return snapshot with { Report = snapshot.Report with { LastReportAt = Now - 100 } };
    }

    private static Verdict Judge(ChainSnapshot snapshot, params CollectedObservation[] observations) =>
        Assert.Single(ReportJob.Decide(Settings, Offered(observations), snapshot)).Verdict;

    private static Act Acted(params CollectedObservation[] observations) => Assert.IsType<Act>(Judge(Young(), observations));

    private static void AssertRefused(RefusalCode code, params CollectedObservation[] observations) =>
        Assert.Equal(code, Assert.IsType<Refuse>(Judge(Young(), observations)).Refusal.Code);
}
