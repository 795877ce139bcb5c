namespace KeeperOracle.Risk.Volatility;

/// <summary>How a fit ended.</summary>
public enum GarchStatus
{
    /// <summary>The gradient vanishes inside the domain and the Hessian is negative definite.</summary>
    Converged,

    /// <summary>The maximum lies on a bound of the domain (alpha 0, beta 0 or 1, omega at its floor): the reason says which.</summary>
    AtBoundary,

    /// <summary>No maximum was reached; the parameters are the best seen and should not be used.</summary>
    NotConverged,
}

/// <summary>
/// A fitted GARCH(1,1). Variances are per sample, in the square of the unit of the returns; <see cref="StandardErrors"/> says what a null
/// means.
/// </summary>
public sealed record Garch11Fit
{
    public required GarchParameters Parameters { get; init; }

    public double Mu => Parameters.Mu;

    public double Omega => Parameters.Omega;

    public double Alpha => Parameters.Alpha;

    public double Beta => Parameters.Beta;

    /// <summary>With the constant -n/2 ln(2 pi), in the unit of the returns.</summary>
    public required double LogLikelihood { get; init; }

    public required GarchStatus Status { get; init; }

    /// <summary>True also at a boundary, which is a maximum like any other; the status tells them apart.</summary>
    public bool Converged => Status != GarchStatus.NotConverged;

    /// <summary>
    /// Why it is not plainly converged: which bounds hold, or what stopped the ascent. Null where converged inside the domain.
    /// </summary>
    public required string? Reason { get; init; }

    public required GarchStandardErrors StandardErrors { get; init; }

    public required int ReturnCount { get; init; }

    /// <summary>From how many starts Newton ascents were made.</summary>
    public required int StartCount { get; init; }

    /// <summary>Evaluations of the likelihood with its derivatives in the ascent that won.</summary>
    public required int IterationCount { get; init; }

    /// <summary>mean(e^2) of the sample, which stands for e_0^2 and h_0.</summary>
    public required double PresampleVariance { get; init; }

    /// <summary>h_{n+1}: the variance of the first return after the sample.</summary>
    public required double NextVariance { get; init; }

    /// <summary>
    /// The expected variance of the return <paramref name="steps"/> samples after the sample; 1 gives <see cref="NextVariance"/>.
    /// </summary>
    public double Forecast(int steps) => Parameters.Forecast(NextVariance, steps);

    /// <summary>The expected variance of the sum of the next <paramref name="steps"/> returns.</summary>
    public double CumulativeForecast(int steps) => Parameters.CumulativeForecast(NextVariance, steps);

    /// <summary>h_1..h_n of the returns the fit was made from, or of others under its parameters and presample variance.</summary>
    public double[] ConditionalVariances(ReadOnlySpan<double> returns)
    {
        var variances = new double[returns.Length];
        Parameters.ConditionalVariances(returns, PresampleVariance, variances);
        return variances;
    }
}
