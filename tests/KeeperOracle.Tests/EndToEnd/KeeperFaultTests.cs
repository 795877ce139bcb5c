using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The keeper's real process against a chain that loses transactions, a journal that is not its own, and a wrong configuration.</summary>
[Collection(EndToEndCollections.World)]
public sealed class KeeperFaultTests(ProtocolWorld world)
{
    private const string Approval = "approve/";

    [Fact]
    public async Task F36_Run_PoolLosesTransactions_SendsTheSameBytesAgainAndLiquidatesOnce()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, Approval);

        // From here on nothing is mined by itself: first the crash, then what the keeper sends stays in the pool until it is dropped.
        await world.SendAsync("evm_setAutomine", false);
        await world.CrashInThePoolAsync();
        await Until.TrueAsync(
            () => keeper.HasExited || folder.OpenLiquidations().Count >= 2, "liquidations are sent", () => keeper.Errors);
        var sent = folder.OpenLiquidations();
        await Until.TrueAsync(async () => keeper.HasExited || await world.AreKnownAsync(sent), "the pool has them", () => keeper.Errors);
        await world.SendAsync("anvil_dropAllTransactions");
        await keeper.SaysAsync("the same bytes are sent again");
        await Until.TrueAsync(async () => keeper.HasExited || await world.AreKnownAsync(sent), "the pool has them again", () => keeper.Errors);
        await world.SendAsync("evm_setAutomine", true);
        await world.SendAsync("anvil_mine", "0x1");
        foreach (var intent in sent)
        {
            await folder.SettledAsync(keeper, intent.Purpose);
        }

        var ended = await keeper.StopAsync();
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.All(sent, before =>
        {
            var after = Assert.Single(folder.Intents(), intent => intent.Purpose == before.Purpose);
            Assert.Equal(IntentState.Included, after.State);
            Assert.Equal(before.Attempts[0].TxHash, Assert.Single(after.Attempts).TxHash);
            Assert.True(after.Attempts[0].Sent >= 2);
        });
        var nonce = await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None);
        Assert.Equal((ulong)folder.Intents().Count, nonce);
        var logged = await world.LiquidatedAsync();
        Assert.Equal(logged.Count, logged.Distinct().Count());
        Assert.Equal(folder.Intents().Count(intent => intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal)), logged.Count);
    }

    [Fact]
    public async Task F49_Run_JournalDeletedOrHeldByAnother_IsRefused()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using (var keeper = folder.StartKeeper())
        {
            await folder.SettledAsync(keeper, Approval);
            var second = await folder.RunAsync("run");
            Assert.Equal(1, second.ExitCode);
            Assert.Contains("is in use by another process", second.Errors, StringComparison.Ordinal);
            Assert.False(keeper.HasExited);
            Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        }

        Directory.GetFiles(folder.Path, "journal.db*").ToList().ForEach(File.Delete);
        var forgetful = await folder.RunAsync("run");
        Assert.Equal(1, forgetful.ExitCode);
        Assert.Contains("has sent 1 transactions, the journal", forgetful.Errors, StringComparison.Ordinal);
        Assert.Contains("--adopt-nonce", forgetful.Errors, StringComparison.Ordinal);

        await using var adopting = folder.StartKeeper("--adopt-nonce");
        await Until.TrueAsync(() => adopting.HasExited || folder.Decisions().Count > 0, "it decides", () => adopting.Errors);
        Assert.Equal(0, (await adopting.StopAsync()).ExitCode);
    }

    [Fact]
    public async Task F13_Run_ChainWentBackBehindWhatWasFinal_IsRefused()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var before = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        await using (var keeper = folder.StartKeeper())
        {
            await folder.SettledAsync(keeper, Approval);
            await world.SendAsync("anvil_mine", "0x50");
            await Until.TrueAsync(
                () => keeper.HasExited || folder.Intents().Any(intent => intent.State == IntentState.Finalized), "the approval is final", () => keeper.Errors);
            Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        }

        var after = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        await world.SendAsync("anvil_reorg", after - before, Array.Empty<object>());
        var refused = await folder.RunAsync("run");
        Assert.True(refused.ExitCode == 1, refused.ToString());
        Assert.Contains("has sent 0 transactions, and 1 of them were final", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F49_Run_TamperedJournal_IsFoundByReplay()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        await using (var keeper = folder.StartKeeper())
        {
            await Until.TrueAsync(() => keeper.HasExited || folder.Decisions().Count > 0, "it decides", () => keeper.Errors);
            Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        }

        var intact = await folder.RunAsync("replay");
        Assert.True(intact.ExitCode == 0, intact.ToString());
        var part = await folder.RunAsync("replay", "2..2", "-o", "json");
        Assert.True(part.ExitCode == 0, part.ToString());
        using (var result = JsonDocument.Parse(part.Output))
        {
            Assert.Equal(1, result.RootElement.GetProperty("compared").GetInt64());
        }

        // A decision that the core would not have made, in a chain of right hashes: only recomputing finds it.
        using (var journal = Journal.Open(folder.JournalFile))
        {
            var observed = journal.Decisions(2, 2).Single();
            var seq = journal.AppendDecision(observed.Event.Span, "[]"u8);
            Assert.True(seq > 2);
        }

        var invented = await folder.RunAsync("replay");
        Assert.Equal(1, invented.ExitCode);
        Assert.Matches("NOT the same: step [0-9]+: the decisions differ at byte 1", invented.Output);

        // And one altered behind the journal's back: the hashes find it.
        using (var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder.JournalFile};Pooling=False"))
        {
            database.Open();
            using var alter = database.CreateCommand();
            alter.CommandText = "DROP TRIGGER decision_never_updated; UPDATE decision SET decisions = CAST('[{}]' AS BLOB) WHERE seq = 2";
            Assert.Equal(1, alter.ExecuteNonQuery());
        }

        var altered = await folder.RunAsync("replay");
        Assert.Equal(1, altered.ExitCode);
        Assert.Contains("the hash chain is broken at 2", altered.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F54_Run_ConfigurationThatDoesNotFitTheChain_IsRefusedWithKeyAndFix()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        var addresses = world.Deployment.Addresses;

        Edit(folder, chains =>
        {
            var section = chains["31337"]!;
            chains.Remove("31337");
            chains["31339"] = section;
        });
        var elsewhere = await folder.RunAsync("run");
        Assert.Equal(3, elsewhere.ExitCode);
        Assert.Contains("the node is on chain 31337, the configuration says 31339", elsewhere.Errors, StringComparison.Ordinal);
        Assert.Contains("Point KeeperOracle:Chains:31339:Rpc:0:Url at a node of chain 31339", elsewhere.Errors, StringComparison.Ordinal);
        Assert.Equal(3, (await folder.RunAsync("doctor")).ExitCode);

        using var swapped = world.NewKeeper(KeeperMode.Observe);
        Edit(swapped, chains =>
        {
            chains["31337"]!["OracleHub"] = Eip55.Format(addresses.RiskOracle);
            chains["31337"]!["RiskOracle"] = Eip55.Format(addresses.OracleHub);
        });
        var crossed = await swapped.RunAsync("run");
        Assert.Equal(3, crossed.ExitCode);
        Assert.Contains("KeeperOracle:Chains:31337", crossed.Errors, StringComparison.Ordinal);

        using var nowhere = world.NewKeeper(KeeperMode.Observe);
        Edit(nowhere, chains => chains["31337"]!["MarginVault"] = Eip55.Format(world.Owner(3)));
        var empty = await nowhere.RunAsync("run");
        Assert.Equal(3, empty.ExitCode);
        Assert.Contains($"there is no contract at {Eip55.Format(world.Owner(3))}", empty.Errors, StringComparison.Ordinal);
        Assert.Contains("Correct KeeperOracle:Chains:31337:MarginVault", empty.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F01_RunAndDoctor_NodeDown_SayRemoteUnavailable()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        Edit(folder, chains => chains["31337"]!["Rpc"]![0]!["Url"] = $"http://127.0.0.1:{LocalChain.FreePort()}");
        foreach (var command in (string[])["run", "doctor"])
        {
            var result = await folder.RunAsync(command);
            Assert.True(result.ExitCode == 6, result.ToString());
        }
    }

    [Fact]
    public async Task Doctor_GoodChain_WorksWithWarnings()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        var result = await folder.RunAsync("doctor", "-o", "json");
        // One node is configured, which is always worth a warning: 0 would need a read quorum.
        Assert.True(result.ExitCode == 4, result.ToString());
        using var checks = JsonDocument.Parse(result.Output);
        var warning = Assert.Single(checks.RootElement.EnumerateArray(), check => check.GetProperty("status").GetString() != "ok");
        Assert.Equal("nodes", warning.GetProperty("name").GetString());
        Assert.NotEqual("", warning.GetProperty("fix").GetString());
    }

    [Fact]
    public async Task Doctor_WhatATransactionMayCost_IsHeldAgainstTheChain()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        Assert.Equal((4, "ok", null), await CostAsync(folder));
        Edit(folder, chains => chains["31337"]!.AsObject().Remove("NativeAsset"));
        Assert.Equal((4, "warning", null), await CostAsync(folder));
        Edit(folder, chains => chains["31337"]!["NativeAsset"] = "WSOL");
        Assert.Equal((3, "failed", null), await CostAsync(folder));
        Edit(folder, chains => (chains["31337"]!["NativeAsset"], chains["31337"]!["DataFee"]) = ("WETH", "opStack"));
        Assert.Equal((3, "ok", "failed"), await CostAsync(folder));
        await world.SendAsync("anvil_setCode", OpStackDataFee.Oracle.ToString(), "0x6103e8600435025f5260205ff3");
        Assert.Equal((4, "ok", "ok"), await CostAsync(folder));
    }

    [Fact]
    public async Task F01_Doctor_OneNodeOfThreeIsDown_WorksAndNamesIt()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        Edit(folder, chains =>
        {
            var nodes = chains["31337"]!["Rpc"]!.AsArray();
            var url = new Uri(nodes[0]!["Url"]!.GetValue<string>());
            nodes.Add(new JsonObject { ["Name"] = "again", ["Url"] = $"http://localhost:{url.Port}/" });
            nodes.Add(new JsonObject
            {
                ["Name"] = "gone",
                ["Url"] = $"http://127.0.0.1:{LocalChain.FreePort()}",
                ["WebSocketUrl"] = $"ws://127.0.0.1:{LocalChain.FreePort()}/SECRETKEY",
            });
        });
        var result = await folder.RunAsync("doctor", "-o", "json");
        Assert.True(result.ExitCode == 4, result.ToString());
        using var checks = JsonDocument.Parse(result.Output);
        var rows = checks.RootElement.EnumerateArray().ToDictionary(
            check => check.GetProperty("name").GetString()!, check => (Status: check.GetProperty("status").GetString(), Found: check.GetProperty("found").GetString()!));
        Assert.Equal(("warning", "2 of 3 must agree, 2 may vote: the next one that fails stops everything on this chain"), rows["nodes"]);
        Assert.Equal("ok", rows["node again"].Status);
        Assert.Equal("warning", rows["node gone"].Status);
        Assert.StartsWith("down: ", rows["node gone"].Found, StringComparison.Ordinal);
        Assert.Equal(("ok", "told by WebSocket"), rows[$"heads of anvil {world.Chain.Name}"]);
        Assert.Equal(("warning", "no WebSocket: the connection broke or was refused; it is polled every 100 ms"), rows["heads of gone"]);
        Assert.DoesNotContain("SECRETKEY", result.Output + result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("http", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F54_OracleRun_KeyThatIsNoSigner_IsRefused()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        var stranger = DemoKey.Create("stranger", "oracle", folder.Path);
        folder.Edit("keeper.json", section =>
        {
            section["Keys"] = new JsonObject
            {
                ["stranger"] = new JsonObject { ["Role"] = "oracle", ["KeystoreFile"] = "stranger.keystore.json", ["PasswordFile"] = "stranger.password" },
            };
            section.Remove("Keeper");
            section["Oracle"] = new JsonObject
            {
                ["Key"] = "stranger",
                ["RecordFile"] = "record.db",
                ["ListenUrl"] = $"http://127.0.0.1:{LocalChain.FreePort()}",
                ["Assets"] = new JsonObject { ["WETH"] = Asset(), ["WBTC"] = Asset() },
            };
        });
        var result = await folder.RunAsync("oracle", "run");
        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.Contains($"{Eip55.Format(stranger.Address)} has not the role of a signer on chain 31337", result.Errors, StringComparison.Ordinal);
        Assert.Contains("KeeperOracle:Oracle:Key", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>The exit code of doctor, and its words on the native asset and on the data fee.</summary>
    private static async Task<(int ExitCode, string? NativeAsset, string? DataFee)> CostAsync(KeeperFolder folder)
    {
        var result = await folder.RunAsync("doctor", "-o", "json");
        using var checks = JsonDocument.Parse(result.Output);
        string? Of(string name) => checks.RootElement.EnumerateArray()
            .Where(check => check.GetProperty("name").GetString() == name).Select(check => check.GetProperty("status").GetString()).SingleOrDefault();
        return (result.ExitCode, Of("native asset"), Of("data fee"));
    }

    private static JsonObject Asset() => new() { ["StressVolatility"] = 1.2, ["SellSize"] = 1000, ["DailyVolume"] = 1_000_000 };

    private static void Edit(KeeperFolder folder, Action<JsonObject> change) =>
        folder.Edit("common.json", section => change(section["Chains"]!.AsObject()));
}
