using System.ComponentModel;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Commands;

[Description("Margin of a portfolio, in its unit of account. Net margins: positive is healthy.")]
internal sealed record MarginResult(
    string Model,
    [Description("initial margin, net: new risk is allowed at zero or over")] double Im,
    [Description("maintenance margin, net: liquidation begins under zero")] double Mm,
    [Description("value of the legs now; in derive-pm2 of everything, cash and collateral included")] double MarkToMarket,
    [Description("as each model counts it: scaled and span the largest loss, positive, added up over underlyings; derive-pm2 the least "
        + "gain, negative where money is lost")]
    double Worst,
    [Description("by name; of several underlyings one each")] string WorstScenario,
    IReadOnlyList<MarginScenario> Scenarios,
    [Description("what is added to the worst, each by its name")] IReadOnlyDictionary<string, double> Contingencies)
{
    [Description("scaled and span: what the legs ask for, maintenance, positive")]
    public double? Requirement { get; init; }

    [Description("scaled: likewise for new risk")]
    public double? InitialRequirement { get; init; }

    [Description("scaled: the sum of what each leg would ask for alone")]
    public double? IsolatedRequirement { get; init; }

    [Description("scaled: collateral at its liquidation thresholds over debt and requirement; null where nothing is owed or required")]
    public double? Health { get; init; }

    [Description("scaled: of all legs, for each underlying, with respect to its spot")]
    public IReadOnlyList<MarginGreeks>? Greeks { get; init; }

    public static MarginResult Of(ScaledAssessment assessment, IsolatedComparison isolated)
    {
        var (figures, underlyings) = (assessment.Figures, assessment.Underlyings);
        return new MarginResult(
            "scaled",
            figures.InitialMargin,
            figures.MaintenanceMargin,
            figures.MarkToMarket,
            figures.WorstLoss,
            WorstName(underlyings.Select(underlying => (underlying.Name, underlying.WorstScenario))),
            [.. underlyings.SelectMany(underlying => underlying.Gains.Select(gain => MarginScenario.Of(gain, underlying.Name)))],
            new Dictionary<string, double>
            {
                ["maintenance"] = underlyings.Sum(underlying => underlying.Risk.Contingency),
                ["initial"] = underlyings.Sum(underlying => underlying.Risk.InitialContingency),
            })
        {
            Requirement = figures.Requirement,
            InitialRequirement = figures.InitialRequirement,
            IsolatedRequirement = isolated.Isolated,
            Health = figures.Health,
            Greeks = [.. underlyings.Select(underlying => MarginGreeks.Of(underlying.Greeks))],
        };
    }

    public static MarginResult Of(SpanAssessment assessment) => new(
        "span",
        assessment.Margin,
        assessment.Margin,
        assessment.MarkToMarket,
        assessment.Underlyings.Sum(underlying => underlying.WorstLoss),
        WorstName(assessment.Underlyings.Select(underlying => (underlying.Name, underlying.WorstScenario))),
        [.. assessment.Underlyings.SelectMany(underlying => underlying.Gains.Select(gain => MarginScenario.Of(gain, underlying.Name)))],
        new Dictionary<string, double>())
    {
        Requirement = assessment.Requirement,
    };

    public static MarginResult Of(DerivePm2Assessment assessment)
    {
        var parts = assessment.Contingencies;
        return new MarginResult(
            "derive-pm2",
            assessment.InitialMargin,
            assessment.MaintenanceMargin,
            assessment.MarkToMarket,
            assessment.WorstGain,
            assessment.WorstScenario,
            [.. assessment.Gains.Select(gain => MarginScenario.Of(gain, null))],
            new Dictionary<string, double>
            {
                ["basis"] = parts.Basis,
                ["perpMaintenance"] = parts.PerpMaintenance,
                ["perpInitial"] = parts.PerpInitial,
                ["optionMaintenance"] = parts.OptionMaintenance,
                ["optionInitial"] = parts.OptionInitial,
                ["collateralMaintenance"] = parts.CollateralMaintenance,
                ["collateralInitial"] = parts.CollateralInitial,
                ["confidence"] = parts.Confidence,
            });
    }

    public static void Print(MarginResult result)
    {
        Console.Out.WriteLine($"{result.Model}: initial margin {Display.Money(result.Im)}, maintenance margin "
            + $"{Display.Money(result.Mm)}, mark to market {Display.Money(result.MarkToMarket)}");
        if (result.Requirement is { } requirement)
        {
            var isolated = result.IsolatedRequirement is { } alone ? $" (legs alone {Display.Money(alone)})" : "";
            var health = result.Model != "scaled" ? ""
                : result.Health is { } value ? $", health {Display.Figure(value)}"
                : ", nothing owed or required";
            Console.Out.WriteLine($"requirement: {Display.Money(requirement)}{isolated}{health}");
        }

        foreach (var greeks in result.Greeks ?? [])
        {
            var name = greeks.Underlying.Length == 0 ? "" : $" of {greeks.Underlying}";
            Console.Out.WriteLine(
                $"greeks{name}: delta {Display.Figure(greeks.Delta)}, gamma {Display.Figure(greeks.Gamma)}, vega "
                    + $"{Display.Figure(greeks.Vega)}, theta {Display.Figure(greeks.Theta)} a year, rho {Display.Figure(greeks.Rho)}");
        }

        Console.Out.WriteLine($"worst: {Display.Money(result.Worst)} at {result.WorstScenario}");
        var several = result.Scenarios.DistinctBy(scenario => scenario.Underlying).Count() > 1;
        Output.Table(
            several ? ["underlying", "scenario", "gain"] : ["scenario", "gain"],
            result.Scenarios.Select(scenario => (string[])
                [.. several ? [scenario.Underlying!] : Array.Empty<string>(), scenario.Name, Display.Money(scenario.Gain)]));
        if (result.Contingencies.Count > 0)
        {
            Output.Table(["contingency", "amount"], result.Contingencies.Select(pair => new[] { pair.Key, Display.Money(pair.Value) }));
        }
    }

    private static string WorstName(IEnumerable<(string Underlying, string Scenario)> worst) => worst.ToList() switch
    {
        [] => "no legs",
        [var (_, only)] => only,
        var several => string.Join("; ", several.Select(one => $"{one.Underlying} {one.Scenario}")),
    };
}

