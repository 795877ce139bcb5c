namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>Health is under what the owner set, as the hub has it.</summary>
internal static class LienSwapTriggerGuard
{
    public static Refusal? Check(LienSwapCase swap) =>
        swap.Health >= swap.Mandate.TriggerHealth
            ? new Refusal(RefusalCode.HealthOverTrigger, $"health {swap.Health} is not under the trigger {swap.Mandate.TriggerHealth}")
            : null;
}
