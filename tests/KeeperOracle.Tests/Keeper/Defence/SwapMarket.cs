using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

/// <summary>The small market with pools of WETH and stable, and of WETH and WBTC, at the oracle's prices; and an account that may swap.</summary>
internal static class SwapMarket
{
    public const ulong Expiry = Now + 1_000;
    public const ushort ForStable = 0x8000;
    public const ushort ForWbtc = 2;
    private static readonly Address Stable0 = Snapshot().Market.Stable;

    /// <summary>Of health 1.04 something, all in WETH.</summary>
    public static AccountSnapshot Low { get; } = Account(1, 22_500, 10) with { SwapMandate = Mandate() };

    public static SwapMandateSnapshot Mandate(ushort allowedOut = ForStable) => new(
        Fraction(1.05m), Fraction(1.1m), Fraction(0.01m), Fraction(0.02m), 3_600, Expiry, 1, allowedOut, 0);

    public static ChainSnapshot Market(AccountSnapshot account, params SwapPoolSnapshot[] pools) => Snapshot(account) with { SwapPools = [.. pools] };

    /// <summary>So many WETH deep, at this price.</summary>
    public static SwapPoolSnapshot StablePool(decimal weth = 10_000, decimal price = 3_000, uint fee = 500) =>
        Pool(0x51, Stable0, Snapshots.Stable(weth * price), Weth, Wei(weth), fee);

    public static SwapPoolSnapshot WbtcPool(decimal weth = 10_000, decimal wethOfOne = 20, uint fee = 500) =>
        Pool(0x52, Wbtc, new BigInteger(weth / wethOfOne * 100_000_000), Weth, Wei(weth), fee);

    private static BigInteger Wei(decimal weth) => new BigInteger(weth * 1_000_000) * BigInteger.Pow(10, 12);

    private static SwapPoolSnapshot Pool(byte number, Address token0, BigInteger reserve0, Address token1, BigInteger reserve1, uint fee) => new(
        new Address([.. new byte[19], number]), token0, token1, fee, Root((reserve1 << 192) / reserve0), Root(reserve0 * reserve1));

    private static BigInteger Root(BigInteger value)
    {
        var root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        for (var next = (root + (value / root)) >> 1; next < root; next = (root + (value / root)) >> 1)
        {
            root = next;
        }

        return root;
    }
}
