namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>Nobody is left to settle.</summary>
internal static class EmptiedGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Pool.Accounts == 0 ? null : new Refusal(RefusalCode.PoolOpen, $"it is settled at {one.Pool.Price}, and {one.Pool.Accounts} accounts still hold options of it");
}
