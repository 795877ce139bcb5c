using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// A stage of two local chains, A and B, with the protocol on both, each believing the other's headers and counting the other's liens, and the keys of
/// the processes that may run on it: four oracle nodes, a keeper, a relay. Prices are those of the path's last hour of history, or WETH 3,000 and WBTC
/// 60,000 where there is none, and lenders have supplied both vaults. Both clocks go alike; no accounts are open.
/// <para>Chains, addresses and files are this stage's own; what it started ends with it. A deployer's account holds every role on both chains.</para>
/// </summary>
internal sealed partial class TwoChainStage : IAsyncDisposable
{
    public const ulong Start = 1_767_225_600;
    public const ulong Hour = 3600;

    private static readonly HourlyPrices FirstPrices = new(3000, 60000);

    private readonly List<IAsyncDisposable> _started = [];
    private readonly DemoTools _tools;
    private readonly bool _withStable;
    private readonly PrivateKey _publisher = PrivateKey.Generate();

    private TwoChainStage(DemoTools tools, string directory, bool withStable) => (_tools, Directory, _withStable) = (tools, directory, withStable);

    /// <summary>Keys, configuration, stores and logs of everything that runs here.</summary>
    public string Directory { get; }

    /// <summary>The program that the chains run by.</summary>
    public string Anvil => _tools.Anvil;

    /// <summary>Where collateral is locked in the shows; both ways are connected.</summary>
    public StageChain A { get; private set; } = null!;

    /// <summary>Where the accounts are that it secures.</summary>
    public StageChain B { get; private set; } = null!;

    public DemoKey Keeper { get; private set; } = null!;

    public DemoKey Relay { get; private set; } = null!;

    /// <summary>The four signers of both chains, with where each answers once it runs.</summary>
    public IReadOnlyList<(DemoKey Key, Uri Url)> Oracles { get; private set; } = [];

