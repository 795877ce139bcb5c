using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class PointVolatilityTests
{
    [Theory]
    [InlineData(double.NaN, 0.5, 0, 60, "NotFinite")]
    [InlineData(0.5, double.PositiveInfinity, 0, 60, "NotFinite")]
    [InlineData(-0.1, 0.5, 0, 60, "NegativeVolatility")]
    [InlineData(0.5, -0.1, 0, 60, "NegativeVolatility")]
    [InlineData(0.5, 0.5, -1, 60, "BadAge")]
    [InlineData(0.5, 0.5, 1, -60, "BadAge")]
    [InlineData(0.5, 0.5, double.NaN, 60, "BadAge")]
    public void Of_BadInput_Refuses(double estimated, double implied, double age, double maximumAge, string refusal) =>
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => PointVolatility.Of(estimated, implied, age, maximumAge)).Refusal);

    [Theory]
    [InlineData(0.6, 0.8, 60, 0.8, PointVolatilitySource.Implied)]
    [InlineData(0.6, 0.8, 60.001, 0.6, PointVolatilitySource.Estimated)] // stale
    [InlineData(0.6, 0.6, 0, 0.6, PointVolatilitySource.Estimated)]
    [InlineData(0.6, 0.4, 0, 0.6, PointVolatilitySource.Estimated)] // a calm option market does not lower it
    public void Of_ImpliedOfAnAge_TakesTheLargerWhileFresh(
        double estimated, double implied, double age, double expected, PointVolatilitySource source) =>
        Assert.Equal(new PointVolatility(expected, source), PointVolatility.Of(estimated, implied, age, 60));

    [Fact]
    public void Of_NoImplied_IsTheEstimate() =>
        Assert.Equal(new PointVolatility(0.6, PointVolatilitySource.Estimated), PointVolatility.Of(0.6, null, 0, 0));
}
