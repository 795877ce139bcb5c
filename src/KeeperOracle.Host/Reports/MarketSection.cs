using System.Globalization;
using System.Text;

namespace KeeperOracle.Host.Reports;

/// <summary>What the page says of one market: plots of losses, margins and policy, then the tables.</summary>
internal static class MarketSection
{
    /// <summary>Models whose margins are drawn together with the subject's, where they are not the subject.</summary>
    private static readonly string[] Companions = ["static", "ewma-normal", "garch-t"];

    private static readonly string[] LineStyles = ["l1", "l2", "l3", "l4"];

    public static void Write(StringBuilder page, BacktestReport report, MarketReport market)
    {
        page.Add($"<section><h2>{Html.Text(market.Asset)}</h2>");
        page.Add($"<p>{Html.Text(market.Source)}: {market.Periods} closes from {Html.Text(market.From)} to {Html.Text(market.To)}; ")
            .Add($"tested {market.Tested} from {Html.Text(market.TestedFrom)} to {Html.Text(market.TestedTo)}.</p>");
        Losses(page, report, market);
        Margins(page, report, market);
        SmallMultiples(page, report, market);
        foreach (var level in report.Levels)
        {
            Tests(page, market, level);
        }

        Capital(page, market, report.Levels[^1]);
        if (market.Policy is { } policy)
        {
            Policy(page, market, policy);
        }

        if (market.Thresholds is { } thresholds)
        {
            Thresholds(page, thresholds);
        }

        page.Append("</section>");
    }

    private static void Losses(StringBuilder page, BacktestReport report, MarketReport market)
    {
        var series = market.Series;
        var var = series.Var[report.Subject];
        var hits = Hits(series.Losses, var);
        var text = $"Losses and the {report.Subject} VaR at {Plain(series.Level)}: {hits.Count} exceptions in {market.Tested} periods, "
            + Expected(market.Tested * (1 - series.Level));
        var plot = new ReportPlot(860, 300, 14, 420, market.Tested, Math.Max(series.Losses.Max(), var.Max()), text);
        plot.Axis(series.Labels);
        plot.Stems("loss", series.Losses);
        plot.Line("l1", var);
        plot.Marks("hit", hits, series.Losses);
        Figure(
            page, plot.Finish(),
            $"{Html.Text(text)}. Grey: losses (the largest of each column; gains are left out). "
            + "Line: VaR. Diamonds: losses over it.");
    }

    private static void Margins(StringBuilder page, BacktestReport report, MarketReport market)
    {
        var series = market.Series;
        string[] models = [report.Subject, .. Companions.Where(name => name != report.Subject)];
        var text = $"Margin by model: expected shortfall at {Plain(series.Level)}";
        var plot = new ReportPlot(860, 300, 120, 340, market.Tested, models.Max(model => series.Es[model].Max()), text);
        plot.Axis(series.Labels);
        foreach (var (model, style) in models.Zip(LineStyles).Reverse())
        {
            plot.Line(style, series.Es[model]);
        }

        plot.Names(models.Zip(LineStyles).Select(line => (line.Second, line.First, series.Es[line.First][^1])));
        Figure(page, plot.Finish(), $"{Html.Text(text)}, as a fraction of the position.");
    }

    private static void SmallMultiples(StringBuilder page, BacktestReport report, MarketReport market)
    {
        var series = market.Series;
        var highest = Math.Max(series.Losses.Max(), series.Var.Values.Max(var => var.Max()));
        page.Append("<div class=\"small\">");
        foreach (var model in report.Models.Where(model => model != report.Subject))
        {
            var hits = Hits(series.Losses, series.Var[model]);
            var text = $"{model}: {hits.Count} exceptions";
            var plot = new ReportPlot(400, 150, 8, 170, market.Tested, highest, text);
            plot.Axis(series.Labels);
            plot.Stems("loss", series.Losses);
            plot.Line("l1", series.Var[model]);
            plot.Marks("hit", hits, series.Losses);
            page.Add($"<figure>{plot.Finish()}<figcaption>{Html.Text(text)}</figcaption></figure>");
        }

        page.Append("</div>");
    }

