using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class SlippageTests
{
    [Theory]
    [InlineData(-1e-9, 1)]
    [InlineData(1, 0)]
    [InlineData(1, -1)]
    [InlineData(double.NaN, 1)]
    [InlineData(1, double.NaN)]
    public void SquareRootImpact_NegativeSizeOrNoVolume_Refuses(double size, double volume) =>
        Assert.Throws<ArgumentException>(() => Slippage.SquareRootImpact(0.6, size, volume));

    [Fact]
    public void SquareRootImpact_KnownCase_IsTwoThirdsOfTheImpact()
    {
        // A daily volatility of 2 %, a hundredth of a day's volume: impact .2 %, of which two thirds on average.
        Assert.Equal(0.002 * 2 / 3, Slippage.SquareRootImpact(0.02 * Math.Sqrt(365), 1, 100), 1e-15);
        Assert.Equal(0.004 * 2 / 3, Slippage.SquareRootImpact(0.02 * Math.Sqrt(365), 1, 100, calibration: 2), 1e-15);
        Assert.Equal(0, Slippage.SquareRootImpact(0.6, 0, 1));
    }

    [Fact]
    public void SquareRootImpact_FourTimesTheSize_TwiceTheLoss() =>
        Assert.Equal(2 * Slippage.SquareRootImpact(0.6, 5, 1000), Slippage.SquareRootImpact(0.6, 20, 1000), 1e-15);
}
