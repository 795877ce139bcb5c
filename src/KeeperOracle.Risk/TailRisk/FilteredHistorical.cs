namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Filtered historical simulation (Barone-Adesi, Giannopoulos and Vosper): residuals e_t = r_t - mu are divided by the volatility s_t that
/// the model expected of them, z_t = e_t/s_t, and put under today's: scenario mu + s_{T+1} z_t. So calm years serve a stormy day.
///
/// One step is exact: the z are the scenarios, none is drawn. Over a horizon h every path draws h of the z with replacement (seeded) and
/// runs the variance recursion along, so that volatility clusters inside the horizon; the scenario is the sum of its log returns.
/// VaR and ES are then those of <see cref="HistoricalTail"/>. z are taken as they are, not rescaled to unit variance.
/// Limit: no z is worse than the worst seen; conditional EVT (<see cref="PeaksOverThreshold"/>) extends the tail.
/// </summary>
public static class FilteredHistorical
{
    /// <summary>One step ahead.</summary>
    /// <param name="returns">oldest first, at least two</param>
    /// <param name="variances">of each, as expected before it came, over zero</param>
    /// <param name="nextVariance">expected of the next sample</param>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `TooFewObservations`, `NotFinite`, `ShapeMismatch`,
    /// `ZeroVariance`</exception>
    public static TailForecast Forecast(
        ReadOnlySpan<double> returns, ReadOnlySpan<double> variances, double nextVariance, double mean, double level)
    {
        TailInput.RequireLevel(level);
        return HistoricalTail.OfSorted(SortedLosses(returns, variances, nextVariance, mean), level);
    }

    /// <summary>z_t = (r_t - mu)/sqrt(h_t), oldest first.</summary>
    public static double[] StandardisedResiduals(ReadOnlySpan<double> returns, ReadOnlySpan<double> variances, double mean)
    {
        TailInput.RequireObservations(returns, minimum: 2);
        TailInput.RequireLength("variances", variances.Length, returns.Length);
        TailInput.RequireNumber("mean", mean);
        var residuals = new double[returns.Length];
        for (var t = 0; t < residuals.Length; t++)
        {
            if (!(variances[t] > 0) || !(variances[t] <= TailInput.Largest * TailInput.Largest))
            {
                throw new RiskInputException(
                    "ZeroVariance", $"The variance expected at observation {t} is {variances[t]}; it must be over 0. Is the feed frozen?");
            }

            residuals[t] = (returns[t] - mean) / Math.Sqrt(variances[t]);
        }

        return residuals;
    }

    /// <summary>Losses of simulated paths of <paramref name="horizon"/> steps, ascending: several levels read one simulation.</summary>
    /// <param name="residuals">z, to draw from</param>
    /// <param name="nextVariance">expected of the next sample</param>
    /// <param name="mean">of returns, per sample</param>
    public static double[] SimulateLosses(
        ReadOnlySpan<double> residuals, VarianceRecursion recursion, double nextVariance, double mean, int horizon, int paths, ulong seed)
    {
        recursion.RequireStable();
        TailInput.RequireObservations(residuals, minimum: 2);
        TailInput.RequireAtLeastZero("next variance", nextVariance);
        TailInput.RequireNumber("mean", mean);
        TailInput.RequireCount("horizon", horizon, 1);
        TailInput.RequireCount("number of paths", paths, 2);
        var random = new SeededRandom(seed);
        var losses = new double[paths];
        for (var path = 0; path < paths; path++)
        {
            var (variance, sum) = (nextVariance, 0.0);
            for (var step = 0; step < horizon; step++)
            {
                var residual = Math.Sqrt(variance) * residuals[random.NextInt(residuals.Length)];
                sum += mean + residual;
                variance = recursion.Next(variance, residual);
            }

            losses[path] = -sum;
        }

        Array.Sort(losses);
        return losses;
    }

    internal static double[] SortedLosses(
        ReadOnlySpan<double> returns, ReadOnlySpan<double> variances, double nextVariance, double mean)
    {
        TailInput.RequireAtLeastZero("next variance", nextVariance);
        var scenarios = StandardisedResiduals(returns, variances, mean);
        var deviation = Math.Sqrt(nextVariance);
        for (var t = 0; t < scenarios.Length; t++)
        {
            scenarios[t] = mean + (deviation * scenarios[t]);
        }

        return HistoricalTail.SortedLosses(scenarios);
    }
}
