namespace KeeperOracle.Keeper.Defence.Guards;

/// <summary>Observing means deciding without acting.</summary>
internal static class ModeGuard
{
    public static Refusal? Check(TopUpCase topUp) =>
        topUp.Settings.Mode == KeeperMode.Observe
            ? new Refusal(
                RefusalCode.ObserveOnly,
                $"health {topUp.Valuation!.Health} is under the trigger {topUp.Mandate.TriggerHealth}, but Mode is observe: set it to active to top up")
            : null;
}
