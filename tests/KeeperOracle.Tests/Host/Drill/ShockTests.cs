using System.Numerics;
using KeeperOracle.Host.Drill;

namespace KeeperOracle.Tests.Host.Drill;

public sealed class ShockTests
{
    [Theory]
    [InlineData("-30%", -3000, "-30%")]
    [InlineData("+10%", 1000, "+10%")]
    [InlineData("10%", 1000, "+10%")]
    [InlineData("-12.5%", -1250, "-12.5%")]
    [InlineData("-99.99%", -9999, "-99.99%")]
    [InlineData("1000%", 100_000, "+1000%")]
    [InlineData("0%", 0, "0%")]
    public void Parse_APercentage_IsReadAndWritten(string text, int hundredths, string written)
    {
        var (shock, problem) = Shock.Parse(text);
        Assert.Null(problem);
        Assert.Equal(new Shock(hundredths), shock);
        Assert.Equal(written, shock.ToString());
    }

    [Theory]
    [InlineData("-100%", "leaves no price")]
    [InlineData("-250%", "leaves no price")]
    [InlineData("-0.3", "is no percentage")]
    [InlineData("-30", "is no percentage")]
    [InlineData("%", "is no percentage")]
    [InlineData("", "is no percentage")]
    [InlineData("-3O%", "is no percentage")]
    [InlineData("-1,5%", "is no percentage")]
    [InlineData("-30.125%", "more than two decimals")]
    [InlineData("1000.01%", "over the most of +1000%")]
    [InlineData("99999999999999999999999999999999%", "is no percentage")]
    public void Parse_NoShock_SaysWhatIsWrong(string text, string words)
    {
        var (shock, problem) = Shock.Parse(text);
        Assert.Null(shock);
        Assert.Contains(words, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-3000, 300_000_000_000, 210_000_000_000)]
    [InlineData(-9999, 9_999, 0)]
    [InlineData(-1, 9_999, 9_998)] // 9998.0001
    [InlineData(1000, 1, 1)]
    public void Of_AnAnswer_IsRoundedDown(int hundredths, long answer, long expected) =>
        Assert.Equal(new BigInteger(expected), new Shock(hundredths).Of(answer));
}
