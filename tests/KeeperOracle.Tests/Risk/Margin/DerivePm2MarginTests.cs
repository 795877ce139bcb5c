using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class DerivePm2MarginTests
{
    public static TheoryData<string> Published => [.. DerivePm2Vectors.Names];

    [Theory]
    [MemberData(nameof(Published))]
    public void Assess_PublishedCase_GivesDerivesFigures(string name)
    {
        var expected = DerivePm2Vectors.Read(name);

        var margin = DerivePm2Margin.Assess(expected.Case);

        Near(expected.Im, margin.InitialMargin);
        Near(expected.Mm, margin.MaintenanceMargin);
        Near(expected.OptionValue, margin.OptionValue);
        Near(expected.Basis ?? margin.Contingencies.Basis, margin.Contingencies.Basis);
        Near(-expected.Oracle, margin.Contingencies.Confidence);
        var skewed = margin.Gains.Where(gain => gain.Scenario.Volatility > VolatilityMove.Down && gain.Scenario.SpotMultiplier == 1);
        Near(expected.Worst[0], margin.Gains.Take(23).Min(gain => gain.Gain));
        Near(expected.Worst[1], margin.Gains.Skip(23).Where(gain => gain.Scenario.Volatility == VolatilityMove.Up).Min(gain => gain.Gain));
        Near(expected.Worst[2], skewed.Min(gain => gain.Gain));
        for (var i = 0; i < expected.Losses.Length; i++)
        {
            Near(expected.Losses[i], margin.Gains[i].Gain);
        }
    }

    /// <summary>To 1e-10, relative; absolute where Derive's own figure is rounding.</summary>
    private static void Near(double expected, double actual) => Assert.InRange(actual - expected, -Tolerance(expected), Tolerance(expected));

    private static double Tolerance(double expected) => (1e-10 * Math.Abs(expected)) + 2e-10;
}
