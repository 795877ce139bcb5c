using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer.Rules;

/// <param name="Epoch">the highest that was signed</param>
/// <param name="ObservedAt">the latest that was signed, in chain time</param>
internal sealed record AttestedEarlier(ulong Epoch, ulong ObservedAt, Hash32 Digest);

/// <summary>What is attested of a market moves on. The same bytes are nothing new and never reach this rule.</summary>
internal static class EpochRule
{
    public static SignRefusal? Check(ObservationPolicy policy, AskedObservation asked, AttestedEarlier? earlier)
    {
        var (epoch, observed) = (asked.Observation.Epoch, asked.Observation.ObservedAt);
        var problem = epoch > long.MaxValue || observed > long.MaxValue ? $"epoch {epoch} at {observed} is no number of 63 bits"
            : earlier is null ? null
            : epoch < earlier.Epoch && earlier.Epoch - epoch > policy.ReorgEpochs ? $"epoch {epoch} is before {earlier.Epoch}, which was signed"
            : epoch > earlier.Epoch && epoch - earlier.Epoch > policy.MaxEpochStep ? $"epoch {epoch} is more than {policy.MaxEpochStep} after {earlier.Epoch}"
            : observed <= earlier.ObservedAt ? $"observed at {observed}, and {earlier.ObservedAt} was signed"
            : null;
        return problem is null ? null : new SignRefusal(SignRefusalCode.EpochNotNewer, problem);
    }
}
