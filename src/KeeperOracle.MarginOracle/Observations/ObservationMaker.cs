using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.MarginOracle.Feeds;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.MarginOracle.Surfaces;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.MarginOracle.Observations;

/// <summary>What one node made of one asset: its inputs and the way to the proposed value.</summary>
public sealed record AssetTrace(string Symbol, Address Asset, int Rounds, FeedRound Newest, RiskProposal Proposal)
{
    /// <summary>What its pool said; null where none is named.</summary>
    public PoolReading? Pool { get; init; }

    /// <summary>Its options' inputs, in the order in which the chain lists the expiries.</summary>
    public ImmutableArray<OptionProposal> Expiries { get; init; } = [];
}

/// <summary>What a node looks at beside the feeds.</summary>
/// <param name="Surface">of implied volatilities; null where none is named: then a market that lists expiries is refused</param>
/// <param name="Pools">by symbol, the Uniswap v3 pool in which it is sold</param>
/// <param name="BacktestHash">of the report that chose the production model; zero where none is named</param>
public sealed record MarketSources(SurfaceFile? Surface, IReadOnlyDictionary<string, Address> Pools, Hash32 BacktestHash)
{
    public static readonly MarketSources None = new(null, new Dictionary<string, Address>(), default);
}

/// <summary>An observation with everything needed to recompute it.</summary>
/// <param name="Inputs">what its inputs root is made of</param>
public sealed record MadeObservation(BlockRef Block, Observation Observation, ImmutableArray<AssetTrace> Trace, InputsCommitment Inputs);

/// <summary>A named reason why a node attests nothing now.</summary>
public sealed record NoObservation(BlockRef Block, string Reason);

