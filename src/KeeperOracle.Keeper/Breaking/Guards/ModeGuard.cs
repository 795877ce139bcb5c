namespace KeeperOracle.Keeper.Breaking.Guards;

/// <summary>Observers only say so.</summary>
internal static class ModeGuard
{
    public static Refusal? Check(BreakerCase breaker) => breaker.Settings.Mode == KeeperMode.Observe
        ? new Refusal(RefusalCode.ObserveOnly, $"{breaker.Asset.Symbol} has no price and is to be marked, but Mode is observe")
        : null;
}
