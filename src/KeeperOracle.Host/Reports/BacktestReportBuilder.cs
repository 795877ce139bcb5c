using KeeperOracle.Risk;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.Reports;

/// <summary>Makes the report's numbers: every model on every history, from the risk engine alone. No clock, no file.</summary>
public static class BacktestReportBuilder
{
    public const string Schema = "keeperoracle-backtest-report-1";
    private const double StressWeight = 0.25;

    // Days and seed of the path that is made where no history is given.
    private const int MadeDays = 2500;
    private const ulong MadeSeed = 20260101;

    /// <summary>
    /// A history made from a seed, for a machine without data: it shows what a report looks like and proves nothing of any market.
    /// </summary>
    public static ReportSeries MadeSeries()
    {
        var closes = SyntheticMarket.Prices(MadeSeed, MadeDays);
        var start = new DateOnly(2019, 1, 1);
        return new ReportSeries(
            "Made path", $"made: GARCH-t with one crash, seed {MadeSeed}",
            [.. closes.Select((_, day) => start.AddDays(day).ToString("yyyy-MM-dd"))], closes);
    }

    /// <exception cref="RiskInputException">what the models and tests refuse, TestedFromOutside, UnknownModel</exception>
    public static BacktestReport Build(IReadOnlyList<ReportSeries> histories, ReportOptions options)
    {
        var subject = ModelCatalogue.Named(options.Subject);
        IReadOnlyList<TailModel> models = [subject, .. ModelCatalogue.All.Where(model => model.Name != subject.Name)];
        return new BacktestReport(
            Schema, subject.Name, [.. models.Select(model => model.Name)], options.Levels, CoverageTests.DefaultSignificance, options.Seed,
            options.Paths,
            [.. histories.Select(history => Market(history, models, options))]);
    }

    private static MarketReport Market(ReportSeries history, IReadOnlyList<TailModel> models, ReportOptions options)
    {
        var returns = Backtest.LogReturns(history.Closes);
        var first = FirstReturn(history, models, returns.Length, options.TestedFrom);
        var compared = ModelComparison.Run(models, returns, first, options.Levels, options.Seed, options.Paths);
        var level = options.Levels[^1];
        var shown = compared.Where(model => model.Backtest.Result.Level == level).Select(model => model.Backtest).ToList();
        return new MarketReport(
            history.Asset, history.Source, history.Labels[0], history.Labels[^1], history.Closes.Length,
            history.Labels[first + 1], history.Labels[^1], returns.Length - first,
            [.. compared.Select(Model)],
            history.IsDaily ? Thresholds(history, returns, first) : null,
            history.IsDaily ? PolicyOver(returns, first) : null,
            new SeriesReport(
                level, [.. history.Labels.Skip(first + 1)], shown[0].Losses,
                shown.ToDictionary(b => b.Result.Model, b => Array.ConvertAll(b.Forecasts, f => f.Var)),
                shown.ToDictionary(b => b.Result.Model, b => Array.ConvertAll(b.Forecasts, f => f.Es))));
    }

    /// <summary>Index of the first return tested. Return i is that of close i + 1.</summary>
    private static int FirstReturn(ReportSeries history, IReadOnlyList<TailModel> models, int returns, string? testedFrom)
    {
        var least = ModelComparison.FirstForecast(models);
        if (returns <= least)
        {
            throw new RiskInputException(
                "TooFewObservations", $"{history.Source} has {returns} returns; a report on all models needs more than {least}.");
        }

        if (testedFrom is null)
        {
            return least;
        }

        var close = history.Labels.TakeWhile(label => string.CompareOrdinal(label, testedFrom) < 0).Count();
        return close - 1 >= least && close < history.Labels.Count
            ? close - 1
            : throw new RiskInputException(
                "TestedFromOutside",
                $"{history.Source} can be tested from {history.Labels[least + 1]} to {history.Labels[^1]}, not from {testedFrom}.");
    }

    private static ModelReport Model(ComparedModel compared)
    {
        var result = compared.Backtest.Result;
        return new ModelReport(result, ModelSelection.RejectedBy(result), compared.CalmCapital, compared.Procyclicality);
    }

    private static List<ThresholdReport> Thresholds(ReportSeries history, double[] returns, int first)
    {
        var lows = history.Lows ?? history.Closes;
        var point = new EwmaVolatility(0.94);
        (string Name, VolatilityMethod Method)[] estimates =
        [
            ("EWMA .94 alone", point), ("EWMA .94, stress weight .25", new StressedVolatility(point, StressWeight)),
        ];
        var reports = new List<ThresholdReport>();
        foreach (var (name, method) in estimates)
        {
            // Scale t is known at close t: it is made from returns before t, the last of which ends there.
            reports.Add(new ThresholdReport(name, ThresholdCoverage.Judge(history.Closes, lows, method.Walk(returns).Scale, first)));
        }

        return reports;
    }

    private static PolicyReport PolicyOver(double[] returns, int first)
    {
        var policy = PolicySelection.Production;
        var days = PolicyReplay.Run(returns, policy.Volatility, policy.Update, PolicyReplay.PlainBounds);
        var track = PolicyTrack.Of(days.AsSpan(), returns, first, returns.Length);
        var (before, reached, limits) = (ProcyclicalityMetrics.Measure(track.Unmitigated.AsSpan()), track.Metrics(), new PolicyLimits());
        return new PolicyReport(
            policy.ToString(), before, reached, track.ExceptionCount, track.Exceptions.Length, PolicyTrack.ExceptionProbability,
            [
                Aim("peak to trough", true, before.PeakToTrough, reached.PeakToTrough, limits.PeakToTrough),
                Aim("worst rise in 5 days", false, before.WorstRise5Day ?? 0, reached.WorstRise5Day ?? 0, limits.Rise5Day),
                Aim("mean cost", false, before.MeanCost, reached.MeanCost, limits.MeanCost),
            ],
            [.. track.Unmitigated], [.. track.Margins]);
    }

    // What holds a rise at its limit comes back from a logarithm, a rounding over it.
    private static PolicyAim Aim(string name, bool isRatio, double before, double value, double limit) =>
        new(name, isRatio, before, value, limit, value - limit > 1e-9 ? value - limit : 0);
}
