namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>Somebody holds options of it.</summary>
internal static class UsedGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Pool.Accounts > 0 ? null : new Refusal(RefusalCode.ExpiryUnused, "no account holds options of it");
}
