namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>One purpose, one effect: while a liquidation of the account is under way there is no second.</summary>
internal static class InFlightGuard
{
    public static Refusal? Check(LiquidationCase liquidation) =>
        liquidation.Lane.InFlight.Contains(liquidation.Purpose)
            ? new Refusal(RefusalCode.AlreadyInFlight, $"{liquidation.Purpose} is under way")
            : null;
}
