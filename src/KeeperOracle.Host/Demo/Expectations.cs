using System.Globalization;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Replay;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Demo;

/// <summary>
/// What must hold after a run, each with its numbers. Nothing here asks the keeper whether it did well: the chain's logs, receipts and
/// nonces are held against its journal.
/// </summary>
internal static class Expectations
{
    private const string Liar = "oracle-4";

    /// <summary>The liar's signature is good in two epochs of five; a report may go out before it has answered, but not four times.</summary>
    private const ulong LiarSurelyCarried = 7;

    /// <param name="crash">the prices fall far enough that some accounts must be liquidated</param>
    public static IEnumerable<Expectation> Judge(RunEvidence run, bool crash)
    {
        yield return ReportsPublished(run, crash);
        yield return VolatilityRose(run, crash);
        yield return LiarOutvoted(run);
        yield return BadReportsRefused(run);
        yield return InitialAtOnce(run, crash);
        yield return MaintenanceRamps(run);
        yield return LiquidatedOnlyUnhealthy(run);
        yield return RestoredToTarget(run);
        yield return NobodyLeftUnhealthy(run);
        yield return SomeLiquidatedSomeNot(run, crash);
        yield return BadDebtWithinBound(run);
        yield return NothingLost(run);
        yield return NothingDoubled(run);
    }

    public static Expectation Replayed(ReplayResult replay) => new(
        "replay of the journal gives the same bytes",
        replay.Difference is null,
        replay.Difference ?? $"{replay.Events} events, {replay.Decisions} decisions, {replay.Acts} actions");

    private static Expectation ReportsPublished(RunEvidence run, bool crash)
    {
        var epochs = run.Updates.Where(update => update.Kind == "whole").Select(update => update.Epoch).Distinct().Count();
        return new Expectation($"{run.Chain.Name}: signed reports were published", epochs >= (crash ? 2 : 1), $"{epochs} whole reports, {run.Updates.Count(update => update.Kind == "tighten")} tightenings by asset");
    }

    private static Expectation VolatilityRose(RunEvidence run, bool crash)
    {
        var first = run.Snapshots[0].Assets[0].Attested.Volatility;
        var peak = run.Snapshots.Max(snapshot => snapshot.Assets[0].Attested.Volatility);
        return new Expectation(
            $"{run.Chain.Name}: attested volatility rose with the crash",
            !crash || peak.ToDouble() > first.ToDouble() * 1.2,
            $"WETH {Percent(first)} to {Percent(peak)}");
    }

    /// <summary>Every published value lies between the honest nodes' lowest and highest of that report.</summary>
    private static Expectation LiarOutvoted(RunEvidence run)
    {
        var reports = run.Decisions.Select(decision => decision.Verdict).OfType<Act>().Select(act => act.Action).OfType<SubmitReport>()
            .GroupBy(report => report.Epoch).ToDictionary(group => group.Key, group => group.ToList());
        var outside = run.Updates.Where(update => update.Kind == "whole").Count(update =>
            !reports.TryGetValue(update.Epoch, out var carried) || !carried.Any(report => Between(report, update)));
        var withLiar = reports.Values.Count(carried => carried[^1].Observations.Any(observation => observation.Node == Liar));
        return new Expectation(
            $"{run.Chain.Name}: one liar of four moved nothing",
            outside == 0 && (withLiar > 0 || run.Last.Report.Epoch < LiarSurelyCarried),
            $"the liar signed {withLiar} of {reports.Count} reports; {outside} published values outside the honest range");
    }

    private static bool Between(SubmitReport report, LoggedUpdate update)
    {
        var honest = report.Observations.Where(observation => observation.Node != Liar)
            .Select(observation => observation.Vector.First(risk => risk.Asset == update.Asset).Volatility).ToList();
        var published = new Wad(update.To);
        return honest.Count > 0 && published >= honest.Min() && published <= honest.Max();
    }

