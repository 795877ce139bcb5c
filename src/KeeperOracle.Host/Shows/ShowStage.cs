using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// What a show needs that happens on a chain: a local chain with the protocol, six accounts (the last two have borrowed nearly all they may), the keys
/// of its four oracle nodes, and a keeper's real process where one is asked for. Prices are WETH 3,000 and WBTC 60,000 at <see cref="Start"/>.
/// </summary>
internal sealed class ShowStage : IAsyncDisposable
{
    public const ulong Start = 1_767_225_600;
    public const ulong Hour = 3600;
    public const int Accounts = 6;

    private const int Quorum = 3;
    private static readonly HourlyPrices FirstPrices = new(3000, 60000);

    private readonly List<IAsyncDisposable> _started = [];
    private readonly string _directory;
    private readonly string _root;
    private ShowKeeper? _keeper;
    private readonly ImmutableArray<PrivateKey> _signers = [.. Enumerable.Range(0, 4).Select(_ => PrivateKey.Generate()).OrderBy(key => key.Address)];

    private ShowStage(string root, string directory) => (_root, _directory) = (root, directory);

    public LocalChain Chain { get; private set; } = null!;

    public Deployment Deployment { get; private set; } = null!;

    public DemoKey Keeper { get; private set; } = null!;

    /// <summary>Of contracts that the keeper does not ask, by their names in the deployment's output.</summary>
    public Address AddressOf(string name) => Address.FromHex(
        JsonNode.Parse(File.ReadAllText(Path.Combine(_directory, $"deployed-{Chain.Id}.json")))![name]!.GetValue<string>());

    /// <summary>What is played on it beside the keeper.</summary>
    public StageChain Side => new(
        Chain, Deployment, Market, JsonNode.Parse(File.ReadAllText(Path.Combine(_directory, $"deployed-{Chain.Id}.json")))!.AsObject());

    private Market Market { get; set; } = null!;

    private ShowKeeper Running => _keeper ?? throw new InvalidOperationException("This show has started no keeper.");

    public static async Task<ShowStage> SetAsync(DemoTools tools, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(
            tools.Root, "artifacts", "demo", $"show-{DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{Environment.ProcessId}");
        var stage = new ShowStage(tools.Root, Directory.CreateDirectory(directory).FullName);
        try
        {
            stage.Keeper = DemoKey.Create("keeper", "keeper", directory);
            // Long enough before that a first report may come at the start.
            stage.Chain = await LocalChain.StartAsync(tools.Anvil, new ChainId(31337), "A", Start - (8 * Hour), directory, cancellationToken);
            stage._started.Add(stage.Chain);
            stage.Deployment = await Deployment.RunAsync(tools, stage.Chain, [.. stage._signers.Select(key => key.Address)], FirstPrices, directory, cancellationToken);
            stage.Market = new Market(stage.Chain, stage.Deployment);
            await stage.Market.FundAsync(stage.Keeper.Address, cancellationToken);
            await stage.Market.SetPricesAsync(FirstPrices, Start, cancellationToken);
            await stage.Market.OpenAccountsAsync(Accounts, FirstPrices, cancellationToken);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _started.Count - 1; i >= 0; i--)
        {
            await _started[i].DisposeAsync();
        }

        _started.Clear();
        foreach (var key in _signers)
        {
            key.Dispose();
        }
    }

