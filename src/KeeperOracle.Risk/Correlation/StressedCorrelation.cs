namespace KeeperOracle.Risk.Correlation;

/// <summary>
/// Correlations as they become in a crisis: (1-w) R + w T, with T all ones (everything falls together) or a given stressed matrix. A convex
/// combination of positive semidefinite matrices is one.
/// </summary>
public static class StressedCorrelation
{
    /// <summary>
    /// Towards rho = 1 between every two series; <paramref name="weight"/> 0 leaves the estimate, 1 is perfect correlation.
    /// </summary>
    public static CorrelationMatrix TowardsOne(CorrelationMatrix estimate, double weight) =>
        Towards(estimate, CorrelationMatrix.Uniform(estimate.Size, 1), weight);

    /// <exception cref="RiskInputException">`WeightOutOfRange` outside [0, 1]; `ShapeMismatch`</exception>
    public static CorrelationMatrix Towards(CorrelationMatrix estimate, CorrelationMatrix stressed, double weight)
    {
        if (weight is not (>= 0 and <= 1))
        {
            throw new RiskInputException("WeightOutOfRange", $"The weight of the stress is {weight}; it lies between 0 and 1.");
        }

        if (estimate.Size != stressed.Size)
        {
            throw new RiskInputException("ShapeMismatch", $"The estimate has {estimate.Size} series, the stressed matrix {stressed.Size}.");
        }

        return CorrelationMatrix.Blend(estimate, stressed, weight);
    }
}
