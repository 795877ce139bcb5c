namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>The last half hour has begun. (Past expiry it is asked only where recording is open again.)</summary>
internal static class WindowGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Now + ExpiryRules.WindowSeconds >= one.Pool.Expiry
            ? null
            : new Refusal(RefusalCode.ExpiryAhead, $"prices are recorded from {one.Pool.Expiry - ExpiryRules.WindowSeconds - one.Now} s from now on, for the expiry at chain time {one.Pool.Expiry}");
}
