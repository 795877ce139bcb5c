using MathNet.Numerics.Distributions;

namespace KeeperOracle.Risk.Models;

/// <summary>
/// The law of a standardised loss, (-r + location)/scale: what a volatility method leaves unexplained. Quantiles are of the loss, so the tail of
/// interest is at probabilities near 1. Immutable; one law may stand behind many days.
/// </summary>
public abstract record TailLaw
{
    private protected TailLaw()
    {
    }

    /// <summary>Loss that is not exceeded with this probability, 0 &lt; p &lt; 1.</summary>
    public abstract double Quantile(double probability);

    /// <summary>Mean of the losses over the quantile: 1/(1-level) times the integral of the quantile function from level to 1.</summary>
    public abstract double ExpectedShortfall(double level);
}

/// <summary>Standard normal losses.</summary>
public sealed record NormalLaw : TailLaw
{
    public override double Quantile(double probability) => Elementary.NormalQuantile(probability);

    public override double ExpectedShortfall(double level) => Elementary.NormalDensity(Elementary.NormalQuantile(level)) / (1 - level);
}

/// <summary>
/// Losses scale x t(nu), nu over 1 (an expected shortfall must exist); scale is that of the t itself, not a standard deviation.
/// ES = scale f(q)/(1-level) (nu + q^2)/(nu - 1). MathNet's Student-t: its last bits depend on the C library.
/// </summary>
public sealed record StudentTLaw(double DegreesOfFreedom, double Scale) : TailLaw
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
public sealed record EmpiricalLaw : TailLaw
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
