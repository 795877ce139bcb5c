namespace KeeperOracle.Keeper.Defence.Guards;

/// <summary>Health is under what the owner set. The vault refuses at the trigger itself too.</summary>
internal static class TriggerGuard
{
    public static Refusal? Check(TopUpCase topUp) =>
        topUp.Valuation!.Health < topUp.Mandate.TriggerHealth
            ? null
            : new Refusal(RefusalCode.HealthOverTrigger, $"health {topUp.Valuation.Health} is at least the trigger {topUp.Mandate.TriggerHealth}");
}
