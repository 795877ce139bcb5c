using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.ChaosProxy;
using KeeperOracle.Host.Demo;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// A secret in every slot that takes one, the real commands with good and failing configurations, and nodes, signers and oracle nodes that
/// repeat what they were told: no secret in what the product says or leaves. <see cref="ProductProcess"/> and <see cref="KeeperFolder"/> search
/// after every test; here everything that could say one is made to happen.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class CanaryTests(ProtocolWorld world)
{
    private const string P = Canaries.Prefix;
    private static readonly string Query = $"v2/{P}path-0123456789?apikey={P}query-0123456789&more={P}more%2F0123456789";

    [Fact]
    public async Task Run_NodesThatRepeatTheUrl_LiquidatesAndSaysNoSecret()
    {
        await world.ResetAsync();
        await using var echo = await EchoingServer.StartAsync();
        await using var proxy = await ChaosProxyHost.StartAsync(new ChaosProxyOptions { Upstream = world.Chain.Url });
        using var folder = world.NewKeeper(KeeperMode.Active, ("echo", new Uri($"{echo.Url}oracle-{P}oracle-path-0123")));
        Nodes(folder, 2, $"{proxy.Url}?key={P}rpc-0-0123456789", $"{world.Chain.Url}?key={P}rpc-1-0123456789", $"{echo.Url}{Query}");
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");
        proxy.Set($$"""{"fault": "error", "methods": "eth_call", "message": "key {{P}}rpc-0-0123456789 is over its quota", "count": 3}""");
        await world.SetPricesAsync(2200, 44000, ProtocolWorld.Start + ProtocolWorld.Hour);
        await keeper.SaysAsync("key (hidden) is over its quota");
        await Until.TrueAsync(
            async () =>
            {
                // What could not be read is read at the next head.
                await world.SendAsync("anvil_mine", "0x1");
                return keeper.HasExited || (await world.LiquidatedAsync()).Count > 0;
            },
            "somebody is liquidated",
            () => keeper.Errors);
        await folder.SettledAsync(keeper, "liquidate/");
        Assert.True(echo.Asked > 0);
        var ended = await keeper.StopAsync();
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Contains("node-2", ended.Errors, StringComparison.Ordinal);
        var replayed = await folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
        Assert.Empty(Canaries.InFolder(folder.Path));
    }

    [Fact]
    public async Task EveryCommand_OnlyNodesThatRepeatTheUrl_FailsAndSaysNoSecret()
    {
        await world.ResetAsync();
        await using var echo = await EchoingServer.StartAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        Nodes(folder, 0, $"{echo.Url}{Query}");
        foreach (var command in (string[][])[["run"], ["doctor"], ["doctor", "-o", "json"], ["signer", "policy"]])
        {
            var result = await folder.RunAsync(command);
            Assert.True(result.ExitCode != 0, result.ToString());
            Assert.Contains("(hidden)", result.Output + result.Errors, StringComparison.Ordinal);
        }

        Assert.True((await folder.RunAsync("config", "show")).ExitCode == 0);
        Assert.True((await folder.RunAsync("config", "show", "-o", "json")).ExitCode == 0);

        // The same URL from the environment.
        await using var byEnvironment = ProductProcess.Start(
            ["doctor", .. folder.Configuration],
            folder.Path,
            new Dictionary<string, string> { ["KeeperOracle__Chains__31337__Rpc__0__Url"] = $"{echo.Url}environment/{P}environment-0123" });
        Assert.NotEqual(0, (await byEnvironment.EndAsync(TimeSpan.FromSeconds(90))).ExitCode);
    }

    [Fact]
    public async Task Config_SecretsWhereNoneBelong_AreRefusedWithoutBeingShown()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var key = Convert.ToHexStringLower(Canaries.PrivateKey("inline"));
        folder.Edit("common.json", section =>
        {
            var chain = section["Chains"]!["31337"]!;
            chain["Rpc"]!.AsArray().Add(new JsonObject { ["Name"] = "user", ["Url"] = $"https://{P}user:{P}password@127.0.0.1/x" });
            chain["Rpc"]!.AsArray().Add(new JsonObject { ["Name"] = "odd", ["Url"] = $"wss://127.0.0.1/{P}wrong-scheme" });
            chain["Rpc"]!.AsArray().Add(new JsonObject { ["Name"] = "apikey", ["Url"] = "https://127.0.0.1/y", ["ApiKey"] = $"{P}api-key" });
            chain["MarginVault"] = $"0x{key}";
        });
        folder.Edit("keeper.json", section =>
        {
            var sender = section["Keys"]!["keeper"]!;
            sender["Password"] = $"{P}inline-password";
            sender["PrivateKey"] = key;
            sender["Signer"] = $"https://{P}user:{P}password@127.0.0.1";
            section["Mnemonic"] = $"{P}one two three four five six seven eight nine ten eleven twelve";
            section["JournalFile"] = key;
        });
        foreach (var command in (string[][])[["config", "validate"], ["config", "validate", "--for", "keeper"], ["config", "show"], ["config", "show", "-o", "json"], ["run"], ["doctor"]])
        {
            var result = await folder.RunAsync(command);
            Assert.True(result.ExitCode == 3, result.ToString());
            Assert.Contains("KeeperOracle:Keys:keeper:PrivateKey", result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_WrongPasswordsAndKnownKeys_SayNoSecret()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        using (var known = PrivateKey.FromBytes(Canaries.PrivateKey("key")))
        {
            await File.WriteAllTextAsync(folder.FileOf("keeper.keystore.json"), KeystoreV3.Encrypt(known, $"{P}right-password"));
        }

        await File.WriteAllTextAsync(folder.FileOf("keeper.password"), $"{P}wrong-password\n");
        foreach (var command in (string[])["run", "doctor"])
        {
            var wrong = await folder.RunAsync(command);
            Assert.True(wrong.ExitCode == 3, wrong.ToString());
            Assert.Contains("password", wrong.Output + wrong.Errors, StringComparison.OrdinalIgnoreCase);
        }

        await File.WriteAllTextAsync(folder.FileOf("keeper.password"), $"{P}right-password\n");
        var poor = await folder.RunAsync("doctor");
        Assert.Contains("has none", poor.Output, StringComparison.Ordinal);
        var imported = await ProductProcess.RunAsync(
            "key", "import", folder.FileOf("keeper.keystore.json"), "--password-file", folder.FileOf("keeper.password"), "--out", folder.FileOf("again.json"));
        Assert.True(imported.ExitCode == 0, imported.ToString());
        await File.WriteAllBytesAsync(folder.FileOf("keeper.password"), [.. Encoding.UTF8.GetBytes($"{P}bytes"), 0xFF, 0xFE]);
        Assert.True((await folder.RunAsync("run")).ExitCode == 3);
    }

    [Fact]
    public async Task Signers_ThatRepeatTheTokenAndTheUrl_SayNoSecret()
    {
        await world.ResetAsync();
        await using var echo = await EchoingServer.StartAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await File.WriteAllTextAsync(folder.FileOf("signer.token"), $"{P}token-0123456789\n");
        folder.Edit("keeper.json", section => section["Keys"] = new JsonObject
        {
            ["keeper"] = new JsonObject
            {
                ["Role"] = "keeper",
                ["Signer"] = $"{echo.Url}{Query}",
                ["Address"] = Eip55.Format(world.Keeper),
                ["TokenFile"] = "signer.token",
            },
        });
        foreach (var command in (string[][])[["run"], ["doctor"], ["config", "show"]])
        {
            await folder.RunAsync(command);
        }

        Assert.True(echo.Asked > 0);

        // Our own signer, asked with the right token and with a wrong one.
        var url = $"http://127.0.0.1:{LocalChain.FreePort()}";
        folder.Edit("keeper.json", section => section["Keys"]!["keeper"] = new JsonObject
        {
            ["Role"] = "keeper",
            ["KeystoreFile"] = "keeper.keystore.json",
            ["PasswordFile"] = "keeper.password",
        });
        var written = await folder.RunAsync("signer", "policy", "--listen", url);
        Assert.True(written.ExitCode == 0, written.ToString());
        var policy = JsonNode.Parse(written.Output)!;
        policy["tokenFile"] = "signer.token";
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), policy.ToJsonString());
        await using var signer = ProductProcess.Start(["signer", "run", "--policy", folder.FileOf("policy.json")], folder.Path);
        await signer.SaysAsync("listens on");
        Assert.True(SignerConnection.TryParse(url, out var connection, out _));
        foreach (var token in (string[])[$"{P}token-0123456789", $"{P}other-0123456789"])
        {
            using var client = new RemoteSigner("s", connection!, world.Keeper, token, TimeSpan.FromSeconds(60));
            await client.SignAsync(new Eip1559Transaction(new ChainId(1), 0, 1, 100, 21000, world.Keeper, 0, []), CancellationToken.None);
        }

        Assert.Equal(0, (await signer.StopAsync()).ExitCode);
    }

    [Fact]
    public async Task OracleRun_NodesThatRepeatTheUrl_SaysNoSecret()
    {
        await world.ResetAsync();
        await using var echo = await EchoingServer.StartAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        await File.WriteAllTextAsync(folder.FileOf("oracle.password"), $"{P}oracle-password");
        await File.WriteAllTextAsync(folder.FileOf("oracle.keystore.json"), KeystoreV3.Encrypt(world.Signers[0], $"{P}oracle-password"));
        var asset = new JsonObject { ["StressVolatility"] = 1.2, ["SellSize"] = 1000, ["DailyVolume"] = 1_000_000 };
        folder.Edit("keeper.json", section =>
        {
            section["Keys"] = new JsonObject
            {
                ["reporter"] = new JsonObject { ["Role"] = "oracle", ["KeystoreFile"] = "oracle.keystore.json", ["PasswordFile"] = "oracle.password" },
            };
            section.Remove("Keeper");
            section["Oracle"] = new JsonObject
            {
                ["Key"] = "reporter",
                ["RecordFile"] = "record.db",
                ["ListenUrl"] = $"http://127.0.0.1:{LocalChain.FreePort()}",
                ["Assets"] = new JsonObject { ["WETH"] = asset, ["WBTC"] = asset.DeepClone() },
            };
        });
        Nodes(folder, 2, $"{world.Chain.Url}?key={P}rpc-0-0123456789", $"{world.Chain.Url}?key={P}rpc-1-0123456789", $"{echo.Url}{Query}");
        await using (var oracle = ProductProcess.Start(["oracle", "run", .. folder.Configuration], folder.Path))
        {
            await oracle.SaysAsync("listens on");
            await Until.TrueAsync(() => oracle.HasExited || echo.Asked > 5, "the node that repeats is asked", () => oracle.Errors);
            var ended = await oracle.StopAsync();
            Assert.True(ended.ExitCode == 0, ended.ToString());
        }

        Nodes(folder, 0, $"{echo.Url}{Query}");
        Assert.NotEqual(0, (await folder.RunAsync("oracle", "run")).ExitCode);
    }

    /// <summary>A search that cannot find is worth nothing: each form of a secret, planted in a log, is found by both searches.</summary>
    [Fact]
    public async Task Search_SecretPlantedInALog_IsFoundInEveryForm()
    {
        var folder = Directory.CreateTempSubdirectory("keeperoracle-planted-").FullName;
        try
        {
            var secret = Encoding.UTF8.GetBytes($"{P}planted");
            string[] forms =
            [
                $"{P}planted", Convert.ToHexString(secret), Convert.ToHexStringLower(secret), Convert.ToBase64String(secret),
                Convert.ToBase64String([1, .. secret]), Convert.ToBase64String([1, 2, .. secret]),
            ];
            foreach (var form in forms)
            {
                Assert.Equal([true], await PlantedAsync(folder, Encoding.UTF8.GetBytes($"12:00 info: {form} and more\n")));
            }

            Assert.Equal([true], await PlantedAsync(folder, Encoding.Unicode.GetBytes($"12:00 info: {P}planted and more\n")));
            Assert.Equal([false], await PlantedAsync(folder, Encoding.UTF8.GetBytes("12:00 info: a canary in lower case and nothing else\n")));
            Assert.Throws<Xunit.Sdk.FalseException>(() => Canaries.AssertNone($"said {P}planted"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What both searches say, once where they agree.</summary>
    private static async Task<IEnumerable<bool>> PlantedAsync(string folder, byte[] content)
    {
        await File.WriteAllBytesAsync(Path.Combine(folder, "planted.log"), content);
        using var script = Process.Start(new ProcessStartInfo(RepositoryFiles.PathOf("scripts", "search-canaries"), [folder]) { RedirectStandardOutput = true })!;
        var output = await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        Assert.Equal(script.ExitCode == 1, output.Contains("planted.log", StringComparison.Ordinal));
        return new[] { script.ExitCode == 1, Canaries.InFolder(folder).Count == 1 }.Distinct();
    }

    private static void Nodes(KeeperFolder folder, int quorum, params string[] urls) => folder.Edit("common.json", section =>
    {
        var chain = section["Chains"]!["31337"]!;
        chain["ReadQuorum"] = quorum;
        chain["Rpc"] = new JsonArray([.. urls.Select((url, i) => new JsonObject
        {
            ["Name"] = $"node-{i}",
            ["Url"] = url,
            ["WebSocketUrl"] = $"ws{url["http".Length..]}",
        })]);
    });
}
