using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Demo;

/// <summary>A liquidation as the chain logged it.</summary>
internal sealed record LoggedLiquidation(MarginVault.LiquidatedEvent Event, ulong Block, Hash32 Transaction);

/// <summary>A change of the attested risk as the chain logged it.</summary>
internal sealed record LoggedUpdate(string Kind, ulong Epoch, Address Asset, ulong From, ulong To, ulong Block, Hash32 Transaction);

/// <summary>
/// What there is to judge a run of one chain by, from two independent sources: the chain's own logs and receipts, and the keeper's journal.
/// </summary>
internal sealed record RunEvidence(
    LocalChain Chain,
    Deployment Deployment,
    Address Keeper,
    ImmutableArray<LoggedLiquidation> Liquidations,
    ImmutableArray<LoggedUpdate> Updates,
    BigInteger DeficitLogged,
    ulong KeeperNonce,
    ImmutableArray<IntentRecord> Intents,
    ImmutableArray<ChainSnapshot> Snapshots,
    ImmutableArray<Decision> Decisions,
    ImmutableDictionary<Hash32, TransactionReceipt> Receipts)
{
    public ChainSnapshot Last => Snapshots[^1];

    public string SymbolOf(Address asset) => Last.Assets.First(known => known.Token == asset).Symbol;

    public static async Task<RunEvidence> CollectAsync(
        LocalChain chain, Deployment deployment, Address keeper, Journal.Journal journal, CancellationToken cancellationToken)
    {
        var head = (await chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Number;
        var logs = new List<LogEntry>();
        foreach (var address in new[] { deployment.Addresses.MarginVault, deployment.Addresses.RiskOracle })
        {
            logs.AddRange(await chain.Eth.GetLogsAsync(
                new LogFilter(address, null, null, deployment.Block, head), cancellationToken));
        }

        var liquidations = ImmutableArray.CreateBuilder<LoggedLiquidation>();
        var updates = ImmutableArray.CreateBuilder<LoggedUpdate>();
        var deficit = BigInteger.Zero;
        foreach (var log in logs)
        {
            if (MarginVault.LiquidatedEvent.TryDecode(log, out var liquidated))
            {
                liquidations.Add(new LoggedLiquidation(liquidated, log.BlockNumber, log.TransactionHash));
            }
            else if (MarginVault.DeficitRealisedEvent.TryDecode(log, out var realised))
            {
                deficit += realised.Amount;
            }
            else if (RiskOracle.RiskUpdatedEvent.TryDecode(log, out var whole))
            {
                updates.Add(new LoggedUpdate("whole", whole.Epoch, whole.Asset, whole.PreviousVolatility, whole.Volatility, log.BlockNumber, log.TransactionHash));
            }
            else if (RiskOracle.InitialTightenedEvent.TryDecode(log, out var tightened))
            {
                updates.Add(new LoggedUpdate("tighten", tightened.Epoch, tightened.Asset, tightened.PreviousVolatility, tightened.Volatility, log.BlockNumber, log.TransactionHash));
            }
        }

        var (snapshots, decisions) = ReadJournal(journal, chain.Id);
        var intents = journal.RecentIntents(100_000).Where(intent => intent.ChainId == chain.Id).OrderBy(intent => intent.Nonce).ToImmutableArray();
        var receipts = ImmutableDictionary.CreateBuilder<Hash32, TransactionReceipt>();
        foreach (var attempt in intents.SelectMany(intent => intent.Attempts))
        {
            if (await chain.Eth.GetTransactionReceiptAsync(attempt.TxHash, cancellationToken) is { } receipt)
            {
                receipts[attempt.TxHash] = receipt;
            }
        }

        return new RunEvidence(
            chain,
            deployment,
            keeper,
            liquidations.ToImmutable(),
            updates.ToImmutable(),
            deficit,
            await chain.Eth.GetTransactionCountAsync(keeper, cancellationToken),
            intents,
            snapshots,
            decisions,
            receipts.ToImmutable());
    }

    public ChainReport ToReport()
    {
        var decimals = Last.Market.StableDecimals;
        return new ChainReport(
            Chain.Id,
            Chain.Name,
            [.. Updates.Select(update => new ReportUpdate(
                update.Kind, update.Epoch, SymbolOf(update.Asset), new Wad(update.From).ToString(), new Wad(update.To).ToString(), update.Block, Gas(update.Transaction)))],
            [.. Liquidations.Select(ToReport)],
            Last.Accounts.Length,
            Last.Accounts.Count(account => account.Liquidations == 0),
            new TokenAmount(DeficitLogged, decimals).ToString(),
            new TokenAmount(Last.Market.TotalDebt, decimals).ToString(),
            Receipts.Count,
            Receipts.Values.Aggregate(0UL, (sum, receipt) => sum + receipt.GasUsed),
            new TokenAmount(Receipts.Values.Aggregate(BigInteger.Zero, (sum, receipt) => sum + (receipt.GasUsed * receipt.EffectiveGasPrice)), 18).ToString(),
            [.. Last.Assets.Select((_, i) => ToReport(i))],
            Decisions.Select(decision => decision.Verdict).OfType<Refuse>()
                .GroupBy(refuse => refuse.Refusal.Code.ToString())
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Count()));
    }

    private LiquidationReport ToReport(LoggedLiquidation logged)
    {
        var liquidated = logged.Event;
        var seized = Last.Assets.Select((asset, i) => (asset, Amount: liquidated.Seized[i]))
            .Where(pair => pair.Amount.Sign > 0)
            .Select(pair => $"{new TokenAmount(pair.Amount, pair.asset.Decimals)} {pair.asset.Symbol}");
        var intent = Intents.FirstOrDefault(candidate => candidate.Attempts.Any(attempt => attempt.TxHash == logged.Transaction));
        var why = Decisions.Select(decision => decision.Verdict).OfType<Act>().LastOrDefault(act => act.Purpose == intent?.Purpose)?.Reason;
        return new LiquidationReport(
            AccountId.Format(liquidated.Account),
            logged.Block,
            new Wad(liquidated.HealthBefore).ToString(),
            HasNoDebt(liquidated.HealthAfter) ? "closed" : new Wad(liquidated.HealthAfter).ToString(),
            new TokenAmount(liquidated.Repaid, Last.Market.StableDecimals).ToString(),
            [.. seized],
            Gas(logged.Transaction),
            why ?? "not by this keeper");
    }

    private AssetReport ToReport(int index)
    {
        var series = Snapshots.Select(snapshot => snapshot.Assets[index]).ToList();
        var first = series[0];
        return new AssetReport(
            first.Symbol,
            Figure(first.Price.PerToken),
            Figure(series.Min(asset => asset.Price.PerToken)),
            Figure(series[^1].Price.PerToken),
            Figure(first.Attested.InitialVolatility),
            Figure(series.Max(asset => asset.Attested.InitialVolatility)),
            Figure(first.BorrowFactor),
            Figure(series.Min(asset => asset.BorrowFactor)),
            Figure(first.LiquidationThreshold),
            Figure(series.Min(asset => asset.LiquidationThreshold)));
    }

    internal static bool HasNoDebt(BigInteger health) => health == (BigInteger.One << 256) - 1;

    private ulong Gas(Hash32 transaction) => Receipts.TryGetValue(transaction, out var receipt) ? receipt.GasUsed : 0;

    private static string Figure(Wad value) => value.ToDouble().ToString("0.####", CultureInfo.InvariantCulture);

    private static (ImmutableArray<ChainSnapshot>, ImmutableArray<Decision>) ReadJournal(Journal.Journal journal, ChainId chain)
    {
        var snapshots = ImmutableArray.CreateBuilder<ChainSnapshot>();
        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var trail = new SnapshotTrail();
        foreach (var record in journal.Decisions(1, long.MaxValue))
        {
            if (trail.Follow(KeeperJson.ReadEvent(record.Event.Span)) is { } snapshot && snapshot.Chain == chain)
            {
                snapshots.Add(snapshot);
            }

            decisions.AddRange(KeeperJson.ReadDecisions(record.Decisions.Span).Where(decision => decision.Chain == chain));
        }

        return (snapshots.ToImmutable(), decisions.ToImmutable());
    }
}
