using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>
/// Reads what a liquidation may take of the liens that secure one account: first which there are, then what the hub says of each. A lien that the hub says
/// nothing of is left out: nobody could seize it then.
/// </summary>
internal sealed class PendingLiens(ReadBatch batch, Hash32 account, Address hub)
{
    private readonly PendingRead<IReadOnlyList<Hash32>> _keys = batch.Add(hub, new MarginHub.LiensOfFunction(account));
    private ImmutableArray<(Hash32 Key, PendingRead<SeizureQuote> Quote)> _quotes = [];

    /// <summary>Who may be liquidated against a lien at all: whoever owes and has something counted elsewhere.</summary>
    public static bool Concerns(BigInteger debtShares, BigInteger maintenance) => debtShares.Sign > 0 && maintenance.Sign > 0;

    /// <summary>After the batch of the keys has run: a batch of all quotes, where there are any.</summary>
    public static async Task ReadQuotesAsync(Func<ReadBatch> at, IReadOnlyCollection<PendingLiens> liens, CancellationToken cancellationToken)
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

        await batch.ExecuteAsync(cancellationToken);
    }

    private void Ask(ReadBatch batch) =>
        _quotes = _keys.Failed ? [] : [.. _keys.Value.Select(key => (key, batch.Add(hub, new MarginHub.QuoteSeizureFunction(key))))];

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