internal sealed record MarginScenario(
    string Name,
    [Description("whose price moves; null where the model margins one underlying only")] string? Underlying,
    [Description("shocked spot over spot")] double SpotMultiplier,
    [Description("direction of implied volatility")] VolatilityMove Volatility,
    [Description("share of the gain that counts")] double Damping,
    [Description("gain of the portfolio after damping, a loss negative")] double Gain)
{
    public static MarginScenario Of(ScenarioGain gain, string? underlying) =>
        new(gain.Scenario.Name, underlying, gain.Scenario.SpotMultiplier, gain.Scenario.Volatility, gain.Scenario.Damping, gain.Gain);
}

[Description("of all legs on one underlying, with respect to its spot; collateral has no part in them")]
internal sealed record MarginGreeks(
    string Underlying,
    [Description("units of the underlying")] double Delta,
    [Description("change of delta per unit of account")] double Gamma,
    [Description("per 1.00 of volatility, all volatilities together")] double Vega,
    [Description("a year, as calendar time passes")] double Theta,
    [Description("per 1.00 of rate, forwards held fixed")] double Rho,
    [Description("change of delta per 1.00 of volatility")] double Vanna,
    [Description("change of vega per 1.00 of volatility")] double Volga)
{
    public static MarginGreeks Of(NetGreeks net) =>
        new(net.Underlying, net.Delta, net.Gamma, net.Vega, net.Theta, net.Rho, net.Vanna, net.Volga);
}
