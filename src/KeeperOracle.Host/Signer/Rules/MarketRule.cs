namespace KeeperOracle.Host.Signer.Rules;

internal static class MarketRule
{
    public static SignRefusal? Check(ObservationPolicy? entry, AskedObservation asked) => entry is null
        ? new SignRefusal(SignRefusalCode.MarketNotAllowed, $"the market {asked.Observation.Market} is in no entry for this verifier")
        : null;
}
