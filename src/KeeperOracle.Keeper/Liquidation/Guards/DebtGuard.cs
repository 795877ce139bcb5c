using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>Without debt and options there is nothing to liquidate.</summary>
internal static class DebtGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Account.DebtShares.IsZero && liquidation.Account.Options is { Legs: 0, Problem.Length: 0 } options && options.Requirement == Wad.Zero
            ? new Refusal(RefusalCode.NoDebt, "the account owes nothing")
            : null;
}
