using System.Buffers.Binary;
using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.MarginOracle.Feeds;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.MarginOracle.Observations;

/// <summary>What one node made of one asset: its inputs and the way to the proposed value.</summary>
public sealed record AssetTrace(string Symbol, Address Asset, int Rounds, FeedRound Newest, RiskProposal Proposal);

/// <summary>An observation with everything needed to recompute it.</summary>
public sealed record MadeObservation(BlockRef Block, Observation Observation, ImmutableArray<AssetTrace> Trace);

/// <summary>A named reason why a node attests nothing now.</summary>
public sealed record NoObservation(BlockRef Block, string Reason);

/// <summary>
/// One oracle node's own view of one chain: reads the risk oracle's state and the feeds' rounds at a block hash, estimates, and writes
/// down what it would sign. It never looks at another node. An asset has three feeds: its price must be usable, which needs two that agree; the
/// history to estimate from is that of the first of the set, so that the node's inputs are one series and not a mixture. A feed without a usable price makes no observation: a stale or frozen feed
/// looks calm, and calm is what must not be attested then.
/// </summary>
public sealed class ObservationMaker(
    ChainReader reader, ProtocolAddresses addresses, ChainId chain, IReadOnlyDictionary<string, RiskModel> models, ulong validSeconds)
{
    private readonly Dictionary<Address, PriceHistory> _histories = [];

    /// <summary>Why this node can attest nothing for a market: its options need an implied volatility of each expiry; null where none are listed.</summary>
    public static string? ExpiryProblem(string symbol, int expiries) => expiries == 0
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

        var traces = ImmutableArray.CreateBuilder<AssetTrace>();
        var vector = new List<AssetRisk>();
        foreach (var (asset, feed) in state.Assets().Zip(feeds.Select(feed => feed.Value)))
        {
            if (!models.TryGetValue(asset.Symbol, out var model))
            {
                return (null, new NoObservation(block, $"{asset.Symbol} has no model: add KeeperOracle:Oracle:Assets:{asset.Symbol} to the configuration"));
            }

            if (ExpiryProblem(asset.Symbol, asset.Expiries.Length) is { } unknown)
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

            var proposal = RiskPolicy.Propose(observations, block.Timestamp, model, asset.Attested, asset.Bounds);
            if (proposal is null)
            {
                return (null, new NoObservation(block, $"{asset.Symbol} has {rounds.Count} price rounds: too few returns to estimate from"));
            }

            traces.Add(new AssetTrace(asset.Symbol, asset.Token, rounds.Count, rounds[^1], proposal));
            vector.Add(new AssetRisk(asset.Token, (ulong)proposal.Volatility.Raw, (ulong)proposal.Slippage.Raw, []));
        }

        var report = state.Report();
        var observation = new Observation(
            report.MarketId,
            report.Epoch + 1,
            report.ConfigDigest,
            block.Timestamp,
            block.Timestamp,
            block.Timestamp + validSeconds,
            InputsRoot(block, traces),
            vector);
        return (new MadeObservation(block, observation, traces.ToImmutable()), null);
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

    /// <summary>Keccak-256 over chain id, block hash, and per asset its address and newest round (id, answer, time), each padded to 32 bytes.</summary>
    private Hash32 InputsRoot(BlockRef block, IEnumerable<AssetTrace> traces)
    {
        using var bytes = new MemoryStream();
        bytes.Write(Padded(chain.Value));
        bytes.Write(block.Hash.ToBytes());
        foreach (var trace in traces)
        {
            bytes.Write(new byte[12]);
            bytes.Write(trace.Asset.ToBytes());
            bytes.Write(Padded((UInt128)trace.Newest.RoundId));
            bytes.Write(Padded((UInt128)trace.Newest.Answer));
            bytes.Write(Padded(trace.Newest.UpdatedAt));
        }

        return Keccak.Hash(bytes.ToArray());
    }

    private static byte[] Padded(UInt128 value)
    {
        var word = new byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(word.AsSpan(16), value);
        return word;
    }
}
