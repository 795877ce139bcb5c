namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>Options whose requirement the contract cannot compute now (an underlying without a price, say) leave the health unknown.</summary>
internal static class OptionGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Account.Options is { Problem.Length: > 0 } options
            ? new Refusal(RefusalCode.OptionsUnvalued, $"the account's {options.Legs} option legs have no requirement now: {options.Problem}")
            : null;
}
