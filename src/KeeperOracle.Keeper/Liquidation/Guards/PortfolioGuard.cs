using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>
/// Where repaying does not restore the target because of options, a fraction of the whole portfolio must go to an account of the keeper's own that can bear it
/// (<see cref="PortfolioTaker"/>).
/// </summary>
internal static class PortfolioGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        if (!liquidation.IsPortfolio)
        {
            return null;
        }

        var (snapshot, sizing) = (liquidation.Snapshot, liquidation.Sizing);
        var why = $"health {sizing.HealthBefore} is under 1 and repaying does not restore the target against a requirement of {liquidation.Valuation.MaintenanceRequirement}";
        if (liquidation.Taker is not { } taker || taker.Options.Problem.Length > 0)
        {
            return new Refusal(
                RefusalCode.OptionRiskDominates,
                $"{why}: the portfolio must be taken over (liquidatePortfolio), and the keeper's signer {snapshot.Keeper.Signer} has no account in the vault that can be valued to take it");
        }

        if (!liquidation.IsTakerFree)
        {
            return new Refusal(RefusalCode.TakerTooSmall, $"{why}: the keeper's account {taker.Account} takes one portfolio at a time, and one in greater need goes first");
        }

        var spare = PortfolioTaker.SpareAfter(snapshot, taker, liquidation.Account, sizing, liquidation.MaxFraction, liquidation.MaxPayment);
        return spare < Wad.Zero
            ? new Refusal(RefusalCode.TakerTooSmall, $"{why}: taking {sizing.Fraction} of everything over leaves the keeper's account {taker.Account} {Wad.Zero - spare} short of its initial requirement")
            : null;
    }
}
