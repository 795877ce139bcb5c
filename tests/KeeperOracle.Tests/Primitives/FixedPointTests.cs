using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Primitives;

public sealed class FixedPointTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("1.2.3")]
    [InlineData("1e3")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1,5")]
    [InlineData("--1")]
    [InlineData("1.-5")]
    [InlineData("٣")] // a digit, but not one of ASCII
    public void TryParse_NoPlainDecimal_Refuses(string text) => Assert.False(FixedPoint.TryParse(text, 6, out _));

    [Theory]
    [InlineData("0.123456", true)]
    [InlineData("0.1234560", true)] // zeros at the end are no further decimals
    [InlineData("0.1234567", false)]
    public void TryParse_AsManyDecimalsAsFit_NoneMore(string text, bool fits) => Assert.Equal(fits, FixedPoint.TryParse(text, 6, out _));

    [Theory]
    [InlineData("1500000", 6, "1.5")]
    [InlineData("-1500000", 6, "-1.5")]
    [InlineData("1", 18, "0.000000000000000001")]
    [InlineData("-1", 6, "-0.000001")]
    [InlineData("0", 8, "0")]
    [InlineData("42", 0, "42")]
    [InlineData("1000000000000000000000000", 24, "1")]
    public void Format_KnownNumbers_HasEverySignificantDigit(string raw, int decimals, string expected)
    {
        var number = BigInteger.Parse(raw, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(expected, FixedPoint.Format(number, decimals));
        Assert.Equal(expected, new TokenAmount(number, decimals).ToString());
    }

    [Fact]
    public void Format_Random_ParsesBackExactly() =>
        Gen.Select(Gen.Byte.Array[1, 40], Gen.Int[0, 24]).Sample((bytes, decimals) =>
        {
            var raw = new BigInteger(bytes);

            Assert.True(FixedPoint.TryParse(FixedPoint.Format(raw, decimals), decimals, out var back));
            Assert.Equal(raw, back);
        });
}
