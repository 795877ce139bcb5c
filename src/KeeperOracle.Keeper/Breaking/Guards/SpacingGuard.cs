namespace KeeperOracle.Keeper.Breaking.Guards;

/// <summary>Not before the next mark does something.</summary>
internal static class SpacingGuard
{
    public static Refusal? Check(BreakerCase breaker) => breaker.Now >= breaker.DueFrom ? null : new Refusal(
        RefusalCode.OutageMarkedLately, $"{breaker.Asset.Symbol} has no price since {breaker.Asset.Outage.Since}, marked at {breaker.Asset.Outage.Last}, and again from {breaker.DueFrom}");
}
