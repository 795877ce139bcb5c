namespace KeeperOracle.Keeper.Defence.Swaps.Guards;

/// <summary>One swap of an account at a time, and none while a top-up is under way: what is still missing after it is known only then.</summary>
internal static class SwapUnderWayGuard
{
    public static Refusal? Check(SwapCase swap) =>
        Find(swap, swap.Family) is { } same ? new Refusal(RefusalCode.AlreadyInFlight, $"{same} is under way")
        : !swap.Account.TopUps.IsEmpty && Find(swap, Purpose.TopUpsOf(swap.Snapshot.Report, swap.Account)) is { } topUp
            ? new Refusal(RefusalCode.TopUpUnderWay, $"{topUp} is under way, and goes first")
        : null;

    private static string? Find(SwapCase swap, string family) =>
        swap.Lane.InFlight.FirstOrDefault(purpose => purpose.StartsWith(family, StringComparison.Ordinal));
}
