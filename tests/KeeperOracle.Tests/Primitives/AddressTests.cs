using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Primitives;

public sealed class AddressTests
{
    [Theory]
    [InlineData(19)]
    [InlineData(21)]
    public void Constructor_OtherThan20Bytes_Refuses(int length) =>
        Assert.Contains($"20 bytes, not {length}", Assert.Throws<FormatException>(() => new Address(new byte[length])).Message, StringComparison.Ordinal);

    [Fact]
    public void IsZero_OnlyOfTwentyZeroBytes()
    {
        Assert.True(Address.Zero.IsZero);
        Assert.True(new Address(new byte[20]).IsZero);
        Assert.False(Address.FromHex("0x0000000000000000000000000000000000000001").IsZero);
        Assert.False(Address.FromHex("0x0100000000000000000000000000000000000000").IsZero);
    }

    [Fact]
    public void Bytes_Random_RoundTripThroughBytesAndText() => Gen.Byte.Array[20].Sample(bytes =>
    {
        var address = new Address(bytes);

        Assert.Equal(bytes, address.ToBytes());
        Assert.Equal(address, Address.FromHex(address.ToString()));
        Assert.Equal(Hex.FromBytes(bytes), address.ToString());
    });

    [Fact]
    public void CompareTo_Random_OrdersByNumericValue() => Gen.Select(Gen.Byte.Array[20], Gen.Byte.Array[20], Gen.Int[0, 20]).Sample(
        (first, second, common) =>
        {
            first.AsSpan(0, common).CopyTo(second); // a common beginning: else the first byte decides nearly always
            var (a, b) = (new Address(first), new Address(second));
            var expected = new BigInteger(first, isUnsigned: true, isBigEndian: true).CompareTo(new BigInteger(second, isUnsigned: true, isBigEndian: true));

            Assert.Equal(Math.Sign(expected), Math.Sign(a.CompareTo(b)));
            Assert.Equal(expected < 0, a < b);
            Assert.Equal(expected > 0, a > b);
            Assert.Equal(expected <= 0, a <= b);
            Assert.Equal(expected >= 0, a >= b);
            Assert.Equal(expected == 0, a == b);
        });
}
