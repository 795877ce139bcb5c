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
        var sum = n * (LogGamma((nu + 1) / 2) - LogGamma(nu / 2) - (0.5 * Elementary.Log(nu * Math.PI * variance)));
        foreach (var z in losses)
        {
            sum -= (nu + 1) / 2 * Elementary.Log(1 + (z * z / (nu * variance)));
        }

        return sum;
    }

    private static double LogGamma(double x) => MathNet.Numerics.SpecialFunctions.GammaLn(x);
}

/// <summary>Filtered historical simulation: the standardised losses themselves.</summary>
public sealed record EmpiricalResiduals(int Window = 1000) : ResidualMethod(250, Window, 5)
{
    public override ResidualLaw Fit(ReadOnlySpan<double> losses) => new EmpiricalLaw(losses);
}

/// <summary>
/// Extreme value theory on the standardised losses: a generalised Pareto law over their 90 % quantile, by probability-weighted moments (Hosking and
/// Wallis 1987): with a0 the mean excess and a1 = mean of (1 - rank) excess, xi = 2 - a0/(a0 - 2 a1) and beta = 2 a0 a1/(a0 - 2 a1). For the hundred
/// excesses of a window of a thousand these are steadier than maximum likelihood, need no search, and keep xi under 1.
/// </summary>
public sealed record ParetoResiduals(int Window = 1000) : ResidualMethod(500, Window, 20)
{
    private const double Threshold = 0.9;

    public override ResidualLaw Fit(ReadOnlySpan<double> losses)
    {
        var ascending = losses.ToArray();
        Array.Sort(ascending);
        var threshold = SortedSample.Quantile(ascending, Threshold);
        var from = ascending.Length - 1;
        while (from > 0 && ascending[from - 1] > threshold)
        {
            from--;
        }

        var count = ascending.Length - from;
        var (mean, weighted) = (0.0, 0.0);
        for (var i = 0; i < count; i++)
        {
            var excess = (ascending[from + i] - threshold) / count;
            mean += excess;
            weighted += excess * (count - 1 - i) / Math.Max(1, count - 1);
        }

        // Excesses that are all alike (of a frozen price: zero) have no shape to estimate.
        var spread = mean - (2 * weighted);
        return spread > 0 && weighted > 0
            ? new ParetoLaw(ascending, Threshold, 2 - (mean / spread), 2 * mean * weighted / spread)
            : new ParetoLaw(ascending, Threshold, 0, mean);
    }
}
