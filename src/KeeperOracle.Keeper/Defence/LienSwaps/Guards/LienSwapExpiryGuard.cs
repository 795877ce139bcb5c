namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>The owner's order still stands.</summary>
internal static class LienSwapExpiryGuard
{
    public static Refusal? Check(LienSwapCase swap)
    {
        var now = swap.Snapshot.Block.Timestamp;
        return now <= swap.Mandate.Expiry
            ? null
            : new Refusal(RefusalCode.MandateExpired, $"the owner's order ended {now - swap.Mandate.Expiry} s ago (chain time {swap.Mandate.Expiry})");
    }
}
