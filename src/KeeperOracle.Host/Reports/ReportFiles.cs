using System.Globalization;
using System.Text;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk;

namespace KeeperOracle.Host.Reports;

/// <summary>From a history that was read to what a report is made of, and from a report to its two files.</summary>
internal static class ReportFiles
{
    /// <summary>
    /// The history under the asset's name. Labels are dates where the rows are a day apart, times where they are not, numbers where there
    /// are none; of returns the closes are rebuilt from 1.
    /// </summary>
    public static ReportSeries Series(MarketSeries history, string asset)
    {
        var isDaily = history.Spacing is not { } spacing || spacing == TimeSpan.FromDays(1);
        var closes = history.Prices ?? Closes(history.Fractions());
        return new ReportSeries(
            asset, Path.GetFileName(history.File), Labels(history, closes.Length, isDaily), closes,
            history.Bars is { } bars ? Array.ConvertAll(bars, bar => bar.Low) : null, isDaily);
    }

    /// <summary>The made history of <see cref="BacktestReportBuilder.MadeSeries"/> as if it had been read.</summary>
    public static MarketSeries MadeHistory()
    {
        var made = BacktestReportBuilder.MadeSeries();
        return new MarketSeries
        {
            File = "made-path",
            Times = [.. made.Labels.Select(label => DateTimeOffset.Parse(label, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal))],
            Prices = made.Closes,
            Spacing = TimeSpan.FromDays(1),
        };
    }

    /// <summary>
    /// Writes the page to <paramref name="page"/> and its JSON twin beside it, with the extension .json; returns the twin's name.
    /// </summary>
    public static string Write(BacktestReport report, string page)
    {
        var twin = Path.ChangeExtension(page, ".json");
        if (twin == page)
        {
            throw new RiskInputException("ReportName", $"{page} is the name of the JSON twin: give the page a name that ends in .html.");
        }

        File.WriteAllText(page, BacktestPage.Write(report), new UTF8Encoding(false));
        File.WriteAllBytes(twin, ReportJson.File(report));
        return twin;
    }

    /// <summary>Of each close, in ordinal order. The close before the first return has the time one spacing earlier.</summary>
    private static IReadOnlyList<string> Labels(MarketSeries history, int closes, bool isDaily)
    {
        if (history.Times is not { } times)
        {
            var digits = $"D{closes.ToString(CultureInfo.InvariantCulture).Length}";
            return [.. Enumerable.Range(0, closes).Select(i => i.ToString(digits, CultureInfo.InvariantCulture))];
        }

        IEnumerable<DateTimeOffset> before = history.Prices is null ? [times[0] - (history.Spacing ?? TimeSpan.FromDays(1))] : [];
        return [.. before.Concat(times).Select(time => Label(time, isDaily))];
    }

    private static string Label(DateTimeOffset time, bool isDaily) =>
        time.UtcDateTime.ToString(isDaily ? "yyyy-MM-dd" : "yyyy-MM-ddTHH:mmZ", CultureInfo.InvariantCulture);

    private static double[] Closes(double[] returns)
    {
        var closes = new double[returns.Length + 1];
        closes[0] = 1;
        var sum = 0.0;
        for (var i = 0; i < returns.Length; i++)
        {
            sum += returns[i];
            closes[i + 1] = Elementary.Exp(sum);
        }

        return closes;
    }
}
