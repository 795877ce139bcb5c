using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>
/// Health of a whole portfolio in units of account, as the response to it is planned:
/// <code>
/// H = num/(D + R),  num = sum over q > 0 of q P LT (1-l),  l = min(1, z99 sigma sqrt(age))
/// </code>
/// Cash counts in full at the stable price; owed cash and owed tokens (a collateral with a negative amount) are debt at full value, which
/// is what a short position is. R is the requirement of the legs, from the margin model. Liquidation starts under H = 1.
/// </summary>
/// <param name="Weighted">num</param>
/// <param name="Debt">D, owed tokens included</param>
/// <param name="Requirement">R, at least zero</param>
public readonly record struct AccountMargin(double Weighted, double Debt, double Requirement)
{
    /// <summary>num - D - R: at least zero where health is at least 1. Defined without debt, where health is not.</summary>
    public double Surplus => Weighted - Debt - Requirement;

    /// <summary>Null where nothing is owed and nothing required; at most the largest number.</summary>
    public double? Health => Debt + Requirement > 0 ? Math.Min(double.MaxValue, Weighted / (Debt + Requirement)) : null;

    /// <summary>What num lacks of a target health; negative where there is more than enough.</summary>
    public double Shortfall(double targetHealth) => (targetHealth * (Debt + Requirement)) - Weighted;

    /// <summary>
    /// Of a portfolio; <paramref name="requirement"/> is the margin model, null where no legs are held. Refuses (`NotFinite`) figures that
    /// are not numbers, (`NegativeInput`) prices and volatilities under zero and (`RequirementMissing`) legs without a model.
    /// </summary>
    public static AccountMargin Of(Portfolio portfolio, Func<Portfolio, double>? requirement)
    {
        ArgumentNullException.ThrowIfNull(portfolio);
        if (portfolio.Legs.Count > 0 && requirement is null)
        {
            throw new RiskInputException("RequirementMissing", "The portfolio holds legs, so that its health needs a margin model.");
        }

        var cash = portfolio.Cash * portfolio.StablePrice;
        var (weighted, debt) = (Math.Max(cash, 0), portfolio.Debt + Math.Max(-cash, 0));
        foreach (var collateral in portfolio.Collaterals)
        {
            if (collateral.Price < 0 || collateral.Volatility < 0)
            {
                throw new RiskInputException(
                    "NegativeInput",
                    $"{collateral.Asset} has price {collateral.Price} and volatility {collateral.Volatility}: both are at least zero.");
            }

            // An amount that is not a number goes through, to be refused below.
            weighted += collateral.Value * (collateral.Amount < 0 ? 0 : EffectiveThreshold(collateral));
            debt += collateral.Amount < 0 ? -collateral.Value : 0;
        }

        var required = requirement is null ? 0 : Math.Max(0, requirement(portfolio));
        return double.IsFinite(weighted) && double.IsFinite(debt) && double.IsFinite(required)
            ? new AccountMargin(weighted, debt, required)
            : throw new RiskInputException(
                "NotFinite", $"Weighted collateral {weighted}, debt {debt} and requirement {required} are finite numbers.");
    }

    /// <summary>R by the `scaled` model: of the legs alone, so that owed tokens and collateral have no part in it.</summary>
    public static Func<Portfolio, double> Scaled(ScaledParameters? parameters = null)
    {
        var rules = parameters ?? new ScaledParameters();
        return portfolio => new MarginBook(portfolio with { Collaterals = [] }, rules).Figures.Requirement;
    }

    /// <summary>LT less the latency haircut of a remote collateral.</summary>
    public static double EffectiveThreshold(Collateral collateral)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        return collateral.LiquidationThreshold * (1 - LatencyHaircut.Of(collateral.Volatility, Math.Max(0, collateral.AgeSeconds)));
    }
}
