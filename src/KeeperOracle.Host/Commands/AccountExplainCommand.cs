using System.CommandLine;
using System.Globalization;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// Why the keeper acted on an account, or why it did not: from the journal alone, so that the answer is about what the keeper saw when
/// it decided, and can be given while no node answers.
/// </summary>
internal static class AccountExplainCommand
{
    private const int HistoryShown = 12;

    /// <summary>A decision that differs from the one before it.</summary>
    private sealed record Turn(long Seq, ChainId Chain, ulong Block, ulong ChainTime, string Verdict, string Reason);

    private sealed record Holding(string Symbol, string Amount, string Price, string Value, string LiquidationThreshold, string BorrowFactor);

    private sealed record Explanation(
        ChainId Chain,
        string Account,
        ulong Block,
        Hash32 BlockHash,
        long Seq,
        IReadOnlyList<Holding> Holdings,
        string Debt,
        string? Requirement,
        string? Health,
        string? InitialHealth,
        string Verdict,
        string Reason,
        IReadOnlyList<string> Observations,
        IReadOnlyList<Turn> History,
        string Replay);

    public static Command Build()
    {
        var configuration = CommandOptions.Configuration();
        var chain = CommandOptions.Chain();
        var output = CommandOptions.Output();
        var account = new Argument<string>("account") { Description = "OWNER:NUMBER, an owner alone for number 0, or the 32-byte id." };
        var command = new Command("explain", "Why the keeper acted on an account, or why not: inputs, formula, decision, history.") { account, configuration, chain, output };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(account), parsed.GetRequiredValue(configuration), parsed.GetValue(chain), parsed.GetValue(output)));
        return command;
    }

    private static int Run(string text, string[] files, ulong? only, OutputFormat format)
    {
        var (account, problem) = AccountId.Parse(text);
        if (problem is not null)
        {
            Console.Error.WriteLine($"{problem}. An account is OWNER:NUMBER, an owner alone for number 0, or the 32-byte id.");
            return ExitCode.Usage;
        }

        if (CommandOptions.Load(files, ConfigurationUse.ReadOnly) is not { } options)
        {
            return ExitCode.ConfigurationInvalid;
        }

        if (options.JournalFile is null)
        {
            Console.Error.WriteLine("The configuration names no KeeperOracle:JournalFile, and explanations come from there.");
            return ExitCode.ConfigurationInvalid;
        }

        using var journal = Journal.Journal.OpenReadOnly(options.JournalFile);
        var explanations = Explain(journal, account, only, files);
        if (explanations.Count == 0)
        {
            Console.Error.WriteLine($"The journal has no decision about {AccountId.Format(account)}{(only is null ? "" : $" on chain {only}")}: the keeper has never seen this account. See `keeperoracle account list`.");
            return ExitCode.Failed;
        }

        if (format == OutputFormat.Table)
        {
            explanations.ForEach(Print);
        }
        else
        {
            Output.Json(explanations);
        }

        return ExitCode.Ok;
    }

    private static List<Explanation> Explain(Journal.Journal journal, Hash32 account, ulong? only, IReadOnlyList<string> files)
    {
        var subject = account.ToString();
        var views = new SortedDictionary<ChainId, LaneView>();
        foreach (var record in journal.Decisions(1, long.MaxValue))
        {
            var decisions = KeeperJson.ReadDecisions(record.Decisions.Span);
            var snapshot = (KeeperJson.ReadEvent(record.Event.Span) as ChainObserved)?.Snapshot;
            foreach (var decision in decisions.Where(decision => only is null || decision.Chain.Value == only))
            {
                if (!views.TryGetValue(decision.Chain, out var view))
                {
                    views[decision.Chain] = view = new LaneView();
                }

                view.Take(record, snapshot, decision, subject);
            }
        }

        return [.. views.Where(pair => pair.Value.Snapshot is not null).Select(pair => pair.Value.ToExplanation(pair.Key, account, files))];
    }

    /// <summary>What was last seen and decided on one chain.</summary>
    private sealed class LaneView
    {
        private readonly List<Turn> _turns = [];
        private readonly SortedDictionary<string, string> _observations = new(StringComparer.Ordinal);
        private Decision? _last;
        private long _seq;

        public ChainSnapshot? Snapshot { get; private set; }

        public void Take(DecisionRecord record, ChainSnapshot? snapshot, Decision decision, string subject)
        {
            if (decision.Subject.StartsWith("observation/", StringComparison.Ordinal) || decision.Subject == Subject.Report)
            {
                _observations[decision.Subject] = Words(decision.Verdict);
            }

            if (decision.Subject != subject || snapshot is null)
            {
                return;
            }

            if (_last is null || Kind(_last.Verdict) != Kind(decision.Verdict))
            {
                _turns.Add(new Turn(record.Seq, decision.Chain, snapshot.Block.Number, snapshot.Block.Timestamp, Kind(decision.Verdict), Reason(decision.Verdict)));
            }

            (_last, _seq, Snapshot) = (decision, record.Seq, snapshot);
        }

        public Explanation ToExplanation(ChainId chain, Hash32 id, IReadOnlyList<string> files)
        {
            var snapshot = Snapshot!;
            var account = snapshot.Accounts.Single(candidate => candidate.Account == id);
            var valuation = account.Options.Problem.Length == 0 ? SnapshotValuation.Value(snapshot, account) : null;
            return new Explanation(
                chain,
                AccountId.Format(account.Owner, account.Number),
                snapshot.Block.Number,
                snapshot.Block.Hash,
                _seq,
                [.. snapshot.Assets.Select((asset, i) => ToHolding(asset, account.Collateral[i])).OfType<Holding>()],
                new TokenAmount(snapshot.Market.DebtOf(account), snapshot.Market.StableDecimals).ToString(),
                valuation?.MaintenanceRequirement is { } requirement && requirement > Wad.Zero ? requirement.ToString() : null,
                valuation?.Health?.ToString(),
                valuation?.InitialHealth?.ToString(),
                Kind(_last!.Verdict),
                Reason(_last.Verdict),
                [.. _observations.Select(pair => $"{pair.Key}: {pair.Value}")],
                [.. _turns.TakeLast(HistoryShown)],
                $"keeperoracle replay {_seq}..{_seq} {string.Join(' ', files.Select(file => $"-c {file}"))}");
        }

        private static Holding? ToHolding(AssetSnapshot asset, System.Numerics.BigInteger amount)
        {
            if (amount.IsZero)
            {
                return null;
            }

            var held = new TokenAmount(amount, asset.Decimals);
            return new Holding(
                asset.Symbol,
                held.ToString(),
                asset.PriceStatus == PriceStatus.Ok ? asset.Price.ToString()
                    : asset.HasPrice() ? $"{asset.Price} ({asset.PriceStatus})"
                    : $"{asset.PriceStatus} (at most {asset.MaxPrice})",
                asset.HasPrice() ? asset.Price.ValueDown(held).ToString() : $"at most {asset.MaxPrice.ValueDown(held)}",
                asset.LiquidationThreshold.ToString(),
                asset.BorrowFactor.ToString());
        }
    }

    private static void Print(Explanation explanation)
    {
        Console.Out.WriteLine($"Account {explanation.Account} on chain {explanation.Chain}, as the keeper saw it at block {explanation.Block} ({explanation.BlockHash})");
        Console.Out.WriteLine();
        Console.Out.WriteLine($"  {explanation.Verdict}: {explanation.Reason}");
        Output.Table(
            ["collateral", "amount", "price", "value", "liquidation threshold", "borrow factor"],
            explanation.Holdings.Select(holding => new[]
            {
                holding.Symbol, holding.Amount, holding.Price, holding.Value, holding.LiquidationThreshold, holding.BorrowFactor,
            }));
        Console.Out.WriteLine($"  debt {explanation.Debt}{(explanation.Requirement is null ? "" : $", requirement of the options R {explanation.Requirement}")}");
        var owed = explanation.Requirement is null ? "debt" : "(debt + R)";
        Console.Out.WriteLine($"  health = sum(value x liquidation threshold) / {owed} = {explanation.Health ?? "-"}; liquidation starts under 1");
        Console.Out.WriteLine($"  initial = sum(value x borrow factor) / {owed} = {explanation.InitialHealth ?? "-"}; under 1 no new risk");
        if (explanation.Observations.Count > 0)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine("  Reports, as last judged:");
            foreach (var observation in explanation.Observations)
            {
                Console.Out.WriteLine($"    {observation}");
            }
        }

        Console.Out.WriteLine();
        Console.Out.WriteLine("  What changed, newest last:");
        Output.Table(
            ["step", "block", "chain time", "decision", "reason"],
            explanation.History.Select(turn => new[]
            {
                turn.Seq.ToString(CultureInfo.InvariantCulture),
                turn.Block.ToString(CultureInfo.InvariantCulture),
                DateTimeOffset.FromUnixTimeSeconds((long)turn.ChainTime).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                turn.Verdict,
                turn.Reason,
            }));
        Console.Out.WriteLine($"  Recompute this decision: {explanation.Replay}");
        Console.Out.WriteLine();
    }

    private static string Kind(Verdict verdict) => verdict is Refuse refuse ? $"Refuse {refuse.Refusal.Code}" : "Act";

    private static string Reason(Verdict verdict) => verdict switch
    {
        Act act => act.Reason,
        Refuse refuse => refuse.Refusal.Detail,
        _ => throw new ArgumentException("No such verdict.", nameof(verdict)),
    };

    private static string Words(Verdict verdict) => $"{Kind(verdict)}: {Reason(verdict)}";
}
