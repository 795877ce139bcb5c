using System.Buffers.Binary;
using KeeperOracle.Chain.Signing;
using KeeperOracle.MarginOracle.Feeds;
using KeeperOracle.Primitives;

namespace KeeperOracle.MarginOracle.Observations;

/// <summary>
/// What the inputs root of an observation is made of, so that whoever is given the parts can prove them by the signature:
/// <code>
/// inputs root = keccak256(market root, surface digest, backtest hash)
/// market root = keccak256(chain id, block hash, and per asset: address, newest round's id, answer and time, the pool's sqrtPriceX96 and liquidity)
/// </code>
/// each padded to 32 bytes. The surface digest is what the publisher signed (Surfaces/SurfaceFile.cs), the backtest hash SHA-256 of the report that chose the production model
/// (`vol backtest --report`); each is zero where the node has none, and so are the words of a pool.
/// </summary>
public sealed record InputsCommitment(Hash32 MarketRoot, Hash32 SurfaceDigest, Hash32 BacktestHash)
{
    public Hash32 ToRoot() => Keccak.Hash([.. MarketRoot.ToBytes(), .. SurfaceDigest.ToBytes(), .. BacktestHash.ToBytes()]);

    public static Hash32 MarketRootOf(ChainId chain, BlockRef block, IEnumerable<AssetTrace> traces) =>
        MarketRootOf(chain, block, traces.Select(trace => (trace.Asset, trace.Newest, trace.Pool)));

    public static Hash32 MarketRootOf(ChainId chain, BlockRef block, IEnumerable<(Address Asset, FeedRound Newest, PoolReading? Pool)> seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        using var bytes = new MemoryStream();
        bytes.Write(Padded(chain.Value));
        bytes.Write(block.Hash.ToBytes());
        foreach (var trace in seen)
        {
            bytes.Write(new byte[12]);
            bytes.Write(trace.Asset.ToBytes());
            bytes.Write(Padded((UInt128)trace.Newest.RoundId));
            bytes.Write(Padded((UInt128)trace.Newest.Answer));
            bytes.Write(Padded(trace.Newest.UpdatedAt));
            bytes.Write(Wide(trace.Pool?.SqrtPriceX96 ?? 0));
            bytes.Write(Wide(trace.Pool?.Liquidity ?? 0));
        }

        return Keccak.Hash(bytes.ToArray());
    }

    private static byte[] Padded(UInt128 value)
    {
        var word = new byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(word.AsSpan(16), value);
        return word;
    }

    private static byte[] Wide(System.Numerics.BigInteger value)
    {
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}
