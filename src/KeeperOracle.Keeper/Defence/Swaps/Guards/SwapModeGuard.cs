namespace KeeperOracle.Keeper.Defence.Swaps.Guards;

/// <summary>Observing means deciding without acting.</summary>
internal static class SwapModeGuard
{
    public static Refusal? Check(SwapCase swap) =>
        swap.Settings.Mode == KeeperMode.Observe
            ? new Refusal(
                RefusalCode.ObserveOnly,
                $"health {swap.Valuation!.Health} is not over the trigger {swap.Mandate.TriggerHealth}, but Mode is observe: set it to active to swap")
            : null;
}
