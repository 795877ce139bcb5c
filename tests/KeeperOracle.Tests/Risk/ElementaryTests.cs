using CsCheck;
using KeeperOracle.Risk;

namespace KeeperOracle.Tests.Risk;

public sealed class ElementaryTests
{
    /// <summary>Relative.</summary>
    private const double Promised = 1e-15;

    [Fact]
    public void Exp_OutsideItsDomain_IsNotANumberInfinityOrZero()
    {
        Assert.True(double.IsNaN(Elementary.Exp(double.NaN)));
        Assert.Equal(double.PositiveInfinity, Elementary.Exp(709.79));
        Assert.Equal(double.PositiveInfinity, Elementary.Exp(double.PositiveInfinity));
        Assert.Equal(0, Elementary.Exp(-745.14));
        Assert.Equal(0, Elementary.Exp(double.NegativeInfinity));
    }

    [Fact]
    public void Log_OutsideItsDomain_IsNotANumberOrInfinity()
    {
        Assert.True(double.IsNaN(Elementary.Log(double.NaN)));
        Assert.True(double.IsNaN(Elementary.Log(-double.Epsilon)));
        Assert.Equal(double.NegativeInfinity, Elementary.Log(0));
        Assert.Equal(double.PositiveInfinity, Elementary.Log(double.PositiveInfinity));
    }

    [Theory]
    [InlineData(709.78)]
    [InlineData(-745.13)]
    [InlineData(-720)] // a subnormal result
    public void Exp_AtTheEdges_IsFiniteAndOverZero(double x) => Assert.True(Elementary.Exp(x) is > 0 and < double.PositiveInfinity);

    [Fact]
    public void Log_SmallestNumber_IsThatOfASubnormal() => Assert.Equal(-744.4400719213812, Elementary.Log(double.Epsilon), 1e-12);

    [Theory]
    [InlineData("exp")]
    [InlineData("log")]
    public void Function_GoldenVectors_AgreesTo1e15Relative(string function)
    {
        using var vectors = new Vectors("elementary.json");
        var table = vectors.Root.GetProperty(function);
        var (points, values) = (Vectors.Doubles(table, "x"), Vectors.Doubles(table, "y"));
        Assert.True(points.Count > 50);

        foreach (var (x, expected) in points.Zip(values))
        {
            var actual = function == "exp" ? Elementary.Exp(x) : Elementary.Log(x);
            Assert.True(Math.Abs(actual - expected) <= Promised * Math.Abs(expected), $"{function}({x:R}) is {actual:R}, the reference {expected:R}");
        }
    }

    [Fact]
    public void Log_OfExp_GivesTheNumberBack() => Gen.Double[-30, 30].Sample(x =>
        Assert.Equal(x, Elementary.Log(Elementary.Exp(x)), Math.Max(4e-16, Math.Abs(x) * 1e-15)));
}
