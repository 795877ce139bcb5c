using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>The answer; only <see cref="TopUp"/> restores the target. Kept for good: programs depend on the names.</summary>
public enum TopUpAnswer
{
    TopUp,

    /// <summary>The target health holds already.</summary>
    NotNeeded,

    /// <summary>No cap was set: the owner has not opted in, an alert is all there is.</summary>
    NotOptedIn,

    /// <summary>The cap ends before the target.</summary>
    CapTooSmall,

    /// <summary>Collateral without price or threshold adds nothing; a repayment without debt neither.</summary>
    HealthWouldNotImprove,

    /// <summary>All debt repaid would not do: the options' requirement is over the collateral.</summary>
    RequirementTooLarge,
}

/// <summary>The least amount with <see cref="TopUpAnswer.TopUp"/>; where a limit comes first, the amount at it; otherwise zero.</summary>
public sealed record TopUpPlan(TopUpAnswer Answer, double Amount, double? HealthBefore, double? HealthAfter);

/// <summary>
/// The least top-up that restores the target health, to the last bit: collateral a = (HT (D+R) - num)/(P LT) tokens, or a repayment
/// x = (HT (D+R) - num)/HT of at most the debt. Round the amount up to the token's unit. Unlike a swap it is open under health 1 too.
/// </summary>
public static class TopUpSizing
{
    /// <param name="cap">tokens at most; zero where the owner has not opted in</param>
    /// <remarks>Refuses as <see cref="SwapSizing"/>, and (`CapOutOfRange`) a cap that is not a finite number of at least zero.</remarks>
    public static TopUpPlan AddCollateral(AccountMargin margin, Collateral collateral, double cap, double targetHealth)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        var counted = collateral.Price * AccountMargin.EffectiveThreshold(collateral);
        AccountMargin After(double amount) => margin with { Weighted = margin.Weighted + (counted * amount) };
        return Size(margin, cap, double.MaxValue, targetHealth, counted, After);
    }

    /// <param name="cap">units of account at most; zero where the owner has not opted in</param>
    public static TopUpPlan Repay(AccountMargin margin, double cap, double targetHealth) =>
        Size(margin, cap, margin.Debt, targetHealth, margin.Debt, amount => margin with { Debt = margin.Debt - amount });

    private static TopUpPlan Size(
        AccountMargin margin, double cap, double most, double targetHealth, double effect, Func<double, AccountMargin> after)
    {
        ResponseTarget.Validate(margin, targetHealth);
        if (!(cap >= 0) || !double.IsFinite(cap))
        {
            throw new RiskInputException("CapOutOfRange", $"The cap is {cap}: it is finite and at least zero.");
        }

        bool Restores(double amount) => after(amount).Shortfall(targetHealth) <= 0;
        TopUpPlan Plan(TopUpAnswer answer, double amount) => new(answer, amount, margin.Health, after(amount).Health);
        var limit = Math.Min(cap, most);
        return Restores(0) ? Plan(TopUpAnswer.NotNeeded, 0)
            : cap == 0 ? Plan(TopUpAnswer.NotOptedIn, 0)
            : !(effect > 0) ? Plan(TopUpAnswer.HealthWouldNotImprove, 0)
            : Restores(limit) ? Plan(TopUpAnswer.TopUp, MonotoneSearch.Least(0, limit, Restores))
            : Plan(most < cap ? TopUpAnswer.RequirementTooLarge : TopUpAnswer.CapTooSmall, limit);
    }
}
