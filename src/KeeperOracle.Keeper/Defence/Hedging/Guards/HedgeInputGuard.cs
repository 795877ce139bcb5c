namespace KeeperOracle.Keeper.Defence.Hedging.Guards;

/// <summary>Everything that the plan is made of is known.</summary>
internal static class HedgeInputGuard
{
    public static Refusal? Check(HedgeCase hedge) =>
        hedge.Valuation is null ? new Refusal(RefusalCode.HedgeInputsMissing, $"the options have no requirement now: {hedge.Account.Options.Problem}")
        : hedge.Problem.Length > 0 ? new Refusal(RefusalCode.HedgeInputsMissing, $"no hedge can be computed: {hedge.Problem}")
        : null;
}
