namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>A purpose that is in flight is not started again.</summary>
internal static class UnderWayGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Lane.InFlight.Contains(one.Step.Purpose) ? new Refusal(RefusalCode.AlreadyInFlight, $"{one.Step.Purpose} is under way") : null;
}
