using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Transactions;

public sealed class RlpTests
{
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
        var random = new Random(88);
        var trees = Enumerable.Range(0, 300).Select(_ => Tree(random, 0)).ToList();
        var expected = await Reference.AskViemAsync("rlp", trees);
        foreach (var (tree, hex) in trees.Zip(expected))
        {
            Assert.Equal(hex, Hex.FromBytes(Encode(tree)));
            Assert.Equal(hex, Hex.FromBytes(Encode(Tree(Rlp.Decode(Hex.ToBytes(hex))))));
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
