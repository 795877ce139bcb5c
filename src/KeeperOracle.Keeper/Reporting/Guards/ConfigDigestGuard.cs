namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>
/// The node must have seen the same signers, thresholds and bounds. After a rotation the contract takes reports of the set before for a while;
/// this keeper waits for those of the current one.
/// </summary>
internal static class ConfigDigestGuard
{
    public static Refusal? Check(ObservationCase observation)
    {
        var expected = observation.Snapshot.Report.ConfigDigest;
        return observation.Observation.ConfigDigest == expected
            ? null
            : new Refusal(
                RefusalCode.WrongConfigDigest, $"the node saw configuration {observation.Observation.ConfigDigest}, the chain has {expected}");
    }
}
