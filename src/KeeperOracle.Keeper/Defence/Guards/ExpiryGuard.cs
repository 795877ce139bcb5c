namespace KeeperOracle.Keeper.Defence.Guards;

/// <summary>The owner's order still stands.</summary>
internal static class ExpiryGuard
{
    public static Refusal? Check(TopUpCase topUp) =>
        topUp.Snapshot.Block.Timestamp <= topUp.Mandate.Expiry
            ? null
            : new Refusal(RefusalCode.MandateExpired, $"the owner's order ended {topUp.Snapshot.Block.Timestamp - topUp.Mandate.Expiry} s ago (chain time {topUp.Mandate.Expiry})");
}
