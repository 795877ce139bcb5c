using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Risk.Models;

/// <summary>
/// The one shape of every model of a price's tail: a volatility method and a law for what it leaves. The loss of period t is forecast as L
/// = -location + scale x Z, Z of the law, so VaR = -location + scale q(level) and ES likewise. Log returns, oldest first, one per period;
/// the period is the sampling interval (a day where the prices are daily).
/// <para>Walk-forward: the forecast for period t uses returns before t only. The standardised losses that the law is estimated from are
/// themselves forecast errors of the walk (not in-sample residuals), so the law carries the error of the volatility method too. All
/// schedules count from the sample's start: a forecast does not depend on where a test begins, and the last forecast of a walk over t
/// returns is entry t of any longer walk.</para>
/// <para>Limits: one asset at a time; no jump or regime term; symmetric reaction of volatility to falls and rises; a law that the window
/// has not seen is not foreseen. A constant price has volatility zero: forecasts of zero are given as they are, and the shortfall tests
/// refuse them by name.</para>
/// </summary>
public sealed record TailModel(string Name, VolatilityMethod Volatility, ResidualMethod Residuals)
{
    /// <summary>Returns needed before the first forecast.</summary>
    public int MinimumHistory => Volatility.MinimumHistory + Residuals.MinimumResiduals;

    /// <summary>The forecast for the period after the last return.</summary>
    public TailForecast Forecast(ReadOnlySpan<double> returns, double level) => Walk(returns)[^1].At(level);

    /// <summary>Forecasts for periods <see cref="MinimumHistory"/> to n inclusive, the last one for the period not yet seen.</summary>
    public IReadOnlyList<PeriodForecast> Walk(ReadOnlySpan<double> returns)
    {
        Check(returns);
        return Walk(returns, Volatility.Walk(returns));
    }

    /// <summary>
    /// The same for several models over the same returns, in their order; models with the same volatility method share its walk.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<PeriodForecast>> WalkAll(IEnumerable<TailModel> models, ReadOnlySpan<double> returns)
    {
        var paths = new Dictionary<VolatilityMethod, VolatilityPath>();
        var walks = new List<IReadOnlyList<PeriodForecast>>();
        foreach (var model in models)
        {
            model.Check(returns);
            if (!paths.TryGetValue(model.Volatility, out var path))
            {
                path = model.Volatility.Walk(returns);
                paths.Add(model.Volatility, path);
            }

            walks.Add(model.Walk(returns, path));
        }

        return walks;
    }

    private List<PeriodForecast> Walk(ReadOnlySpan<double> returns, VolatilityPath path)
    {
        var losses = StandardisedLosses(returns, path);
        var forecasts = new List<PeriodForecast>(returns.Length + 1 - MinimumHistory);
        ResidualLaw? law = null;
        for (var t = MinimumHistory; t <= returns.Length; t++)
        {
            if (law is null || (t - MinimumHistory) % Residuals.RefitEvery == 0)
            {
                var from = Math.Max(path.First, t - Residuals.Window);
                law = Residuals.Fit(losses.AsSpan(from, Math.Max(0, t - from)));
            }

            forecasts.Add(new PeriodForecast(path.Location[t], path.Scale[t], law));
        }

        return forecasts;
    }

    private static double[] StandardisedLosses(ReadOnlySpan<double> returns, VolatilityPath path)
    {
        var losses = new double[returns.Length];
        for (var t = path.First; t < returns.Length; t++)
        {
            // A scale of zero has had no movement at all behind it; nothing can be standardised by it.
            losses[t] = path.Scale[t] > 0 ? (path.Location[t] - returns[t]) / path.Scale[t] : 0;
        }

        return losses;
    }

    private void Check(ReadOnlySpan<double> returns)
    {
        if (returns.Length < MinimumHistory)
        {
            throw new RiskInputException(
                "TooFewObservations",
                $"The model {Name} needs {MinimumHistory} returns before its first forecast; there are {returns.Length}.");
        }

        for (var t = 0; t < returns.Length; t++)
        {
            if (!double.IsFinite(returns[t]))
            {
                throw new RiskInputException("NotFinite", $"Return {t + 1} is {returns[t]}.");
            }
        }
    }
}

/// <summary>What a model expects of one period.</summary>
/// <param name="Location">Expected log return.</param>
/// <param name="Scale">Volatility of the period, not annualised.</param>
/// <param name="Law">The law of the standardised loss.</param>
public readonly record struct PeriodForecast(double Location, double Scale, ResidualLaw Law)
{
    public TailForecast At(double level) =>
        new(-Location + (Scale * Law.Quantile(level)), -Location + (Scale * Law.ExpectedShortfall(level)));
}
