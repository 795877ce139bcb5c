namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>Nobody has observed the future.</summary>
internal static class FutureGuard
{
    public static Refusal? Check(ObservationCase observation) =>
        observation.Observation.ObservedAt <= observation.Now
            ? null
            : new Refusal(
                RefusalCode.ObservationFromFuture,
                $"observed {observation.Observation.ObservedAt - observation.Now} s after this block (chain time {observation.Now})");
}
