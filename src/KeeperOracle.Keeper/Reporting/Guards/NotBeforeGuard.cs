namespace KeeperOracle.Keeper.Reporting.Guards;

/// <summary>Nothing before its time.</summary>
internal static class NotBeforeGuard
{
    public static Refusal? Check(ObservationCase observation) =>
        observation.Now >= observation.Observation.NotBefore
            ? null
            : new Refusal(
                RefusalCode.ObservationNotYetValid,
                $"valid in {observation.Observation.NotBefore - observation.Now} s (chain time {observation.Now})");
}
