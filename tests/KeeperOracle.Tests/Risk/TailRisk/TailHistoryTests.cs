using System.Globalization;
using KeeperOracle.Risk.TailRisk;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.TailRisk;

/// <summary>The methods on the daily history of bitcoin.</summary>
public sealed class TailHistoryTests
{
    [SharedDataFact("data", "1d", "btc-usd_1d_bitstamp-coinbase.csv")]
    public void Forecast_Bitcoin_EveryMethodAnswersOrSaysWhyAndFatTailsCostMore()
    {
        var returns = Returns();
        TailAnswer At(string method, double level) => TailMethods.Forecast(method, returns, level);

        foreach (var method in TailMethods.Names)
        {
            var answer = At(method, 0.99);
            Assert.Equal(method == "cornish-fisher" ? TailStatus.NotMonotone : TailStatus.Answered, answer.Status);
            Assert.True(answer.Forecast.Es >= answer.Forecast.Var);
        }

        var normal = At("normal", 0.99).Forecast;
        Assert.True(At("student-t", 0.99).Forecast.Es > normal.Es);
        Assert.True(At("evt", 0.99).Forecast.Es > normal.Es);

        // Inside the sample the fitted tail and the order statistics tell the same story.
        var (seen, fitted) = (At("historical", 0.99).Forecast, At("evt", 0.99).Forecast);
        TailVectors.Close(seen.Var, fitted.Var, 0.05);
        TailVectors.Close(seen.Es, fitted.Es, 0.10);
    }

    private static double[] Returns()
    {
        var closes = File.ReadLines(SharedDataFactAttribute.PathOf("data", "1d", "btc-usd_1d_bitstamp-coinbase.csv"))
            .Skip(1).Select(line => double.Parse(line.Split(',')[4], CultureInfo.InvariantCulture)).ToArray();
        return [.. closes.Zip(closes.Skip(1), (before, after) => Math.Log(after / before))];
    }
}
