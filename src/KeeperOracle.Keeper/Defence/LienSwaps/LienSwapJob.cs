using System.Collections.Immutable;
using KeeperOracle.Keeper.Defence.LienSwaps.Guards;
using KeeperOracle.Keeper.Liquidation.Guards;
using KeeperOracle.Keeper.Queueing;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence.LienSwaps;

// Specification of this folder.
//
// The fourth rung of the response ladder: an account whose owner allowed it has collateral under a lien on another chain swapped for that of another lien there. A
// mandate is a standing order with the hub (contracts/MarginHub.sol): while health is under its trigger and at least 1, anyone may have the hub ask
// for a swap of so many units, in which what comes is worth less by no more than the mandate says, inside its budget. The caller names the lien and the units; the
// hub fixes the rest, and refuses more than restores the target (contracts/libraries/LienSwaps.sol). He is paid nothing: what it may cost in gas is Keeper:SwapWorth.
//
// What is asked for here happens there later: the hub issues the order once this chain is final about it, a relay proves it to the vault of the lien, and whoever carries it out
// brings the tokens; the hub learns of it by a proof (src/KeeperOracle.Host/Relay). Until then the units count as the lesser of what goes and what comes, so that health stays
// about where it was. So while an order of one of the two liens waits nothing is asked for, under LienSwapWaiting, which is told once for each order and not at every head. One
// that is not carried out before its end gives the units back, and the mandate is judged again.
//
// How much: the least units that restore the target, to the last one as the hub counts them (Risk/Liquidation/LienSwapSizing.cs); less where the budget, what is counted, the cap of
// what comes or the loss that one swap may cost ends first, as long as that is not under the mandate's least.
//
// Rungs. Top-ups and swaps in the vault go first: while one of the account is decided or under way nothing is asked for; one that comes to nothing before it is signed lets
// this be judged in the same step. Liquidation waits while the request is under way (Liquidation/Guards/SwapGuard.cs), and no longer: an order that waits holds up nothing, since what
// becomes of it is in nobody's hand here. Under health 1 nobody may ask: the account belongs to liquidation.
//
// Every mandate is judged at every snapshot, in the order of the queue, one of an account at a time, and told of as top-ups are. What the hub refuses in the simulation sets
// the mandate aside for QuarantineSeconds, under its error's name; where the error only says that the market went on or another keeper was first, it does not
// (Liquidation/Overtaken.cs).

/// <summary>What was decided, and which orders are waited for.</summary>
/// <param name="Waiting">by subject, the number of the order</param>
public readonly record struct LienSwapOutcome(ImmutableArray<Decision> Decisions, ImmutableSortedDictionary<string, ulong> Waiting);

/// <summary>Decides about the mandates to swap under liens.</summary>
public static class LienSwapJob
{
    /// <summary>The guards in the order in which they are asked; the first "no" is the decision.</summary>
    internal static readonly ImmutableArray<Func<LienSwapCase, Refusal?>> Guards =
    [
        LienSwapStandingGuard.Check,
        LienSwapTriggerGuard.Check,
        LienSwapExpiryGuard.Check,
        LienSwapMaintenanceGuard.Check,
        LienSwapWaitingGuard.Check,
        swap => swap.Divergence,
        LienSwapUnderWayGuard.Check,
        LienSwapSetAsideGuard.Check,
        LienSwapPlanGuard.Check,
        LienSwapWorthGuard.Check,
        LienSwapModeGuard.Check,
    ];

    /// <param name="lane">with the top-ups and swaps of this step in flight</param>
    /// <param name="accounts">those without a mandate are passed over</param>
    /// <param name="isWhole">also tell of those whose health is over their trigger, and again of orders that are waited for</param>
    public static LienSwapOutcome Decide(
        KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, IEnumerable<AccountSnapshot> accounts, bool isWhole)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var waiting = ImmutableSortedDictionary.CreateBuilder<string, ulong>(StringComparer.Ordinal);
        var divergence = new Lazy<Refusal?>(() => FactorGuard.Find(settings, snapshot), isThreadSafe: false);
        foreach (var (account, valuation, probability) in BreachOrder.Order(snapshot, accounts.Where(account => !account.LienSwaps.IsEmpty)))
        {
            Act? first = null;
            foreach (var mandate in account.LienSwaps)
            {
                var swap = new LienSwapCase(settings, lane, snapshot, account, mandate, valuation, divergence);
                var verdict = Judge(swap);
                if (verdict is Act act)
                {
                    verdict = first is null ? act : new Refuse(new Refusal(RefusalCode.LienSwapDecided, $"{first.Purpose} goes first"));
                    first ??= act;
                }

                var isWaiting = verdict is Refuse { Refusal.Code: RefusalCode.LienSwapWaiting };
                if (isWaiting)
                {
                    waiting[swap.Subject] = LienSwapWaitingGuard.OrderOf(mandate);
                }

                var isOld = isWaiting && lane.LienOrdersTold.TryGetValue(swap.Subject, out var told) && told == waiting[swap.Subject];
                if (isWhole || (!isOld && verdict is not Refuse { Refusal.Code: RefusalCode.HealthOverTrigger }))
                {
                    decisions.Add(new Decision(snapshot.Chain, swap.Subject, verdict) { BreachProbability = probability });
                }
            }
        }

        return new LienSwapOutcome(decisions.ToImmutable(), waiting.ToImmutable());
    }

    private static Verdict Judge(LienSwapCase swap)
    {
        foreach (var guard in Guards)
        {
            if (guard(swap) is { } refusal)
            {
                return new Refuse(refusal);
            }
        }

        var (plan, mandate) = (swap.Plan, swap.Mandate);
        return new Act(
            swap.Purpose,
            new RequestLienSwap(
                swap.Account.Account, mandate.Lien, plan.Units, swap.Snapshot.Block.Timestamp + swap.Settings.LiquidationDeadlineSeconds),
            swap.Settings.SwapWorth,
            $"health {plan.HealthBefore} is under the trigger {mandate.TriggerHealth}: ask for {swap.Words(mandate.In, plan.Units)} of lien {mandate.Lien} against at least "
            + $"{swap.Words(mandate.Out, plan.MinOut)} into lien {mandate.LienOut}, {(plan.Answer == LienSwapAnswer.Restores ? $"which restores {mandate.TargetHealth}" : $"all that {LienSwapPlanGuard.Limit(plan.Answer)} allows")}: "
            + $"health {plan.HealthAfter} once it is carried out on the other chain");
    }
}
