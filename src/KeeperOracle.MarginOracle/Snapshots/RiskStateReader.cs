using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads what the risk oracle holds: the report it would take next, and per asset the attested vector, its bounds, its price (as a liquidation
/// sees it, and feed by feed) and its derived factors. A builder in two steps, so that callers can put their own reads into the same batch.
/// </summary>
internal sealed class RiskStateReader
{
    private const int FeedsOfAsset = 3;
    private readonly PendingRead<Hash32> _market;
    private readonly PendingRead<Hash32> _digest;
    private readonly PendingRead<ulong> _epoch;
    private readonly PendingRead<ulong> _lastReportAt;
    private readonly PendingRead<uint> _minInterval;
    private readonly PendingRead<uint> _heartbeat;
    private readonly PendingRead<uint> _silenceLimit;
    private readonly PendingRead<System.Numerics.BigInteger> _tighten;
    private readonly PendingRead<System.Numerics.BigInteger> _threshold;
    private readonly PendingRead<IReadOnlyList<Address>> _signers;
    private readonly List<PendingAsset> _assets = [];

    /// <param name="guardian">null for a reader to whom it does not matter what may be seized</param>
    public RiskStateReader(ReadBatch batch, ProtocolAddresses addresses, IReadOnlyList<Address> assets, Address? guardian)
    {
        _market = batch.Add(addresses.RiskOracle, new RiskOracle.MarketFunction());
        _digest = batch.Add(addresses.RiskOracle, new RiskOracle.ConfigDigestFunction());
        _epoch = batch.Add(addresses.RiskOracle, new RiskOracle.EpochFunction());
        _lastReportAt = batch.Add(addresses.RiskOracle, new RiskOracle.LastReportAtFunction());
        _minInterval = batch.Add(addresses.RiskOracle, new RiskOracle.MinIntervalFunction());
        _heartbeat = batch.Add(addresses.RiskOracle, new RiskOracle.HeartbeatFunction());
        _silenceLimit = batch.Add(addresses.RiskOracle, new RiskOracle.SilenceLimitFunction());
        _tighten = batch.Add(addresses.AttestationVerifier, new AttestationVerifier.TightenThresholdFunction());
        _threshold = batch.Add(addresses.AttestationVerifier, new AttestationVerifier.ThresholdFunction());
        _signers = batch.Add(addresses.AttestationVerifier, new AttestationVerifier.SignersFunction());
        foreach (var asset in assets)
        {
            _assets.Add(new PendingAsset(
                asset,
                batch.Add(asset, new ERC20.SymbolFunction()),
                batch.Add(addresses.MarginVault, new MarginVault.CollateralDecimalsFunction(asset)),
                batch.Add(addresses.OracleHub, new OracleHub.LiquidationReadingFunction(asset)),
                [.. Enumerable.Range(0, FeedsOfAsset).Select(feed => batch.Add(addresses.OracleHub, new OracleHub.FeedReadingFunction(asset, feed)))],
                batch.Add(addresses.OracleHub, new OracleHub.MaxPriceOfFunction(asset)),
                guardian is { } known ? batch.Add(known, new Guardian.LiquidationBlockedUntilFunction(asset)) : null,
                batch.Add(addresses.RiskOracle, new RiskOracle.StateOfFunction(asset)),
                batch.Add(addresses.RiskOracle, new RiskOracle.FallbackInputsFunction(asset)),
                batch.Add(addresses.RiskOracle, new RiskOracle.BoundsOfFunction(asset)),
                batch.Add(addresses.RiskOracle, new RiskOracle.ExpiriesOfFunction(asset)),
                batch.Add(addresses.RiskOracle, new RiskOracle.FactorsFunction(asset)),
                batch.Add(addresses.OracleHub, new OracleHub.OutageOfFunction(asset))));
        }
    }

    /// <summary>After the batch has run.</summary>
    public ReportSnapshot Report() => new(
        _market.Value,
        _digest.Value,
        _epoch.Value,
        _lastReportAt.Value,
        _minInterval.Value,
        _heartbeat.Value,
        _silenceLimit.Value,
        (int)_tighten.Value,
        (int)_threshold.Value,
        [.. _signers.Value]);

    /// <summary>After the batch has run; in the order given.</summary>
    public ImmutableArray<AssetSnapshot> Assets() => [.. _assets.Select(asset => asset.ToSnapshot())];

    private sealed record PendingAsset(
        Address Token,
        PendingRead<string> Symbol,
        PendingRead<byte> Decimals,
        PendingRead<PriceReading> Reading,
        ImmutableArray<PendingRead<PriceReading>> Feeds,
        PendingRead<System.Numerics.BigInteger> MaxPrice,
        PendingRead<ulong>? BlockedUntil,
        PendingRead<AssetState> State,
        PendingRead<Fallback> Fallback,
        PendingRead<AssetBounds> Bounds,
        PendingRead<IReadOnlyList<ulong>> Expiries,
        PendingRead<Factors> Factors,
        PendingRead<Outage> Outage)
    {
        public AssetSnapshot ToSnapshot()
        {
            var reading = Reading.Value;
            var state = State.Value;
            return new AssetSnapshot(
                Token,
                Symbol.Value,
                Decimals.Value,
                (PriceStatus)reading.Status,
                new Price(new Wad(reading.Price)),
                reading.UpdatedAt,
                new Wad(reading.Spread),
                new Price(new Wad(MaxPrice.Value)),
                [.. Feeds.Select(feed => ToFeed(feed.Value))],
                BlockedUntil?.Value ?? 0,
                new AttestedSnapshot(
                    new Wad(state.Volatility),
                    new Wad(state.Slippage),
                    new Wad(state.InitialVolatility),
                    new Wad(state.InitialSlippage),
                    new Wad(state.LnThresholdAtUpdate),
                    state.UpdatedAt),
                new FallbackSnapshot(new Wad(Fallback.Value.Volatility), new Wad(Fallback.Value.Slippage)),
                ToBounds(Bounds.Value),
                [.. Expiries.Value],
                new Wad(Factors.Value.LiquidationThreshold),
                new Wad(Factors.Value.BorrowFactor))
            {
                Outage = new OutageSnapshot(Outage.Value.Since, Outage.Value.Last),
            };
        }

        private static FeedSnapshot ToFeed(PriceReading feed) => new((PriceStatus)feed.Status, new Price(new Wad(feed.Price)), feed.UpdatedAt);

        private static BoundsSnapshot ToBounds(AssetBounds bounds) => new(
            new Wad(bounds.VolatilityFloor),
            new Wad(bounds.VolatilityCap),
            new Wad(bounds.SlippageCap),
            new Wad(bounds.TightenStep),
            new Wad(bounds.LoosenStep),
            new Wad(bounds.SlippageStep),
            new Wad(bounds.TailMultiplier),
            new Wad(bounds.Bonus),
            new Wad(bounds.Jump),
            new Wad(bounds.RampPerDay),
            bounds.Horizon);
    }
}
