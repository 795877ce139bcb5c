namespace KeeperOracle.Risk.Correlation;

/// <summary>
/// Exponentially weighted covariance (RiskMetrics): S = L S + (1-L) r r', no mean removed, seeded with the mean of r r' over the whole
/// sample, which is then run through the recursion, as <see cref="Volatility.Ewma"/> does for one series. A sum of outer products with
/// positive weights, hence positive semidefinite. Lambda is per sample: .94 daily, .97 monthly.
/// </summary>
public static class EwmaCorrelation
{
    /// <summary>Correlation after the last of <paramref name="returns"/> (T x n, oldest first).</summary>
    /// <exception cref="RiskInputException">`LambdaOutOfRange`, `TooFewObservations`, `ShapeMismatch`, `NotFinite`,
    /// `ZeroVariance`</exception>
    public static CorrelationMatrix Estimate(int size, ReadOnlySpan<double> returns, double lambda) =>
        CorrelationMatrix.FromCovariance(size, Covariance(size, returns, lambda));

    /// <summary>Covariance per sample, n x n.</summary>
    public static double[] Covariance(int size, ReadOnlySpan<double> returns, double lambda)
    {
        if (lambda is not (> 0 and < 1))
        {
            throw new RiskInputException("LambdaOutOfRange", $"Lambda is {lambda}; it lies between 0 and 1.");
        }

        var count = ReturnTable.RequireRows(size, returns, minimum: 2);
        var covariance = ReturnTable.SecondMoment(size, returns);
        for (var t = 0; t < count; t++)
        {
            var row = returns.Slice(t * size, size);
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++)
                {
                    covariance[(i * size) + j] = (lambda * covariance[(i * size) + j]) + ((1 - lambda) * row[i] * row[j]);
                }
            }
        }

        return covariance;
    }
}
