namespace KeeperOracle.Host.Signer.Rules;

/// <summary>It says something about the past, and is good for a limited time from then.</summary>
internal static class ValidityRule
{
    public static SignRefusal? Check(ObservationPolicy policy, AskedObservation asked)
    {
        var observation = asked.Observation;
        var problem = observation.NotBefore < observation.ObservedAt ? $"it counts from {observation.NotBefore}, before it was observed at {observation.ObservedAt}"
            : observation.Deadline <= observation.NotBefore ? $"its deadline {observation.Deadline} is not after its beginning {observation.NotBefore}"
            : observation.Deadline - observation.ObservedAt > policy.MaxValidSeconds
                ? $"it is good for {observation.Deadline - observation.ObservedAt} s from what it observed, over {policy.MaxValidSeconds}"
            : null;
        return problem is null ? null : new SignRefusal(SignRefusalCode.ValidityWrong, problem);
    }
}
