using KeeperOracle.Risk.Correlation;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Value at risk and expected shortfall from returns: the specification of this folder.
///
/// VaR at level a is the loss not exceeded with probability a; ES the mean loss beyond it, (1/(1-a)) times the integral of VaR_u over u
/// from a to 1 (Acerbi and Tasche). Losses are positive. Levels lie in (0, 1), .99 the usual one. Returns are log returns per sample,
/// oldest first.
///
/// Methods, each specified in its own file:
/// <list type="table">
/// <item><term>historical</term><description>order statistics, <see cref="HistoricalTail"/></description></item>
/// <item><term>fhs</term><description>filtered by EWMA or a given GARCH(1,1), <see cref="FilteredHistorical"/></description></item>
/// <item><term>normal</term><description>mean and deviation, <see cref="NormalTail"/></description></item>
/// <item><term>cornish-fisher</term><description>with skewness and kurtosis, inside its domain,
/// <see cref="CornishFisher"/></description></item>
/// <item><term>student-t</term><description>maximum likelihood, <see cref="StudentTail"/></description></item>
/// <item><term>evt</term><description>peaks over a threshold, <see cref="PeaksOverThreshold"/></description></item>
/// <item><term>conditional-evt</term><description>the same on filtered residuals, scaled to tomorrow's volatility</description></item>
/// <item><term>monte-carlo</term><description>normal draws of the sample's mean and deviation,
/// <see cref="MonteCarlo"/></description></item>
/// </list>
///
/// Over a horizon of h samples: normal and cornish-fisher add cumulants of independent samples, fhs and monte-carlo simulate,
/// conditional-evt scales by the variance expected over the horizon and the mean by h; historical, student-t and evt use the sums of all h
/// consecutive (overlapping) returns.
///
/// Properties that hold for every method: ES >= VaR; adding c to all returns takes c h off both; scaling returns by k > 0 scales both by k.
/// Sub-additive: ES of historical on common scenarios, and of normal. Not VaR, and not cornish-fisher.
///
/// A refusal of a model is an answer (<see cref="TailStatus"/>); bad input is a <see cref="RiskInputException"/>. Nothing on-chain depends
/// on this folder: a few figures come through MathNet.Numerics' root finder and eigenvalues.
/// </summary>
public static class TailMethods
{
    private static readonly Dictionary<string, Func<double[], TailOptions, Func<double, TailAnswer>>> Fits = new(StringComparer.Ordinal)
    {
        ["historical"] = Historical,
        ["fhs"] = Filtered,
        ["normal"] = Normal,
        ["cornish-fisher"] = FourMoments,
        ["student-t"] = Student,
        ["evt"] = ExtremeValue,
        ["conditional-evt"] = ConditionalExtremeValue,
        ["monte-carlo"] = Simulated,
    };

    /// <summary>As the command line takes them.</summary>
    public static IReadOnlyCollection<string> Names => Fits.Keys;

    /// <summary>Whether a method filters the returns by a variance recursion; the others take no notice of one.</summary>
    public static bool Filters(string method) => method is "fhs" or "conditional-evt";

    /// <summary>Fits a method once; the function it returns answers any level.</summary>
    /// <param name="method">one of <see cref="Names"/></param>
    /// <param name="returns">log returns per sample, oldest first</param>
    /// <exception cref="RiskInputException">
    /// `UnknownMethod`, `TooFewObservations`, `NotFinite`, `TooLarge`, `LevelOutOfRange`, `LambdaOutOfRange`, `RecursionOutOfRange`,
    /// `ZeroVariance`, `CountOutOfRange`, `Overflow`, `RootNotFound`
    /// </exception>
    public static Func<double, TailAnswer> Fit(string method, ReadOnlySpan<double> returns, TailOptions? options = null)
    {
        if (!Fits.TryGetValue(method, out var fit))
        {
            throw new RiskInputException("UnknownMethod", $"There is no method '{method}'; there are {string.Join(", ", Fits.Keys)}.");
        }

        var settings = options ?? TailOptions.Default;
        TailInput.RequireCount("horizon", settings.Horizon, 1);
        TailInput.RequireObservations(returns, minimum: 2);
        return fit(returns.ToArray(), settings);
    }

    /// <summary>One method at one level.</summary>
    /// <inheritdoc cref="Fit"/>
    public static TailAnswer Forecast(string method, ReadOnlySpan<double> returns, double level, TailOptions? options = null)
    {
        TailInput.RequireLevel(level);
        return Fit(method, returns, options)(level);
    }

