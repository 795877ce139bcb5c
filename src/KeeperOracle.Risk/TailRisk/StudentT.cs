namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// The standard Student-t distribution (location 0, scale 1; variance nu/(nu-2) where nu > 2), on <see cref="Elementary"/> alone.
/// </summary>
public static class StudentT
{
    private const int MostSteps = 200;
    private const double FewestDegrees = 0.2; // under it quantiles at levels a double can hold leave the range of a double

    /// <summary>Density at t for <paramref name="degreesOfFreedom"/> from .2 to 1e6.</summary>
    public static double Density(double t, double degreesOfFreedom)
    {
        var nu = RequireDegrees(degreesOfFreedom);
        return Elementary.Exp(LogNormalisation(nu) - (0.5 * (nu + 1) * Elementary.Log(1 + (t * t / nu))));
    }

    /// <summary>Probability of a value over t.</summary>
    public static double Survival(double t, double degreesOfFreedom)
    {
        var nu = RequireDegrees(degreesOfFreedom);
        var square = t * t;
        var tail = 0.5 * GammaFunctions.RegularisedBeta(0.5 * nu, 0.5, nu / (nu + square), square / (nu + square));
        return t >= 0 ? tail : 1 - tail;
    }

    /// <summary>Value that is exceeded with probability 1 - level. Level in (0, 1).</summary>
    public static double Quantile(double level, double degreesOfFreedom)
    {
        TailInput.RequireLevel(level);
        RequireDegrees(degreesOfFreedom);
        return level < 0.5 ? -UpperQuantile(level, degreesOfFreedom) : UpperQuantile(1 - level, degreesOfFreedom);
    }

    /// <summary>VaR and ES of the loss side: the quantile t, and f(t)/(1 - level) (nu + t^2)/(nu - 1), which needs nu over 1.</summary>
    internal static TailForecast Tail(double level, double degreesOfFreedom)
    {
        var t = Quantile(level, degreesOfFreedom);
        var shortfall = Density(t, degreesOfFreedom) / (1 - level) * (degreesOfFreedom + (t * t)) / (degreesOfFreedom - 1);
        return new TailForecast(t, shortfall);
    }

    internal static double LogNormalisation(double nu) =>
        GammaFunctions.LogGamma(0.5 * (nu + 1)) - GammaFunctions.LogGamma(0.5 * nu) - (0.5 * Elementary.Log(nu * Math.PI));

    // Newton in the logarithms of value and probability, where a power tail is a straight line; halving where it leaves the bracket.
    private static double UpperQuantile(double probability, double nu)
    {
        var (low, high) = (0.0, 1.0);
        while (Survival(high, nu) > probability && high < 1e150)
        {
            (low, high) = (high, high * 4);
        }

        var t = 0.5 * (low + high);
        for (var step = 0; step < MostSteps && high - low > 1e-15 * high; step++)
        {
            var survival = Survival(t, nu);
            (low, high) = survival > probability ? (t, high) : (low, t);
            var slope = t * Density(t, nu) / survival;
            var next = t * Elementary.Exp(Elementary.Log(survival / probability) / slope);
            if (Math.Abs(next - t) <= 1e-15 * t)
            {
                return t;
            }

            t = next > low && next < high ? next : 0.5 * (low + high);
        }

        return t;
    }

    private static double RequireDegrees(double degreesOfFreedom) => degreesOfFreedom is >= FewestDegrees and <= 1e6
        ? degreesOfFreedom
        : throw new RiskInputException(
            "DegreesOutOfRange", $"{degreesOfFreedom} degrees of freedom; they lie between {FewestDegrees} and 1e6.");
}
