using System.Text.Encodings.Web;
using System.Text.Json;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Signing;

/// <summary>Any structured data of EIP-712, not our observations alone: nested structs, arrays of any depth, dynamic types.</summary>
public sealed class TypedDataTests
{
    private const int Seed = 712;
    private const string Secret = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Digest_RandomTypesAndMessages_EqualsViem()
    {
        var random = new Random(Seed);
        var cases = Enumerable.Range(0, 400).Select(_ => new RandomTypedData(random)).ToList();
        var expected = await Reference.AskViemAsync("typedData", [.. cases.Select(item => item.Document())]);
        foreach (var (item, digest) in cases.Zip(expected))
        {
            Assert.True(digest == item.Digest().ToString(), $"seed {Seed}: {JsonSerializer.Serialize(item.Document(), Plain)}");
        }
    }

    [Fact]
    public async Task Digest_RandomTypesAndMessages_SignedAsByCast()
    {
        var random = new Random(Seed + 1);
        using var key = PrivateKey.FromBytes(Hex.ToBytes(Secret));
        for (var i = 0; i < 60; i++)
        {
            var item = new RandomTypedData(random);
            var document = JsonSerializer.Serialize(item.Document(), Plain);
            var theirs = await Reference.AskCastAsync("wallet", "sign", "--private-key", Secret, "--data", document);
            Assert.True(theirs == Hex.FromBytes(key.SignDigest(item.Digest()).ToBytes65()), $"seed {Seed + 1}, case {i}: {document}");
        }
    }
}
