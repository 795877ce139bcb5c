namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>Nothing past its deadline.</summary>
internal static class ExpiryGuard
{
    public static Refusal? Check(ObservationCase observation) =>
        observation.Now <= observation.Observation.Deadline
            ? null
            : new Refusal(
                RefusalCode.ObservationExpired,
                $"the deadline was {observation.Now - observation.Observation.Deadline} s ago (chain time {observation.Now})");
}
