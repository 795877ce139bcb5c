namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// What selling a position at once costs, by square-root impact: I = Y sigma_daily sqrt(Q/V) and s = 2/3 I, the average over the sale.
/// Q = the largest position to be sold, V = daily volume or depth, in one unit; Y = 1 unless calibrated.
/// </summary>
public static class Slippage
{
    /// <summary>Fraction of value lost. Volatility annualised.</summary>
    public static double SquareRootImpact(double volatility, double sellSize, double dailyVolume, double calibration = 1)
    {
        if (!(sellSize >= 0) || !(dailyVolume > 0))
        {
            throw new ArgumentException("The size to sell is at least zero and the daily volume over zero.");
        }

        var daily = volatility / Math.Sqrt(365);
        return 2.0 / 3.0 * calibration * daily * Math.Sqrt(sellSize / dailyVolume);
    }
}
