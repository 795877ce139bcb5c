namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>Observing means deciding without acting.</summary>
internal static class LienSwapModeGuard
{
    public static Refusal? Check(LienSwapCase swap) =>
        swap.Settings.Mode == KeeperMode.Observe
            ? new Refusal(
                RefusalCode.ObserveOnly,
                $"health {swap.Health} is under the trigger {swap.Mandate.TriggerHealth}, but Mode is observe: set it to active to ask for the swap")
            : null;
}
