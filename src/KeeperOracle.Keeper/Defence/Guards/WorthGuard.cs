using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Defence.Guards;

/// <summary>The operator pays the gas of it, or does not.</summary>
internal static class WorthGuard
{
    public static Refusal? Check(TopUpCase topUp) =>
        topUp.Settings.TopUpWorth == Wad.Zero
            ? new Refusal(RefusalCode.TopUpLeftToOthers, "this keeper pays for no top-ups (TopUpWorth is 0)")
            : null;
}
