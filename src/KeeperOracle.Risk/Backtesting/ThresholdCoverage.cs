using KeeperOracle.Risk.Factors;

namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// Whether the liquidation threshold held: a position at the threshold's edge on day t (debt = LT x collateral) is under water where the
/// price falls below LT of the day's close within the liquidation horizon. LT = exp(-m sigma sqrt(h)), m the normal expected-shortfall
/// multiplier at 99 % (2.6652142), h five days, without slippage, bonus and jump. A normal market would breach it within five days on about
/// .8 % of days (twice the chance of ending there); that days overlap makes breaches come in runs, so their share is an estimate and no
/// test.
/// </summary>
public static class ThresholdCoverage
{
    public const int HorizonDays = 5;

    private static readonly FactorParameters Parameters =
        new(Conventions.NormalTailMultiplier, HorizonDays * Conventions.SecondsPerDay, 0, 0);

    /// <summary>
    /// Days in [first, n - 5) on which the lowest price of the next five days is under LT x close. Daily volatility is per day, known at
    /// the close; <paramref name="lows"/> are the closes where a series has no lows. All three have the same length.
    /// </summary>
    public static ThresholdOutcome Judge(
        ReadOnlySpan<double> closes, ReadOnlySpan<double> lows, ReadOnlySpan<double> dailyVolatility, int first)
    {
        if (closes.Length != lows.Length || closes.Length != dailyVolatility.Length)
        {
            throw new RiskInputException(
                "LengthMismatch", $"{closes.Length} closes, {lows.Length} lows and {dailyVolatility.Length} volatilities must be as many.");
        }

        if (first < 0 || first >= closes.Length - HorizonDays)
        {
            throw new RiskInputException(
                "TooFewObservations", $"From day {first + 1} of {closes.Length} there is no day with {HorizonDays} days after it.");
        }

        var (days, breaches, margin) = (0, 0, 0.0);
        for (var t = first; t < closes.Length - HorizonDays; t++)
        {
            var threshold = CollateralFactors.LiquidationThreshold(dailyVolatility[t] * Math.Sqrt(365), 0, Parameters);
            var lowest = double.PositiveInfinity;
            for (var i = 1; i <= HorizonDays; i++)
            {
                lowest = Math.Min(lowest, lows[t + i]);
            }

            days++;
            breaches += lowest < threshold * closes[t] ? 1 : 0;
            margin += 1 - threshold;
        }

        return new ThresholdOutcome(days, breaches, (double)breaches / days, margin / days);
    }
}

/// <summary>Days judged, days with a breach, their share, and the mean of 1 - LT, the margin it costs.</summary>
public sealed record ThresholdOutcome(int Days, int Breaches, double Share, double MeanMargin);
