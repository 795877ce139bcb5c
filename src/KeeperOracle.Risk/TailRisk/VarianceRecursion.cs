using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// h' = omega + alpha e^2 + beta h: GARCH(1,1) of residuals e after the mean, or EWMA (omega 0, alpha 1 - lambda, beta lambda).
/// Variances are per sample.
/// </summary>
public readonly record struct VarianceRecursion(double Omega, double Alpha, double Beta)
{
    private const double Rounding = 1e-12; // (1 - lambda) + lambda may round over one

    public static VarianceRecursion Ewma(double lambda) => lambda is > 0 and < 1
        ? new VarianceRecursion(0, 1 - lambda, lambda)
        : throw new RiskInputException("LambdaOutOfRange", $"Lambda is {lambda}; it lies between 0 and 1.");

    public double Next(double variance, double residual) => About(0).NextVariance(variance, residual);

    /// <summary>Variance expected of the sum of the next <paramref name="horizon"/> returns, from that of the next one.</summary>
    public double Cumulative(double nextVariance, int horizon)
    {
        RequireStable();
        TailInput.RequireAtLeastZero("next variance", nextVariance);
        TailInput.RequireCount("horizon", horizon, 1);
        return About(0).CumulativeForecast(nextVariance, horizon);
    }

    /// <summary>
    /// Variance that each return was expected to have before it came, oldest first, starting from the mean square of all residuals (for
    /// GARCH omega + (alpha + beta) times that). Fills <paramref name="variances"/>; returns the one expected of the next sample.
    /// </summary>
    public double Filter(ReadOnlySpan<double> returns, double mean, Span<double> variances)
    {
        RequireStable();
        TailInput.RequireObservations(returns, minimum: 2);
        TailInput.RequireNumber("mean", mean);
        TailInput.RequireLength("variances", variances.Length, returns.Length);
        var parameters = About(mean);
        return parameters.ConditionalVariances(returns, parameters.MeanSquaredResidual(returns), variances);
    }

    /// <exception cref="RiskInputException">`RecursionOutOfRange`: a variance must stay positive and must not explode</exception>
    internal void RequireStable()
    {
        if (!(Omega is >= 0 and <= TailInput.Largest) || !(Alpha >= 0) || !(Beta >= 0) || !(Alpha + Beta <= 1 + Rounding))
        {
            throw new RiskInputException(
                "RecursionOutOfRange", $"omega {Omega}, alpha {Alpha}, beta {Beta}: all at least 0 and alpha + beta at most 1.");
        }
    }

    private GarchParameters About(double mean) => new(mean, Omega, Alpha, Beta);
}
