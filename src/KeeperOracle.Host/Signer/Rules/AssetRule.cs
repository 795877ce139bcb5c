using KeeperOracle.Chain.Signing;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>It speaks of assets that the policy has bounds for, of each once.</summary>
internal static class AssetRule
{
    public static SignRefusal? Check(ObservationPolicy policy, AskedObservation asked)
    {
        var vector = asked.Observation.Vector;
        var stray = vector.FirstOrDefault(risk => policy.Assets.All(asset => asset.Asset != risk.Asset));
        var problem = vector.Count == 0 ? "it says nothing"
            : stray is not null ? $"{Eip55.Format(stray.Asset)} has no bounds"
            : vector.DistinctBy(risk => risk.Asset).Count() != vector.Count ? "it speaks of one asset twice"
            : null;
        return problem is null ? null : new SignRefusal(SignRefusalCode.AssetNotAllowed, problem);
    }
}
