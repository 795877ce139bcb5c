using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Signing;

public sealed class Eip55Tests
{
    private const string Right = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

    [Theory]
    [InlineData("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "does not begin with 0x")]
    [InlineData("", "does not begin with 0x")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "39 digits")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0", "41 digits")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", "'g' at place 40")]
    [InlineData("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "no checksum (all letters in one case): if the digits are right, write " + Right)]
    [InlineData("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", "no checksum (all letters in one case): if the digits are right, write " + Right)]
    [InlineData("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "wrong checksum, so a digit may be wrong; if the digits are right, write " + Right)]
    public void TryParse_NotAChecksummedAddress_SaysExactlyWhy(string text, string problem)
    {
        Assert.False(Eip55.TryParse(text, out var address, out var said));
        Assert.Contains(problem, said, StringComparison.Ordinal);
        Assert.True(address.IsZero);
    }

    [Fact]
    public void TryParse_OneWrongDigit_IsSeen()
    {
        Assert.True(Eip55.TryParse(Right, out _, out var none));
        Assert.Null(none);
        Assert.False(Eip55.TryParse(Right[..^1] + "c", out _, out _));
    }

    [Fact]
    public async Task Format_RandomAddresses_EqualsViemAndParsesBack()
    {
        var random = new Random(55);
        var addresses = Enumerable.Range(0, 400).Select(_ =>
        {
            var bytes = new byte[20];
            random.NextBytes(bytes);
            return new Address(bytes);
        }).Append(Address.Zero).ToList();
        var expected = await Reference.AskViemAsync("address", [.. addresses.Select(address => address.ToString())]);
        foreach (var (address, text) in addresses.Zip(expected))
        {
            Assert.Equal(text, Eip55.Format(address));
            Assert.True(Eip55.TryParse(text, out var parsed, out _));
            Assert.Equal(address, parsed);
        }
    }
}
