using System.ComponentModel;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Host.Commands;

[Description("Margin of a portfolio, in its unit of account. Net margins: positive is healthy.")]
internal sealed record MarginResult(
    string Model,
    [Description("initial margin, net: new risk is allowed at zero or over")] double Im,
    [Description("maintenance margin, net: liquidation begins under zero")] double Mm,
    [Description("value of everything now, cash included")] double MarkToMarket,
    [Description("the worst of the scenarios and what competes with them; derive-pm2 gives it as a gain, so a loss is negative")] double Worst,
    string WorstScenario,
    IReadOnlyList<MarginScenario> Scenarios,
    [Description("what is subtracted besides the worst, each by its name")] IReadOnlyDictionary<string, double> Contingencies)
{
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
            [.. assessment.Gains.Select(gain => MarginScenario.Of(gain.Scenario, gain.Gain))],
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
        Console.Out.WriteLine(
            $"{result.Model}: initial margin {Display.Money(result.Im)}, maintenance margin {Display.Money(result.Mm)}, mark to market {Display.Money(result.MarkToMarket)}");
        Console.Out.WriteLine($"worst: {Display.Money(result.Worst)} ({result.WorstScenario})");
        Output.Table(
            ["scenario", "gain", ""],
            result.Scenarios.Select(scenario => new[] { scenario.Name, Display.Money(scenario.Gain), scenario.Name == result.WorstScenario ? "<- worst" : "" }));
        Output.Table(["contingency", "amount"], result.Contingencies.Select(pair => new[] { pair.Key, Display.Money(pair.Value) }));
    }
}

internal sealed record MarginScenario(
    string Name,
    [Description("shocked spot over spot")] double SpotMultiplier,
    [Description("direction of implied volatility")] VolatilityMove Volatility,
    [Description("share of the gain that counts")] double Damping,
    [Description("gain of the portfolio after damping, a loss negative")] double Gain)
{
    public static MarginScenario Of(Scenario scenario, double gain) =>
        new(scenario.Name, scenario.SpotMultiplier, scenario.Volatility, scenario.Damping, gain);
}
