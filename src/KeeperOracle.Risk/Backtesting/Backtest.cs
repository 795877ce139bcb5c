using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// One model at one level held against what came: the walk-forward forecasts of <see cref="TailModel"/> for periods first to n-1 of a
/// series of log returns, and every test over them. A loss is minus the log return, so the position is one unit long.
/// <para>Capital is the expected shortfall forecast for the period, as a fraction of the position. The joint score is the strictly
/// consistent one of VaR and ES of degree zero (Fissler and Ziegel 2016; Patton, Ziegel and Chen 2019): mean of
/// I (L - VaR)/(a ES) + VaR/ES + ln ES - 1. Of two models the one with the lower score forecast the tail better.</para>
/// </summary>
public static class Backtest
{
    /// <summary>Log returns of prices, oldest first: one fewer than prices.</summary>
    public static double[] LogReturns(ReadOnlySpan<double> prices)
    {
        var returns = new double[Math.Max(0, prices.Length - 1)];
        for (var t = 0; t < prices.Length; t++)
        {
            if (!(prices[t] > 0) || !double.IsFinite(prices[t]))
            {
                throw new RiskInputException("PriceNotPositive", $"Price {t + 1} is {prices[t]}; prices are finite and over zero.");
            }

            if (t > 0)
            {
                returns[t - 1] = Elementary.Log(prices[t] / prices[t - 1]);
            }
        }

        return returns;
    }

    /// <summary>Runs the model over the returns and tests its forecasts for returns <paramref name="first"/> to the last.</summary>
    public static ModelBacktest Run(
        TailModel model, ReadOnlySpan<double> returns, int first, double level, ulong seed, int paths = ShortfallTests.DefaultPaths) =>
        Evaluate(model.Name, model.Walk(returns), returns, first, level, seed, paths);

    /// <summary>
    /// Tests forecasts that were made already: <paramref name="walk"/> ends with the forecast for the period after the last return.
    /// </summary>
    public static ModelBacktest Evaluate(
        string name, IReadOnlyList<PeriodForecast> walk, ReadOnlySpan<double> returns, int first, double level, ulong seed,
        int paths = ShortfallTests.DefaultPaths)
    {
        CoverageTests.CheckProbability(1 - level);
        var minimum = returns.Length + 1 - walk.Count;
        if (first < minimum || first >= returns.Length)
        {
            throw new RiskInputException(
                "TooFewObservations",
                $"The model {name} forecasts from return {minimum + 1} of {returns.Length}; a test from return {first + 1} is outside.");
        }

        var losses = new double[returns.Length - first];
        var forecasts = new TailForecast[losses.Length];
        var laws = new ResidualLaw[losses.Length];
        var unit = default(TailForecast);
        for (var i = 0; i < losses.Length; i++)
        {
            var forecast = walk[first - minimum + i];
            if (i == 0 || !ReferenceEquals(laws[i - 1], forecast.Law))
            {
                unit = new TailForecast(forecast.Law.Quantile(level), forecast.Law.ExpectedShortfall(level));
            }

            losses[i] = -returns[first + i];
            laws[i] = forecast.Law;
            forecasts[i] = new TailForecast(
                -forecast.Location + (forecast.Scale * unit.Var), -forecast.Location + (forecast.Scale * unit.Es));
        }

        var shortfall = ShortfallTests.Run(losses, forecasts, level, laws, seed, paths);
        return new ModelBacktest(Result(name, losses, forecasts, level, shortfall), losses, forecasts);
    }

    private static BacktestResult Result(string name, double[] losses, TailForecast[] forecasts, double level, ShortfallOutcomes shortfall)
    {
        var exceptions = new bool[losses.Length];
        var (capital, worst, score) = (0.0, 0.0, 0.0);
        for (var t = 0; t < losses.Length; t++)
        {
            exceptions[t] = losses[t] > forecasts[t].Var;
            capital += forecasts[t].Es / losses.Length;
            worst = Math.Max(worst, forecasts[t].Es);
            score += JointScore(losses[t], forecasts[t], level) / losses.Length;
        }

        var coverage = Coverage(exceptions, level);
        return new BacktestResult(
            name, level, losses.Length, exceptions.Count(e => e), coverage.Pof, coverage.Cci, coverage.Cc, coverage.Tuff,
            coverage.TrafficLight, shortfall.Z1, shortfall.Z2, capital, worst, score);
    }

    /// <summary>The coverage tests of any series of exceptions, whoever made the forecasts.</summary>
    public static CoverageOutcomes Coverage(ReadOnlySpan<bool> exceptions, double level)
    {
        var count = 0;
        int? firstException = null;
        for (var t = 0; t < exceptions.Length; t++)
        {
            count += exceptions[t] ? 1 : 0;
            firstException ??= exceptions[t] ? t + 1 : null;
        }

        return Coverage(exceptions.Length, count, level, ExceptionTransitions.Of(exceptions), firstException);
    }

    /// <summary>The coverage tests from counts alone, as published samples give them.</summary>
    public static CoverageOutcomes Coverage(
        int observations, int exceptions, double level, ExceptionTransitions transitions, int? firstException)
    {
        if (firstException is { } period && (exceptions == 0 || exceptions > observations - period + 1))
        {
            throw new RiskInputException(
                "InconsistentCounts", $"{exceptions} exceptions, the first in period {period} of {observations}, cannot be.");
        }

        var p = 1 - level;
        var pof = CoverageTests.ProportionOfFailures(observations, exceptions, p);
        var cci = CoverageTests.Independence(transitions);
        return new CoverageOutcomes(
            pof, cci, CoverageTests.ConditionalCoverage(pof, cci), CoverageTests.TimeUntilFirstFailure(observations, firstException, p),
            TrafficLight.Judge(observations, exceptions, p));
    }

    private static double JointScore(double loss, TailForecast forecast, double level)
    {
        var excess = loss > forecast.Var ? (loss - forecast.Var) / ((1 - level) * forecast.Es) : 0;
        return excess + (forecast.Var / forecast.Es) + Elementary.Log(forecast.Es) - 1;
    }
}

/// <summary>The tests that look at exceptions only.</summary>
public sealed record CoverageOutcomes(
    TestOutcome Pof, IndependenceOutcome Cci, TestOutcome Cc, FirstFailureOutcome Tuff, TrafficLightOutcome TrafficLight);

/// <summary>
/// Every test of one model at one level. Capital (mean and highest expected shortfall) is a fraction of the position; the score is
/// better where lower and only comparable over the same periods.
/// </summary>
public sealed record BacktestResult(
    string Model, double Level, int Observations, int Exceptions, TestOutcome Pof, IndependenceOutcome Cci, TestOutcome Cc,
    FirstFailureOutcome Tuff, TrafficLightOutcome TrafficLight, ShortfallOutcome Z1, ShortfallOutcome Z2,
    double AverageCapital, double WorstCapital, double JointScore);

/// <summary>A result with the losses and forecasts it was made from, one per period tested.</summary>
public sealed record ModelBacktest(BacktestResult Result, double[] Losses, TailForecast[] Forecasts);
