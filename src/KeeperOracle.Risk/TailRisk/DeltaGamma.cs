using KeeperOracle.Risk.Correlation;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Options books to second order: P&amp;L = theta + delta'x + x' Gamma x / 2 with x normal, mean 0, covariance Sigma = D R D. Three
/// readings:
/// <list type="bullet">
/// <item><see cref="Inverted"/>: the distribution itself, by numerical inversion of its characteristic function (Rice 1980, Davies
/// 1980);</item>
/// <item><see cref="CornishFisherForecast"/>: from the cumulants k1 = theta + tr(GS)/2 and, for r >= 2,
/// k_r = (r-1)!/2 tr((GS)^r) + r!/2 delta' S (GS)^(r-2) delta; quick, but books whose gammas have one sign are mostly outside the
/// expansion's domain (one asset always), so it serves long and short gamma that nearly cancel;</item>
/// <item><see cref="SimulatedLosses"/>: seeded simulation, antithetic in x, the cross-check of both.</item>
/// </list>
/// x is in the unit of delta's denominator (returns with delta in units of account per unit return, or price moves with ordinary Greeks).
/// Limit: a Taylor expansion says little of moves far beyond the strikes; the scenario engine revalues in full.
/// </summary>
public sealed class DeltaGamma
{
    private readonly double[] _delta; // after x = D F z: in independent standard normals
    private readonly double[] _gamma;
    private readonly double _theta;

    /// <param name="theta">P&amp;L when nothing moves</param>
    /// <param name="delta">n</param>
    /// <param name="gamma">n x n, symmetric</param>
    /// <param name="deviations">of x over the horizon, n</param>
    /// <exception cref="RiskInputException">`ShapeMismatch`, `NotFinite`, `Negative`, `NotSymmetric`</exception>
    public DeltaGamma(
        double theta,
        ReadOnlySpan<double> delta,
        ReadOnlySpan<double> gamma,
        ReadOnlySpan<double> deviations,
        CorrelationMatrix correlation)
    {
        TailInput.RequireNumber("theta", theta);
        LinearBook.RequireBook(delta, deviations, correlation);
        RequireSymmetric(gamma, delta.Length);
        var n = delta.Length;
        var factor = MonteCarlo.ScaledFactor(deviations, correlation);
        _theta = theta;
        _delta = new double[n];
        _gamma = new double[n * n];
        for (var k = 0; k < n; k++)
        {
            for (var i = 0; i < n; i++)
            {
                _delta[k] += factor[(i * n) + k] * delta[i];
                for (var l = 0; l < n; l++)
                {
                    for (var j = 0; j < n; j++)
                    {
                        _gamma[(k * n) + l] += factor[(i * n) + k] * gamma[(i * n) + j] * factor[(j * n) + l];
                    }
                }
            }
        }
    }

    /// <summary>First four cumulants of the P&amp;L, as mean, deviation, skewness and excess kurtosis.</summary>
    public ReturnMoments Moments()
    {
        var power = _gamma;
        var image = _delta;
        Span<double> trace = stackalloc double[5];
        Span<double> form = stackalloc double[5];
        for (var r = 1; r <= 4; r++)
        {
            trace[r] = Trace(power);
            form[r] = r >= 2 ? MonteCarlo.Dot(_delta, image) : 0;
            image = r >= 2 ? Times(_gamma, image) : image;
            power = Product(power, _gamma);
        }

        var variance = (0.5 * trace[2]) + form[2];
        var third = trace[3] + (3 * form[3]);
        var fourth = (3 * trace[4]) + (12 * form[4]);
        return variance > 0
            ? new ReturnMoments(
                _theta + (0.5 * trace[1]), Math.Sqrt(variance), third / (variance * Math.Sqrt(variance)), fourth / (variance * variance))
            : new ReturnMoments(_theta + (0.5 * trace[1]), 0, 0, 0);
    }

    /// <summary>The cumulants put into <see cref="CornishFisher"/>: a forecast, or `NotMonotone`.</summary>
    public TailAnswer CornishFisherForecast(double level) => CornishFisher.Forecast(Moments(), level);

    /// <summary>The distribution itself, for VaR and ES at any level.</summary>
    public QuadraticDistribution Inverted() => QuadraticDistribution.Of(_theta, _delta, _gamma);

    /// <summary>Losses of 2 x <paramref name="pairs"/> scenarios, ascending.</summary>
    /// <exception cref="RiskInputException">`CountOutOfRange`</exception>
    public double[] SimulatedLosses(int pairs, ulong seed)
    {
        TailInput.RequireCount("number of pairs", pairs, 1);
        var n = _delta.Length;
        var random = new SeededRandom(seed);
        var z = new double[n];
        var losses = new double[2 * pairs];
        for (var pair = 0; pair < pairs; pair++)
        {
            MonteCarlo.Fill(random, z);
            var linear = MonteCarlo.Dot(_delta, z);
            var quadratic = _theta;
            for (var i = 0; i < n; i++)
            {
                quadratic += 0.5 * z[i] * MonteCarlo.Dot(_gamma.AsSpan(i * n, n), z);
            }

            losses[2 * pair] = -(quadratic + linear);
            losses[(2 * pair) + 1] = -(quadratic - linear);
        }

        Array.Sort(losses);
        return losses;
    }

    /// <summary>VaR and ES of the simulation.</summary>
    public TailForecast SimulatedForecast(double level, int pairs, ulong seed)
    {
        TailInput.RequireLevel(level);
        return HistoricalTail.OfSorted(SimulatedLosses(pairs, seed), level);
    }

    private static void RequireSymmetric(ReadOnlySpan<double> gamma, int n)
    {
        TailInput.RequireLength("gammas", gamma.Length, n * n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                TailInput.RequireNumber("gamma", gamma[(i * n) + j]);
                if (gamma[(i * n) + j] != gamma[(j * n) + i])
                {
                    throw new RiskInputException("NotSymmetric", $"Gamma of {i} and {j} differs from that of {j} and {i}.");
                }
            }
        }
    }

    private double Trace(double[] matrix)
    {
        var sum = 0.0;
        for (var i = 0; i < matrix.Length; i += _delta.Length + 1)
        {
            sum += matrix[i];
        }

        return sum;
    }

    private static double[] Times(double[] matrix, double[] vector)
    {
        var n = vector.Length;
        var result = new double[n];
        for (var i = 0; i < n; i++)
        {
            result[i] = MonteCarlo.Dot(matrix.AsSpan(i * n, n), vector);
        }

        return result;
    }

    private double[] Product(double[] first, double[] second)
    {
        var n = _delta.Length;
        var result = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var k = 0; k < n; k++)
            {
                for (var j = 0; j < n; j++)
                {
                    result[(i * n) + j] += first[(i * n) + k] * second[(k * n) + j];
                }
            }
        }

        return result;
    }
}
