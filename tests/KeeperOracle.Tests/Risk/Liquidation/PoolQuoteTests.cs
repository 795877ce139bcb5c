using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class PoolQuoteTests
{
    private static readonly BigInteger Price = BigInteger.One << 96;

    /// <summary>At a price of one with 10^18 of liquidity either side holds 10^18: by hand, x y = k with the fee taken first.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AmountOut_PriceOfOne_IsTheConstantProductRoundedAgainstTheSeller(bool isFirst)
    {
        var (pool, reserve) = (Pool(3000, Price, BigInteger.Pow(10, 18)), BigInteger.Pow(10, 18));
        foreach (var amount in (BigInteger[])[1_000, 1_000_000, BigInteger.Pow(10, 15), BigInteger.Pow(10, 17), BigInteger.Pow(10, 18)])
        {
            var net = amount * 997_000 / 1_000_000;
            var exact = reserve * net / (reserve + net);
            var quoted = PoolQuote.AmountOut(pool, isFirst, amount)!.Value;
            Assert.InRange(exact - quoted, 0, 2); // its price is rounded against the seller, to 2^-96
        }
    }

    [Fact]
    public void AmountOut_NothingLeftAfterTheFeeOrNoLiquidity_IsNone()
    {
        Assert.Null(PoolQuote.AmountOut(Pool(3000, Price, BigInteger.Pow(10, 18)), true, 1));
        Assert.Null(PoolQuote.AmountOut(Pool(3000, Price, BigInteger.Pow(10, 18)), true, 0));
        Assert.Null(PoolQuote.AmountOut(Pool(3000, Price, 0), true, 1_000));
        Assert.Null(PoolQuote.AmountOut(Pool(3000, 0, 1), true, 1_000));
    }

    [Fact]
    public void AmountOut_MoreThanThePoolCanTake_IsNone()
    {
        var pool = Pool(500, Price, 1_000);
        Assert.NotNull(PoolQuote.AmountOut(pool, true, 1_000));
        Assert.Null(PoolQuote.AmountOut(pool, true, BigInteger.Pow(10, 30)));
        Assert.Null(PoolQuote.AmountOut(pool, false, BigInteger.Pow(10, 30)));
    }

    /// <summary>Over 256 bits the pool reckons the next price otherwise.</summary>
    [Fact]
    public void AmountOut_ProductOverAWord_StaysNextToTheCurve()
    {
        var pool = Pool(0, Price << 60, BigInteger.Pow(10, 30));
        var venue = PoolQuote.Venue(pool, isFirst: true, 0, 0);
        var amount = BigInteger.One << 110;
        Assert.True(amount * pool.SqrtPriceX96 >= BigInteger.One << 256);
        Assert.Equal(1, (double)PoolQuote.AmountOut(pool, isFirst: true, amount)!.Value / venue.AmountOut((double)amount), 1e-9);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Venue_AnyPool_QuotesWhatTheExactQuoteSays(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        for (var i = 0; i < 200; i++)
        {
            var pool = Pool((uint)(100 * (1 + random.NextInt(100))), new BigInteger(Math.Pow(2, 96 + (20 * (random.NextUniform() - 0.5)))), new BigInteger(1e15 * (1 + random.NextUniform())));
            var isFirst = random.NextInt(2) == 0;
            var venue = PoolQuote.Venue(pool, isFirst, 6, 9);
            var amount = new BigInteger(1e13 * (1 + random.NextUniform()));
            Assert.Equal(1, (double)PoolQuote.AmountOut(pool, isFirst, amount)!.Value / 1e9 / venue.AmountOut((double)amount / 1e6), 1e-6);
        }
    }

    private static SwapPoolSnapshot Pool(uint fee, BigInteger root, BigInteger liquidity) =>
        new(new Address([.. new byte[19], 1]), new Address([.. new byte[19], 2]), new Address([.. new byte[19], 3]), fee, root, liquidity);
}
