using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Defence.Swaps.Guards;

/// <summary>Under health 1 the account belongs to liquidation, whatever its owner allows.</summary>
internal static class SwapMaintenanceGuard
{
    public static Refusal? Check(SwapCase swap) =>
        swap.Valuation!.Health < Wad.One
            ? new Refusal(RefusalCode.SwapUnderMaintenance, $"health {swap.Valuation.Health} is under 1, where the account belongs to liquidation")
            : null;
}
