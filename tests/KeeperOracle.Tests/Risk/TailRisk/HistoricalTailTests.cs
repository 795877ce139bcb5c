using CsCheck;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class HistoricalTailTests
{
    private static readonly Gen<double[]> Losses = Gen.Double[-1, 1].Array[2, 60];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Forecast_LevelNotBetweenZeroAndOne_Refuses(double level) =>
        TailVectors.Refuses("LevelOutOfRange", () => HistoricalTail.Forecast([0.1, 0.2], level));

    [Fact]
    public void Forecast_OneReturn_RefusesAndTwoAreEnough()
    {
        TailVectors.Refuses("TooFewObservations", () => HistoricalTail.Forecast([0.1], 0.99));
        Assert.Equal(new TailForecast(-0.1, -0.1), HistoricalTail.Forecast([0.1, 0.1], 0.99));
    }

    [Theory]
    [InlineData(double.NaN, "NotFinite")]
    [InlineData(double.PositiveInfinity, "NotFinite")]
    [InlineData(1.01e60, "TooLarge")]
    public void Forecast_NumberThatIsNone_Refuses(double value, string refusal) =>
        TailVectors.Refuses(refusal, () => HistoricalTail.Forecast([0.1, value], 0.99));

    [Fact]
    public void Forecast_LargestNumber_IsTaken() => Assert.Equal(1e60, HistoricalTail.Forecast([0, -1e60], 0.99).Es);

    [Fact]
    public void Forecast_NumpyPercentilesAndExactIntegral_Agrees() =>
        TailVectors.AgreesWith("historical", level => HistoricalTail.Forecast(TailVectors.Returns, level), 1e-12);

    [Fact]
    public void Forecast_ByHand_TakesTheLastObservationByItsFraction()
    {
        // Losses 1 to 10; at .75 the tail holds 2.5 of them: (10 + 9 + .5 x 8)/2.5. Type 7: position 9 x .75 = 6.75.
        var forecast = HistoricalTail.Forecast([-1, -2, -3, -4, -5, -6, -7, -8, -9, -10], 0.75);

        Assert.Equal(7.75, forecast.Var, 1e-14);
        Assert.Equal(9.2, forecast.Es, 1e-14);
    }

    [Fact]
    public void Forecast_TailShorterThanOneObservation_IsTheWorstLoss() =>
        Assert.Equal(10, HistoricalTail.Forecast([-1, -2, -10], 0.99).Es, 1e-14);

    [Fact]
    public void Forecast_AnySample_EsIsAtLeastVar() => Gen.Select(Losses, Gen.Double[0.001, 0.999]).Sample((returns, level) =>
    {
        var forecast = HistoricalTail.Forecast(returns, level);

        Assert.True(forecast.Es >= forecast.Var);
    });

    [Fact]
    public void Forecast_CommonScenarios_EsIsSubAdditive() => Gen.Select(Losses, Losses, Gen.Double[0.001, 0.999]).Sample(
        (first, second, level) =>
    {
        var count = Math.Min(first.Length, second.Length);
        var both = first.Take(count).Zip(second.Take(count), (a, b) => a + b).ToArray();

        var apart = HistoricalTail.Forecast(first.AsSpan(0, count), level).Es + HistoricalTail.Forecast(second.AsSpan(0, count), level).Es;
        Assert.True(HistoricalTail.Forecast(both, level).Es <= apart + 1e-12);
    });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2.5)]
    [InlineData(1, 4)]
    [InlineData(0.9, 3.7)]
    public void Quantile_Type7_IsLinearBetweenOrderStatistics(double probability, double expected) =>
        Assert.Equal(expected, HistoricalTail.Quantile([1, 2, 3, 4], probability), 1e-14);

    [Fact]
    public void Quantile_NothingOrNoProbability_Refuses()
    {
        TailVectors.Refuses("LevelOutOfRange", () => HistoricalTail.Quantile([], 0.5));
        TailVectors.Refuses("LevelOutOfRange", () => HistoricalTail.Quantile([1], 1.0000001));
        TailVectors.Refuses("LevelOutOfRange", () => HistoricalTail.Quantile([1], double.NaN));
    }
}
