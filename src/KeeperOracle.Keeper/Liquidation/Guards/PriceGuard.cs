using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>No price, no liquidation: a stale, zero, at-bound or missing price is no price.</summary>
internal static class PriceGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        if (SnapshotValuation.UnpricedAsset(liquidation.Snapshot, liquidation.Account) is not { } asset)
        {
            return null;
        }

        var now = liquidation.Snapshot.Block.Timestamp;
        var age = now >= asset.PriceUpdatedAt ? $"{now - asset.PriceUpdatedAt} s old" : $"{asset.PriceUpdatedAt - now} s in the future";
        return new Refusal(
            RefusalCode.PriceUnavailable, $"{asset.Symbol} has no usable price: {asset.PriceStatus} (answer {asset.Price}, {age})");
    }
}
