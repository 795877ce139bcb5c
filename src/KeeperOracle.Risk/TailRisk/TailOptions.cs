namespace KeeperOracle.Risk.TailRisk;

/// <summary>What the named methods of <see cref="TailMethods"/> may be told; every value has a default.</summary>
/// <param name="Horizon">samples ahead, at least 1</param>
/// <param name="Lambda">of the EWMA that filters returns, where no recursion is given</param>
/// <param name="Recursion">a fitted GARCH(1,1) in place of the EWMA, for residuals after the mean</param>
/// <param name="ThresholdQuantile">of losses, where extreme value theory starts</param>
/// <param name="Paths">simulated, rounded up to whole antithetic pairs by Monte Carlo</param>
/// <param name="Seed">of all randomness</param>
public sealed record TailOptions(
    int Horizon = 1,
    double Lambda = 0.94,
    VarianceRecursion? Recursion = null,
    double ThresholdQuantile = PeaksOverThreshold.DefaultThresholdQuantile,
    int Paths = 100_000,
    ulong Seed = 1)
{
    public static TailOptions Default { get; } = new();

    internal VarianceRecursion Filter => Recursion ?? VarianceRecursion.Ewma(Lambda);
}
