namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>Every listed asset with every listed expiry, in the chain's order: a vector is taken whole or not at all.</summary>
internal static class VectorGuard
{
    public static Refusal? Check(ObservationCase observation)
    {
        var given = observation.Observation.Vector;
        var assets = observation.Snapshot.Assets;
        if (given.Length != assets.Length)
        {
            return new Refusal(RefusalCode.VectorMismatch, $"the vector has {given.Length} assets, {assets.Length} are listed");
        }

        for (var i = 0; i < given.Length; i++)
        {
            if (given[i].Asset != assets[i].Token)
            {
                return new Refusal(RefusalCode.VectorMismatch, $"entry {i} is for {given[i].Asset}, listed there is {assets[i].Token}");
            }

            if (!given[i].Expiries.Select(expiry => expiry.Expiry).SequenceEqual(assets[i].Expiries))
            {
                return new Refusal(
                    RefusalCode.VectorMismatch,
                    $"entry {i} has {given[i].Expiries.Length} expiries of {assets[i].Symbol}, {assets[i].Expiries.Length} are listed, or others");
            }
        }

        return null;
    }
}