    /// <param name="path">whose history the feeds get; null for the first prices alone, with which oracle nodes attest headers and no volatility</param>
    /// <param name="withStable">whether a stable token is collateral too, on both chains and from either for the other</param>
    public static async Task<TwoChainStage> SetAsync(DemoTools tools, PricePath? path, CancellationToken cancellationToken, bool withStable = false)
    {
        var directory = Path.Combine(
            tools.Root, "artifacts", "demo", $"two-{DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}-{Environment.ProcessId}");
        var stage = new TwoChainStage(tools, System.IO.Directory.CreateDirectory(directory).FullName, withStable);
        try
        {
            await stage.SetAsync(path, cancellationToken);
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
        _http.Dispose();
        _publisher.Dispose();
    }

    public StageChain Other(StageChain side) => side == A ? B : A;

    /// <summary>Both prices in all feeds of both chains, a minute later.</summary>
    public async Task SetPricesAsync(HourlyPrices prices, CancellationToken cancellationToken)
    {
        var at = await LatestAsync(cancellationToken) + 60;
        await Task.WhenAll(((StageChain[])[A, B]).Select(side => side.Market.SetPricesAsync(prices, at, cancellationToken)));
    }

    /// <summary>So much later on both chains at once, and a few empty blocks more, under which everything before is final.</summary>
    public async Task WaitAsync(ulong seconds, CancellationToken cancellationToken)
    {
        var at = await LatestAsync(cancellationToken) + seconds;
        await Task.WhenAll(((StageChain[])[A, B]).Select(side => side.MineAtAsync(at, cancellationToken)));
    }

    /// <summary>
    /// What the relay needs to fill swaps with: tokens on a chain, which its vault of liens may take. Its operator would sign that before it runs; later the relay alone knows its
    /// transactions.
    /// </summary>
    public async Task FundRelayAsync(StageChain side, DemoAsset asset, double tokens, CancellationToken cancellationToken)
    {
        var units = asset.Units(tokens);
        await side.SendAsync(side.Deployer, asset.Token, new MockToken.MintFunction(Relay.Address, units), cancellationToken);
        await side.Chain.Rpc.SendAsync("anvil_impersonateAccount", cancellationToken, Relay.Address.ToString());
        await side.SendAsync(Relay.Address, asset.Token, new MockToken.ApproveFunction(side.CrossChain.CollateralVault, units), cancellationToken);
        await side.Chain.Rpc.SendAsync("anvil_stopImpersonatingAccount", cancellationToken, Relay.Address.ToString());
        _isRelayKeyUsed = true;
    }

    /// <summary>The later of the two clocks.</summary>
    public async Task<ulong> LatestAsync(CancellationToken cancellationToken) =>
        Math.Max(await A.NowAsync(cancellationToken), await B.NowAsync(cancellationToken));

    private async Task SetAsync(PricePath? path, CancellationToken cancellationToken)
    {
        var first = path is null ? FirstPrices : path.History[^1];
        var start = path is null ? Start : (ulong)path.Start.ToUnixTimeSeconds();
        var begin = start - ((path is null ? 8 : (ulong)path.History.Count + 2) * Hour);
        // Two at a time: each takes a quarter of a gigabyte for a second.
        string[] names = ["keeper", "relay", "oracle-1", "oracle-2", "oracle-3", "oracle-4"];
        var keys = new List<DemoKey>();
        foreach (var pair in names.Chunk(2))
        {
            keys.AddRange(await Task.WhenAll(pair.Select(name => Task.Run(
                () => DemoKey.Create(name, name.StartsWith("oracle", StringComparison.Ordinal) ? "oracle" : "keeper", Directory), cancellationToken))));
        }

        (Keeper, Relay) = (keys[0], keys[1]);
        Oracles = [.. keys.Skip(2).Select(key => (key, new Uri($"http://127.0.0.1:{LocalChain.FreePort()}")))];
        var prices = path?.History[0] ?? FirstPrices;
        var sides = await Task.WhenAll(DeployAsync(31337, "A", begin, prices, cancellationToken), DeployAsync(31338, "B", begin, prices, cancellationToken));
        (A, B) = (sides[0], sides[1]);
        await Task.WhenAll(sides.Select(side => Deployment.ConnectAsync(_tools, side.Chain, Other(side).Chain.Id, Directory, cancellationToken)));
        foreach (var side in sides)
        {
            if (path is not null)
            {
                await side.Market.WriteHistoryAsync(path, start - Hour, cancellationToken);
            }

            await side.Market.FundAsync(Keeper.Address, cancellationToken);
            await side.Chain.SetBalanceAsync(Relay.Address, System.Numerics.BigInteger.Pow(10, 21), cancellationToken);
            await side.Market.SetPricesAsync(first, start, cancellationToken);
        }
    }

    private async Task<StageChain> DeployAsync(ulong id, string name, ulong begin, HourlyPrices prices, CancellationToken cancellationToken)
    {
        // Blocks are final two under the head. Of its own accord anvil 1.7.1 forgets the state of old blocks, which proofs are made of.
        var chain = await LocalChain.StartAsync(
            _tools.Anvil, new ChainId(id), name, begin, Directory, cancellationToken, ["--slots-in-an-epoch", "1", "--prune-history", "10000"]);
        lock (_started)
        {
            _started.Add(chain);
        }

        var deployment = await Deployment.RunAsync(_tools, chain, [.. Oracles.Select(oracle => oracle.Key.Address)], prices, Directory, cancellationToken, _withStable);
        var outputs = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Directory, $"deployed-{chain.Id}.json"), cancellationToken))!.AsObject();
        return new StageChain(chain, deployment, new Market(chain, deployment), outputs);
    }
}

/// <summary>One of the two chains of a stage.</summary>
internal sealed class StageChain(LocalChain chain, Deployment deployment, Market market, JsonObject outputs)
{
    public LocalChain Chain => chain;

    public Deployment Deployment => deployment;

    public Market Market => market;

    public CrossChainContracts CrossChain => deployment.CrossChain;

    /// <summary>Holds every role on this chain.</summary>
    public Address Deployer => chain.Accounts[0];

    /// <summary>Of any contract, by its name in the deployment's output: optionBook, guardian, venue, uniswapFactory and so on.</summary>
    public Address AddressOf(string name) => Address.FromHex(outputs[name]!.GetValue<string>());

