namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>What the hub has refused is asked for again after a while, and not at every block.</summary>
internal static class LienSwapSetAsideGuard
{
    public static Refusal? Check(LienSwapCase swap)
    {
        var now = swap.Snapshot.Block.Timestamp;
        return swap.Lane.DefenceFailures.TryGetValue(swap.Family, out var failures) && failures.QuarantinedUntil > now
            ? new Refusal(RefusalCode.SwapRefused, $"the hub refused it, asked again in {failures.QuarantinedUntil - now} s: {failures.LastDetail}")
            : null;
    }
}
