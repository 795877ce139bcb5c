namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>An observation is for one chain and one contract; asked before the signer, because another chain's digest recovers a stranger.</summary>
internal static class MarketGuard
{
    public static Refusal? Check(ObservationCase observation)
    {
        var given = observation.Observation.MarketId;
        return given == observation.Snapshot.Report.MarketId
            ? null
            : new Refusal(
                RefusalCode.WrongMarket,
                $"the report is for chain {ChainOf(given)}, market {given}; this is chain {observation.Snapshot.Chain}, " +
                $"market {observation.Snapshot.Report.MarketId}");
    }

    private static System.Numerics.BigInteger ChainOf(Primitives.Hash32 market) =>
        new System.Numerics.BigInteger(market.ToBytes(), isUnsigned: true, isBigEndian: true) >> 160;
}