    public async Task<ulong> NowAsync(CancellationToken cancellationToken) => (await chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Timestamp;

    /// <summary>The answer of a view at the head.</summary>
    public async Task<T> CallAsync<T>(Address to, IContractFunction<T> call, CancellationToken cancellationToken) => await chain.Eth.CallAsync(
        call, to, Deployer, (await chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Hash, cancellationToken);

    /// <summary>A call that must succeed.</summary>
    public Task<TransactionReceipt> SendAsync<T>(Address from, Address to, IContractFunction<T> call, CancellationToken cancellationToken) =>
        chain.SendAsync(from, to, call, cancellationToken);

    /// <summary>The contract's error where it refuses; empty where it took the call.</summary>
    public async Task<string> RefusalAsync<T>(Address from, Address to, IContractFunction<T> call, CancellationToken cancellationToken)
    {
        try
        {
            await chain.SendAsync(from, to, call, cancellationToken);
            return "";
        }
        catch (ContractRevertException reverted)
        {
            return reverted.Message;
        }
    }

    /// <summary>Puts a contract that only local chains have onto the chain.</summary>
    /// <param name="root">the checkout, where its code lies in abi/code</param>
    public async Task<Address> DeployAsync(string root, string name, CancellationToken cancellationToken)
    {
        var code = await File.ReadAllTextAsync(Path.Combine(root, "abi", "code", $"{name}.hex"), cancellationToken);
        var hash = await chain.Rpc.SendAsync(
            "eth_sendTransaction",
            cancellationToken,
            new Dictionary<string, object?> { ["from"] = Deployer.ToString(), ["data"] = code.Trim(), ["gas"] = "0x300000" });
        for (var tries = 0; tries < 200; tries++)
        {
            var receipt = await chain.Rpc.SendAsync("eth_getTransactionReceipt", cancellationToken, hash.GetString());
            if (receipt.ValueKind == JsonValueKind.Object)
            {
                return Address.FromHex(receipt.GetProperty("contractAddress").GetString()!);
            }

            await Task.Delay(20, cancellationToken);
        }

        throw new InvalidOperationException($"{name} was not deployed.");
    }

    /// <summary>Tokens out of nothing (stand-ins may be minted by anyone), locked for an account on the other chain. Gives the lien's number.</summary>
    /// <param name="account">on the hub's chain; its owner signs there</param>
    public async Task<ulong> LockAsync(Address owner, DemoAsset asset, double tokens, StageChain hub, Hash32 account, CancellationToken cancellationToken)
    {
        var units = asset.Units(tokens);
        await SendAsync(owner, asset.Token, new MockToken.MintFunction(owner, units), cancellationToken);
        await SendAsync(owner, asset.Token, new MockToken.ApproveFunction(CrossChain.CollateralVault, units), cancellationToken);
        await SendAsync(
            owner, CrossChain.CollateralVault, new CollateralVault.LockFunction(asset.Token, units, hub.Chain.Id.Value, hub.CrossChain.MarginHub, account), cancellationToken);
        return (ulong)await CallAsync(CrossChain.CollateralVault, new CollateralVault.LienCountFunction(), cancellationToken);
    }

    /// <summary>Events of a contract so far.</summary>
    public async Task<IReadOnlyList<LogEntry>> LogsAsync(Address contract, CancellationToken cancellationToken)
    {
        var head = (await chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Number;
        return await chain.Eth.GetLogsAsync(new LogFilter(contract, null, null, deployment.Block, head), cancellationToken);
    }

    /// <summary>These prices into the pool of transactions, for all feeds.</summary>
    public async Task PushTogetherAsync(HourlyPrices prices, CancellationToken cancellationToken)
    {
        foreach (var asset in deployment.Assets)
        {
            foreach (var feed in asset.Feeds.Append(asset.Fallback))
            {
                await chain.Rpc.SendAsync("eth_sendTransaction", cancellationToken, new Dictionary<string, object?>
                {
                    ["from"] = Deployer.ToString(),
                    ["to"] = feed.ToString(),
                    ["data"] = Hex.FromBytes(new MockFeed.PushFunction(asset.Answer(deployment.PriceOf(asset, prices))).EncodeCall()),
                    ["gas"] = "0x100000",
                });
            }
        }
    }

    /// <summary>A block at this time, with what waits in the pool, and three on top of it, a second apart.</summary>
    public async Task MineAtAsync(ulong timestamp, CancellationToken cancellationToken)
    {
        await chain.SetNextTimestampAsync(timestamp, cancellationToken);
        await chain.Rpc.SendAsync("anvil_mine", cancellationToken, "0x4", "0x1");
    }

    /// <summary>An account of the chain by its owner and number.</summary>
    public static Hash32 AccountOf(Address owner, ulong number)
    {
        Span<byte> id = stackalloc byte[32];
        owner.CopyTo(id);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(id[24..], number);
        return new Hash32(id);
    }
}
