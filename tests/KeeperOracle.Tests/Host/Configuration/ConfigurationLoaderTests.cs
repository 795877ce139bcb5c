using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Host.Configuration;

public sealed class ConfigurationLoaderTests : ConfigurationFixture
{
    [Theory]
    [InlineData(ConfigurationUse.ReadOnly)]
    [InlineData(ConfigurationUse.Keeper)]
    [InlineData(ConfigurationUse.Oracle)]
    public void Load_Valid_EveryUseTakesIt(ConfigurationUse use)
    {
        var options = Options(Load(Valid, use));
        var chain = options.FindChain(new ChainId(31337))!;

        Assert.Equal((OperatingMode.Active, Path.Combine(Folder, "journal.db")), (options.Mode, options.JournalFile));
        Assert.Equal(("anvil", "http://127.0.0.1:8545/v2/SECRET-API-KEY"), (chain.Name, chain.Rpc[0].Url.Value.ToString()));
        Assert.Equal(Address.FromHex("0xca11bde05977b3631167028862be2a173976ca11"), chain.Multicall3);
        Assert.Equal((500, 2, 200m, 2m, 120), (chain.PollMilliseconds, chain.Confirmations, chain.MaxFeePerGasGwei, chain.MaxPriorityFeePerGasGwei, chain.SnapshotMaxAgeSeconds));
        Assert.Equal(new SendingOptions(64, 3, 13, 5, 20, 300_000_000, 1_000_000, null, DataFeeKind.None), chain.Sending);
        Assert.Equal((4, 2, 3, 1), (options.Quorum.Signers.Count, options.Quorum.TightenThreshold, options.Quorum.Threshold, options.Quorum.TolerableLiars));
        Assert.Equal((KeyRole.Keeper, Path.Combine(Folder, "sender.json")), (options.FindKey("SENDER")!.Role, options.FindKey("sender")!.KeystoreFile));
        Assert.Equal((500, 86400, Wad.Zero, 100, 3), (options.Keeper.DeviationBps, options.Keeper.ReportHeartbeatSeconds, options.Keeper.MinimumBonusValue, options.Keeper.SeizureToleranceBps, options.Keeper.QuarantineAfterFailures));
        Assert.Equal((600, 120, 10000, 1e-9), (options.Keeper.QuarantineSeconds, options.Keeper.LiquidationDeadlineSeconds, options.Keeper.MaxAccounts, options.Keeper.FactorToleranceRelative));
        Assert.Equal((null, "1000", "100", 2000), (options.Keeper.ReportKey, options.Keeper.ReportWorth.ToString(), options.Keeper.FundingWorth.ToString(), options.Keeper.MaxLiquidatableByReportBps));
        Assert.Equal((3600, .97, .25, 720, 1800), (options.Oracle.SampleSeconds, options.Oracle.Lambda, options.Oracle.StressWeight, options.Oracle.HistorySamples, options.Oracle.ValidSeconds));
        Assert.Equal(new AssetOptions("WETH", 1.2, 100_000, 5e8), Assert.Single(options.Oracle.Assets));
        Assert.Equal((8550, Path.Combine(Folder, "record.db")), (options.Oracle.ListenUrl.Port, options.Oracle.RecordFile));
    }

    [Fact]
    public void Load_KeyInASigner_NeedsNoKeystore()
    {
        var json = Mutate("Keys:sender", """
            {"Role":"keeper","Signer":"unix:/run/s.sock","Address":"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266","TokenFile":"password"}
            """);
        var key = Options(Load(json)).FindKey("sender")!;
        Assert.Equal(("", "", "unix:/run/s.sock"), (key.KeystoreFile, key.PasswordFile, key.Remote!.Connection.ToString()));
        Assert.Equal(Path.Combine(Folder, "password"), key.Remote.TokenFile);
    }

    [Fact]
    public void Load_ModeNotActive_NeedsNoKey() =>
        Assert.Equal(OperatingMode.Shadow, Options(Load(Mutate("Keeper:Key", null).Replace("\"active\"", "\"shadow\"", StringComparison.Ordinal))).Mode);

