namespace KeeperOracle.Risk.Correlation;

/// <summary>
/// Linear shrinkage of the sample covariance to a multiple of the identity (Ledoit and Wolf 2004, "A well-conditioned estimator for
/// large-dimensional covariance matrices"): (1-d) S + d m I, with S = X'X/T after the mean (divisor T), m = tr(S)/n, and
/// d = min(b2, a2)/a2, a2 = |S - m I|^2/n, b2 = (1/T^2) sum_t |x_t x_t' - S|^2 / n.
/// The target is the identity because it needs no choice; on standardised series it is "no correlation".
/// </summary>
public static class LedoitWolf
{
    /// <summary>What shrinkage gives.</summary>
    /// <param name="Covariance">n x n, per sample</param>
    /// <param name="Intensity">d in [0, 1]: weight of the target</param>
    public sealed record Shrunk(double[] Covariance, double Intensity);

    /// <summary>
    /// Correlation of <paramref name="returns"/> (T x n): series are first scaled to unit variance, so that the target is uncorrelated
    /// series whatever their volatilities.
    /// </summary>
    /// <exception cref="RiskInputException">`TooFewObservations`, `ShapeMismatch`, `NotFinite`, `ZeroVariance`</exception>
    public static CorrelationMatrix Correlation(int size, ReadOnlySpan<double> returns)
    {
        var count = ReturnTable.RequireRows(size, returns, minimum: 2);
        var scaled = ReturnTable.Centred(size, returns);
        for (var series = 0; series < size; series++)
        {
            var variance = 0.0;
            for (var t = 0; t < count; t++)
            {
                variance += scaled[(t * size) + series] * scaled[(t * size) + series] / count;
            }

            if (!(variance > 0))
            {
                throw new RiskInputException("ZeroVariance", $"Series {series} never moves: a correlation needs a variance over zero.");
            }

            for (var t = 0; t < count; t++)
            {
                scaled[(t * size) + series] /= Math.Sqrt(variance);
            }
        }

        return CorrelationMatrix.FromCovariance(size, Covariance(size, scaled).Covariance);
    }

    /// <summary>Shrunk covariance of <paramref name="returns"/> as they are.</summary>
    public static Shrunk Covariance(int size, ReadOnlySpan<double> returns)
    {
        var count = ReturnTable.RequireRows(size, returns, minimum: 2);
        var centred = ReturnTable.Centred(size, returns);
        var sample = ReturnTable.SecondMoment(size, centred);
        var mean = 0.0;
        for (var i = 0; i < size; i++)
        {
            mean += sample[(i * size) + i] / size;
        }

        var intensity = Intensity(size, count, centred, sample, mean);
        var shrunk = new double[sample.Length];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                shrunk[(i * size) + j] = ((1 - intensity) * sample[(i * size) + j]) + (i == j ? intensity * mean : 0);
            }
        }

        return new Shrunk(shrunk, intensity);
    }

    private static double Intensity(int size, int count, ReadOnlySpan<double> centred, ReadOnlySpan<double> sample, double mean)
    {
        var distance = 0.0; // n a2
        var norm = 0.0; // |S|^2
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                var value = sample[(i * size) + j];
                var offset = value - (i == j ? mean : 0);
                distance += offset * offset;
                norm += value * value;
            }
        }

        // sum_t |x x' - S|^2 = sum_t |x|^4 - T |S|^2.
        var fourth = 0.0;
        for (var t = 0; t < count; t++)
        {
            var square = 0.0;
            foreach (var x in centred.Slice(t * size, size))
            {
                square += x * x;
            }

            fourth += square * square;
        }

        var noise = Math.Max(0, (fourth / count) - norm) / count; // n b2; below zero by rounding only
        return noise >= distance ? (distance > 0 ? 1 : 0) : noise / distance;
    }
}