    /// <summary>The lies come one an epoch (<see cref="LyingOracle"/>): a short run has seen the first of them only.</summary>
    private static Expectation BadReportsRefused(RunEvidence run)
    {
        var epoch = run.Last.Report.Epoch;
        var refused = run.Decisions
            .Where(decision => decision.Subject == Subject.Observation(Liar))
            .Select(decision => decision.Verdict).OfType<Refuse>()
            .GroupBy(refuse => refuse.Refusal.Code)
            .ToDictionary(group => group.Key, group => group.Count());
        (ulong Epoch, RefusalCode Code)[] lies = [(3, RefusalCode.SignerUnknown), (4, RefusalCode.WrongEpoch), (5, RefusalCode.WrongMarket)];
        var told = lies.Where(lie => epoch >= lie.Epoch).ToList();
        var later = told.Count == lies.Length ? "" : $"; the run ended at epoch {epoch}, before the turn of {string.Join(", ", lies.Skip(told.Count).Select(lie => lie.Code))}";
        return new Expectation(
            $"{run.Chain.Name}: tampered, replayed and foreign reports were refused by name",
            told.All(lie => refused.ContainsKey(lie.Code)),
            string.Join(", ", refused.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {pair.Value}")) + later);
    }

    /// <summary>Right after a report that raised volatility the borrow factor is lower than right before it.</summary>
    private static Expectation InitialAtOnce(RunEvidence run, bool crash)
    {
        var (raised, followed) = (0, 0);
        foreach (var update in run.Updates.Where(update => update.To > update.From))
        {
            var before = run.Snapshots.LastOrDefault(snapshot => snapshot.Block.Number < update.Block);
            var after = run.Snapshots.FirstOrDefault(snapshot => snapshot.Block.Number >= update.Block);
            if (before is null || after is null || Find(before, update.Asset).Attested.InitialVolatility >= Find(after, update.Asset).Attested.InitialVolatility)
            {
                continue; // a tightening had brought initial there already
            }

            if (before.Block.Timestamp > before.Report.LastReportAt + before.Report.HeartbeatSeconds)
            {
                continue; // past the heartbeat initial was that of the stricter fallback, which the report ended
            }

            raised++;
            followed += Find(after, update.Asset).BorrowFactor < Find(before, update.Asset).BorrowFactor ? 1 : 0;
        }

        return new Expectation(
            $"{run.Chain.Name}: initial tightened at once", followed == raised && (!crash || raised > 0), $"{followed} of {raised} raised volatilities lowered the borrow factor in the next snapshot");
    }

    /// <summary>ln LT never moves faster than its fixed rate, whatever is reported.</summary>
    private static Expectation MaintenanceRamps(RunEvidence run)
    {
        var worst = 0.0;
        foreach (var (before, after) in run.Snapshots.Zip(run.Snapshots.Skip(1)))
        {
            foreach (var (was, now) in before.Assets.Zip(after.Assets))
            {
                var moved = Math.Abs(Math.Log(now.LiquidationThreshold.ToDouble() / was.LiquidationThreshold.ToDouble()));
                var allowed = now.Bounds.RampPerDay.ToDouble() * Math.Max(1, (double)after.Block.Timestamp - before.Block.Timestamp) / 86_400;
                worst = Math.Max(worst, moved / allowed);
            }
        }

        // The first report may loosen: in a short run the threshold rises before it falls.
        var highest = run.Snapshots.Max(snapshot => snapshot.Assets[0].LiquidationThreshold);
        var lowest = run.Snapshots.Min(snapshot => snapshot.Assets[0].LiquidationThreshold);
        return new Expectation(
            $"{run.Chain.Name}: maintenance ramps at its fixed rate",
            worst <= 1 + 1e-6 && lowest < highest,
            string.Create(CultureInfo.InvariantCulture, $"at most {worst:0.0000} of the rate; WETH threshold between {lowest.ToDouble():0.0000} and {highest.ToDouble():0.0000}"));
    }

    private static Expectation LiquidatedOnlyUnhealthy(RunEvidence run)
    {
        var healthy = run.Liquidations.Count(logged => logged.Event.HealthBefore >= Wad.Scale);
        return new Expectation($"{run.Chain.Name}: only unhealthy accounts were liquidated", healthy == 0, $"{run.Liquidations.Length} liquidations, {healthy} of a healthy account");
    }

    private static Expectation RestoredToTarget(RunEvidence run)
    {
        var target = run.Last.Market.TargetHealth.Raw;
        var short_ = run.Liquidations.Where(logged => logged.Event.HealthAfter < target).ToList();
        var exhausted = short_.Count(logged => run.Last.Accounts.First(account => account.Account == logged.Event.Account).Collateral.All(amount => amount.IsZero));
        return new Expectation(
            $"{run.Chain.Name}: each liquidation restored the target health, or closed",
            short_.Count == exhausted,
            $"target {run.Last.Market.TargetHealth}; {run.Liquidations.Length - short_.Count} restored or closed, {exhausted} ran out of collateral, {short_.Count - exhausted} fell short");
    }

    /// <summary>But those whom the vault itself holds back, because with the rules of the day before they would be healthy (rule 3).</summary>
    private static Expectation NobodyLeftUnhealthy(RunEvidence run)
    {
        var unhealthy = run.Last.Accounts
            .Where(account => account.Options.Problem.Length == 0 && SnapshotValuation.Value(run.Last, account).Health < Wad.One)
            .Select(account => run.Decisions.Last(decision => decision.Subject == account.Account.ToString()).Verdict)
            .ToList();
        var heldBack = unhealthy.Count(verdict => verdict is Refuse { Refusal.Code: RefusalCode.RuleBudgetExhausted or RefusalCode.VolumeCapReached });
        return new Expectation(
            $"{run.Chain.Name}: nobody is left under water whom the vault lets go",
            unhealthy.Count == heldBack,
            $"{unhealthy.Count} of {run.Last.Accounts.Length} accounts under health 1 at the end, {heldBack} of them held back by the vault's budgets");
    }

    private static Expectation SomeLiquidatedSomeNot(RunEvidence run, bool crash)
    {
        var liquidated = run.Last.Accounts.Count(account => account.Liquidations > 0);
        return new Expectation(
            $"{run.Chain.Name}: the unhealthy were liquidated, the healthy left alone",
            !crash || (liquidated > 0 && liquidated < run.Last.Accounts.Length),
            $"{liquidated} liquidated, {run.Last.Accounts.Length - liquidated} never touched");
    }

    private static Expectation BadDebtWithinBound(RunEvidence run)
    {
        var peak = run.Snapshots.Max(snapshot => snapshot.Market.TotalDebt);
        return new Expectation(
            $"{run.Chain.Name}: bad debt is at most .1 % of debt",
            run.DeficitLogged * 1000 <= peak,
            $"{new TokenAmount(run.DeficitLogged, run.Last.Market.StableDecimals)} of {new TokenAmount(peak, run.Last.Market.StableDecimals)} at the peak");
    }

    private static Expectation NothingLost(RunEvidence run)
    {
        var open = run.Intents.Count(intent => intent.IsOpen);
        var included = run.Intents.Where(intent => intent.State is IntentState.Included or IntentState.Finalized).ToList();
        var missing = included.Count(intent => !intent.Attempts.Any(attempt => run.Receipts.TryGetValue(attempt.TxHash, out var receipt) && receipt.Succeeded));
        return new Expectation(
            $"{run.Chain.Name}: no transaction was lost",
            open == 0 && missing == 0,
            $"{run.Intents.Length} intents, {included.Count} included, {open} without an outcome, {missing} without a receipt");
    }

    /// <summary>Every nonce the key has used is one intent of the journal, and every liquidation logged is one of its intents, once.</summary>
    private static Expectation NothingDoubled(RunEvidence run)
    {
        var nonces = (ulong)run.Intents.Count(intent => !intent.IsOpen) == run.KeeperNonce && run.Intents.Select(intent => intent.Nonce).Distinct().Count() == run.Intents.Length;
        var purposes = run.Intents.Where(intent => intent.State is IntentState.Included or IntentState.Finalized)
            .GroupBy(intent => intent.Purpose).Count(group => group.Count() > 1);
        var intended = run.Intents.Count(intent => intent.State is IntentState.Included or IntentState.Finalized && intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal));
        return new Expectation(
            $"{run.Chain.Name}: no transaction was doubled",
            nonces && purposes == 0 && intended == run.Liquidations.Length,
            $"{run.KeeperNonce} nonces used for {run.Intents.Length} intents, {purposes} purposes twice, {run.Liquidations.Length} liquidations logged for {intended} intended");
    }

    private static AssetSnapshot Find(ChainSnapshot snapshot, Address asset) => snapshot.Assets.First(known => known.Token == asset);

    private static string Percent(Wad value) => value.ToDouble().ToString("P1", CultureInfo.InvariantCulture);
}
