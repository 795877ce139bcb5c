using CsCheck;
using KeeperOracle.Risk;

namespace KeeperOracle.Tests.Risk;

public sealed class ElementaryTests
{
    /// <summary>Relative.</summary>
    private const double Promised = 1e-15;

    private const double SmallestNormal = 2.2250738585072014e-308;

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
        Assert.True(double.IsNaN(Elementary.Log(double.NegativeInfinity)));
        Assert.Equal(double.NegativeInfinity, Elementary.Log(0));
        Assert.Equal(double.NegativeInfinity, Elementary.Log(-0.0));
        Assert.Equal(double.PositiveInfinity, Elementary.Log(double.PositiveInfinity));
    }

    [Fact]
    public void Normal_OutsideItsDomain_IsNotANumber()
    {
        Assert.True(double.IsNaN(Elementary.NormalDensity(double.NaN)));
        Assert.True(double.IsNaN(Elementary.NormalCdf(double.NaN)));
        Assert.True(double.IsNaN(Elementary.NormalQuantile(double.NaN)));
        Assert.True(double.IsNaN(Elementary.NormalQuantile(-double.Epsilon)));
        Assert.True(double.IsNaN(Elementary.NormalQuantile(1.0000000000000002)));
    }

    [Fact]
    public void Normal_AtTheEnds_IsExact()
    {
        Assert.Equal(0, Elementary.NormalDensity(double.PositiveInfinity));
        Assert.Equal(0, Elementary.NormalDensity(double.MinValue));
        Assert.Equal(0, Elementary.NormalCdf(double.NegativeInfinity));
        Assert.Equal(1, Elementary.NormalCdf(double.PositiveInfinity));
        Assert.Equal(1, Elementary.NormalCdf(double.MaxValue));
        Assert.Equal(0.5, Elementary.NormalCdf(0));
        Assert.Equal(double.NegativeInfinity, Elementary.NormalQuantile(0));
        Assert.Equal(double.PositiveInfinity, Elementary.NormalQuantile(1));
        Assert.Equal(0, Elementary.NormalQuantile(0.5));
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
    [InlineData("density")]
    [InlineData("cdf")]
    [InlineData("quantile")]
    public void Function_GoldenVectors_AgreesTo1e15Relative(string function)
    {
        using var vectors = new Vectors("elementary.json");
        var table = vectors.Root.GetProperty(function);
        var (points, values) = (Vectors.Doubles(table, "x"), Vectors.Doubles(table, "y"));
        Assert.True(points.Count > 50);

        foreach (var (x, expected) in points.Zip(values))
        {
            var actual = Function(function)(x);

            // What is no normal number has only the digits that a multiple of the smallest double has.
            var allowed = Math.Max(Promised * Math.Abs(expected), Math.Abs(expected) < SmallestNormal && expected != 0 ? double.Epsilon : 0);
            Assert.True(Math.Abs(actual - expected) <= allowed, $"{function}({x:R}) is {actual:R}, the reference {expected:R}");
        }
    }

    [Fact]
    public void Log_OfExp_GivesTheNumberBack() => Gen.Double[-30, 30].Sample(x =>
        Assert.Equal(x, Elementary.Log(Elementary.Exp(x)), Math.Max(4e-16, Math.Abs(x) * 1e-15)));

    [Fact]
    public void NormalCdf_OfQuantile_GivesTheShareBack() => Gen.Double[-700, -1e-3].Sample(ln =>
    {
        var p = Elementary.Exp(ln);
        var x = Elementary.NormalQuantile(p);

        // A relative error e of x becomes x n(x)/N(x) e of the share, about x^2 e in the tail.
        Assert.Equal(1, Elementary.NormalCdf(x) / p, 1e-15 * (4 + (x * x)));
    });

    [Fact]
    public void NormalCdf_BothTails_AddUpToOne() => Gen.Double[-40, 40].Sample(x =>
        Assert.Equal(1, Elementary.NormalCdf(x) + Elementary.NormalCdf(-x), 1.2e-16));

    private static Func<double, double> Function(string name) => name switch
    {
        "exp" => Elementary.Exp,
        "log" => Elementary.Log,
        "density" => Elementary.NormalDensity,
        "cdf" => Elementary.NormalCdf,
        "quantile" => Elementary.NormalQuantile,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
