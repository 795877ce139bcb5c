using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class PriceSamplingTests
{
    private const uint Hour = 3600;

    [Fact]
    public void LogReturns_PriceNotOverZero_Refuses() => Assert.Contains(
        "price observation 1 is 0",
        Assert.Throws<ArgumentException>(() => PriceSampling.LogReturns([At(0, 1), At(1, 0)], 10, Hour, 10)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void LogReturns_AnswersOutOfOrder_Refuses() => Assert.Contains(
        "price observation 1 (chain time 9) is older than the one before it (10)",
        Assert.Throws<ArgumentException>(() => PriceSampling.LogReturns([At(10, 1), At(9, 1)], 10, Hour, 10)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void FirstProblem_EqualTimesAndSmallestPrice_IsNull() =>
        Assert.Null(PriceSampling.FirstProblem([new PriceObservation(new Price(new Wad(1)), 5), At(5, 2)]));

    [Theory]
    [InlineData(0UL)]
    [InlineData(7199UL)] // the first grid point after the first answer has not come
    public void LogReturns_FewerThanTwoPoints_None(ulong asOf)
    {
        Assert.Empty(PriceSampling.LogReturns([], asOf, Hour, 10));
        Assert.Empty(PriceSampling.LogReturns([At(3601, 100)], asOf, Hour, 10));
    }

    [Fact]
    public void LogReturns_AnswersOnTheGrid_AreTheirLogRatios() =>
        AssertReturns([At(0, 100), At(Hour, 110), At(2 * Hour, 99)], 2 * Hour, 10, 1.1, 0.9);

    [Fact]
    public void LogReturns_AnswerAfterAGridPoint_CountsOnlyAtTheNext() => // no look-ahead
        AssertReturns([At(0, 100), At(Hour + 1, 200)], 2 * Hour, 10, 1, 2);

    [Fact]
    public void LogReturns_AnswerExactlyOnAGridPoint_CountsThere() =>
        AssertReturns([At(0, 100), At(Hour, 200)], 2 * Hour, 10, 2, 1);

    [Fact]
    public void LogReturns_AnswerInsideTheLastInterval_GivesOneLastReturn() =>
        AssertReturns([At(0, 100), At(Hour, 100), At(Hour + 60, 80)], Hour + 60, 10, 1, 0.8);

    [Fact]
    public void LogReturns_AnswerAfterAsOf_IsNotSeen() =>
        AssertReturns([At(0, 100), At(Hour, 100), At(Hour + 61, 80)], Hour + 60, 10, 1);

    [Fact]
    public void LogReturns_FirstAnswerOffTheGrid_BeginsAtTheNextGridPoint() =>
        AssertReturns([At(100, 100), At(Hour - 1, 120), At(2 * Hour, 60)], 2 * Hour, 10, 0.5);

    [Theory]
    [InlineData(6, 5)] // six grid points, as many as asked for: none left out
    [InlineData(5, 4)]
    [InlineData(2, 1)]
    public void LogReturns_MoreHistoryThanAskedFor_KeepsTheNewest(int maximum, int count)
    {
        var prices = Enumerable.Range(0, 6).Select(i => At((ulong)i * Hour, 100 + (i * i))).ToList();

        var returns = PriceSampling.LogReturns(prices, 5 * Hour, Hour, maximum);

        Assert.Equal(count, returns.Length);
        Assert.Equal(Math.Log(125.0 / 116), returns[^1], 1e-15);
    }

    [Fact]
    public void LogReturns_Random_NeverDependOnLaterAnswersAndAddUpToTheWholeMove() =>
        Gen.Select(Gen.Select(Gen.UInt[0, 5000], Gen.Int[1, 1000]).List[1, 60], Gen.UInt[0, 400_000]).Sample((steps, asOf) =>
        {
            var time = 0UL;
            var all = steps.Select(step => At(time += step.Item1, step.Item2)).ToList();
            var seen = all.Where(observation => observation.Timestamp <= asOf).ToList();

            var returns = PriceSampling.LogReturns(all, asOf, Hour, 1000);

            Assert.Equal(seen.Count == 0 ? [] : PriceSampling.LogReturns(seen, asOf, Hour, 1000), returns);
            if (returns.Length > 0)
            {
                var start = (seen[0].Timestamp + Hour - 1) / Hour * Hour;
                var first = seen.Last(observation => observation.Timestamp <= start).Price.PerToken.ToDouble();
                Assert.Equal(Math.Log(seen[^1].Price.PerToken.ToDouble() / first), returns.Sum(), 1e-11);
            }
        });

    private static void AssertReturns(List<PriceObservation> observations, ulong asOf, int maximum, params double[] ratios)
    {
        var returns = PriceSampling.LogReturns(observations, asOf, Hour, maximum);
        Assert.Equal(ratios.Length, returns.Length);
        foreach (var (ratio, actual) in ratios.Zip(returns))
        {
            Assert.Equal(Math.Log(ratio), actual, 1e-14);
        }
    }

    private static PriceObservation At(ulong time, int price) => new(new Price(new Wad(price * Wad.Scale)), time);
}
