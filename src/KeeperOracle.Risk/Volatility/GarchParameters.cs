namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// The four parameters of a GARCH(1,1), per sample: <paramref name="Mu"/> in the unit of the returns, <paramref name="Omega"/> in its
/// square.
/// </summary>
public readonly record struct GarchParameters(double Mu, double Omega, double Alpha, double Beta)
{
    /// <summary>alpha + beta: what is left of a shock to the variance one sample later.</summary>
    public double Persistence => Alpha + Beta;

    /// <summary>VL = omega / (1 - alpha - beta); null where alpha + beta is 1 or more and there is none.</summary>
    public double? LongRunVariance => Persistence < 1 && double.IsFinite(Omega / (1 - Persistence)) ? Omega / (1 - Persistence) : null;

    /// <summary>The variance of the next return, given this one and its variance.</summary>
    public double NextVariance(double variance, double observedReturn)
    {
        var residual = observedReturn - Mu;
        return Math.FusedMultiplyAdd(Beta, variance, Math.FusedMultiplyAdd(Alpha, residual * residual, Omega));
    }

    /// <summary>mean(e^2) over <paramref name="returns"/>, which stands before the sample for both e^2 and h.</summary>
    public double MeanSquaredResidual(ReadOnlySpan<double> returns)
    {
        var sum = 0.0;
        foreach (var r in returns)
        {
            sum += (r - Mu) * (r - Mu);
        }

        return sum / returns.Length;
    }

    /// <summary>
    /// The conditional variances h_1..h_n of <paramref name="returns"/> into <paramref name="variances"/> (of the same length), h_t from
    /// what was known before t but for <paramref name="presampleVariance"/>, which stands for e_0^2 and h_0. Returns h_{n+1}, the
    /// one-step forecast.
    /// </summary>
    public double ConditionalVariances(ReadOnlySpan<double> returns, double presampleVariance, Span<double> variances)
    {
        if (variances.Length != returns.Length)
        {
            throw new ArgumentException(
                $"There are {returns.Length} returns and room for {variances.Length} variances.", nameof(variances));
        }

        var next = Math.FusedMultiplyAdd(Persistence, presampleVariance, Omega);
        for (var t = 0; t < returns.Length; t++)
        {
            variances[t] = next;
            next = NextVariance(next, returns[t]);
        }

        return next;
    }

    /// <summary>
    /// The expected variance of the return <paramref name="steps"/> samples ahead, from the one-step forecast: VL + (alpha+beta)^(n-1) (h
    /// - VL), computed as a sum of positive terms so that it is also right at and over alpha + beta = 1, where VL does not exist.
    /// </summary>
    public double Forecast(double nextVariance, int steps)
    {
        var (power, sum, _) = GeometricSums(steps - 1);
        return Finite((power * nextVariance) + (Omega * sum), steps);
    }

    /// <summary>The expected variance of the sum of the next <paramref name="steps"/> returns: the forecasts 1 to n added up.</summary>
    public double CumulativeForecast(double nextVariance, int steps)
    {
        var (_, sum, sumOfSums) = GeometricSums(steps);
        return Finite((sum * nextVariance) + (Omega * sumOfSums), steps);
    }

    private static double Finite(double forecast, int steps) => double.IsFinite(forecast)
        ? forecast
        : throw new RiskInputException(
            "ForecastOverflows",
            $"With alpha + beta over 1 the variance {steps} samples ahead is past every number: ask for a shorter horizon.");

    /// <summary>
    /// p^n, G_n = sum of p^i for i under n, and the sum of G_i for i under n, by doubling: G_2k = G_k + p^k G_k and S_2k = S_k + k G_k +
    /// p^k S_k. Every term is positive, so nothing cancels at p = 1.
    /// </summary>
    private (double Power, double Sum, double SumOfSums) GeometricSums(int count)
    {
        if (count < 0)
        {
            throw new RiskInputException("HorizonTooShort", "A forecast is at least one sample ahead.");
        }

        var p = Persistence;
        var (power, sum, sumOfSums) = (1.0, 0.0, 0.0);
        for (var bit = 30; bit >= 0; bit--)
        {
            sumOfSums += ((count >> (bit + 1)) * sum) + (power * sumOfSums);
            sum += power * sum;
            power *= power;
            if (((count >> bit) & 1) == 1)
            {
                sumOfSums += sum;
                sum += power;
                power *= p;
            }
        }

        return (power, sum, sumOfSums);
    }
}
