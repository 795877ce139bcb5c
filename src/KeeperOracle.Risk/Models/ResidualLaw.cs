using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Risk.Models;

/// <summary>
/// The law of a standardised loss, (-r + location)/scale: what a volatility method leaves unexplained. Quantiles are of the loss, so the
/// tail of interest is at probabilities near 1. Immutable; one law may stand behind many days.
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

    /// <summary>
    /// A loss over the quantile, by its rank: <paramref name="share"/> of the losses over the quantile are larger, 0 &lt; share &lt; 1.
    /// With a uniform share this draws from the law given an exception, and its mean is the expected shortfall.
    /// </summary>
    public virtual double ExceededLoss(double level, double share) => Quantile(1 - ((1 - level) * share));
}

/// <summary>Standard normal losses.</summary>
public sealed record NormalLaw : ResidualLaw
{
    public override double Quantile(double probability) => Elementary.NormalQuantile(probability);

    public override double ExpectedShortfall(double level) => NormalTail.Forecast(0, 1, level).Es;
}

/// <summary>
/// Losses scale x t(nu), nu over 1 (an expected shortfall must exist); scale is that of the t itself, not a standard deviation.
/// </summary>
public sealed record StudentTLaw(double DegreesOfFreedom, double Scale) : ResidualLaw
{
    public override double Quantile(double probability) => Scale * StudentT.Quantile(probability, DegreesOfFreedom);

    public override double ExpectedShortfall(double level) => Scale * StudentT.Tail(level, DegreesOfFreedom).Es;
}

/// <summary>
/// Losses as they were seen, each as likely (see <see cref="HistoricalTail"/>: type 7 quantile, Acerbi-Tasche shortfall); nothing beyond
/// the largest.
/// </summary>
public sealed record EmpiricalLaw : ResidualLaw
{
    private readonly double[] _ascending;

    public EmpiricalLaw(ReadOnlySpan<double> losses)
    {
        _ascending = losses.ToArray();
        Array.Sort(_ascending);
    }

    public override double Quantile(double probability) => HistoricalTail.Quantile(_ascending, probability);

    public override double ExpectedShortfall(double level) => HistoricalTail.OfSorted(_ascending, level).Es;

    // One of the losses themselves, so that its mean is the Acerbi-Tasche shortfall and not that of the lines between them.
    public override double ExceededLoss(double level, double share) =>
        _ascending[Math.Max(0, _ascending.Length - 1 - (int)(share * (1 - level) * _ascending.Length))];
}

/// <summary>
/// Peaks over a threshold u, the 90 % quantile: as seen up to it, over it generalised Pareto of shape xi and scale beta (<see
/// cref="GeneralisedPareto"/>). With zeta = .1 the probability over u: q(p) = u + beta/xi (((1-p)/zeta)^-xi - 1), and its mean over it is
/// (q + beta - xi u)/(1 - xi), xi under 1 (McNeil and Frey 2000).
/// </summary>
public sealed record ParetoLaw : ResidualLaw
{
    private const double Exceedance = 0.1;
    private readonly double[] _ascending;
    private readonly double _threshold;

    internal ParetoLaw(double[] ascending, double shape, double scale)
    {
        _ascending = ascending;
        _threshold = HistoricalTail.Quantile(ascending, 1 - Exceedance);
        (Shape, Scale) = (shape, scale);
    }

    public double Shape { get; }

    public double Scale { get; }

    public override double Quantile(double probability) =>
        probability <= 1 - Exceedance ? HistoricalTail.Quantile(_ascending, probability) : _threshold + Excess(probability);

    public override double ExpectedShortfall(double level)
    {
        if (level >= 1 - Exceedance)
        {
            return _threshold + GeneralisedPareto.MeanOver(Shape, Scale, Excess(level));
        }

        // Under the threshold: what was seen up to it, and the mean of the Pareto law over it.
        var seen = (1 - level) * HistoricalTail.OfSorted(_ascending, level).Es;
        var seenOver = Exceedance * HistoricalTail.OfSorted(_ascending, 1 - Exceedance).Es;
        var meanOver = _threshold + GeneralisedPareto.MeanOver(Shape, Scale, 0);
        return (seen - seenOver + (Exceedance * meanOver)) / (1 - level);
    }

    private double Excess(double probability) => GeneralisedPareto.UpperQuantile(Shape, Scale, (1 - probability) / Exceedance);
}
