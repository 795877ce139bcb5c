namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>Two minutes lie between two prices.</summary>
internal static class SpacingGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Pool.Observations == 0 || one.Now >= one.Pool.LastObservedAt + ExpiryRules.SpacingSeconds
            ? null
            : new Refusal(RefusalCode.ObservationTooSoon, $"the next price is taken {one.Pool.LastObservedAt + ExpiryRules.SpacingSeconds - one.Now} s from now, {one.Pool.Observations} are recorded");
}
