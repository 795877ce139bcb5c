using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// What a tail figure leaves out when a position cannot be sold at once at the mid price.
/// <list type="bullet">
/// <item>Exogenous spread (Bangia, Diebold, Schuermann and Stroughair 1999): + value x (mean spread + a x its deviation)/2; a between 2 and
/// 4.5, as spreads are far from normal.</item>
/// <item>Impact of one's own sale: + value x 2/3 Y sigma_daily sqrt(Q/V), <see cref="Slippage"/>.</item>
/// <item>Liquidity horizons (Basel MAR33.4): ES = sqrt(sum_j (ES_j sqrt((LH_j - LH_{j-1})/T))^2), T = 10 days, LH = 10, 20, 40, 60, 120,
/// LH_0 = 0; ES_j is the T-day ES with only those risk factors moving whose horizon is at least LH_j.</item>
/// </list>
/// </summary>
public static class LiquidityAdjustment
{
    /// <summary>Days, of Basel MAR33.12.</summary>
    public static ReadOnlySpan<double> BaselHorizons => [10, 20, 40, 60, 120];

    /// <summary>Half of a bad day's spread, in units of the position's value.</summary>
    /// <param name="value">of the position at mid, its sign is ignored</param>
    /// <param name="meanSpread">(ask - bid)/mid, a fraction</param>
    /// <param name="spreadDeviation">of that</param>
    /// <param name="multiple">a</param>
    /// <exception cref="RiskInputException">`NotFinite`, `Negative`</exception>
    public static double ExogenousSpread(double value, double meanSpread, double spreadDeviation, double multiple)
    {
        TailInput.RequireNumber("value", value);
        TailInput.RequireAtLeastZero("mean spread", meanSpread);
        TailInput.RequireAtLeastZero("spread deviation", spreadDeviation);
        TailInput.RequireAtLeastZero("multiple", multiple);
        return 0.5 * Math.Abs(value) * (meanSpread + (multiple * spreadDeviation));
    }

    /// <summary>Cost of selling the position, in units of its value.</summary>
    /// <param name="value">of the position at mid, its sign is ignored</param>
    /// <param name="volatility">annualised</param>
    /// <param name="dailyVolume">or depth, in the unit of value, over zero</param>
    /// <param name="calibration">Y</param>
    /// <exception cref="RiskInputException">`NotFinite`, `Negative`, `NoVolume`</exception>
    public static double Impact(double value, double volatility, double dailyVolume, double calibration = 1)
    {
        TailInput.RequireNumber("value", value);
        TailInput.RequireAtLeastZero("volatility", volatility);
        TailInput.RequireAtLeastZero("calibration", calibration);
        if (dailyVolume is not (> 0 and <= TailInput.Largest))
        {
            throw new RiskInputException("NoVolume", $"The daily volume is {dailyVolume}; nothing can be sold into it.");
        }

        return Math.Abs(value) * Slippage.SquareRootImpact(volatility, Math.Abs(value), dailyVolume, calibration);
    }

    /// <summary>Both costs on top of VaR and of ES: they are paid in every bad scenario alike.</summary>
    public static TailForecast WithCost(TailForecast forecast, double cost)
    {
        TailInput.RequireAtLeastZero("cost", cost);
        return TailInput.Finished(forecast.Var + cost, forecast.Es + cost);
    }

    /// <summary>ES over liquidity horizons.</summary>
    /// <param name="shortfalls">ES_j over <paramref name="baseHorizon"/> days, at least zero, one for each horizon</param>
    /// <param name="horizons">days, rising, the first over zero</param>
    /// <exception cref="RiskInputException">`ShapeMismatch`, `NotFinite`, `Negative`, `HorizonsNotRising`</exception>
    public static double OverHorizons(ReadOnlySpan<double> shortfalls, ReadOnlySpan<double> horizons, double baseHorizon = 10)
    {
        TailInput.RequireLength("shortfalls", shortfalls.Length, horizons.Length);
        TailInput.RequireAtLeastZero("base horizon", baseHorizon);
        var (sum, before) = (0.0, 0.0);
        for (var j = 0; j < horizons.Length; j++)
        {
            TailInput.RequireAtLeastZero("shortfall", shortfalls[j]);
            TailInput.RequireNumber("horizon", horizons[j]);
            if (!(horizons[j] > before) || !(baseHorizon > 0))
            {
                throw new RiskInputException(
                    "HorizonsNotRising", $"Horizon {horizons[j]} after {before} over {baseHorizon}: give days that rise.");
            }

            sum += shortfalls[j] * shortfalls[j] * (horizons[j] - before) / baseHorizon;
            before = horizons[j];
        }

        return Math.Sqrt(sum);
    }
}
