using MathNet.Numerics.Distributions;

namespace KeeperOracle.Risk.Factors;

/// <summary>
/// Expected shortfall in standard deviations, for governance to choose m from. Set once on-chain, so the library's own exp and log may
/// serve here: nothing that is replayed depends on it.
/// </summary>
public static class TailMultiplier
{
    /// <summary>phi(z)/(1-level) of the normal: 2.6652142 at .99, 2.3378 at .975.</summary>
    public static double Normal(double level) =>
        MathNet.Numerics.Distributions.Normal.PDF(0, 1, MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, level)) / (1 - level);

    /// <summary>The same for a Student-t scaled to unit variance; degrees of freedom over 2.</summary>
    public static double Student(double level, double degreesOfFreedom)
    {
        if (!(degreesOfFreedom > 2))
        {
            throw new ArgumentOutOfRangeException(nameof(degreesOfFreedom), degreesOfFreedom, "A variance needs more than 2 degrees of freedom.");
        }

        var quantile = StudentT.InvCDF(0, 1, degreesOfFreedom, level);
        var density = StudentT.PDF(0, 1, degreesOfFreedom, quantile);
        var shortfall = density / (1 - level) * (degreesOfFreedom + (quantile * quantile)) / (degreesOfFreedom - 1);
        return shortfall * Math.Sqrt((degreesOfFreedom - 2) / degreesOfFreedom);
    }
}
