using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads the mandate to swap under one lien, where there is one, with what its sizing needs of both liens: in three more batches, which only those who gave a mandate cost. One of which a call
/// fails is left out: nobody could ask for its swap then.
/// </summary>
internal sealed class PendingLienSwap(ReadBatch batch, Hash32 lien, Address hub)
{
    private readonly PendingRead<LienSwapMandate> _mandate = batch.Add(hub, new MarginHub.LienSwapMandateOfFunction(lien));
    private PendingRead<BigInteger>? _available;
    private PendingHolding? _in;
    private PendingHolding? _out;

    public bool IsGiven => !_mandate.Failed && _mandate.Value.TriggerHealth != 0;

    /// <summary>After the batch of the mandates has run.</summary>
    public static async Task ReadMoreAsync(
        Func<ReadBatch> at, IReadOnlyCollection<PendingLienSwap> swaps, ProtocolAddresses addresses, CancellationToken cancellationToken)
    {
        List<PendingLienSwap> given = [.. swaps.Where(swap => swap.IsGiven)];
        if (given.Count == 0)
        {
            return;
        }

        Action<PendingLienSwap, ReadBatch>[] steps =
        [
            (swap, next) => swap.AskLiens(next),
            (swap, next) => swap.AskTokens(next),
            (swap, next) => swap.AskWorth(next, addresses),
        ];
        foreach (var step in steps)
        {
            var next = at();
            given.ForEach(swap => step(swap, next));
            if (next.Count > 0)
            {
                await next.ExecuteAsync(cancellationToken);
            }
        }
    }

    /// <summary>After all batches have run; null where there is no mandate, or one that cannot be read.</summary>
    public LienSwapSnapshot? ToSnapshot()
    {
        if (!IsGiven || _available is not { Failed: false } available || _in?.ToSnapshot() is not { } given || _out?.ToSnapshot() is not { } filled)
        {
            return null;
        }

        var mandate = _mandate.Value;
        return new LienSwapSnapshot(
            lien,
            mandate.LienOutKey,
            new Wad(mandate.TriggerHealth),
            new Wad(mandate.TargetHealth),
            new Wad(mandate.MaxLoss),
            mandate.CapPerWindow,
            mandate.Window,
            mandate.LeastUnits,
            mandate.Expiry,
            available.Value,
            given,
            filled,
            _out.Room);
    }

    private void AskLiens(ReadBatch next)
    {
        _available = next.Add(hub, new MarginHub.LienSwapAvailableFunction(lien));
        _in = new PendingHolding(next, lien, hub);
        _out = new PendingHolding(next, _mandate.Value.LienOutKey, hub);
    }

    private void AskTokens(ReadBatch next)
    {
        _in!.AskToken(next);
        _out!.AskToken(next);
    }

    private void AskWorth(ReadBatch next, ProtocolAddresses addresses)
    {
        _in!.AskWorth(next, addresses);
        _out!.AskWorth(next, addresses);
    }

    /// <summary>One of the two liens: first itself, then its token's listing, then what that counts by.</summary>
    private sealed class PendingHolding(ReadBatch first, Hash32 key, Address hub)
    {
        private readonly PendingRead<RemoteLien> _lien = first.Add(hub, new MarginHub.LienOfFunction(key));
        private PendingRead<RemoteToken>? _token;
        private PendingRead<SourceChain>? _chain;
        private PendingRead<Factors>? _factors;
        private PendingRead<RiskOracle.PastFactorsResult>? _past;
        private PendingRead<PriceReading>? _price;

        public BigInteger Room => BigInteger.Max(0, _token!.Value.Cap - _token.Value.Total);

        public void AskToken(ReadBatch next)
        {
            if (!_lien.Failed)
            {
                _token = next.Add(hub, new MarginHub.RemoteOfFunction(_lien.Value.RemoteKey));
            }
        }

        public void AskWorth(ReadBatch next, ProtocolAddresses addresses)
        {
            if (_token is { Failed: false } token)
            {
                _chain = next.Add(hub, new MarginHub.SourceChainOfFunction(token.Value.ChainId));
                _factors = next.Add(addresses.RiskOracle, new RiskOracle.FactorsFunction(token.Value.Asset));
                _past = next.Add(addresses.RiskOracle, new RiskOracle.PastFactorsFunction(token.Value.Asset));
                _price = next.Add(addresses.OracleHub, new OracleHub.ReadingFunction(token.Value.Asset));
            }
        }

        /// <summary>Null where a call failed.</summary>
        public LienHolding? ToSnapshot()
        {
            if (_chain is not { Failed: false } chain || _factors is not { Failed: false } factors || _past is not { Failed: false } past || _price is not { Failed: false } price)
            {
                return null;
            }

            var (lien, token) = (_lien.Value, _token!.Value);
            return new LienHolding(
                token.Asset,
                new Price((PriceStatus)price.Value.Status == PriceStatus.Ok ? new Wad(price.Value.Price) : Wad.Zero),
                token.Decimals,
                lien.Counted,
                lien.Disputed,
                lien.ObservedAt,
                chain.Value.FinalityLag,
                new Wad(factors.Value.LiquidationThreshold),
                new Wad(factors.Value.BorrowFactor),
                new Wad(factors.Value.MaintenanceVolatility),
                new Wad(factors.Value.InitialVolatility),
                new Wad(past.Value.LiquidationThreshold),
                new Wad(past.Value.MaintenanceVolatility),
                lien.EndedCounter,
                lien.LastCounter,
                lien.SwapCounter,
                lien.Incoming,
                lien.Attached);
        }
    }
}
