namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>
/// An account whose attempts keep failing is set aside for a while, so that it does not eat the gas of the others; one that the vault refuses by a
/// limit of its own (<see cref="VaultLimits"/>) at once and under that name.
/// </summary>
internal static class QuarantineGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        var now = liquidation.Snapshot.Block.Timestamp;
        if (!liquidation.Lane.Failures.TryGetValue(liquidation.Account.Account, out var failures) || failures.QuarantinedUntil <= now)
        {
            return null;
        }

        var left = failures.QuarantinedUntil - now;
        return VaultLimits.Find(failures.LastDetail) is { } limit
            ? new Refusal(limit, $"the vault refuses for now, asked again in {left} s: {failures.LastDetail}")
            : new Refusal(
                RefusalCode.Quarantined, $"set aside for {left} s more after {failures.Count} failures, the last: {failures.LastDetail}");
    }
}
