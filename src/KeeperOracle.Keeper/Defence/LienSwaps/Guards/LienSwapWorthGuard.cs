using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>The operator pays the gas of it, or nobody.</summary>
internal static class LienSwapWorthGuard
{
    public static Refusal? Check(LienSwapCase swap) =>
        swap.Settings.SwapWorth == Wad.Zero ? new Refusal(RefusalCode.SwapLeftToOthers, "this keeper pays for no swaps (SwapWorth is 0)") : null;
}
