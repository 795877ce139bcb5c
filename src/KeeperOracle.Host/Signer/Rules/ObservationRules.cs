namespace KeeperOracle.Host.Signer.Rules;

/// <summary>The rules that need no memory, in their order.</summary>
internal static class ObservationRules
{
    public static SignRefusal? Check(IReadOnlyList<ObservationPolicy> entries, AskedObservation asked, DateTimeOffset now)
    {
        if (DomainRule.Check(entries, asked) is { } foreign)
        {
            return foreign;
        }

        var entry = entries.FirstOrDefault(entry => Matches(entry, asked));
        return MarketRule.Check(entry, asked)
            ?? ValidityRule.Check(entry!, asked)
            ?? ClockRule.Check(entry!, asked, now)
            ?? AssetRule.Check(entry!, asked)
            ?? BoundsRule.Check(entry!, asked);
    }

    public static bool Matches(ObservationPolicy entry, AskedObservation asked) =>
        DomainRule.Matches(entry, asked) && entry.Market == asked.Observation.Market;
}
