using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Risk.Models;

/// <summary>
/// How the law of standardised losses is estimated: from the last <paramref name="Window"/> of them, anew every
/// <paramref name="RefitEvery"/> periods, never from fewer than <paramref name="MinimumResiduals"/>.
/// </summary>
public abstract record ResidualMethod(int MinimumResiduals, int Window, int RefitEvery)
{
    /// <summary>The law from these standardised losses, oldest first.</summary>
    public abstract ResidualLaw Fit(ReadOnlySpan<double> losses);
}

/// <summary>The standard normal, whatever was seen.</summary>
public sealed record NormalResiduals() : ResidualMethod(0, 0, int.MaxValue)
{
    public override ResidualLaw Fit(ReadOnlySpan<double> losses) => new NormalLaw();
}

/// <summary>
/// Scale and degrees of freedom by maximum likelihood, location zero. nu is searched within 2.05 and 50 (golden section; the profile
/// likelihood has one peak there); at 50 the law is normal for every purpose here.
/// </summary>
public sealed record StudentTResiduals(int Window = 1000) : ResidualMethod(250, Window, 20)
{
    private const double GoldenRatio = 0.61803398874989485;
    private const int ScaleSteps = 12;

    public override ResidualLaw Fit(ReadOnlySpan<double> losses)
    {
        // In 1/nu the likelihood is nearly a parabola, so the section closes in evenly.
        var (low, high) = (1 / 50.0, 1 / 2.05);
        var (left, right) = (high - (GoldenRatio * (high - low)), low + (GoldenRatio * (high - low)));
        var (leftValue, rightValue) = (Profile(losses, 1 / left, out _), Profile(losses, 1 / right, out _));
        while (high - low > 1e-4)
        {
            if (leftValue > rightValue)
            {
                (high, right, rightValue) = (right, left, leftValue);
                left = high - (GoldenRatio * (high - low));
                leftValue = Profile(losses, 1 / left, out _);
            }
            else
            {
                (low, left, leftValue) = (left, right, rightValue);
                right = low + (GoldenRatio * (high - low));
                rightValue = Profile(losses, 1 / right, out _);
            }
        }

        var nu = 2 / (low + high);
        Profile(losses, nu, out var scale);
        return new StudentTLaw(nu, scale);
    }

    /// <summary>Log-likelihood at nu with the best scale for it, which iterated weights (nu+1)/(nu + z2/s2) find.</summary>
    private static double Profile(ReadOnlySpan<double> losses, double nu, out double scale)
    {
        var variance = 0.0;
        foreach (var z in losses)
        {
            variance += z * z / losses.Length;
        }

        variance = Math.Max(variance, double.Epsilon);
        for (var step = 0; step < ScaleSteps; step++)
        {
            var next = 0.0;
            foreach (var z in losses)
            {
                next += (nu + 1) / (nu + (z * z / variance)) * z * z;
            }

            variance = Math.Max(next / losses.Length, double.Epsilon);
        }

        scale = Math.Sqrt(variance);
        var n = losses.Length;
        var sum = n * (StudentT.LogNormalisation(nu) - (0.5 * Elementary.Log(variance)));
        foreach (var z in losses)
        {
            sum -= (nu + 1) / 2 * Elementary.Log(1 + (z * z / (nu * variance)));
        }

        return sum;
    }
}

/// <summary>Filtered historical simulation: the standardised losses themselves.</summary>
public sealed record EmpiricalResiduals(int Window = 1000) : ResidualMethod(250, Window, 5)
{
    public override ResidualLaw Fit(ReadOnlySpan<double> losses) => new EmpiricalLaw(losses);
}

/// <summary>
/// Extreme value theory on the standardised losses: a generalised Pareto law over their 90 % quantile, by maximum likelihood. Where that
/// finds no maximum or a shape of .95 or more, whose mean hardly exists, an exponential law of the same mean excess takes its place.
/// </summary>
public sealed record ParetoResiduals(int Window = 1000) : ResidualMethod(500, Window, 20)
{
    private const double HeaviestShape = 0.95;

    public override ResidualLaw Fit(ReadOnlySpan<double> losses)
    {
        var ascending = losses.ToArray();
        Array.Sort(ascending);
        var threshold = HistoricalTail.Quantile(ascending, 0.9);
        var from = Array.FindIndex(ascending, loss => loss > threshold);
        if (from < 0)
        {
            return new ParetoLaw(ascending, 0, 0); // a frozen price: no loss lies over any other
        }

        var excesses = ascending[from..];
        var mean = 0.0;
        for (var i = 0; i < excesses.Length; i++)
        {
            excesses[i] -= threshold;
            mean += excesses[i] / excesses.Length;
        }

        return excesses.Length >= 2 && GeneralisedPareto.Fit(excesses) is { Shape: < HeaviestShape } fit
            ? new ParetoLaw(ascending, fit.Shape, fit.Scale)
            : new ParetoLaw(ascending, 0, mean);
    }
}
