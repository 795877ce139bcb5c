using System.Collections.Immutable;
using System.Globalization;
using KeeperOracle.Keeper.Defence.Hedging.Guards;
using KeeperOracle.Keeper.Queueing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence.Hedging;

// Specification of this folder.
//
// The rung between swap and liquidation: whoever holds options and comes near liquidation is told what would hedge them. It is a record and no action: nothing is
// signed or sent, nobody's consent is needed, and what becomes of it is its owner's affair. An account is told once for each underlying of its options.
//
// Who: accounts with live options whose health is at least 1 and under Keeper:HedgeHealth (at 1 nobody is). Under 1 the account belongs to liquidation.
// What: the first plan of Risk/Hedging/HedgePlanner.cs over the book that Risk/Hedging/HedgeBook.cs makes of the snapshot: bounded trades, their cost at an
// assumed spread, and the margin that they free. Inside the no-trade band there is no plan, and the refusal says so. A plan that leaves a bucket over its limit,
// or that binds more margin than it frees, is refused by name: it would not help.
//
// How often: each is judged again after Keeper:HedgeEverySeconds of chain time, or when its options have changed; between that nothing is computed. At a head at most
// MostPlans are computed, those with the highest probability of a breach first; the others have their turn at the next heads.
//
// Pure and replayable: all inputs are in the snapshot and the settings, when a subject was judged last is part of the state, and the mathematics of Risk gives the same
// bits everywhere.

/// <summary>What was decided, and which subjects were computed in this step.</summary>
public readonly record struct HedgeOutcome(ImmutableArray<Decision> Decisions, ImmutableArray<(string Subject, ulong LegNonce)> Judged);

/// <summary>When a hedge was computed last, and for which options.</summary>
/// <param name="At">chain time in seconds</param>
/// <param name="LegNonce">how often the account's options had changed</param>
public readonly record struct HedgeMark(ulong At, ulong LegNonce);

/// <summary>Proposes hedges.</summary>
public static class HedgeJob
{
    /// <summary>Plans that one step computes.</summary>
    public const int MostPlans = 4;

    /// <summary>The guards in the order in which they are asked; the first "no" is the decision.</summary>
    internal static readonly ImmutableArray<Func<HedgeCase, Refusal?>> Guards =
    [
        HedgeHealthGuard.Check,
        HedgeMaintenanceGuard.Check,
        HedgeInputGuard.Check,
        HedgeToldGuard.Check,
        HedgeTurnGuard.Check,
        HedgePlanGuard.Check,
        HedgeMarginGuard.Check,
    ];

    /// <param name="isWhole">also tell of those whose turn it is not</param>
    public static HedgeOutcome Decide(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, bool isWhole)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        if (settings.HedgeHealth <= Wad.One)
        {
            return new HedgeOutcome([], []);
        }

        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var judged = ImmutableArray.CreateBuilder<(string, ulong)>();
        foreach (var (account, valuation, probability) in BreachOrder.Order(snapshot, snapshot.Accounts.Where(account => account.Legs.Length > 0)))
        {
            foreach (var asset in snapshot.Assets.Where(asset => account.Legs.Any(leg => leg.Underlying == asset.Token)))
            {
                var hedge = new HedgeCase(settings, lane, snapshot, account, asset, valuation, judged.Count);
                var verdict = Judge(hedge);
                if (hedge.IsComputed)
                {
                    judged.Add((hedge.Subject, account.LegNonce));
                }

                if (isWhole || verdict is not Refuse { Refusal.Code: RefusalCode.HealthOverHedge or RefusalCode.HedgeToldLately or RefusalCode.HedgeTurnLater })
                {
                    decisions.Add(new Decision(snapshot.Chain, hedge.Subject, verdict) { BreachProbability = probability });
                }
            }
        }

        return new HedgeOutcome(decisions.ToImmutable(), judged.ToImmutable());
    }

    private static Verdict Judge(HedgeCase hedge)
    {
        foreach (var guard in Guards)
        {
            if (guard(hedge) is { } refusal)
            {
                return new Refuse(refusal);
            }
        }

        var plan = hedge.Plan!;
        var trades = plan.Trades.Select(trade => new ProposedTrade(trade.Instrument.Name, Wad.FromDoubleDown(trade.Amount), Wad.FromDoubleUp(trade.CashPaid)));
        var hedged = new ProposedHedge(
            hedge.Asset.Token,
            [.. trades],
            Wad.FromDoubleUp(plan.Cost),
            Wad.FromDoubleUp(plan.CashPaid),
            Wad.FromDoubleUp(plan.MarginBefore),
            Wad.FromDoubleUp(plan.MarginAfter),
            Wad.FromDoubleDown(plan.MarginReleased));
        var words = plan.Trades.Select(trade => string.Create(CultureInfo.InvariantCulture, $"{(trade.Amount > 0 ? "buy" : "sell")} {Math.Abs(trade.Amount):0.##} {trade.Instrument.Name}"));
        return new Propose(
            hedged,
            string.Create(
                CultureInfo.InvariantCulture,
                $"health {hedge.Valuation!.Health} is under {hedge.Settings.HedgeHealth} and the options on {hedge.Asset.Symbol} are outside the no-trade band: {string.Join(", ", words)}; ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"costs {plan.Cost:0.##} at the assumed spread, pays {plan.CashPaid:0.##} and frees {plan.MarginReleased:0.##} of margin (requirement {plan.MarginBefore:0.##} -> {plan.MarginAfter:0.##})"));
    }
}
