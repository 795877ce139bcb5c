using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class DerivePm2MarginTests
{
    public static TheoryData<string> Published => [.. DerivePm2Vectors.Names];

    private static readonly DerivePm2Parameters Usual = new();

    [Fact]
    public void Assess_SeveralUnderlyings_IsRefused()
    {
        var market = new Underlying("A", 1, 0, []);

        Refused("SeveralUnderlyings", new Portfolio([market, market with { Name = "B" }], [], [], Cash: 1), Usual);
    }

    [Fact]
    public void Assess_SkewWithoutWidth_IsRefused() =>
        Refused("ZeroSkewWidth", Books.OfCheck(Books.Put(3000, -1)), Usual with { Skew = new(LeastWidth: 0, WidthScale: 0) });

    public static TheoryData<DerivePm2Parameters> BadParameters =>
    [
        new() { Volatility = new(RangeUp: -1) },
        new() { Volatility = new(ShortTermPower: 11) },
        new() { Volatility = new(FloorDays: double.NaN) },
        new() { Skew = new(LinearCap: double.PositiveInfinity) },
        new() { Loss = new(MaintenanceFactor: -.1) },
        new() { Loss = new(ShortRateAdd: 2e6) },
        new() { Basis = new(SpotDown: 0) },
        new() { Contingency = new(ConfidenceMargin: -1) },
    ];

    [Theory]
    [MemberData(nameof(BadParameters))]
    public void Assess_ParameterOutOfRange_IsRefused(DerivePm2Parameters parameters) =>
        Refused("ParameterOutOfRange", Books.OfCheck(Books.Put(3000, -1)), parameters);

    public static TheoryData<string, Scenario[]> BadScenarios => new()
    {
        { "ScenarioCount", [] },
        { "ScenarioCount", new Scenario[ScenarioGrid.MostScenarios + 1] },
        { "SpotMultiplierOutOfRange", [new Scenario(0, VolatilityMove.None)] },
        { "SpotMultiplierOutOfRange", [new Scenario(double.NaN, VolatilityMove.None)] },
        { "DampingOutOfRange", [new Scenario(1, VolatilityMove.None, -.1)] },
        { "DampingOutOfRange", [new Scenario(1, VolatilityMove.None, double.NaN)] },
    };

    [Theory]
    [MemberData(nameof(BadScenarios))]
    public void Assess_BadScenario_IsRefused(string refusal, Scenario[] scenarios) =>
        Refused(refusal, Books.OfCheck(Books.Put(3000, -1)), Usual with { Scenarios = scenarios });

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

    /// <summary>The risk model by hand: one perpetual, spot 3000, perp 3100, +10 of unrealised P&amp;L.</summary>
    [Fact]
    public void Assess_OnePerpetual_GivesTheFiguresByHand()
    {
        var book = Books.OfCheck(Books.Perp(1, 10));

        var margin = DerivePm2Margin.Assess(book with { Underlyings = [book.Underlyings[0] with { Perp = new PerpMarket(3100) }] }, Usual);

        Assert.Equal(-558, margin.WorstGain, 1e-9);
        Assert.Equal("spot -18 %, volatility up", margin.WorstScenario);
        Assert.Equal(-608, margin.InitialMargin, 1e-9);
        Assert.Equal(-481.4, margin.MaintenanceMargin, 1e-9);
        Assert.Equal(-558, margin.LegGains[0], 1e-9);
    }

    [Theory]
    [InlineData(.549999, .450001 * 3000)]
    [InlineData(.55, 0)]
    public void Assess_ConfidenceAroundTheThreshold_CountsOnlyUnderIt(double confidence, double expected)
    {
        var book = Books.OfCheck(Books.Perp(-1));

        var margin = DerivePm2Margin.Assess(book with { Underlyings = [book.Underlyings[0] with { SpotConfidence = confidence }] }, Usual);

        Assert.Equal(expected, margin.Contingencies.Confidence, 1e-9);
    }

    [Fact]
    public void Assess_NakedOptions_OffsetAtOneStrikeAcrossTypes()
    {
        // 2 short calls and 1 long put at 3000: one naked; 1 short put at 2500 that nothing covers there: one more.
        var margin = DerivePm2Margin.Assess(Books.OfCheck(Books.Call(3000, -2), Books.Put(3000, 1), Books.Put(2500, -1), Books.Call(2600, 5)), Usual);

        Assert.Equal(2 * 3000 * .003, margin.Contingencies.OptionMaintenance, 1e-9);
        Assert.Equal(2 * 3000 * .002, margin.Contingencies.OptionInitial, 1e-9);
    }

    [Fact]
    public void Assess_CashAdded_RaisesBothMarginsByExactlyThat() =>
        Gen.Select(Books.OneUnderlying, Gen.Double[-1e5, 1e5]).Sample(
            (book, cash) =>
            {
                var (before, after) = (DerivePm2Margin.Assess(book, Usual), DerivePm2Margin.Assess(book with { Cash = book.Cash + cash }, Usual));
                var scale = 1e-12 * (Math.Abs(before.InitialMargin) + Math.Abs(before.MaintenanceMargin) + 1e5);
                return Math.Abs(after.InitialMargin - before.InitialMargin - cash) <= scale
                    && Math.Abs(after.MaintenanceMargin - before.MaintenanceMargin - cash) <= scale;
            },
            iter: 200);

    [Fact]
    public void Assess_AnyPortfolio_GivesFiniteFigures() =>
        Books.OneUnderlying.Sample(
            book =>
            {
                var margin = DerivePm2Margin.Assess(book, Usual);
                return double.IsFinite(margin.InitialMargin) && double.IsFinite(margin.MaintenanceMargin) && margin.Contingencies.Basis <= 0
                    && margin.Gains.All(gain => double.IsFinite(gain.Gain)) && margin.LegGains.All(double.IsFinite);
            },
            iter: 200);

    private static void Refused(string refusal, Portfolio portfolio, DerivePm2Parameters parameters) =>
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => DerivePm2Margin.Assess(portfolio, parameters)).Refusal);

    /// <summary>To 1e-10, relative; absolute where Derive's own figure is rounding.</summary>
    private static void Near(double expected, double actual) => Assert.InRange(actual - expected, -Tolerance(expected), Tolerance(expected));

    private static double Tolerance(double expected) => (1e-10 * Math.Abs(expected)) + 2e-10;
}
