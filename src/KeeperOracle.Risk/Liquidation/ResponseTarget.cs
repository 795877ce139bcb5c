namespace KeeperOracle.Risk.Liquidation;

/// <summary>What swap and top-up sizing ask of the account and of the target health.</summary>
internal static class ResponseTarget
{
    public static void Validate(AccountMargin margin, double targetHealth)
    {
        if (!double.IsFinite(margin.Weighted) || !double.IsFinite(margin.Debt + margin.Requirement) || !double.IsFinite(targetHealth))
        {
            throw new RiskInputException("NotFinite", $"{margin} and target health {targetHealth}: all are finite numbers.");
        }

        if (margin.Debt < 0 || margin.Requirement < 0)
        {
            throw new RiskInputException("NegativeDebt", $"Debt {margin.Debt} and requirement {margin.Requirement} are at least zero.");
        }

        if (targetHealth < 1)
        {
            throw new RiskInputException(
                "TargetHealthTooLow", $"The target health is {targetHealth}: it is at least 1, where liquidation ends.");
        }
    }
}
