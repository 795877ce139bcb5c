using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>
/// A collateral without a price (too few usable feeds, divided feeds, a sequencer that is down or just back) is never seized and counts at the
/// largest price its feeds could say. An account that this keeps at health 1 or more is left alone under this name, whatever its health
/// would be; one that is under 1 even so can be liquidated of what it holds besides.
/// </summary>
internal static class PriceGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        if (SnapshotValuation.UnpricedAsset(liquidation.Snapshot, liquidation.Account) is not { } asset
            || liquidation.Valuation.Health is { } health && health < Wad.One)
        {
            return null;
        }

        return Refuse(asset, liquidation.Snapshot.Block.Timestamp);
    }

    public static Refusal Refuse(AssetSnapshot asset, ulong now) => new(
        RefusalCode.PriceUnavailable,
        $"{asset.Symbol} has no usable price: {PriceWords.Of(asset, now)}; it counts at its bound of {asset.MaxPrice}");
}
