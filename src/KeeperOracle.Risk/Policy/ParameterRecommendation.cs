using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.Policy;

/// <summary>
/// From a daily price history to the parameters of one asset, with the reason of every step (product: every change carries its trace).
/// <code>
/// returns -> point (EWMA, or fresh implied) -> stress, long run -> applied -> inside floor and cap
/// applied, size, depth -> slippage (depth: the median traded value of the last 30 days, unless given) -> inside its cap
/// applied, slippage -> LT, BF, collateral ratio; applied -> range of the grid
/// history -> regime, breaker, pro-cyclicality; target against what is attested -> whether and how far to update
/// </code>
/// Pure: the same history gives the same recommendation, here and at whoever checks it. The regime knows one price source, so its
/// divergence is 0, and its depth only where volumes are given.
/// </summary>
public static class ParameterRecommendation
{
    private const int DepthDays = 30;

    /// <exception cref="RiskInputException">TooFewObservations, PriceNotPositive, LengthMismatch, VolumeNegative, DepthUnknown,
    /// SizeNegative, and what the parameters refuse</exception>
    public static Recommendation From(RecommendationInputs inputs, RecommendationParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(parameters);
        Require(inputs);
        var returns = Returns(inputs.Closes);
        if (Array.TrueForAll(returns, one => one == 0))
        {
            throw new RiskInputException(
                "ConstantPrices", $"All {inputs.Closes.Count} closes are equal: the feed looks frozen, and its calm is no reason to loosen. "
                + "Take a history that moves.");
        }

        var trace = ImmutableArray.CreateBuilder<ReasonStep>();
        var (reading, states) = Estimate(returns, inputs, parameters, trace);
        var why = reading.Floored
            ? $"{parameters.Policy.Volatility.FloorShare} of the long-run average is the floor of Art. 28(1)(c)"
            : "blended as above";
        var bounds = parameters.Bounds;
        var applied = Bounded(
            reading.Applied, bounds.VolatilityFloor.ToDouble(), bounds.VolatilityCap.ToDouble(), "applied volatility", why, trace);
        var slippage = SlippageOf(applied, inputs, parameters, trace);
        var factors = FactorsOf(applied, slippage, bounds, trace);
        var (regime, trips) = RegimeOf(returns, states, inputs, parameters, trace);
        var next = (Volatility: applied, Slippage: slippage);
        UpdateDecision? update = null;
        if (inputs.Current is { } current)
        {
            next = NextAdmissible(applied, slippage, current, bounds, trace);
            update = UpdateOf(applied, slippage, regime, current, parameters, trace);
        }

        return new Recommendation(
            reading.Point, reading.Stress, applied, slippage, factors.Lt, factors.Bf, 1 / factors.Lt, factors.Range,
            next.Volatility, next.Slippage, regime, trips, update,
            ProcyclicalityOf(returns, parameters, trace), trace.ToImmutable());
    }

    private static (VolatilityReading Reading, List<double> Points) Estimate(
        double[] returns, RecommendationInputs inputs, RecommendationParameters parameters, ImmutableArray<ReasonStep>.Builder trace)
    {
        var model = parameters.Policy.Volatility.Validated();
        var state = AppliedVolatilityState.Empty;
        var points = new List<double>(returns.Length);
        foreach (var one in returns)
        {
            state = model.Step(state, one);
            if (model.Read(state) is { } past)
            {
                points.Add(past.Realised);
            }
        }

        var reading = model.Read(state, inputs.ImpliedVolatility)!.Value;
        trace.Add(new("returns", returns.Length, $"daily log returns of {inputs.Closes.Count} closes, the last {inputs.Closes[^1]:G6}"));
        trace.Add(new("realised volatility", reading.Realised, $"EWMA of squared returns, lambda {model.Lambda}, 365-day year"));
        trace.Add(new("point volatility", reading.Point,
            inputs.ImpliedVolatility is not { } implied ? "realised; no implied volatility was given"
            : implied > reading.Realised ? $"implied {implied:P2} is over realised" : $"realised is at least implied {implied:P2}"));
        trace.Add(new("stress volatility", reading.Stress,
            model.StressVolatility is not null ? "set by governance"
            : state.Stress.HasAYear ? "highest one-year average of the realised volatility over the history"
            : $"average of {points.Count} days: the history is shorter than the year a stress is taken from"));
        trace.Add(new("long-run volatility", reading.LongRun,
            $"average of the realised volatility over {state.LongRun.Values.Length} days (ten years at most)"));
        trace.Add(new("blended volatility", StressBlend.Apply(reading.Point, reading.Stress, model.StressWeight),
            $"{1 - model.StressWeight:G4} point + {model.StressWeight:G4} stress, Art. 28(1)(b)"));
        return (reading, points);
    }

