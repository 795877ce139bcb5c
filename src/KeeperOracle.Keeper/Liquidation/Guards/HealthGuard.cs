using System.Globalization;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>
/// Maintenance holds: health is at least 1. An account that is under the operator's alert level all the same has a name of its own: the first rung of the ladder is
/// that somebody is told.
/// </summary>
internal static class HealthGuard
{
    public static Refusal? Check(LiquidationCase liquidation) => liquidation.Valuation.Health switch
    {
        { } health when health < Wad.One => null,
        { } health when health < liquidation.Settings.AlertHealth => new Refusal(
            RefusalCode.NearLiquidation, $"health {health} is under the alert level {liquidation.Settings.AlertHealth}, and liquidation starts under 1{Odds(liquidation.BreachProbability)} ({Terms(liquidation)})"),
        var health => new Refusal(RefusalCode.Healthy, $"health {health} is at least 1 ({Terms(liquidation)})"),
    };

    private static string Odds(double? probability) =>
        probability is { } known ? string.Create(CultureInfo.InvariantCulture, $", which comes within a day with probability {known:0.0000}") : "";

    private static string Terms(LiquidationCase liquidation) =>
        $"capacity {liquidation.Valuation.LiquidationCapacity}, debt {liquidation.Valuation.Debt}{Requirement(liquidation.Valuation.MaintenanceRequirement)}";

    private static string Requirement(Wad requirement) => requirement == Wad.Zero ? "" : $", requirement {requirement}";
}
