using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class LegRevaluationTests
{
    private static readonly Gen<double[]> Eight = Gen.Double[.001, 10_000].Array[8];

    [Fact]
    public void Row_AnyWidth_GivesTheSameBits() =>
        Gen.Select(Eight, Gen.Double[0, 5].Array[8], Gen.Double[1, 9000], Gen.Double[0, 4], Gen.Bool, Gen.Double[-100, 100]).Sample(
            (forward, factor, strike, deviation, call, scale) =>
            {
                var terms = new OptionTerms(strike, Elementary.Log(strike), call ? 1 : -1, deviation, scale);
                var (one, four, eight) = (new double[8], new double[8], new double[8]);
                LegRevaluation.Row<Lane1>(Lanes(forward, factor), terms, one);
                LegRevaluation.Row<Lanes4>(Lanes(forward, factor), terms, four);
                LegRevaluation.Row<Lanes8>(Lanes(forward, factor), terms, eight);
                return one.SequenceEqual(four) && one.SequenceEqual(eight);
            },
            iter: 2000);

    [Fact]
    public void Row_AgainstTheTextbookForm_AgreesToRounding() =>
        Gen.Select(Eight, Gen.Double[1, 9000], Gen.Double[.001, 4], Gen.Bool).Sample(
            (forward, strike, deviation, call) =>
            {
                var sign = call ? 1 : -1;
                var row = new double[8];
                LegRevaluation.Row(Lanes(forward, [1, 1, 1, 1, 1, 1, 1, 1]), new OptionTerms(strike, Elementary.Log(strike), sign, deviation, 1), row);
                return forward.Zip(row).All(pair =>
                {
                    var d1 = (Elementary.Log(pair.First / strike) / deviation) + (deviation / 2);
                    var value = sign * ((pair.First * Elementary.NormalCdf(sign * d1)) - (strike * Elementary.NormalCdf(sign * (d1 - deviation))));
                    return Math.Abs(pair.Second - value) <= 1e-13 * (pair.First + strike);
                });
            },
            iter: 1000);

    [Theory]
    [InlineData(1, 100, 90, 10)]
    [InlineData(1, 90, 100, 0)]
    [InlineData(-1, 90, 100, 10)]
    [InlineData(1, 100, 100, 0)]
    public void Row_WithoutVolatility_IsTheIntrinsicValue(double sign, double forward, double strike, double value)
    {
        var row = new double[8];

        LegRevaluation.Row(
            Lanes([.. Enumerable.Repeat(forward, 8)], [.. Enumerable.Repeat(1.0, 8)]), new OptionTerms(strike, Elementary.Log(strike), sign, 0, 1), row);

        Assert.All(row, one => Assert.Equal(value, one, 1e-12));
    }

    private static ExpiryLanes Lanes(double[] forward, double[] factor) => new(
        forward, forward.Select(Elementary.Log).ToArray(), factor, Enumerable.Repeat(LegRevaluation.LeastDeviation, 8).ToArray());
}