    private static void Tests(StringBuilder page, MarketReport market, double level)
    {
        var rows = market.Models.Where(row => row.Result.Level == level).ToList();
        var expected = rows[0].Result.Observations * (1 - level);
        Html.Table(
            page,
            $"{market.Asset} at {Plain(level)}: tests, p-values (Z1, Z2: the statistic, p in brackets); exceptions: {Expected(expected)}",
            "numbers",
            ["model", "exceptions", "POF", "CCI", "CC", "TUFF", "Z1", "Z2", "traffic light", "verdict"],
            rows.Select(row => (IReadOnlyList<string>)
            [
                row.Result.Model, $"{row.Result.Exceptions}",
                Html.Probability(row.Result.Pof.PValue), Html.Probability(row.Result.Cci.PValue), Html.Probability(row.Result.Cc.PValue),
                Html.Probability(row.Result.Tuff.PValue),
                $"{Html.Number(row.Result.Z1.Statistic, "0.00")} ({Html.Probability(row.Result.Z1.PValue)})",
                $"{Html.Number(row.Result.Z2.Statistic, "0.00")} ({Html.Probability(row.Result.Z2.PValue)})",
                $"{row.Result.TrafficLight.Zone.ToString().ToLowerInvariant()}, ×{Html.Number(row.Result.TrafficLight.Multiplier, "0.00")}",
                BacktestPage.Verdict(row.Rejected),
            ]));
    }

    private static void Capital(StringBuilder page, MarketReport market, double level) => Html.Table(
        page,
        $"{market.Asset}: capital (expected shortfall at {Plain(level)}) and how far it amplifies the cycle",
        "numbers",
        ["model", "mean", "highest", "mean, calmer half", "peak to trough", "worst rise, 1 day", "5 days", "20 days", "joint score"],
        market.Models.Where(row => row.Result.Level == level).Select(row => (IReadOnlyList<string>)
        [
            row.Result.Model, Html.Percent(row.Result.AverageCapital), Html.Percent(row.Result.WorstCapital), Html.Percent(row.CalmCapital),
            Html.Number(row.Procyclicality.PeakToTrough, "0.00"), Rise(row.Procyclicality.WorstRise1Day),
            Rise(row.Procyclicality.WorstRise5Day), Rise(row.Procyclicality.WorstRise20Day), Html.Number(row.Result.JointScore, "0.000"),
        ]));

    private static void Policy(StringBuilder page, MarketReport market, PolicyReport policy)
    {
        var text = "Margin of a new loan under the policy, and under the plain EWMA .94";
        var plot = new ReportPlot(
            860, 260, 120, 340, policy.InitialMargin.Length, Math.Max(policy.InitialMargin.Max(), policy.UnmitigatedMargin.Max()), text);
        plot.Axis([.. market.Series.Labels.Take(policy.InitialMargin.Length)]);
        plot.Line("l3", policy.UnmitigatedMargin);
        plot.Line("l1", policy.InitialMargin);
        plot.Names([("l1", "policy", policy.InitialMargin[^1]), ("l3", "plain EWMA", policy.UnmitigatedMargin[^1])]);
        Figure(page, plot.Finish(), $"{text} (1 − liquidation threshold over five days, no slippage or bonus).");
        Html.Table(
            page,
            $"{market.Asset}: the policy ({policy.Policy}) against its aims. Next-day losses over its one-day figure: "
                + $"{policy.Exceptions} of {policy.Days} days, {Expected(policy.Days * policy.ExceptionProbability)}",
            "numbers",
            ["measure", "plain EWMA", "policy", "aim", "result"],
            policy.Aims.Select(aim => (IReadOnlyList<string>)
            [
                aim.Name, BacktestPage.AimFigure(aim, aim.Unmitigated), BacktestPage.AimFigure(aim, aim.Value),
                $"at most {BacktestPage.AimFigure(aim, aim.Limit)}",
                aim.Miss > 0 ? $"<span class=\"rejected\">MISSED by {BacktestPage.Miss(aim)}</span>" : "<span class=\"kept\">met</span>",
            ]));
    }

    private static void Thresholds(StringBuilder page, IReadOnlyList<ThresholdReport> thresholds) => Html.Table(
        page,
        "Liquidation threshold exp(−2.665 σ √5 days): days on which the next five days' low fell under it (a normal market: about 0.8 %)",
        "numbers",
        ["volatility", "days", "breached", "share", "mean margin"],
        thresholds.Select(row => (IReadOnlyList<string>)
        [
            row.Volatility, $"{row.Outcome.Days}", $"{row.Outcome.Breaches}", Html.Percent(row.Outcome.Share),
            Html.Percent(row.Outcome.MeanMargin),
        ]));

    private static void Figure(StringBuilder page, string svg, string caption) => page
        .Add($"<figure><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"plot\">{svg}</div>")
        .Add($"<figcaption>{caption}</figcaption></figure>");

    private static List<int> Hits(double[] losses, double[] var) =>
        [.. Enumerable.Range(0, losses.Length).Where(t => losses[t] > var[t])];

    private static string Expected(double count) => count.ToString("0.#", CultureInfo.InvariantCulture) + " expected";

    private static string Rise(double? rise) => rise is { } value ? Html.Percent(value) : "–";

    private static string Plain(double level) => (level * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";
}
