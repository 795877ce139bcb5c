using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// One chain with the protocol deployed, six open accounts, a keeper with means, and four signers whose keys the test holds: made once,
/// and put back to how it was made by <see cref="ResetAsync"/> at the start of each test. Prices are WETH 3,000 and WBTC 60,000 at
/// <see cref="Start"/>; accounts 0 and 3 hold WETH, 1 and 4 WBTC, 2 and 5 both; the last two have borrowed nearly all they may.
/// </summary>
public sealed class ProtocolWorld : IAsyncLifetime
{
    internal const int AccountCount = 6;
    internal const ulong Start = 1_767_225_600;
    internal const ulong Hour = 3600;
    internal const ulong ReportInterval = 21_600;

    internal static readonly HourlyPrices FirstPrices = new(3000, 60000);
    private readonly string _directory = Directory.CreateTempSubdirectory("keeperoracle-world-").FullName;
    private DemoKey _keeper = null!;
    private string _origin = "";
    private BlockHeader _first;

    internal LocalChain Chain { get; private set; } = null!;

    internal Deployment Deployment { get; private set; } = null!;

    internal Market Market { get; private set; } = null!;

    /// <summary>In ascending order of address, as reports carry them.</summary>
    internal IReadOnlyList<PrivateKey> Signers { get; private set; } = [];

    internal Address Keeper => _keeper.Address;

    internal Address Owner(int account) => Chain.Accounts[2 + account];

    internal ChainReader Reader => new(Chain.Rpc, Deployment.Addresses.Multicall3);

    public async Task InitializeAsync()
    {
        var (tools, problem) = DemoTools.Find(RepositoryFiles.Root);
        Assert.True(tools is not null, problem);
        Signers = [.. Enumerable.Range(0, 4).Select(_ => PrivateKey.Generate()).OrderBy(key => key.Address)];
        _keeper = DemoKey.Create("keeper", "keeper", _directory);
        // The deployment script may write under artifacts/ only.
        var deploying = Directory.CreateDirectory(RepositoryFiles.PathOf("artifacts", "demo", $"world-{Environment.ProcessId}")).FullName;
        // Of its own accord anvil 1.7.1 forgets the state of old blocks, fewer and fewer are left, and what is rolled back to may be empty.
        Chain = await LocalChain.StartAsync(
            tools.Anvil, new ChainId(31337), "A", Start - (2 * Hour), deploying, CancellationToken.None, ["--prune-history", "10000"]);
        Deployment = await Deployment.RunAsync(
            tools, Chain, [.. Signers.Select(key => key.Address)], FirstPrices, deploying, CancellationToken.None);
        Market = new Market(Chain, Deployment);
        await Market.FundAsync(Keeper, CancellationToken.None);
        await Market.SetPricesAsync(FirstPrices, Start, CancellationToken.None);
        await Market.OpenAccountsAsync(AccountCount, FirstPrices, CancellationToken.None);
        _origin = await TakeAsync();
        _first = await Chain.Eth.GetLatestBlockAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Chain.DisposeAsync();
        Signers.ToList().ForEach(key => key.Dispose());
        Directory.Delete(_directory, recursive: true);
        Directory.Delete(RepositoryFiles.PathOf("artifacts", "demo", $"world-{Environment.ProcessId}"), recursive: true);
    }

