using System.Text.Json.Nodes;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Host.Configuration;

/// <summary>What a relay and attested headers need: one spoilt value at a time, and the one problem that must come of it.</summary>
public sealed class CrossChainRulesTests : ConfigurationFixture
{
    private static readonly string[] Addresses =
    [
        "0x5FbDB2315678afecb367f032d93F642f64180aa3", "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512", "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
        "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9", "0xcA11bde05977b3631167028862bE2a173976CA11",
    ];

    [Theory]
    [InlineData(ConfigurationUse.Relay)]
    [InlineData(ConfigurationUse.Oracle)]
    [InlineData(ConfigurationUse.ReadOnly)]
    public void Load_WholeConfiguration_IsTaken(ConfigurationUse use)
    {
        var result = Load(Whole(), use);
        Assert.True(result.IsValid, string.Join('\n', result.Problems));
        var options = result.Options;
        Assert.Equal([new RelayLinkOptions(new ChainId(31337), new ChainId(31338))], options.Relay.Links);
        Assert.Equal([new HeaderLineOptions(new ChainId(31337), new ChainId(31338))], options.Oracle.Headers);
        Assert.Equal(("sender", 3600, 1000, 25, 86_400), (options.Relay.Key, options.Relay.RefreshSeconds, options.Relay.MaxLiens, options.Oracle.HeaderEveryBlocks, options.Oracle.HeaderValidSeconds));
        Assert.Equal(Address.FromHex("0x" + new string('1', 39) + "1"), options.FindChain(new ChainId(31337))!.CrossChain.CollateralVault);
    }

    [Theory]
    [InlineData("JournalFile", null, "JournalFile", "each relay has its own")]
    [InlineData("Mode", "\"shadow\"", "Mode", "active")]
    [InlineData("Relay:Key", null, "Relay:Key", "Role keeper")]
    [InlineData("Relay:Key", "\"reporter\"", "Relay:Key", "Role keeper")]
    [InlineData("Relay:Links", "[]", "Relay:Links", "Add one")]
    [InlineData("Relay:OracleNodes", "[]", "Relay:OracleNodes", "of the market")]
    [InlineData("Relay:Links:0:Hub", "31337", "Relay:Links:0:Hub", "two chains")]
    [InlineData("Relay:Links:0:Hub", "5", "Relay:Links:0:Hub", "Chains:5")]
    [InlineData("Relay:Links:0:Hub", "0", "Relay:Links:0:Hub", "decimal chain id")]
    [InlineData("Relay:Links:0:Hub", "1.5", "Relay:Links:0:Hub", "decimal chain id")]
    [InlineData("Relay:Links:0:Hub", null, "Relay:Links:0:Hub", "decimal chain id")]
    [InlineData("Relay:Links:0:Hubs", "31338", "Relay:Links:0:Hubs", "\"Hub\"")]
    [InlineData("Relay:RefreshSeconds", "59", "Relay:RefreshSeconds", "from 60")]
    [InlineData("Relay:MaxLiens", "0", "Relay:MaxLiens", "from 1")]
    [InlineData("Relay:ListenUrl", "\"http://10.0.0.1:8560\"", "Relay:ListenUrl", "8560")]
    [InlineData("Chains:31337:CollateralVault", null, "Chains:31337:CollateralVault", "EIP-55")]
    [InlineData("Chains:31338:MarginHub", null, "Chains:31338:MarginHub", "EIP-55")]
    [InlineData("Chains:31337:AttestedHeaders", null, "Chains:31337:AttestedHeaders", "EIP-55")]
    [InlineData("Chains:31338:AttestedHeaders", null, "Chains:31338:AttestedHeaders", "EIP-55")]
    [InlineData("Oracle:Headers:0:Of", "31338", "Oracle:Headers:0:On", "two chains")]
    [InlineData("Oracle:HeaderEveryBlocks", "0", "Oracle:HeaderEveryBlocks", "from 1")]
    [InlineData("Oracle:HeaderValidSeconds", "599", "Oracle:HeaderValidSeconds", "from 600")]
    public void Load_OneValueSpoilt_IsRefusedByName(string path, string? value, string blamed, string fix)
    {
        var root = Whole();
        Set(root, path, value);
        var problems = Load(root, ConfigurationUse.Relay).Problems.DistinctBy(problem => problem.KeyPath).ToList();
        var problem = Assert.Single(problems);
        Assert.Equal($"KeeperOracle:{blamed}", problem.KeyPath);
        Assert.Contains(fix, problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LinkOrHeadersTwice_IsRefused()
    {
        var root = Whole();
        foreach (var list in (string[])["Relay:Links", "Oracle:Headers"])
        {
            var at = At(root, list).AsArray();
            at.Add(at[0]!.DeepClone());
        }

        Assert.Equal(["KeeperOracle:Oracle:Headers:1", "KeeperOracle:Relay:Links:1"], Load(root, ConfigurationUse.Relay).Problems.Select(problem => problem.KeyPath));
    }

    [Fact]
    public void Load_HeadersWithAKeyInAnotherProcess_IsRefused()
    {
        var root = Whole();
        At(root, "Keys")["reporter"] = JsonNode.Parse("""{ "Role": "oracle", "Signer": "http://127.0.0.1:9000", "Address": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" }""");
        var problem = Assert.Single(Load(root, ConfigurationUse.Oracle).Problems);
        Assert.Equal("KeeperOracle:Keys:reporter:Signer", problem.KeyPath);
    }

    private ConfigurationResult Load(JsonNode root, ConfigurationUse use) => ConfigurationLoader.Load([Write(root.ToJsonString())], null, use);

    private static JsonNode Whole()
    {
        var root = JsonNode.Parse(Valid)!;
        var chains = At(root, "Chains");
        var second = chains["31337"]!.DeepClone();
        foreach (var (name, address) in ((string[])["OracleHub", "AttestationVerifier", "RiskOracle", "MarginVault", "Multicall3"]).Zip(Addresses))
        {
            second[name] = address;
        }

        chains["31338"] = second;
        foreach (var id in (string[])["31337", "31338"])
        {
            chains[id]!["CollateralVault"] = "0x1111111111111111111111111111111111111111";
            chains[id]!["MarginHub"] = "0x2222222222222222222222222222222222222222";
            chains[id]!["AttestedHeaders"] = "0x3333333333333333333333333333333333333333";
        }

        At(root, "Oracle")["Headers"] = JsonNode.Parse("""[ { "Of": 31337, "On": 31338 } ]""");
        root["KeeperOracle"]!["Relay"] = JsonNode.Parse(
            """{ "Key": "sender", "OracleNodes": [ { "Name": "n1", "Url": "http://127.0.0.1:8550" } ], "Links": [ { "Vault": 31337, "Hub": 31338 } ] }""");
        return root;
    }

    private static JsonNode At(JsonNode root, string path) => path.Split(':').Aggregate(
        root["KeeperOracle"]!, (node, name) => (node is JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] : node[name])!);

    private static void Set(JsonNode root, string path, string? value)
    {
        var cut = path.LastIndexOf(':');
        var parent = (cut < 0 ? root["KeeperOracle"]! : At(root, path[..cut])).AsObject();
        if (value is null)
        {
            parent.Remove(path[(cut + 1)..]);
        }
        else
        {
            parent[path[(cut + 1)..]] = JsonNode.Parse(value);
        }
    }
}
