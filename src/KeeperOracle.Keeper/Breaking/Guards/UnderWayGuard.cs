namespace KeeperOracle.Keeper.Breaking.Guards;

/// <summary>The mark after the one that stands is not under way.</summary>
internal static class UnderWayGuard
{
    public static Refusal? Check(BreakerCase breaker) =>
        breaker.Lane.InFlight.Contains(breaker.Purpose) ? new Refusal(RefusalCode.AlreadyInFlight, $"{breaker.Purpose} is under way") : null;
}
