using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Keeper.Settlement.Guards;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Settlement;

// Specification of this folder.
//
// Options that expire are settled by whoever wants to (contracts/OptionBook.sol, contracts/libraries/ExpiryFixing.sol); this keeper does. The options of one
// underlying and expiry are a pool, and a pool goes one way, a step at a time, each step a call that anyone may make and that names nothing but the pool or
// an account of it, so that nobody's money depends on who calls:
//
//   observe    in the last 30 minutes, or from 24 hours after expiry while fewer than 5 stand: record the hub's price, 2 minutes apart, 15 at most. All 15 are
//              wanted: the more there are, the less one moment moves the median. There must be a price now
//   finalise   after expiry: the median of at least 5. With fewer, from 6 hours on, the first round of the fallback feed at or after expiry, where it has one
//   settle     each account with options of the pool, in the vault's order: a gain becomes a claim, a loss is debited
//   close      only where the last options met in one account and vanished: the last settlement closes a pool by itself
//   claim      each account with a claim in a closed pool, less the haircut that is fixed by then
//
// A pool of which no account holds options needs no price: nothing is done for it. Of an account there is a decision once its pool has a price.
// Nobody pays the keeper for it. A step may cost Keeper:SettlementWorth, and a claim no more than it brings the account; 0 leaves it all to others.
//
// Purposes (Purpose.cs) name pool and account, an observation also how many stand, a settlement how often the account's options have changed: whatever is killed,
// each happens once, and a second try is refused by the book's own name in the simulation. What others did first (PriceAlreadyFinal, LegsAbsent, ...) is no failure;
// another refusal sets that step aside for QuarantineSeconds, an observation for the 2 minutes between two of them. At most MostAtOnce steps are under way, and all of
// them wait for whatever protects or liquidates.
//
// A whole snapshot tells of every pool; a difference only of what is done or should be and is not.
//
// Limits. Pools are seen while the risk oracle lists their expiry (it drops one 7 days after, when somebody asks it to) or an account holds options of them: a claim
// that is left when both are over is for its owner to ask for. An underlying that is no collateral of the vault is not looked at.

/// <summary>Decides about the settlement of options.</summary>
public static class SettlementJob
{
    /// <summary>Steps that are under way at a time.</summary>
    public const int MostAtOnce = 8;

    private static readonly ImmutableArray<Func<SettlementCase, Refusal?>> Common =
        [UnderWayGuard.Check, SetAsideGuard.Check, WorthGuard.Check, RoomGuard.Check, ModeGuard.Check];

    /// <summary>The guards of each step in the order in which they are asked; the first "no" is the decision.</summary>
    internal static readonly ImmutableArray<Func<SettlementCase, Refusal?>> Observing =
        [UsedGuard.Check, WindowGuard.Check, CompleteGuard.Check, SpacingGuard.Check, PriceGuard.Check, .. Common];

    internal static readonly ImmutableArray<Func<SettlementCase, Refusal?>> Finalising = [UsedGuard.Check, ExpiredGuard.Check, FixingGuard.Check, .. Common];

    internal static readonly ImmutableArray<Func<SettlementCase, Refusal?>> Closing = [EmptiedGuard.Check, PaidGuard.Check, .. Common];

    internal static readonly ImmutableArray<Func<SettlementCase, Refusal?>> Settling = Common;

    internal static readonly ImmutableArray<Func<SettlementCase, Refusal?>> Claiming = [ClosedGuard.Check, ClaimGuard.Check, .. Common];

    /// <param name="isWhole">also tell of the pools that nothing is to be done about</param>
    public static ImmutableArray<Decision> Decide(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, bool isWhole)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Assets.All(asset => asset.Pools.IsEmpty))
        {
            return [];
        }

        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var underWay = lane.InFlight.Count(Purpose.IsSettlement);
        foreach (var step in Steps(snapshot))
        {
            var verdict = Judge(new SettlementCase(settings, lane, snapshot, step, underWay));
            underWay += verdict is Act ? 1 : 0;
            if (isWhole || verdict is not Refuse { Refusal.Code: var code } || !IsQuiet(code))
            {
                decisions.Add(new Decision(snapshot.Chain, step.Subject, verdict));
            }
        }

        return decisions.ToImmutable();
    }

    private static Verdict Judge(SettlementCase one)
    {
        foreach (var guard in one.Step.Guards)
        {
            if (guard(one) is { } refusal)
            {
                return new Refuse(refusal);
            }
        }

        return new Act(one.Step.Purpose, one.Step.Action, one.Worth, one.Step.Reason);
    }

    /// <summary>What waits for its time or has had it.</summary>
    private static bool IsQuiet(RefusalCode code) => code is RefusalCode.ExpiryAhead or RefusalCode.ExpiryUnused or RefusalCode.ObservationTooSoon
        or RefusalCode.ObservationsComplete or RefusalCode.PoolOpen or RefusalCode.PoolPaid or RefusalCode.SettlementLeftToOthers;

    /// <summary>The next step of each pool, then of the accounts in them.</summary>
    private static IEnumerable<SettlementStep> Steps(ChainSnapshot snapshot)
    {
        foreach (var asset in snapshot.Assets)
        {
            foreach (var pool in asset.Pools)
            {
                yield return SettlementStep.OfPool(snapshot, asset, pool);
            }
        }

        foreach (var (asset, pool) in snapshot.Assets.SelectMany(asset => asset.Pools.Where(pool => pool.Price > Wad.Zero).Select(pool => (asset, pool))))
        {
            foreach (var account in pool.Accounts > 0 ? snapshot.Accounts.Where(account => Holds(account, asset, pool)) : [])
            {
                yield return SettlementStep.OfAccount(snapshot, asset, pool, account);
            }

            foreach (var account in pool.Claims > BigInteger.Zero ? snapshot.Accounts : [])
            {
                if (account.Claims.FirstOrDefault(claim => claim.Underlying == asset.Token && claim.Expiry == pool.Expiry) is { Amount.Sign: > 0 } claim)
                {
                    yield return SettlementStep.OfClaim(snapshot, asset, pool, account, claim);
                }
            }
        }
    }

    private static bool Holds(AccountSnapshot account, AssetSnapshot asset, PoolSnapshot pool) =>
        account.Legs.Any(leg => leg.Underlying == asset.Token && leg.Expiry == pool.Expiry);
}
