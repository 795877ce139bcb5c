namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>The signature must be one.</summary>
internal static class SignatureGuard
{
    public static Refusal? Check(ObservationCase observation) =>
        observation.Observation.Signer is null
            ? new Refusal(RefusalCode.SignatureUnreadable, observation.Observation.Problem)
            : null;
}
