using System.Globalization;
using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class EwmaTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Variance_LambdaNotBetweenZeroAndOne_Refuses(double lambda) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Ewma.Variance([0.1], lambda, 1));

    [Fact]
    public void Variance_NoReturnOrNoSeed_Refuses()
    {
        Assert.Throws<ArgumentException>(() => Ewma.Variance([], 0.94, 1));
        Assert.Throws<ArgumentException>(() => Ewma.Variance([0.1], 0.94, 0));
    }

    [Fact]
    public void Variance_GoldenVectors_AgreesTo1e13Relative()
    {
        using var vectors = new Vectors("ewma.json");
        var cases = vectors.Root.GetProperty("cases").EnumerateArray().ToList();
        Assert.True(cases.Count >= 40);

        foreach (var one in cases)
        {
            var expected = Vectors.Double(one.GetProperty("variance").GetString()!);
            var actual = Ewma.Variance(
                Vectors.Doubles(one, "returns").ToArray(), Vectors.Double(one.GetProperty("lambda").GetString()!), one.GetProperty("seed").GetInt32());
            Assert.Equal(expected, actual, expected * 1e-13);
        }
    }

    [Fact]
    public void Update_CheckOfTheRiskModel_Gives8871AndApplied9653()
    {
        using var vectors = new Vectors("ewma.json");
        var check = vectors.Root.GetProperty("check");
        double Number(string name) => Vectors.Double(check.GetProperty(name).GetString()!);
        var before = Number("volatilityBefore") * Number("volatilityBefore") / 365;

        var after = Ewma.Annualise(Ewma.Update(before, Number("dailyReturn"), Number("lambda")), Conventions.SecondsPerDay);
        var applied = StressBlend.Apply(after, Number("stress"), Number("weight"));

        Assert.Equal(Number("volatilityAfter"), after, 1e-13);
        Assert.Equal(Number("applied"), applied, 1e-13);
        Assert.Equal("0.8871", after.ToString("0.0000", CultureInfo.InvariantCulture));
        Assert.Equal("0.9653", applied.ToString("0.0000", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Variance_ConstantSquare_StaysThere() => Gen.Select(Gen.Double[0.0001, 0.2], Gen.Int[1, 50], Gen.Double[0.5, 0.99]).Sample(
        (size, count, lambda) =>
        {
            var returns = Enumerable.Range(0, count).Select(i => i % 2 == 0 ? size : -size).ToArray();

            Assert.Equal(size * size, Ewma.Variance(returns, lambda, 24), size * size * 1e-13);
        });

    [Fact]
    public void Annualise_HourlyVariance_IsScaledByTheHoursOfAYear() =>
        Assert.Equal(0.01 * Math.Sqrt(8760), Ewma.Annualise(0.0001, 3600), 1e-14);
}
