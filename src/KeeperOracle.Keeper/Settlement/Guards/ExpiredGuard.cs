namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>The expiry has passed; at its very second the book does not take it yet.</summary>
internal static class ExpiredGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Now > one.Pool.Expiry ? null : new Refusal(RefusalCode.ExpiryAhead, $"it expires at this very second, chain time {one.Pool.Expiry}");
}
