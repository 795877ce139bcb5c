using System.Collections.Immutable;
using KeeperOracle.Keeper.Defence.Swaps.Guards;
using KeeperOracle.Keeper.Liquidation.Guards;
using KeeperOracle.Keeper.Queueing;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence.Swaps;

// Specification of this folder.
//
// The third rung of the response ladder: an account whose owner allowed it swaps a collateral for another, or for stable that repays its debt, before
// it can be liquidated. A swap mandate is a standing order on the chain (contracts/libraries/Defence.sol): while health is at or under its trigger and at least
// 1, anyone may have the vault sell what restores its target, of the tokens that it names, at the vault's venue, at a price that lies under the oracle's by no
// more than it says. Who calls may earn its tip; what else it may cost in gas is Keeper:SwapWorth.
//
// What is sold, for what and in which pool is planned from the snapshot alone (Risk/Liquidation/SwapPlanner.cs): the pools' prices and liquidity at the
// snapshot's block are in it, so the plan can be made again from the journal. The least amount that the call insists on is the quoted one less
// Keeper:SeizureTolerance, and never under what the mandate demands; the vault checks that, and everything else that the mandate says, once more.
//
// Rungs. A top-up goes first: while one of the account is decided or under way nothing is swapped; one that comes to nothing before it is signed lets the swap be
// judged in the same step. Liquidation waits while a swap of the account is under way (Liquidation/Guards/SwapGuard.cs), no longer. Under health 1 nobody may swap:
// the account belongs to liquidation, for a pool that its owner has moved must not be his way out.
//
// Every mandate is judged at every snapshot, in the order of the queue, and told of as top-ups are. The vault alone knows what is left of the loss budgets and of
// the caps. It says so in the simulation, before anything is signed (SwapLossBudgetExhausted, CollateralCapExceeded, ...): then the mandate is
// set aside for QuarantineSeconds, under its error's name. Where the error only says that the pool gave less than quoted (OutputTooSmall, SwapUnderOracle) it
// is tried again at the next heads, and set aside after QuarantineAfterFailures in a row: a pool whose liquidity ends near its price would be
// asked for ever.

/// <summary>Decides about the swap mandates of a snapshot.</summary>
public static class SwapJob
{
    /// <summary>The guards in the order in which they are asked; the first "no" is the decision.</summary>
    internal static readonly ImmutableArray<Func<SwapCase, Refusal?>> Guards =
    [
        SwapStandingGuard.Check,
        SwapTriggerGuard.Check,
        SwapExpiryGuard.Check,
        SwapMaintenanceGuard.Check,
        swap => swap.Divergence,
        SwapUnderWayGuard.Check,
        SwapSetAsideGuard.Check,
        SwapPlanGuard.Check,
        SwapWorthGuard.Check,
        SwapModeGuard.Check,
    ];

    /// <param name="lane">with the top-ups of this step in flight</param>
    /// <param name="accounts">those without a mandate are passed over</param>
    /// <param name="isWhole">also tell of those whose health is over their trigger</param>
    public static ImmutableArray<Decision> Decide(
        KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, IEnumerable<AccountSnapshot> accounts, bool isWhole)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var divergence = new Lazy<Refusal?>(() => FactorGuard.Find(settings, snapshot), isThreadSafe: false);
        foreach (var (account, valuation, probability) in BreachOrder.Order(snapshot, accounts.Where(account => account.SwapMandate is not null)))
        {
            var verdict = Judge(new SwapCase(settings, lane, snapshot, account, valuation, divergence));
            if (isWhole || verdict is not Refuse { Refusal.Code: RefusalCode.HealthOverTrigger })
            {
                decisions.Add(new Decision(snapshot.Chain, Subject.Swap(account.Account), verdict) { BreachProbability = probability });
            }
        }

        return decisions.ToImmutable();
    }

    private static Verdict Judge(SwapCase swap)
    {
        foreach (var guard in Guards)
        {
            if (guard(swap) is { } refusal)
            {
                return new Refuse(refusal);
            }
        }

        var plan = swap.Plan!;
        return new Act(
            swap.Purpose,
            new SwapCollateral(
                swap.Account.Account,
                plan.TokenIn,
                plan.TokenOut,
                plan.Pool.FeeMillionths,
                plan.AmountIn,
                plan.MinAmountOut,
                swap.Snapshot.Block.Timestamp + swap.Settings.LiquidationDeadlineSeconds),
            swap.Worth,
            $"health {plan.HealthBefore} is not over the trigger {swap.Mandate.TriggerHealth}: sell {swap.AmountOf(plan.TokenIn, plan.AmountIn)} {swap.NameOf(plan.TokenIn)} " +
            $"for {swap.AmountOf(plan.TokenOut, plan.AmountOut)} {swap.NameOf(plan.TokenOut)}, {plan.Slippage} under the oracle's price, which restores {swap.Mandate.TargetHealth}");
    }
}
