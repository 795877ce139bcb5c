using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Tests.Risk.Margin;

namespace KeeperOracle.Tests.Risk.CrossChain;

public sealed class CrossChainDistanceTests
{
    private const double Day = 1.0 / 365;

    /// <summary>The check of the risk model: health 1.05, volatility .75, one day: 21.92 %. The ether is on one chain, the debt on
    /// another.</summary>
    [Fact]
    public void Of_OneCollateral_IsTheClosedForm()
    {
        var linked = new LinkedAccounts(
            [],
            [new ChainAccount("A", 0, 0, [], [new ChainCollateral("WETH", 1, 3000, .7, .6, .75)]), new ChainAccount("B", 0, 0, [], [], Debt: 2000)]);

        var distance = Of(linked);

        Assert.Equal(.2192, distance.BreachProbability, 5e-5);
        Assert.Equal((1 / 1.05) - 1, distance.Down.Distance!.Value, 1e-12);
        Assert.Equal(Math.Log(1.05) / (.75 / Math.Sqrt(365)), distance.Down.SigmaDays!.Value, 1e-9);
        Assert.Equal(BarrierStatus.NeverLiquidatable, distance.Up.Status);
        Assert.Equal(3000 / 1.05, Assert.Single(distance.Assets).PriceDown!.Value, 1e-9);
        Assert.Equal((null, false), (distance.Nearest!.Value.Asset, distance.Nearest.Value.Up));
    }

    /// <summary>One asset with a price above and one below: the probability against a simulated path with Brownian bridges.</summary>
    [Fact]
    public void Of_PriceAboveAlone_IsTheProbabilityOfRisingToIt()
    {
        // A short call against dollars: only a rise hurts.
        var linked = new LinkedAccounts(
            Books.OfCheck().Underlyings,
            [new ChainAccount("A", 0, 0, [Books.Call(3000, -1)], []), new ChainAccount("B", 0, 0, [], [new ChainCollateral("USD", 1000, 1, 1, 1)])]);

        var distance = Of(linked, 30 * Day);

        Assert.Equal(BarrierStatus.LiquidatableAt, distance.Up.Status);
        Assert.Equal(BarrierStatus.NeverLiquidatable, distance.Down.Status);
        var simulated = Rises(distance.Up.Multiplier!.Value, .60, 30 * Day, 40_000);
        Assert.InRange(distance.BreachProbability, simulated.Probability - (4 * simulated.Error), simulated.Probability + (4 * simulated.Error));
    }

    [Fact]
    public void Of_AccountUnderHealthOne_IsBreachedAlready()
    {
        var linked = new LinkedAccounts([], [new ChainAccount("A", 0, 0, [], [new ChainCollateral("WETH", 1, 3000, .7, .6, .75)], Debt: 2200)]);

        var distance = Of(linked);

        Assert.Equal(1, distance.BreachProbability);
        Assert.Equal(BarrierStatus.HealthyAgainAt, distance.Up.Status);
        Assert.True(distance.Nearest!.Value.Up, "nearest is where it is healthy again");
    }

    [Fact]
    public void Of_NothingOwed_IsAtNoDistance()
    {
        var distance = Of(new LinkedAccounts([], [new ChainAccount("A", 0, 0, [], [new ChainCollateral("WETH", 1, 3000, .7, .6, .75)])]));

        Assert.Equal((0, null), (distance.BreachProbability, distance.Nearest));
    }

    /// <summary>What liquidation looks at is the same to the bit whatever the ages (CrossChainMarginTests): so is the distance to it.</summary>
    [Theory]
    [InlineData(1e3, false)]
    [InlineData(1e8, false)]
    [InlineData(0, true)]
    public void F31_Of_AnyAgeAndSilence_IsTheSame(double older, bool silent)
    {
        var linked = new LinkedAccounts(
            Books.OfCheck().Underlyings,
            [
                new ChainAccount("A", 1200, 900, [Books.Call(3300, -1)], [new ChainCollateral("ETH", 2, 3000, .8, .7, .6)], ValueCap: 5000),
                new ChainAccount("B", 0, 0, [Books.Put(2500, -1)], [], Debt: 2800),
            ]);
        var aged = LinkedBooks.With(linked, 0, chain => chain with { AgeSeconds = chain.AgeSeconds + older, Silent = silent });

        var (then, now) = (Of(linked, 7 * Day), Of(aged, 7 * Day));

        Assert.Equal(BarrierStatus.LiquidatableAt, then.Down.Status);
        Assert.Equal((then.Down, then.Up, then.Nearest, then.BreachProbability), (now.Down, now.Up, now.Nearest, now.BreachProbability));
        Assert.Equal(then.Assets, now.Assets);
        Assert.InRange(then.BreachProbability, 1e-9, .9);
    }

    private static CrossChainDistance Of(LinkedAccounts linked, double years = Day) => CrossChainDistance.Of(CrossChainMargin.Assess(linked), null, years);

    /// <summary>Of reaching a multiple of the price from below: a path of 20 steps, between which a bridge may reach it.</summary>
    private static (double Probability, double Error) Rises(double multiple, double volatility, double years, int paths)
    {
        var random = new KeeperOracle.Risk.SeededRandom(31);
        var variance = volatility * volatility * years / 20;
        var (sum, squares) = (0.0, 0.0);
        for (var path = 0; path < paths; path++)
        {
            var (left, survived) = (Math.Log(multiple), 1.0);
            for (var step = 0; step < 20 && survived > 0; step++)
            {
                var next = left + (variance / 2) - (Math.Sqrt(variance) * random.NextNormal());
                survived *= next <= 0 ? 0 : 1 - Math.Exp(-2 * left * next / variance);
                left = next;
            }

            sum += 1 - survived;
            squares += (1 - survived) * (1 - survived);
        }

        var mean = sum / paths;
        return (mean, Math.Sqrt(((squares / paths) - (mean * mean)) / paths));
    }
}
