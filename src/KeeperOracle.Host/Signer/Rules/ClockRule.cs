namespace KeeperOracle.Host.Signer.Rules;

/// <summary>It was observed about now, where the policy says that the chain's clock is the host's.</summary>
internal static class ClockRule
{
    public static SignRefusal? Check(ObservationPolicy policy, AskedObservation asked, DateTimeOffset now)
    {
        var host = (ulong)Math.Max(0, now.ToUnixTimeSeconds());
        var observed = asked.Observation.ObservedAt;
        var skew = observed > host ? observed - host : host - observed;
        return skew > policy.ClockSkewSeconds
            ? new SignRefusal(SignRefusalCode.ClockSkew, $"it was observed at {observed}, and the clock here says {host}: more than {policy.ClockSkewSeconds} s apart")
            : null;
    }
}
