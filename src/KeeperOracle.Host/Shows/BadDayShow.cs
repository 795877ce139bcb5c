using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 12: what the market says, what is attested, and what borrowers feel. Known from elsewhere: the moving average and the ramp
/// (a straight line in ln LT) written out, and reports counted by hand.
/// </summary>
internal static class BadDayShow
{
    private const ulong Start = 1_000_000;
    private const ulong Hour = 3_600;
    private const ulong Day = 24 * Hour;
    private const int Silence = 10;
    private const double Lambda = .94;
    private const double StressVolatility = 1.20;
    private const double StressWeight = .25;
    private const double RampPerDay = .021309;

    private static readonly double[] Prices = [3000, 2600];
    private static readonly double[] Flips = [.98, .60];
    private static readonly FactorParameters Factors = new(2.6652142, 5 * Day, .05, .15);

    /// <summary>Heartbeats, which change nothing, are left out: silence is silence.</summary>
    private static readonly UpdateSettings Settings = new(HeartbeatSeconds: 1000 * Day);

    private static readonly UpdatePolicy Policy = new(Settings, PolicyReplay.PlainBounds with
    {
        Bonus = Wad.FromDoubleDown(Factors.Bonus),
        Jump = Wad.FromDoubleDown(Factors.Jump),
        VolatilityFloor = Wad.FromDoubleDown(.35),
    });

    public static Show Show => new("12", "Dynamic margin adjustment: one bad day", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        var variance = Ewma.Update(.60 * .60 / 365, Math.Log(Prices[1] / Prices[0]), Lambda);
        var applied = StressBlend.Apply(Ewma.Annualise(variance, Day), StressVolatility, StressWeight);
        yield return Volatility(Ewma.Annualise(variance, Day), applied);
        var (state, decision) = Policy.Step(Listed(.75), Observation(applied), Start + Day);
        yield return Report(state, decision, applied);
        yield return Ramp(state);
        yield return Silent(state, variance);
        yield return Flipping();
    }

    private static ShowStep Volatility(double ewma, double applied)
    {
        var move = Math.Log(Prices[1] / Prices[0]);
        var ewmaByHand = Math.Sqrt(((Lambda * .60 * .60 / 365) + ((1 - Lambda) * move * move)) * 365);
        var byHand = ((1 - StressWeight) * ewmaByHand) + (StressWeight * StressVolatility);
        return ShowStep.Of(
            $"ETH falls in a day from 3,000 to 2,600. Its volatility, a moving average that stood at 60 %, goes to {ewma:P2}; a quarter "
            + $"of the weight lies on a stressed 120 %, so that what counts goes from 75 % to {applied:P2} only.",
            new { before = .60, prices = Prices, lambda = Lambda, stress = StressVolatility, weight = StressWeight },
            new { ewma, applied },
            $"sqrt(365 (.94 x .60^2/365 + .06 x ln(2600/3000)^2)) = {ewmaByHand:P2}, and {byHand:P2} with the stress",
            ShowStep.Near(ewma, ewmaByHand, 1e-12) && ShowStep.Near(applied, byHand, 1e-12));
    }

    private static ShowStep Report(UpdateState state, UpdateDecision decision, double applied)
    {
        var initial = CollateralFactors.LiquidationThreshold(state.Attested.InitialVolatility.ToDouble(), 0, Factors);
        var maintenance = Math.Exp(Policy.LnThresholdInForce(state.Attested, Start + Day));
        var (newByHand, oldByHand) = (ByHand(applied), ByHand(.75));
        return ShowStep.Of(
            $"That is {decision.Deviation:P1} more than what is attested, over the {decision.Threshold:P0} at which it is worth a "
            + $"report: {decision.Kind}, {decision.Reason}. New loans meet the stricter threshold of {initial:P2} at once; for those who "
            + $"have one already {maintenance:P2} stands, as before.",
            new { attested = .75, applied, factors = Factors, tightenAt = Settings.TightenDeviation },
            new { decision.Kind, decision.Reason, decision.Deviation, initial, maintenance },
            $"exp(-m sigma sqrt(5 d))/(1 + b), at most 85 %, is {newByHand:P2} for {applied:P2} and {oldByHand:P2} for 75 %",
            decision is { Kind: UpdateKind.WholeReport, Reason: UpdateReason.Tighten } && ShowStep.Near(initial, newByHand, 1e-9)
            && ShowStep.Near(maintenance, oldByHand, 1e-9));
    }

