using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Primitives;

public sealed class WadTests
{
    private static readonly Gen<BigInteger> Integers = Gen.Byte.Array[1, 24].Select(bytes => new BigInteger(bytes));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void F25_FromDouble_NotFinite_Refuses(double value)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Wad.FromDoubleDown(value));
        Assert.Throws<ArgumentOutOfRangeException>(() => Wad.FromDoubleUp(value));
    }

    [Fact]
    public void Division_ByZero_Throws()
    {
        Assert.Throws<DivideByZeroException>(() => Wad.One.DivideDown(Wad.Zero));
        Assert.Throws<DivideByZeroException>(() => Wad.MultiplyDivideUp(1, 1, 0));
    }

    [Theory]
    [InlineData(0.5, "0.5", "0.5")]
    [InlineData(-0.5, "-0.5", "-0.5")]
    [InlineData(0.0, "0", "0")]
    [InlineData(double.Epsilon, "0", "0.000000000000000001")]
    [InlineData(-double.Epsilon, "-0.000000000000000001", "0")]
    [InlineData(0.1, "0.100000000000000005", "0.100000000000000006")] // the double nearest to .1 is over it
    [InlineData(-0.1, "-0.100000000000000006", "-0.100000000000000005")]
    [InlineData(1e30, "1000000000000000019884624838656", "1000000000000000019884624838656")]
    public void FromDouble_ExactValue_IsEnclosedFromBothSides(double value, string down, string up)
    {
        Assert.Equal(down, Wad.FromDoubleDown(value).ToString());
        Assert.Equal(up, Wad.FromDoubleUp(value).ToString());
    }

    [Fact]
    public void FromDouble_Random_UpAndDownDifferByAtMostOneUnitAndEnclose() => Gen.Double[-1e6, 1e6].Sample(value =>
    {
        var (down, up) = (Wad.FromDoubleDown(value), Wad.FromDoubleUp(value));

        Assert.True(up.Raw - down.Raw is var gap && (gap.IsZero || gap.IsOne));
        Assert.Equal(value, down.ToDouble(), Math.Max(1e-17, Math.Abs(value) * 1e-15));
    });

    [Fact]
    public void MultiplyDivide_Random_AreFloorAndCeiling() =>
        Gen.Select(Integers, Integers, Integers.Where(integer => !integer.IsZero)).Sample((a, b, denominator) =>
        {
            var down = Wad.MultiplyDivideDown(a, b, denominator);
            var up = Wad.MultiplyDivideUp(a, b, denominator);
            var sign = denominator.Sign;
            var (product, positive) = (a * b * sign, denominator * sign);

            Assert.True(down * positive <= product && product < (down + 1) * positive);
            Assert.True((up - 1) * positive < product && product <= up * positive);
        });

    [Fact]
    public void Arithmetic_KnownValues_RoundsDown()
    {
        var third = Wad.One.DivideDown(new Wad(3 * Wad.Scale));

        Assert.Equal("0.333333333333333333", third.ToString());
        Assert.Equal("0.111111111111111110", FixedPointText(third.MultiplyDown(third)));
        Assert.Equal("-0.333333333333333334", (Wad.Zero - Wad.One).DivideDown(new Wad(3 * Wad.Scale)).ToString());
        Assert.Equal(Wad.One, third + third + third + new Wad(1));
    }

    [Fact]
    public void Comparison_NeighbouringValues_IsStrict()
    {
        var next = Wad.One + new Wad(1);

        Assert.True(Wad.One < next && next > Wad.One && Wad.One <= next && next >= Wad.One);
        Assert.False(next < Wad.One || Wad.One > next || next <= Wad.One || Wad.One >= next);
        Assert.Equal(0, Wad.One.CompareTo(new Wad(Wad.Scale)));
    }

    [Theory]
    [InlineData("1", 0, "3000.5", "3000.5")]
    [InlineData("1500000", 6, "1.000000000000000001", "1.500000000000000001")] // the half unit is lost
    [InlineData("1", 8, "60000", "0.0006")]
    [InlineData("1", 18, "3000", "0.000000000000003")]
    [InlineData("1", 24, "1", "0")]
    [InlineData("1000000", 24, "1", "0.000000000000000001")]
    public void ValueDown_TokenDecimals_IsRoundedDown(string units, int decimals, string price, string expected)
    {
        Assert.True(FixedPoint.TryParse(price, 18, out var raw));
        var amount = new TokenAmount(BigInteger.Parse(units, System.Globalization.CultureInfo.InvariantCulture), decimals);

        Assert.Equal(expected, new Price(new Wad(raw)).ValueDown(amount).ToString());
    }

    [Fact]
    public void Bps_ToFraction_IsTenThousandths()
    {
        Assert.Equal(0.05, new Bps(500).ToFraction());
        Assert.Equal("500 bps", new Bps(500).ToString());
    }

    private static string FixedPointText(Wad value) => value.ToString().PadRight(20, '0');
}
