using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Settlement;

/// <summary>What a pool, or an account in it, needs next.</summary>
/// <param name="Guards">that are asked whether it can be done now</param>
/// <param name="Brings">stable units that it brings an account; null where that is not what it is for</param>
public sealed record SettlementStep(
    AssetSnapshot Asset,
    PoolSnapshot Pool,
    string Subject,
    string Purpose,
    KeeperAction Action,
    string Reason,
    ImmutableArray<Func<SettlementCase, Refusal?>> Guards,
    BigInteger? Brings = null)
{
    internal static SettlementStep OfPool(ChainSnapshot snapshot, AssetSnapshot asset, PoolSnapshot pool)
    {
        var (now, token, expiry) = (snapshot.Block.Timestamp, asset.Token, pool.Expiry);
        var subject = Keeper.Subject.Expiry(token, expiry);
        if (pool.Price > Wad.Zero)
        {
            return new SettlementStep(
                asset, pool, subject, Keeper.Purpose.Close(snapshot.Report, token, expiry), new CloseExpiry(token, expiry), "its last options are gone, and claims wait for its end", SettlementJob.Closing);
        }

        var isLate = now >= expiry + ExpiryRules.LateSeconds && pool.Observations < ExpiryRules.LeastObservations && pool.FallbackRound.IsZero;
        if (now < expiry || isLate)
        {
            return new SettlementStep(
                asset,
                pool,
                subject,
                Keeper.Purpose.Observe(snapshot.Report, token, pool),
                new RecordExpiryPrice(token, expiry, isLate ? 0 : expiry),
                $"record {asset.Symbol} at {asset.Price}, after {pool.Observations} prices{(isLate ? ", late, for want of a price" : $", {expiry - now} s before expiry")}",
                SettlementJob.Observing);
        }

        var isMedian = pool.Observations >= ExpiryRules.LeastObservations;
        return new SettlementStep(
            asset,
            pool,
            subject,
            Keeper.Purpose.Finalise(snapshot.Report, token, expiry),
            new FinaliseExpiry(token, expiry, isMedian ? BigInteger.Zero : pool.FallbackRound),
            isMedian ? $"the median of {pool.Observations} recorded prices" : $"round {pool.FallbackRound} of the fallback feed, the first at or after expiry",
            SettlementJob.Finalising);
    }

    internal static SettlementStep OfAccount(ChainSnapshot snapshot, AssetSnapshot asset, PoolSnapshot pool, AccountSnapshot account)
    {
        var net = OptionSettlement.NetUnits(account, asset.Token, pool, snapshot.Market.StableDecimals);
        var units = new TokenAmount(BigInteger.Abs(net), snapshot.Market.StableDecimals);
        return new SettlementStep(
            asset,
            pool,
            Keeper.Subject.Settlement(account.Account, asset.Token, pool.Expiry),
            Keeper.Purpose.Settle(snapshot.Report, account, asset.Token, pool.Expiry),
            new SettleOptions(account.Account, asset.Token, pool.Expiry),
            $"its options on {asset.Symbol} expired at {pool.Price}: it has {(net.Sign < 0 ? "lost" : "won")} {units}",
            SettlementJob.Settling);
    }

    internal static SettlementStep OfClaim(ChainSnapshot snapshot, AssetSnapshot asset, PoolSnapshot pool, AccountSnapshot account, ClaimSnapshot claim)
    {
        var paid = OptionSettlement.PaidUnits(claim.Amount, pool.Haircut);
        return new SettlementStep(
            asset,
            pool,
            Keeper.Subject.Settlement(account.Account, asset.Token, pool.Expiry),
            Keeper.Purpose.Claim(snapshot.Report, account, asset.Token, pool.Expiry),
            new ClaimWinnings(account.Account, asset.Token, pool.Expiry),
            $"it is credited {new TokenAmount(paid, snapshot.Market.StableDecimals)} of {new TokenAmount(claim.Amount, snapshot.Market.StableDecimals)} won, haircut {pool.Haircut}",
            SettlementJob.Claiming,
            paid);
    }
}
