namespace KeeperOracle.Keeper.Liquidation;

/// <summary>
/// Refusals of the vault that are about the market and not about the account, by the name of the error in its own words
/// ("RuleBudgetExhausted(account …, …)"). What the budgets hold is known to the vault alone, so only its answer says that they are spent.
/// </summary>
internal static class VaultLimits
{
    public static RefusalCode? Find(string detail) => NameOf(detail) switch
    {
        "RuleBudgetExhausted" => RefusalCode.RuleBudgetExhausted,
        "VolumeCapReached" => RefusalCode.VolumeCapReached,
        "OptionRiskDominates" => RefusalCode.OptionRiskDominates,
        "NothingSeizable" or "CollateralNotSeizable" => RefusalCode.NothingSeizable,
        "TooManyPendingOrders" => RefusalCode.LienOrdersFull,
        _ => null,
    };

    /// <summary>Empty where the words are no error of a contract.</summary>
    public static string NameOf(string detail) => detail[..Math.Max(0, detail.IndexOf('(', StringComparison.Ordinal))];
}
