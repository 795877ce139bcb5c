using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Funding;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Funding;

public sealed class FundingJobTests
{
    private static readonly BigInteger Half = ((BigInteger.One << 256) - 1) >> 1;

    [Fact]
    public void Decide_ApprovalUnderWay_Refuses() => AssertRefused(
        RefusalCode.AlreadyInFlight, $"approve/{MarketName}/7 is under way", Settings, InFlight($"approve/{MarketName}/7"));

    [Fact]
    public void Decide_ApprovalForAnotherDeploymentUnderWay_Approves() => Assert.IsType<Act>(
        Assert.Single(FundingJob.Decide(Settings, InFlight("approve/0x1111111111111111111111111111111111111111/7"), With(0))).Verdict);

    [Fact]
    public void Decide_Observing_Refuses() =>
        AssertRefused(RefusalCode.ObserveOnly, "no allowance", Settings with { Mode = KeeperMode.Observe }, LaneState.Empty);

    [Fact]
    public void Decide_AllowanceUnderHalfItsRange_ApprovesAllOfIt()
    {
        var decision = Assert.Single(FundingJob.Decide(Settings, LaneState.Empty, With(Half - 1)));

        var act = Assert.IsType<Act>(decision.Verdict);
        Assert.Equal(Subject.Funding, decision.Subject);
        Assert.Equal($"approve/{MarketName}/{With(0).Block.Number}", act.Purpose);
        Assert.Equal((BigInteger.One << 256) - 1, Assert.IsType<ApproveStable>(act.Action).Amount);
    }

    [Fact]
    public void Decide_HalfTheRangeOfAnAllowance_NeedsNothing() => Assert.Empty(FundingJob.Decide(Settings, LaneState.Empty, With(Half)));

    private static void AssertRefused(RefusalCode code, string fragment, KeeperSettings settings, LaneState lane)
    {
        var refusal = Assert.IsType<Refuse>(Assert.Single(FundingJob.Decide(settings, lane, With(0))).Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(fragment, refusal.Detail, StringComparison.Ordinal);
    }

    private static LaneState InFlight(string purpose) => LaneState.Empty with { InFlight = LaneState.Empty.InFlight.Add(purpose) };

    private static ChainSnapshot With(BigInteger allowance)
    {
        var snapshot = Snapshot();
        return snapshot with { Keeper = snapshot.Keeper with { Allowance = allowance } };
    }
}