    /// <summary>Everything the keeper would see at the head.</summary>
    public async Task<ChainSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var head = await Chain.Eth.GetLatestBlockAsync(cancellationToken);
        return await SnapshotAsync(head.Ref, cancellationToken);
    }

    /// <summary>The same at an earlier height.</summary>
    public async Task<ChainSnapshot> SnapshotAsync(ulong height, CancellationToken cancellationToken)
    {
        var blocks = await Chain.Eth.GetBlocksByNumberAsync([height], cancellationToken);
        return await SnapshotAsync((blocks[0] ?? throw new InvalidOperationException($"The chain has no block {height}.")).Ref, cancellationToken);
    }

    private Task<ChainSnapshot> SnapshotAsync(BlockRef block, CancellationToken cancellationToken)
    {
        var reader = new ChainReader(Chain.Rpc, Deployment.Addresses.Multicall3);
        return new SnapshotReader(reader, Chain.Eth, Deployment.Addresses, Chain.Id).ReadAsync(block, Keeper.Address, cancellationToken);
    }

    /// <summary>Both prices at this factor of the first ones, in all feeds, a minute later.</summary>
    public Task SetPricesAsync(double factor, CancellationToken cancellationToken) => SetPricesAsync(factor, factor, cancellationToken);

    /// <summary>Prices at these factors of the first ones, in all feeds, a minute later.</summary>
    public async Task SetPricesAsync(double weth, double wbtc, CancellationToken cancellationToken) => await Market.SetPricesAsync(
        new HourlyPrices(FirstPrices.Weth * weth, FirstPrices.Wbtc * wbtc), await NowAsync(cancellationToken) + 60, cancellationToken);

    /// <summary>Hourly prices of the past, up to an hour ago, in all feeds; before them the feeds keep what they had.</summary>
    public async Task WriteHistoryAsync(IReadOnlyList<HourlyPrices> hours, CancellationToken cancellationToken) => await Market.WriteHistoryAsync(
        new PricePath("a show's", DateTimeOffset.UnixEpoch, hours, []), await NowAsync(cancellationToken) + ((ulong)(hours.Count + 1) * Hour), cancellationToken);

    /// <summary>Puts a contract that only local chains have onto the chain; its code lies in abi/code.</summary>
    public Task<Address> DeployAsync(string name, CancellationToken cancellationToken) => Side.DeployAsync(_root, name, cancellationToken);

    /// <summary>What one feed of an asset says from now on; the others say what they said.</summary>
    public Task SetFeedAsync(int asset, int feed, double price, CancellationToken cancellationToken) => Chain.SendAsync(
        Chain.Accounts[0], Deployment.Assets[asset].Feeds[feed], new MockFeed.PushFunction(Deployment.Assets[asset].Answer(price)), cancellationToken);

    /// <summary>An empty block so much later.</summary>
    public async Task WaitAsync(ulong seconds, CancellationToken cancellationToken)
    {
        await Chain.SetNextTimestampAsync(await NowAsync(cancellationToken) + seconds, cancellationToken);
        await Chain.Rpc.SendAsync("anvil_mine", cancellationToken, "0x1");
    }

    /// <summary>The answer of a view at the head.</summary>
    public async Task<T> CallAsync<T>(Address to, IContractFunction<T> call, CancellationToken cancellationToken) => await Chain.Eth.CallAsync(
        call, to, Chain.Accounts[0], (await Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Hash, cancellationToken);

    /// <summary>A call that must succeed.</summary>
    public Task<TransactionReceipt> SendAsync<T>(Address from, Address to, IContractFunction<T> call, CancellationToken cancellationToken) =>
        Chain.SendAsync(from, to, call, cancellationToken);

    /// <summary>The contract's error where it refuses; empty where it takes the call.</summary>
    public async Task<string> RefusalAsync<T>(Address from, Address to, IContractFunction<T> call, CancellationToken cancellationToken)
    {
        try
        {
            await Chain.SendAsync(from, to, call, cancellationToken);
            return "";
        }
        catch (ContractRevertException reverted)
        {
            return reverted.Message;
        }
    }

    /// <summary>A whole report of three nodes with these volatilities, and slippages as they stand where none are given.</summary>
    /// <param name="volatility">from what is attested now, by asset</param>
    public async Task<RiskOracle.SubmitFunction> ReportAsync(
        Func<AssetSnapshot, double> volatility, CancellationToken cancellationToken, Func<AssetSnapshot, double>? slippage = null) =>
        new(Sign(Chain.Id, await ObserveAsync(volatility, cancellationToken, slippage)));

    /// <summary>What a node would sign of the chain as it stands, with these values.</summary>
    public async Task<Observation> ObserveAsync(
        Func<AssetSnapshot, double> volatility, CancellationToken cancellationToken, Func<AssetSnapshot, double>? slippage = null)
    {
        var snapshot = await SnapshotAsync(cancellationToken);
        var now = snapshot.Block.Timestamp;
        return new Observation(
            snapshot.Report.MarketId,
            snapshot.Report.Epoch + 1,
            snapshot.Report.ConfigDigest,
            now,
            now,
            now + 1800,
            Keccak.HashText("a show"),
            [
                .. snapshot.Assets.Select(asset => new AssetRisk(
                    asset.Token,
                    (ulong)Wad.FromDoubleDown(volatility(asset)).Raw,
                    (ulong)(slippage is null ? asset.Attested.Slippage : Wad.FromDoubleDown(slippage(asset))).Raw,
                    [])),
            ]);
    }

    /// <summary>The same observation signed by the first three nodes, in ascending order of address as reports carry them.</summary>
    /// <param name="chain">for which they sign</param>
    public IReadOnlyList<SignedObservation> Sign(ChainId chain, Observation observation)
    {
        var signing = new ObservationSigning(chain, Deployment.Addresses.AttestationVerifier);
        return [.. _signers.Take(Quorum).Select(key => signing.Sign(observation, key))];
    }

    /// <summary>The keeper's process, with what it has decided and sent so far in its journal.</summary>
    public async Task StartKeeperAsync(CancellationToken cancellationToken)
    {
        _keeper = await ShowKeeper.MakeAsync(Chain, Deployment, _directory, Keeper, _signers, cancellationToken);
        _started.Add(_keeper);
        await _keeper.StartAsync(cancellationToken);
    }

    /// <summary>One more keeper, with a key and means of its own; it does not run yet.</summary>
    public async Task<ShowKeeper> AddKeeperAsync(string name, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_directory, name)).FullName;
        var key = DemoKey.Create("keeper", "keeper", directory);
        await Market.FundAsync(key.Address, cancellationToken);
        var keeper = await ShowKeeper.MakeAsync(Chain, Deployment, directory, key, _signers, cancellationToken);
        _started.Add(keeper);
        return keeper;
    }

    /// <summary>Until the keeper has seen the head and nothing is under way. Throws where that does not come.</summary>
    public Task QuietAsync(CancellationToken cancellationToken) => Running.QuietAsync(cancellationToken);

    /// <summary>Reads the keeper's journal.</summary>
    public T Journal<T>(Func<Journal.Journal, T> read) => Running.Journal(read);

    /// <summary>What the keeper has decided about a subject, in order.</summary>
    public IReadOnlyList<Verdict> VerdictsOn(string subject) => Running.VerdictsOn(subject);

    /// <summary>Both prices at this factor of the first ones, in all feeds and by one block, a minute later; the chain does not mine by itself from before it until it is told to.</summary>
    public async Task<ulong> FallInOneBlockAsync(double factor, CancellationToken cancellationToken)
    {
        await Chain.Rpc.SendAsync("evm_setAutomine", cancellationToken, false);
        foreach (var (asset, price) in Deployment.Assets.Zip((double[])[FirstPrices.Weth * factor, FirstPrices.Wbtc * factor]))
        {
            foreach (var feed in asset.Feeds)
            {
                await Chain.Rpc.SendAsync("eth_sendTransaction", cancellationToken, new Dictionary<string, object?>
                {
                    ["from"] = Chain.Accounts[0].ToString(),
                    ["to"] = feed.ToString(),
                    ["data"] = Hex.FromBytes(new MockFeed.PushFunction(asset.Answer(price)).EncodeCall()),
                    ["gas"] = "0x100000",
                });
            }
        }

        await WaitAsync(60, cancellationToken);
        return (await Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Number;
    }

    /// <summary>From now on every transaction has a block, those that wait in the next.</summary>
    public async Task MineAsync(CancellationToken cancellationToken)
    {
        await Chain.Rpc.SendAsync("evm_setAutomine", cancellationToken, true);
        await Chain.Rpc.SendAsync("anvil_mine", cancellationToken, "0x1");
    }

    /// <summary>Events of a contract so far.</summary>
    public async Task<IReadOnlyList<LogEntry>> LogsAsync(Address contract, CancellationToken cancellationToken)
    {
        var head = (await Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Number;
        return await Chain.Eth.GetLogsAsync(new LogFilter(contract, null, null, Deployment.Block, head), cancellationToken);
    }

    public async Task<ulong> NowAsync(CancellationToken cancellationToken) => (await Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Timestamp;
}
