namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>The signature must be of a known node. A byte changed after signing gives a stranger's address.</summary>
internal static class SignerGuard
{
    public static Refusal? Check(ObservationCase observation) =>
        observation.Observation.Signer is { } signer && observation.Snapshot.Report.Signers.Contains(signer)
            ? null
            : new Refusal(
                RefusalCode.SignerUnknown,
                $"the signature gives {observation.Observation.Signer}, which is none of the {observation.Snapshot.Report.Signers.Length} signers: " +
                "the report was changed after signing, or a stranger signed it");
}
