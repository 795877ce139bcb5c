using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class RiskPolicyTests
{
    private static readonly RiskModel Model = new(3600, 0.97, 1.2, 0.25, 1_000_000, 1_000_000_000, 336);

    [Theory]
    [InlineData(24, false)] // 24 hourly prices are 23 returns
    [InlineData(25, true)]
    public void Propose_AtLeast24Returns_NoneWithFewer(int prices, bool proposes) =>
        Assert.Equal(proposes, RiskPolicy.Propose(History(prices, 0.01), (ulong)(prices - 1) * 3600, Model, Attested(0.6m), Bounds()) is not null);

    [Fact]
    public void Propose_TargetInsideTheSteps_IsTheAppliedValueWithoutAReason()
    {
        var proposal = Propose(0.005, Attested(0.6m));

        Assert.Equal("", proposal.Reason);
        Assert.Equal(0.005 * Math.Sqrt(8760), proposal.PointVolatility, 1e-12);
        Assert.Equal((0.75 * proposal.PointVolatility) + 0.3, proposal.AppliedVolatility, 1e-15);
        Assert.Equal(Wad.FromDoubleUp(proposal.AppliedVolatility), proposal.Volatility);
        Assert.Equal(Wad.FromDoubleUp(Slippage.SquareRootImpact(proposal.AppliedVolatility, 1_000_000, 1_000_000_000)), proposal.Slippage);
    }

    [Fact]
    public void Propose_Crash_StopsAtTheTightenStepAndSaysSo()
    {
        var proposal = Propose(0.03, Attested(0.6m)); // 281 % a year

        Assert.Equal(Fraction(1.2m), proposal.Volatility);
        Assert.Contains("volatility 2.", proposal.Reason, StringComparison.Ordinal);
        Assert.Contains("over the largest admissible next value 1.2", proposal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Propose_Calm_StopsAtTheLoosenStepAndSaysSo()
    {
        var proposal = Propose(0.001, Attested(0.6m));

        Assert.Equal(Fraction(0.54m), proposal.Volatility);
        Assert.Contains("under the least admissible next value 0.54", proposal.Reason, StringComparison.Ordinal);
    }

    /// <summary>A stable token: what its past says is less than governance believes of any price.</summary>
    [Fact]
    public void Propose_PriceThatNeverMoves_IsHeldAtTheFloorAndSaysSo()
    {
        var history = Enumerable.Range(0, 100).Select(i => new PriceObservation(new Price(Wad.One), (ulong)i * 3600)).ToList();

        var proposal = RiskPolicy.Propose(history, 99 * 3600, Model with { StressVolatility = .4 }, Attested(0.35m), Bounds())!;

        Assert.Equal((0, .1), (proposal.PointVolatility, proposal.AppliedVolatility));
        Assert.Equal(Bounds().VolatilityFloor, proposal.Volatility);
        Assert.Matches(@"^volatility 0\.10*\d? is under the least admissible next value 0\.35", proposal.Reason);
    }

    [Fact]
    public void Propose_SlippageFarAway_IsHeldByItsStepAndNamedAfterTheVolatility()
    {
        var proposal = Propose(0.03, Attested(0.6m, 0.25m));

        Assert.Equal(Fraction(0.15m), proposal.Slippage);
        Assert.Matches("^volatility .*; slippage .* is under the least admissible next value 0.15$", proposal.Reason);
    }

    /// <summary>Each input alone, and by the formula of risk-model.md and HybridRequirement.</summary>
    [Fact]
    public void Propose_ImpliedPoolAndDivergence_EachMakesItStricterByItsFormula()
    {
        var plain = Propose(0.005, Attested(0.6m));
        var implied = Propose(0.005, Attested(0.6m), new MarketInputs(0.9, 0, 0));
        var lower = Propose(0.005, Attested(0.6m), new MarketInputs(0.1, 0, 0));
        var pool = Propose(0.005, Attested(0.6m), new MarketInputs(0, 0.03, 0));
        var deep = Propose(0.005, Attested(0.6m), new MarketInputs(0, plain.Slippage.ToDouble() / 2, 0));
        var apart = Propose(0.005, Attested(0.6m), new MarketInputs(0, 0, 0.01));

        Assert.Equal((0.9, (0.75 * 0.9) + 0.3), (implied.PointVolatility, implied.AppliedVolatility));
        Assert.True(implied.Volatility > plain.Volatility);
        Assert.Equal((plain.Volatility, plain.Slippage), (lower.Volatility, lower.Slippage));
        Assert.Equal(plain.Volatility, pool.Volatility);
        Assert.Equal(Wad.FromDoubleUp(0.03), pool.Slippage);
        Assert.Equal(plain.Slippage, deep.Slippage);
        Assert.Equal(plain.Volatility, apart.Volatility);
        Assert.Equal((1 - plain.Slippage.ToDouble()) * 0.99, 1 - apart.Slippage.ToDouble(), 1e-15);
    }

    [Fact]
    public void Of_Expiry_IsTheSurfacesValueInsideItsStepsAndAsItWasOncePast()
    {
        var bounds = new OptionBoundsSnapshot(Fraction(0.1m), Fraction(3m), Fraction(0.5m), Fraction(0.05m), Fraction(0.8m), Fraction(1.25m));
        var last = new OptionInputsSnapshot(Fraction(0.6m), Wad.One);

        var inside = OptionProposal.Of(7, (0.75, 1.03125), last, bounds);
        Assert.Equal((Fraction(0.75m), Fraction(1.03125m), ""), (inside.Inputs.ImpliedVolatility, inside.Inputs.ForwardRatio, inside.Reason));
        var far = OptionProposal.Of(7, (2, 0.5), last, bounds);
        Assert.Equal((Fraction(0.9m), Fraction(0.95m)), (far.Inputs.ImpliedVolatility, far.Inputs.ForwardRatio));
        Assert.Matches("^implied volatility 2 is over .* 0.9; forward over spot 0.5 is under .* 0.95$", far.Reason);
        Assert.Equal(Fraction(0.3m), OptionProposal.Of(7, (0.1, 1), last, bounds).Inputs.ImpliedVolatility);
        Assert.Equal(last, OptionProposal.Of(7, null, last, bounds).Inputs);
    }

    [Fact]
    public void Ranges_CloseToTheBounds_EndAtThem()
    {
        Assert.Equal((Fraction(0.54m), Fraction(1.2m)), RiskPolicy.VolatilityRange(Attested(0.6m), Bounds()));
        Assert.Equal((Fraction(0.35m), Fraction(0.72m)), RiskPolicy.VolatilityRange(Attested(0.36m), Bounds()));
        Assert.Equal((Fraction(2.7m), Fraction(4m)), RiskPolicy.VolatilityRange(Attested(3m), Bounds()));
        Assert.Equal((Wad.Zero, Fraction(0.12m)), RiskPolicy.SlippageRange(Attested(0.6m, 0.02m), Bounds()));
        Assert.Equal((Fraction(0.15m), Fraction(0.3m)), RiskPolicy.SlippageRange(Attested(0.6m, 0.25m), Bounds()));
    }

    private static RiskProposal Propose(double move, AttestedSnapshot attested, MarketInputs inputs = default) =>
        RiskPolicy.Propose(History(100, move), 99 * 3600, Model, attested, Bounds(), inputs)!;

    /// <summary>Hourly prices that go up and down by the same log return: a variance known beforehand.</summary>
    private static List<PriceObservation> History(int count, double move) =>
        [.. Enumerable.Range(0, count).Select(i => new PriceObservation(
            new Price(Wad.FromDoubleDown(i % 2 == 0 ? 3000 : 3000 * Math.Exp(move))), (ulong)i * 3600))];
}
