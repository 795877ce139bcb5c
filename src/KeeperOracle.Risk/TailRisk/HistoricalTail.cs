namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Historical simulation. VaR is the type 7 quantile of losses at the level (linear between order statistics, index (n-1)p), which is also
/// minus the type 7 quantile of returns at 1 - level. ES is the exact integral of Acerbi and Tasche (2002) over the empirical quantile
/// function, 1/(n q) [sum of the k largest losses + (n q - k) x the next], q = 1 - level, k = floor(n q): the last observation counts by
/// the fraction of it that the tail takes. It is sub-additive on common scenarios, and never under the type 7 VaR: that holds for each step
/// function 1{rank > j}, and both are sums of those.
/// </summary>
public static class HistoricalTail
{
    /// <summary>At least two returns or P&amp;L figures, equally likely.</summary>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `TooFewObservations`, `NotFinite`, `TooLarge`</exception>
    public static TailForecast Forecast(ReadOnlySpan<double> returns, double level)
    {
        TailInput.RequireLevel(level);
        TailInput.RequireObservations(returns, minimum: 2);
        return OfSorted(SortedLosses(returns), level);
    }

    /// <summary>Type 7 quantile of values in ascending order.</summary>
    public static double Quantile(ReadOnlySpan<double> ascending, double probability)
    {
        if (ascending.IsEmpty || probability is not (>= 0 and <= 1))
        {
            throw new RiskInputException("LevelOutOfRange", $"A quantile needs a value and a probability in [0, 1], not {probability}.");
        }

        var position = (ascending.Length - 1) * probability;
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, ascending.Length - 1);
        return ascending[below] + ((position - below) * (ascending[above] - ascending[below]));
    }

    internal static double[] SortedLosses(ReadOnlySpan<double> returns)
    {
        var losses = new double[returns.Length];
        for (var i = 0; i < losses.Length; i++)
        {
            losses[i] = -returns[i];
        }

        Array.Sort(losses);
        return losses;
    }

    /// <summary>Of equally likely losses in ascending order, so that several levels read one sort or one simulation.</summary>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `TooFewObservations`</exception>
    public static TailForecast OfSorted(ReadOnlySpan<double> ascendingLosses, double level)
    {
        TailInput.RequireLevel(level);
        if (ascendingLosses.IsEmpty)
        {
            throw new RiskInputException("TooFewObservations", "There is no loss: at least one is needed.");
        }

        var count = ascendingLosses.Length;
        var tail = count * (1 - level);
        var whole = (int)Math.Floor(tail);
        var sum = 0.0;
        for (var i = 0; i < whole; i++)
        {
            sum += ascendingLosses[count - 1 - i];
        }

        sum += (tail - whole) * ascendingLosses[Math.Max(0, count - 1 - whole)];
        return TailInput.Finished(Quantile(ascendingLosses, level), sum / tail);
    }
}
