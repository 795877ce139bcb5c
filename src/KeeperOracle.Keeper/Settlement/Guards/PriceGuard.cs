namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>The hub has a price to record.</summary>
internal static class PriceGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Step.Asset.HasPrice()
            ? null
            : new Refusal(RefusalCode.PriceUnavailable, $"{one.Step.Asset.Symbol} has no price to record: {one.Step.Asset.PriceStatus}");
}