    private static double SlippageOf(
        double applied, RecommendationInputs inputs, RecommendationParameters parameters, ImmutableArray<ReasonStep>.Builder trace)
    {
        var depth = inputs.DailyVolume ?? MedianValue(inputs, inputs.Closes.Count - DepthDays);
        trace.Add(new("daily volume", depth,
            inputs.DailyVolume is not null ? "given, units of account"
            : $"median traded value of the last {DepthDays} days, units of account"));
        var slippage = Slippage.SquareRootImpact(applied, inputs.SellSize, depth, parameters.ImpactCalibration);
        return Bounded(slippage, 0, parameters.Bounds.SlippageCap.ToDouble(), "slippage",
            $"2/3 of {parameters.ImpactCalibration} x daily volatility x sqrt({inputs.SellSize:G6} / daily volume)", trace);
    }

    private static (double Lt, double Bf, double Range) FactorsOf(
        double applied, double slippage, in BoundsSnapshot bounds, ImmutableArray<ReasonStep>.Builder trace)
    {
        var parameters = new FactorParameters(
            bounds.TailMultiplier.ToDouble(), bounds.HorizonSeconds, bounds.Bonus.ToDouble(), bounds.Jump.ToDouble());
        var threshold = CollateralFactors.LiquidationThreshold(applied, slippage, parameters);
        var borrow = CollateralFactors.BorrowFactor(threshold, applied);
        var range = new ScaledParameters().Range(applied);
        var jumps = CollateralFactors.LiquidationThreshold(applied, slippage, parameters with { Jump = 0 }) > 1 - parameters.Jump;
        trace.Add(new("liquidation threshold", threshold, jumps
            ? $"1 - jump: the modelled loss leaves more, the floor of {parameters.Jump:P1} counts"
            : $"exp(-{parameters.TailMultiplier} sigma sqrt({parameters.HorizonSeconds / Conventions.SecondsPerDay} d)) (1 - slippage) / "
            + $"(1 + bonus {parameters.Bonus:P1})"));
        trace.Add(new("borrow factor", borrow, "LT exp(-z99 sigma sqrt(1 d)): a new loan survives a bad day"));
        trace.Add(new("collateral ratio", 1 / threshold, "1 / LT"));
        trace.Add(new("range", range, "z99 sigma sqrt(5 d), at least .08 and at most .50"));
        return (threshold, borrow, range);
    }

    private static (Regime Regime, ImmutableArray<BreakerTrip> Trips) RegimeOf(
        double[] returns,
        List<double> points,
        RecommendationInputs inputs,
        RecommendationParameters parameters,
        ImmutableArray<ReasonStep>.Builder trace)
    {
        var state = RegimeState.Start(0);
        var verdict = new BreakerVerdict([], 0);
        var decision = new RegimeDecision(Regime.Normal, false, "", 0, 0, "no day to judge");
        var first = returns.Length - points.Count;
        var history = points.ToArray();
        for (var i = 1; i < history.Length; i++)
        {
            var day = first + i;
            var window = returns.AsSpan(Math.Max(0, day + 1 - parameters.Breaker.FrozenReturns)..(day + 1));
            verdict = CircuitBreaker.Check(
                new BreakerInputs([inputs.Closes[day + 1]], [.. window], Conventions.SecondsPerDay, 0), parameters.Breaker);
            var daily = history[i - 1] * Math.Sqrt(1 / 365.0);
            var market = new RegimeInputs(
                VolatilityRank: RegimeMachine.Rank(history.AsSpan(0, i), history[i]),
                Divergence: 0,
                Jump: daily > 0 ? Math.Abs(returns[day]) / daily : 0,
                DepthShortage: DepthShortage(inputs, day + 1));
            var now = (ulong)day * (ulong)Conventions.SecondsPerDay;
            (state, decision) = RegimeMachine.Step(state, market, verdict, now, parameters.Regime);
        }

        trace.Add(new("regime", (int)state.Regime, decision.Detail));
        foreach (var trip in verdict.Trips)
        {
            trace.Add(new($"breaker {trip.Name}", trip.Value, trip.Detail));
        }

        return (state.Regime, verdict.Trips);
    }

    /// <summary>How far a report may go now: the chain rejects what is outside its steps and clamps nothing.</summary>
    private static (double Volatility, double Slippage) NextAdmissible(
        double applied, double slippage, in AttestedSnapshot current, in BoundsSnapshot bounds, ImmutableArray<ReasonStep>.Builder trace)
    {
        var (volatility, why) = RiskPolicy.Admit(Wad.FromDoubleUp(applied), RiskPolicy.VolatilityRange(current, bounds), "volatility");
        var (impact, whyImpact) = RiskPolicy.Admit(Wad.FromDoubleUp(slippage), RiskPolicy.SlippageRange(current, bounds), "slippage");
        trace.Add(new("next volatility", volatility.ToDouble(), why.Length > 0 ? why : $"inside the steps from {current.Volatility}"));
        trace.Add(new("next slippage", impact.ToDouble(), whyImpact.Length > 0 ? whyImpact : $"inside the steps from {current.Slippage}"));
        return (volatility.ToDouble(), impact.ToDouble());
    }

