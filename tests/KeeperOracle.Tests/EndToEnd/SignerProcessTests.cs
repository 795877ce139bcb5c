using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The signer's real process: for a keeper on a live chain, killed in the midst of its work, and asked by strangers.</summary>
[Collection(EndToEndCollections.World)]
public sealed class SignerProcessTests(ProtocolWorld world)
{
    private const string Listens = "listens on";

    [Fact]
    public async Task Run_KeeperWithoutItsKey_LiquidatesThroughTheSigner()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var written = await folder.RunAsync("signer", "policy", "--listen", $"unix:{folder.FileOf("s.sock")}");
        Assert.True(written.ExitCode == 0, written.ToString());
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), written.Output);
        await using var signer = ProductProcess.Start(["signer", "run", "--policy", folder.FileOf("policy.json")], folder.Path);
        await signer.SaysAsync(Listens);
        Assert.True(IsPrivate(folder.FileOf("s.sock")));
        var password = await File.ReadAllTextAsync(folder.FileOf("keeper.password"));
        folder.Edit("keeper.json", section => section["Keys"] = new JsonObject
        {
            ["keeper"] = new JsonObject { ["Role"] = "keeper", ["Signer"] = $"unix:{folder.FileOf("s.sock")}", ["Address"] = Eip55.Format(world.Keeper) },
        });
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");
        await world.SetPricesAsync(2200, 44000, ProtocolWorld.Start + ProtocolWorld.Hour);
        await folder.SettledAsync(keeper, "liquidate/");
        await Until.TrueAsync(() => keeper.HasExited || folder.Intents().All(intent => !intent.IsOpen), "everything is settled", () => keeper.Errors);

        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        Assert.All(folder.Intents(), intent => Assert.Equal(IntentState.Included, intent.State));
        Assert.All(folder.Intents(), intent => Assert.Contains($"Signed {intent.Attempts[0].TxHash}", signer.Errors, StringComparison.Ordinal));
        Assert.Equal(0, (await signer.StopAsync()).ExitCode);
        Assert.DoesNotContain(password, keeper.Errors + signer.Errors + written, StringComparison.Ordinal);

        // Without its signer the keeper says so and does not start.
        var alone = await folder.RunAsync("run");
        Assert.True(alone.ExitCode == 6, alone.ToString());
        Assert.Contains("keeper: no answer", alone.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F33_StuckTransaction_IsBumpedAndCancelledThroughTheSignerAndTheNonceIsNobodyElses()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        // Bytes that are gone from the pool stay away: what comes next is a bid by blocks, not the same bytes by the clock.
        folder.Edit("common.json", section => section["Chains"]!["31337"]!["ResendSeconds"] = 3600);
        var written = await folder.RunAsync("signer", "policy", "--listen", $"unix:{folder.FileOf("s.sock")}");
        Assert.True(written.ExitCode == 0, written.ToString());
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), written.Output);
        await using var signer = ProductProcess.Start(["signer", "run", "--policy", folder.FileOf("policy.json")], folder.Path);
        await signer.SaysAsync(Listens);
        folder.Edit("keeper.json", section => section["Keys"] = new JsonObject
        {
            ["keeper"] = new JsonObject { ["Role"] = "keeper", ["Signer"] = $"unix:{folder.FileOf("s.sock")}", ["Address"] = Eip55.Format(world.Keeper) },
        });
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");
        await world.SendAsync("evm_setAutomine", false);
        await world.CrashInThePoolAsync();
        IntentRecord? Stuck() => folder.Intents().Where(intent => intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal)).MinBy(intent => intent.Nonce);
        Task Known(int attempts, bool isCancel) => Until.TrueAsync(
            async () => keeper.HasExited || (Stuck() is { } stuck && stuck.Attempts.Count >= attempts && stuck.Attempts[^1].IsCancel == isCancel
                && await world.Chain.Eth.GetTransactionByHashAsync(stuck.Attempts[^1].TxHash, CancellationToken.None) is not null),
            $"{attempts} attempts, the last in the pool",
            () => keeper.Errors);

        await Known(1, isCancel: false);
        await world.SendAsync("anvil_dropAllTransactions");
        await world.SendAsync("anvil_mine", "0x3");
        await Known(2, isCancel: false);
        await world.SendAsync("anvil_dropAllTransactions");
        await world.MineAtAsync(await world.NowAsync() + 200);
        await Known(3, isCancel: true);

        // The same nonce for another call that the policy allows, with fees over all of them.
        var last = Stuck()!.Attempts[^1];
        Assert.True(SignerConnection.TryParse($"unix:{folder.FileOf("s.sock")}", out var connection, out _));
        using var thief = new RemoteSigner("s", connection!, world.Keeper, token: null, TimeSpan.FromSeconds(60));
        var approval = new ERC20.ApproveFunction(world.Deployment.Addresses.MarginVault, 1).EncodeCall();
        var other = new Eip1559Transaction(
            world.Chain.Id, Stuck()!.Nonce, (last.MaxPriorityFeePerGas * 12 / 10) + 1, (last.MaxFeePerGas * 12 / 10) + 1, 100_000, (await world.SnapshotAsync()).Market.Stable, 0, approval);
        Assert.Equal("NonceUsed", (await thief.SignAsync(other, CancellationToken.None)).Refusal?.Rule);

        await world.SendAsync("evm_setAutomine", true);
        await world.SendAsync("anvil_mine", "0x1");
        var nonce = Stuck()!.Nonce;
        await Until.TrueAsync(
            () => keeper.HasExited || folder.Intents().Any(intent => intent.Purpose == Stuck()!.Purpose && intent.State == IntentState.Included),
            "it is liquidated with another nonce",
            () => keeper.Errors);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        var dropped = Assert.Single(folder.Intents(), intent => intent.Nonce == nonce);
        Assert.Equal(IntentState.Dropped, dropped.State);
        Assert.All(dropped.Attempts, attempt => Assert.Contains($"Signed {attempt.TxHash}", signer.Errors, StringComparison.Ordinal));
        Assert.Single(folder.Intents(), intent => intent.Purpose == dropped.Purpose && intent.State == IntentState.Included);
        Assert.Equal(0, (await signer.StopAsync()).ExitCode);
    }

    [Fact]
    public async Task F45_Kill9_BetweenCheckAndAnswer_OneTransactionForEachNonce()
    {
        using var folder = new KeeperFolder();
        var key = DemoKey.Create("k", "keeper", folder.Path);
        const string Token = "CANARY-TOKEN-0123456789abcdef";
        await File.WriteAllTextAsync(folder.FileOf("token"), Token + "\n");
        var url = $"http://127.0.0.1:{LocalChain.FreePort()}";
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), Policy(url, key));
        Assert.True(SignerConnection.TryParse(url, out var connection, out _));
        using var client = new RemoteSigner("s", connection!, key.Address, Token, TimeSpan.FromSeconds(60));
        var signed = new ConcurrentDictionary<ulong, ConcurrentDictionary<Hash32, bool>>();
        var random = new Random(45);
        var said = "";
        const ulong Nonces = 60;
        for (var round = 0; round < 4; round++)
        {
            await using var process = ProductProcess.Start(["signer", "run", "--policy", folder.FileOf("policy.json")], folder.Path);
            await process.SaysAsync(Listens);
            var killAfter = round == 3 ? int.MaxValue : random.Next(1, 40);
            var answers = 0;

            // Every nonce is asked for twice with different bytes, both orders, from eight at once.
            await Parallel.ForEachAsync(
                Enumerable.Range(0, (int)Nonces * 2).OrderBy(_ => random.Next()).ToList(),
                new ParallelOptions { MaxDegreeOfParallelism = 8 },
                async (one, ct) =>
                {
                    var transaction = new Eip1559Transaction(new ChainId(31337), (ulong)one / 2, 1, 100, 21000, key.Address, 0, []) with { GasLimit = 21000 + ((ulong)one % 2) };
                    var (given, refusal) = await client.SignAsync(transaction, ct);
                    if (given is not null)
                    {
                        signed.GetOrAdd(transaction.Nonce, _ => new()).TryAdd(given.Hash, true);
                    }
                    else
                    {
                        Assert.True(refusal!.IsTransient || refusal.Rule == "NonceUsed", refusal.ToString());
                    }

                    if (Interlocked.Increment(ref answers) == killAfter)
                    {
                        Signals.Send("KILL", process.Id);
                    }
                });
            said += round == 3 ? (await process.StopAsync()).Errors : process.Errors;
        }

        Assert.Equal((int)Nonces, signed.Count);
        Assert.All(signed, nonce => Assert.Single(nonce.Value));
        Assert.DoesNotContain("CANARY", said, StringComparison.Ordinal);
        Assert.DoesNotContain(await File.ReadAllTextAsync(folder.FileOf("k.password")), said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_StrangersAndBrokenPolicies_AreTurnedAway()
    {
        using var folder = new KeeperFolder();
        var key = DemoKey.Create("k", "keeper", folder.Path);
        await File.WriteAllTextAsync(folder.FileOf("token"), "CANARY-TOKEN-0123456789abcdef");
        var url = $"http://127.0.0.1:{LocalChain.FreePort()}";
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), Policy(url, key));
        string[] run = ["signer", "run", "--policy", folder.FileOf("policy.json")];
        await using (var process = ProductProcess.Start(run, folder.Path))
        {
            await process.SaysAsync(Listens);
            Assert.True(SignerConnection.TryParse(url, out var connection, out _));
            using var stranger = new RemoteSigner("s", connection!, key.Address, "CANARY-TOKEN-0123456789abcdeX", TimeSpan.FromSeconds(60));
            var transaction = new Eip1559Transaction(new ChainId(31337), 0, 1, 100, 21000, key.Address, 0, []);
            Assert.Equal(SignerFailure.Unauthorized, (await stranger.SignAsync(transaction, CancellationToken.None)).Refusal!.Kind);
            using var friend = new RemoteSigner("s", connection!, key.Address, "CANARY-TOKEN-0123456789abcdef", TimeSpan.FromSeconds(60));
            Assert.Equal([key.Address], await friend.GetAccountsAsync(CancellationToken.None));
            Assert.Equal("ChainNotAllowed", (await friend.SignAsync(transaction with { ChainId = new ChainId(1) }, CancellationToken.None)).Refusal!.Rule);
            using var http = new HttpClient();
            Assert.Equal("OK", await http.GetStringAsync($"{url}/upcheck"));

            var second = await ProductProcess.RunAsync(run);
            Assert.True(second.ExitCode == 1, second.ToString());
            Assert.Contains("in use by another process", second.Errors, StringComparison.Ordinal);
            Assert.Equal(0, (await process.StopAsync()).ExitCode);
            Assert.DoesNotContain("CANARY", process.Errors, StringComparison.Ordinal);
        }

        var root = JsonNode.Parse(await File.ReadAllTextAsync(folder.FileOf("policy.json")))!;
        root["transactions"]![0]!["signer"] = Eip55.Format(Address.FromHex("0x00000000000000000000000000000000000000ee"));
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), root.ToJsonString());
        var stray = await ProductProcess.RunAsync(run);
        Assert.True(stray.ExitCode == 3, stray.ToString());
        Assert.Contains("Correct signer, or add the keystore", stray.Errors, StringComparison.Ordinal);

        root["unknown"] = 1;
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), root.ToJsonString());
        Assert.Equal(3, (await ProductProcess.RunAsync(run)).ExitCode);
    }

    [Fact]
    public async Task KeyImport_WeakKeystore_IsRefusedByRunUntilImported()
    {
        using var folder = new KeeperFolder();
        await File.WriteAllTextAsync(folder.FileOf("k.password"), "CANARY-PASSWORD");
        using var key = PrivateKey.Generate();
        await File.WriteAllTextAsync(folder.FileOf("weak.json"), KeystoreV3.Encrypt(key, "CANARY-PASSWORD", 8192));
        await File.WriteAllTextAsync(folder.FileOf("token"), "CANARY-TOKEN-0123456789abcdef");
        var demo = new DemoKey("k", "keeper", key.Address, folder.FileOf("weak.json"), folder.FileOf("k.password"));
        await File.WriteAllTextAsync(folder.FileOf("policy.json"), Policy("http://127.0.0.1:1", demo));
        var weak = await ProductProcess.RunAsync("signer", "run", "--policy", folder.FileOf("policy.json"));
        Assert.True(weak.ExitCode == 3, weak.ToString());
        Assert.Contains("weaker than scrypt n = 262144", weak.Errors, StringComparison.Ordinal);

        string[] import = ["key", "import", folder.FileOf("weak.json"), "--password-file", folder.FileOf("k.password"), "--out", folder.FileOf("strong.json")];
        var imported = await ProductProcess.RunAsync(import);
        Assert.True(imported.ExitCode == 0, imported.ToString());
        Assert.Equal(Eip55.Format(key.Address), imported.Output.Trim());
        Assert.Equal(new KeystoreCost(KeystoreKdf.Scrypt, 262144, 8, 1), KeystoreV3.ReadCost(await File.ReadAllTextAsync(folder.FileOf("strong.json"))));
        Assert.True(IsPrivate(folder.FileOf("strong.json")));
        Assert.NotEqual(0, (await ProductProcess.RunAsync(import)).ExitCode); // it is never written over
        Assert.DoesNotContain("CANARY", weak + imported.ToString(), StringComparison.Ordinal);
    }

    private static bool IsPrivate(string file) =>
        OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite);

    /// <summary>For an account that may only cancel.</summary>
    private static string Policy(string listen, DemoKey key) => new JsonObject
    {
        ["listen"] = listen,
        ["tokenFile"] = "token",
        ["guardFile"] = "guard.db",
        ["keys"] = new JsonArray(new JsonObject { ["keystoreFile"] = key.KeystoreFile, ["passwordFile"] = key.PasswordFile }),
        ["transactions"] = new JsonArray(new JsonObject
        {
            ["signer"] = Eip55.Format(key.Address),
            ["chain"] = 31337,
            ["calls"] = new JsonArray(new JsonObject { ["target"] = Eip55.Format(key.Address), ["function"] = "none()" }),
            ["maxFeePerGasGwei"] = 1,
            ["maxPriorityFeePerGasGwei"] = 1,
            ["maxGasLimit"] = 30000,
            ["maxFeePerTransactionEther"] = 1,
            ["maxFeePerHourEther"] = 10,
            ["allowReplacements"] = false,
        }),
    }.ToJsonString();

}
