namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>Only the next epoch: an older report is a replay, a newer one is for a chain state that is not here.</summary>
internal static class EpochGuard
{
    public static Refusal? Check(ObservationCase observation)
    {
        var next = observation.Snapshot.Report.Epoch + 1;
        return observation.Observation.Epoch == next
            ? null
            : new Refusal(RefusalCode.WrongEpoch, $"the report is for epoch {observation.Observation.Epoch}, the next is {next}");
    }
}
