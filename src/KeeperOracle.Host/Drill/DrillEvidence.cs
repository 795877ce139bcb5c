using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Drill;

/// <summary>
/// What is there when a drill is over, from two sources: the fork's logs, receipts and state say what happened, the keeper's journal says what it meant to
/// do and why it did not.
/// </summary>
internal sealed class DrillEvidence
{
    private const string Liquidating = "liquidate/";
    private const string ToppingUp = "topup/";
    private readonly ChainSnapshot _after;
    private readonly List<(MarginVault.LiquidatedEvent Event, ulong Block)> _liquidations = [];
    private readonly List<MarginVault.DeficitRealisedEvent> _deficits = [];
    private readonly List<IntentSettled> _settled = [];
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Verdict> _last = new(StringComparer.Ordinal);
    private IReadOnlyList<TransactionReceipt> _receipts = [];

    private DrillEvidence(ChainSnapshot after) => _after = after;

    /// <summary>Its block; null where there was none.</summary>
    public ulong? LastLiquidation => _liquidations.Count == 0 ? null : _liquidations.Max(one => one.Block);

    /// <summary>Standing top-ups of accounts that the keeper executed.</summary>
    public int TopUps { get; private set; }

    private int Decimals => _after.Market.StableDecimals;

    public static async Task<DrillEvidence> CollectAsync(
        ChainOptions chain, ForkedChain fork, Journal.Journal journal, Address signer, ChainSnapshot shocked, ChainSnapshot after, CancellationToken cancellationToken)
    {
        var evidence = new DrillEvidence(after);
        evidence.Read(journal);
        if (after.Block == shocked.Block)
        {
            return evidence; // nobody fell, and no block was mined
        }

        evidence.Read(await fork.Eth.GetLogsAsync(
            new LogFilter(chain.MarginVault, null, null, shocked.Block.Number + 1, after.Block.Number), cancellationToken));
        var sent = new List<Hash32>();
        for (var block = shocked.Block.Number + 1; block <= after.Block.Number; block++)
        {
            sent.AddRange(await fork.TransactionsAsync(block, cancellationToken));
        }

        evidence._receipts = [.. (await fork.Eth.GetTransactionReceiptsAsync(sent, cancellationToken)).Where(receipt => receipt.From == signer)];
        return evidence;
    }

