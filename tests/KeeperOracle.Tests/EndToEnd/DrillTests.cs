using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Drill;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>`keeper drill` on a live chain that is forked, and the parts of it that no other test can reach.</summary>
[Collection(EndToEndCollections.World)]
public sealed class DrillTests(ProtocolWorld world)
{
    private const double AfterThirty = 0.7;

    [Fact]
    public async Task Drill_MinusThirtyPercent_LiquidatesWhoTheModelSaysAndLeavesTheLiveChainAsItWas()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var before = await StateAsync();
        var expected = UnderOne(before.Snapshot, AfterThirty);
        Assert.InRange(expected.Count, 2, ProtocolWorld.AccountCount - 1);

        var kept = folder.FileOf("drill");
        var result = await folder.RunAsync("keeper", "drill", "--shock", "-30%", "--root", RepositoryFiles.Root, "--keep", kept, "-o", "json");
        Assert.True(result.ExitCode == 0, result.ToString());
        var report = JsonNode.Parse(result.Output)!.AsArray().Single()!;

        Assert.Equal(expected, Texts(report["liquidatableAccounts"]!));
        Assert.Equal(expected, Texts(report["liquidations"]!["liquidatedAccounts"]!));
        Assert.Equal(0, report["healthUnderOneBefore"]!.GetValue<int>());
        Assert.Equal("cleared", report["clearing"]!["end"]!.GetValue<string>());
        Assert.Empty(report["left"]!.AsArray());
        Assert.Equal(report["liquidations"]!["succeeded"]!.GetValue<int>(), report["gas"]!["transactions"]!.GetValue<int>());
        Assert.True(report["gas"]!["used"]!.GetValue<ulong>() > 0);
        Assert.All(report["assets"]!.AsArray(), asset =>
        {
            Assert.Equal(Number(asset!["priceBefore"]!) * AfterThirty, Number(asset["priceAfter"]!), 6);
            Assert.Equal(4, asset["feeds"]!.AsArray().Count(feed => feed!["after"] is not null));
        });
        AssertBadDebt(before.Snapshot, report["badDebt"]!);

        // The live chain: the same head, the same balances, the same nonce, and only questions.
        Assert.Equal(before, await StateAsync());
        var live = report["live"]!;
        Assert.True(live["forkBlockStands"]!.GetValue<bool>());
        Assert.Equal(before.Head.Number, live["headAfter"]!.GetValue<ulong>());
        Assert.Equal(0, live["signerNonce"]!.GetValue<int>());
        Assert.All(live["asked"]!.AsObject(), asked => Assert.True(Methods.IsRead(asked.Key), asked.Key));

