using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class PoolDepthTests
{
    private const double Fee = .003;
    private const int Far = 200_000;

    /// <summary>Liquidity over the whole range trades as x y = k: so much the venue of two reserves pays.</summary>
    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 5_000)]
    [InlineData(false, 1)]
    [InlineData(false, 900_000)]
    public void Slippage_OneRange_IsThatOfConstantProduct(bool isFirst, double amountIn)
    {
        const double first = 1_000;
        const double second = 3_000_000;
        var root = Math.Sqrt(second / first);
        var depth = new PoolDepth(Fee, root, Math.Sqrt(first * second), [], isFirst ? -Far : Far);
        var venue = isFirst ? new ConstantProductVenue(first, second, Fee) : new ConstantProductVenue(second, first, Fee);
        var price = isFirst ? root * root : 1 / (root * root);

        Assert.Equal(1 - (venue.AmountOut(amountIn) / (amountIn * price)), depth.Slippage(isFirst, amountIn), 1e-9);
    }

    [Fact]
    public void Slippage_Nothing_LosesNothing() => Assert.Equal(0, new PoolDepth(Fee, 1, 1, [], -Far).Slippage(true, 0));

    [Fact]
    public void Slippage_LiquidityEndsAtATick_IsWhatTheRangePaysAndTheRestIsGivenAway()
    {
        // One range of liquidity 1,000 from price 1 down to 1.0001^-100; nothing below it.
        var depth = new PoolDepth(0, 1, 1_000, [new PoolTick(-100, 1_000)], -Far);
        var low = Math.Pow(1.0001, -50);
        var (taken, paid) = (1_000 * ((1 / low) - 1), 1_000 * (1 - low));

        Assert.Equal(1 - (paid / taken), depth.Slippage(true, taken), 1e-9);
        Assert.Equal(1 - (paid / (3 * taken)), depth.Slippage(true, 3 * taken), 1e-9);
    }

    [Fact]
    public void Slippage_ThinnerBelowATick_IsTheSumOfBothRanges()
    {
        var depth = new PoolDepth(0, 1, 1_000, [new PoolTick(-100, 900)], -Far); // 100 are left
        var edge = Math.Pow(1.0001, -50);
        var taken = 1_000 * ((1 / edge) - 1);
        var last = 100 * edge / (100 + (2 * edge)); // two more units in, at liquidity 100
        var paid = (1_000 * (1 - edge)) + (100 * (edge - last));

        Assert.Equal(1 - (paid / (taken + 2)), depth.Slippage(true, taken + 2), 1e-9);
        Assert.True(depth.Slippage(true, taken + 2) > new PoolDepth(0, 1, 1_000, [], -Far).Slippage(true, taken + 2));
    }

    [Fact]
    public void Slippage_PriceRisesThroughATick_LiquidityIsAdded()
    {
        var depth = new PoolDepth(0, 1, 1_000, [new PoolTick(100, 500)], Far);
        var edge = Math.Pow(1.0001, 50);
        var taken = 1_000 * (edge - 1);
        var last = edge + (3.0 / 1_500);
        var paid = (1_000 * (1 - (1 / edge))) + (1_500 * ((1 / edge) - (1 / last)));

        Assert.Equal(1 - (paid / (taken + 3)), depth.Slippage(false, taken + 3), 1e-9);
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    public void Slippage_NoPoolOrNoAmount_IsRefused(double root, double amountIn) =>
        Assert.Throws<RiskInputException>(() => new PoolDepth(Fee, root, 1, [], -Far).Slippage(true, amountIn));
}
