using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.Models;

/// <summary>Location and scale (per period, not annualised) forecast for each period of a sample and the one after it.</summary>
/// <param name="First">Index of the first period that has a forecast; earlier entries are zero.</param>
/// <param name="Location">Expected return per period.</param>
/// <param name="Scale">Volatility per period.</param>
public sealed record VolatilityPath(int First, double[] Location, double[] Scale);

/// <summary>
/// How volatility is forecast. <see cref="Walk"/> gives, for each t from <see cref="MinimumHistory"/> to n, the forecast for return t made
/// from returns before t only: entry t of a longer sample is the same number. Parameters are estimated anew on a schedule that counts from
/// the sample's start, and in between the recursion goes on with the last ones.
/// </summary>
public abstract record VolatilityMethod(int MinimumHistory)
{
    public abstract VolatilityPath Walk(ReadOnlySpan<double> returns);
}

/// <summary>
/// Exponentially weighted, lambda per period. Seeded with the mean square of the first <see cref="Seed"/> returns, then run from the first.
/// </summary>
public sealed record EwmaVolatility(double Lambda) : VolatilityMethod(Seed)
{
    private const int Seed = 30;

    public override VolatilityPath Walk(ReadOnlySpan<double> returns)
    {
        var scale = new double[returns.Length + 1];
        var variance = Ewma.Variance(returns[..Seed], Lambda, Seed);
        for (var t = Seed; t <= returns.Length; t++)
        {
            scale[t] = Math.Sqrt(variance);
            variance = t < returns.Length ? Ewma.Update(variance, returns[t], Lambda) : variance;
        }

        return new VolatilityPath(Seed, new double[scale.Length], scale);
    }
}

/// <summary>
/// The baseline without reaction: the highest volatility of any <paramref name="Window"/> periods so far (mean square, no mean removed), or
/// of all there are while there are fewer.
/// </summary>
public sealed record StaticVolatility(int Window = 730) : VolatilityMethod(60)
{
    public override VolatilityPath Walk(ReadOnlySpan<double> returns)
    {
        var scale = new double[returns.Length + 1];
        var sum = 0.0;
        var highest = 0.0;
        for (var t = 0; t <= returns.Length; t++)
        {
            if (t >= MinimumHistory)
            {
                highest = t <= Window ? Math.Sqrt(sum / t) : Math.Max(highest, Math.Sqrt(Math.Max(0, sum) / Window));
                scale[t] = highest;
            }

            if (t < returns.Length)
            {
                sum += (returns[t] * returns[t]) - (t >= Window ? returns[t - Window] * returns[t - Window] : 0);
            }
        }

        return new VolatilityPath(MinimumHistory, new double[scale.Length], scale);
    }
}

/// <summary>
/// GARCH(1,1) with a mean, fitted every <paramref name="RefitEvery"/> periods to the last <paramref name="Window"/> returns; between two
/// fits the recursion goes on with the last parameters. A fit that does not converge leaves the parameters as they were (before the first
/// one that does: mean zero, alpha .06, beta .94). A window without any movement has no fit and is refused, as `ConstantSeries`.
/// </summary>
public sealed record GarchVolatility(int Window = 1000, int RefitEvery = 20) : VolatilityMethod(250)
{
    public override VolatilityPath Walk(ReadOnlySpan<double> returns)
    {
        var (location, scale) = (new double[returns.Length + 1], new double[returns.Length + 1]);
        var workspace = new GarchWorkspace();
        var variances = new double[Window];
        var parameters = new GarchParameters(0, 0, 0.06, 0.94);
        var variance = 0.0;
        for (var t = MinimumHistory; t <= returns.Length; t++)
        {
            if ((t - MinimumHistory) % RefitEvery == 0)
            {
                var window = returns[Math.Max(0, t - Window)..t];
                var fit = Garch11.Fit(window, workspace);
                parameters = fit.Converged ? fit.Parameters : parameters;
                variance = parameters.ConditionalVariances(
                    window, parameters.MeanSquaredResidual(window), variances.AsSpan(0, window.Length));
            }
            else
            {
                variance = parameters.NextVariance(variance, returns[t - 1]);
            }

            (location[t], scale[t]) = (parameters.Mu, Math.Sqrt(variance));
        }

        return new VolatilityPath(MinimumHistory, location, scale);
    }
}

/// <summary>
/// Another method's volatility blended with a stressed one, (1-w) sigma + w sigma_stress (see <see cref="StressBlend"/>): sigma_stress is
/// the highest mean of the .94 EWMA volatility (not of the variance) over any 365 periods so far, as in the policy's
/// <see cref="Policy.StressLevel"/>. The very first year of EWMA volatilities ends one period before the first forecast and is not among
/// them; the policy's level counts it.
/// </summary>
public sealed record StressedVolatility(VolatilityMethod Inner, double Weight)
    : VolatilityMethod(Math.Max(Inner.MinimumHistory, 30 + Year))
{
    private const int Year = 365;

    public override VolatilityPath Walk(ReadOnlySpan<double> returns)
    {
        var inner = Inner.Walk(returns);
        var point = new EwmaVolatility(0.94).Walk(returns);
        var scale = new double[returns.Length + 1];
        var sum = 0.0;
        var stress = 0.0;
        for (var t = point.First; t <= returns.Length; t++)
        {
            sum += point.Scale[t] - (t - Year >= point.First ? point.Scale[t - Year] : 0);
            if (t >= MinimumHistory)
            {
                stress = Math.Max(stress, sum / Year);
                scale[t] = StressBlend.Apply(inner.Scale[t], stress, Weight);
            }
        }

        return new VolatilityPath(MinimumHistory, inner.Location, scale);
    }
}