    internal async Task ResetAsync()
    {
        // First the pool: a node that is told to mine on demand mines what waits there, and may put that block on top of the first one.
        await SendAsync("anvil_dropAllTransactions");
        await SendAsync("evm_revert", _origin);
        await SendAsync("anvil_setNextBlockBaseFeePerGas", $"0x{(ulong)_first.BaseFeePerGas:x}"); // which a revert leaves as it is
        await SendAsync("evm_setAutomine", true);
        _origin = await TakeAsync();
        var head = (await Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref;
        Assert.True(head == _first.Ref, $"The world is not back at its first block: its head is {head} and not {_first.Ref}.");
    }

    internal Task<System.Text.Json.JsonElement> SendAsync(string method, params object?[] parameters) =>
        Chain.Rpc.SendAsync(method, CancellationToken.None, parameters);

    internal Task SetPricesAsync(double weth, double wbtc, ulong timestamp) =>
        Market.SetPricesAsync(new HourlyPrices(weth, wbtc), timestamp, CancellationToken.None);

    /// <summary>As <see cref="SetPricesAsync"/>, and the feeds that wait are left as they are.</summary>
    internal async Task SetPricesOfFeedsAsync(double weth, double wbtc, ulong timestamp)
    {
        await Chain.SetNextTimestampAsync(timestamp, CancellationToken.None);
        foreach (var (asset, price) in Deployment.Assets.Zip((double[])[weth, wbtc]))
        {
            await PushAsync(Deployment.Assets.ToList().IndexOf(asset), asset.Answer(price));
        }
    }

    /// <summary>The same answer of all three feeds.</summary>
    internal async Task PushAsync(int asset, BigInteger answer)
    {
        foreach (var feed in Deployment.Assets[asset].Feeds)
        {
            await PushFeedAsync(feed, answer);
        }
    }

    internal Task PushFeedAsync(Address feed, BigInteger answer) =>
        Chain.SendAsync(Chain.Accounts[0], feed, new MockFeed.PushFunction(answer), CancellationToken.None);

    /// <summary>Puts a call into the pool without waiting for a block: for a chain that does not mine by itself.</summary>
    internal Task PoolAsync<T>(Address from, Address to, IContractFunction<T> call) => SendAsync("eth_sendTransaction", new Dictionary<string, object?>
    {
        ["from"] = from.ToString(),
        ["to"] = to.ToString(),
        ["data"] = Hex.FromBytes(call.EncodeCall()),
        ["gas"] = "0x100000",
    });

    /// <summary>An empty block at this chain time.</summary>
    internal async Task MineAtAsync(ulong timestamp)
    {
        await Chain.SetNextTimestampAsync(timestamp, CancellationToken.None);
        await SendAsync("anvil_mine", "0x1");
    }

    internal async Task<ulong> NowAsync() => (await Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Timestamp;

    internal async Task<ChainSnapshot> SnapshotAsync()
    {
        var head = await Chain.Eth.GetLatestBlockAsync(CancellationToken.None);
        return await new SnapshotReader(Reader, Chain.Eth, Deployment.Addresses, Chain.Id).ReadAsync(head.Ref, Keeper, CancellationToken.None);
    }

    /// <summary>What an honest node would sign now, with volatilities scaled; valid for half an hour.</summary>
    internal async Task<Observation> ObserveAsync(double scale = 1.1)
    {
        var snapshot = await SnapshotAsync();
        var now = snapshot.Block.Timestamp;
        return new Observation(
            snapshot.Report.MarketId,
            snapshot.Report.Epoch + 1,
            snapshot.Report.ConfigDigest,
            now,
            now,
            now + 1800,
            Keccak.HashText("inputs"),
            [.. snapshot.Assets.Select(asset => new AssetRisk(
                asset.Token, (ulong)(asset.Attested.Volatility.ToDouble() * scale * 1e18), (ulong)asset.Attested.Slippage.Raw, []))]);
    }

    internal SignedObservation Sign(Observation observation, PrivateKey key) =>
        new ObservationSigning(Chain.Id, Deployment.Addresses.AttestationVerifier).Sign(observation, key);

    internal IReadOnlyList<SignedObservation> SignByThree(Observation observation) => [.. Signers.Take(3).Select(key => Sign(observation, key))];

    internal OfferedObservation Offer(string node, SignedObservation? signed) => new(
        node, Chain.Id, 1, signed is null ? "nothing" : "", signed is null ? null : OfferedReport.From(signed, []));

    /// <summary>A directory with the configuration of a keeper for this chain, and its keystore.</summary>
    internal KeeperFolder NewKeeper(KeeperMode mode, params (string Name, Uri Url)[] oracleNodes)
    {
        var folder = new KeeperFolder();
        foreach (var file in (string[])[_keeper.KeystoreFile, _keeper.PasswordFile])
        {
            File.Copy(file, folder.FileOf(Path.GetFileName(file)));
        }

        // The quorum of the configuration is the four signers; who is asked for reports is the test's choice.
        var signers = Signers.Select((key, i) => (new DemoKey($"signer-{i}", "oracle", key.Address, "none", "none"), new Uri("http://127.0.0.1:1"))).ToList();
        DemoConfiguration.Write(folder.Path, [(Chain, Deployment)], _keeper, signers);
        folder.Edit("keeper.json", section =>
        {
            section["Mode"] = mode.ToString().ToLowerInvariant();
            section[nameof(Keeper)]!["OracleNodes"] = new System.Text.Json.Nodes.JsonArray(
                [.. oracleNodes.Select(node => new System.Text.Json.Nodes.JsonObject { ["Name"] = node.Name, ["Url"] = node.Url.ToString() })]);
        });
        return folder;
    }

    /// <summary>Two accounts fall under health 1, by one block on a chain that does not mine by itself.</summary>
    internal async Task CrashInThePoolAsync()
    {
        double[] prices = [2200, 44000];
        foreach (var (asset, price) in Deployment.Assets.Zip(prices))
        {
            foreach (var feed in asset.Feeds)
            {
                await PoolAsync(Chain.Accounts[0], feed, new MockFeed.PushFunction(asset.Answer(price)));
            }
        }

        await MineAtAsync(Start + Hour);
    }

    /// <summary>Whether the node has the first attempt of each, mined or not.</summary>
    internal async Task<bool> AreKnownAsync(IEnumerable<IntentRecord> intents)
    {
        foreach (var intent in intents)
        {
            if (await Chain.Eth.GetTransactionByHashAsync(intent.Attempts[0].TxHash, CancellationToken.None) is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many accounts are under health 1 at the head.</summary>
    internal async Task<int> UnhealthyAsync()
    {
        var snapshot = await SnapshotAsync();
        return snapshot.Accounts.Count(account => SnapshotValuation.Value(snapshot, account).Health < Wad.One);
    }

    /// <summary>All liquidations since the deployment, in their order.</summary>
    internal async Task<List<(Hash32 Account, Hash32 Transaction)>> LiquidationsAsync()
    {
        var head = (await Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        var logs = await Chain.Eth.GetLogsAsync(
            new LogFilter(Deployment.Addresses.MarginVault, null, null, Deployment.Block, head), CancellationToken.None);
        var liquidations = new List<(Hash32, Hash32)>();
        foreach (var log in logs)
        {
            if (MarginVault.LiquidatedEvent.TryDecode(log, out var liquidated))
            {
                liquidations.Add((liquidated.Account, log.TransactionHash));
            }
        }

        return liquidations;
    }

    /// <summary>The accounts of all liquidations, in their order.</summary>
    internal async Task<List<string>> LiquidatedAsync() => [.. (await LiquidationsAsync()).Select(one => AccountId.Format(one.Account))];

    private async Task<string> TakeAsync() => (await SendAsync("evm_snapshot")).GetString()!;
}
