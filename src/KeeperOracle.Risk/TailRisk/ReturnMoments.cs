namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Moments of a sample, all with divisor n (so do PerformanceAnalytics' gaussian and modified VaR, and maximum likelihood):
/// skewness m3/m2^1.5, excess kurtosis m4/m2^2 - 3.
/// </summary>
/// <param name="Mean">per sample</param>
/// <param name="StandardDeviation">per sample</param>
/// <param name="Skewness">0 where nothing deviates</param>
/// <param name="ExcessKurtosis">0 where nothing deviates</param>
public readonly record struct ReturnMoments(double Mean, double StandardDeviation, double Skewness, double ExcessKurtosis)
{
    /// <summary>Of at least two returns.</summary>
    /// <exception cref="RiskInputException">`TooFewObservations`, `NotFinite`, `TooLarge`</exception>
    public static ReturnMoments Of(ReadOnlySpan<double> returns)
    {
        TailInput.RequireObservations(returns, minimum: 2);
        var mean = 0.0;
        foreach (var r in returns)
        {
            mean += r / returns.Length;
        }

        var largest = 0.0;
        foreach (var r in returns)
        {
            largest = Math.Max(largest, Math.Abs(r - mean));
        }

        // Where all returns are one number, the mean may still differ from it by rounding: that is no deviation.
        if (largest <= 1e-14 * Math.Abs(mean))
        {
            return new ReturnMoments(mean, 0, 0, 0);
        }

        // Scaled by the largest deviation, so that powers of very small ones do not vanish.
        var (second, third, fourth) = (0.0, 0.0, 0.0);
        foreach (var r in returns)
        {
            var d = (r - mean) / largest;
            var square = d * d;
            second += square / returns.Length;
            third += square * d / returns.Length;
            fourth += square * square / returns.Length;
        }

        return new ReturnMoments(mean, largest * Math.Sqrt(second), third / (second * Math.Sqrt(second)), (fourth / (second * second)) - 3);
    }

    /// <summary>
    /// Of the sum of that many independent draws: cumulants add, so mean x h, deviation x sqrt(h), skewness / sqrt(h), excess kurtosis / h.
    /// </summary>
    public ReturnMoments Over(int periods)
    {
        TailInput.RequireCount("horizon", periods, 1);
        return new ReturnMoments(
            Mean * periods, StandardDeviation * Math.Sqrt(periods), Skewness / Math.Sqrt(periods), ExcessKurtosis / periods);
    }
}
