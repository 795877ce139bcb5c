using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads the Uniswap v3 pools in which a vault can swap: those of its venue's factory for every two of its tokens, at the fees that Uniswap's factory has
/// from the start. Which factory that is is asked once: the vault is tied to its venue for ever, and the venue to its factory. A venue without a factory
/// has no pools here, and a pool that cannot be read, has no price yet or no liquidity now is none.
/// </summary>
internal sealed class SwapPoolReader(ChainReader reader, Address vault)
{
    /// <summary>In millionths.</summary>
    private static readonly ImmutableArray<uint> Fees = [100, 500, 3000, 10_000];

    private Address? _factory;

    /// <param name="tokens">collaterals in the vault's order, then the stable token; pools come in the order of their pairs, then of their fees</param>
    public async Task<ImmutableArray<SwapPoolSnapshot>> ReadAsync(BlockRef block, IReadOnlyList<Address> tokens, CancellationToken cancellationToken)
    {
        if (await FactoryAsync(block, cancellationToken) is not { } factory)
        {
            return [];
        }

        var batch = reader.At(block.Hash);
        var asked = Pairs(tokens)
            .SelectMany(pair => Fees.Select(fee => (pair.First, pair.Second, Fee: fee, Pool: batch.Add(factory, new IUniswapV3Factory.GetPoolFunction(pair.First, pair.Second, fee)))))
            .ToList();
        await batch.ExecuteAsync(cancellationToken);
        var states = reader.At(block.Hash);
        var pools = asked
            .Where(one => !one.Pool.Failed && one.Pool.Value != default)
            .Select(one => (
                one.First,
                one.Second,
                one.Fee,
                Address: one.Pool.Value,
                State: states.Add(one.Pool.Value, new IUniswapV3Pool.Slot0Function()),
                Liquidity: states.Add(one.Pool.Value, new IUniswapV3Pool.LiquidityFunction())))
            .ToList();
        await states.ExecuteAsync(cancellationToken);
        return
        [
            .. pools
                .Where(pool => !pool.State.Failed && !pool.Liquidity.Failed && !pool.State.Value.SqrtPriceX96.IsZero && !pool.Liquidity.Value.IsZero)
                .Select(pool => new SwapPoolSnapshot(pool.Address, pool.First, pool.Second, pool.Fee, pool.State.Value.SqrtPriceX96, pool.Liquidity.Value)),
        ];
    }

    private async Task<Address?> FactoryAsync(BlockRef block, CancellationToken cancellationToken)
    {
        if (_factory is { } known)
        {
            return known;
        }

        var first = reader.At(block.Hash);
        var venue = first.Add(vault, new MarginVault.VenueFunction());
        await first.ExecuteAsync(cancellationToken);
        var second = reader.At(block.Hash);
        var factory = second.Add(venue.Value, new UniswapV3Venue.FactoryFunction());
        await second.ExecuteAsync(cancellationToken);
        return factory.Failed ? null : _factory = factory.Value;
    }

    /// <summary>Of each two, the one with the lower address first, as in the pool.</summary>
    private static IEnumerable<(Address First, Address Second)> Pairs(IReadOnlyList<Address> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            for (var j = i + 1; j < tokens.Count; j++)
            {
                yield return tokens[i] < tokens[j] ? (tokens[i], tokens[j]) : (tokens[j], tokens[i]);
            }
        }
    }
}
