using System.Numerics;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>
/// What a Uniswap v3 pool pays for an exact amount, to the unit: its own rounding, of the fee, of the next price and of what comes out.
/// <code>
/// net = in (1 - fee)
/// token0 in:   sqrtP' = L sqrtP / (L + net sqrtP), up        out = L (sqrtP - sqrtP'), down
/// token1 in:   sqrtP' = sqrtP + net / L, down                out = L (1/sqrtP - 1/sqrtP'), down
/// </code>
/// The liquidity in force is taken as that of every price that the sale comes to. Where a pool's owners have put more or less of it beyond the next of
/// its ticks, a sale that goes so far brings something else than is quoted here: nobody may rely on it without a least amount that the chain enforces.
/// </summary>
public static class PoolQuote
{
    /// <summary>Where the venue's limits stop a pool (contracts/UniswapV3Venue.sol): a sale that comes so far has found no more liquidity.</summary>
    private static readonly BigInteger LowestRoot = 4295128740;
    private static readonly BigInteger HighestRoot = BigInteger.Parse("1461446703485210103287273052203988822378723970341", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly BigInteger Word = BigInteger.One << 256;
    private const int RootBits = 96;
    private const int Millionths = 1_000_000;

    /// <summary>Units out; null where the pool runs dry before all is sold.</summary>
    /// <param name="isFirst">whether token0 is sold</param>
    public static BigInteger? AmountOut(SwapPoolSnapshot pool, bool isFirst, BigInteger amountIn)
    {
        ArgumentNullException.ThrowIfNull(pool);
        var net = amountIn * (Millionths - pool.FeeMillionths) / Millionths;
        var (root, liquidity) = (pool.SqrtPriceX96, pool.Liquidity);
        if (net.Sign <= 0 || liquidity.Sign <= 0 || root.Sign <= 0)
        {
            return null;
        }

        if (isFirst)
        {
            var lower = RootAfterFirst(root, liquidity << RootBits, net);
            return lower <= LowestRoot ? null : (liquidity * (root - lower)) >> RootBits;
        }

        var higher = root + ((net << RootBits) / liquidity);
        return higher >= HighestRoot ? null : (liquidity << RootBits) * (higher - root) / higher / root;
    }

    /// <summary>The pool by its reserves, in whole tokens: the same curve without rounding.</summary>
    public static ConstantProductVenue Venue(SwapPoolSnapshot pool, bool isFirst, int decimalsIn, int decimalsOut)
    {
        ArgumentNullException.ThrowIfNull(pool);
        var first = (pool.Liquidity << RootBits) / pool.SqrtPriceX96;
        var second = (pool.Liquidity * pool.SqrtPriceX96) >> RootBits;
        var (reserveIn, reserveOut) = isFirst ? (first, second) : (second, first);
        return new ConstantProductVenue(Whole(reserveIn, decimalsIn), Whole(reserveOut, decimalsOut), pool.FeeMillionths / (double)Millionths);
    }

    /// <summary>Rounded up. Where the product is over 256 bits the pool has another formula for the same, which rounds otherwise.</summary>
    private static BigInteger RootAfterFirst(BigInteger root, BigInteger scaled, BigInteger net)
    {
        var below = scaled + (net * root);
        return below < Word ? CeilingDivide(scaled * root, below) : CeilingDivide(scaled, (scaled / root) + net);
    }

    private static BigInteger CeilingDivide(BigInteger numerator, BigInteger denominator) => (numerator + denominator - BigInteger.One) / denominator;

    private static double Whole(BigInteger units, int decimals) => (double)units / (double)BigInteger.Pow(10, decimals);
}
