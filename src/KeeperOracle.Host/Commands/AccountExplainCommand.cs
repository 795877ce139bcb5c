using System.CommandLine;
using System.Globalization;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Queueing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// Why the keeper acted on an account, or why it did not: from the journal alone, so that the answer is about what the keeper saw when
/// it decided, and can be given while no node answers. An account that no head since has brought near health 1 has no newer decision: then its
/// last one is told, and its health is computed again for the newest block that the keeper has seen.
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
        double? BreachProbability,
        string Verdict,
        string Reason,
        string? Since,
        IReadOnlyList<string> TopUps,
        string? SwapMandate,
        IReadOnlyList<string> LienSwaps,
        IReadOnlyList<string> Options,
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
        var trail = new SnapshotTrail();
        LaneView View(ChainId chain) => views.TryGetValue(chain, out var view) ? view : views[chain] = new LaneView(account);
        foreach (var record in journal.Decisions(1, long.MaxValue))
        {
            var snapshot = trail.Follow(KeeperJson.ReadEvent(record.Event.Span));
            if (snapshot is not null && (only is null || snapshot.Chain.Value == only))
            {
                View(snapshot.Chain).See(record, snapshot);
            }

            var decisions = KeeperJson.ReadDecisions(record.Decisions.Span);
            foreach (var decision in decisions.Where(decision => only is null || decision.Chain.Value == only))
            {
                View(decision.Chain).Take(record, snapshot, decision, subject);
            }
        }

        return [.. views.Select(pair => pair.Value.ToExplanation(pair.Key, files)).OfType<Explanation>()];
    }

    /// <summary>What was last seen and decided on one chain.</summary>
    private sealed class LaneView(Hash32 id)
    {
        private readonly List<Turn> _turns = [];
        private readonly SortedDictionary<string, string> _observations = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, string> _topUps = new(StringComparer.Ordinal);
        private string? _swap;
        private readonly SortedDictionary<string, string> _lienSwaps = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, string> _hedges = new(StringComparer.Ordinal);
        private readonly SortedDictionary<string, string> _settlements = new(StringComparer.Ordinal);
        private Decision? _last;
        private ChainSnapshot? _decidedAt;
        private ChainSnapshot? _newest;
        private (long Decided, long Newest) _seq;

        public void See(DecisionRecord record, ChainSnapshot snapshot) => (_newest, _seq.Newest) = (snapshot, record.Seq);

        public void Take(DecisionRecord record, ChainSnapshot? snapshot, Decision decision, string subject)
        {
            if (decision.Subject.StartsWith("observation/", StringComparison.Ordinal) || decision.Subject == Subject.Report)
            {
                _observations[decision.Subject] = Words(decision.Verdict);
            }

            if (decision.Subject.StartsWith(Subject.TopUps(id), StringComparison.Ordinal))
            {
                _topUps[decision.Subject[Subject.TopUps(id).Length..]] = Words(decision.Verdict);
            }

            if (decision.Subject == Subject.Swap(id))
            {
                _swap = Words(decision.Verdict);
            }

            if (decision.Subject.StartsWith(Subject.LienSwaps(id), StringComparison.Ordinal))
            {
                _lienSwaps[decision.Subject[Subject.LienSwaps(id).Length..]] = Words(decision.Verdict);
            }

            if (decision.Subject.StartsWith(Subject.Hedges(id), StringComparison.Ordinal))
            {
                _hedges[decision.Subject[Subject.Hedges(id).Length..]] = Words(decision.Verdict);
            }

            if (decision.Subject.StartsWith(Subject.Expiries, StringComparison.Ordinal) || decision.Subject.StartsWith(Subject.Settlements(id), StringComparison.Ordinal))
            {
                _settlements[decision.Subject] = Words(decision.Verdict);
            }

            // A second decision at one head comes with the end of an action, not with a snapshot.
            snapshot ??= _newest;
            if (decision.Subject != subject || snapshot is null)
            {
                return;
            }

            if (_last is null || Kind(_last.Verdict) != Kind(decision.Verdict))
            {
                _turns.Add(new Turn(record.Seq, decision.Chain, snapshot.Block.Number, snapshot.Block.Timestamp, Kind(decision.Verdict), Reason(decision.Verdict)));
            }

            (_last, _seq.Decided, _decidedAt) = (decision, record.Seq, snapshot);
        }

        /// <summary>Null where the keeper has never seen the account on this chain.</summary>
        public Explanation? ToExplanation(ChainId chain, IReadOnlyList<string> files)
        {
            // One that is gone (a reorganisation can undo its opening) is explained as it was when it was last judged.
            var snapshot = Find(_newest) is null ? _decidedAt : _newest;
            if (snapshot is null || Find(snapshot) is not { } account)
            {
                return null;
            }

            var valuation = account.Options.Problem.Length == 0 ? SnapshotValuation.Value(snapshot, account) : null;
            var seq = _last is null ? _seq.Newest : _seq.Decided;
            return new Explanation(
                chain,
                AccountId.Format(account.Owner, account.Number),
                snapshot.Block.Number,
                snapshot.Block.Hash,
                seq,
                [.. snapshot.Assets.Select((asset, i) => ToHolding(asset, account.Collateral[i])).OfType<Holding>()],
                new TokenAmount(snapshot.Market.DebtOf(account), snapshot.Market.StableDecimals).ToString(),
                valuation?.MaintenanceRequirement is { } requirement && requirement > Wad.Zero ? requirement.ToString() : null,
                valuation?.Health?.ToString(),
                valuation?.InitialHealth?.ToString(),
                BreachOrder.ProbabilityOf(snapshot, account, valuation),
                _last is null ? "NotJudged" : Kind(_last.Verdict),
                _last is null ? $"no head has needed a decision about it: {Standing(valuation)}" : Reason(_last.Verdict),
                _last is null || ReferenceEquals(_decidedAt, snapshot)
                    ? null
                    : $"That was decided at block {_decidedAt!.Block.Number}; no later head has needed a decision, and at block {snapshot.Block.Number} {Standing(valuation)}",
                [.. account.TopUps.Select(mandate => Terms(mandate, snapshot) + (_topUps.TryGetValue($"{mandate.Index}", out var judged) ? $". {judged}" : ""))],
                account.SwapMandate is { } swap ? Terms(swap, snapshot) + (_swap is null ? "" : $". {_swap}") : null,
                [.. account.LienSwaps.Select(mandate => Terms(mandate, snapshot) + (_lienSwaps.TryGetValue($"{mandate.Lien}", out var judged) ? $". {judged}" : ""))],
                [.. Options(account, snapshot)],
                [.. _observations.Select(pair => $"{pair.Key}: {pair.Value}")],
                [.. _turns.TakeLast(HistoryShown)],
                $"keeperoracle replay {seq}..{seq} {string.Join(' ', files.Select(file => $"-c {file}"))}");
        }

        /// <summary>What it holds and has won, by expiry, with what was last decided about the expiry and about the account in it.</summary>
        private IEnumerable<string> Options(AccountSnapshot account, ChainSnapshot snapshot)
        {
            foreach (var leg in account.Legs)
            {
                yield return $"{(leg.Amount < Wad.Zero ? "written" : "held")}: {leg.Amount.ToString().TrimStart('-')} {(leg.IsCall ? "calls" : "puts")} on {NameOf(leg.Underlying, snapshot)} at {leg.Strike}, expiry {leg.Expiry}";
            }

            foreach (var claim in account.Claims)
            {
                yield return $"won: {new TokenAmount(claim.Amount, snapshot.Market.StableDecimals)} with {NameOf(claim.Underlying, snapshot)}, expiry {claim.Expiry}";
            }

            foreach (var (underlying, words) in _hedges.Where(_ => account.Legs.Length > 0))
            {
                yield return $"hedge on {NameOf(Address.FromHex(underlying), snapshot)}: {words}";
            }

            var held = account.Legs.Select(leg => (leg.Underlying, leg.Expiry)).Concat(account.Claims.Select(claim => (claim.Underlying, claim.Expiry)));
            var subjects = held.Distinct().Select(pool => Subject.Expiry(pool.Underlying, pool.Expiry)).ToHashSet(StringComparer.Ordinal);
            foreach (var (subject, words) in _settlements.Where(pair => !pair.Key.StartsWith(Subject.Expiries, StringComparison.Ordinal) || subjects.Contains(pair.Key)))
            {
                yield return $"{subject}: {words}";
            }
        }

        private static string NameOf(Address token, ChainSnapshot snapshot) =>
            snapshot.Assets.FirstOrDefault(asset => asset.Token == token)?.Symbol ?? token.ToString();

        private static string Terms(TopUpSnapshot mandate, ChainSnapshot snapshot)
        {
            var asset = snapshot.Assets.FirstOrDefault(known => known.Token == mandate.Token);
            var cap = new TokenAmount(mandate.CapPerWindow, asset?.Decimals ?? snapshot.Market.StableDecimals);
            var source = mandate.Source == default ? "the owner's wallet" : AccountId.Format(mandate.Source);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{mandate.Index}: under health {mandate.TriggerHealth} {asset?.Symbol ?? "stable"} from {source} up to health {mandate.TargetHealth}, at most {cap} in {mandate.WindowSeconds} s");
        }

        private static string Terms(SwapMandateSnapshot mandate, ChainSnapshot snapshot)
        {
            string Names(int mask) => string.Join(" or ", snapshot.Assets.Where((_, i) => (mask >> i & 1) == 1).Select(asset => asset.Symbol).Concat(mask >> 15 == 1 ? ["stable"] : []));
            return $"at or under health {mandate.TriggerHealth} sell {Names(mandate.AllowedIn)} for {Names(mandate.AllowedOut)} up to health {mandate.TargetHealth}, " +
                $"at most {mandate.MaxSlippage} under the oracle's price and at a loss of at most {mandate.LossBudget} of its equity in {mandate.WindowSeconds} s";
        }

        private static string Terms(LienSwapSnapshot mandate, ChainSnapshot snapshot)
        {
            string Amount(LienHolding lien, System.Numerics.BigInteger units) => $"{new TokenAmount(units, lien.Decimals)} {NameOf(lien.Asset, snapshot)}";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"lien {mandate.Lien}: under health {mandate.TriggerHealth} have {NameOf(mandate.In.Asset, snapshot)} swapped for {NameOf(mandate.Out.Asset, snapshot)} of lien {mandate.LienOut} up to health {mandate.TargetHealth}, ")
                + $"at a loss of at most {mandate.MaxLoss} of it, from {Amount(mandate.In, mandate.LeastUnits)} on and at most {Amount(mandate.In, mandate.CapPerWindow)} in {mandate.WindowSeconds} s; "
                + $"of {Amount(mandate.In, mandate.In.Counted)} that count, {Amount(mandate.In, mandate.Available)} may go at once now";
        }

        private AccountSnapshot? Find(ChainSnapshot? snapshot) => snapshot?.Accounts.FirstOrDefault(candidate => candidate.Account == id);

        private static string Standing(AccountValuation? valuation) =>
            valuation is null ? "its options have no requirement"
            : valuation.Health is not { } health ? "it owes nothing"
            : $"its health is {health}";

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
        if (explanation.Since is { } since)
        {
            Console.Out.WriteLine($"  {since}");
        }

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
        if (explanation.BreachProbability is { } probability)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  probability that health falls under 1 within a day, which orders the queue: {probability:0.0000}"));
        }

        if (explanation.TopUps.Count > 0)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine("  Standing top-ups, as last judged:");
            foreach (var topUp in explanation.TopUps)
            {
                Console.Out.WriteLine($"    {topUp}");
            }
        }

        if (explanation.SwapMandate is { } swap)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine("  Swap mandate, as last judged:");
            Console.Out.WriteLine($"    {swap}");
        }

        if (explanation.LienSwaps.Count > 0)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine("  Mandates to swap under liens on other chains, as last judged:");
            foreach (var mandate in explanation.LienSwaps)
            {
                Console.Out.WriteLine($"    {mandate}");
            }
        }

        if (explanation.Options.Count > 0)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine("  Options, what would hedge them and their settlement, as last judged:");
            foreach (var option in explanation.Options)
            {
                Console.Out.WriteLine($"    {option}");
            }
        }

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

    private static string Kind(Verdict verdict) => verdict switch
    {
        Refuse refuse => $"Refuse {refuse.Refusal.Code}",
        Propose => "Propose",
        _ => "Act",
    };

    private static string Reason(Verdict verdict) => verdict switch
    {
        Act act => act.Reason,
        Refuse refuse => refuse.Refusal.Detail,
        Propose propose => propose.Reason,
        _ => throw new ArgumentException("No such verdict.", nameof(verdict)),
    };

    private static string Words(Verdict verdict) => $"{Kind(verdict)}: {Reason(verdict)}";
}
