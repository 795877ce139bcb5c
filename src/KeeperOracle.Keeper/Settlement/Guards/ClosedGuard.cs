namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>Claims are paid when everybody is settled, since only then it is known what losers could not pay.</summary>
internal static class ClosedGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Pool.IsClosed
            ? null
            : new Refusal(RefusalCode.PoolOpen, $"it is paid when the pool closes, and {one.Pool.Accounts} accounts still hold options of it");
}
