using System.Globalization;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Policy;

/// <summary>A daily file of the shared data folder: days, closes, and the log returns between them.</summary>
internal sealed record DailyHistory(IReadOnlyList<DateOnly> Days, double[] Closes, double[] Volumes)
{
    public double[] Returns { get; } = [.. Closes.Skip(1).Zip(Closes, (now, before) => Elementary.Log(now / before))];

    public static DailyHistory Read(string file)
    {
        var rows = File.ReadLines(SharedDataFactAttribute.PathOf("data", "1d", file)).Skip(1).Select(line => line.Split(',')).ToList();
        return new DailyHistory(
            [.. rows.Select(row => DateOnly.Parse(row[0].AsSpan(0, 10), CultureInfo.InvariantCulture))],
            [.. rows.Select(row => Number(row[row.Length > 2 ? 4 : 1]))],
            [.. rows.Select(row => row.Length > 5 ? Number(row[5]) : 0)]);
    }

    /// <summary>The days up to and including one.</summary>
    public DailyHistory Until(DateOnly last)
    {
        var count = Days.Count(day => day <= last);
        return new DailyHistory([.. Days.Take(count)], Closes[..count], Volumes[..count]);
    }

    /// <summary>1 - exp(-m sigma sqrt(5 d)) of the plain EWMA, one for each return from the 30th on.</summary>
    public double[] UnmitigatedMargins(double lambda)
    {
        var variance = Ewma.Variance(Returns.AsSpan(0, 30), lambda, 30);
        var margins = new List<double> { Margin(variance) };
        foreach (var one in Returns[30..])
        {
            variance = Ewma.Update(variance, one, lambda);
            margins.Add(Margin(variance));
        }

        return [.. margins];
    }

    private static double Margin(double dailyVariance) => 1 - Elementary.Exp(-2.6652142 * Math.Sqrt(5 * dailyVariance));

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
