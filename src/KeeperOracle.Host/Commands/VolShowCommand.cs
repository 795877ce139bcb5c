using System.CommandLine;
using System.ComponentModel;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Host.Commands;

/// <summary>`vol show`: the estimators of volatility side by side on one history, annualised.</summary>
internal static class VolShowCommand
{
    private const double Lambda = 0.94;
    private const int EwmaSeed = 30;

    private delegate double BarEstimator(ReadOnlySpan<PriceBar> bars, double barsPerYear);

    public static Command Build()
    {
        var series = new SeriesOptions();
        var last = new Option<int?>("--last")
        {
            Description = "Only the last rows of the file, for the estimators over bars and returns.",
            HelpName = "N",
        }.Checked(rows => rows is >= 3 and <= 10_000_000 ? null : "is 3 or more.");
        return FileCommand.Build(
            "show",
            "Shows the estimators of volatility side by side, as fractions a year of 365 days: from closes, from bars, EWMA and "
                + "GARCH(1,1).",
            ["vol show --prices prices.csv", "vol show --prices prices.csv.gz --last 30 -o json"],
            [.. series.All, last],
            series.Check,
            (parsed, format) => Show(series.Read(parsed, format), parsed.GetValue(last)),
            Print);
    }

    private static VolShowResult Show(MarketSeries series, int? last)
    {
        if (series.Spacing is not { } spacing)
        {
            throw new RiskInputException("NoTimes", $"{series.File} has no timestamp column: a volatility a year needs to know how far "
                + "apart its rows are.");
        }

        var perYear = Conventions.SecondsPerYear / spacing.TotalSeconds;
        var returns = series.Fractions();
        var counted = returns.AsSpan(Math.Max(0, returns.Length - (last ?? returns.Length))).ToArray();
        var bars = series.Bars is { } all ? all[Math.Max(0, all.Length - (last ?? all.Length))..] : null;
        var rows = new List<VolEstimate>
        {
            Try("realised", () => Math.Sqrt(RealisedVariance.Of(counted, 1).Variance / counted.Length * perYear)),
            Try("ewma .94", () => Math.Sqrt(Ewma.Variance(returns, Lambda, EwmaSeed) * perYear)),
            Try("garch11, next", () => Math.Sqrt(Garch11.Fit(returns).NextVariance * perYear)),
        };
        foreach (var (name, estimator) in ((string, BarEstimator)[])
        [
            ("close-to-close", RangeEstimators.CloseToClose),
            ("parkinson", RangeEstimators.Parkinson),
            ("garman-klass", RangeEstimators.GarmanKlass),
            ("rogers-satchell", RangeEstimators.RogersSatchell),
            ("garman-klass-yang-zhang", RangeEstimators.GarmanKlassYangZhang),
            ("yang-zhang", RangeEstimators.YangZhang),
        ])
        {
            rows.Add(bars is null
                ? new VolEstimate(name, null, "it needs bars with open, high, low and close")
                : Try(name, () => estimator(bars, perYear)));
        }

        return new VolShowResult(returns.Length, counted.Length, spacing.TotalSeconds, rows);
    }

    /// <summary>An estimator that refuses leaves the others their say.</summary>
    private static VolEstimate Try(string name, Func<double> estimate)
    {
        try
        {
            return new VolEstimate(name, estimate(), null);
        }
        catch (RiskInputException refused)
        {
            return new VolEstimate(name, null, $"{refused.Refusal}: {refused.Message}");
        }
    }

    private static void Print(VolShowResult result)
    {
        var spacing = TimeText.Write(TimeSpan.FromSeconds(result.SpacingSeconds));
        Console.Out.WriteLine($"{result.Returns} returns every {spacing}, {result.Counted} of them in the estimators over a window");
        Output.Table(
            ["estimator", "volatility a year", ""],
            result.Estimators.Select(row => new[]
            {
                row.Estimator, row.AnnualisedVolatility is { } volatility ? Display.Percent(volatility) : "-", row.Reason ?? "",
            }));
    }
}

[Description("Estimators of volatility on one history")]
internal sealed record VolShowResult(
    [Description("in the file; ewma and garch11 use all of them")] int Returns,
    [Description("the last ones, which the other estimators use")] int Counted,
    double SpacingSeconds,
    IReadOnlyList<VolEstimate> Estimators);

internal sealed record VolEstimate(
    string Estimator,
    [Description("a fraction a year of 365 days")] double? AnnualisedVolatility,
    [Description("why there is none")] string? Reason);
