namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>Without debt there is nothing to liquidate.</summary>
internal static class DebtGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Account.Debt.IsZero ? new Refusal(RefusalCode.NoDebt, "the account owes nothing") : null;
}
