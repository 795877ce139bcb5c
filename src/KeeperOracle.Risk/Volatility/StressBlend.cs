namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Applied volatility = (1-w) point + w stress: a share of at least 25 % stays on a stressed period whatever the market does today
/// (EMIR RTS 153/2013 Art. 28(1)(b)), so that margin neither falls to nothing in a calm nor jumps from nothing in a crash.
/// </summary>
public static class StressBlend
{
    /// <summary>The least weight the rule allows.</summary>
    public const double MinimumWeight = 0.25;

    /// <summary>All volatilities annualised. Throws where the weight is under the minimum or over 1.</summary>
    public static double Apply(double pointVolatility, double stressVolatility, double weight)
    {
        if (weight is not (>= MinimumWeight and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "The stress weight lies between .25 and 1.");
        }

        return ((1 - weight) * pointVolatility) + (weight * stressVolatility);
    }
}
