using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Primitives;

public sealed class HexTests
{
    [Theory]
    [InlineData("", "begin with 0x")]
    [InlineData("aabb", "begin with 0x")]
    [InlineData("0Xaabb", "begin with 0x")]
    [InlineData("0xabc", "odd number")]
    [InlineData("0xzz", "not hexadecimal")]
    [InlineData("0xa ", "not hexadecimal")]
    public void ToBytes_Malformed_SaysWhatIsWrong(string text, string fragment) =>
        Assert.Contains(fragment, Assert.Throws<FormatException>(() => Hex.ToBytes(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(80, false)]
    [InlineData(81, true)]
    public void ToBytes_LongMalformedText_IsShortenedOver80Characters(int length, bool shortened)
    {
        var message = Assert.Throws<FormatException>(() => Hex.ToBytes(new string('z', length))).Message;

        Assert.Equal(shortened, message.Contains("...", StringComparison.Ordinal));
        Assert.True(message.Length < 120);
    }

    [Theory]
    [InlineData("0x", "0x")]
    [InlineData("0x00fF", "0x00ff")]
    public void ToBytes_WellFormed_ComesBackInLowerCase(string text, string expected) => Assert.Equal(expected, Hex.FromBytes(Hex.ToBytes(text)));
}
