using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Feeds;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Host.OracleNode;

public sealed class OfferedObservationTests : IDisposable
{
    private static readonly ChainId Chain = new(31337);
    private static readonly Address Asset = Address.FromHex("0x00000000000000000000000000000000000000e1");
    private readonly PrivateKey _key = PrivateKey.FromBytes([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
    private readonly ObservationSigning _signing = new(Chain, Asset);

    public void Dispose() => _key.Dispose();

    [Theory]
    [InlineData("signature", "null")]
    [InlineData("signature", "7")]
    [InlineData("vector", "null")]
    [InlineData("vector", "[null]")]
    [InlineData("marketId", "\"0x12\"")]
    [InlineData("marketId", "null")]
    [InlineData("epoch", "-1")]
    [InlineData("epoch", "18446744073709551616")]
    [InlineData("epoch", "\"5\"")]
    [InlineData("trace", "null")]
    public void Deserialize_MalformedReport_IsAJsonException(string field, string value)
    {
        var json = JsonNode.Parse(Text(Offer()))!;
        json["report"]![field] = JsonNode.Parse(value);

        Assert.Throws<JsonException>(() => Read(json.ToJsonString()));
    }

    [Theory]
    [InlineData("99999999999999999999999")]
    [InlineData("-1")]
    [InlineData("")]
    public void Deserialize_ChainOutOfRange_IsAJsonException(string chain)
    {
        var json = JsonNode.Parse(Text(Offer()))!;
        json["chain"] = chain;

        Assert.Throws<JsonException>(() => Read(json.ToJsonString()));
    }

    [Theory]
    [InlineData("-0.6")]
    [InlineData("18.446744073709551616")] // 2^64
    public void F26_Collect_VolatilityThatDoesNotFit_HasNoSignerAndAProblem(string volatility)
    {
        var json = JsonNode.Parse(Text(Offer()))!;
        json["report"]!["vector"]![0]!["volatility"] = volatility;

        var collected = Read(json.ToJsonString()).Report!.Collect("node-1", _signing);

        Assert.Null(collected.Signer);
        Assert.NotEmpty(collected.Problem);
    }

    [Theory]
    [InlineData("0x")]
    [InlineData("zz")]
    public void Collect_SignatureUnreadable_HasNoSignerAndAProblem(string signature)
    {
        var collected = (Offer().Report! with { Signature = signature }).Collect("node-1", _signing);

        Assert.Null(collected.Signer);
        Assert.NotEmpty(collected.Problem);
    }

    [Fact]
    public void Collect_ChangedOnTheWay_GivesAStranger() =>
        Assert.NotEqual(_key.Address, (Offer().Report! with { Epoch = 6 }).Collect("node-1", _signing).Signer);

    [Fact]
    public void Json_OfferWithAndWithoutReport_ComesBackAndRecoversTheSigner()
    {
        var back = Read(Text(Offer()));
        var none = Read(Text(new OfferedObservation("node-1", Chain, 7, "WETH has no usable price", null)));

        Assert.Equal(Text(Offer()), Text(back));
        Assert.Null(none.Report);
        Assert.Equal("WETH has no usable price", none.NoReport);
        var collected = back.Report!.Collect("node-1", _signing);
        Assert.Equal((_key.Address, "", "node-1"), (collected.Signer, collected.Problem, collected.Node));
        Assert.Equal(_key.Address, _signing.Recover(ObservationEncoding.ToSigned(collected)).Signer);
    }

    [Fact]
    public void Collect_BacktestHash_IsPassedOnWhereTheSignatureProvesIt()
    {
        var inputs = new InputsCommitment(Keccak.HashText("market"), Keccak.HashText("surface"), Keccak.HashText("backtest"));
        var report = Offer().Report! with { InputsRoot = inputs.ToRoot(), Inputs = inputs };

        Assert.Equal(inputs.BacktestHash, report.Collect("node-1", _signing).BacktestHash);
        Assert.Null((report with { Inputs = inputs with { BacktestHash = Keccak.HashText("a better one") } }).Collect("node-1", _signing).BacktestHash);
        Assert.Null((report with { Inputs = null }).Collect("node-1", _signing).BacktestHash);
        Assert.Equal(Keccak.Hash([.. inputs.MarketRoot.ToBytes(), .. inputs.SurfaceDigest.ToBytes(), .. inputs.BacktestHash.ToBytes()]), inputs.ToRoot());
    }

    private OfferedObservation Offer()
    {
        var observation = new Observation(
            Hash32.FromHex("0x" + new string('1', 64)), 5, default, 1000, 1000, 1300, default, [new AssetRisk(Asset, 600_000_000_000_000_001, ulong.MaxValue, [new ExpiryRisk(1_767_225_600, 700_000_000_000_000_003, 1_010_000_000_000_000_007)])]);
        var proposal = new RiskProposal(0.55, 0.7125, new Wad(600_000_000_000_000_001), new Wad(ulong.MaxValue), "");
        var trace = new AssetTrace("WETH", Asset, 336, new FeedRound(9, 300_000_000_000, 999), proposal);
        return new OfferedObservation("node-1", Chain, 7, "", OfferedReport.From(_signing.Sign(observation, _key), [trace]));
    }

    private static string Text(OfferedObservation offer) => JsonSerializer.Serialize(offer, KeeperJson.Options);

    private static OfferedObservation Read(string text) => JsonSerializer.Deserialize<OfferedObservation>(text, KeeperJson.Options)!;
}
