using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// A real Uniswap v3 pool of two tokens of a show, with liquidity over the whole range, so that it trades like x y = k with the reserves it was given.
/// The factory is Uniswap's own, from its package; the tokens are the local stand-ins, which anyone may mint.
/// </summary>
internal sealed record ShowPool(Address Pool, DemoAsset First, BigInteger FirstReserve, DemoAsset Second, BigInteger SecondReserve)
{
    /// <summary>In millionths; the factory allows it from the start, in steps of 60 ticks.</summary>
    public const uint Fee = 3000;

    /// <summary>The contract that adds liquidity; its code lies in abi/code.</summary>
    public const string Minter = "LiquidityMinter";

    private const int LastTick = 887220;

    public static async Task<ShowPool> MakeAsync(
        ShowStage stage, DemoAsset first, double firstTokens, DemoAsset second, double secondTokens, CancellationToken cancellationToken) =>
        await MakeAsync(stage.Side, await stage.DeployAsync(Minter, cancellationToken), first, firstTokens, second, secondTokens, cancellationToken);

    /// <param name="minter">where <see cref="Minter"/> was deployed</param>
    public static async Task<ShowPool> MakeAsync(
        StageChain side, Address minter, DemoAsset first, double firstTokens, DemoAsset second, double secondTokens, CancellationToken cancellationToken)
    {
        var (from, factory) = (side.Deployer, side.AddressOf("uniswapFactory"));
        var (amount, other) = (first.Units(firstTokens), second.Units(secondTokens));
        var isFirst = first.Token < second.Token;
        var (token0, reserve0, token1, reserve1) = isFirst ? (first.Token, amount, second.Token, other) : (second.Token, other, first.Token, amount);
        await side.SendAsync(from, factory, new IUniswapV3Factory.CreatePoolFunction(first.Token, second.Token, Fee), cancellationToken);
        var pool = await side.CallAsync(factory, new IUniswapV3Factory.GetPoolFunction(first.Token, second.Token, Fee), cancellationToken);
        await side.SendAsync(from, pool, new IUniswapV3Pool.InitializeFunction(Root((reserve1 << 192) / reserve0)), cancellationToken);
        await side.SendAsync(
            from, minter, new LiquidityMinter.AddLiquidityFunction(pool, token0, token1, -LastTick, LastTick, Root(amount * other)), cancellationToken);
        return new ShowPool(pool, first, amount, second, other);
    }

    /// <summary>What x y = k pays in the second token for so much of the first, after the fee.</summary>
    public BigInteger Pays(BigInteger amountIn)
    {
        var net = amountIn * (1_000_000 - Fee) / 1_000_000;
        return SecondReserve * net / (FirstReserve + net);
    }

    /// <summary>The whole part of a square root, by Newton's steps from above.</summary>
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
