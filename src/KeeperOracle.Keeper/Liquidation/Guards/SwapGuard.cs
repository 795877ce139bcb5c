namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>While a swap of the account is under way it is not liquidated too, as with a top-up (<see cref="TopUpGuard"/>).</summary>
internal static class SwapGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        if (liquidation.Account.SwapMandate is null)
        {
            return null;
        }

        var any = Purpose.SwapsOf(liquidation.Snapshot.Report, liquidation.Account);
        return liquidation.Lane.InFlight.FirstOrDefault(purpose => purpose.StartsWith(any, StringComparison.Ordinal)) is { } underWay
            ? new Refusal(RefusalCode.SwapUnderWay, $"{underWay} is under way")
            : null;
    }
}
