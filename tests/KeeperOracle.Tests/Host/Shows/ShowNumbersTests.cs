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

        var (worst, requirement) = OutsiderMargin.Of(market, portfolio.GetProperty("legs").EnumerateArray());

        Assert.Equal(OutsiderMargin.Range(market.Number("volatility")), from.Number("range"), Tolerance);
        Assert.Equal(worst, gives.Number("worstLoss"), Tolerance);
        Assert.Equal(requirement, gives.Number("requirement"), Tolerance);
    }

    [Fact]
    public void System7_HistoricalAndNormalShortfall_AreThoseOfTheReturnsGiven()
    {
        var (from, gives) = PlayedShows.Step("7", 2);
        var returns = PlayedShows.Numbers(from.GetProperty("returns"));
        var forecasts = gives.GetProperty("forecasts");
        var (mean, count) = (returns.Average(), returns.Length);
        var deviation = Math.Sqrt(returns.Sum(one => (one - mean) * (one - mean)) / (count - 1));

        Assert.Equal(-returns.Order().Take(15).Average(), forecasts.GetProperty("historical").Number("es"), Tolerance);
        Assert.Equal((deviation * 2.6652142203) - mean, forecasts.GetProperty("normal").Number("es"), 1e-4); // whatever the divisor
    }

    [Fact]
    public void System9_MarginBeforeAndAfter_AreThoseOfTheLegsGiven()
    {
        var (from, gives) = PlayedShows.Step("9", 4);
        double Requirement(string legs) => OutsiderMargin.Of(from.GetProperty("market"), from.GetProperty(legs).EnumerateArray()).Requirement;
        var cash = PlayedShows.Step("9", 3).Gives.GetProperty("trades").EnumerateArray().Sum(trade => trade.Number("cashPaid"));

        Assert.Equal(Requirement("legs"), gives.Number("marginBefore"), Tolerance);
        Assert.Equal(Requirement("hedged"), gives.Number("marginAfter"), Tolerance);
        Assert.Equal(Requirement("legs") - Requirement("hedged") - cash, gives.Number("marginReleased"), Tolerance);
    }

    [Fact]
    public void System11_AdaptiveAndFixedGrid_AreThoseOfTheirRanges()
    {
        var (from, gives) = PlayedShows.Step("11", 3);
        var (fixedFrom, fixedGives) = PlayedShows.Step("11", 4);
        var volatilities = PlayedShows.Numbers(from.GetProperty("volatilities"));
        double Requirement(double range) => OutsiderMargin.Of(from.GetProperty("market"), from.GetProperty("legs").EnumerateArray(), range).Requirement;

        Assert.Equal(Requirement(OutsiderMargin.Range(volatilities[0])), gives.Number("calm"), Tolerance);
        Assert.Equal(Requirement(OutsiderMargin.Range(volatilities[1])), gives.Number("wild"), Tolerance);
        Assert.Equal(Requirement(fixedFrom.Number("fixedRange")), fixedGives.Number("wild"), Tolerance);
    }

    [Fact]
    public void System13_ThreeAccountsOfSixtyFourLegs_AreThoseOfTheLegsGiven()
    {
        var (from, gives) = PlayedShows.Step("13", 2);
        var markets = from.GetProperty("markets").EnumerateArray().ToList();
        var accounts = from.GetProperty("legs").EnumerateArray().Select(legs => legs.EnumerateArray().ToList()).ToList();
        var requirements = PlayedShows.Numbers(gives.GetProperty("requirements"));

        Assert.All(accounts, legs => Assert.Equal(64, legs.Count));
        Assert.All(accounts.Zip(requirements), pair => Assert.Equal(OutsiderMargin.Requirement(markets, pair.First), pair.Second, Tolerance));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void System15_PortfolioAndLegs_AreThoseOfTheLegsGiven(int number)
    {
        var (from, gives) = PlayedShows.Step("15", number);
        JsonElement[] markets = [from.GetProperty("market")];
        var legs = from.GetProperty("legs").EnumerateArray().ToList();

        Assert.Equal(OutsiderMargin.Requirement(markets, legs), gives.Number("portfolio"), Tolerance);
        Assert.Equal(legs.Sum(leg => OutsiderMargin.Requirement(markets, [leg])), gives.Number("isolated"), Tolerance);
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

        var end = OutsiderMargin.Cdf((deviation / 2) - distance);
        var expected = firstPassage ? end + (health * OutsiderMargin.Cdf((-deviation / 2) - distance)) : end;

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
}
