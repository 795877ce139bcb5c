namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// GARCH(1,1) with a constant mean, by Gaussian maximum likelihood over the full sample (Bollerslev 1986).
/// <code>
/// r_t = mu + e_t,   h_t = omega + alpha e_{t-1}^2 + beta h_{t-1},   t = 1..n
/// before the sample e_0^2 = h_0 = mean(e^2), hence h_1 = omega + (alpha + beta) mean(e^2)
/// log L = -n/2 ln(2 pi) - 1/2 sum(ln h_t + e_t^2 / h_t)
/// </code>
/// All four parameters are estimated together, mean(e^2) moving with mu. Gradient and Hessian are analytic
/// (<see cref="GarchLikelihood"/>), as in Fiorentini, Calzolari and Panattoni (1996), whose published standard errors this fit gives to
/// every digit.
/// <para>
/// Domain: alpha and beta between 0 and 1, omega at least 1e-8 of the sample variance. alpha + beta is NOT held under 1: a sample may
/// well have its maximum at or over it, where the process has no long-run variance (null) but forecasts of any finite horizon remain right.
/// </para>
/// <para>
/// Method: the returns are moved and scaled to mean 0 and variance 1, so that a series in fractions, in percent or in basis points takes
/// the same path to the same optimum. The likelihood alone is evaluated over a fixed grid (<see cref="GarchStarts"/>), and every local
/// maximum of the grid starts a Newton ascent inside the bounds (<see cref="GarchOptimiser"/>); the best end wins. No randomness, no C
/// library, the same four lanes on every machine: a rerun gives the same bits.
/// </para>
/// <para>
/// What the result says of itself: `Converged` where the gradient vanishes inside the domain and the Hessian is negative definite;
/// `AtBoundary` where the maximum lies on a bound and no direction into the domain climbs; `NotConverged` with its reason otherwise. A
/// local maximum that no grid point leads to can be missed; the tests hold the fit against a brute force search to 1e-6 in log-likelihood.
/// </para>
/// </summary>
public static class Garch11
{
    /// <summary>Fewer returns than this say nothing of four parameters.</summary>
    public const int MinimumReturns = 50;

    private const double HalfLogTwoPi = 0.91893853320467274178;

    /// <summary>
    /// Fits the four parameters to <paramref name="returns"/> (oldest first, equally spaced, in any unit: the result is in the same unit
    /// per sample). Refuses `TooFewObservations`, `NotFinite`, `ConstantSeries` and `ScaleOutOfRange`. A <paramref name="workspace"/>
    /// kept by the caller makes repeated fits free of allocation beyond the result; it must not be used by two fits at once.
    /// </summary>
    public static Garch11Fit Fit(ReadOnlySpan<double> returns, GarchWorkspace? workspace = null)
    {
        workspace ??= new GarchWorkspace();
        var sample = workspace.Standardise(returns);
        workspace.Best.Reset();
        var starts = Climb(sample, workspace, GarchStarts.Find(sample, workspace.StartPoints));
        starts += Climb(sample, workspace, GarchStarts.FindIntegrated(sample, workspace.Best.LogLikelihood, workspace.StartPoints));
        starts += Climb(sample, workspace, GarchStarts.FindWithoutAlpha(sample, workspace.Best.LogLikelihood, workspace.StartPoints));
        return Result(sample, workspace.Best, starts);
    }

    private static int Climb(in GarchSample sample, GarchWorkspace workspace, int starts)
    {
        for (var i = 0; i < starts; i++)
        {
            workspace.Candidate.Climb(sample, workspace.StartPoints[i]);
            if (workspace.Candidate.IsBetterThan(workspace.Best))
            {
                workspace.SwapBest();
            }
        }

        return starts;
    }

    private static Garch11Fit Result(in GarchSample sample, GarchOptimiser best, int starts)
    {
        var n = sample.Count;
        var (center, scale) = (sample.Center, sample.Scale);
        var found = best.Point;
        var parameters = new GarchParameters(center + (scale * found.Mu), scale * scale * found.Omega, found.Alpha, found.Beta);
        var (status, reason) = best.Verdict();
        return new Garch11Fit
        {
            Parameters = parameters,
            LogLikelihood = best.LogLikelihood - (n * (HalfLogTwoPi + Elementary.Log(scale))),
            Status = status,
            Reason = reason,
            StandardErrors = GarchStandardErrors.Of(best, scale),
            ReturnCount = n,
            StartCount = starts,
            IterationCount = best.Iterations,
            PresampleVariance = scale * scale * sample.MeanSquare(found.Mu),
            NextVariance = scale * scale * best.NextVariance,
        };
    }
}
