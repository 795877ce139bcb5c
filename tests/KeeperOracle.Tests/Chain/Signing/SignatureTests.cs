using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Signing;

public sealed class SignatureTests
{
    private static readonly BigInteger Order = BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber, null);

    [Fact]
    public void FromBytes_ZeroOrderOrWrongLength_IsNoKey()
    {
        Assert.Throws<FormatException>(() => PrivateKey.FromBytes(new byte[32]));
        Assert.Throws<FormatException>(() => PrivateKey.FromBytes(new byte[31]));
        Assert.Throws<FormatException>(() => PrivateKey.FromBytes(Order.ToByteArray(isUnsigned: true, isBigEndian: true)));
        using var last = PrivateKey.FromBytes((Order - 1).ToByteArray(isUnsigned: true, isBigEndian: true));
        Assert.False(last.Address.IsZero);
    }

    [Fact]
    public void SignDigest_AfterDispose_Throws()
    {
        var key = PrivateKey.Generate();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.SignDigest(default));
    }

    [Fact]
    public void Recover_UpperHalfOfS_Refuses()
    {
        using var key = PrivateKey.Generate();
        var digest = Keccak.HashText("x");
        var good = key.SignDigest(digest);
        var twin = new Signature(good.R, Order - good.S, (byte)(1 - good.V));
        Assert.Equal(key.Address, SignatureRecovery.Recover(digest, good));
        Assert.Throws<FormatException>(() => SignatureRecovery.Recover(digest, twin));
        Assert.Throws<FormatException>(() => Signature.FromBytes65(twin.ToBytes65()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(26)]
    [InlineData(29)]
    public void FromBytes65_OtherParityByte_Refuses(byte v)
    {
        var bytes = Sign("x").ToBytes65();
        bytes[64] = v;
        Assert.Throws<FormatException>(() => Signature.FromBytes65(bytes));
    }

    [Fact]
    public void FromBytes65_ZeroOutOfRangeOrWrongLength_Refuses()
    {
        var bytes = Sign("x").ToBytes65();
        Assert.Throws<FormatException>(() => Signature.FromBytes65(bytes.AsSpan(0, 64)));
        Assert.Throws<FormatException>(() => Signature.FromBytes65([.. bytes, 0]));
        Assert.Throws<FormatException>(() => Signature.FromBytes65([.. new byte[32], .. bytes[32..]]));
        Assert.Throws<FormatException>(() => Signature.FromBytes65([.. bytes[..32], .. new byte[32], bytes[64]]));
        Assert.Throws<FormatException>(() => Signature.FromBytes65([.. Order.ToByteArray(isUnsigned: true, isBigEndian: true), .. bytes[32..]]));
    }

    [Fact]
    public void SignDigest_ManyKeysAndDigests_GivesBackTheAddressAndItsBytes()
    {
        for (var i = 0; i < 200; i++)
        {
            using var key = PrivateKey.Generate();
            var digest = Keccak.HashText($"message {i}");
            var signature = key.SignDigest(digest);
            Assert.Equal(key.Address, SignatureRecovery.Recover(digest, signature));
            Assert.Equal(signature, Signature.FromBytes65(signature.ToBytes65()));
            Assert.Equal(signature, key.SignDigest(digest));
            Assert.NotEqual(key.Address, SignatureRecovery.Recover(Keccak.HashText("another"), signature));
        }
    }

    [Fact]
    public async Task SignDigest_KnownKey_EqualsCast()
    {
        const string Secret = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
        using var key = PrivateKey.FromBytes(Hex.ToBytes(Secret));
        for (var i = 0; i < 3; i++)
        {
            var digest = Keccak.HashText($"digest {i}");
            var expected = await Reference.AskCastAsync("wallet", "sign", "--no-hash", "--private-key", Secret, digest.ToString());
            Assert.Equal(expected, Hex.FromBytes(key.SignDigest(digest).ToBytes65()));
        }

        Assert.Equal(await Reference.AskCastAsync("wallet", "address", "--private-key", Secret), Eip55.Format(key.Address));
    }

    [Fact]
    public async Task Keccak_EveryLengthAroundItsBlock_EqualsViem()
    {
        var random = new Random(3);
        var inputs = Enumerable.Range(0, 300).Select(length =>
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            return bytes;
        }).ToList();
        var expected = await Reference.AskViemAsync("keccak", [.. inputs.Select(input => Hex.FromBytes(input))]);
        Assert.Equal(expected, inputs.Select(input => Keccak.Hash(input).ToString()));
    }

    private static Signature Sign(string text)
    {
        using var key = PrivateKey.Generate();
        return key.SignDigest(Keccak.HashText(text));
    }
}
