using System.Globalization;
using System.Text;
using KeeperOracle.Risk.Backtesting;

namespace KeeperOracle.Host.Reports;

/// <summary>
/// The report as one HTML page: style and plots inline, no script, nothing fetched. Its figures are those of the JSON twin, whose hash it
/// carries. Order: what was found, then each market with its plots and tables, then how to read and how to regenerate it.
/// </summary>
public static class BacktestPage
{
    public static string Write(BacktestReport report)
    {
        var page = new StringBuilder();
        var title = $"Backtest of {report.Subject}: {string.Join(", ", report.Markets.Select(market => market.Asset))}";
        page.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        page.Add($"<meta name=\"color-scheme\" content=\"light dark\"><title>{Html.Text(title)}</title>");
        page.Add($"<style>{ReportStyle.Css}</style></head><body><main>");
        page.Add($"<h1>{Html.Text(title)}</h1>");
        Found(page, report);
        foreach (var market in report.Markets)
        {
            MarketSection.Write(page, report, market);
        }

        Reading(page, report);
        page.Append("</main></body></html>\n");
        return page.ToString();
    }

    private static void Found(StringBuilder page, BacktestReport report)
    {
        page.Append("<section aria-labelledby=\"found\"><h2 id=\"found\">What was found</h2><ul>");
        Sentence(page, report, report.Subject);
        if (report.Subject != "ewma-normal")
        {
            Sentence(page, report, "ewma-normal");
        }

        foreach (var market in report.Markets)
        {
            MarketSentences(page, report, market);
        }

        page.Append("</ul>");
        Matrix(page, report);
        page.Append("</section>");
    }

    /// <summary>How a model stands over all markets and levels, every rejection named.</summary>
    private static void Sentence(StringBuilder page, BacktestReport report, string model)
    {
        var results =
            (from market in report.Markets from row in market.Models where row.Result.Model == model select (market, row)).ToList();
        var rejections = results.Sum(pair => pair.row.Rejected.Count);
        var tests = results.Count * ModelSelection.TestsPerResult;
        page.Add($"<li><strong>{model}</strong> ");
        if (rejections == 0)
        {
            page.Add($"is <strong class=\"kept\">kept</strong> by all {tests} tests.</li>");
            return;
        }

        page.Add($"is <strong class=\"rejected\">rejected</strong> by {rejections} of {tests} tests: ");
        page.AppendJoin("; ", from pair in results where pair.row.Rejected.Count > 0 select Rejections(pair.market, pair.row));
        page.Append(".</li>");
    }

    private static string Rejections(MarketReport market, ModelReport row)
    {
        var tests = row.Rejected.Select(test => $"{test} (p {Html.Probability(PValue(row.Result, test))})");
        return $"{Html.Text(market.Asset)} at {Level(row.Result.Level)} by {string.Join(", ", tests)}";
    }

    private static void MarketSentences(StringBuilder page, BacktestReport report, MarketReport market)
    {
        var level = report.Levels[^1];
        var subject = market.Models.First(row => row.Result.Model == report.Subject && row.Result.Level == level);
        var fixedCapital = market.Models.First(row => row.Result.Model == "static" && row.Result.Level == level);
        var covered = 1 - ((double)subject.Result.Exceptions / subject.Result.Observations);
        page.Add($"<li>{Html.Text(market.Asset)}, {market.Tested} periods from {Html.Text(market.TestedFrom)}: {report.Subject} covered ")
            .Add($"{Html.Percent(covered)} of them at a promised {Level(level)}. ");
        var calm = (subject.CalmCapital / fixedCapital.CalmCapital) - 1;
        page.Add($"In the calmer half its capital was {Html.Percent(Math.Abs(calm))} {(calm < 0 ? "under" : "over")} ")
            .Append("that of the static baseline.");
        if (market.Policy is { } policy)
        {
            page.Append(" The margin policy ");
            page.AppendJoin(", ", policy.Aims.Select(Aim));
            page.Append('.');
        }

        page.Append("</li>");
    }

