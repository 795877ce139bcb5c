using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Defence.Swaps.Guards;

/// <summary>The operator pays the gas of it, or the mandate does, or nobody.</summary>
internal static class SwapWorthGuard
{
    public static Refusal? Check(SwapCase swap) =>
        swap.Worth == Wad.Zero ? new Refusal(RefusalCode.SwapLeftToOthers, "this keeper pays for no swaps (SwapWorth is 0), and the mandate has no tip") : null;
}
