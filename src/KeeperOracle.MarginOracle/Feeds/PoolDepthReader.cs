using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.MarginOracle.Feeds;

/// <summary>What a pool said at a block.</summary>
/// <param name="SqrtPriceX96">as the pool keeps it</param>
/// <param name="Liquidity">in force</param>
/// <param name="Slippage">of selling the size that was asked about</param>
public readonly record struct PoolReading(BigInteger SqrtPriceX96, BigInteger Liquidity, double Slippage);

/// <summary>
/// Reads from one Uniswap v3 pool, at a block, what a sale of one token would lose: price, liquidity, and the ticks on the way down to half the price (beyond
/// that, and past the 500 nearest ticks, there counts as no liquidity: the estimate is never better than the pool).
/// </summary>
public sealed class PoolDepthReader(ChainReader reader, Address pool, Address token)
{
    private const int HalfPriceTicks = 6932; // ln 2 / ln 1.0001, rounded up
    private const int TicksPerWord = 256;
    private const int MostTicks = 500;
    private const int RootBits = 96;
    private const double Millionths = 1e6;

    private (uint Fee, int Spacing, bool IsFirst)? _constants;

    /// <param name="amountIn">units of the token</param>
    /// <returns>exactly one of the two is null; a refusal where this is no pool of the token, or has no price</returns>
    public async Task<(PoolReading? Reading, string? Refusal)> ReadAsync(Hash32 blockHash, double amountIn, CancellationToken cancellationToken)
    {
        if (_constants is not { } constants)
        {
            var (found, problem) = await ConstantsAsync(blockHash, cancellationToken);
            if (found is not { } known)
            {
                return (null, problem);
            }

            _constants = constants = known;
        }

        var batch = reader.At(blockHash);
        var slot = batch.Add(pool, new IUniswapV3Pool.Slot0Function());
        var liquidity = batch.Add(pool, new IUniswapV3Pool.LiquidityFunction());
        await batch.ExecuteAsync(cancellationToken);
        if (slot.Failed || liquidity.Failed || slot.Value.SqrtPriceX96.IsZero)
        {
            return (null, $"PoolUnreadable: {Eip55.Format(pool)} has no price");
        }

        var (ticks, end) = await TicksAsync(blockHash, (int)slot.Value.Tick, constants, cancellationToken);
        var depth = new PoolDepth(constants.Fee / Millionths, (double)slot.Value.SqrtPriceX96 / (double)(BigInteger.One << RootBits), (double)liquidity.Value, ticks, end);
        return (new PoolReading(slot.Value.SqrtPriceX96, liquidity.Value, depth.Slippage(constants.IsFirst, amountIn)), null);
    }

    private async Task<((uint Fee, int Spacing, bool IsFirst)? Constants, string? Refusal)> ConstantsAsync(Hash32 blockHash, CancellationToken cancellationToken)
    {
        var batch = reader.At(blockHash);
        var fee = batch.Add(pool, PoolView.Number("fee()"));
        var spacing = batch.Add(pool, PoolView.Number("tickSpacing()"));
        var first = batch.Add(pool, PoolView.Token("token0()"));
        var second = batch.Add(pool, PoolView.Token("token1()"));
        await batch.ExecuteAsync(cancellationToken);
        return fee.Failed || spacing.Failed || first.Failed || second.Failed || spacing.Value.Sign <= 0 ? (null, $"PoolUnreadable: {Eip55.Format(pool)} is no Uniswap v3 pool")
            : first.Value != token && second.Value != token ? (null, $"PoolWrong: {Eip55.Format(pool)} does not trade {Eip55.Format(token)}")
            : (((uint)fee.Value, (int)spacing.Value, first.Value == token), null);
    }

    /// <summary>Those where liquidity changes, nearest first, and the last one of which was asked.</summary>
    private async Task<(ImmutableArray<PoolTick> Ticks, int End)> TicksAsync(
        Hash32 blockHash, int current, (uint Fee, int Spacing, bool IsFirst) constants, CancellationToken cancellationToken)
    {
        var at = FloorDivide(current, constants.Spacing);
        var last = FloorDivide(constants.IsFirst ? current - HalfPriceTicks : current + HalfPriceTicks, constants.Spacing);
        var (low, high) = (Math.Min(at, last), Math.Max(at, last));
        var words = reader.At(blockHash);
        var maps = Enumerable.Range(FloorDivide(low, TicksPerWord), FloorDivide(high, TicksPerWord) - FloorDivide(low, TicksPerWord) + 1)
            .Select(word => (word, Map: words.Add(pool, PoolView.Map(word)))).ToList();
        await words.ExecuteAsync(cancellationToken);
        var set = maps.SelectMany(pair => Enumerable.Range(0, TicksPerWord)
            .Where(bit => !((pair.Map.Value >> bit) & BigInteger.One).IsZero)
            .Select(bit => ((pair.word * TicksPerWord) + bit) * constants.Spacing));
        List<int> known = [.. constants.IsFirst ? set.Where(tick => tick <= current).OrderDescending() : set.Where(tick => tick > current).Order()];
        var end = known.Count > MostTicks ? known[MostTicks - 1] : last * constants.Spacing;
        var batch = reader.At(blockHash);
        var reads = known.Take(MostTicks).Where(tick => constants.IsFirst ? tick >= end : tick <= end).Select(tick => (tick, Net: batch.Add(pool, PoolView.Net(tick)))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        return ([.. reads.Select(read => new PoolTick(read.tick, (double)read.Net.Value))], end);
    }

    private static int FloorDivide(int value, int by) => (value / by) - (value % by < 0 ? 1 : 0);
}

/// <summary>Views of a Uniswap v3 pool that the contracts of this protocol do not ask for.</summary>
internal sealed class PoolView<T>(Selector selector, Action<AbiWriter>? arguments, int words, AbiRead<T> read) : IContractFunction<T>
{
    public byte[] EncodeCall()
    {
        var writer = new AbiWriter();
        arguments?.Invoke(writer);
        return writer.ToCall(selector);
    }

    public T DecodeResult(ReadOnlySpan<byte> data)
    {
        var reader = new AbiReader(data, words);
        var result = read(ref reader);
        reader.Finish();
        return result;
    }
}

internal static class PoolView
{
    private const int TickWords = 8;

    public static PoolView<BigInteger> Number(string signature) => new(Selector.Of(signature), null, 1, static (ref AbiReader reader) => reader.BigSigned(24));

    public static PoolView<Address> Token(string signature) => new(Selector.Of(signature), null, 1, static (ref AbiReader reader) => reader.Address());

    public static PoolView<BigInteger> Map(int word) =>
        new(Selector.Of("tickBitmap(int16)"), writer => writer.SmallSigned(word, 16), 1, static (ref AbiReader reader) => reader.BigUnsigned(256));

    /// <summary>liquidityNet, the second of eight.</summary>
    public static PoolView<BigInteger> Net(int tick) => new(Selector.Of("ticks(int24)"), writer => writer.SmallSigned(tick, 24), TickWords, static (ref AbiReader reader) =>
    {
        reader.BigUnsigned(128);
        var net = reader.BigSigned(128);
        for (var rest = 2; rest < TickWords; rest++)
        {
            reader.Hash();
        }

        return net;
    });
}
