namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>A book of many accounts is settled a few at a time: the transactions of one key wait for one another.</summary>
internal static class RoomGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.UnderWay < SettlementJob.MostAtOnce ? null : new Refusal(RefusalCode.SettlementsWaiting, $"{one.UnderWay} steps of settlement go first");
}
