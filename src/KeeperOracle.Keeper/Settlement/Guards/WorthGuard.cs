using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>The operator pays the gas of it, or does not.</summary>
internal static class WorthGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Settings.SettlementWorth == Wad.Zero
            ? new Refusal(RefusalCode.SettlementLeftToOthers, "this keeper pays for no settlement (SettlementWorth is 0)")
            : null;
}
