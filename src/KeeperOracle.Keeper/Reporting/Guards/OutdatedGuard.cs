namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>What was seen before the last report no longer counts.</summary>
internal static class OutdatedGuard
{
    public static Refusal? Check(ObservationCase observation)
    {
        var last = observation.Snapshot.Report.LastReportAt;
        return observation.Observation.ObservedAt >= last
            ? null
            : new Refusal(RefusalCode.ObservationOutdated, $"observed {last - observation.Observation.ObservedAt} s before the last report");
    }
}