    [Fact]
    public void Load_NoMode_Observes() => Assert.Equal(OperatingMode.Observe, Options(Load(Mutate("Mode", null))).Mode);

    [Theory]
    [InlineData("200.123456789", "200123456789")]
    [InlineData("3.1000000000000", "3100000000")]
    [InlineData("1e2", "100000000000")]
    [InlineData("\"2\"", "2000000000")]
    public void Load_FeeInGwei_IsExactInWei(string json, string wei)
    {
        var fee = Options(Load(Mutate("Chains:31337:MaxFeePerGasGwei", json))).Chains[0].MaxFeePerGasWei;

        Assert.Equal(BigInteger.Parse(wei, System.Globalization.CultureInfo.InvariantCulture), fee);
    }

    [Fact]
    public void Load_MinimumBonusValue_IsExactToTheLastDecimal()
    {
        var value = Options(Load(Mutate("Keeper:MinimumBonusValue", "\"9999999999.000000000000000001\""))).Keeper.MinimumBonusValue;

        Assert.Equal("9999999999.000000000000000001", value.ToString());
    }

    [Fact]
    public void Load_LaterFile_WinsAndReplacesListsAsAWhole()
    {
        var first = Write(Valid);
        var second = Write(
            """
            {
              "KeeperOracle": {
                "Mode": "shadow", // laid over
                "Chains": { "31337": { "Rpc": [ { "Name": "only", "Url": "http://127.0.0.1:9" } ], "Confirmations": 7, } },
              },
            }
            """,
            "overlay.json");

        var options = Options(ConfigurationLoader.Load([first, second], null, ConfigurationUse.Keeper));

        Assert.Equal((OperatingMode.Shadow, 7, "anvil"), (options.Mode, options.Chains[0].Confirmations, options.Chains[0].Name));
        Assert.Equal("only", Assert.Single(options.Chains[0].Rpc).Name);
    }

    [Fact]
    public void Load_EmptyListInALaterFile_EmptiesTheList()
    {
        var overlay = Write("{ \"KeeperOracle\": { \"Keeper\": { \"OracleNodes\": [] } } }", "overlay.json");

        Assert.Empty(Options(ConfigurationLoader.Load([Write(Valid), overlay], null, ConfigurationUse.Keeper)).Keeper.OracleNodes);
    }

    [Fact]
    public void Load_Environment_WinsOverFilesAndSetsOneElement()
    {
        var options = Options(Load(Valid, environment: new Dictionary<string, string>
        {
            ["KeeperOracle__Chains__31337__Rpc__1__Url"] = "https://node.example/KEY",
            ["KEEPERORACLE__MODE"] = "observe",
            ["PATH"] = "/bin",
            ["KeeperOracleX__Mode"] = "nonsense",
        }));

        Assert.Equal(OperatingMode.Observe, options.Mode);
        Assert.Equal(["http://127.0.0.1:8545/…", "https://node.example:443/…"], options.Chains[0].Rpc.Select(node => node.Url.ToString()));
    }

