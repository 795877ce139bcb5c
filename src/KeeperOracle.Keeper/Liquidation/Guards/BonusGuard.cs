namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>The operator's least bonus.</summary>
internal static class BonusGuard
{
    public static Refusal? Check(LiquidationCase liquidation) => liquidation.Bonus < liquidation.Settings.MinimumBonusValue
        ? new Refusal(
            RefusalCode.BonusTooSmall,
            $"pays {liquidation.Paid}, receives {liquidation.Seized}: a bonus of {liquidation.Bonus}, under the least of {liquidation.Settings.MinimumBonusValue}")
        : null;
}
