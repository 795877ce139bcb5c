using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>The operator's least bonus; an account that nobody earns on is closed where that is worth something to the operator.</summary>
internal static class BonusGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        var settings = liquidation.Settings;
        if (liquidation.IsUncovered ? settings.ClosingWorth > Primitives.Wad.Zero : liquidation.Earning >= settings.MinimumBonusValue)
        {
            return null;
        }

        if (liquidation.Lien is { } taken)
        {
            return new Refusal(
                RefusalCode.BonusTooSmall,
                $"pays {AccountHealth.DebtValue(taken.Sizing.Repay, liquidation.Snapshot.Market.StableDecimals)} here for {taken.Sizing.SeizeValue} on another chain, at a bonus of {taken.Sizing.Bonus} with what the delay is worth: "
                + $"{taken.Earned} after {settings.SeizureDiscount} for the waiting (Keeper:SeizureDiscountBps), under the least of {settings.MinimumBonusValue}");
        }

        if (liquidation.IsPortfolio)
        {
            return new Refusal(
                RefusalCode.BonusTooSmall,
                liquidation.IsUncovered
                    ? $"the portfolio lacks {liquidation.Sizing.Deficit}, and nobody earns on it (Keeper:ClosingWorth is 0)"
                    : $"takes {liquidation.Sizing.Fraction} of everything at a bonus of {liquidation.Bonus}, under the least of {settings.MinimumBonusValue}");
        }

        var detail = $"pays {liquidation.Paid}, receives {liquidation.Seized}: a bonus of {liquidation.Bonus}, ";
        return new Refusal(
            RefusalCode.BonusTooSmall,
            detail + (liquidation.IsUncovered
                ? $"and its debt of {liquidation.Valuation.Debt} is more than its collateral of {liquidation.Valuation.CollateralValue} (Keeper:ClosingWorth is 0)"
                : $"under the least of {settings.MinimumBonusValue}"));
    }
}
