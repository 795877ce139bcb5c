namespace KeeperOracle.Keeper.Defence.Swaps.Guards;

/// <summary>Health is at or under what the owner set, as the vault has it.</summary>
internal static class SwapTriggerGuard
{
    public static Refusal? Check(SwapCase swap) =>
        swap.Valuation!.Health > swap.Mandate.TriggerHealth
            ? new Refusal(RefusalCode.HealthOverTrigger, $"health {swap.Valuation.Health} is over the trigger {swap.Mandate.TriggerHealth}")
            : null;
}
