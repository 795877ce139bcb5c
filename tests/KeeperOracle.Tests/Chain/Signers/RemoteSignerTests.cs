using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.Chain.Rpc;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain.Signers;

/// <summary>The client against signers that lie, fail and refuse.</summary>
public sealed class RemoteSignerTests : IDisposable
{
    private const string Token = "CANARY-TOKEN-4f1d9a";

    private static readonly Eip1559Transaction Asked =
        new(new ChainId(31337), 5, 1_000_000_000, 3_000_000_000, 21000, Address.FromHex("0x000000000000000000000000000000000000dead"), 0, [0x12, 0x34, 0x56, 0x78]);

    private static readonly Observation Seen = new(
        Hash32.FromHex("0x" + new string('1', 64)), 5, default, 1000, 1000, 1300, default, [new AssetRisk(Address.FromHex("0x00000000000000000000000000000000000000aa"), 6, 2, [])]);

    private readonly PrivateKey _key = AnvilNode.Key(0);

    public void Dispose() => _key.Dispose();

    public static TheoryData<string, string> WrongFields() => new()
    {
        { "chain id", "chain" }, { "nonce", "nonce" }, { "priority fee", "tip" }, { "fee", "fee" }, { "gas limit", "gas" },
        { "target", "to" }, { "target", "deploy" }, { "value", "value" }, { "data", "data" }, { "access list", "list" },
    };

