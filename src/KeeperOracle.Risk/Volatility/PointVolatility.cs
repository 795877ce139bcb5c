namespace KeeperOracle.Risk.Volatility;

/// <summary>Which of its two sources a point volatility stands on.</summary>
public enum PointVolatilitySource
{
    Estimated,
    Implied,
}

/// <summary>
/// The volatility of now, annualised: the larger of the estimate (EWMA or GARCH one-step) and the implied volatility where that is fresh.
/// What margin is made of is the applied volatility, which <see cref="StressBlend.Apply"/> makes from it.
/// </summary>
public readonly record struct PointVolatility(double Volatility, PointVolatilitySource Source)
{
    /// <summary>
    /// Implied counts where it is there and at most <paramref name="maximumAgeSeconds"/> old; an older one is left out, in either
    /// direction. Refuses `NotFinite` and `NegativeVolatility`; an age under zero is `BadAge`.
    /// </summary>
    public static PointVolatility Of(double estimated, double? implied, double impliedAgeSeconds, double maximumAgeSeconds)
    {
        Check(estimated, nameof(estimated));
        if (implied is not { } value)
        {
            return new PointVolatility(estimated, PointVolatilitySource.Estimated);
        }

        Check(value, nameof(implied));
        if (!(impliedAgeSeconds >= 0 && maximumAgeSeconds >= 0))
        {
            throw new RiskInputException(
                "BadAge", $"An implied volatility {impliedAgeSeconds} s old, at most {maximumAgeSeconds} s: ages are zero or more.");
        }

        return impliedAgeSeconds <= maximumAgeSeconds && value > estimated
            ? new PointVolatility(value, PointVolatilitySource.Implied)
            : new PointVolatility(estimated, PointVolatilitySource.Estimated);
    }

    private static void Check(double volatility, string name)
    {
        if (!double.IsFinite(volatility))
        {
            throw new RiskInputException("NotFinite", $"The {name} volatility is {volatility}.");
        }

        if (volatility < 0)
        {
            throw new RiskInputException("NegativeVolatility", $"The {name} volatility is {volatility:R}: it is zero or more.");
        }
    }
}
