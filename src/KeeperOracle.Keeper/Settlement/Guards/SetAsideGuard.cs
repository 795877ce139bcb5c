namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>What the book has refused is asked for again after a while, and not at every block.</summary>
internal static class SetAsideGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Lane.SettlementFailures.TryGetValue(one.Step.Purpose, out var failures) && failures.QuarantinedUntil > one.Now
            ? new Refusal(RefusalCode.SettlementRefused, $"refused {failures.Count} times, asked again in {failures.QuarantinedUntil - one.Now} s: {failures.LastDetail}")
            : null;
}
