namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>
/// While a swap of the account, or the request of one under a lien, is under way it is not liquidated too, as with a top-up (<see cref="TopUpGuard"/>). An order on another chain that
/// was requested and waits holds up nothing.
/// </summary>
internal static class SwapGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        var (snapshot, account) = (liquidation.Snapshot, liquidation.Account);
        var underWay = (account.SwapMandate is null ? null : Find(liquidation, Purpose.SwapsOf(snapshot.Report, account)))
            ?? (account.LienSwaps.IsEmpty ? null : Find(liquidation, Purpose.LienSwapsOf(snapshot.Report, account)));
        return underWay is null ? null : new Refusal(RefusalCode.SwapUnderWay, $"{underWay} is under way");
    }

    private static string? Find(LiquidationCase liquidation, string family) =>
        liquidation.Lane.InFlight.FirstOrDefault(purpose => purpose.StartsWith(family, StringComparison.Ordinal));
}
