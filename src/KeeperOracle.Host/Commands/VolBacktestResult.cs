using System.ComponentModel;
using System.Globalization;
using KeeperOracle.Risk.Backtesting;

namespace KeeperOracle.Host.Commands;

[Description("Tests of forecasts of VaR and ES. A p-value under .05 rejects the model at 5 %.")]
internal sealed record VolBacktestResult(
    [Description("`forecasts` or `counts` where the sample came from outside")] string Model,
    double Level,
    [Description("periods tested")] int Observations,
    [Description("periods whose loss was over the VaR")] int Exceptions,
    [Description("Kupiec: proportion of failures")] TestFigure Pof,
    [Description("Christoffersen: independence of exceptions")] TestFigure Cci,
    [Description("Christoffersen: conditional coverage, POF and CCI together")] TestFigure Cc,
    [Description("Kupiec: time until first failure")] TestFigure Tuff,
    TrafficLightFigure TrafficLight,
    [Description("Acerbi and Szekely: mean size of exceptions against the ES")] ShortfallFigure Z1,
    [Description("Acerbi and Szekely: number and size of exceptions against the ES")] ShortfallFigure Z2,
    [Description("how often each followed each; null where not known")] ExceptionTransitions? Transitions,
    [Description("observations times (1 - level)")] double ExpectedExceptions,
    [Description("time of the first period tested")] string? From = null,
    [Description("time of the last one")] string? To = null,
    [Description("mean ES forecast, a fraction of the position")] double? AverageCapital = null,
    [Description("highest ES forecast, a fraction of the position")] double? WorstCapital = null,
    [Description("mean joint score of VaR and ES (Fissler and Ziegel, degree zero): lower is better, over the same periods only")]
    double? JointScore = null)
{
    private const double Significance = 0.05;

    public static VolBacktestResult Of(string model, double level, int observations, int exceptions, CoverageOutcomes coverage)
    {
        var light = coverage.TrafficLight;
        return new VolBacktestResult(
            model,
            level,
            observations,
            exceptions,
            TestFigure.Of(coverage.Pof),
            TestFigure.Of(coverage.Cci),
            TestFigure.Of(coverage.Cc),
            TestFigure.Of(coverage.Tuff),
            new TrafficLightFigure(
                light.Statistic, light.PValue, light.Zone, light.CumulativeProbability, light.Increase, light.Multiplier),
            ShortfallFigure.NoForecasts,
            ShortfallFigure.NoForecasts,
            coverage.Cci.Transitions is { N00: 0, N01: 0, N10: 0, N11: 0 } ? null : coverage.Cci.Transitions,
            observations * (1 - level));
    }

    public static void Print(VolBacktestResult result)
    {
        var period = result.From is null ? "" : $", {result.From} to {result.To}";
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Model} at {result.Level * 100:0.##} %{period}: {result.Exceptions} exceptions in {result.Observations} periods, "
                + $"{result.ExpectedExceptions:0.#} expected"));
        var light = result.TrafficLight;
        var zone = light.Zone.ToString().ToLowerInvariant();
        Output.Table(
            ["test", "statistic", "p-value", "at 5 %"],
            [
                Row("POF (number)", result.Pof.Statistic, result.Pof.PValue, result.Pof.Reason),
                Row("CCI (independence)", result.Cci.Statistic, result.Cci.PValue, result.Cci.Reason),
                Row("CC (both)", result.Cc.Statistic, result.Cc.PValue, result.Cc.Reason),
                Row("TUFF (first exception)", result.Tuff.Statistic, result.Tuff.PValue, result.Tuff.Reason),
                ["traffic light", $"{light.Statistic}", Display.Figure(light.PValue), $"{zone}, multiplier "
                    + $"{Display.Figure(light.Multiplier)}"],
                Row("Z1 (size)", result.Z1.Statistic, result.Z1.PValue, result.Z1.Reason),
                Row("Z2 (number and size)", result.Z2.Statistic, result.Z2.PValue, result.Z2.Reason),
            ]);
        if (result is { AverageCapital: { } average, WorstCapital: { } worst })
        {
            Console.Out.WriteLine($"  capital (ES): mean {Display.Percent(average)}, highest {Display.Percent(worst)}; joint score "
                + $"{Display.Figure(result.JointScore)}");
        }
    }

    private static string[] Row(string name, double? statistic, double? pValue, string? reason) =>
        [name, Display.Figure(statistic), Display.Figure(pValue), pValue is { } p ? p < Significance ? "REJECTED" : "kept" : reason ?? "-"];
}

internal sealed record TestFigure(
    double? Statistic,
    [Description("probability of a statistic at least as extreme under a right model, by its chi-square distribution")] double? PValue,
    int DegreesOfFreedom,
    [Description("why there is no figure")] string? Reason)
{
    private const string Undecided = "the sample cannot decide: it has no exception";

    public static TestFigure Of(TestOutcome outcome) =>
        new(outcome.Statistic, outcome.PValue, outcome.DegreesOfFreedom, outcome.PValue is null ? Undecided : null);

    /// <summary>Where the counts given do not say it.</summary>
    public TestFigure Without(string reason) => this with { Statistic = null, PValue = null, Reason = reason };
}

internal sealed record TrafficLightFigure(
    [Description("exceptions")] int Statistic,
    [Description("probability of that many or more under a right model, exact")] double PValue,
    TrafficLightZone Zone,
    [Description("probability of that many or fewer")] double CumulativeProbability,
    [Description("of the multiplier 3")] double Increase,
    double Multiplier);

internal sealed record ShortfallFigure(
    double? Statistic,
    [Description("share of simulated samples of a right model with a statistic as low or lower")] double? PValue,
    [Description("5 % of right models fall under it")] double? CriticalValue5,
    [Description("1 % of right models fall under it")] double? CriticalValue1,
    [Description("why there is no figure")] string? Reason)
{
    public static ShortfallFigure NoForecasts { get; } = new(null, null, null, null, "it needs the ES forecast of each period");

    public static ShortfallFigure Of(ShortfallOutcome outcome, string? reason) => new(
        outcome.Statistic, outcome.PValue, outcome.CriticalValue5, outcome.CriticalValue1, outcome.PValue is null ? reason : null);
}