/// <summary>
/// One oracle node's own view of one chain: reads the risk oracle's state and the feeds' rounds at a block hash, estimates, and writes
/// down what it would sign. It never looks at another node. An asset has three feeds: its price must be usable, which needs two that agree; the
/// history to estimate from is that of the first of the set, so that the node's inputs are one series and not a mixture. A feed without a usable price makes no observation: a stale or frozen feed
/// looks calm, and calm is what must not be attested then.
/// <para>Beside them it takes the implied volatilities of a signed surface (needed where the market lists expiries), what a sale would lose in the real pool, and how far
/// the feeds are apart: RiskPolicy and OptionProposal say how each moves what is attested. A pool that is named and cannot be read makes no observation, and neither does a surface that cannot be used where expiries are listed.</para>
/// </summary>
public sealed class ObservationMaker(
    ChainReader reader, ProtocolAddresses addresses, ChainId chain, IReadOnlyDictionary<string, RiskModel> models, ulong validSeconds, MarketSources? sources = null)
{
    private readonly MarketSources _sources = sources ?? MarketSources.None;
    private readonly Dictionary<Address, PriceHistory> _histories = [];
    private readonly Dictionary<Address, PoolDepthReader> _pools = [];

    /// <summary>Why this node can attest nothing for a market: its options need an implied volatility of each expiry; null where none are listed or it has a surface.</summary>
    public static string? ExpiryProblem(string symbol, int expiries, bool hasSurface) => expiries == 0 || hasSurface
        ? null
        : $"{symbol}: {expiries} expiries are listed, this node has no implied volatility";

    /// <summary>Exactly one of the two is null.</summary>
    public async Task<(MadeObservation? Made, NoObservation? Refused)> MakeAsync(BlockRef block, CancellationToken cancellationToken)
    {
        var assets = await reader.ReadAsync(new RiskOracle.AssetsFunction(), addresses.RiskOracle, block.Hash, cancellationToken);
        var batch = reader.At(block.Hash);
        var state = new RiskStateReader(batch, addresses, assets, guardian: null);
        var feeds = assets.Select(asset => batch.Add(addresses.OracleHub, new OracleHub.FeedsOfFunction(asset))).ToList();
        await batch.ExecuteAsync(cancellationToken);
        var known = state.Assets();
        var options = await ReadOptionsAsync(block, known, cancellationToken);
        var (surface, stale) = _sources.Surface?.Read(chain, block.Timestamp) ?? (null, null);
        if (stale is not null && known.Any(asset => asset.Expiries.Length > 0))
        {
            return (null, new NoObservation(block, stale));
        }

        var traces = ImmutableArray.CreateBuilder<AssetTrace>();
        var vector = new List<AssetRisk>();
        foreach (var (asset, feed) in known.Zip(feeds.Select(feed => feed.Value)))
        {
            if (!models.TryGetValue(asset.Symbol, out var model))
            {
                return (null, new NoObservation(block, $"{asset.Symbol} has no model: add KeeperOracle:Oracle:Assets:{asset.Symbol} to the configuration"));
            }

            if (ExpiryProblem(asset.Symbol, asset.Expiries.Length, _sources.Surface is not null) is { } unknown)
            {
                return (null, new NoObservation(block, unknown));
            }

            if (!asset.HasPrice())
            {
                return (null, new NoObservation(block, $"{asset.Symbol} has no usable price: {asset.PriceStatus} ({string.Join(", ", asset.Feeds.Select(one => one.Status))})"));
            }

            if (asset.Feeds[0].Status != PriceStatus.Ok)
            {
                return (null, new NoObservation(block, $"{asset.Symbol}: the first feed, whose history this node estimates from, has no usable price: {asset.Feeds[0].Status}, answer {asset.Feeds[0].Price}"));
            }

            var history = HistoryOf(feed.Feeds[0].Aggregator, feed.Feeds[0].Decimals, model.HistorySamples);
            var rounds = await history.ReadAsync(block.Hash, cancellationToken);
            var observations = history.ToObservations(rounds);
            if (PriceSampling.FirstProblem(observations) is { } problem)
            {
                return (null, new NoObservation(block, $"{asset.Symbol}: {problem}"));
            }

            var (expiries, missing) = OptionsOf(asset, options, surface, block.Timestamp);
            if (missing is not null)
            {
                return (null, new NoObservation(block, missing));
            }

            var (pool, unreadable) = await PoolOfAsync(asset, model, block, cancellationToken);
            if (unreadable is not null)
            {
                return (null, new NoObservation(block, $"{asset.Symbol}: {unreadable}"));
            }

            var inputs = new MarketInputs(surface?.Assets.GetValueOrDefault(asset.Token)?.LargestAtTheMoney ?? 0, pool?.Slippage ?? 0, DivergenceOf(asset, new Wad(feed.Deviation)));
            var proposal = RiskPolicy.Propose(observations, block.Timestamp, model, asset.Attested, asset.Bounds, inputs);
            if (proposal is null)
            {
                return (null, new NoObservation(block, $"{asset.Symbol} has {rounds.Count} price rounds: too few returns to estimate from"));
            }

            traces.Add(new AssetTrace(asset.Symbol, asset.Token, rounds.Count, rounds[^1], proposal) { Pool = pool, Expiries = expiries });
            vector.Add(new AssetRisk(
                asset.Token,
                (ulong)proposal.Volatility.Raw,
                (ulong)proposal.Slippage.Raw,
                [.. expiries.Select(one => new ExpiryRisk(one.Expiry, (ulong)one.Inputs.ImpliedVolatility.Raw, (ulong)one.Inputs.ForwardRatio.Raw))]));
        }

        var report = state.Report();
        var commitment = new InputsCommitment(InputsCommitment.MarketRootOf(chain, block, traces), surface?.Digest ?? default, _sources.BacktestHash);
        var observation = new Observation(
            report.MarketId,
            report.Epoch + 1,
            report.ConfigDigest,
            block.Timestamp,
            block.Timestamp,
            block.Timestamp + validSeconds,
            commitment.ToRoot(),
            vector);
        return (new MadeObservation(block, observation, traces.ToImmutable(), commitment), null);
    }

    /// <summary>Bounds and last values of the listed expiries, by asset; nothing is asked for an asset without.</summary>
    private async Task<ILookup<Address, (ulong Expiry, OptionInputsSnapshot Last, OptionBoundsSnapshot Bounds)>> ReadOptionsAsync(
        BlockRef block, ImmutableArray<AssetSnapshot> assets, CancellationToken cancellationToken)
    {
        var batch = reader.At(block.Hash);
        var reads = assets.Where(asset => asset.Expiries.Length > 0)
            .Select(asset => (asset, Bounds: batch.Add(addresses.RiskOracle, new RiskOracle.OptionBoundsOfFunction(asset.Token))))
            .SelectMany(pair => pair.asset.Expiries.Select(expiry => (
                pair.asset.Token, expiry, pair.Bounds, Last: batch.Add(addresses.RiskOracle, new RiskOracle.OptionInputsFunction(pair.asset.Token, expiry)))))
            .ToList();
        if (reads.Count > 0)
        {
            await batch.ExecuteAsync(cancellationToken);
        }

        return reads.ToLookup(
            read => read.Token,
            read => (read.expiry, new OptionInputsSnapshot(new Wad(read.Last.Value.Value0), new Wad(read.Last.Value.Value1)), ToBounds(read.Bounds.Value)));
    }

    private static OptionBoundsSnapshot ToBounds(OptionBounds bounds) => new(
        new Wad(bounds.ImpliedFloor),
        new Wad(bounds.ImpliedCap),
        new Wad(bounds.ImpliedStep),
        new Wad(bounds.ForwardStep),
        new Wad(bounds.ForwardFloor),
        new Wad(bounds.ForwardCap));

    private static (ImmutableArray<OptionProposal> Expiries, string? Refusal) OptionsOf(
        AssetSnapshot asset, ILookup<Address, (ulong Expiry, OptionInputsSnapshot Last, OptionBoundsSnapshot Bounds)> options, SignedSurface? surface, ulong now)
    {
        var proposals = ImmutableArray.CreateBuilder<OptionProposal>();
        var own = surface?.Assets.GetValueOrDefault(asset.Token);
        foreach (var (expiry, last, bounds) in options[asset.Token])
        {
            if (expiry > now && own is null)
            {
                return ([], $"{asset.Symbol}: SurfaceAssetMissing: the surface says nothing of it");
            }

            var aim = expiry > now ? own!.At(expiry) : null;
            if (expiry > now && aim is null)
            {
                return ([], $"{asset.Symbol}: SurfaceExpiryMissing: the surface does not have the expiry {expiry}");
            }

            proposals.Add(OptionProposal.Of(expiry, aim, last, bounds));
        }

        return (proposals.ToImmutable(), null);
    }

    private async Task<(PoolReading? Reading, string? Refusal)> PoolOfAsync(AssetSnapshot asset, RiskModel model, BlockRef block, CancellationToken cancellationToken)
    {
        if (!_sources.Pools.TryGetValue(asset.Symbol, out var pool))
        {
            return (null, null);
        }

        if (!_pools.TryGetValue(pool, out var depth))
        {
            _pools[pool] = depth = new PoolDepthReader(reader, pool, asset.Token);
        }

        return await depth.ReadAsync(block.Hash, model.SellSize / asset.Price.PerToken.ToDouble() * (double)BigInteger.Pow(10, asset.Decimals), cancellationToken);
    }

    /// <summary>Of the feeds that agree with the hub's price: one that is further off than the hub lets two be is outvoted there, and moves nothing here either.</summary>
    private static double DivergenceOf(AssetSnapshot asset, Wad deviation)
    {
        var (median, most) = (asset.Price.PerToken.ToDouble(), deviation.ToDouble());
        return CircuitBreaker.Divergence([.. asset.Feeds
            .Where(feed => feed.Status == PriceStatus.Ok)
            .Select(feed => feed.Price.PerToken.ToDouble())
            .Where(price => Math.Abs(price - median) <= most * median)
            .DefaultIfEmpty(median)]);
    }

    private PriceHistory HistoryOf(Address feed, byte decimals, int samples)
    {
        if (!_histories.TryGetValue(feed, out var history))
        {
            // One round more than returns; a feed that answers more often than the grid needs a longer history, and is given four times that.
            _histories[feed] = history = new PriceHistory(reader, feed, decimals, (samples + 1) * 4);
        }

        return history;
    }
}
