using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class UpdatePolicyTests
{
    private const ulong Start = 1_000_000;
    private const ulong Hour = 3_600;
    private const ulong Day = 86_400;

    /// <summary>No heartbeat, so that silence is silence; no rise limit where a test is not about it.</summary>
    private static readonly UpdateSettings Settings = new(HeartbeatSeconds: 1000 * Day, RiseLimit: double.PositiveInfinity);

    private static readonly BoundsSnapshot Bounds = PolicyReplay.PlainBounds with
    {
        Bonus = Of(0.05),
        Jump = Of(0.15),
        VolatilityFloor = Of(0.35),
        VolatilityCap = Of(4),
    };

    [Theory]
    [InlineData(0, 0.1, 4, 7200, 0.5)]
    [InlineData(0.05, 0.049, 4, 7200, 0.5)]
    [InlineData(0.05, 1, 4, 7200, 0.5)]
    [InlineData(0.05, 0.1, 1, 7200, 0.5)]
    [InlineData(0.05, 0.1, 17, 7200, 0.5)]
    [InlineData(0.05, 0.1, 4, 3600, 0.5)]
    [InlineData(0.05, 0.1, 4, 7200, 0)]
    [InlineData(double.NaN, 0.1, 4, 7200, 0.5)]
    public void Settings_WithoutSense_Refused(double tighten, double loosen, int changes, ulong heartbeat, double rise)
    {
        var settings = new UpdateSettings(tighten, loosen, ChangesPerDay: changes, HeartbeatSeconds: heartbeat, RiseLimit: rise);

        Assert.Equal("UpdateSettingsInvalid", Assert.Throws<RiskInputException>(() => new UpdatePolicy(settings, Bounds)).Refusal);
    }

    [Fact]
    public void F18_Step_TimeRunningBackwards_Refused()
    {
        var (state, _) = Step(Listed(0.75), 0.75, Start + 10);

        Assert.Equal("TimeRunsBackwards", Assert.Throws<RiskInputException>(() => Step(state, 0.75, Start + 9)).Refusal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, -0.01)]
    public void Step_TargetThatIsNoRisk_Refused(double volatility, double slippage) =>
        Assert.Equal("VolatilityNotPositive", Assert.Throws<RiskInputException>(() => Step(Listed(0.75), volatility, Start, slippage)).Refusal);

    [Theory]
    [InlineData(1.0499, UpdateKind.None, UpdateReason.WithinDeviation)]
    [InlineData(1.0501, UpdateKind.WholeReport, UpdateReason.Tighten)]
    [InlineData(0.9001, UpdateKind.None, UpdateReason.WithinDeviation)]
    [InlineData(0.8999, UpdateKind.None, UpdateReason.Dwelling)]
    public void Step_EachSideOfADeviation_SpeaksOnlyOverIt(double ratio, UpdateKind kind, UpdateReason reason)
    {
        var (_, decision) = Step(Listed(0.8), 0.8 * ratio, Start + Hour);

        Assert.Equal((kind, reason), (decision.Kind, decision.Reason));
        Assert.Equal(ratio - 1, decision.Deviation, 12);
    }

    [Theory]
    [InlineData(0.0099, UpdateReason.WithinDeviation)]
    [InlineData(0.0101, UpdateReason.Tighten)]
    public void Step_SlippageAlone_TightensOverItsDeviation(double rise, UpdateReason reason)
    {
        var (state, decision) = Step(Listed(0.8, 0.02), 0.8, Start + Hour, 0.02 + rise);

        Assert.Equal(reason, decision.Reason);
        Assert.Equal(reason == UpdateReason.Tighten ? Of(0.02 + rise) : Of(0.02), state.Attested.Slippage);
    }

    [Theory]
    [InlineData(0.0199, UpdateReason.WithinDeviation)]
    [InlineData(0.0201, UpdateReason.Dwelling)]
    public void Step_SlippageFalls_CountsFromTwiceAsMuch(double fall, UpdateReason reason) =>
        Assert.Equal(reason, Step(Listed(0.8, 0.05), 0.8, Start + Hour, 0.05 - fall).Decision.Reason);

    /// <summary>The check of the design: EWMA .60, 3000 falls to 2600, a quarter of stress at 1.20.</summary>
    [Fact]
    public void Step_OneBadDay_OneTighteningReportARampThenSilence()
    {
        const double Ramp = 0.021309;
        const double Lambda = 0.94;
        var logReturn = Elementary.Log(2600.0 / 3000);
        var variance = Ewma.Update(0.6 * 0.6 / 365, logReturn, Lambda);
        Assert.Equal(-0.1431, logReturn, 4);
        Assert.Equal(0.8871, Ewma.Annualise(variance, Day), 4);
        var target = StressBlend.Apply(Ewma.Annualise(variance, Day), 1.2, 0.25);
        Assert.Equal(0.9653, target, 4);

        var policy = new UpdatePolicy(Settings with { RiseLimit = 0.5 }, Bounds);
        var before = policy.LnThresholdInForce(Listed(0.75).Attested, Start);
        var (state, decision) = policy.Step(Listed(0.75), new UpdateObservation(Wad.FromDoubleUp(target), Wad.Zero), Start + Day);
        Assert.Equal((UpdateKind.WholeReport, UpdateReason.Tighten), (decision.Kind, decision.Reason));
        Assert.Equal(Wad.FromDoubleUp(target), state.Attested.InitialVolatility);
        Assert.Equal(before, policy.LnThresholdInForce(state.Attested, Start + Day), 12);

        // Ten days at the old pace of 60 % a year: the EWMA decays, nothing is said, maintenance glides to the new threshold and stops.
        var goal = CollateralFactors.LnLiquidationThreshold(target, 0, new FactorParameters(2.6652142, 432_000, 0.05, 0.15));
        for (var day = 2ul; day <= 11; day++)
        {
            variance = Ewma.Update(variance, 0.6 / Math.Sqrt(365), Lambda);
            var next = Wad.FromDoubleUp(StressBlend.Apply(Ewma.Annualise(variance, Day), 1.2, 0.25));
            (state, decision) = policy.Step(state, new UpdateObservation(next, Wad.Zero), Start + (day * Day));
            Assert.Equal((UpdateKind.None, UpdateReason.WithinDeviation), (decision.Kind, decision.Reason));
            var expected = Math.Max(goal, before - (Ramp * (day - 1)));
            Assert.Equal(expected, policy.LnThresholdInForce(state.Attested, Start + (day * Day)), 12);
        }

        Assert.Equal(goal, policy.LnThresholdInForce(state.Attested, Start + (11 * Day)), 12);
    }

    [Theory]
    [InlineData(1.0999, 2, UpdateReason.WithinDeviation)] // twice the deviation after one change
    [InlineData(1.1001, 2, UpdateReason.Tighten)]
    [InlineData(1.0501, 25, UpdateReason.Tighten)] // a day later it is the plain one again
    public void Step_SecondTighteningOfADay_NeedsTwiceTheDeviation(double ratio, ulong hours, UpdateReason reason)
    {
        var (state, _) = Step(Listed(0.8), 1, Start + Hour);

        Assert.Equal(reason, Step(state, ratio, Start + (hours * Hour)).Decision.Reason);
    }

    [Fact]
    public void Step_ShockInsideTheInterval_TightensInitialAloneThenConfirmsWhenTheIntervalHasPassed()
    {
        var (state, decision) = Step(Listed(0.75), 0.9653, Start + Hour - 1);
        Assert.Equal((UpdateKind.TightenInitial, UpdateReason.Tighten), (decision.Kind, decision.Reason));
        Assert.Equal((Of(0.9653), Of(0.75)), (state.Attested.InitialVolatility, state.Attested.Volatility));

        (state, decision) = Step(state, 0.9653, Start + Hour - 1);
        Assert.Equal((UpdateKind.None, UpdateReason.ReportTooEarly), (decision.Kind, decision.Reason));

        (state, decision) = Step(state, 0.9653, Start + Hour);
        Assert.Equal((UpdateKind.WholeReport, UpdateReason.ConfirmTightening), (decision.Kind, decision.Reason));
        Assert.Equal((Of(0.9653), Start + Hour), (state.Attested.Volatility, state.Attested.UpdatedAt));

        (_, decision) = Step(state, 0.9653, Start + (2 * Hour));
        Assert.Equal(UpdateReason.WithinDeviation, decision.Reason);
    }

    [Fact]
    public void Step_FurtherTighteningHeldByTheBound_StillConfirmsTheFirst()
    {
        var (state, _) = Step(Listed(0.75), 3, Start + 10); // admitted: twice .75
        Assert.Equal(Of(1.5), state.Attested.InitialVolatility);

        (state, var decision) = Step(state, 3, Start + 20);
        Assert.Equal((UpdateKind.None, UpdateReason.HeldByBound), (decision.Kind, decision.Reason));

        (state, decision) = Step(state, 3, Start + Hour);
        Assert.Equal((UpdateKind.WholeReport, UpdateReason.ConfirmTightening), (decision.Kind, decision.Reason));
        Assert.Equal(UpdateReason.Tighten, Step(state, 3, Start + (2 * Hour)).Decision.Reason);
    }

    [Fact]
    public void F29_Step_LooserTarget_WaitsForTheDwellWithoutABreakThenMovesByOneStep()
    {
        var (state, _) = Step(Listed(1), 0.5, Start + Hour);
        (state, _) = Step(state, 0.95, Start + Hour + 10); // back inside: the dwell begins again
        (state, _) = Step(state, 0.5, Start + Hour + 20);
        (state, var decision) = Step(state, 0.5, Start + Hour + 20 + Day - 1);
        Assert.Equal(UpdateReason.Dwelling, decision.Reason);

        (state, decision) = Step(state, 0.5, Start + Hour + 20 + Day);
        Assert.Equal((UpdateKind.WholeReport, UpdateReason.Loosen, Of(0.9)), (decision.Kind, decision.Reason, state.Attested.Volatility));
        Assert.Equal(UpdateReason.Dwelling, Step(state, 0.5, Start + Hour + 30 + Day).Decision.Reason);
    }

    [Theory]
    [InlineData(Regime.Elevated, UpdateReason.Loosen)]
    [InlineData(Regime.Stressed, UpdateReason.LooseningBlocked)]
    [InlineData(Regime.Halted, UpdateReason.Halted)]
    public void F22_Step_LooserTarget_OnlyUnderStressed(Regime regime, UpdateReason reason)
    {
        var (state, _) = Step(Listed(1), 0.5, Start + Hour);

        Assert.Equal(reason, Policy().Step(state, new UpdateObservation(Of(0.5), Wad.Zero, regime), Start + Hour + Day).Decision.Reason);
    }

    [Fact]
    public void Step_Stressed_TightensAllTheSameAndHaltedDoesNot()
    {
        var observation = new UpdateObservation(Of(2), Wad.Zero, Regime.Stressed);

        Assert.Equal(UpdateReason.Tighten, Policy().Step(Listed(1), observation, Start + Hour).Decision.Reason);
        var halted = observation with { Regime = Regime.Halted };
        Assert.Equal(UpdateReason.Halted, Policy().Step(Listed(1), halted, Start + (2000 * Day)).Decision.Reason);
    }

    [Theory]
    [InlineData(86_399ul, UpdateKind.None)]
    [InlineData(86_400ul, UpdateKind.WholeReport)]
    public void Step_Heartbeat_RepeatsTheValuesInForce(ulong age, UpdateKind kind)
    {
        var policy = new UpdatePolicy(Settings with { HeartbeatSeconds = Day }, Bounds);
        var (state, decision) = policy.Step(Listed(0.75, 0.02), new UpdateObservation(Of(0.77), Of(0.025)), Start + age);

        Assert.Equal(kind, decision.Kind);
        Assert.Equal((Of(0.75), Of(0.02)), (state.Attested.Volatility, state.Attested.Slippage));
        Assert.Empty(state.Changes);
    }

    [Fact]
    public void Step_SteepRise_IsHeldByTheRiseLimitUntilTheWindowHasPassed()
    {
        var policy = new UpdatePolicy(Settings with { RiseLimit = 0.5 }, Bounds);
        var least = AppliedVolatility.Margin(0.75);
        var (state, decision) = policy.Step(Listed(0.75), new UpdateObservation(Of(3), Wad.Zero), Start + Day);
        Assert.Equal(1.5 * least, AppliedVolatility.Margin(state.Attested.Volatility.ToDouble()), 12);
        Assert.Contains("held by the rise limit", decision.Detail, StringComparison.Ordinal);

        (state, decision) = policy.Step(state, new UpdateObservation(Of(3), Wad.Zero), Start + (6 * Day) - 1);
        Assert.Equal((UpdateKind.None, UpdateReason.HeldByRiseLimit), (decision.Kind, decision.Reason));

        (state, decision) = policy.Step(state, new UpdateObservation(Of(3), Wad.Zero), Start + (6 * Day));
        Assert.Equal(UpdateReason.Tighten, decision.Reason);
        Assert.Equal(2.25 * least, AppliedVolatility.Margin(state.Attested.Volatility.ToDouble()), 12);
    }

    [Fact]
    public void Observed_ReportThatNeverArrived_IsSaidAgainAndTakesAPlace()
    {
        var listed = Listed(0.75);
        var (state, _) = Step(listed, 0.91, Start + Hour);

        state = state.Observed(listed.Attested, Start, Start + Hour + 60);
        Assert.Equal((listed.Attested, 2), (state.Attested, state.ChangesToday(Start + Hour + 60)));
        Assert.Equal(UpdateReason.Tighten, Step(state, 0.91, Start + Hour + 60).Decision.Reason); // .2 is at least 4 times .05
    }

    [Fact]
    public void Observed_WhatWasExpected_ChangesNothingButTheReportsTime()
    {
        var (state, _) = Step(Listed(1), 0.5, Start + Hour); // a dwell has begun

        var observed = state.Observed(state.Attested, Start + 7, Start + Hour);
        Assert.Equal(state with { LastWholeReportAt = Start + 7 }, observed);
        Assert.NotNull(observed.LooserSince);
    }

    /// <summary>The adversary picks every target and every time; k is never passed, and what stands in force stays inside the
    /// bounds.</summary>
    [Fact]
    public void F29_Step_AdversarialMarket_AtMostKChangesInAnyDay() =>
        Gen.Select(Gen.Select(Gen.Double[0.05, 6], Gen.ULong[1, 20_000], Gen.Double[0, 0.4]).Array[1, 150], Gen.Int[2, 6]).Sample((steps, k) =>
        {
            var policy = new UpdatePolicy(Settings with { ChangesPerDay = k, HeartbeatSeconds = 7200, DwellSeconds = 10_000 }, Bounds);
            Walk(policy, Listed(0.75), steps.Select(step => (Of(step.Item1), Of(step.Item3), step.Item2)), k);
        });

    /// <summary>The worst oscillations there are: between two levels in every rhythm from a minute to a day, however far apart.</summary>
    [Fact]
    public void F29_Step_OscillatingMarket_AtMostKChangesInAnyDay()
    {
        foreach (var seconds in new ulong[] { 60, 1800, 3599, 3600, 7200, 43_200, 86_400 })
        {
            foreach (var high in new[] { 0.76, 0.85, 1.5, 3.9 })
            {
                var steps = Enumerable.Range(0, 400).Select(i => (Of(i % 2 == 0 ? high : 0.4), Wad.Zero, seconds));
                var changes = Walk(new UpdatePolicy(Settings, Bounds), Listed(0.75), steps, 4);

                // The dwell never completes while the target comes back: initial goes up and stays, in a handful of changes in all.
                Assert.True(seconds >= 86_400 || changes <= 8, $"{changes} changes at {seconds} s to {high}");
            }
        }
    }

    private static int Walk(UpdatePolicy policy, UpdateState state, IEnumerable<(Wad Volatility, Wad Slippage, ulong Seconds)> steps, int k)
    {
        var now = Start;
        var changes = new List<ulong>();
        foreach (var (volatility, slippage, seconds) in steps)
        {
            now += seconds;
            var before = state.Attested;
            (state, var decision) = policy.Step(state, new UpdateObservation(volatility, slippage), now);
            var attested = state.Attested;
            if (decision.Kind != UpdateKind.None && decision.Reason != UpdateReason.Heartbeat)
            {
                changes.Add(now);
                Assert.True(changes.Count(at => now - at < Day) <= k);
                var least = before.Volatility.MultiplyDown(Wad.One - Bounds.LoosenStep);
                Between(attested.Volatility, least, before.Volatility + before.Volatility);
            }
            else
            {
                Assert.Equal((before.InitialVolatility, before.InitialSlippage), (attested.InitialVolatility, attested.InitialSlippage));
            }

            Between(attested.InitialVolatility, Bounds.VolatilityFloor, Bounds.VolatilityCap);
            Assert.True(attested.InitialVolatility >= attested.Volatility && attested.InitialSlippage >= attested.Slippage);
        }

        return changes.Count;
    }

    private static void Between(Wad value, Wad low, Wad high) =>
        Assert.True(value >= low && value <= high, $"{value} is outside {low} to {high}");

    private static UpdatePolicy Policy() => new(Settings, Bounds);

    private static (UpdateState State, UpdateDecision Decision) Step(UpdateState state, double volatility, ulong now, double slippage = 0) =>
        Policy().Step(state, new UpdateObservation(Of(volatility), Of(slippage)), now);

    private static UpdateState Listed(double volatility, double slippage = 0)
    {
        var start = CollateralFactors.LnLiquidationThreshold(volatility, slippage, new FactorParameters(2.6652142, 432_000, 0.05, 0.15));
        return UpdateState.From(
            new AttestedSnapshot(Of(volatility), Of(slippage), Of(volatility), Of(slippage), Wad.FromDoubleDown(start), Start), Start);
    }

    private static Wad Of(double value) => new((System.Numerics.BigInteger)((decimal)value * 1_000_000_000_000_000_000m));
}
