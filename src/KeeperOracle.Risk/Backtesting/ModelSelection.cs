using KeeperOracle.Risk.Models;

namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// How the production model is chosen. Grid and criterion were written down before any forecast after 2021 was looked at, and the test
/// period plays no part in the choice.
/// <para>Grid: volatility EWMA of lambda .90, .92, .94, .96, .97 or GARCH(1,1) (window 1000, refitted every 20 periods); blended with the
/// stressed volatility at weight 0, .25 or .50; residuals Student-t (window 500 or 1000), as seen (500 or 1000) or Pareto tail (1000): 90
/// candidates.</para>
/// <para>Data: daily log returns of BTC/USD from 2011-08 and ETH/USD from 2015-08, both to 2021-12-31; forecasts from return 1001
/// on.</para>
/// <para>Criterion: (1) the fewest rejections at 5 % over all assets, at 97.5 % and 99 %, by POF, CCI, CC and Z2; (2) among those the
/// lowest mean joint score of VaR and ES (see <see cref="Backtest"/>) over assets and levels; (3) the name, so that ties are no accident.
/// One model is chosen for all assets: a choice per asset would be a choice from half of the evidence.</para>
/// <para>Test: the chosen model, unchanged, walks on over BTC/USDT and ETH/USDT from 2022-01-01. Whatever it gives is the result.</para>
/// <para>The choice among the 54 candidates without a Student-t is held by a test; over all 90 it was measured once.</para>
/// </summary>
public static class ModelSelection
{
    /// <summary>Levels at which a candidate must stand.</summary>
    public static IReadOnlyList<double> Levels { get; } = [0.975, 0.99];

    /// <summary>First return forecast, from 0: every candidate has the history it needs by then.</summary>
    public const int FirstForecast = 1000;

    /// <summary>POF, CCI, CC and Z2.</summary>
    public const int TestsPerResult = 4;

    /// <summary>Every candidate, named by what it is made of: `ewma.94-w.25-t1000`.</summary>
    public static IReadOnlyList<TailModel> Grid()
    {
        (string Name, VolatilityMethod Method)[] volatilities =
        [
            ("ewma.90", new EwmaVolatility(0.90)), ("ewma.92", new EwmaVolatility(0.92)), ("ewma.94", new EwmaVolatility(0.94)),
            ("ewma.96", new EwmaVolatility(0.96)), ("ewma.97", new EwmaVolatility(0.97)), ("garch", new GarchVolatility()),
        ];
        (string Name, ResidualMethod Method)[] residuals =
        [
            ("t500", new StudentTResiduals(500)), ("t1000", new StudentTResiduals(1000)), ("fhs500", new EmpiricalResiduals(500)),
            ("fhs1000", new EmpiricalResiduals(1000)), ("evt1000", new ParetoResiduals(1000)),
        ];
        return
        [
            .. from volatility in volatilities
               from weight in (string[])["w0", "w.25", "w.50"]
               from residual in residuals
               select new TailModel($"{volatility.Name}-{weight}-{residual.Name}", Blend(volatility.Method, weight), residual.Method),
        ];
    }

    /// <summary>Every candidate on every sample of returns (by asset, oldest first), the best first.</summary>
    public static IReadOnlyList<RankedModel> Rank(
        IReadOnlyList<TailModel> candidates, IReadOnlyDictionary<string, double[]> samples, int firstForecast, ulong seed, int paths)
    {
        var results = candidates.Select(_ => new List<BacktestResult>()).ToList();
        foreach (var (_, returns) in samples.OrderBy(sample => sample.Key, StringComparer.Ordinal))
        {
            var walks = TailModel.WalkAll(candidates, returns);
            for (var i = 0; i < candidates.Count; i++)
            {
                foreach (var level in Levels)
                {
                    results[i].Add(Backtest.Evaluate(candidates[i].Name, walks[i], returns, firstForecast, level, seed, paths).Result);
                }
            }
        }

        return
        [
            .. candidates.Select((candidate, i) => new RankedModel(
                    candidate, results[i].Sum(result => RejectedBy(result).Count), results[i].Count * TestsPerResult,
                    results[i].Average(r => r.JointScore), results[i]))
                .OrderBy(ranked => ranked.Rejections)
                .ThenBy(ranked => ranked.Score)
                .ThenBy(ranked => ranked.Model.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Which of POF, CCI, CC and Z2 reject at 5 %, in this order.</summary>
    public static IReadOnlyList<string> RejectedBy(BacktestResult result)
    {
        (string Name, bool Passes)[] tests =
        [
            ("POF", result.Pof.Passes()), ("CCI", result.Cci.Passes()), ("CC", result.Cc.Passes()), ("Z2", result.Z2.Passes()),
        ];
        return [.. tests.Where(test => !test.Passes).Select(test => test.Name)];
    }

    private static VolatilityMethod Blend(VolatilityMethod method, string weight) => weight switch
    {
        "w.25" => new StressedVolatility(method, 0.25),
        "w.50" => new StressedVolatility(method, 0.50),
        _ => method,
    };
}

/// <summary>A candidate with its rejections among so many tests, its mean joint score, and the results by asset and level.</summary>
public sealed record RankedModel(TailModel Model, int Rejections, int Tests, double Score, IReadOnlyList<BacktestResult> Results);