    [Theory]
    [MemberData(nameof(WrongFields))]
    public async Task SignTransaction_AnotherFieldSigned_IsWrongField(string named, string change)
    {
        var other = change switch
        {
            "chain" => Asked with { ChainId = new ChainId(1) },
            "nonce" => Asked with { Nonce = 6 },
            "tip" => Asked with { MaxPriorityFeePerGas = 1 },
            "fee" => Asked with { MaxFeePerGas = 3_000_000_001 },
            "gas" => Asked with { GasLimit = 21001 },
            "to" => Asked with { To = _key.Address },
            "deploy" => Asked with { To = null },
            "value" => Asked with { Value = 1 },
            "list" => Asked with { AccessList = [new AccessListEntry(_key.Address, [])] },
            _ => Asked with { Data = [0x12, 0x34, 0x56, 0x79] },
        };
        var refusal = await RefusedAsync(Quoted(other.Sign(_key).ToHex()));
        Assert.Equal(SignerFailure.WrongField, refusal.Kind);
        Assert.Contains($"another {named} ", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignTransaction_AnotherKey_IsWrongSigner()
    {
        using var stranger = AnvilNode.Key(1);
        Assert.Equal(SignerFailure.WrongSigner, (await RefusedAsync(Quoted(Asked.Sign(stranger).ToHex()))).Kind);
    }

    [Fact]
    public async Task F52_SignTransaction_SInItsUpperHalf_IsMalformed()
    {
        // The twin (n - s, other parity) of the right signature: it recovers the same sender, and has another transaction hash.
        var raw = Asked.Sign(_key).Raw.ToArray();
        var s = new BigInteger(raw.AsSpan(^32), isUnsigned: true, isBigEndian: true);
        var order = BigInteger.Parse("0fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", System.Globalization.NumberStyles.HexNumber, null);
        (order - s).ToByteArray(isUnsigned: true, isBigEndian: true).CopyTo(raw, raw.Length - 32);
        raw[^67] = (byte)(raw[^67] == 0x80 ? 1 : 0x80);

        var refusal = await RefusedAsync(Quoted(Hex.FromBytes(raw)));
        Assert.Equal(SignerFailure.Malformed, refusal.Kind);
        Assert.Contains("malleable", refusal.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"0x\"")]
    [InlineData("\"0x02c0\"")]
    [InlineData("\"hello\"")]
    [InlineData("null")]
    [InlineData("{\"raw\":\"0x02\"}")]
    [InlineData("17")]
    public async Task SignTransaction_Garbage_IsMalformed(string result) => Assert.Equal(SignerFailure.Malformed, (await RefusedAsync(result)).Kind);

    [Theory]
    [InlineData("{}")]
    [InlineData("nothing")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":\"0x\"}")]
    public async Task SignTransaction_NoJsonRpcAnswer_IsMalformed(string body)
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok(body));
        Assert.Equal(SignerFailure.Malformed, (await AskAsync(server.Url)).Kind);
    }

    [Theory]
    [InlineData(-32010, "NonceUsed: nonce 5 was signed", SignerFailure.Refused, "NonceUsed")]
    [InlineData(-32000, "no such account", SignerFailure.UnknownAccount, "")]
    [InlineData(-32602, "Invalid params", SignerFailure.Refused, "")]
    public async Task SignTransaction_ErrorOfTheSigner_KeepsItsName(int code, string message, SignerFailure kind, string rule)
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Ok($$$"""{"jsonrpc":"2.0","id":1,"error":{"code":{{{code}}},"message":"{{{message}}}"}}"""));
        var refusal = await AskAsync(server.Url);
        Assert.Equal((kind, rule), (refusal.Kind, refusal.Rule));
    }

    [Fact]
    public async Task SignTransaction_HangingSigner_TimesOutAndIsTransient()
    {
        await using var server = new RawHttpServer((_, _) => null);
        var refusal = await AskAsync(server.Url, TimeSpan.FromMilliseconds(200));
        Assert.Equal(SignerFailure.TimedOut, refusal.Kind);
        Assert.True(refusal.IsTransient);
        Assert.Equal(1, server.Requests);
    }

    [Theory]
    [InlineData("401 Unauthorized", SignerFailure.Unauthorized)]
    [InlineData("503 Service Unavailable", SignerFailure.Unreachable)]
    [InlineData("302 Found", SignerFailure.Unreachable)]
    public async Task SignTransaction_HttpStatus_IsNamedAndTheTokenStaysOut(string status, SignerFailure kind)
    {
        await using var server = new RawHttpServer((_, _) => RawHttpServer.Status(status, "location: http://127.0.0.1:1/\r\n", ""));
        var refusal = await AskAsync(server.Url);
        Assert.Equal(kind, refusal.Kind);
        Assert.DoesNotContain(Token, refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRETKEY", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignTransaction_NobodyThere_IsUnreachable()
    {
        Assert.True(SignerConnection.TryParse($"unix:{Path.GetTempPath()}none-{Guid.NewGuid():N}.sock", out var nowhere, out _));
        using var signer = new RemoteSigner("s", nowhere!, _key.Address);
        Assert.Equal(SignerFailure.Unreachable, (await signer.SignAsync(Asked, CancellationToken.None)).Refusal!.Kind);
    }

    [Fact]
    public async Task SignObservation_WrongAnswers_AreRefused()
    {
        using var stranger = AnvilNode.Key(1);
        var chain = new ChainId(31337);
        var digest = ObservationDigest.Compute(chain, Address.Zero, Seen);
        var right = _key.SignDigest(digest).ToBytes65();
        var elsewhere = _key.SignDigest(ObservationDigest.Compute(new ChainId(1), Address.Zero, Seen)).ToBytes65();
        (byte[] Answer, SignerFailure Kind)[] cases =
        [
            (stranger.SignDigest(digest).ToBytes65(), SignerFailure.WrongSigner),
            (elsewhere, SignerFailure.WrongSigner),
            (right[..64], SignerFailure.Malformed),
            ([.. right[..64], 0], SignerFailure.Malformed),
        ];
        foreach (var (answer, kind) in cases)
        {
            await using var server = new RawHttpServer((_, _) => Result(Quoted(Hex.FromBytes(answer))));
            using var signer = Signer(server.Url);
            Assert.Equal(kind, (await signer.SignAsync(chain, Address.Zero, Seen, CancellationToken.None)).Refusal!.Kind);
        }
    }

    [Fact]
    public async Task Sign_HonestSigner_EqualsTheLocalOneAndSendsTheWholeQuestion()
    {
        var bodies = new List<string>();
        await using var server = new RawHttpServer((body, _) =>
        {
            bodies.Add(body);
            using var request = JsonDocument.Parse(body);
            var parameters = request.RootElement.GetProperty("params");
            return request.RootElement.GetProperty("method").GetString() == "eth_signTransaction"
                ? Result(Quoted(TransactionWire.Read(parameters[0]).Transaction.Sign(_key).ToHex()))
                : Result(Quoted(Hex.FromBytes(Resign(parameters[1].GetString()!))), 2);
        });
        using var remote = Signer(server.Url);
        using var local = new LocalSigner(AnvilNode.Key(0));

        var theirs = await remote.SignAsync(Asked, CancellationToken.None);
        var ours = await local.SignAsync(Asked, CancellationToken.None);
        Assert.Equal(ours.Value!.ToHex(), theirs.Value!.ToHex());
        var verifier = Address.FromHex("0x00000000000000000000000000000000000000bb");
        var attested = await remote.SignAsync(new ChainId(7), verifier, Seen, CancellationToken.None);
        Assert.Equal((await local.SignAsync(new ChainId(7), verifier, Seen, CancellationToken.None)).Value!.Signature, attested.Value!.Signature);
        Assert.Contains("\"from\":\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\"", bodies[0], StringComparison.Ordinal);
        Assert.Contains("primaryType", bodies[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"gasPrice\":\"0x1\"}", "gasPrice")]
    [InlineData("{\"accessList\":[]}", "accessList")]
    [InlineData("{}", "missing")]
    [InlineData("[]", "missing")]
    public void ReadTransaction_NotExactlyOurFields_Refuses(string json, string fragment)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Contains(fragment, Assert.Throws<FormatException>(() => TransactionWire.Read(document.RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteTransaction_AccessList_IsABug() =>
        Assert.Throws<ArgumentException>(() => TransactionWire.Write(_key.Address, Asked with { AccessList = [new AccessListEntry(_key.Address, [])] }));

    [Theory]
    [InlineData("unix:signer.sock", "begins with /")]
    [InlineData("http://10.0.0.1:8560", "in the clear")]
    [InlineData("https://me:pass@signer", "never stands in a URL")]
    [InlineData("ftp://signer", "neither")]
    public void TryParseConnection_NotToBeUsed_SaysWhy(string text, string fragment)
    {
        Assert.False(SignerConnection.TryParse(text, out _, out var problem));
        Assert.Contains(fragment, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:/run/signer.sock", "unix:/run/signer.sock")]
    [InlineData("http://127.0.0.1:8560", "http://127.0.0.1:8560")]
    [InlineData("https://signer.example:9000/key-in-path", "https://signer.example:9000")]
    public void TryParseConnection_Usable_ShowsNoPathOfAUrl(string text, string shown)
    {
        Assert.True(SignerConnection.TryParse(text, out var connection, out _));
        Assert.Equal(shown, connection!.ToString());
    }

    private byte[] Resign(string document)
    {
        var (chain, verifier, observation) = ObservationTypedData.Read(document);
        return _key.SignDigest(ObservationDigest.Compute(chain, verifier, observation)).ToBytes65();
    }

    private RemoteSigner Signer(Uri url, TimeSpan? deadline = null)
    {
        Assert.True(SignerConnection.TryParse(url.ToString(), out var connection, out var problem), problem);
        return new RemoteSigner("s", connection!, _key.Address, Token, deadline ?? TimeSpan.FromSeconds(60));
    }

    private async Task<SignerRefusal> RefusedAsync(string result)
    {
        await using var server = new RawHttpServer((_, _) => Result(result));
        return await AskAsync(server.Url);
    }

    private async Task<SignerRefusal> AskAsync(Uri url, TimeSpan? deadline = null)
    {
        using var signer = Signer(url, deadline);
        var (signed, refusal) = await signer.SignAsync(Asked, CancellationToken.None);
        Assert.Null(signed);
        return refusal!;
    }

    private static string Quoted(string text) => $"\"{text}\"";

    private static string Result(string result, int id = 1) => RawHttpServer.Ok($$"""{"jsonrpc":"2.0","id":{{id}},"result":{{result}}}""");
}