    private static ShowStep Ramp(UpdateState state)
    {
        var (start, end) = (Math.Log(ByHand(.75)), Math.Log(ByHand(state.Attested.InitialVolatility.ToDouble())));
        var days = Enumerable.Range(0, Silence + 1).ToList();
        var thresholds = days.Select(day => Math.Exp(Policy.LnThresholdInForce(state.Attested, Start + Day + ((ulong)day * Day)))).ToList();
        var byHand = days.Select(day => Math.Exp(Math.Max(end, start - (RampPerDay * day)))).ToList();
        var steps = thresholds.Zip(thresholds.Skip(1), (earlier, later) => Math.Log(earlier / later)).ToList();
        return ShowStep.Of(
            $"From there the threshold of existing loans glides, at most {RampPerDay:P2} of itself a day: "
            + $"{string.Join(", ", thresholds.Take(7).Select(one => $"{one:P1}"))}. After {(start - end) / RampPerDay:N1} days it has "
            + "arrived and stays.",
            new { thresholdBefore = Math.Exp(start), thresholdAfter = Math.Exp(end), rampPerDay = RampPerDay, days },
            new { thresholds, largestStep = steps.Max() },
            "a straight line in ln LT down to the new threshold, day by day the same to 1e-9; no day steeper than the ramp",
            thresholds.Zip(byHand).All(pair => ShowStep.Near(pair.First, pair.Second, 1e-9)) && steps.All(step => step <= RampPerDay + 1e-12)
            && ShowStep.Near(thresholds[^1], Math.Exp(end), 1e-9));
    }

    private static ShowStep Silent(UpdateState state, double variance)
    {
        var (decisions, targets) = (new List<UpdateDecision>(), new List<double>());
        for (var day = 2ul; day < 2 + Silence; day++)
        {
            variance = Ewma.Update(variance, .60 / Math.Sqrt(365), Lambda);
            targets.Add(StressBlend.Apply(Ewma.Annualise(variance, Day), StressVolatility, StressWeight));
            (state, var decision) = Policy.Step(state, Observation(targets[^1]), Start + (day * Day));
            decisions.Add(decision);
        }

        var spoken = decisions.Count(decision => decision.Kind != UpdateKind.None);
        return ShowStep.Of(
            $"For {Silence} days the market moves as it used to, and the volatility decays from {targets[0]:P1} to {targets[^1]:P1}. "
            + $"Reports in that time: {spoken} ({string.Join(", ", decisions.Select(decision => decision.Reason).Distinct())}).",
            new { dailyMove = .60 / Math.Sqrt(365), targets, loosenAt = Settings.LoosenDeviation },
            new { reports = spoken, reasons = decisions.Select(decision => decision.Reason) },
            $"none: each target is within {Settings.LoosenDeviation:P0} under and {Settings.TightenDeviation:P0} over what is attested",
            spoken == 0 && targets.All(target => (target / state.Attested.InitialVolatility.ToDouble()) - 1 is > -.10 and < .05));
    }

    private static ShowStep Flipping()
    {
        const int hours = 96;
        var (state, reports, naive, last) = (Listed(.75), new List<ulong>(), 0, .75);
        for (var hour = 1; hour <= hours; hour++)
        {
            var target = Flips[(hour - 1) % 2];
            naive += Math.Abs((target / last) - 1) >= Settings.TightenDeviation ? 1 : 0;
            last = target;
            var now = Start + ((ulong)hour * Hour);
            (state, var decision) = Policy.Step(state, Observation(target), now);
            if (decision.Kind != UpdateKind.None)
            {
                reports.Add(now);
            }
        }

        var most = reports.Max(at => reports.Count(other => other <= at && at - other < Day));
        return ShowStep.Of(
            $"A market that flips every hour between 60 % and 98 % for {hours / 24} days: a rule that answers every move would report "
            + $"{naive} times, the policy's reports number {reports.Count}. It tightens at once, and loosens only after "
            + $"{Settings.DwellSeconds / Hour} quiet hours.",
            new { targets = Flips, hours, settings = Settings },
            new { reports = reports.Count, mostInADay = most, everyMove = naive },
            $"at least one report and at most {Settings.ChangesPerDay} in any day, counted",
            reports.Count > 0 && most <= Settings.ChangesPerDay && reports.Count < naive);
    }

    /// <summary>An asset that is attested at a volatility and has been for long enough.</summary>
    private static UpdateState Listed(double volatility)
    {
        var (attested, start) = (Wad.FromDoubleDown(volatility), CollateralFactors.LnLiquidationThreshold(volatility, 0, Factors));
        return UpdateState.From(new AttestedSnapshot(attested, Wad.Zero, attested, Wad.Zero, Wad.FromDoubleDown(start), Start), Start);
    }

    private static UpdateObservation Observation(double volatility) => new(Wad.FromDoubleUp(volatility), Wad.Zero);

    private static double ByHand(double volatility) =>
        Math.Min(Math.Exp(-2.6652142 * volatility * Math.Sqrt(5.0 / 365)) / 1.05, 1 - .15);
}
