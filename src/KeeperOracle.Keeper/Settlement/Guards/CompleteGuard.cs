namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>The book takes another price.</summary>
internal static class CompleteGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Pool.Observations < ExpiryRules.MostObservations
            ? null
            : new Refusal(RefusalCode.ObservationsComplete, $"{one.Pool.Observations} prices are recorded, and the book takes no more");
}
