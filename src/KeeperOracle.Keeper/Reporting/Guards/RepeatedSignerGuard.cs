namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>One signer, one voice.</summary>
internal static class RepeatedSignerGuard
{
    public static Refusal? Check(ObservationCase observation) =>
        observation.Good.FirstOrDefault(other => other.Signer == observation.Observation.Signer) is { } first
            ? new Refusal(RefusalCode.SignerRepeated, $"signer {observation.Observation.Signer} already speaks through node {first.Node}")
            : null;
}
