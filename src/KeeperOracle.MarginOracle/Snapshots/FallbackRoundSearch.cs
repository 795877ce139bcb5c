using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Finds the round that finaliseFromFallback takes (contracts/libraries/ExpiryFixing.sol): the first of the approved feed's present phase at or after expiry, with one
/// before expiry right before it, and an answer inside the asset's bounds. A feed counts its rounds up with time, so halving finds it; where a round that is asked for
/// is missing, there is none that could be proven.
/// </summary>
internal sealed class FallbackRoundSearch(Func<ReadBatch> newBatch, Address hub, Address asset, ulong now)
{
    private const int PhaseShift = 64;
    private const int PriceDecimals = 18;

    /// <returns>zero where there is none</returns>
    public async Task<BigInteger> FindAsync(ulong expiry, CancellationToken cancellationToken)
    {
        var batch = newBatch();
        var feeds = batch.Add(hub, new OracleHub.FeedsOfFunction(asset));
        var inUse = batch.Add(hub, new OracleHub.FallbackInUseFunction(asset));
        await batch.ExecuteAsync(cancellationToken);
        // While the fallback stands in for a feed, what waits in its place is the feed that was found bad.
        var approved = inUse.Value.InUse ? feeds.Value.Feeds[(int)inUse.Value.Index] : feeds.Value.FallbackFeed;
        if (approved.Aggregator == default)
        {
            return BigInteger.Zero;
        }

        var newest = newBatch();
        var latest = newest.Add(approved.Aggregator, new AggregatorV3Interface.LatestRoundDataFunction());
        await newest.ExecuteAsync(cancellationToken);
        if (latest.Failed)
        {
            return BigInteger.Zero;
        }

        var phase = latest.Value.RoundId >> PhaseShift << PhaseShift;
        var (before, found) = (phase + 1, latest.Value.RoundId);
        if (await ReadAsync(approved.Aggregator, before, cancellationToken) is not { } first || first.UpdatedAt >= expiry
            || await ReadAsync(approved.Aggregator, found, cancellationToken) is not { } round || round.UpdatedAt < expiry)
        {
            return BigInteger.Zero;
        }

        while (found - before > BigInteger.One)
        {
            var middle = (before + found) / 2;
            if (await ReadAsync(approved.Aggregator, middle, cancellationToken) is not { } asked)
            {
                return BigInteger.Zero;
            }

            (before, found, round) = asked.UpdatedAt < expiry ? (middle, found, round) : (before, middle, asked);
        }

        var price = approved.Decimals <= PriceDecimals
            ? round.Answer * BigInteger.Pow(10, PriceDecimals - approved.Decimals)
            : round.Answer / BigInteger.Pow(10, approved.Decimals - PriceDecimals);
        return price > feeds.Value.MinPrice && price < feeds.Value.MaxPrice ? found : BigInteger.Zero;
    }

    /// <summary>Null where the feed does not have it.</summary>
    private async Task<(ulong UpdatedAt, BigInteger Answer)?> ReadAsync(Address feed, BigInteger round, CancellationToken cancellationToken)
    {
        var batch = newBatch();
        var read = batch.Add(feed, new AggregatorV3Interface.GetRoundDataFunction(round));
        await batch.ExecuteAsync(cancellationToken);
        return read.Failed || read.Value.RoundId != round || read.Value.UpdatedAt.IsZero || read.Value.UpdatedAt > now
            ? null
            : ((ulong)read.Value.UpdatedAt, read.Value.Answer);
    }
}
