using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>Of an unhealthy account nothing can be seized now though something stands behind it: the vault would refuse.</summary>
internal static class SeizableGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        var account = liquidation.Account;
        var isBacked = account.Collateral.Any(amount => amount.Sign > 0)
            || account.Remote.Maintenance > Wad.Zero || account.Options.PendingClaims.Sign > 0;
        if (liquidation.Lien is not null || liquidation.IsPortfolio || !liquidation.Sizing.Repay.IsZero || !isBacked)
        {
            return null;
        }

        var now = liquidation.Snapshot.Block.Timestamp;
        var held = liquidation.Snapshot.Assets.Where((_, i) => account.Collateral[i].Sign > 0).Select(asset => Reason(asset, now));
        var remote = account.Liens.Select(lien => LienTaker.Obstacle(liquidation.Snapshot, lien) ?? $"lien {lien.Lien}: nothing is to be repaid against it");
        if (account.Liens.IsEmpty && account.Remote.Maintenance > Wad.Zero)
        {
            remote = ["no lien on another chain can be seized by repaying (liquidateLien): none counts, or nothing is owed"];
        }

        return new Refusal(
            RefusalCode.NothingSeizable,
            $"health {liquidation.Sizing.HealthBefore} is under 1, but nothing can be seized now: {string.Join("; ", held.Concat(remote))}");
    }

    private static string Reason(AssetSnapshot asset, ulong now) => asset.PriceStatus switch
    {
        PriceStatus.Ok when asset.LiquidationBlockedUntil > now => $"{asset.Symbol} is held back by the guardian for {asset.LiquidationBlockedUntil - now} s",
        PriceStatus.Ok => $"{asset.Symbol} is worth nothing",
        PriceStatus.RepayWindow => $"{asset.Symbol} is in the repay window after an outage (RepayWindow)",
        _ => $"{asset.Symbol} has no usable price: {PriceWords.Of(asset, now)}",
    };
}
