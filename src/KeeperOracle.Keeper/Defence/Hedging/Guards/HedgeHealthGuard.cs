namespace KeeperOracle.Keeper.Defence.Hedging.Guards;

/// <summary>Near liquidation, by the operator's measure.</summary>
internal static class HedgeHealthGuard
{
    public static Refusal? Check(HedgeCase hedge) =>
        hedge.Valuation is not null && !(hedge.Valuation.Health < hedge.Settings.HedgeHealth)
            ? new Refusal(RefusalCode.HealthOverHedge, $"health {hedge.Valuation.Health} is at least {hedge.Settings.HedgeHealth} (Keeper:HedgeHealth)")
            : null;
}