    private static Func<double, TailAnswer> Historical(double[] returns, TailOptions options) =>
        OfSorted(HistoricalTail.SortedLosses(Overlapping(returns, options.Horizon)));

    private static Func<double, TailAnswer> Filtered(double[] returns, TailOptions options)
    {
        var (mean, variances, next) = FilteredVariances(returns, options);
        if (options.Horizon == 1)
        {
            return OfSorted(FilteredHistorical.SortedLosses(returns, variances, next, mean));
        }

        var residuals = FilteredHistorical.StandardisedResiduals(returns, variances, mean);
        return OfSorted(FilteredHistorical.SimulateLosses(
            residuals, options.Filter, next, mean, options.Horizon, options.Paths, options.Seed));
    }

    private static Func<double, TailAnswer> Normal(double[] returns, TailOptions options)
    {
        var moments = ReturnMoments.Of(returns).Over(options.Horizon);
        return level => TailAnswer.Of(NormalTail.Forecast(moments.Mean, moments.StandardDeviation, level));
    }

    private static Func<double, TailAnswer> FourMoments(double[] returns, TailOptions options)
    {
        var moments = ReturnMoments.Of(returns).Over(options.Horizon);
        return level => CornishFisher.Forecast(moments, level);
    }

    private static Func<double, TailAnswer> Student(double[] returns, TailOptions options)
    {
        var (status, fit) = StudentTail.Fit(Overlapping(returns, options.Horizon));
        return fit is null
            ? level => Refused(status, level)
            : level => StudentTail.Forecast(fit.Location, fit.Scale, fit.DegreesOfFreedom, level);
    }

    private static Func<double, TailAnswer> ExtremeValue(double[] returns, TailOptions options)
    {
        var (status, fit) = PeaksOverThreshold.Fit(Overlapping(returns, options.Horizon), options.ThresholdQuantile);
        return fit is null ? level => Refused(status, level) : level => PeaksOverThreshold.Forecast(fit, level);
    }

    private static Func<double, TailAnswer> ConditionalExtremeValue(double[] returns, TailOptions options)
    {
        var (mean, variances, next) = FilteredVariances(returns, options);
        var residuals = FilteredHistorical.StandardisedResiduals(returns, variances, mean);
        var (status, fit) = PeaksOverThreshold.Fit(residuals, options.ThresholdQuantile);
        if (fit is null)
        {
            return level => Refused(status, level);
        }

        var deviation = Math.Sqrt(options.Filter.Cumulative(next, options.Horizon));
        return level =>
        {
            var answer = PeaksOverThreshold.Forecast(fit, level);
            var shift = mean * options.Horizon;
            return answer.IsAnswered
                ? TailAnswer.Of(TailInput.Finished((deviation * answer.Forecast.Var) - shift, (deviation * answer.Forecast.Es) - shift))
                : answer;
        };
    }

    private static Func<double, TailAnswer> Simulated(double[] returns, TailOptions options)
    {
        var moments = ReturnMoments.Of(returns).Over(options.Horizon);
        TailInput.RequireCount("number of paths", options.Paths, 2);
        var pairs = (options.Paths / 2) + (options.Paths % 2);
        return OfSorted(MonteCarlo.LinearLosses(
            [1], [moments.Mean], [moments.StandardDeviation], CorrelationMatrix.Identity(1), pairs, options.Seed));
    }

    private static Func<double, TailAnswer> OfSorted(double[] ascendingLosses) =>
        level => TailAnswer.Of(HistoricalTail.OfSorted(ascendingLosses, level));

    private static TailAnswer Refused(TailStatus status, double level)
    {
        TailInput.RequireLevel(level);
        return TailAnswer.Refused(status);
    }

    private static (double Mean, double[] Variances, double Next) FilteredVariances(double[] returns, TailOptions options)
    {
        var mean = ReturnMoments.Of(returns).Mean;
        var variances = new double[returns.Length];
        return (mean, variances, options.Filter.Filter(returns, mean, variances));
    }

    private static double[] Overlapping(double[] returns, int horizon)
    {
        if (horizon >= returns.Length)
        {
            throw new RiskInputException(
                "TooFewObservations", $"{returns.Length} returns for a horizon of {horizon}: there must be more of them.");
        }

        var sums = new double[returns.Length - horizon + 1];
        for (var t = 0; t < sums.Length; t++)
        {
            for (var step = 0; step < horizon; step++)
            {
                sums[t] += returns[t + step];
            }
        }

        return sums;
    }
}
