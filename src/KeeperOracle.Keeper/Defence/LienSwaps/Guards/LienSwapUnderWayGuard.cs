namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>One request for an account at a time, and none while a top-up or a swap in the vault is under way: what is still missing after it is known only then.</summary>
internal static class LienSwapUnderWayGuard
{
    public static Refusal? Check(LienSwapCase swap) =>
        Find(swap, Purpose.LienSwapsOf(swap.Snapshot.Report, swap.Account)) is { } same ? new Refusal(RefusalCode.AlreadyInFlight, $"{same} is under way")
        : !swap.Account.TopUps.IsEmpty && Find(swap, Purpose.TopUpsOf(swap.Snapshot.Report, swap.Account)) is { } topUp
            ? new Refusal(RefusalCode.TopUpUnderWay, $"{topUp} is under way, and goes first")
        : swap.Account.SwapMandate is not null && Find(swap, Purpose.SwapsOf(swap.Snapshot.Report, swap.Account)) is { } other
            ? new Refusal(RefusalCode.SwapUnderWay, $"{other} is under way, and goes first")
        : null;

    private static string? Find(LienSwapCase swap, string family) =>
        swap.Lane.InFlight.FirstOrDefault(purpose => purpose.StartsWith(family, StringComparison.Ordinal));
}
