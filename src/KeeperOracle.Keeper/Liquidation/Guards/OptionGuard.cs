namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>
/// Options whose requirement the contract cannot compute now (an underlying without a price, say), and anything else of the account that could not
/// be read, leave the health unknown.
/// </summary>
internal static class OptionGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Account.Options is not { Problem.Length: > 0 } options ? null
            : options.Legs > 0
                ? new Refusal(RefusalCode.OptionsUnvalued, $"the account's {options.Legs} option legs have no requirement now: {options.Problem}")
                : new Refusal(RefusalCode.OptionsUnvalued, $"the account cannot be read now: {options.Problem}");
}
