namespace KeeperOracle.Keeper.Defence.Guards;

/// <summary>What the vault has refused is asked for again after a while, and not at every block.</summary>
internal static class SetAsideGuard
{
    public static Refusal? Check(TopUpCase topUp)
    {
        var now = topUp.Snapshot.Block.Timestamp;
        return topUp.Lane.DefenceFailures.TryGetValue(topUp.Family, out var failures) && failures.QuarantinedUntil > now
            ? new Refusal(RefusalCode.TopUpRefused, $"the vault refused it, asked again in {failures.QuarantinedUntil - now} s: {failures.LastDetail}")
            : null;
    }
}
