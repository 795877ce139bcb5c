using System.Collections.Immutable;
using KeeperOracle.Keeper.Defence.Guards;
using KeeperOracle.Keeper.Queueing;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence;

// Specification of this folder.
//
// The second rung of the response ladder: an account whose owner allowed it is topped up before it can be liquidated. A top-up is a standing order on
// the chain (contracts/libraries/TopUp.sol): when health is under its trigger, anyone may have the vault move what restores its target, from the owner's
// wallet or another account of his, inside its cap. The caller names account and number only, so that nothing here can move more than the owner allowed,
// and is paid nothing: what it may cost in gas is Keeper:TopUpWorth.
//
// Every standing top-up is judged at every snapshot, accounts in greatest need first (Queueing/BreachOrder.cs), one top-up of an account at a time: the second waits until
// the first has settled, since what is then still missing is known only then. A whole snapshot tells of each; after a difference those whose health is over
// their trigger are not told of, as of healthy accounts.
// The vault alone knows what is left of the cap and what the source has. It says so in the simulation, before anything is signed (TopUpNothingToMove,
// or a rule that the source would break): then that top-up is set aside for QuarantineSeconds, under its error's name.
//
// Liquidation waits while a top-up of the account is under way (Liquidation/Guards/TopUpGuard.cs), no longer: a top-up that settles without effect releases
// the account to liquidation in the same step. Its time is bounded by the deadline that the action carries.

/// <summary>Decides about the standing top-ups of a snapshot.</summary>
public static class TopUpJob
{
    /// <summary>The guards in the order in which they are asked; the first "no" is the decision.</summary>
    internal static readonly ImmutableArray<Func<TopUpCase, Refusal?>> Guards =
    [
        StandingGuard.Check,
        TriggerGuard.Check,
        ExpiryGuard.Check,
        UnderWayGuard.Check,
        SetAsideGuard.Check,
        WorthGuard.Check,
        ModeGuard.Check,
    ];

    /// <param name="isWhole">also tell of those whose health is over their trigger</param>
    public static ImmutableArray<Decision> Decide(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, bool isWhole)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        var decisions = ImmutableArray.CreateBuilder<Decision>();
        foreach (var (account, valuation, probability) in BreachOrder.Order(snapshot, snapshot.Accounts.Where(account => account.TopUps.Length > 0)))
        {
            Act? first = null;
            foreach (var mandate in account.TopUps)
            {
                Verdict verdict = Judge(new TopUpCase(settings, lane, snapshot, account, mandate, valuation));
                if (verdict is Act act)
                {
                    verdict = first is null ? act : new Refuse(new Refusal(RefusalCode.TopUpDecided, $"{first.Purpose} goes first"));
                    first ??= act;
                }

                if (isWhole || verdict is not Refuse { Refusal.Code: RefusalCode.HealthOverTrigger })
                {
                    decisions.Add(new Decision(snapshot.Chain, Subject.TopUp(account.Account, mandate.Index), verdict) { BreachProbability = probability });
                }
            }
        }

        return decisions.ToImmutable();
    }

    private static Verdict Judge(TopUpCase topUp)
    {
        foreach (var guard in Guards)
        {
            if (guard(topUp) is { } refusal)
            {
                return new Refuse(refusal);
            }
        }

        return new Act(
            topUp.Purpose,
            new TopUp(topUp.Account.Account, topUp.Mandate.Index, topUp.Snapshot.Block.Timestamp + topUp.Settings.LiquidationDeadlineSeconds),
            topUp.Settings.TopUpWorth,
            $"health {topUp.Valuation!.Health} is under the trigger {topUp.Mandate.TriggerHealth}: add what restores {topUp.Mandate.TargetHealth}");
    }
}
