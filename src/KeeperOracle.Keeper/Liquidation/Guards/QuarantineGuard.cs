namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>An account whose attempts keep failing is set aside for a while, so that it does not eat the gas of the others.</summary>
internal static class QuarantineGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        var now = liquidation.Snapshot.Block.Timestamp;
        return liquidation.Lane.Failures.TryGetValue(liquidation.Account.Account, out var failures) && failures.QuarantinedUntil > now
            ? new Refusal(
                RefusalCode.Quarantined,
                $"set aside for {failures.QuarantinedUntil - now} s more after {failures.Count} failures, the last: {failures.LastDetail}")
            : null;
    }
}
