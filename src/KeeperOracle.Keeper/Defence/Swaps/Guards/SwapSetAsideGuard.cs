namespace KeeperOracle.Keeper.Defence.Swaps.Guards;

/// <summary>What the vault has refused is asked for again after a while, and not at every block.</summary>
internal static class SwapSetAsideGuard
{
    public static Refusal? Check(SwapCase swap)
    {
        var now = swap.Snapshot.Block.Timestamp;
        return swap.Lane.DefenceFailures.TryGetValue(swap.Family, out var failures) && failures.QuarantinedUntil > now
            ? new Refusal(RefusalCode.SwapRefused, $"the vault refused it, asked again in {failures.QuarantinedUntil - now} s: {failures.LastDetail}")
            : null;
    }
}
