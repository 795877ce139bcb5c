using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Defence.Hedging.Guards;

/// <summary>Under 1 the account belongs to liquidation.</summary>
internal static class HedgeMaintenanceGuard
{
    public static Refusal? Check(HedgeCase hedge) =>
        hedge.Valuation?.Health < Wad.One ? new Refusal(RefusalCode.HedgeUnderMaintenance, $"health {hedge.Valuation.Health} is under 1: the account is liquidated, not hedged") : null;
}
