using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads what a liquidation may take of the liens that secure one account, and what its owner lets anyone swap under them: first which there are, then what the hub says of each. A lien
/// that the hub says nothing of is left out: nobody could seize it then.
/// </summary>
/// <param name="isOwing">whether there is a debt to be repaid against a lien</param>
internal sealed class PendingLiens(ReadBatch batch, Hash32 account, Address hub, bool isOwing)
{
    private readonly PendingRead<IReadOnlyList<Hash32>> _keys = batch.Add(hub, new MarginHub.LiensOfFunction(account));
    private ImmutableArray<(Hash32 Key, PendingRead<SeizureQuote> Quote)> _quotes = [];

    private ImmutableArray<PendingLienSwap> _swaps = [];

    /// <summary>Whose liens matter at all: whoever has a health, by debt or options, and something counted elsewhere.</summary>
    public static bool Concerns(BigInteger debtShares, int legs, BigInteger maintenance) => (debtShares.Sign > 0 || legs > 0) && maintenance.Sign > 0;

    /// <summary>After the batch of the keys has run: a batch of all quotes and mandates, where there are any, then what mandates ask for.</summary>
    public static async Task ReadMoreAsync(Func<ReadBatch> at, IReadOnlyCollection<PendingLiens> liens, ProtocolAddresses addresses, CancellationToken cancellationToken)
    {
        if (liens.Count == 0)
        {
            return;
        }

        var batch = at();
        foreach (var one in liens)
        {
            one.Ask(batch);
        }

        if (batch.Count > 0)
        {
            await batch.ExecuteAsync(cancellationToken);
        }

        await PendingLienSwap.ReadMoreAsync(at, [.. liens.SelectMany(one => one._swaps)], addresses, cancellationToken);
    }

    private void Ask(ReadBatch batch)
    {
        IReadOnlyList<Hash32> keys = _keys.Failed ? [] : _keys.Value;
        _quotes = isOwing ? [.. keys.Select(key => (key, batch.Add(hub, new MarginHub.QuoteSeizureFunction(key))))] : [];
        _swaps = [.. keys.Select(key => new PendingLienSwap(batch, key, hub))];
    }

    /// <summary>After everything was read.</summary>
    public ImmutableArray<LienSwapSnapshot> Mandates() => [.. _swaps.Select(swap => swap.ToSnapshot()).OfType<LienSwapSnapshot>()];

    /// <summary>After the batch of the quotes has run.</summary>
    public ImmutableArray<SeizableLien> ToSnapshot() =>
    [
        .. _quotes.Where(one => !one.Quote.Failed).Select(one => new SeizableLien(
            one.Key,
            one.Quote.Value.Asset,
            one.Quote.Value.Units,
            new Price(new Wad(one.Quote.Value.Price)),
            Digits(one.Quote.Value.Unit),
            new Wad(one.Quote.Value.Threshold),
            new Wad(one.Quote.Value.Bonus))),
    ];

    private static int Digits(BigInteger unit)
    {
        var digits = 0;
        for (; unit > BigInteger.One; unit /= 10)
        {
            digits++;
        }

        return digits;
    }
}
