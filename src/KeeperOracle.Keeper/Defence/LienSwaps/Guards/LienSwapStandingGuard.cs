namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>There is a health to compare: something is owed, and its options have a requirement.</summary>
internal static class LienSwapStandingGuard
{
    public static Refusal? Check(LienSwapCase swap) =>
        swap.Account.Options.Problem is { Length: > 0 } problem
            ? new Refusal(RefusalCode.OptionsUnvalued, $"the account has no requirement now: {problem}")
            : swap.Valuation?.Health is null ? new Refusal(RefusalCode.NoDebt, "the account owes nothing") : null;
}
