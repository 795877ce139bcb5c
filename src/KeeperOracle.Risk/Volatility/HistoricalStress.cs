namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// The highest average of a variance over any window of a history. Two uses: sigma_stress, the highest one-year average of the EWMA, that
/// the applied volatility is blended with; and the static baseline, the highest two-year volatility, that a policy is held against. It is
/// variances that are averaged, and the root taken last.
/// </summary>
public static class HistoricalStress
{
    /// <summary>
    /// sigma_stress: annualised root of the highest average of the EWMA's one-step variances over a 365-day window of returns sampled every
    /// <paramref name="sampleSeconds"/> seconds, oldest first.
    /// </summary>
    public static StressVolatility HighestEwmaYear(ReadOnlySpan<double> logReturns, double lambda, int seedLength, double sampleSeconds)
    {
        CheckReturns(logReturns, sampleSeconds);
        var variances = new double[logReturns.Length];
        Ewma.OneStepVariances(logReturns, lambda, seedLength, variances);
        return Highest(variances, sampleSeconds, years: 1);
    }

    /// <summary>
    /// The static baseline: annualised root of the highest mean square of returns (no mean removed) over a two-year window.
    /// </summary>
    public static StressVolatility HighestTwoYears(ReadOnlySpan<double> logReturns, double sampleSeconds)
    {
        CheckReturns(logReturns, sampleSeconds);
        var squares = new double[logReturns.Length];
        for (var i = 0; i < squares.Length; i++)
        {
            squares[i] = logReturns[i] * logReturns[i];
        }

        return Highest(squares, sampleSeconds, years: 2);
    }

    /// <summary>
    /// The highest average of <paramref name="window"/> successive values, and the index after its last one. Where there are fewer
    /// values, the average of all: the result says that no full window stood behind it.
    /// </summary>
    public static (double Average, int End, bool FullWindow) HighestAverage(ReadOnlySpan<double> values, int window)
    {
        if (values.IsEmpty || window < 1)
        {
            throw new RiskInputException("TooFewObservations", "A highest average needs at least one value and a window of at least one.");
        }

        var length = Math.Min(window, values.Length);
        var sum = 0.0;
        foreach (var value in values[..length])
        {
            sum += value;
        }

        var (highest, end) = (sum, length);
        for (var i = length; i < values.Length; i++)
        {
            sum += values[i] - values[i - length];
            (highest, end) = sum > highest ? (sum, i + 1) : (highest, end);
        }

        return (highest / length, end, length == window);
    }

    private static StressVolatility Highest(ReadOnlySpan<double> variances, double sampleSeconds, int years)
    {
        var window = (int)Math.Max(1, Math.Round(years * Conventions.SecondsPerYear / sampleSeconds));
        var (average, end, full) = HighestAverage(variances, window);
        return new StressVolatility(Ewma.Annualise(average, sampleSeconds), end, full);
    }

    private static void CheckReturns(ReadOnlySpan<double> logReturns, double sampleSeconds)
    {
        if (!(sampleSeconds >= 1 && double.IsFinite(sampleSeconds)))
        {
            throw new RiskInputException(
                "BadInterval", $"A sample of {sampleSeconds} seconds: give a finite interval of at least one second.");
        }

        if (logReturns.IsEmpty)
        {
            throw new RiskInputException("TooFewObservations", "A stressed volatility needs at least one return.");
        }

        ObservedReturns.Check(logReturns);
    }
}

/// <summary>
/// A stressed volatility, annualised; <paramref name="End"/> is the number of returns up to the end of its window;
/// <paramref name="FullWindow"/> is false where the history is shorter than the window, and governance should set the figure.
/// </summary>
public readonly record struct StressVolatility(double Volatility, int End, bool FullWindow);