    public LiquidationCount Count()
    {
        var succeeded = _settled.Count(one => one.Outcome == SettlementOutcome.Included);
        var unsuccessful = _settled.Where(one => one.Outcome != SettlementOutcome.Included)
            .Select(one => (Name: NameOf(one), one.Detail))
            .Concat(_open.Select(purpose => (Name: "UnderWay", Detail: $"{purpose} had not ended")))
            .GroupBy(one => one.Name)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new NamedCount(group.Key, group.Count(), group.First().Detail))
            .ToList();
        var attempted = _settled.Count + _open.Count;
        List<string> accounts = [.. _liquidations.Select(one => AccountId.Format(one.Event.Account)).Distinct()];
        return new LiquidationCount(
            attempted,
            succeeded,
            attempted == 0 ? null : Math.Round((double)succeeded / attempted, 4),
            accounts.Count,
            accounts,
            Stable(_liquidations.Aggregate(BigInteger.Zero, (sum, one) => sum + one.Event.Repaid)),
            [.. _after.Assets.Select((asset, i) => (asset, Amount: _liquidations.Aggregate(BigInteger.Zero, (sum, one) => sum + one.Event.Seized[i])))
                .Where(pair => pair.Amount.Sign > 0)
                .Select(pair => new SeizedAmount(pair.asset.Symbol, new TokenAmount(pair.Amount, pair.asset.Decimals).ToString()))],
            unsuccessful);
    }

    public GasSpent Gas(SendTerms terms)
    {
        var cost = _receipts.Aggregate(BigInteger.Zero, (sum, receipt) => sum + (receipt.GasUsed * receipt.EffectiveGasPrice));
        var coins = new TokenAmount(cost, 18);
        return new GasSpent(
            _receipts.Count,
            _receipts.Count(receipt => !receipt.Succeeded),
            _receipts.Aggregate(0UL, (sum, receipt) => sum + receipt.GasUsed),
            coins.ToString(),
            terms.PriceOf(_after).PerCoin?.ValueDown(coins));
    }

    /// <summary>Lowest health first.</summary>
    public IReadOnlyList<LeftAccount> Left() =>
        [.. DrillRun.HealthUnderOne(_after)
            .OrderBy(one => one.Valuation.Health!.Value.Raw)
            .Select(one => (one, Why: Why(one.Account.Account.ToString())))
            .Select(pair => new LeftAccount(
                AccountId.Format(pair.one.Account.Owner, pair.one.Account.Number),
                pair.one.Valuation.Health,
                Stable(_after.Market.DebtOf(pair.one.Account)),
                pair.one.Valuation.CollateralValue,
                pair.Why.Reason,
                pair.Why.Detail))];

    public BadDebt BadDebt()
    {
        var gaps = _after.Accounts
            .Where(account => account.Options.Problem.Length == 0 && account.DebtShares.Sign > 0)
            .Select(account => (Valuation: SnapshotValuation.Value(_after, account), account.Remote))
            .Select(one => one.Valuation.Debt - one.Valuation.CollateralValue - one.Remote.Value)
            .Where(gap => gap > Wad.Zero)
            .ToList();
        return new BadDebt(
            Stable(_deficits.Aggregate(BigInteger.Zero, (sum, one) => sum + one.Amount)),
            Stable(_deficits.Aggregate(BigInteger.Zero, (sum, one) => sum + one.ByInsurance)),
            Stable(_deficits.Aggregate(BigInteger.Zero, (sum, one) => sum + one.ByReserve)),
            Stable(_deficits.Aggregate(BigInteger.Zero, (sum, one) => sum + one.ByLenders)),
            gaps.Count,
            gaps.Aggregate(Wad.Zero, (sum, gap) => sum + gap));
    }

    /// <summary>What the liquidations need that were refused for want of stable tokens, less what is there.</summary>
    public string StableMissing()
    {
        var needed = DrillRun.HealthUnderOne(_after)
            .Where(one => Why(one.Account.Account.ToString()).Reason == nameof(RefusalCode.StableTooLow))
            .Aggregate(BigInteger.Zero, (sum, one) => sum + (SnapshotValuation.Size(_after, one.Account)?.Repay ?? BigInteger.Zero));
        return Stable(needed.IsZero ? BigInteger.Zero : BigInteger.Max(needed - _after.Keeper.Stable, BigInteger.One));
    }

    private void Read(IReadOnlyList<LogEntry> logs)
    {
        foreach (var log in logs)
        {
            if (MarginVault.LiquidatedEvent.TryDecode(log, out var liquidated))
            {
                _liquidations.Add((liquidated, log.BlockNumber));
            }
            else if (MarginVault.DeficitRealisedEvent.TryDecode(log, out var realised))
            {
                _deficits.Add(realised);
            }
        }
    }

    private void Read(Journal.Journal journal)
    {
        foreach (var record in journal.Decisions(1, long.MaxValue))
        {
            if (KeeperJson.ReadEvent(record.Event.Span) is IntentSettled settled)
            {
                Read(settled);
            }

            foreach (var decision in KeeperJson.ReadDecisions(record.Decisions.Span))
            {
                _last[decision.Subject] = decision.Verdict;
                if (decision.Verdict is Act act && act.Purpose.StartsWith(Liquidating, StringComparison.Ordinal))
                {
                    _open.Add(act.Purpose);
                }
            }
        }
    }

    private void Read(IntentSettled settled)
    {
        if (settled.Purpose.StartsWith(Liquidating, StringComparison.Ordinal))
        {
            _settled.Add(settled);
            _open.Remove(settled.Purpose);
        }
        else if (settled is { Outcome: SettlementOutcome.Included } && settled.Purpose.StartsWith(ToppingUp, StringComparison.Ordinal))
        {
            TopUps++;
        }
    }

    /// <summary>Why the account was not liquidated when the keeper looked at it last; where it never did, why it looks at nobody.</summary>
    private (string Reason, string Detail) Why(string subject) => (_last.GetValueOrDefault(subject) ?? _last.GetValueOrDefault(Subject.Market)) switch
    {
        Refuse refuse => (refuse.Refusal.Code.ToString(), refuse.Refusal.Detail),
        Act act => ("UnderWay", act.Reason),
        _ => ("NotJudged", "the keeper has not decided about it"),
    };

    /// <summary>The contract's own error, or the name that a sentence begins with, or the kind of its end.</summary>
    private static string NameOf(IntentSettled settled)
    {
        var end = settled.Detail.IndexOfAny(['(', ':']);
        return end > 0 && settled.Detail[..end].All(char.IsAsciiLetterOrDigit) ? settled.Detail[..end] : settled.Outcome.ToString();
    }

    private string Stable(BigInteger units) => new TokenAmount(units, Decimals).ToString();
}
