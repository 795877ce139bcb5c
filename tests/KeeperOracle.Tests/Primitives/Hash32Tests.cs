using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Primitives;

public sealed class Hash32Tests
{
    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void Constructor_OtherThan32Bytes_Refuses(int length) =>
        Assert.Contains($"32 bytes, not {length}", Assert.Throws<FormatException>(() => new Hash32(new byte[length])).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_Random_RoundTripThroughBytesAndText() => Gen.Byte.Array[32].Sample(bytes =>
    {
        var hash = new Hash32(bytes);

        Assert.Equal(bytes, hash.ToBytes());
        Assert.Equal(hash, Hash32.FromHex(hash.ToString()));
        Assert.Equal(bytes.All(part => part == 0), hash.IsZero);
    });

    [Fact]
    public void CompareTo_Random_OrdersByNumericValue() => Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32], Gen.Int[0, 32]).Sample(
        (first, second, common) =>
        {
            first.AsSpan(0, common).CopyTo(second);
            var (a, b) = (new Hash32(first), new Hash32(second));
            var expected = new BigInteger(first, isUnsigned: true, isBigEndian: true).CompareTo(new BigInteger(second, isUnsigned: true, isBigEndian: true));

            Assert.Equal(Math.Sign(expected), Math.Sign(a.CompareTo(b)));
            Assert.Equal((expected < 0, expected > 0, expected <= 0, expected >= 0), ((a < b), (a > b), (a <= b), (a >= b)));
        });

    [Fact]
    public void BlockRef_ToString_IsHeightAndBeginningOfTheHash()
    {
        var hash = Hash32.FromHex("0x" + new string('a', 64));

        Assert.Equal("7 (0xaaaaaaaa)", new BlockRef(7, hash, Hash32.Zero, 0).ToString());
    }

    [Fact]
    public void ChainId_Order_IsNumeric()
    {
        var (one, ten) = (new ChainId(1), new ChainId(10));

        Assert.True(one < ten && ten > one && one <= ten && ten >= one);
        Assert.False(ten < one || one > ten || ten <= one || one >= ten);
        Assert.Equal("10", ten.ToString());
    }
}