    private static string Aim(PolicyAim aim)
    {
        string Figure(double value) => AimFigure(aim, value);
        return aim.Miss > 0
            ? $"<strong class=\"rejected\">misses</strong> {aim.Name} by {Miss(aim)} ({Figure(aim.Value)}, aim {Figure(aim.Limit)})"
            : $"meets {aim.Name} ({Figure(aim.Value)}, aim {Figure(aim.Limit)})";
    }

    /// <summary>A ratio where the aim is one, else percent.</summary>
    internal static string AimFigure(PolicyAim aim, double value) =>
        aim.IsRatio ? value.ToString("0.00", CultureInfo.InvariantCulture) : Html.Percent(value);

    /// <summary>The distance to an aim: of a percentage in points.</summary>
    internal static string Miss(PolicyAim aim) => aim.IsRatio
        ? aim.Miss.ToString("0.00", CultureInfo.InvariantCulture)
        : (aim.Miss * 100).ToString("0.0", CultureInfo.InvariantCulture) + " points";

    /// <summary>One row a model, one column a market and level, the verdict in words.</summary>
    private static void Matrix(StringBuilder page, BacktestReport report)
    {
        var columns = from market in report.Markets from level in report.Levels select (market, level);
        Html.Table(
            page,
            $"Every model at {report.Significance * 100:0.##} % significance: kept, or rejected by which tests",
            "words",
            ["model", .. columns.Select(column => $"{Html.Text(column.market.Asset)} {Level(column.level)}")],
            report.Models.Select(model => (IReadOnlyList<string>)
            [
                model,
                .. from column in columns
                   from row in column.market.Models
                   where row.Result.Model == model && row.Result.Level == column.level
                   select Verdict(row.Rejected),
            ]));
    }

    private static void Reading(StringBuilder page, BacktestReport report)
    {
        page.Add($"<section aria-labelledby=\"reading\"><h2 id=\"reading\">How to read and check this</h2>{ReportStyle.Reading}");
        page.Add($"<p>p-values of Z1 and Z2: {report.Paths} simulated samples, seed {report.Seed}. SHA-256 of the report's ")
            .Append("canonical JSON, to be carried in every parameter update that rests on it:</p>")
            .Add($"<p class=\"hash\"><code>{ReportJson.Hash(report)}</code></p>")
            .Append("<p>The JSON file beside this page holds the same numbers and this hash; the same histories and options give the same ")
            .Append("bytes again.</p>");
        if (report.Markets is [{ Policy: not null } market])
        {
            var prices = market.Source.StartsWith("made", StringComparison.Ordinal) ? "" : $" --prices {market.Source}";
            page.Add($"<p>One command makes both again:</p><p class=\"hash\"><code>keeperoracle vol backtest{Html.Text(prices)} ")
                .Add($"--model {report.Subject} --level {report.Levels[^1]} --from {Html.Text(market.TestedFrom)} ")
                .Add($"--seed {report.Seed} --paths {report.Paths} --report report.html</code></p>");
        }

        page.Append("</section>");
    }

    internal static string Verdict(IReadOnlyList<string> rejected) =>
        rejected.Count == 0
            ? "<span class=\"kept\">kept</span>"
            : $"<span class=\"rejected\">REJECTED: {string.Join(", ", rejected)}</span>";

    internal static string Level(double level) => (level * 100).ToString("0.###", CultureInfo.InvariantCulture) + "&#8239;%";

    internal static double? PValue(BacktestResult result, string test) => test switch
    {
        "POF" => result.Pof.PValue,
        "CCI" => result.Cci.PValue,
        "CC" => result.Cc.PValue,
        "Z2" => result.Z2.PValue,
        _ => throw new ArgumentOutOfRangeException(nameof(test), test, "No such test."),
    };
}
