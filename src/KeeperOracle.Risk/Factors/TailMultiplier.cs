using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Risk.Factors;

/// <summary>Expected shortfall in standard deviations, for governance to choose m from.</summary>
public static class TailMultiplier
{
    /// <summary>phi(z)/(1-level) of the normal: 2.6652142 at .99, 2.3378 at .975.</summary>
    public static double Normal(double level) => NormalTail.Forecast(0, 1, level).Es;

    /// <summary>The same for a Student-t scaled to unit variance; degrees of freedom over 2, up to 1e6.</summary>
    public static double Student(double level, double degreesOfFreedom) => degreesOfFreedom > 2
        ? StudentTail.ForecastUnitVariance(0, 1, degreesOfFreedom, level).Es
        : throw new ArgumentOutOfRangeException(
            nameof(degreesOfFreedom), degreesOfFreedom, "A variance needs more than 2 degrees of freedom.");
}
