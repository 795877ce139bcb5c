namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Exponentially weighted moving average of squared returns (RiskMetrics): s2 = L s2 + (1-L) r2, no mean removed. Lambda is per sample:
/// .94 for daily returns, .97 for monthly; the caller chooses it for its own sampling interval.
/// </summary>
public static class Ewma
{
    /// <summary>One update of the variance per sample.</summary>
    public static double Update(double variance, double logReturn, double lambda) =>
        (lambda * variance) + ((1 - lambda) * logReturn * logReturn);

    /// <summary>
    /// Variance per sample after all returns (oldest first). Seeded with the mean square of the first <paramref name="seedLength"/> returns
    /// (all of them where there are fewer), which are then run through the recursion too.
    /// </summary>
    public static double Variance(ReadOnlySpan<double> logReturns, double lambda, int seedLength)
    {
        var variance = Seed(logReturns, lambda, seedLength);
        foreach (var r in logReturns)
        {
            variance = Update(variance, r, lambda);
        }

        return variance;
    }

    /// <summary>
    /// The variance per sample that stood before each return: v_1 is the seed, v_{t+1} = <see cref="Update"/>(v_t, r_t). So v_t may be
    /// held against r_t for t over <paramref name="seedLength"/>; before that the seed has seen it. Returns v_{n+1}, which is what
    /// <see cref="Variance"/> gives.
    /// </summary>
    public static double OneStepVariances(ReadOnlySpan<double> logReturns, double lambda, int seedLength, Span<double> variances)
    {
        if (variances.Length != logReturns.Length)
        {
            throw new ArgumentException(
                $"There are {logReturns.Length} returns and room for {variances.Length} variances.", nameof(variances));
        }

        var variance = Seed(logReturns, lambda, seedLength);
        for (var t = 0; t < logReturns.Length; t++)
        {
            variances[t] = variance;
            variance = Update(variance, logReturns[t], lambda);
        }

        return variance;
    }

    /// <summary>Annualised volatility from a variance per sample, on a 365-day year.</summary>
    public static double Annualise(double variance, double sampleSeconds) =>
        Math.Sqrt(variance * Conventions.SecondsPerYear / sampleSeconds);

    private static double Seed(ReadOnlySpan<double> logReturns, double lambda, int seedLength)
    {
        if (lambda is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(lambda), lambda, "Lambda lies between 0 and 1.");
        }

        if (logReturns.IsEmpty || seedLength < 1)
        {
            throw new ArgumentException("A variance needs at least one return and a seed of at least one.");
        }

        var seed = logReturns[..Math.Min(seedLength, logReturns.Length)];
        var variance = 0.0;
        foreach (var r in seed)
        {
            variance += r * r / seed.Length;
        }

        return variance;
    }
}
