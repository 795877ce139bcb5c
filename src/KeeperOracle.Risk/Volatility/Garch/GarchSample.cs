namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Returns moved and scaled to mean 0 and variance 1 (divisor n): r = Center + Scale y. The two means are what rounding left of 0 and 1.
/// </summary>
internal readonly ref struct GarchSample
{
    private readonly double _mean;
    private readonly double _meanSquare;

    private GarchSample(ReadOnlySpan<double> y, double center, double scale)
    {
        Y = y;
        Center = center;
        Scale = scale;
        foreach (var value in y)
        {
            _mean += value;
            _meanSquare += value * value;
        }

        _mean /= y.Length;
        _meanSquare /= y.Length;
    }

    public ReadOnlySpan<double> Y { get; }

    public int Count => Y.Length;

    public double Center { get; }

    public double Scale { get; }

    /// <summary>mean((y - mu)^2).</summary>
    public double MeanSquare(double mu) => _meanSquare - (2 * mu * _mean) + (mu * mu);

    /// <summary>Its derivative with respect to mu; the second is 2.</summary>
    public double MeanSquareSlope(double mu) => 2 * (mu - _mean);

    public static GarchSample Standardise(ReadOnlySpan<double> returns, Span<double> room)
    {
        if (returns.Length < Garch11.MinimumReturns)
        {
            throw new RiskInputException(
                "TooFewObservations", $"{returns.Length} returns are too few for a GARCH(1,1): give at least {Garch11.MinimumReturns}.");
        }

        var largest = LargestMagnitude(returns);
        var y = room[..returns.Length];
        var mean = Mean(returns, 0);
        mean += Mean(returns, mean);
        var variance = 0.0;
        for (var i = 0; i < y.Length; i++)
        {
            y[i] = returns[i] - mean;
            variance += y[i] * y[i];
        }

        var scale = Math.Sqrt(variance / y.Length);
        if (!(scale > largest * 1e-12))
        {
            throw new RiskInputException(
                "ConstantSeries", $"All {returns.Length} returns are {returns[0]:R} within rounding: there is no variance to model.");
        }

        for (var i = 0; i < y.Length; i++)
        {
            y[i] /= scale;
        }

        return new GarchSample(y, mean, scale);
    }

    private static double LargestMagnitude(ReadOnlySpan<double> returns)
    {
        ObservedReturns.Check(returns);
        var largest = 0.0;
        foreach (var r in returns)
        {
            largest = Math.Max(largest, Math.Abs(r));
        }

        return largest is > 0 and < 1e-100
            ? throw new RiskInputException("ScaleOutOfRange", $"The largest return is {largest:R}: bring the series over 1e-100.")
            : largest;
    }

    private static double Mean(ReadOnlySpan<double> values, double around)
    {
        var sum = 0.0;
        foreach (var value in values)
        {
            sum += value - around;
        }

        return sum / values.Length;
    }
}
