namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Extreme value theory: losses over a threshold u follow a generalised Pareto distribution. With N_u of n losses over u (McNeil and Frey
/// 2000), VaR = u + beta/xi [((n/N_u)(1 - level))^-xi - 1], ES = (VaR + beta - xi u)/(1 - xi).
///
/// The threshold is a type 7 quantile of losses (.90 by default) or given. Refusals as answers: `TooFewExceedances` under ten (or as
/// asked), `LevelBelowThreshold` where 1 - level > N_u/n, `NoMaximum` where the likelihood has none, `InfiniteMean` for ES at xi >= 1.
/// For returns with clustering fit the residuals of <see cref="FilteredHistorical.StandardisedResiduals"/> and scale back (conditional
/// EVT): VaR = -mu + s_{T+1} VaR_z, ES likewise.
/// </summary>
public static class PeaksOverThreshold
{
    public const double DefaultThresholdQuantile = 0.90;
    public const int DefaultFewestExceedances = 10;

    /// <param name="returns">returns or P&amp;L (losses negative), at least two</param>
    /// <param name="thresholdQuantile">in (0, 1), of losses</param>
    /// <returns>the fit, or the status that says why there is none</returns>
    /// <exception cref="RiskInputException">`TooFewObservations`, `NotFinite`, `TooLarge`, `LevelOutOfRange`, `CountOutOfRange`</exception>
    public static (TailStatus Status, PeaksFit? Fit) Fit(
        ReadOnlySpan<double> returns,
        double thresholdQuantile = DefaultThresholdQuantile,
        int fewestExceedances = DefaultFewestExceedances)
    {
        TailInput.RequireObservations(returns, minimum: 2);
        TailInput.RequireLevel(thresholdQuantile);
        var losses = HistoricalTail.SortedLosses(returns);
        return FitSorted(losses, HistoricalTail.Quantile(losses, thresholdQuantile), fewestExceedances);
    }

    /// <summary>With the threshold given as a loss.</summary>
    public static (TailStatus Status, PeaksFit? Fit) FitOver(
        ReadOnlySpan<double> returns, double threshold, int fewestExceedances = DefaultFewestExceedances)
    {
        TailInput.RequireObservations(returns, minimum: 2);
        TailInput.RequireNumber("threshold", threshold);
        return FitSorted(HistoricalTail.SortedLosses(returns), threshold, fewestExceedances);
    }

    /// <returns>the forecast, `LevelBelowThreshold` or `InfiniteMean`</returns>
    /// <exception cref="RiskInputException">`LevelOutOfRange`</exception>
    public static TailAnswer Forecast(PeaksFit fit, double level)
    {
        TailInput.RequireLevel(level);
        var share = (1 - level) * fit.Observations / fit.Exceedances;
        if (share > 1)
        {
            return TailAnswer.Refused(TailStatus.LevelBelowThreshold);
        }

        if (fit.Shape >= 1)
        {
            return TailAnswer.Refused(TailStatus.InfiniteMean);
        }

        var excess = GeneralisedPareto.UpperQuantile(fit.Shape, fit.Scale, share);

        var meanOver = GeneralisedPareto.MeanOver(fit.Shape, fit.Scale, excess);
        return TailAnswer.Of(TailInput.Finished(fit.Threshold + excess, fit.Threshold + meanOver));
    }

    private static (TailStatus Status, PeaksFit? Fit) FitSorted(double[] ascendingLosses, double threshold, int fewestExceedances)
    {
        TailInput.RequireCount("fewest exceedances", fewestExceedances, 2);
        var first = ascendingLosses.Length;
        while (first > 0 && ascendingLosses[first - 1] > threshold)
        {
            first--;
        }

        var excesses = ascendingLosses[first..];
        if (excesses.Length < fewestExceedances)
        {
            return (TailStatus.TooFewExceedances, null);
        }

        for (var i = 0; i < excesses.Length; i++)
        {
            excesses[i] -= threshold;
        }

        return GeneralisedPareto.Fit(excesses) is { } fitted
            ? (TailStatus.Answered, new PeaksFit(
                threshold, fitted.Shape, fitted.Scale, excesses.Length, ascendingLosses.Length, fitted.LogLikelihood))
            : (TailStatus.NoMaximum, null);
    }
}

/// <summary>A tail fitted over a threshold.</summary>
/// <param name="Threshold">u, a loss</param>
/// <param name="Shape">xi; the tail index is 1/xi</param>
/// <param name="Scale">beta, in the unit of losses</param>
/// <param name="Exceedances">N_u, losses over u</param>
/// <param name="Observations">n</param>
public sealed record PeaksFit(double Threshold, double Shape, double Scale, int Exceedances, int Observations, double LogLikelihood);
