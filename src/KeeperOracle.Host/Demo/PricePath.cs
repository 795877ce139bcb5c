using System.Globalization;
using KeeperOracle.Host.Files;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Random;

namespace KeeperOracle.Host.Demo;

/// <summary>Prices of the demo's two collaterals at one hour, in units of account.</summary>
public readonly record struct HourlyPrices(double Weth, double Wbtc);

/// <summary>A path of hourly prices: history first, which the feeds hold when the demo begins, then the hours it plays.</summary>
/// <param name="Source">what a person reads about where it comes from</param>
/// <param name="Start">chain time of the first played hour</param>
public sealed record PricePath(string Source, DateTimeOffset Start, IReadOnlyList<HourlyPrices> History, IReadOnlyList<HourlyPrices> Hours)
{
    /// <summary>Hours of history: two weeks.</summary>
    public const int HistoryHours = 336;

    /// <summary>A volatility needs a day of returns.</summary>
    public const int LeastHistoryHours = 26;

    private const double BitcoinBeta = 0.8;

    /// <summary>
    /// A seeded path with stochastic volatility (a square-root variance, correlated with returns at -.6) and a crash: three jumps and
    /// a day in which the variance returns to three times its level. Hourly steps of a 365-day year.
    /// </summary>
    public static PricePath Synthetic(int seed, int hours)
    {
        const double Step = 1.0 / (365 * 24);
        const double CalmVariance = 0.55 * 0.55;
        const double StressVariance = 1.6 * 1.6;
        const double Reversion = 120;
        const double VolatilityOfVariance = 8;
        const double Leverage = -0.6;
        const double Correlation = 0.8;
        var random = new MersenneTwister(seed, threadSafe: false);
        var gauss = new Normal(0, 1, random);
        var (weth, wbtc, variance) = (3000.0, 60000.0, CalmVariance);
        var prices = new List<HourlyPrices>(HistoryHours + hours);
        for (var hour = -HistoryHours; hour < hours; hour++)
        {
            prices.Add(new HourlyPrices(weth, wbtc));
            var stressed = hour is >= 4 and < 30;
            var shock = gauss.Sample();
            var second = (Leverage * shock) + (Math.Sqrt(1 - (Leverage * Leverage)) * gauss.Sample());
            var other = (Correlation * shock) + (Math.Sqrt(1 - (Correlation * Correlation)) * gauss.Sample());
            var deviation = Math.Sqrt(variance * Step);
            var jump = hour switch { 5 => -0.11, 9 => -0.09, 16 => -0.06, _ => 0 };
            var drift = stressed ? -0.004 : 0;
            weth *= Math.Exp(drift + jump - (deviation * deviation / 2) + (deviation * shock));
            wbtc *= Math.Exp((BitcoinBeta * (drift + jump)) - (deviation * deviation / 2) + (BitcoinBeta * deviation * other));
            var level = stressed ? StressVariance : CalmVariance;
            variance += (Reversion * (level - variance) * Step) + (VolatilityOfVariance * deviation * second);
            variance = Math.Max(variance, CalmVariance / 4);
        }

        return new PricePath(
            $"synthetic, seed {seed}",
            DateTimeOffset.FromUnixTimeSeconds(1_767_225_600), // 1 January 2026: a fixed day, so that two runs of one seed are alike
            prices.GetRange(0, HistoryHours),
            prices.GetRange(HistoryHours, hours));
    }

    /// <summary>
    /// The hours around the deepest fall of a CSV (timestamp and price, or timestamp and OHLC bars), rows taken as hours. WETH follows the
    /// file; WBTC moves by .8 of its log returns. Throws <see cref="InputFileException"/> with the line.
    /// </summary>
    public static PricePath FromFile(string file, int hours)
    {
        var series = MarketSeriesReader.ReadPrices(file, allowGaps: true); // rows are taken as hours, whatever lies between them
        var rows = series.Prices!;
        if (rows.Length < LeastHistoryHours + 2)
        {
            throw new InputFileException(
                "TooFewRows", series.File, null, $"it has {rows.Length} prices: {LeastHistoryHours} hours of history and two to play are needed.");
        }

        var first = DeepestFall(rows, hours);
        var last = Math.Min(rows.Length, first + hours);
        var prices = rows.Select(price => new HourlyPrices(price, 60000 * Math.Pow(price / rows[0], BitcoinBeta))).ToList();
        var begin = Math.Max(0, first - HistoryHours);
        return new PricePath(
            string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}, rows {first + 1} to {last} of {rows.Length}"),
            series.Times![first],
            prices.GetRange(begin, first - begin),
            prices.GetRange(first, last - first));
    }

    /// <summary>Where to begin so that the deepest fall inside the window is played, a few hours before its top.</summary>
    private static int DeepestFall(double[] rows, int hours)
    {
        var (worst, top) = (double.MaxValue, LeastHistoryHours);
        for (var start = LeastHistoryHours; start < rows.Length - 1; start++)
        {
            var end = Math.Min(rows.Length, start + hours - 4);
            for (var i = start + 1; i < end; i++)
            {
                if (rows[i] / rows[start] < worst)
                {
                    (worst, top) = (rows[i] / rows[start], start);
                }
            }
        }

        return Math.Max(LeastHistoryHours, top - 4);
    }
}
