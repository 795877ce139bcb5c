using System.CommandLine;
using System.ComponentModel;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// `vol fit`: a volatility model fitted to the returns of a file. Everything is in the unit of the file, so that a file in percent gives
/// the published numbers of a benchmark in percent; `unit` says which.
/// </summary>
internal static class VolFitCommand
{
    private static readonly string[] Models = ["garch11", "ewma"];

    private const int EwmaSeed = 30;

    private static readonly int[] DefaultHorizons = [1, 5, 10, 20];

    public static Command Build()
    {
        var model = FileCommand.Choice("--model", "What is fitted.", Models, "garch11");
        var series = new SeriesOptions();
        var horizons = new Option<int[]>("--horizons")
        {
            Description = "Steps ahead to forecast, such as --horizons 1 5 20.",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => DefaultHorizons,
        }.Checked(steps => Array.TrueForAll(steps, step => step is >= 1 and <= 10_000) ? null : "takes whole numbers from 1 to 10000.");
        var lambda = new Option<double?>("--lambda")
        {
            Description = "Of ewma: taken as it is instead of fitted.",
        }.Checked(value => value is > 0 and < 1 ? null : "lies between 0 and 1, such as 0.94.");
        return FileCommand.Build(
            "fit",
            "Fits a volatility model to a history: parameters, standard errors by method, log-likelihood and forecasts, in the unit of "
                + "the file.",
            [
                "vol fit --model garch11 --returns returns.csv -o json",
                "vol fit --model ewma --prices prices.csv.gz --horizons 1 5 20",
                "vol fit --returns - -o json < returns.csv",
            ],
            [model, .. series.All, horizons, lambda],
            result => result.GetValue(lambda) is not null && result.GetValue(model) != "ewma"
                ? "--lambda is of --model ewma."
                : series.Check(result),
            (parsed, format) => parsed.GetValue(model) == "ewma"
                ? Ewma(series.Read(parsed, format), parsed.GetRequiredValue(horizons), parsed.GetValue(lambda))
                : Garch(series.Read(parsed, format), parsed.GetRequiredValue(horizons)),
            Print);
    }

    private static VolFitResult Garch(MarketSeries series, int[] horizons)
    {
        var fit = Garch11.Fit(series.Returns());
        var errors = fit.StandardErrors;
        return new VolFitResult(
            "garch11",
            series.Unit,
            fit.ReturnCount,
            new VolParameters(fit.Mu, fit.Omega, fit.Alpha, fit.Beta),
            new VolStandardErrors(Errors(errors.Hessian), Errors(errors.Opg), Errors(errors.Qml)),
            fit.LogLikelihood,
            [.. horizons.Select(steps => Forecast(series, steps, fit.Forecast(steps), fit.CumulativeForecast(steps)))],
            fit.Parameters.LongRunVariance,
            fit.Converged,
            fit.Status,
            fit.Reason);
    }

    /// <summary>
    /// EWMA is the GARCH(1,1) with omega 0, alpha 1 - lambda and beta lambda, and its mean is zero: it expects today's variance for ever.
    /// </summary>
    private static VolFitResult Ewma(MarketSeries series, int[] horizons, double? given)
    {
        var returns = series.Returns();
        var fit = EwmaCalibration.Fit(returns, EwmaSeed);
        var lambda = given ?? fit.Lambda;
        var variance = given is null ? fit.NextVariance : Risk.Volatility.Ewma.Variance(returns, lambda, EwmaSeed);
        var none = new VolErrors(null, null, null, null);
        var atBound = given is null && fit.AtBound;
        return new VolFitResult(
            "ewma",
            series.Unit,
            returns.Length,
            new VolParameters(0, 0, 1 - lambda, lambda),
            new VolStandardErrors(none, none, none),
            given is null ? fit.LogLikelihood : EwmaCalibration.LogLikelihoodAt(returns, lambda, EwmaSeed),
            [.. horizons.Select(steps => Forecast(series, steps, variance, steps * variance))],
            null,
            true,
            atBound ? GarchStatus.AtBoundary : GarchStatus.Converged,
            given is not null ? "lambda was given, not fitted" : atBound ? "the likelihood still rises at the end of the search" : null);
    }

