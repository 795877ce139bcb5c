using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Breaking.Guards;

/// <summary>Nobody pays the keeper for it.</summary>
internal static class WorthGuard
{
    public static Refusal? Check(BreakerCase breaker) => breaker.Settings.BreakerWorth > Wad.Zero ? null : new Refusal(
        RefusalCode.OutageLeftToOthers, $"{breaker.Asset.Symbol} has no price, and this keeper pays for no marks of that (BreakerWorth is 0)");
}
