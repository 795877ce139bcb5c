using KeeperOracle.Risk;
using KeeperOracle.Risk.Backtesting;

namespace KeeperOracle.Tests.Risk.Backtesting;

public sealed class ThresholdCoverageTests
{
    // Daily volatility .02: LT = exp(-2.6652142 x .02 x sqrt 5) = .88763.
    private static readonly double[] Volatility = [.. Enumerable.Repeat(0.02, 8)];

    [Fact]
    public void Judge_DifferentLengths_Refused() =>
        Assert.Equal("LengthMismatch", Assert.Throws<RiskInputException>(() => ThresholdCoverage.Judge([1, 1], [1], [1, 1], 0)).Refusal);

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void Judge_NoDayWithFiveAfterIt_Refused(int first) =>
        Assert.Equal(
            "TooFewObservations",
            Assert.Throws<RiskInputException>(() => ThresholdCoverage.Judge(new double[8], new double[8], Volatility, first)).Refusal);

    [Theory]
    [InlineData(88.77, 0)]
    [InlineData(88.76, 3)]
    public void Judge_LowOnEitherSideOfTheThreshold_BreachedOnlyUnderIt(double low, int breaches)
    {
        double[] closes = [100, 100, 100, 100, 100, 100, 100, 100];
        double[] lows = [1, 100, 100, low, 100, 100, 100, 100]; // the first day's own low lies before its close
        var outcome = ThresholdCoverage.Judge(closes, lows, Volatility, 0);
        Assert.Equal(3, outcome.Days);
        Assert.Equal(breaches, outcome.Breaches);
        Assert.Equal(breaches / 3.0, outcome.Share, 12);
        Assert.Equal(1 - 0.88763, outcome.MeanMargin, 4);
    }
}
