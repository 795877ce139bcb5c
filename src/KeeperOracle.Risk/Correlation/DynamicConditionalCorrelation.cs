namespace KeeperOracle.Risk.Correlation;

/// <summary>
/// DCC(1,1) (Engle 2002), second step: given residuals z standardised by their own volatility models (GARCH or EWMA, the first step),
/// Q_t = (1-a-b) Qbar + a z_{t-1} z_{t-1}' + b Q_{t-1}, Q_1 = Qbar = mean of z z' (divisor T, no mean removed), and
/// R_t = diag(Q_t)^-1/2 Q_t diag(Q_t)^-1/2. (a, b) with a, b >= 0 and a + b &lt;= .9999 maximise the quasi-likelihood of correlation
/// -1/2 sum_t [ln |R_t| + z_t' R_t^-1 z_t - z_t' z_t]: a grid, then a search with halving steps, the same bits on every run of one machine.
/// Every R_t is positive semidefinite: Q_t is a sum of such with weights of at least zero.
/// Limits: targeting by Qbar is slightly biased (Aielli 2013); where a = 0 is best, b says nothing and is reported as 0.
/// </summary>
public static class DynamicConditionalCorrelation
{
    private const double LargestPersistence = 0.9999;
    private const double SmallestStep = 1e-9;

    private static readonly double[] PersistenceGrid = [0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.997];
    private static readonly double[] ShareGrid = [0.01, 0.03, 0.1, 0.2, 0.4, 0.8];

    /// <summary>What the fit gives.</summary>
    /// <param name="LogLikelihood">of correlation, relative to uncorrelated series</param>
    /// <param name="Next">R_{T+1}, the forecast for the next sample</param>
    /// <param name="Unconditional">correlation of Qbar</param>
    public sealed record Fitted(double A, double B, double LogLikelihood, CorrelationMatrix Next, CorrelationMatrix Unconditional);

    /// <summary>Fits (a, b) to <paramref name="residuals"/> (T x n, oldest first), at least 20 rows and two series.</summary>
    /// <exception cref="RiskInputException">
    /// `TooFewObservations`, `ShapeMismatch`, `NotFinite`, `ZeroVariance`, `Collinear` where some series is a combination of others
    /// </exception>
    public static Fitted Fit(int size, ReadOnlySpan<double> residuals)
    {
        if (size < 2)
        {
            throw new RiskInputException("ShapeMismatch", $"{size} series have no correlation; give at least two.");
        }

        ReturnTable.RequireRows(size, residuals, minimum: 20);
        var target = ReturnTable.SecondMoment(size, residuals);
        var unconditional = CorrelationMatrix.FromCovariance(size, target);
        if (CorrelationMatrix.SmallestEigenvalue(size, unconditional.Values.ToArray()) < 1e-10)
        {
            throw new RiskInputException(
                "Collinear", "A series is a combination of the others: leave it out, its likelihood has no bound.");
        }

        var filter = new Filter(size, target);
        var (persistence, a) = Maximise(filter, residuals);
        var b = a > 0 ? persistence - a : 0;
        var likelihood = filter.Run(a, b, residuals);
        return new Fitted(a, b, likelihood, CorrelationMatrix.FromCovariance(size, filter.Current), unconditional);
    }

    /// <summary>R_{T+1} under given parameters, to carry a fit forward without fitting again.</summary>
    /// <exception cref="RiskInputException">`ParametersOutOfRange`, and those of <see cref="Fit"/></exception>
    public static CorrelationMatrix Forecast(int size, ReadOnlySpan<double> residuals, double a, double b)
    {
        if (!(a >= 0) || !(b >= 0) || !(a + b <= LargestPersistence))
        {
            throw new RiskInputException(
                "ParametersOutOfRange", $"a = {a} and b = {b}: both at least 0 and their sum at most {LargestPersistence}.");
        }

        ReturnTable.RequireRows(size, residuals, minimum: 20);
        var filter = new Filter(size, ReturnTable.SecondMoment(size, residuals));
        filter.Run(a, b, residuals);
        return CorrelationMatrix.FromCovariance(size, filter.Current);
    }

    // Over (a + b, a), where the likelihood's ridge lies along the axes.
    private static (double Persistence, double A) Maximise(Filter filter, ReadOnlySpan<double> residuals)
    {
        var (persistence, a, best) = (0.0, 0.0, filter.Run(0, 0, residuals));
        foreach (var p in PersistenceGrid)
        {
            foreach (var share in ShareGrid)
            {
                var value = filter.Run(share * p, p - (share * p), residuals);
                (persistence, a, best) = value > best ? (p, share * p, value) : (persistence, a, best);
            }
        }

        for (var step = 0.02; step > SmallestStep;)
        {
            var improved = false;
            for (var direction = 0; direction < 9; direction++)
            {
                var p = persistence + (((direction / 3) - 1) * step);
                var share = a + (((direction % 3) - 1) * step);
                if (p is < 0 or > LargestPersistence || share < 0 || share > p)
                {
                    continue;
                }

                var value = filter.Run(share, p - share, residuals);
                if (value > best)
                {
                    (persistence, a, best, improved) = (p, share, value, true);
                }
            }

            step = improved ? step : step / 2;
        }

        return (persistence, a);
    }

    /// <summary>The recursion with its working memory, so that hundreds of runs allocate once.</summary>
    private sealed class Filter(int size, double[] target)
    {
        private readonly double[] _factor = new double[size * size];
        private readonly double[] _solved = new double[size];

        /// <summary>Q of the sample after the last, once run.</summary>
        public double[] Current { get; } = new double[size * size];

        /// <summary>Log-likelihood of correlation; minus infinity where some R_t is singular.</summary>
        public double Run(double a, double b, ReadOnlySpan<double> residuals)
        {
            target.CopyTo(Current, 0);
            var total = 0.0;
            for (var start = 0; start < residuals.Length; start += size)
            {
                var z = residuals.Slice(start, size);
                total += Term(z);
                for (var i = 0; i < size; i++)
                {
                    for (var j = 0; j < size; j++)
                    {
                        var at = (i * size) + j;
                        Current[at] = ((1 - a - b) * target[at]) + (a * z[i] * z[j]) + (b * Current[at]);
                    }
                }
            }

            return total;
        }

        private double Term(ReadOnlySpan<double> z)
        {
            var (logs, determinant, form, square) = (0.0, 1.0, 0.0, 0.0);
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    var sum = Current[(i * size) + j] / Math.Sqrt(Current[(i * size) + i] * Current[(j * size) + j]);
                    for (var k = 0; k < j; k++)
                    {
                        sum -= _factor[(i * size) + k] * _factor[(j * size) + k];
                    }

                    if (i == j && sum <= 0)
                    {
                        return double.NegativeInfinity;
                    }

                    _factor[(i * size) + j] = i == j ? Math.Sqrt(sum) : sum / _factor[(j * size) + j];
                }

                var rest = z[i];
                for (var k = 0; k < i; k++)
                {
                    rest -= _factor[(i * size) + k] * _solved[k];
                }

                var pivot = _factor[(i * size) + i];
                _solved[i] = rest / pivot;
                determinant *= pivot * pivot;
                if (determinant < 1e-200)
                {
                    (logs, determinant) = (logs + Elementary.Log(determinant), 1); // many series: their product leaves a double's range
                }

                form += _solved[i] * _solved[i];
                square += z[i] * z[i];
            }

            return -0.5 * (logs + Elementary.Log(determinant) + form - square);
        }
    }
}
