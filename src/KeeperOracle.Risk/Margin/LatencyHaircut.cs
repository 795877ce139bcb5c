namespace KeeperOracle.Risk.Margin;

/// <summary>
/// What the value of a remote collateral may have lost since it was observed: l = z99 sigma sqrt(age/year). Volatility annualised, age in
/// seconds (now less the observation, at least the finality lag, which is the caller's affair). Zero where nothing moves or no time has
/// passed, at most 1.
/// </summary>
public static class LatencyHaircut
{
    public static double Of(double volatility, double ageSeconds) =>
        Math.Min(1, Conventions.Z99 * volatility * Math.Sqrt(ageSeconds / Conventions.SecondsPerYear));
}
