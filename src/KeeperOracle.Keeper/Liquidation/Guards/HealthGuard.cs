using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>Maintenance holds: health is at least 1.</summary>
internal static class HealthGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Valuation.Health is { } health && health < Wad.One
            ? null
            : new Refusal(
                RefusalCode.Healthy,
                $"health {liquidation.Valuation.Health} is at least 1 (capacity {liquidation.Valuation.LiquidationCapacity}, " +
                $"debt {liquidation.Valuation.Debt}{Requirement(liquidation.Valuation.MaintenanceRequirement)})");

    private static string Requirement(Wad requirement) => requirement == Wad.Zero ? "" : $", requirement {requirement}";
}
