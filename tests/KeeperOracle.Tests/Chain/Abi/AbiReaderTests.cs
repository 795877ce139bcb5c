using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Abi;

public sealed class AbiReaderTests
{
    private const string Zeros = "0000000000000000000000000000000000000000000000000000000000000000";
    private const string Ones = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    [Theory]
    [InlineData("")]
    [InlineData("0102030405")]
    [InlineData("00000000000000000000000000000000000000000000000000000000000000")]
    public void Reader_FewerBytesThanTheHead_Refuses(string hex) =>
        Assert.Throws<AbiException>(() => Read(hex, 1, (ref AbiReader r) => r.BigUnsigned(256)));

    [Fact]
    public void Reader_BytesAfterTheValue_Refuses() =>
        Assert.Throws<AbiException>(() => Read(Zeros + "00", 1, (ref AbiReader r) => r.BigUnsigned(256)));

    [Fact]
    public void Reader_FieldNotRead_Refuses() =>
        Assert.Throws<AbiException>(() => Read(Zeros + Zeros, 2, (ref AbiReader r) => r.BigUnsigned(256)));

    [Theory]
    [InlineData("000000000000000000000001ffffffffffffffffffffffffffffffffffffffff")]
    [InlineData(Ones)]
    public void Address_DirtyHighBits_Refuses(string word) => Assert.Throws<AbiException>(() => Read(word, 1, (ref AbiReader r) => r.Address()));

    [Fact]
    public void Boolean_Two_Refuses() => Assert.Throws<AbiException>(() => Read(Zeros[..^1] + "2", 1, (ref AbiReader r) => r.Bool()));

    [Fact]
    public void Unsigned_OneBitTooMany_Refuses()
    {
        Assert.Equal(255UL, Read(Zeros[..^2] + "ff", 1, (ref AbiReader r) => r.SmallUnsigned(8)));
        Assert.Throws<AbiException>(() => Read(Zeros[..^3] + "100", 1, (ref AbiReader r) => r.SmallUnsigned(8)));
        Assert.Throws<AbiException>(() => Read(Zeros[..^3] + "100", 1, (ref AbiReader r) => r.BigUnsigned(8)));
    }

    [Fact]
    public void Signed_SignNotExtended_Refuses()
    {
        Assert.Equal(-1, Read(Ones, 1, (ref AbiReader r) => r.SmallSigned(8)));
        Assert.Equal(-128, Read(Ones[..^2] + "80", 1, (ref AbiReader r) => r.SmallSigned(8)));
        Assert.Throws<AbiException>(() => Read(Ones[..^2] + "7f", 1, (ref AbiReader r) => r.SmallSigned(8)));
        Assert.Throws<AbiException>(() => Read(Zeros[..^2] + "80", 1, (ref AbiReader r) => r.BigSigned(8)));
    }

    [Fact]
    public void ShortBytes_DirtyPadding_Refuses() =>
        Assert.Throws<AbiException>(() => Read("0102030405" + Zeros[10..], 1, (ref AbiReader r) => r.FixedBytes(4)));

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")] // backwards, into the head
    [InlineData("0000000000000000000000000000000000000000000000000000000000000040")] // a gap
    [InlineData("00000000000000000000000000000000000000000000000000000000ffffffff")] // out of range
    [InlineData(Ones)]
    public void Bytes_OffsetNotAtTheTail_Refuses(string offset) =>
        Assert.Throws<AbiException>(() => Read(offset + Zeros + Zeros, 1, (ref AbiReader r) => r.Bytes()));

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000021")]
    [InlineData("000000000000000000000000000000000000000000000000000000007fffffff")]
    [InlineData("00000000000000000000000000000000000000000000000000000000ffffffff")]
    [InlineData(Ones)]
    public void Length_BeyondTheData_Refuses(string length)
    {
        var data = Zeros[..^2] + "20" + length + Zeros;
        Assert.Throws<AbiException>(() => Read(data, 1, (ref AbiReader r) => r.Bytes()));
        Assert.Throws<AbiException>(() => Read(data, 1, (ref AbiReader r) => r.List(1, static (ref AbiReader e) => e.BigUnsigned(256))));
    }

    [Fact]
    public void Bytes_DirtyPadding_Refuses()
    {
        var head = Zeros[..^2] + "20" + Zeros[..^2] + "01";
        Assert.Equal([0xAB], Read(head + "ab" + Zeros[2..], 1, (ref AbiReader r) => r.Bytes()));
        Assert.Throws<AbiException>(() => Read(head + "abcd" + Zeros[4..], 1, (ref AbiReader r) => r.Bytes()));
    }

    [Fact]
    public void Text_NotUtf8_Refuses() =>
        Assert.Throws<AbiException>(() => Read(Zeros[..^2] + "20" + Zeros[..^2] + "01" + "ff" + Zeros[2..], 1, (ref AbiReader r) => r.Text()));

    /// <summary>Lists of lists that all point to the same bytes would unfold without end in a reader that follows offsets.</summary>
    [Fact]
    public void List_TwoElementsAtOneOffset_Refuses()
    {
        var data = Zeros[..^2] + "20" + Zeros[..^2] + "02" + Zeros[..^2] + "40" + Zeros[..^2] + "40" + Zeros;
        Assert.Throws<AbiException>(() => Read(data, 1, (ref AbiReader r) => r.List(1, static (ref AbiReader e) => e.Bytes().Length)));
    }

    [Theory]
    [InlineData("256", 8)]
    [InlineData("-1", 8)]
    [InlineData("115792089237316195423570985008687907853269984665640564039457584007913129639936", 256)]
    public void Writer_UnsignedOutOfRange_Refuses(string value, int bits) =>
        Assert.Throws<AbiException>(() => new AbiWriter().BigUnsigned(BigInteger.Parse(value, System.Globalization.CultureInfo.InvariantCulture), bits));

    [Theory]
    [InlineData(128)]
    [InlineData(-129)]
    public void Writer_SignedOutOfRange_Refuses(int value)
    {
        new AbiWriter().BigSigned(value > 0 ? 127 : -128, 8);
        Assert.Throws<AbiException>(() => new AbiWriter().BigSigned(value, 8));
    }

    [Fact]
    public void Writer_WrongLengths_Refuses()
    {
        Assert.Throws<AbiException>(() => new AbiWriter().FixedBytes(new byte[5], 4));
        Assert.Throws<AbiException>(() => new AbiWriter().InlineList([1, 2], 3, static (w, x) => w.BigUnsigned(x, 256)));
    }

    private static T Read<T>(string hex, int headWords, AbiRead<T> read)
    {
        var reader = new AbiReader(Hex.ToBytes("0x" + hex), headWords);
        var value = read(ref reader);
        reader.Finish();
        return value;
    }
}