    private static UpdateDecision UpdateOf(
        double applied,
        double slippage,
        Regime regime,
        in AttestedSnapshot current,
        RecommendationParameters parameters,
        ImmutableArray<ReasonStep>.Builder trace)
    {
        // Asked once, as soon as the interval has passed: a tightening is due at once, a looser target only begins its dwell.
        var state = UpdateState.From(current, current.UpdatedAt);
        var policy = new UpdatePolicy(parameters.Policy.Update, parameters.Bounds);
        var observation = new UpdateObservation(Wad.FromDoubleUp(applied), Wad.FromDoubleUp(slippage), regime);
        var (_, decision) = policy.Step(state, observation, current.UpdatedAt + parameters.Policy.Update.MinIntervalSeconds);
        trace.Add(new($"update: {decision.Kind}, {decision.Reason}", decision.Volatility.ToDouble(), decision.Detail));
        return decision;
    }

    private static ProcyclicalityMetrics ProcyclicalityOf(
        double[] returns, RecommendationParameters parameters, ImmutableArray<ReasonStep>.Builder trace)
    {
        var days = PolicyReplay.Run(returns, parameters.Policy.Volatility, parameters.Policy.Update, parameters.Bounds);
        var judged = days.Length > StressLevel.DaysOfAYear ? days[StressLevel.DaysOfAYear..] : days;
        var metrics = ProcyclicalityMetrics.Measure([.. judged.Select(day => day.Initial)], [.. judged.Select(day => day.Unmitigated)]);
        trace.Add(new("peak to trough", metrics.PeakToTrough, $"of the initial requirement over {judged.Length} days of this history"));
        trace.Add(new("worst 5-day rise", metrics.WorstRise5Day ?? 0,
            metrics.WorstRise5Day is null ? "not known: fewer than six days" : "of the same"));
        trace.Add(new("mean cost", metrics.MeanCost, $"against the plain EWMA, lambda {PolicyReplay.UnmitigatedLambda}"));
        return metrics;
    }

    private static double Bounded(
        double value, double floor, double cap, string name, string reason, ImmutableArray<ReasonStep>.Builder trace)
    {
        var bounded = Math.Clamp(value, floor, cap);
        var held = bounded == value ? "" : $": {value:G6}, held by governance's bounds {floor:G6} to {cap:G6}";
        trace.Add(new(name, bounded, reason + held));
        return bounded;
    }

    /// <summary>1 - median traded value of the last 30 days / that of the last year; 0 without volumes.</summary>
    private static double DepthShortage(RecommendationInputs inputs, int day)
    {
        if (inputs.Volumes is null || day < DepthDays)
        {
            return 0;
        }

        var usual = MedianValue(inputs, day + 1 - StressLevel.DaysOfAYear, day + 1);
        return usual > 0 ? 1 - (MedianValue(inputs, day + 1 - DepthDays, day + 1) / usual) : 0;
    }

    private static double MedianValue(RecommendationInputs inputs, int from, int? to = null)
    {
        var start = Math.Max(0, from);
        var values = new double[(to ?? inputs.Closes.Count) - start];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = inputs.Closes[start + i] * inputs.Volumes![start + i];
        }

        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }

    private static double[] Returns(IReadOnlyList<double> closes)
    {
        var returns = new double[closes.Count - 1];
        for (var i = 0; i < returns.Length; i++)
        {
            returns[i] = Elementary.Log(closes[i + 1] / closes[i]);
        }

        return returns;
    }

    private static void Require(RecommendationInputs inputs)
    {
        var closes = inputs.Closes;
        if (closes.Count < AppliedVolatility.SeedReturns + 1)
        {
            throw new RiskInputException(
                "TooFewObservations", $"{closes.Count} closes: a recommendation needs {AppliedVolatility.SeedReturns + 1} at least.");
        }

        for (var i = 0; i < closes.Count; i++)
        {
            if (!(closes[i] > 0) || !double.IsFinite(closes[i]))
            {
                throw new RiskInputException("PriceNotPositive", $"Close {i} is {closes[i]}: every price is finite and over zero.");
            }
        }

        if (!(inputs.SellSize >= 0) || !double.IsFinite(inputs.SellSize))
        {
            throw new RiskInputException("SizeNegative", $"The size to sell is {inputs.SellSize}: give units of account, at least 0.");
        }

        RequireDepth(inputs);
    }

    private static void RequireDepth(RecommendationInputs inputs)
    {
        if (inputs.Volumes is { } volumes)
        {
            if (volumes.Count != inputs.Closes.Count)
            {
                throw new RiskInputException(
                    "LengthMismatch", $"{inputs.Closes.Count} closes and {volumes.Count} volumes: give one of each a day.");
            }

            for (var i = 0; i < volumes.Count; i++)
            {
                if (!(volumes[i] >= 0) || !double.IsFinite(volumes[i]))
                {
                    throw new RiskInputException("VolumeNegative", $"Volume {i} is {volumes[i]}: every volume is finite and at least 0.");
                }
            }
        }

        var depth = inputs.DailyVolume ?? (inputs.Volumes is null ? 0 : MedianValue(inputs, inputs.Closes.Count - DepthDays));
        if (!(depth > 0) || !double.IsFinite(depth))
        {
            throw new RiskInputException(
                "DepthUnknown", $"The daily volume is {depth}: give one over zero, or volumes of which half are over zero.");
        }
    }
}
