using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Signer;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Signer;

public sealed class SignerPolicyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keeperoracle-policy-").FullName;
    private readonly JsonObject _example;

    public SignerPolicyFileTests()
    {
        foreach (var name in (string[])["keeper.keystore.json", "oracle.keystore.json", "password", "token"])
        {
            File.WriteAllText(Path.Combine(_folder, name), "x");
        }

        // Systemd's credentials are not there in a test.
        var text = File.ReadAllText(RepositoryFiles.PathOf("src", "KeeperOracle.Host", "Signer", "policy.example.jsonc"))
            .Replace("credential:keeper-password", "password", StringComparison.Ordinal)
            .Replace("credential:oracle-password", "password", StringComparison.Ordinal);
        _example = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!.AsObject();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string?, string, string> Refusals() => new()
    {
        { "listen", null, "listen", "missing" },
        { "listen", "\"http://10.0.0.1:1\"", "listen", "unix:/path" },
        { "listen", "\"https://127.0.0.1:1\"", "listen", "on a socket or on loopback only" },
        { "listen", "\"http://127.0.0.1:8560\"", "tokenFile", "16 or more characters" },
        { "listn", "1", "listn", "Did you mean \"listen\"" },
        { "guardFile", null, "guardFile", "missing" },
        { "tokenFile", "\"none\"", "tokenFile", "fd:N" },
        { "keys", "[]", "keys", "at least one" },
        { "keys.0.password", "\"hunter2\"", "keys[0].password", "no such key" },
        { "keys.0.keystoreFile", "\"none\"", "keys[0].keystoreFile", "no such file" },
        { "keys.0.passwordFile", "\"fd:1\"", "keys[0].passwordFile", "over 2" },
        { "keys.0.passwordFile", "\"credential:../x\"", "keys[0].passwordFile", "no name of a credential" },
        { "transactions.0.signer", "\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\"", "transactions[0].signer", "write 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" },
        { "transactions.0.chain", "0", "transactions[0].chain", "decimal id" },
        { "transactions.0.chain", "-1", "transactions[0].chain", "plain number" },
        { "transactions.0.calls", "[]", "transactions[0].calls", "at least one" },
        { "transactions.0.calls.0.function", "\"liquidate\"", "transactions[0].calls[0].function", "name(type,type)" },
        { "transactions.0.calls.0.function", "\"f(uint256 x)\"", "transactions[0].calls[0].function", "without spaces" },
        { "transactions.0.calls.0.selector", "\"0x01020304\"", "transactions[0].calls[0].selector", "no such key" },
        { "transactions.0.calls.2.arguments.0.value", "\"0x01\"", "transactions[0].calls[2].arguments[0].value", "64 digits" },
        { "transactions.0.maxFeePerGasGwei", "0.0000000001", "transactions[0].maxFeePerGasGwei", "at most 9 decimals" },
        { "transactions.0.maxFeePerGasGwei", "\"1e3\"", "transactions[0].maxFeePerGasGwei", "plain number" },
        { "transactions.0.maxFeePerHourEther", "0.1", "transactions[0].maxFeePerHourEther", "at least one transaction" },
        { "transactions.0.maxFeePerHourEther", null, "transactions[0].maxFeePerHourEther", "missing" },
        { "transactions.0.allowReplacements", null, "transactions[0].allowReplacements", "true or false" },
        { "observations.0.market", "\"0x01\"", "observations[0].market", "64 digits" },
        { "observations.0.maxValidSeconds", "86401", "observations[0].maxValidSeconds", "86400" },
        { "observations.0.assets.0.minVolatility", "6", "observations[0].assets[0].minVolatility", "over maxVolatility" },
        { "observations.0.assets.0.maxSlippage", null, "observations[0].assets[0].maxSlippage", "missing" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Read_OneThingWrong_NamesThePlaceAndTheFix(string path, string? json, string blamed, string fix)
    {
        Set(path, json);
        var thrown = Assert.Throws<InputFileException>(() => Read());
        var problem = Assert.Single(thrown.Problems);
        Assert.Equal(blamed, problem.Path);
        Assert.Contains(fix, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ObservationsTwice_IsRefused()
    {
        var list = _example["observations"]!.AsArray();
        list.Add(list[0]!.DeepClone());
        Assert.Equal("observations[1]", Assert.Single(Assert.Throws<InputFileException>(() => Read()).Problems).Path);
    }

    [Fact]
    public void Read_Example_GivesWhatStandsThere()
    {
        var policy = Read();
        Assert.Equal("unix:/run/keeperoracle/signer.sock", policy.Listen.ToString());
        var sending = Assert.Single(policy.Transactions);
        Assert.Equal(
            [MarginVault.LiquidateFunction.Selector, RiskOracle.SubmitFunction.Selector, ERC20.ApproveFunction.Selector], sending.Calls.Select(call => call.Function));
        Assert.Equal(200 * BigInteger.Pow(10, 9), sending.MaxFeePerGas);
        Assert.Equal(3 * BigInteger.Pow(10, 17), sending.MaxFeePerTransaction);
        Assert.Equal("0x000000000000000000000000cf7ed3acca5a467e9e704c703e8d87f634fb0fc9", Assert.Single(sending.Calls[2].Arguments).Value.ToString());
        var attesting = Assert.Single(policy.Observations);
        Assert.Equal((1800UL, 120UL, 1UL), (attesting.MaxValidSeconds, attesting.ClockSkewSeconds, attesting.ReorgEpochs));
        var asset = Assert.Single(attesting.Assets);
        Assert.Equal((50_000_000_000_000_000UL, 5_000_000_000_000_000_000UL), (asset.LeastVolatility, asset.MostVolatility));
        Assert.Equal("0x5FC8d32690cc91D4c39d9d3abcBD16989F875707", Eip55.Format(asset.Asset));
    }

    private SignerPolicy Read()
    {
        var file = Path.Combine(_folder, "policy.jsonc");
        File.WriteAllText(file, "// a comment\n" + _example.ToJsonString());
        return SignerPolicyFile.Read(file);
    }

    private void Set(string path, string? json)
    {
        var segments = path.Split('.');
        JsonNode node = _example;
        foreach (var segment in segments[..^1])
        {
            node = node is JsonArray list ? list[int.Parse(segment, System.Globalization.CultureInfo.InvariantCulture)]! : node[segment]!;
        }

        if (json is null)
        {
            node.AsObject().Remove(segments[^1]);
        }
        else
        {
            node[segments[^1]] = JsonNode.Parse(json);
        }
    }
}
