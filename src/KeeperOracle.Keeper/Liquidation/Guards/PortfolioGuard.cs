using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>Where repaying does not restore the target because of options, a fraction of the whole portfolio must go: `liquidatePortfolio`.</summary>
internal static class PortfolioGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Sizing.Action is LiquidationAction.TakeFraction or LiquidationAction.TakeWhole
            ? new Refusal(
                RefusalCode.OptionRiskDominates,
                $"health {liquidation.Sizing.HealthBefore} is under 1 and repaying does not restore the target against a requirement of " +
                $"{liquidation.Valuation.MaintenanceRequirement}: the portfolio must be taken over (liquidatePortfolio), which this keeper does not do yet")
            : null;
}
