using System.Text.Json;
using MathNet.Numerics;

namespace KeeperOracle.Tests.Host.Shows;

/// <summary>
/// What an outsider can do: the numbers of a show worked out again from its JSON alone, without the product's code (the normal distribution
/// is MathNet's), to 1e-6.
/// </summary>
public sealed class ShowNumbersTests
{
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void System5_Requirement_IsThatOfTheWorstOfThirtyOneScenarios(int number)
    {
        var (from, gives) = PlayedShows.Step("5", number);
        var portfolio = from.GetProperty("portfolio");
        var market = portfolio.GetProperty("underlyings")[0];
        var expiry = market.GetProperty("expiries")[0];
        double Value(double move, double volatility) => portfolio.GetProperty("legs").EnumerateArray().Sum(leg => leg.Number("amount") * Put(
            expiry.Number("forward") * (1 + move), leg.Number("strike"), expiry.Number("yearsToExpiry"), expiry.Number("impliedVolatility") * volatility));

        var range = Math.Clamp(2.326347874 * market.Number("volatility") * Math.Sqrt(5.0 / 365), .08, .5);
        double[] volatilities = [1.4, 1, .78];
        var grid = Enumerable.Range(-4, 9).SelectMany(quarter => volatilities.Select(one => (Move: quarter * range / 4, Volatility: one, Share: 1.0)));
        (double, double, double)[] tails = [(-.66, 1.4, .24), (-.33, 1.4, .48), (.5, 1.4, .32), (1, 1.4, .16)];
        var worst = grid.Concat(tails).Max(one => one.Item3 * (Value(0, 1) - Value(one.Item1, one.Item2)));
        var shorts = Math.Max(0, -portfolio.GetProperty("legs").EnumerateArray().Sum(leg => leg.Number("amount")));

        Assert.Equal(range, from.Number("range"), Tolerance);
        Assert.Equal(worst, gives.Number("worstLoss"), Tolerance);
        Assert.Equal(worst - Value(0, 1) + (shorts * .01 * market.Number("spot")), gives.Number("requirement"), Tolerance);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public void System16_Probability_IsThatOfTheReflectionPrinciple(int number, bool firstPassage)
    {
        var (from, gives) = PlayedShows.Step("16", number);
        var health = from.Number("health");
        var deviation = from.Number("volatility") * Math.Sqrt(from.Number("years"));
        var distance = Math.Log(health) / deviation;

        var end = Cdf((deviation / 2) - distance);
        var expected = firstPassage ? end + (health * Cdf((-deviation / 2) - distance)) : end;

        Assert.Equal(expected, gives.Number("closed"), Tolerance);
        Assert.Equal(expected, gives.Number("simulated"), 3 * gives.Number("standardError"));
    }

    [Fact]
    public void System12_VolatilityAndRamp_AreTheirFormulas()
    {
        var (from, gives) = PlayedShows.Step("12", 1);
        var prices = PlayedShows.Numbers(from.GetProperty("prices"));
        var (move, lambda, before) = (Math.Log(prices[1] / prices[0]), from.Number("lambda"), from.Number("before"));
        var ewma = Math.Sqrt((lambda * before * before) + ((1 - lambda) * move * move * 365));
        Assert.Equal(ewma, gives.Number("ewma"), Tolerance);
        Assert.Equal(ewma + (from.Number("weight") * (from.Number("stress") - ewma)), gives.Number("applied"), Tolerance);

        (from, gives) = PlayedShows.Step("12", 3);
        var thresholds = PlayedShows.Numbers(gives.GetProperty("thresholds"));
        var expected = PlayedShows.Numbers(from.GetProperty("days"))
            .Select(day => Math.Max(from.Number("thresholdAfter"), from.Number("thresholdBefore") * Math.Exp(-from.Number("rampPerDay") * day)));
        Assert.All(expected.Zip(thresholds), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
    }

    [Fact]
    public void System8_BadModel_IsRejectedByItsOwnLossesAndForecasts()
    {
        var (from, gives) = PlayedShows.Step("8", 4);
        var losses = PlayedShows.Numbers(from.GetProperty("losses"));
        var forecasts = from.GetProperty("forecasts").EnumerateArray().Select(one => (Var: one.Number("var"), Es: one.Number("es"))).ToList();
        var over = Enumerable.Range(0, losses.Length).Where(day => losses[day] > forecasts[day].Var).ToList();
        var (n, x, p) = (losses.Length, over.Count, 1 - from.Number("level"));
        var ratio = -2 * (((n - x) * Math.Log((1 - p) / (1 - ((double)x / n)))) + (x * Math.Log(p * n / x)));

        Assert.Equal(x, gives.Number("exceptions"));
        Assert.Equal(ratio, gives.GetProperty("kupiec").Number("statistic"), Tolerance);
        Assert.Equal(SpecialFunctions.Erfc(Math.Sqrt(ratio / 2)), gives.GetProperty("kupiec").Number("pValue"), Tolerance);
        Assert.Equal(1 - over.Sum(day => losses[day] / forecasts[day].Es / (n * p)), gives.GetProperty("shortfall").Number("statistic"), Tolerance);
    }

    [Fact]
    public void SystemA_Coverage_IsTheShareOfDaysUnderTheMargin()
    {
        var (from, gives) = PlayedShows.Step("A", 2);
        var covered = PlayedShows.Numbers(from.GetProperty("losses")).Zip(PlayedShows.Numbers(from.GetProperty("margins"))).Average(day => day.First <= day.Second ? 1.0 : 0);

        Assert.Equal(covered, gives.Number("share"), Tolerance);
    }

    [Fact]
    public void SystemC_Procyclicality_IsMeasuredOnTheMarginsGiven()
    {
        var (from, gives) = PlayedShows.Step("C", 3);
        foreach (var (series, result) in ((string, string)[])[("margins", "metrics"), ("plain", "plain")])
        {
            var margins = PlayedShows.Numbers(from.GetProperty(series));
            Assert.Equal(margins.Max() / margins.Min(), gives.GetProperty(result).Number("peakToTrough"), Tolerance);
            Assert.Equal(margins.Skip(5).Zip(margins, (now, before) => (now / before) - 1).Max(), gives.GetProperty(result).Number("worstRise5Day"), Tolerance);
        }
    }

    [Fact]
    public void System9_MarginReleased_IsWhatItSays()
    {
        var (_, gives) = PlayedShows.Step("9", 4);
        var trades = PlayedShows.Step("9", 3).Gives.GetProperty("trades").EnumerateArray().ToList();

        Assert.Equal(trades.Sum(trade => trade.Number("cashPaid")), gives.Number("cashPaid"), Tolerance);
        Assert.Equal(gives.Number("marginBefore") - gives.Number("marginAfter") - gives.Number("cashPaid"), gives.Number("marginReleased"), Tolerance);
    }

    private static double Put(double forward, double strike, double years, double volatility)
    {
        var deviation = volatility * Math.Sqrt(years);
        var d1 = (Math.Log(forward / strike) / deviation) + (deviation / 2);
        return (strike * Cdf(deviation - d1)) - (forward * Cdf(-d1));
    }

    private static double Cdf(double x) => SpecialFunctions.Erfc(-x / Math.Sqrt(2)) / 2;
}
