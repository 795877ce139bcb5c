namespace KeeperOracle.Keeper.Defence.Guards;

/// <summary>There is a health to compare: something is owed, and its options have a requirement.</summary>
internal static class StandingGuard
{
    public static Refusal? Check(TopUpCase topUp) =>
        topUp.Account.Options.Problem is { Length: > 0 } problem
            ? new Refusal(RefusalCode.OptionsUnvalued, $"the account has no requirement now: {problem}")
            : topUp.Valuation?.Health is null ? new Refusal(RefusalCode.NoDebt, "the account owes nothing") : null;
}
