namespace KeeperOracle.Risk.Policy;

/// <summary>How far from ordinary a market is. Each level allows less: stressed loosens nothing, halted attests nothing new.</summary>
public enum Regime
{
    Normal,
    Elevated,
    Stressed,
    Halted,
}

/// <summary>Where one input enters a level and where it lets it go: in at or over <paramref name="In"/>, out under
/// <paramref name="Out"/>.</summary>
public readonly record struct RegimeBand(double In, double Out)
{
    /// <summary>An input that never causes this level.</summary>
    public static RegimeBand Never { get; } = new(double.PositiveInfinity, double.PositiveInfinity);
}

/// <summary>The three levels of one input.</summary>
public readonly record struct RegimeBands(RegimeBand Elevated, RegimeBand Stressed, RegimeBand Halted);

/// <summary>The thresholds; defaults are ours, to be set by governance per asset.</summary>
/// <param name="DwellSeconds">how long a lower level must have held before the regime goes down by one</param>
public sealed record RegimeSettings(
    RegimeBands VolatilityRank, RegimeBands Divergence, RegimeBands Jump, RegimeBands DepthShortage, ulong DwellSeconds)
{
    public static RegimeSettings Default { get; } = new(
        VolatilityRank: new(new(0.80, 0.70), new(0.95, 0.85), RegimeBand.Never),
        Divergence: new(new(0.005, 0.003), new(0.01, 0.006), new(0.02, 0.01)),
        Jump: new(new(3, 2), new(5, 3), new(10, 5)),
        DepthShortage: new(new(0.50, 0.40), new(0.75, 0.60), new(0.95, 0.85)),
        DwellSeconds: 86_400);

    /// <exception cref="RiskInputException">RegimeBandInvalid</exception>
    public RegimeSettings Validated()
    {
        foreach (var (name, bands) in new[]
        {
            (nameof(VolatilityRank), VolatilityRank),
            (nameof(Divergence), Divergence),
            (nameof(Jump), Jump),
            (nameof(DepthShortage), DepthShortage),
        })
        {
            var levels = new[] { bands.Elevated, bands.Stressed, bands.Halted };
            for (var i = 0; i < levels.Length; i++)
            {
                // Not-a-number fails every comparison, so it is refused too.
                var ordered = i == 0 || (levels[i].In >= levels[i - 1].In && levels[i].Out >= levels[i - 1].Out);
                if (!(levels[i].Out <= levels[i].In) || !ordered)
                {
                    throw new RiskInputException(
                        "RegimeBandInvalid",
                        $"{name}, level {(Regime)(i + 1)}: in {levels[i].In}, out {levels[i].Out}; out is at most in, and both rise with "
                        + "the level.");
                }
            }
        }

        return this;
    }
}

/// <summary>What the regime looks at, for one asset at one time; each larger is worse.</summary>
/// <param name="VolatilityRank">share of the volatility's own history at or under today's, 0 to 1
/// (<see cref="RegimeMachine.Rank"/>)</param>
/// <param name="Divergence">of the sources (<see cref="CircuitBreaker.Divergence"/>)</param>
/// <param name="Jump">absolute last return in standard deviations of its day</param>
/// <param name="DepthShortage">1 - depth / its long-run median; negative where it is deeper than usual</param>
public readonly record struct RegimeInputs(double VolatilityRank, double Divergence, double Jump, double DepthShortage);

/// <param name="Since">chain seconds of the last move</param>
/// <param name="CalmSince">since when everything has been under the level's way out; null where it is not</param>
public sealed record RegimeState(Regime Regime, ulong Since, ulong? CalmSince)
{
    public static RegimeState Start(ulong now) => new(Regime.Normal, now, null);
}

/// <summary>Why the regime is what it is.</summary>
/// <param name="Cause">the input (or breaker trip) that put it there or holds it there; empty when nothing does</param>
/// <param name="Value">of that input</param>
/// <param name="Threshold">that it is at or over</param>
public sealed record RegimeDecision(Regime Regime, bool Moved, string Cause, double Value, double Threshold, string Detail);

