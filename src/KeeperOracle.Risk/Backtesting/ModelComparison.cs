using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// Several models over the same periods of one series. Besides each model's tests: its capital on calm days (the EWMA volatility of lambda
/// .94 at or under its median over the tested periods), and how far its capital amplifies the cycle.
/// </summary>
public static class ModelComparison
{
    private static readonly EwmaVolatility CalmMeasure = new(0.94);

    /// <summary>One entry a model and level, models in the order given, each with its levels in the order given.</summary>
    public static IReadOnlyList<ComparedModel> Run(
        IReadOnlyList<TailModel> models, ReadOnlySpan<double> returns, int first, IReadOnlyList<double> levels, ulong seed,
        int paths = ShortfallTests.DefaultPaths)
    {
        var walks = TailModel.WalkAll(models, returns);
        var calm = CalmPeriods(returns, first);
        var compared = new List<ComparedModel>();
        for (var i = 0; i < models.Count; i++)
        {
            foreach (var level in levels)
            {
                var backtest = Backtest.Evaluate(models[i].Name, walks[i], returns, first, level, seed, paths);
                var capital = Array.ConvertAll(backtest.Forecasts, forecast => forecast.Es);
                compared.Add(new ComparedModel(
                    backtest, capital.Where((_, t) => calm[t]).Average(), ProcyclicalityMetrics.Measure(capital)));
            }
        }

        return compared;
    }

    /// <summary>The first period that every one of these models forecasts.</summary>
    public static int FirstForecast(IEnumerable<TailModel> models) => models.Max(model => model.MinimumHistory);

    private static bool[] CalmPeriods(ReadOnlySpan<double> returns, int first)
    {
        var volatility = CalmMeasure.Walk(returns).Scale[first..^1];
        var median = volatility.Order().ElementAt((volatility.Length - 1) / 2);
        return Array.ConvertAll(volatility, sigma => sigma <= median);
    }
}

/// <summary>
/// A backtest, the mean expected shortfall over calm periods, and the pro-cyclicality of the expected shortfall over all.
/// </summary>
public sealed record ComparedModel(ModelBacktest Backtest, double CalmCapital, ProcyclicalityMetrics Procyclicality);
