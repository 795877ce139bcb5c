using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.MarginOracle.Surfaces;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.MarginOracle.Surfaces;

public sealed class SurfaceFileTests : IDisposable
{
    private const ulong AsOf = 1_767_225_600;
    private const ulong Expiry = AsOf + (73 * 86_400); // a fifth of a year
    private const ulong MaxAge = 3_600;
    private const string Flat = """{"a":0.128,"b":0,"rho":0,"m":0,"s":0.1}"""; // 80 % of volatility
    private static readonly ChainId Chain = new(31337);
    private static readonly Address Weth = new([.. new byte[19], 0xE1]);
    private readonly PrivateKey _publisher = PrivateKey.Generate();

    public void Dispose() => _publisher.Dispose();

    /// <summary>As Foundry's `cast hash-message hello` says.</summary>
    [Fact]
    public void Digest_OfAText_IsThatOfEip191() => Assert.Equal(
        Hash32.FromHex("0x50b2c43fd39106bafbba0da34fc430e1f91e3c96ea2acee2bc34119f92b37750"), PersonalMessage.Digest("hello"u8));

    [Fact]
    public void Judge_SignedAndFresh_GivesVolatilityAndForwardOfItsExpiry()
    {
        var (surface, refusal) = Judge(Payload(Slice(Expiry, Flat)));

        Assert.Null(refusal);
        var at = surface!.Assets[Weth].At(Expiry)!.Value;
        Assert.Equal(.8, at.ImpliedVolatility, 1e-12);
        Assert.Equal(3_030.0 / 3_000, at.ForwardRatio, 1e-15);
        Assert.Null(surface.Assets[Weth].At(Expiry + 1));
        Assert.Equal(.8, surface.Assets[Weth].LargestAtTheMoney, 1e-12);
    }

    [Fact]
    public void Judge_Quotes_AreFitted()
    {
        (double Strike, double Volatility)[] asked = [(2000, .95), (2500, .86), (3030, .8), (3600, .79), (4200, .82), (5000, .88)];
        var quotes = string.Join(',', asked.Select(quote => string.Create(CultureInfo.InvariantCulture, $$$"""{"strike":{{{quote.Strike}}},"volatility":{{{quote.Volatility}}}}""")));
        var (surface, refusal) = Judge(Payload($$"""{"expiry":{{Expiry}},"forward":3030,"quotes":[{{quotes}}]}"""));

        Assert.Null(refusal);
        Assert.Equal(.8, surface!.Assets[Weth].At(Expiry)!.Value.ImpliedVolatility, .01);
    }

    [Fact]
    public void Judge_AgeAtItsLimit_IsTakenAndASecondOlderIsStale()
    {
        Assert.Null(Judge(Payload(Slice(Expiry, Flat)), AsOf + MaxAge).Refusal);
        AssertRefused("SurfaceStale: it is 3601 s old, over 3600", Payload(Slice(Expiry, Flat)), AsOf + MaxAge + 1);
        AssertRefused("SurfaceFromFuture", Payload(Slice(Expiry, Flat)), AsOf - 1);
    }

    [Fact]
    public void Judge_SignedByAnotherOrChangedOrUnsigned_IsRefused()
    {
        using var other = PrivateKey.Generate();
        var payload = Payload(Slice(Expiry, Flat));
        AssertRefused("SurfaceSignatureInvalid: ", Envelope(payload, other));
        AssertRefused("SurfaceSignatureInvalid: ", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Envelope(payload, _publisher)).Replace("3030", "3031", StringComparison.Ordinal)));
        AssertRefused("SurfaceSignatureInvalid: ", Encoding.UTF8.GetBytes(new JsonObject { ["payload"] = payload, ["signature"] = "0x" }.ToJsonString()));
    }

    [Fact]
    public void Judge_OfAnotherChain_IsRefused() => AssertRefused("SurfaceWrongChain: it is of chain 1,", Payload(Slice(Expiry, Flat), chain: 1));

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"chain":31337,"asOf":1767225600,"assets":[],"more":1}""")]
    public void Judge_Unreadable_IsRefused(string payload) => AssertRefused("SurfaceMalformed: ", payload);

    [Theory]
    [InlineData("""{"a":0.128,"b":-1,"rho":0,"m":0,"s":0.1}""", "b is -1")]
    [InlineData("""{"a":-1,"b":0,"rho":0,"m":0,"s":0.1}""", "total variance")]
    public void Judge_SliceThatIsNone_IsRefused(string svi, string words)
    {
        var refusal = Judge(Payload(Slice(Expiry, svi))).Refusal;
        Assert.StartsWith("SurfaceMalformed: ", refusal, StringComparison.Ordinal);
        Assert.Contains(words, refusal, StringComparison.Ordinal);
    }

    /// <summary>The example of Axel Vogt, in Gatheral and Jacquier 2014.</summary>
    [Fact]
    public void Judge_ButterflyArbitrage_IsRefused() =>
        AssertRefused("SurfaceArbitrage: butterfly arbitrage at expiry", Payload(Slice(Expiry, """{"a":-0.0410,"b":0.1331,"rho":0.3060,"m":0.3586,"s":0.4153}""")));

    [Fact]
    public void Judge_TotalVarianceFallsWithTime_IsRefused() => AssertRefused(
        "SurfaceArbitrage: calendar arbitrage from expiry", Payload($"{Slice(Expiry, Flat)},{Slice(2 * Expiry - AsOf, Flat.Replace("0.128", "0.127", StringComparison.Ordinal))}"));

    [Fact]
    public void Judge_ExpiryBeforeTheSurface_IsRefused() => AssertRefused("SurfaceMalformed: expiry", Payload(Slice(AsOf, Flat)));

    [Fact]
    public void Read_NoFile_IsRefused() => Assert.StartsWith(
        "SurfaceMissing: ", new SurfaceFile("/nowhere/surface.json", _publisher.Address, MaxAge).Read(Chain, AsOf).Refusal, StringComparison.Ordinal);

    private static string Slice(ulong expiry, string svi) => string.Create(CultureInfo.InvariantCulture, $$"""{"expiry":{{expiry}},"forward":3030,"svi":{{svi}}}""");

    private static string Payload(string slices, ulong chain = 31337) =>
        $$"""{"chain":{{chain}},"asOf":{{AsOf}},"assets":[{"asset":"{{Eip55.Format(Weth)}}","spot":3000,"slices":[{{slices}}]}]}""";

    private static byte[] Envelope(string payload, PrivateKey key) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["payload"] = payload,
        ["signature"] = Hex.FromBytes(key.SignDigest(PersonalMessage.Digest(Encoding.UTF8.GetBytes(payload))).ToBytes65()),
    }.ToJsonString());

    private (SignedSurface? Surface, string? Refusal) Judge(string payload, ulong now = AsOf) => new SurfaceFile("none", _publisher.Address, MaxAge).Judge(Envelope(payload, _publisher), Chain, now);

    private void AssertRefused(string words, string payload, ulong now = AsOf)
    {
        var (surface, refusal) = Judge(payload, now);
        Assert.Null(surface);
        Assert.StartsWith(words, refusal, StringComparison.Ordinal);
    }

    private void AssertRefused(string words, byte[] bytes) =>
        Assert.StartsWith(words, new SurfaceFile("none", _publisher.Address, MaxAge).Judge(bytes, Chain, AsOf).Refusal, StringComparison.Ordinal);
}