/// <summary>
/// Normal, elevated, stressed, halted: up at once to the level of the worst input, down one level at a time, and only after every input has
/// been under the present level's way out for the whole dwell time. A breaker trip is the level halted. A pure state machine.
/// </summary>
public static class RegimeMachine
{
    /// <exception cref="RiskInputException">NotFinite, TimeRunsBackwards, RegimeBandInvalid</exception>
    public static (RegimeState State, RegimeDecision Decision) Step(
        RegimeState state, in RegimeInputs inputs, BreakerVerdict? breaker, ulong now, RegimeSettings settings)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validated();
        if (now < state.Since || now < state.CalmSince)
        {
            throw new RiskInputException(
                "TimeRunsBackwards", $"Now is {now}, the regime's state is from {state.CalmSince ?? state.Since}.");
        }

        var entered = Worst(inputs, breaker, settings, band => band.In);
        if (entered.Level > state.Regime)
        {
            return (new RegimeState(entered.Level, now, null), Decide(entered.Level, true, entered, $"{state.Regime} to {entered.Level}"));
        }

        if (state.Regime == Regime.Normal)
        {
            return (state, Decide(Regime.Normal, false, default, $"{Regime.Normal} holds"));
        }

        var held = Worst(inputs, breaker, settings, band => band.Out);
        if (held.Level >= state.Regime)
        {
            return (state with { CalmSince = null }, Decide(state.Regime, false, held, $"{state.Regime} holds"));
        }

        var calmSince = state.CalmSince ?? now;
        if (now - calmSince < settings.DwellSeconds)
        {
            var text = $"{state.Regime} holds for another {settings.DwellSeconds - (now - calmSince)} s of calm";
            return (state with { CalmSince = calmSince }, Decide(state.Regime, false, held, text));
        }

        var lower = state.Regime - 1;
        var fell = $"{state.Regime} to {lower} after {now - calmSince} s of calm";
        return (new RegimeState(lower, now, now), Decide(lower, true, held, fell));
    }

    /// <summary>Share of a history at or under today's value, an equal one counting half; .5 where the history is empty.</summary>
    /// <exception cref="RiskInputException">NotFinite</exception>
    public static double Rank(ReadOnlySpan<double> history, double today)
    {
        Require(today, "value");
        var under = 0.0;
        foreach (var one in history)
        {
            Require(one, "history");
            under += one < today ? 1 : one == today ? 0.5 : 0;
        }

        return history.IsEmpty ? 0.5 : under / history.Length;
    }

    private readonly record struct Cause(Regime Level, string? Name, double Value, double Threshold);

    /// <summary>The worst level that any input reaches, by its way in or its way out; the first of equals.</summary>
    private static Cause Worst(in RegimeInputs inputs, BreakerVerdict? breaker, RegimeSettings settings, Func<RegimeBand, double> side)
    {
        if (breaker is { Trips: [var trip, ..] })
        {
            return new Cause(Regime.Halted, trip.Name.ToString(), trip.Value, trip.Limit);
        }

        var worst = new Cause(Regime.Normal, "", 0, 0);
        foreach (var (name, value, bands) in new[]
        {
            (nameof(inputs.VolatilityRank), inputs.VolatilityRank, settings.VolatilityRank),
            (nameof(inputs.Divergence), inputs.Divergence, settings.Divergence),
            (nameof(inputs.Jump), inputs.Jump, settings.Jump),
            (nameof(inputs.DepthShortage), inputs.DepthShortage, settings.DepthShortage),
        })
        {
            Require(value, name);
            var (level, threshold) =
                value >= side(bands.Halted) ? (Regime.Halted, side(bands.Halted))
                : value >= side(bands.Stressed) ? (Regime.Stressed, side(bands.Stressed))
                : value >= side(bands.Elevated) ? (Regime.Elevated, side(bands.Elevated))
                : (Regime.Normal, 0);
            worst = level > worst.Level ? new Cause(level, name, value, threshold) : worst;
        }

        return worst;
    }

    private static RegimeDecision Decide(Regime regime, bool moved, Cause cause, string text) =>
        new(regime, moved, cause.Name ?? "", cause.Value, cause.Threshold,
            cause.Level == Regime.Normal ? text : $"{text}: {cause.Name} is {cause.Value:G6}, at or over {cause.Threshold:G6}");

    private static void Require(double value, string name)
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"{name} is {value}: the regime needs a finite number.");
        }
    }
}
