using CsCheck;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class EsContributionsTests
{
    private static readonly string[] Legs = ["put", "call", "perp"];

    private static readonly Gen<double[]> Scenarios = Gen.Int[2, 50].SelectMany(count => Gen.Double[-10, 10].Array[3 * count]);

    [Fact]
    public void Of_ShapesThatDoNotFit_Refuses()
    {
        TailVectors.Refuses("ShapeMismatch", () => EsContributions.Of([1, 2, 3, 4], Legs, 0.9));
        TailVectors.Refuses("ShapeMismatch", () => EsContributions.Of([], [], 0.9));
        TailVectors.Refuses("TooFewObservations", () => EsContributions.Of([1, 2, 3], Legs, 0.9));
        TailVectors.Refuses("NotFinite", () => EsContributions.Of([1, 2, 3, 4, 5, double.NaN], Legs, 0.9));
        TailVectors.Refuses("LevelOutOfRange", () => EsContributions.Of([1, 2, 3, 4, 5, 6], Legs, 1));
    }

    [Fact]
    public void Of_ByHand_SplitsTheWorstScenarios()
    {
        // Totals -11, -2, 3, 5: at .5 the tail is the first two scenarios.
        var split = EsContributions.Of([-10, 1, 2, 4, -1, -3, 1, 1], ["A", "B"], 0.5);

        Assert.Equal(6.5, split.Total, 1e-14);
        Assert.Equal(("A", 4.5), (split.Groups[0].Group, split.Groups[0].Component));
        Assert.Equal(("B", 2.0), (split.Groups[1].Group, split.Groups[1].Component));

        // Alone: A loses 10 and -1, B loses 3 and 1.
        Assert.Equal((4.5, 2.0), (split.Groups[0].Standalone, split.Groups[1].Standalone));
        Assert.Equal((4.5, 2.0), (split.Groups[0].Incremental, split.Groups[1].Incremental));
    }

    [Fact]
    public void Of_ChainsOfLegs_GroupsByName()
    {
        var split = EsContributions.Of([-10, 1, -1, -3, 5, 5], ["1", "8453", "1"], 0.5);

        Assert.Equal(["1", "8453"], split.Groups.Select(g => g.Group));
        Assert.Equal(5, split.Groups[0].Component, 1e-14);
        Assert.Equal(1, split.Groups[1].Component, 1e-14);
    }

    [Fact]
    public void Of_OneGroup_IsTheWhole()
    {
        var split = EsContributions.Of([-10, 1], ["A"], 0.9);

        Assert.Equal((10, 10, 10, 10), (split.Total, split.Groups[0].Component, split.Groups[0].Incremental, split.Groups[0].Standalone));
    }

    [Fact]
    public void Of_AnyBook_ComponentsSumExactlyAndTheTotalIsTheBooksEs() =>
        Gen.Select(Scenarios, Gen.Double[0.01, 0.99]).Sample((pnl, level) =>
        {
            var split = EsContributions.Of(pnl, Legs, level);
            var count = pnl.Length / 3;
            var book = Enumerable.Range(0, count).Select(s => pnl[s] + pnl[count + s] + pnl[(2 * count) + s]).ToArray();

            Assert.Equal(split.Total, split.Groups.Sum(g => g.Component));
            Assert.Equal(HistoricalTail.Forecast(book, level).Es, split.Total, 1e-10);
        });

    [Fact]
    public void Of_AnyBook_StandaloneIsAtLeastComponentAndIncremental() =>
        Gen.Select(Scenarios, Gen.Double[0.01, 0.99]).Sample((pnl, level) =>
        {
            foreach (var group in EsContributions.Of(pnl, Legs, level).Groups)
            {
                Assert.True(group.Standalone >= group.Component - 1e-10);
                Assert.True(group.Standalone >= group.Incremental - 1e-10);
            }
        });

    [Fact]
    public void Of_TiedScenariosInAnotherOrder_SameComponents()
    {
        // The two worst scenarios tie at -5 with different legs; the tail holds one and a half of four.
        var one = EsContributions.Of([-5, 0, 1, 2, 0, -5, 1, 2], ["A", "B"], 0.625);
        var other = EsContributions.Of([0, -5, 1, 2, -5, 0, 1, 2], ["A", "B"], 0.625);

        Assert.Equal(2.5, one.Groups[0].Component, 1e-14);
        Assert.Equal(one.Groups[0].Component, other.Groups[0].Component, 1e-14);
    }

    [Fact]
    public void Of_IncrementalOfALeg_IsWithLessWithout()
    {
        double[] pnl = [-10, 1, 2, 4, -1, -3, 1, 1, 7, 0, -4, 1];
        var split = EsContributions.Of(pnl, Legs, 0.6);
        var without = EsContributions.Of(pnl.AsSpan(0, 8), Legs[..2], 0.6).Total;

        Assert.Equal(split.Total - without, split.Groups[2].Incremental, 1e-14);
        Assert.True(split.Groups[2].Incremental < 0, "a hedge lowers the shortfall");
    }
}