    [Fact]
    public void Load_EnvironmentLeavesAGapInAList_Refused()
    {
        var problem = Assert.Single(Load(Valid, environment: new Dictionary<string, string> { ["KeeperOracle__Chains__31337__Rpc__3__Url"] = "http://127.0.0.1:1" }).Problems);

        Assert.Equal("KeeperOracle:Chains:31337:Rpc:3", problem.KeyPath);
        Assert.Contains("Rpc:2", problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EnvironmentUnknownKeyOrTwice_Refused()
    {
        var problems = Load(Valid, environment: new Dictionary<string, string>
        {
            ["KeeperOracle__Keeper__Deviation"] = "5",
            ["KeeperOracle__Mode"] = "active",
            ["keeperoracle__mode"] = "observe",
        }).Problems;

        Assert.Equal(["KeeperOracle:Keeper:Deviation", "KeeperOracle:Mode"], problems.Select(problem => problem.KeyPath).Order(StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Load_RelativePaths_CountFromTheFileThatNamesThem()
    {
        var overlay = Write("{ \"KeeperOracle\": { \"JournalFile\": \"data/j.db\" } }", "sub/overlay.json");

        var options = Options(ConfigurationLoader.Load([Write(Valid), overlay], null, ConfigurationUse.Keeper));

        Assert.Equal(Path.Combine(Folder, "sub", "data", "j.db"), options.JournalFile);
        Assert.Equal(Path.Combine(Folder, "password"), options.Keys[0].PasswordFile);
    }

    [Fact]
    public void EffectiveValues_ThreeLayers_EachWithItsSourceAndNoKeyInSight()
    {
        var result = Load(Valid, environment: new Dictionary<string, string> { ["KeeperOracle__Mode"] = "shadow" });
        var values = result.EffectiveValues.ToDictionary(value => value.KeyPath, value => (value.Value, value.Source.ToString()));
        var file = $"file {Path.Combine(Folder, "config.json")}";

        Assert.Equal(("shadow", "environment KeeperOracle__Mode"), values["KeeperOracle:Mode"]);
        Assert.Equal(("http://127.0.0.1:8545/…", file), values["KeeperOracle:Chains:31337:Rpc:0:Url"]);
        Assert.Equal(("500", "default"), values["KeeperOracle:Chains:31337:PollMilliseconds"]);
        Assert.Equal(("0.25", "default"), values["KeeperOracle:Oracle:StressWeight"]);
        Assert.Equal("KeeperOracle:Mode", result.EffectiveValues[0].KeyPath);
        Assert.DoesNotContain(result.EffectiveValues, value => value.Value.Contains("SECRET", StringComparison.Ordinal));
        Assert.DoesNotContain("SECRET", Options(result).Chains[0].Rpc[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WebSocketUrl_Given_IsKeptAndShownWithoutItsKey()
    {
        var result = Load(Mutate("Chains:31337:Rpc:0:WebSocketUrl", "\"wss://node.example/v2/SECRET-API-KEY\""));
        var nodes = Options(result).Chains[0].Rpc;
        Assert.Equal("wss://node.example/v2/SECRET-API-KEY", nodes[0].WebSocketUrl!.Value.ToString());
        Assert.Null(nodes[1].WebSocketUrl);
        Assert.Contains(result.EffectiveValues, value => value is { KeyPath: "KeeperOracle:Chains:31337:Rpc:0:WebSocketUrl", Value: "wss://node.example:443/…" });
        Assert.DoesNotContain("SECRET", nodes[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void EffectiveValues_RefusedConfiguration_StillShown() =>
        Assert.Contains(Load(Mutate("Mode", "\"on\"")).EffectiveValues, value => value is { KeyPath: "KeeperOracle:Mode", Value: "on" });

    [Fact]
    public void Defaults_EveryKeyOfTheTable_StandsInTheCommentedFile()
    {
        using var stream = typeof(ConfigurationLoader).Assembly.GetManifestResourceStream("KeeperOracle.Host.Configuration.defaults.jsonc")!;
        var text = new StreamReader(stream).ReadToEnd();

        Assert.All(KeyTable.Keys, key => Assert.Contains(key.Pattern.Split(':').Last(segment => segment != "#"), text, StringComparison.Ordinal));
    }

    [Fact]
    public void Schema_EveryKey_IsThereWithRangeDefaultAndMeaning()
    {
        var root = JsonNode.Parse(ConfigurationSchema.Write())!;
        foreach (var key in KeyTable.Keys)
        {
            var node = root["properties"]!["KeeperOracle"]!;
            foreach (var segment in key.Pattern.Split(':'))
            {
                node = (segment switch { "*" => node["additionalProperties"], "#" => node["items"], _ => node["properties"]![segment] })!;
            }

            Assert.Equal(key.Doc, node["description"]!.GetValue<string>());
        }

        var lambda = root["properties"]!["KeeperOracle"]!["properties"]!["Oracle"]!["properties"]!["Lambda"]!;
        Assert.Equal((0m, 1m, .97m), (lambda["exclusiveMinimum"]!.GetValue<decimal>(), lambda["exclusiveMaximum"]!.GetValue<decimal>(), lambda["default"]!.GetValue<decimal>()));
        Assert.False(root["properties"]!["KeeperOracle"]!["additionalProperties"]!.GetValue<bool>());
    }
}
