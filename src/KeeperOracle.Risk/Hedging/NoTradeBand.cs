namespace KeeperOracle.Risk.Hedging;

/// <summary>
/// How far the delta of a book may stray before trading pays, for small proportional costs and exponential utility
/// (Whalley and Wilmott, "An asymptotic analysis of an optimal hedging model for option pricing with transaction costs", 1997):
/// <code>
/// w = (3 c D G^2 S/(2 a))^(1/3)
/// </code>
/// c cost as a fraction of traded value, D discount factor to the horizon, G gamma, S spot, a absolute risk aversion (one over units of
/// account). The band is |delta| at most w, in units of the underlying.
/// </summary>
public static class NoTradeBand
{
    /// <param name="gamma">of the whole book, per unit of spot squared; its sign does not matter</param>
    /// <param name="spot">over zero</param>
    /// <param name="proportionalCost">c, at least zero</param>
    /// <param name="riskAversion">a, over zero</param>
    /// <param name="discount">D, over zero</param>
    /// <returns>half width, units of the underlying</returns>
    /// <remarks>Refuses `BandInputOutOfRange`, also where the width is over the largest double.</remarks>
    public static double HalfWidth(double gamma, double spot, double proportionalCost, double riskAversion, double discount = 1)
    {
        if (!double.IsFinite(gamma) || !(spot > 0) || !(proportionalCost >= 0) || !(riskAversion > 0) || !(discount > 0))
        {
            throw new RiskInputException(
                "BandInputOutOfRange",
                $"Gamma {gamma} is finite, spot {spot}, risk aversion {riskAversion} and discount {discount} are over zero, "
                + $"cost {proportionalCost} at least zero.");
        }

        var cube = 1.5 * proportionalCost * discount * gamma * gamma * spot / riskAversion;
        return double.IsFinite(cube)
            ? CubeRoot(cube)
            : throw new RiskInputException("BandInputOutOfRange", $"The band of gamma {gamma} at spot {spot} is over the largest number.");
    }

    /// <summary>For x of at least zero; within a unit in the last place: the estimate by logarithm and one step of Newton.</summary>
    private static double CubeRoot(double x)
    {
        if (x == 0)
        {
            return 0;
        }

        var root = Elementary.Exp(Elementary.Log(x) / 3);
        return root - ((root - (x / root / root)) / 3);
    }
}
