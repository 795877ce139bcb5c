using CsCheck;
using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class BreachProbabilityTests
{
    private const double Day = 1.0 / 365;
    private static readonly CorrelationMatrix One = CorrelationMatrix.Identity(1);

    [Theory]
    [InlineData(-1e-9, 0.75, Day, "Negative")]
    [InlineData(double.NaN, 0.75, Day, "Negative")]
    [InlineData(1.05, -1e-9, Day, "Negative")]
    [InlineData(1.05, double.NaN, Day, "NotFinite")]
    [InlineData(1.05, 0.75, -1e-9, "Negative")]
    [InlineData(1.05, 0.75, double.PositiveInfinity, "NotFinite")]
    public void Terminal_NumbersThatAreNone_Refuses(double health, double volatility, double years, string refusal)
    {
        TailVectors.Refuses(refusal, () => BreachProbability.Terminal(health, volatility, years));
        TailVectors.Refuses(refusal, () => BreachProbability.FirstPassage(health, volatility, years));
    }

    [Fact]
    public void Closed_CheckOfTheRiskModel_Gives1106And2192()
    {
        Assert.Equal(0.1106, BreachProbability.Terminal(1.05, 0.75, Day), 5e-5);
        Assert.Equal(0.2192, BreachProbability.FirstPassage(1.05, 0.75, Day), 5e-5);
    }

    [Theory]
    [InlineData(0, 0.75, Day, 1, 1)]
    [InlineData(0.999, 0, Day, 1, 1)]
    [InlineData(1, 0, Day, 0, 0)]
    [InlineData(0.999, 0.75, 0, 1, 1)]
    [InlineData(1.05, 0.75, 0, 0, 0)]
    [InlineData(double.PositiveInfinity, 0.75, Day, 0, 0)]
    public void Closed_NothingMovesOrNothingOwed_IsCertain(double health, double volatility, double years, double terminal, double passage)
    {
        Assert.Equal(terminal, BreachProbability.Terminal(health, volatility, years));
        Assert.Equal(passage, BreachProbability.FirstPassage(health, volatility, years));
    }

    [Fact]
    public void FirstPassage_HealthOfOneOrLess_IsBreachedAlreadyAndJustOverIsNearlySo()
    {
        Assert.Equal(1, BreachProbability.FirstPassage(1, 0.75, Day));
        Assert.Equal(1, BreachProbability.FirstPassage(0.5, 0.75, Day));
        Assert.InRange(BreachProbability.FirstPassage(1.000001, 0.75, Day), 0.9999, 1);
        Assert.True(BreachProbability.Terminal(0.5, 0.75, 1) < 1, "it may have come back by the horizon");
    }

    [Fact]
    public void Closed_AnyAccount_IsAProbabilityThatPassageBoundsAndThatFallsInHealth() => Gen.Select(
        Gen.Double[0.01, 5], Gen.Double[0, 4], Gen.Double[0, 3], Gen.Double[0, 1]).Sample((health, volatility, years, more) =>
        {
            var terminal = BreachProbability.Terminal(health, volatility, years);
            var passage = BreachProbability.FirstPassage(health, volatility, years);

            Assert.InRange(terminal, 0, 1);
            Assert.InRange(passage, 0, 1);
            Assert.True(passage >= terminal - 1e-12);
            Assert.True(BreachProbability.FirstPassage(health + more, volatility, years) <= passage + 1e-12);
            Assert.True(BreachProbability.FirstPassage(health, volatility + more, years) >= passage - 1e-12);
        });

    // Standard errors at most .1 %, three of them allowed; the bridge makes the number of steps irrelevant for one collateral.
    [Theory]
    [InlineData(1.05, 0.75, Day, 1)]
    [InlineData(1.05, 0.75, Day, 4)]
    [InlineData(1.2, 1.1, 5 * Day, 3)]
    public void SimulateFirstPassage_OneCollateral_AgreesWithTheClosedForm(double health, double volatility, double years, int steps)
    {
        var estimate = BreachProbability.SimulateFirstPassage(health, [1], [volatility], One, years, steps, 60_000, 21);

        Assert.InRange(estimate.StandardError, 1e-6, 0.001);
        Assert.Equal(BreachProbability.FirstPassage(health, volatility, years), estimate.Probability, 3 * estimate.StandardError);
    }

    [Fact]
    public void SimulateTerminal_OneCollateral_AgreesWithTheClosedForm()
    {
        var estimate = BreachProbability.SimulateTerminal(1.05, [1], [0.75], One, Day, 60_000, 22);

        Assert.InRange(estimate.StandardError, 1e-6, 0.001);
        Assert.Equal(BreachProbability.Terminal(1.05, 0.75, Day), estimate.Probability, 3 * estimate.StandardError);
    }

    [Fact]
    public void SimulateFirstPassage_TwoCollateralsThatMoveAsOne_AreOneCollateral()
    {
        var estimate = BreachProbability.SimulateFirstPassage(
            1.05, [0.3, 0.7], [0.75, 0.75], CorrelationMatrix.Uniform(2, 1), Day, 2, 60_000, 23);

        Assert.Equal(BreachProbability.FirstPassage(1.05, 0.75, Day), estimate.Probability, 3 * estimate.StandardError);
    }

    [Fact]
    public void SimulateFirstPassage_SecondCollateralUncorrelated_IsSaferAndAStableOneSaferStill()
    {
        double Probability(double secondVolatility, double rho) => BreachProbability.SimulateFirstPassage(
            1.05, [0.5, 0.5], [0.75, secondVolatility], CorrelationMatrix.Uniform(2, rho), Day, 2, 6_000, 24).Probability;

        Assert.True(Probability(0.75, 0.2) < Probability(0.75, 0.9));
        Assert.True(Probability(0, 0) < Probability(0.75, 0.2));

        // Half stable: ln H has half the volatility, to first order in the move.
        Assert.Equal(BreachProbability.FirstPassage(1.05, 0.375, Day), Probability(0, 0), 0.01);
    }

    [Fact]
    public void SimulateFirstPassage_SameSeed_SameBits()
    {
        BreachProbability.Estimate Run(ulong seed) => BreachProbability.SimulateFirstPassage(1.05, [1], [0.75], One, Day, 2, 100, seed);

        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
    }

    [Fact]
    public void SimulateFirstPassage_HealthUnderOneOrNothingMoves_IsCertain()
    {
        Assert.Equal(1, BreachProbability.SimulateFirstPassage(0.99, [1], [0.75], One, Day, 2, 10, 1).Probability);
        Assert.Equal(1, BreachProbability.SimulateFirstPassage(1, [1], [0.75], One, Day, 2, 10, 1).Probability);
        Assert.Equal(0, BreachProbability.SimulateFirstPassage(1.01, [1], [0], One, Day, 2, 10, 1).Probability);
        Assert.Equal(1, BreachProbability.SimulateFirstPassage(0, [1], [0], One, Day, 2, 10, 1).Probability);
    }

    [Fact]
    public void SimulateFirstPassage_BadAccount_Refuses()
    {
        TailVectors.Refuses("SharesNotOne", () => BreachProbability.SimulateFirstPassage(1.1, [0.99], [1], One, Day, 1, 10, 1));
        TailVectors.Refuses(
            "Negative",
            () => BreachProbability.SimulateFirstPassage(1.1, [-0.1, 1.1], [1, 1], CorrelationMatrix.Identity(2), Day, 1, 10, 1));
        TailVectors.Refuses("ShapeMismatch", () => BreachProbability.SimulateFirstPassage(1.1, [0.5, 0.5], [1], One, Day, 1, 10, 1));
        TailVectors.Refuses("CountOutOfRange", () => BreachProbability.SimulateFirstPassage(1.1, [1], [1], One, Day, 0, 10, 1));
        TailVectors.Refuses("CountOutOfRange", () => BreachProbability.SimulateFirstPassage(1.1, [1], [1], One, Day, 1, 1, 1));
        TailVectors.Refuses("Negative", () => BreachProbability.SimulateFirstPassage(-1, [1], [1], One, Day, 1, 10, 1));
    }
}
