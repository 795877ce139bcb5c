namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>
/// While a top-up of the account is under way it is not liquidated too: it may be healthy in a block. One that has no effect settles, and then
/// nothing stands here any more.
/// </summary>
internal static class TopUpGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        if (liquidation.Account.TopUps.IsEmpty)
        {
            return null;
        }

        var any = Purpose.TopUpsOf(liquidation.Snapshot.Report, liquidation.Account);
        return liquidation.Lane.InFlight.FirstOrDefault(purpose => purpose.StartsWith(any, StringComparison.Ordinal)) is { } underWay
            ? new Refusal(RefusalCode.TopUpUnderWay, $"{underWay} is under way")
            : null;
    }
}
