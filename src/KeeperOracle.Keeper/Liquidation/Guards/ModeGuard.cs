namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>Observing means deciding without acting.</summary>
internal static class ModeGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Settings.Mode == KeeperMode.Observe
            ? new Refusal(
                RefusalCode.ObserveOnly,
                $"health {liquidation.Sizing.HealthBefore} is under 1, but Mode is observe: set it to active to liquidate")
            : null;
}
