using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>The operator's least bonus.</summary>
internal static class BonusGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        var seized = liquidation.Sizing.SeizeValue.Aggregate(Wad.Zero, (sum, value) => sum + value);
        var paid = Risk.Liquidation.AccountHealth.DebtValue(liquidation.Sizing.Repay, liquidation.Snapshot.Market.StableDecimals);
        return seized - paid < liquidation.Settings.MinimumBonusValue
            ? new Refusal(
                RefusalCode.BonusTooSmall,
                $"pays {paid}, receives {seized}: a bonus of {seized - paid}, under the least of {liquidation.Settings.MinimumBonusValue}")
            : null;
    }
}
