namespace KeeperOracle.Keeper.Defence.Hedging.Guards;

/// <summary>A step computes so many plans; whoever is nearer to a breach goes first.</summary>
internal static class HedgeTurnGuard
{
    public static Refusal? Check(HedgeCase hedge) =>
        hedge.IsFull ? new Refusal(RefusalCode.HedgeTurnLater, $"{HedgeJob.MostPlans} accounts nearer to a breach went first: at the next head") : null;
}
