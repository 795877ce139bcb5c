using System.Numerics;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.MarginOracle.Snapshots;

public sealed class LegWordTests
{
    private static readonly Address[] Underlyings = [new([.. new byte[19], 1]), new([.. new byte[19], 2])];

    /// <summary>Amount, strike, expiry, underlying and kind, from the highest bit down, as contracts/libraries/PackedLeg.sol says.</summary>
    [Theory]
    [InlineData("1", true)]
    [InlineData("-1", false)]
    [InlineData("39614081257132168796771975167", true)] // 2^95 - 1
    [InlineData("-39614081257132168796771975168", false)] // -2^95
    public void Read_AnyWord_GivesItsFields(string amount, bool isCall)
    {
        var raw = BigInteger.Parse(amount, System.Globalization.CultureInfo.InvariantCulture);
        var (strike, expiry) = ((BigInteger.One << 96) - 1, (1UL << 40) - 1);
        var word = ((raw & ((BigInteger.One << 96) - 1)) << 160) | (strike << 64) | ((BigInteger)expiry << 24) | (1 << 16) | (isCall ? 1 << 8 : 0);

        Assert.Equal(new LegSnapshot(Underlyings[1], expiry, isCall, new Wad(strike), new Wad(raw)), LegWord.Read(word, Underlyings));
    }
}
