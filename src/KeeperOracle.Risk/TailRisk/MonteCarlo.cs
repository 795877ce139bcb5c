using KeeperOracle.Risk.Correlation;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Monte Carlo with correlated normal returns: r = mu + D F z, D the deviations, F F' the correlation matrix (Cholesky with pivoting), z
/// from <see cref="SeededRandom"/>, in antithetic pairs z and -z, so that the mean is exact and the same seed gives the same scenarios. VaR
/// and ES of the scenarios are those of <see cref="HistoricalTail"/>.
/// </summary>
public static class MonteCarlo
{
    /// <summary>
    /// Fills <paramref name="returns"/> with scenarios, n returns of each beside each other: whole antithetic pairs, so its length is a
    /// multiple of 2 n.
    /// </summary>
    /// <param name="means">per period, n</param>
    /// <param name="deviations">per period, n</param>
    /// <exception cref="RiskInputException">`ShapeMismatch`, `NotFinite`, `Negative`</exception>
    public static void FillReturns(
        ReadOnlySpan<double> means, ReadOnlySpan<double> deviations, CorrelationMatrix correlation, ulong seed, Span<double> returns)
    {
        LinearBook.RequireBook(means, deviations, correlation);
        var n = correlation.Size;
        if (returns.Length % (2 * n) != 0)
        {
            throw new RiskInputException("ShapeMismatch", $"{returns.Length} returns are not whole antithetic pairs of {n} series.");
        }

        var factor = ScaledFactor(deviations, correlation);
        var random = new SeededRandom(seed);
        var z = new double[n];
        for (var start = 0; start < returns.Length; start += 2 * n)
        {
            Fill(random, z);
            var first = returns.Slice(start, n);
            var mirror = returns.Slice(start + n, n);
            for (var i = 0; i < n; i++)
            {
                var move = Dot(factor.AsSpan(i * n, n), z);
                first[i] = means[i] + move;
                mirror[i] = means[i] - move;
            }
        }
    }

    /// <summary>Losses of a linear book in 2 x <paramref name="pairs"/> scenarios, ascending: several levels read one simulation.</summary>
    /// <param name="exposures">units of account in each asset, signed</param>
    public static double[] LinearLosses(
        ReadOnlySpan<double> exposures,
        ReadOnlySpan<double> means,
        ReadOnlySpan<double> deviations,
        CorrelationMatrix correlation,
        int pairs,
        ulong seed)
    {
        LinearBook.RequireBook(exposures, deviations, correlation);
        LinearBook.RequireBook(means, deviations, correlation);
        TailInput.RequireCount("number of pairs", pairs, 1);
        var n = correlation.Size;
        var weights = new double[n]; // of the loss in each z: the book's exposures through the factor
        var factor = ScaledFactor(deviations, correlation);
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < n; k++)
            {
                weights[k] -= exposures[i] * factor[(i * n) + k];
            }
        }

        var centre = -Dot(exposures, means);
        var random = new SeededRandom(seed);
        var losses = new double[2 * pairs];
        for (var pair = 0; pair < pairs; pair++)
        {
            var move = 0.0;
            for (var k = 0; k < n; k++)
            {
                move += weights[k] * random.NextNormal();
            }

            losses[2 * pair] = centre + move;
            losses[(2 * pair) + 1] = centre - move;
        }

        Array.Sort(losses);
        return losses;
    }

    /// <summary>VaR and ES of a linear book.</summary>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `ShapeMismatch`, `NotFinite`, `Negative`, `CountOutOfRange`</exception>
    public static TailForecast Forecast(
        ReadOnlySpan<double> exposures,
        ReadOnlySpan<double> means,
        ReadOnlySpan<double> deviations,
        CorrelationMatrix correlation,
        double level,
        int pairs,
        ulong seed)
    {
        TailInput.RequireLevel(level);
        return HistoricalTail.OfSorted(LinearLosses(exposures, means, deviations, correlation, pairs, seed), level);
    }

    /// <summary>D F: row i times z is the move of asset i.</summary>
    internal static double[] ScaledFactor(ReadOnlySpan<double> deviations, CorrelationMatrix correlation)
    {
        var factor = correlation.Factor();
        for (var i = 0; i < factor.Length; i++)
        {
            factor[i] *= deviations[i / correlation.Size];
        }

        return factor;
    }

    internal static void Fill(SeededRandom random, Span<double> z)
    {
        for (var i = 0; i < z.Length; i++)
        {
            z[i] = random.NextNormal();
        }
    }

    internal static double Dot(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        var sum = 0.0;
        for (var i = 0; i < first.Length; i++)
        {
            sum += first[i] * second[i];
        }

        return sum;
    }
}
