using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Transactions;

public sealed class RlpTests
{
    private const int Seed = 88;

    [Theory]
    [InlineData("0x")]
    [InlineData("0x8100")] // a small byte stands for itself
    [InlineData("0x817f")]
    [InlineData("0x83aabb")] // early end
    [InlineData("0x80ff")] // bytes after the end
    [InlineData("0xb801ff")] // long form of a short length
    [InlineData("0xb90038")] // length with leading zeros
    [InlineData("0xbfffffffffffffffff00")] // length of eight bytes
    [InlineData("0xb8")]
    [InlineData("0xc1")]
    [InlineData("0xc281")] // an item ends outside of its list
    [InlineData("0xc8c7c6c5c4c3c2c1")]
    public void Decode_OtherThanTheOnlyForm_Refuses(string hex) => Assert.Throws<FormatException>(() => Rlp.Decode(Hex.ToBytes(hex)));

    [Fact]
    public void Decode_NestedTooDeeply_Refuses()
    {
        var item = Rlp.EncodeList();
        for (var i = 0; i < 20; i++)
        {
            item = Rlp.EncodeList(item);
        }

        Assert.Throws<FormatException>(() => Rlp.Decode(item));
    }

    [Theory]
    [InlineData("0x820001")]
    [InlineData("0x8400000001")]
    public void Number_LeadingZeros_Refuses(string hex) => Assert.Throws<FormatException>(() => Rlp.Decode(Hex.ToBytes(hex)).Number(64));

    [Fact]
    public void Number_TooManyBits_Refuses()
    {
        Assert.Equal(255, Rlp.Decode([0x81, 0xFF]).Number(8));
        Assert.Throws<FormatException>(() => Rlp.Decode([0x82, 0x01, 0x00]).Number(8));
    }

    [Fact]
    public async Task Encode_RandomTrees_EqualsViemAndDecodesBack()
    {
        var random = new Random(Seed);
        var trees = Enumerable.Range(0, 300).Select(_ => Tree(random, 0)).ToList();
        var expected = await Reference.AskViemAsync("rlp", trees);
        foreach (var (tree, hex) in trees.Zip(expected))
        {
            Assert.Equal(hex, Hex.FromBytes(Encode(tree)));
            Assert.Equal(hex, Hex.FromBytes(Encode(Tree(Rlp.Decode(Hex.ToBytes(hex))))));
        }
    }

    /// <summary>On both sides of every length at which the form of the length changes: 55 and 56, and one more byte for the length itself.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(54)]
    [InlineData(55)]
    [InlineData(56)]
    [InlineData(57)]
    [InlineData(254)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(65_534)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(16_777_215)]
    [InlineData(16_777_216)]
    public async Task Encode_ContentAtABoundaryOfTheLengthsForm_EqualsViemAndDecodesBack(int length)
    {
        var bytes = Enumerable.Range(0, length).Select(i => (byte)(0x80 | (i & 0x7F))).ToArray();
        if (length <= 65_537)
        {
            var items = Enumerable.Repeat("0x01", length).ToArray<object>();
            var expected = await Reference.AskViemAsync("rlp", [Hex.FromBytes(bytes), items]);
            Assert.Equal(expected[0], Hex.FromBytes(Rlp.EncodeBytes(bytes)));
            Assert.Equal(expected[1], Hex.FromBytes(Encode(items)));
        }

        Assert.True(bytes.AsSpan().SequenceEqual(Rlp.Decode(Rlp.EncodeBytes(bytes)).Bytes));
        Assert.Equal(length, Rlp.Decode(Rlp.EncodeList([.. Enumerable.Repeat<byte[]>([1], length)])).Items.Count);
    }

    /// <summary>
    /// Of each random item every other way to write its outermost prefix: a byte that stands for itself in a prefix of its own, a long form
    /// of a short length, a length with leading zeros, one byte more or less of content.
    /// </summary>
    [Fact]
    public void Decode_RandomItemsWrittenInAnotherForm_Refuses()
    {
        var random = new Random(Seed);
        for (var i = 0; i < 500; i++)
        {
            var whole = Encode(Tree(random, 0));
            foreach (var other in OtherForms(whole))
            {
                Assert.True(Refuses(other), $"seed {Seed}, case {i}: {Hex.FromBytes(other)} was read");
                Assert.True(Refuses(Rlp.EncodeList([other])), $"seed {Seed}, case {i}: {Hex.FromBytes(other)} was read in a list");
            }

            Assert.True(Refuses([.. whole, 0]), $"seed {Seed}, case {i}: a byte after the end was read");
            Assert.True(whole.Length == 1 || Refuses(whole[..^1]), $"seed {Seed}, case {i}: the last byte does not matter");
        }
    }

    /// <summary>Any bytes at all are refused, or are exactly what the value that was read is written as: one value has one form.</summary>
    [Fact]
    public void Decode_AnyBytes_RefusesOrReadsTheirOnlyValue()
    {
        var random = new Random(Seed + 1);
        var read = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(1, 12)];
            random.NextBytes(bytes);
            bytes[0] = (byte)(i % 3 == 0 ? 0xC0 + bytes.Length - 1 : i % 3 == 1 ? 0x80 + bytes.Length - 1 : bytes[0]);
            try
            {
                Assert.Equal(Hex.FromBytes(bytes), Hex.FromBytes(Encode(Tree(Rlp.Decode(bytes)))));
                read++;
            }
            catch (FormatException)
            {
                // Refused.
            }
        }

        Assert.InRange(read, 1000, 19_000);
    }

    private static IEnumerable<byte[]> OtherForms(byte[] whole)
    {
        var (first, isList) = (whole[0], whole[0] >= 0xC0);
        if (first < 0x80)
        {
            yield return [0x81, first];
            yield return [0xB8, 0x01, first];
            yield break;
        }

        var code = first - (isList ? 0xC0 : 0x80);
        var (longForm, size) = (isList ? 0xF7 : 0xB7, Math.Max(code - 55, 0));
        var content = whole[(1 + size)..];
        var length = size == 0 ? [(byte)code] : whole[1..(1 + size)];
        if (size == 0)
        {
            yield return [(byte)(longForm + 1), .. length, .. content];
        }

        for (var zeros = 1; zeros + length.Length <= 8; zeros++)
        {
            yield return [(byte)(longForm + zeros + length.Length), .. new byte[zeros], .. length, .. content];
        }
    }

    private static bool Refuses(byte[] bytes)
    {
        try
        {
            Rlp.Decode(bytes);
            return false;
        }
        catch (FormatException)
        {
            return true;
        }
    }

    private static object Tree(Random random, int depth)
    {
        if (depth < 4 && random.Next(2) == 0)
        {
            return Enumerable.Range(0, random.Next(5)).Select(_ => Tree(random, depth + 1)).ToArray();
        }

        var bytes = new byte[random.Next(4) switch { 0 => random.Next(3), 1 => random.Next(52, 60), 2 => random.Next(250, 300), _ => random.Next(40) }];
        random.NextBytes(bytes);
        return Hex.FromBytes(bytes);
    }

    private static object Tree(RlpItem item) => item.IsList ? item.Items.Select(Tree).ToArray() : Hex.FromBytes(item.Bytes);

    private static byte[] Encode(object tree) => tree is string hex ? Rlp.EncodeBytes(Hex.ToBytes(hex)) : Rlp.EncodeList([.. ((object[])tree).Select(Encode)]);
}
