namespace KeeperOracle.Risk.Policy;

/// <summary>
/// The three tools of EMIR RTS 153/2013 Art. 28(1) against pro-cyclical margin, each as one day's step and over a series. M_t is the
/// calculated margin of day t per unit of notional (over zero), A_t what is asked for, days oldest first.
/// <code>
/// (a) buffer    A_t = min((1+B) M_t, max(M_t, A_(t-1))),  A_0 = (1+B) M_0,  B = 25 %
/// (b) stress    A_t = (1-w) M_t + w S_t,                  w at least 25 %, S_t the highest one-year average of M up to t
/// (c) floor     A_t = max(M_t, mean of M over ten years up to t, or over as many days as there are)
/// </code>
/// The buffer, in words: what is carried into the day is yesterday's margin. While M rises under it, nothing more is asked for: the buffer
/// is being used up. Where M has passed it, A = M: exhausted. While M falls, A stays where it is, so the buffer is built up again, until it
/// is B again; from there A falls with M. (ESMA's guidelines of 2018 on these tools ask for exactly such a rule of exhaustion and
/// replenishment; Murphy, Vasios and Vause 2016 compare the tools.)
/// Limits: a buffer cannot soften a rise that is larger than itself, and it has no memory of a level it was never at; (b) and (c)
/// have, which is why they do better where volatility triples. None of them looks ahead.
/// </summary>
public static class AntiProcyclicality
{
    /// <summary>B: the buffer of Art. 28(1)(a).</summary>
    public const double BufferShare = 0.25;

    /// <summary>Ten years of days.</summary>
    public const int LongRunDays = 3650;

    /// <summary>(a), one day.</summary>
    /// <param name="carried">yesterday's margin with its buffer; null on the first day, when the buffer is whole</param>
    /// <param name="margin">calculated margin of the day</param>
    /// <param name="buffer">B, at least 0</param>
    /// <exception cref="RiskInputException">NotFinite, NotPositive, BufferNegative</exception>
    public static double BufferStep(double? carried, double margin, double buffer = BufferShare)
    {
        RequireMargin(margin);
        if (!(buffer >= 0) || !double.IsFinite(buffer))
        {
            throw new RiskInputException("BufferNegative", $"A buffer of {buffer}: give a fraction of at least 0, .25 by the rule.");
        }

        var whole = (1 + buffer) * margin;
        return carried is { } level ? Math.Min(whole, Math.Max(margin, level)) : whole;
    }

    /// <summary>(a) over a series.</summary>
    /// <exception cref="RiskInputException">as <see cref="BufferStep"/></exception>
    public static double[] Buffer(ReadOnlySpan<double> margins, double buffer = BufferShare)
    {
        var asked = new double[margins.Length];
        double? carried = null;
        for (var i = 0; i < asked.Length; i++)
        {
            carried = asked[i] = BufferStep(carried, margins[i], buffer);
        }

        return asked;
    }

    /// <summary>(b), one day: the state is the stressed level, with the day in it.</summary>
    /// <exception cref="RiskInputException">NotFinite, NotPositive, StressWeightOutOfRange</exception>
    public static (StressLevel State, double Asked) StressStep(StressLevel state, double margin, double weight)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireMargin(margin);
        RequireWeight(weight);
        var next = state.Add(margin);
        return (next, ((1 - weight) * margin) + (weight * next.Level));
    }

    /// <summary>(b) over a series.</summary>
    /// <exception cref="RiskInputException">as <see cref="StressStep"/></exception>
    public static double[] Stress(ReadOnlySpan<double> margins, double weight)
    {
        var asked = new double[margins.Length];
        var state = StressLevel.Empty;
        for (var i = 0; i < asked.Length; i++)
        {
            (state, asked[i]) = StressStep(state, margins[i], weight);
        }

        return asked;
    }

    /// <summary>(c), one day: the state is the mean over ten years, with the day in it (begin with <see cref="LongRun"/>).</summary>
    /// <exception cref="RiskInputException">NotFinite, NotPositive</exception>
    public static (TrailingMean State, double Asked) FloorStep(TrailingMean state, double margin)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireMargin(margin);
        var next = state.Add(margin);
        return (next, Math.Max(margin, next.Mean));
    }

    /// <summary>(c) over a series.</summary>
    /// <exception cref="RiskInputException">as <see cref="FloorStep"/></exception>
    public static double[] Floor(ReadOnlySpan<double> margins)
    {
        var asked = new double[margins.Length];
        var state = LongRun;
        for (var i = 0; i < asked.Length; i++)
        {
            (state, asked[i]) = FloorStep(state, margins[i]);
        }

        return asked;
    }

    /// <summary>The empty state of (c).</summary>
    public static TrailingMean LongRun { get; } = TrailingMean.Over(LongRunDays);

    internal static void RequireWeight(double weight)
    {
        if (weight is not (>= Volatility.StressBlend.MinimumWeight and <= 1))
        {
            throw new RiskInputException(
                "StressWeightOutOfRange", $"A stress weight of {weight}: it lies between .25 (the rule's least) and 1.");
        }
    }

    private static void RequireMargin(double margin)
    {
        if (!double.IsFinite(margin))
        {
            throw new RiskInputException("NotFinite", $"A margin of {margin}: give a finite number.");
        }

        if (!(margin > 0))
        {
            throw new RiskInputException("NotPositive", $"A margin of {margin}: the tools need one over zero.");
        }
    }
}
