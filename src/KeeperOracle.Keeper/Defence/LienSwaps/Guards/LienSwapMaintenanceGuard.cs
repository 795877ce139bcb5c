using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>Under health 1 the account belongs to liquidation, whatever its owner allows.</summary>
internal static class LienSwapMaintenanceGuard
{
    public static Refusal? Check(LienSwapCase swap) =>
        swap.Health < Wad.One
            ? new Refusal(RefusalCode.SwapUnderMaintenance, $"health {swap.Health} is under 1, where the account belongs to liquidation")
            : null;
}
