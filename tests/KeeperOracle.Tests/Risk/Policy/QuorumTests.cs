using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class QuorumTests
{
    private static readonly Gen<Wad> Values = Gen.Long[0, 5_000_000_000_000_000_000].Select(raw => new Wad(raw));

    [Fact]
    public void StricterMedian_NoValue_Refuses()
    {
        Assert.Throws<ArgumentException>(() => Quorum.StricterMedian([]));
        Assert.Throws<InvalidOperationException>(() => Quorum.LeastTight([]));
    }

    [Theory]
    [InlineData(new[] { 7 }, 7, 7)]
    [InlineData(new[] { 1, 9 }, 9, 1)]
    [InlineData(new[] { 9, 1, 5 }, 5, 1)]
    [InlineData(new[] { 4, 1, 3, 2 }, 3, 1)]
    public void StricterMedian_EvenCount_TakesTheLargerOfTheMiddle(int[] values, int median, int leastTight)
    {
        var wads = values.Select(value => new Wad(value)).ToList();

        Assert.Equal(new Wad(median), Quorum.StricterMedian(wads));
        Assert.Equal(new Wad(leastTight), Quorum.LeastTight(wads));
    }

    [Fact]
    public void StricterMedian_OneLiarOfThreeOrFour_StaysInTheHonestRange() =>
        Gen.Select(Values.List[2, 3], Values, Gen.Int[0, 3]).Sample((honest, lie, place) =>
        {
            var all = honest.ToList();
            all.Insert(Math.Min(place, honest.Count), lie);

            var median = Quorum.StricterMedian(all);

            Assert.True(honest.Min() <= median && median <= honest.Max());
        });

    [Fact]
    public void LeastTight_OneLiarOfTwo_NeverTightensOverTheHonestValue() =>
        Gen.Select(Values, Values).Sample((honest, lie) => Assert.True(Quorum.LeastTight([lie, honest]) <= honest));
}
