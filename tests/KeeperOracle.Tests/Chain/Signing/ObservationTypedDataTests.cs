using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Signing;

public sealed class ObservationTypedDataTests
{
    private const string Secret = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    private static readonly ChainId Chain = new(31337);
    private static readonly Address Verifier = Address.FromHex("0xe7f1725e7734ce288f8367e1bb143e90bb3f0512");

    private static readonly Observation Observation = new(
        Hash32.FromHex("0x" + new string('1', 64)),
        5,
        Hash32.FromHex("0x" + new string('2', 64)),
        1000,
        1001,
        ulong.MaxValue,
        Hash32.FromHex("0x" + new string('3', 64)),
        [
            new AssetRisk(Verifier, 600_000_000_000_000_000, 20_000_000_000_000_000, [new ExpiryRisk(1_767_225_600, 7, 9)]),
            new AssetRisk(Address.Zero, ulong.MaxValue, 0, []),
        ]);

    private static readonly string Document = ObservationTypedData.Write(Chain, Verifier, Observation);

    [Theory]
    [InlineData("\"primaryType\":\"Observation\"", "\"primaryType\":\"AssetRisk\"", "other types")]
    [InlineData("\"type\":\"uint64\"", "\"type\":\"uint256\"", "other types")]
    [InlineData("\"name\":\"epoch\"", "\"name\":\"epoche\"", "other types")]
    [InlineData("\"KeeperOracle\"", "\"Other\"", "domain")]
    [InlineData("\"version\":\"1\"", "\"version\":\"2\"", "domain")]
    [InlineData("\"chainId\":31337", "\"chainId\":31337,\"salt\":\"0x00\"", "exactly name")]
    [InlineData("\"epoch\":\"5\"", "\"epoch\":\"-5\"", "'epoch'")]
    [InlineData("\"epoch\":\"5\"", "\"epoch\":\"18446744073709551616\"", "'epoch'")]
    [InlineData("\"epoch\":\"5\"", "\"epoch\":5.5", "'epoch'")]
    [InlineData("\"epoch\":\"5\"", "\"epoch\":\"5\",\"epoch\":\"6\"", "no JSON")]
    [InlineData("\"epoch\":\"5\"", "\"epoch\":\"5\",\"more\":\"6\"", "exactly market")]
    [InlineData("\"epoch\":\"5\",", "", "exactly market")]
    [InlineData("\"vector\":[", "\"vector\":[7,", "exactly asset")]
    public void Read_NotExactlyAnObservationOfOurs_Refuses(string from, string to, string fragment)
    {
        Assert.Contains(from, Document, StringComparison.Ordinal);
        var place = Document.LastIndexOf(from, StringComparison.Ordinal);
        var changed = Document[..place] + to + Document[(place + from.Length)..];
        Assert.Contains(fragment, Assert.Throws<FormatException>(() => ObservationTypedData.Read(changed)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AsWritten_GivesTheSameDigest()
    {
        var (chain, verifier, observation) = ObservationTypedData.Read(Document);
        Assert.Equal(ObservationDigest.Compute(Chain, Verifier, Observation), ObservationDigest.Compute(chain, verifier, observation));
    }

    [Fact]
    public async Task Write_SignedByCast_EqualsOurSignature()
    {
        using var key = PrivateKey.FromBytes(Hex.ToBytes(Secret));
        var theirs = await Reference.AskCastAsync("wallet", "sign", "--private-key", Secret, "--data", Document);
        Assert.Equal(Hex.FromBytes(key.SignDigest(ObservationDigest.Compute(Chain, Verifier, Observation)).ToBytes65()), theirs);
    }
}
