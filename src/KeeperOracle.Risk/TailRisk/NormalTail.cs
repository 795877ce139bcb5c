namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Normal returns: VaR = -m + s z, ES = -m + s phi(z)/(1 - level), z the quantile at the level. The tail is thinner than any market's; here
/// as the baseline that backtests reject.
/// </summary>
public static class NormalTail
{
    /// <param name="mean">of returns or P&amp;L over the horizon</param>
    /// <param name="standardDeviation">likewise, at least zero</param>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `NotFinite`, `Negative`</exception>
    public static TailForecast Forecast(double mean, double standardDeviation, double level)
    {
        TailInput.RequireLevel(level);
        TailInput.RequireNumber("mean", mean);
        TailInput.RequireAtLeastZero("standard deviation", standardDeviation);
        var z = Elementary.NormalQuantile(level);
        return TailInput.Finished((standardDeviation * z) - mean, (standardDeviation * Elementary.NormalDensity(z) / (1 - level)) - mean);
    }
}