        // What is kept answers as any journal does, and the folder is not taken twice.
        var explained = await ProductProcess.RunInAsync(
            folder.Path, ["account", "explain", expected[0], .. folder.Configuration, "-c", Path.Combine(kept, DrillRun.ConfigurationFile(world.Chain.Id))]);
        Assert.True(explained.ExitCode == 0, explained.ToString());
        Assert.Contains("is under 1: repay", explained.Output, StringComparison.Ordinal);
        var again = await folder.RunAsync("keeper", "drill", "--shock", "-30%", "--root", RepositoryFiles.Root, "--keep", kept);
        Assert.True(again.ExitCode == 2, again.ToString());
    }

    [Fact]
    public async Task Drill_PlusTenPercent_LiquidatesNobody()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var result = await folder.RunAsync("keeper", "drill", "--shock", "+10%", "--root", RepositoryFiles.Root);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains($"0 of {ProtocolWorld.AccountCount} accounts under health 1 after the shock", result.Output, StringComparison.Ordinal);
        Assert.Contains("0 of 0 attempted succeeded", result.Output, StringComparison.Ordinal);
        Assert.Contains("The live chain was only read", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drill_VaultAndKeeperHaveTooLittle_NamesWhoIsLeftAndWhy()
    {
        await world.ResetAsync();
        var admin = world.Chain.Accounts[0];
        await world.Chain.SendAsync(
            admin, world.Deployment.Addresses.MarginVault, new MarginVault.SetLimitsFunction(new VaultLimits(1_000_000_000_000_000, 1_000_000_000_000_000, 0, 3600)), CancellationToken.None);
        using var folder = world.NewKeeper(KeeperMode.Active);
        var expected = UnderOne((await StateAsync()).Snapshot, 0.8);

        // The vault lets through a thousandth of all debt in an hour, and no account is that small.
        var capped = await ReportAsync(folder, "-20%");
        Assert.Equal(expected, Texts(capped["left"]!, "account"));
        Assert.All(capped["left"]!.AsArray(), left => Assert.Equal("VolumeCapReached", left!["reason"]!.GetValue<string>()));
        Assert.Contains("VolumeCapReached", capped["liquidations"]!["unsuccessful"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("nothingMoves", capped["clearing"]!["end"]!.GetValue<string>());

        // The admin holds no stable token.
        var poor = await ReportAsync(folder, "-20%", "--funds-of", Eip55.Format(admin));
        Assert.Equal(expected, Texts(poor["left"]!, "account"));
        Assert.All(poor["left"]!.AsArray(), left => Assert.Equal("StableTooLow", left!["reason"]!.GetValue<string>()));
        Assert.Equal("0", poor["means"]!["stable"]!.GetValue<string>());
        Assert.True(Number(poor["means"]!["stableMissing"]!) > 1000);
    }

    [Fact]
    public async Task Drill_NobodyCanBeAsked_SaysWhyAndLeavesNothing()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var unknown = await folder.RunAsync("keeper", "drill", "--shock", "WBCT=-30%", "--root", RepositoryFiles.Root);
        Assert.True(unknown.ExitCode == 2, unknown.ToString());
        Assert.Contains("No asset is called 'WBCT'. Did you mean 'WBTC'? Listed: WETH, WBTC.", unknown.Errors, StringComparison.Ordinal);

        var nowhere = await folder.RunAsync("keeper", "drill", "--shock", "-30%", "--root", folder.Path);
        Assert.True(nowhere.ExitCode == 1, nowhere.ToString());
        Assert.Contains("A drill needs a checkout of KeeperOracle", nowhere.Errors, StringComparison.Ordinal);

        folder.Edit("common.json", section => section["Chains"]!["31337"]!["Rpc"]![0]!["Url"] = "http://127.0.0.1:1");
        var silent = await folder.RunAsync("keeper", "drill", "--shock", "-30%", "--root", RepositoryFiles.Root);
        Assert.True(silent.ExitCode == 6, silent.ToString());
    }

    [Fact]
    public async Task Drill_Stopped_EndsItsForkAndLeavesNoFiles()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var temporary = Directory.CreateDirectory(folder.FileOf("tmp")).FullName;
        await using var drill = ProductProcess.Start(
            ["keeper", "drill", "--shock", "-30%", "--root", RepositoryFiles.Root, "--pace-ms", "60000", .. folder.Configuration],
            folder.Path,
            new Dictionary<string, string> { ["TMPDIR"] = temporary });
        await drill.SaysAsync("block 0 after the shock");
        var forks = Forks(drill.Id);
        Assert.Single(forks);
        Signals.Send("INT", drill.Id);
        var ended = await drill.EndAsync(TimeSpan.FromSeconds(60));
        Assert.True(ended.ExitCode == 130, ended.ToString());
        Assert.Empty(Directory.GetFileSystemEntries(temporary, "keeperoracle-drill-*"));
        Assert.All(forks, fork => Assert.False(Directory.Exists($"/proc/{fork}")));
    }

    [Fact]
    public async Task ShockedFeed_OnAFork_AnswersAnewAndLeavesTheRestToTheFeed()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var asset = world.Deployment.Assets[0];
        var feed = asset.Feeds[1];
        var ct = CancellationToken.None;
        await world.SendAsync("anvil_setCode", asset.Feeds[2].ToString(), "0xfe"); // a feed that reverts is not mended
        var chain = ConfigurationLoader.Load(folder.Configuration.Where(word => word != "-c").ToList(), null).Options!.Chains[0];
        using var live = new ChainAccess(chain, TimeProvider.System);
        var snapshot = await world.SnapshotAsync();
        var old = await live.Reader.ReadAsync(new AggregatorV3Interface.LatestRoundDataFunction(), feed, snapshot.Block.Hash, ct);
        var plan = await FeedPlan.MakeAsync(live, snapshot, ShockList.Parse(["WETH=-30%"]).Shocks!, ct);
        Assert.Equal(3, plan.Shocked.Count);

        await using var door = await LiveDoor.OpenAsync(chain.Rpc[0], ct);
        await using var fork = await ForkedChain.StartAsync(
            DemoTools.Find(RepositoryFiles.Root).Tools!.Anvil, chain.Id, snapshot.Block, door.Url, folder.Path, TimeProvider.System, ct);
        await plan.ApplyAsync(fork, ct);
        var block = (await fork.MineAsync(snapshot.Block.Timestamp + 100_000, ct)).Ref;
        using var access = new ChainAccess(chain with { Rpc = [new EndpointOptions("fork", new SecretUrl(fork.Url))] }, TimeProvider.System);
        var batch = access.Reader.At(block.Hash);
        var latest = batch.Add(feed, new AggregatorV3Interface.LatestRoundDataFunction());
        var renewed = batch.Add(feed, new AggregatorV3Interface.GetRoundDataFunction(old.RoundId + 1));
        var earlier = batch.Add(feed, new AggregatorV3Interface.GetRoundDataFunction(old.RoundId));
        var absent = batch.Add(feed, new AggregatorV3Interface.GetRoundDataFunction(old.RoundId + 2));
        var decimals = batch.Add(feed, new AggregatorV3Interface.DecimalsFunction());
        var description = batch.Add(feed, new AggregatorV3Interface.DescriptionFunction());
        var dead = batch.Add(asset.Feeds[2], new AggregatorV3Interface.LatestRoundDataFunction());
        var price = batch.Add(world.Deployment.Addresses.OracleHub, new OracleHub.ReadingFunction(asset.Token));
        await batch.ExecuteAsync(ct);

        Assert.Equal((old.RoundId + 1, new Shock(-3000).Of(old.Answer), new BigInteger(block.Timestamp), new BigInteger(block.Timestamp), old.RoundId + 1), Tuple(latest.Value));
        Assert.Equal(latest.Value.Answer, renewed.Value.Answer);
        Assert.Equal((old.Answer, old.UpdatedAt), (earlier.Value.Answer, earlier.Value.UpdatedAt));
        Assert.Contains("NoDataPresent", ContractErrors.Describe(absent.RevertData.Span), StringComparison.Ordinal);
        Assert.Equal(asset.FeedDecimals, decimals.Value);
        Assert.Contains("WETH", description.Value, StringComparison.Ordinal);
        Assert.True(dead.Failed);
        Assert.Equal((byte)PriceStatus.Ok, price.Value.Status); // past maxAge of the feeds' own answers
        Assert.Equal(old, await live.Reader.ReadAsync(new AggregatorV3Interface.LatestRoundDataFunction(), feed, snapshot.Block.Hash, ct));

        // Through the door goes no transaction and nothing that only a local chain can do.
        using var asking = new HttpRpc("door", door.Url);
        foreach (var method in (string[])["eth_sendRawTransaction", "eth_sendTransaction", "anvil_setBalance", "evm_mine"])
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => asking.SendAsync(method, ct, "0x"));
            Assert.Contains("only reads are", refused.Message, StringComparison.Ordinal);
            Assert.Equal(1, door.TurnedAway[method]);
        }
    }

    private static (BigInteger, BigInteger, BigInteger, BigInteger, BigInteger) Tuple(AggregatorV3Interface.LatestRoundDataResult round) =>
        (round.RoundId, round.Answer, round.StartedAt, round.UpdatedAt, round.AnsweredInRound);

    private static async Task<JsonNode> ReportAsync(KeeperFolder folder, string shock, params string[] more)
    {
        var result = await folder.RunAsync(["keeper", "drill", "--shock", shock, "--root", RepositoryFiles.Root, "--pace-ms", "0", "-o", "json", .. more]);
        Assert.True(result.ExitCode == 4, result.ToString());
        return JsonNode.Parse(result.Output)!.AsArray().Single()!;
    }

    private sealed record State(BlockRef Head, ulong Nonce, BigInteger Stable, BigInteger Native, BigInteger TotalDebt)
    {
        public ChainSnapshot Snapshot { get; init; } = null!;

        public bool Equals(State? other) =>
            other is not null && (Head, Nonce, Stable, Native, TotalDebt) == (other.Head, other.Nonce, other.Stable, other.Native, other.TotalDebt);

        public override int GetHashCode() => Head.GetHashCode();
    }

    private async Task<State> StateAsync()
    {
        var snapshot = await world.SnapshotAsync();
        var nonce = await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None);
        return new State(snapshot.Block, nonce, snapshot.Keeper.Stable, snapshot.Keeper.Native, snapshot.Market.TotalDebt) { Snapshot = snapshot };
    }

    /// <summary>Health from amounts, prices and thresholds alone, in doubles: sum(amount x price x factor x threshold) / debt.</summary>
    private static List<string> UnderOne(ChainSnapshot snapshot, double factor) =>
        [.. snapshot.Accounts
            .Where(account => account.Collateral.Zip(snapshot.Assets, (amount, asset) => Value(amount, asset, factor) * asset.LiquidationThreshold.ToDouble()).Sum() < Debt(snapshot, account))
            .Select(account => AccountId.Format(account.Owner, account.Number))
            .Order(StringComparer.Ordinal)];

    private static double Value(BigInteger amount, AssetSnapshot asset, double factor) =>
        (double)amount / Math.Pow(10, asset.Decimals) * asset.Price.PerToken.ToDouble() * factor;

    private static double Debt(ChainSnapshot snapshot, AccountSnapshot account) =>
        (double)snapshot.Market.DebtOf(account) / Math.Pow(10, snapshot.Market.StableDecimals);

    /// <summary>Written off is at least what accounts owed over what they had, and at most that and a bonus on what they had.</summary>
    private static void AssertBadDebt(ChainSnapshot before, JsonNode badDebt)
    {
        double Gap(double bonus) => before.Accounts.Sum(account => Math.Max(
            0, Debt(before, account) - account.Collateral.Zip(before.Assets, (amount, asset) => Value(amount, asset, AfterThirty)).Sum() / (1 + bonus)));
        var realised = Number(badDebt["realised"]!);
        Assert.InRange(realised, Gap(0) - 0.01, Gap(0.15) + 0.01);
        Assert.Equal(realised, Number(badDebt["byInsurance"]!) + Number(badDebt["byReserve"]!) + Number(badDebt["byLenders"]!), 6);
    }

    private static List<string> Texts(JsonNode list, string? member = null) =>
        [.. list.AsArray().Select(one => (member is null ? one : one![member])!.GetValue<string>()).Order(StringComparer.Ordinal)];

    private static double Number(JsonNode text) => double.Parse(text.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The anvils among the children of a process.</summary>
    private static List<int> Forks(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(int.Parse!)
            .Where(id => IsFork(id, parent))];

    private static bool IsFork(int id, int parent)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{id}/stat");
            var fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return status.Contains("(anvil)", StringComparison.Ordinal) && fields[1] == $"{parent}";
        }
        catch (IOException)
        {
            return false; // it has ended meanwhile
        }
    }
}
