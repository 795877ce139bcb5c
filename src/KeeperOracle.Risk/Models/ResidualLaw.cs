using MathNet.Numerics.Distributions;

namespace KeeperOracle.Risk.Models;

/// <summary>
/// The law of a standardised loss, (-r + location)/scale: what a volatility method leaves unexplained. Quantiles are of the loss, so the tail of
/// interest is at probabilities near 1. Immutable; one law may stand behind many days.
/// </summary>
public abstract record ResidualLaw
{
    private protected ResidualLaw()
    {
    }

    /// <summary>Loss that is not exceeded with this probability, 0 &lt; p &lt; 1.</summary>
    public abstract double Quantile(double probability);

    /// <summary>Mean of the losses over the quantile: 1/(1-level) times the integral of the quantile function from level to 1.</summary>
    public abstract double ExpectedShortfall(double level);
}

/// <summary>Standard normal losses.</summary>
public sealed record NormalLaw : ResidualLaw
{
    public override double Quantile(double probability) => Elementary.NormalQuantile(probability);

    public override double ExpectedShortfall(double level) => Elementary.NormalDensity(Elementary.NormalQuantile(level)) / (1 - level);
}

/// <summary>
/// Losses scale x t(nu), nu over 1 (an expected shortfall must exist); scale is that of the t itself, not a standard deviation.
/// ES = scale f(q)/(1-level) (nu + q^2)/(nu - 1). MathNet's Student-t: its last bits depend on the C library.
/// </summary>
public sealed record StudentTLaw(double DegreesOfFreedom, double Scale) : ResidualLaw
{
    public override double Quantile(double probability) => Scale * StudentT.InvCDF(0, 1, DegreesOfFreedom, probability);

    public override double ExpectedShortfall(double level)
    {
        var q = StudentT.InvCDF(0, 1, DegreesOfFreedom, level);
        var nu = DegreesOfFreedom;
        return Scale * StudentT.PDF(0, 1, nu, q) / (1 - level) * (nu + (q * q)) / (nu - 1);
    }
}

/// <summary>Losses as they were seen, each as likely, with linear quantiles between them (type 7); nothing beyond the largest.</summary>
public sealed record EmpiricalLaw : ResidualLaw
{
    private readonly double[] _ascending;

    public EmpiricalLaw(ReadOnlySpan<double> losses)
    {
        _ascending = losses.ToArray();
        Array.Sort(_ascending);
    }

    public override double Quantile(double probability) => SortedSample.Quantile(_ascending, probability);

    public override double ExpectedShortfall(double level) => SortedSample.TailMean(_ascending, level);
}

/// <summary>
/// Peaks over a threshold: as seen up to the threshold u, a generalised Pareto law of shape xi and scale beta over it, where losses lie with
/// probability zeta. q(p) = u + beta/xi (((1-p)/zeta)^-xi - 1); the mean over it is (q + beta - xi u)/(1 - xi), xi under 1 (McNeil and Frey 2000).
/// </summary>
public sealed record ParetoLaw : ResidualLaw
{
    private readonly double[] _ascending;
    private readonly double _threshold, _exceedance;

    internal ParetoLaw(double[] ascending, double thresholdProbability, double shape, double scale)
    {
        _ascending = ascending;
        _exceedance = 1 - thresholdProbability;
        _threshold = SortedSample.Quantile(ascending, thresholdProbability);
        (Shape, Scale) = (shape, scale);
    }

    public double Shape { get; }

    public double Scale { get; }

    public override double Quantile(double probability) =>
        probability <= 1 - _exceedance ? SortedSample.Quantile(_ascending, probability) : _threshold + Excess(probability);

    public override double ExpectedShortfall(double level)
    {
        if (level >= 1 - _exceedance)
        {
            return _threshold + ((Excess(level) + Scale) / (1 - Shape));
        }

        // Under the threshold: what was seen up to it, and the mean of the Pareto law over it.
        var body = ((1 - level) * SortedSample.TailMean(_ascending, level)) - (_exceedance * SortedSample.TailMean(_ascending, 1 - _exceedance));
        return (body + (_exceedance * (_threshold + (Scale / (1 - Shape))))) / (1 - level);
    }

    private double Excess(double probability)
    {
        var log = Elementary.Log(_exceedance / (1 - probability));
        return Math.Abs(Shape) < 1e-9 ? Scale * log : Scale / Shape * (Elementary.Exp(Shape * log) - 1);
    }
}
