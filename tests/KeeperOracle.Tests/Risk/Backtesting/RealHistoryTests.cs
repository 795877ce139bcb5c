using System.Globalization;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Models;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Backtesting;

/// <summary>
/// What came out on BTC and ETH, as it came out. The production model was chosen on data to the end of 2021 and is tested on what came
/// after; where it fails, the failure stands here.
/// </summary>
public sealed class RealHistoryTests
{
    private const ulong Seed = 2022;

    // Exceptions of every model in the 1,523 days from 2022-01-01 to 2026-03-03; 38.1 are expected at 97.5 %, 15.2 at 99 %.
    private static readonly Dictionary<string, (int At975, int At99)> Bitcoin = new()
    {
        ["static"] = (10, 6),
        ["ewma-normal"] = (54, 38),
        ["ewma-t"] = (40, 11),
        ["garch-normal"] = (44, 22),
        ["garch-t"] = (46, 12),
        ["fhs-ewma"] = (42, 17),
        ["fhs-garch"] = (46, 17),
        ["evt-garch"] = (45, 15),
        ["production"] = (41, 20),
    };

    private static readonly Dictionary<string, (int At975, int At99)> Ether = new()
    {
        ["static"] = (14, 10),
        ["ewma-normal"] = (60, 38),
        ["ewma-t"] = (46, 17),
        ["garch-normal"] = (48, 26),
        ["garch-t"] = (52, 19),
        ["fhs-ewma"] = (44, 20),
        ["fhs-garch"] = (51, 22),
        ["evt-garch"] = (45, 16),
        ["production"] = (46, 20),
    };

    [SharedDataFact("data", "1d", "btc-usdt_1d_binance-spot.csv")]
    public void Bitcoin_After2021_ProductionKeptByAllTestsAndPlainEwmaRejected()
    {
        var results = After2021("btc-usdt_1d_binance-spot.csv", Bitcoin);
        Assert.Empty(Rejected(results, "production", 0.975));
        Assert.Empty(Rejected(results, "production", 0.99));
        Assert.Equal(["POF", "CC", "Z2"], Rejected(results, "ewma-normal", 0.975));
        Assert.Equal(["POF", "CC", "Z2"], Rejected(results, "ewma-normal", 0.99));
        Assert.Equal(TrafficLightZone.Red, results.Single(r => r is { Model: "ewma-normal", Level: 0.99 }).TrafficLight.Zone);
    }

    /// <summary>The failure: at 99 % exceptions of the production model on ether come in clusters (CCI p .026, CC p .042).</summary>
    [SharedDataFact("data", "1d", "eth-usdt_1d_binance-spot.csv")]
    public void Ether_After2021_ProductionRejectedForClustersAt99AndPlainEwmaRejected()
    {
        var results = After2021("eth-usdt_1d_binance-spot.csv", Ether);
        Assert.Empty(Rejected(results, "production", 0.975));
        Assert.Equal(["CCI", "CC"], Rejected(results, "production", 0.99));
        Assert.Equal(0.0259, results.Single(r => r is { Model: "production", Level: 0.99 }).Cci.PValue!.Value, 4);
        Assert.Equal(["POF", "CC", "Z2"], Rejected(results, "ewma-normal", 0.975));
        Assert.Equal(["POF", "CC", "Z2"], Rejected(results, "ewma-normal", 0.99));
    }

    /// <summary>
    /// What the multiplier of a normal law is worth: the five-day low fell under the threshold on 4 to 5 % of days with the EWMA alone,
    /// where a normal market would give .8 %; a quarter of stress takes a quarter of the breaches away for three more points of margin.
    /// </summary>
    [SharedDataFact("data", "1d", "eth-usdt_1d_binance-spot.csv")]
    public void Threshold_NormalMultiplierAfter2021_BreachedFiveTimesAsOftenAsANormalMarketWould()
    {
        Assert.Equal((60, 44), Breaches("btc-usdt_1d_binance-spot.csv"));
        Assert.Equal((72, 57), Breaches("eth-usdt_1d_binance-spot.csv"));
    }