    private static VolForecast Forecast(MarketSeries series, int steps, double variance, double cumulative)
    {
        var perFraction = series.Unit == ReturnUnit.Percent ? 100 : 1;
        double? annual = series.Spacing is { } spacing
            ? Math.Sqrt(cumulative / steps * Conventions.SecondsPerYear / spacing.TotalSeconds) / perFraction
            : null;
        return new VolForecast(steps, variance, Math.Sqrt(variance), cumulative, Math.Sqrt(cumulative), annual);
    }

    private static VolErrors Errors(GarchParameterErrors errors) => new(errors.Mu, errors.Omega, errors.Alpha, errors.Beta);

    private static void Print(VolFitResult result)
    {
        var unit = result.Unit == ReturnUnit.Percent ? "percent" : "fractions";
        var ending = (result.Converged ? "converged" : "NOT converged") + (result.Reason is null ? "" : $" ({result.Reason})");
        Console.Out.WriteLine(
            $"{result.Model} on {result.Observations} returns in {unit}: log-likelihood {Display.Figure(result.LogLikelihood)}, {ending}");
        var (p, e) = (result.Parameters, result.StandardErrors);
        Output.Table(
            ["parameter", "value", "error (Hessian)", "error (OPG)", "error (QML)"],
            [
                Row("mu", p.Mu, e.Hessian.Mu, e.Opg.Mu, e.Qml.Mu),
                Row("omega", p.Omega, e.Hessian.Omega, e.Opg.Omega, e.Qml.Omega),
                Row("alpha", p.Alpha, e.Hessian.Alpha, e.Opg.Alpha, e.Qml.Alpha),
                Row("beta", p.Beta, e.Hessian.Beta, e.Opg.Beta, e.Qml.Beta),
            ]);
        Output.Table(
            ["steps ahead", "volatility of that step", "volatility up to it", "annualised"],
            result.Forecasts.Select(forecast => new[]
            {
                $"{forecast.Steps}",
                Display.Figure(forecast.Volatility),
                Display.Figure(forecast.CumulativeVolatility),
                forecast.AnnualisedVolatility is { } annual ? Display.Percent(annual) : "-",
            }));
    }

    private static string[] Row(string name, params double?[] values) => [name, .. values.Select(Display.Figure)];
}

[Description("A volatility model fitted to a history. Returns, mu and volatilities are in the unit of the file, omega and variances in "
    + "its square, per sample.")]
internal sealed record VolFitResult(
    string Model,
    [Description("of returns in the file: .01 (fraction) or 1 (percent) is one percent")] ReturnUnit Unit,
    [Description("returns the fit was made from")] int Observations,
    VolParameters Parameters,
    VolStandardErrors StandardErrors,
    [Description("Gaussian, with its constant, in the unit of the file; of ewma over the returns after the 30 that seed it")]
    double LogLikelihood,
    IReadOnlyList<VolForecast> Forecasts,
    [Description("omega / (1 - alpha - beta); null where alpha + beta is 1 or more, as of ewma")] double? LongRunVariance,
    bool Converged,
    GarchStatus Status,
    [Description("why it is not plainly converged")] string? Reason);

[Description("of ewma: alpha is 1 - lambda, beta lambda, the others zero")]
internal sealed record VolParameters(double Mu, double Omega, double Alpha, double Beta);

[Description("By the Hessian, by the outer product of gradients, and robust (quasi maximum likelihood)")]
internal sealed record VolStandardErrors(VolErrors Hessian, VolErrors Opg, VolErrors Qml);

[Description("null where a parameter rests on a bound or is not identified, and of ewma")]
internal sealed record VolErrors(double? Mu, double? Omega, double? Alpha, double? Beta);

internal sealed record VolForecast(
    [Description("samples after the last one")] int Steps,
    [Description("of the return that many steps ahead")] double Variance,
    double Volatility,
    [Description("of the sum of the returns up to it")] double CumulativeVariance,
    double CumulativeVolatility,
    [Description("mean volatility up to it, a fraction a year of 365 days; null where the file has no times")]
    double? AnnualisedVolatility);