    /// <summary>
    /// The choice again, among the candidates without a Student-t (54 of 90): the first by the criterion is the production model. The other
    /// 36 take most of the time; that none of them is better was measured once and is not held by a test.
    /// </summary>
    [SharedDataFact("data", "1d", "btc-usd_1d_bitstamp-coinbase.csv")]
    public void Rank_DataTo2021_ChoosesTheProductionModel()
    {
        var samples = new Dictionary<string, double[]>
        {
            ["BTC/USD"] = Returns("btc-usd_1d_bitstamp-coinbase.csv", "2021-12-31").Returns,
            ["ETH/USD"] = Returns("eth-usd_1d-price_coingecko.csv", "2021-12-31").Returns,
        };
        var candidates = ModelSelection.Grid().Where(model => model.Residuals is not StudentTResiduals).ToList();
        var ranked = ModelSelection.Rank(candidates, samples, ModelSelection.FirstForecast, 2021, 500);
        Assert.Equal("ewma.90-w.25-fhs500", ranked[0].Model.Name);
        Assert.Equal(0, ranked[0].Rejections);
        Assert.Equal(16, ranked[0].Tests);
        Assert.Equal(-1.84814, ranked[0].Score, 5);
        Assert.Equal(ModelCatalogue.Production.Volatility, ranked[0].Model.Volatility);
        Assert.Equal(ModelCatalogue.Production.Residuals, ranked[0].Model.Residuals);
    }

    /// <summary>Of 1,519 days, with the volatility of the EWMA alone and with the stressed one.</summary>
    private static (int Point, int Stressed) Breaches(string file)
    {
        var (dates, returns) = Returns(file, "9999");
        var first = dates.FindIndex(date => string.CompareOrdinal(date, "2022-01-01") >= 0);
        var (closes, lows) = (Column(file, "close"), Column(file, "low"));
        var ewma = new EwmaVolatility(0.94);
        var point = ThresholdCoverage.Judge(closes, lows, ewma.Walk(returns).Scale, first);
        var stressed = ThresholdCoverage.Judge(closes, lows, new StressedVolatility(ewma, 0.25).Walk(returns).Scale, first);
        Assert.Equal(1519, point.Days);
        return (point.Breaches, stressed.Breaches);
    }

    private static double[] Column(string file, string name)
    {
        var lines = File.ReadLines(SharedDataFactAttribute.PathOf("data", "1d", file)).Select(line => line.Split(',')).ToList();
        var column = Array.IndexOf(lines[0], name);
        return [.. lines.Skip(1).Select(cells => double.Parse(cells[column], CultureInfo.InvariantCulture))];
    }

    private static List<BacktestResult> After2021(string file, Dictionary<string, (int At975, int At99)> exceptions)
    {
        var (dates, returns) = Returns(file, "9999");
        var first = dates.FindIndex(date => string.CompareOrdinal(date, "2022-01-01") >= 0);
        var compared = ModelComparison.Run(ModelCatalogue.All, returns, first, [0.975, 0.99], Seed, 2000);
        var results = compared.Select(model => model.Backtest.Result).ToList();
        Assert.All(results, result => Assert.Equal(1523, result.Observations));
        Assert.Equal(exceptions.Count * 2, results.Count);
        foreach (var result in results)
        {
            var expected = result.Level == 0.99 ? exceptions[result.Model].At99 : exceptions[result.Model].At975;
            var tolerance = result.Model.Contains("garch", StringComparison.Ordinal) ? 1 : 0; // a better optimum may move a VaR over a loss
            Assert.True(
                Math.Abs(result.Exceptions - expected) <= tolerance,
                $"{result.Model} at {result.Level}: {result.Exceptions}, not {expected}");
        }

        return results;
    }

    private static IReadOnlyList<string> Rejected(List<BacktestResult> results, string model, double level) =>
        ModelSelection.RejectedBy(results.Single(r => r.Model == model && r.Level == level));

    /// <summary>Date of each return and the log returns, up to and with a date.</summary>
    private static (List<string> Dates, double[] Returns) Returns(string file, string until)
    {
        var lines = File.ReadLines(SharedDataFactAttribute.PathOf("data", "1d", file)).Select(line => line.Split(',')).ToList();
        var column = Math.Max(Array.IndexOf(lines[0], "close"), Array.IndexOf(lines[0], "price"));
        var rows = lines.Skip(1).Where(cells => string.CompareOrdinal(cells[0][..10], until) <= 0).ToList();
        double[] prices = [.. rows.Select(cells => double.Parse(cells[column], CultureInfo.InvariantCulture))];
        return ([.. rows.Skip(1).Select(cells => cells[0][..10])], Backtest.LogReturns(prices));
    }
}
