using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>One anvil on loopback with the real contracts, a lender, a keeper with means, and as many accounts as are asked for.</summary>
internal sealed class ChainWorld : IAsyncDisposable
{
    /// <summary>Of WETH, in the unit of account; WBTC costs twenty times as much.</summary>
    public const double CalmPrice = 3000;

    /// <summary>Nearly all that may be borrowed: the first to fall. And so little that nothing in here touches it.</summary>
    public const double Weak = 0.98;
    public const double Safe = 0.3;

    private readonly string _directory;
    private readonly IReadOnlyList<Address> _signers;
    private int _opened;

    private ChainWorld(string root, string directory, LocalChain chain, Deployment deployment, DemoKey keeper, IReadOnlyList<Address> signers) =>
        (Root, _directory, _signers, Chain, Deployment, Keeper, Market, Crowd) = (root, directory, signers, chain, deployment, keeper, new Market(chain, deployment), new Crowd(chain, deployment));

    /// <summary>Of the checkout.</summary>
    public string Root { get; }

    public LocalChain Chain { get; }

    public Deployment Deployment { get; }

    public DemoKey Keeper { get; }

    public Market Market { get; }

    public Crowd Crowd { get; }

    public int Accounts => _opened;

    public static async Task<ChainWorld> StartAsync(CancellationToken cancellationToken)
    {
        var (tools, problem) = DemoTools.Find(null);
        if (tools is null)
        {
            throw new InvalidOperationException(problem);
        }

        var directory = Directory.CreateDirectory(Path.Combine(tools.Root, "artifacts", "bench", $"chain-{Guid.NewGuid():N}")).FullName;
        var chain = await LocalChain.StartAsync(
            tools.Anvil, new ChainId(31337), "A", (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 3600, directory, cancellationToken);
        // Who signs reports does not matter here: nobody signs any.
        IReadOnlyList<Address> signers = [.. Enumerable.Range(1, 4).Select(i => Address.FromHex($"0x{i:x40}"))];
        var deployment = await Deployment.RunAsync(
            tools, chain, signers, new HourlyPrices(CalmPrice, 20 * CalmPrice), directory, cancellationToken);
        var world = new ChainWorld(tools.Root, directory, chain, deployment, DemoKey.Create("keeper", "keeper", directory), signers);
        await world.Market.FundAsync(world.Keeper.Address, cancellationToken);
        return world;
    }

    /// <summary>More accounts, of one WETH each.</summary>
    public async Task<IReadOnlyList<Hash32>> OpenAsync(int count, double appetite, CancellationToken cancellationToken)
    {
        var opened = await Crowd.OpenAsync(_opened, count, weth: 1, appetite, cancellationToken);
        _opened += count;
        return opened;
    }

    /// <summary>As if the last ones had not been opened: after the chain was put back.</summary>
    public void Forget(int count) => _opened -= count;

    public Task<System.Text.Json.JsonElement> SendAsync(string method, params object?[] parameters) =>
        Chain.Rpc.SendAsync(method, CancellationToken.None, parameters);

    /// <summary>Puts one feed's answer for WETH into the pool; does not wait for its block.</summary>
    public Task<System.Text.Json.JsonElement> PoolPriceAsync(int feed, double price)
    {
        var asset = Deployment.Assets[0];
        return SendAsync("eth_sendTransaction", new Dictionary<string, object?>
        {
            ["from"] = Chain.Accounts[0].ToString(),
            ["to"] = asset.Feeds[feed].ToString(),
            ["data"] = Hex.FromBytes(new MockFeed.PushFunction(asset.Answer(price)).EncodeCall()),
            ["gas"] = "0x40000",
        });
    }

    /// <summary>The same answer of all its feeds, mined.</summary>
    public async Task SetPriceAsync(double price, CancellationToken cancellationToken)
    {
        var asset = Deployment.Assets[0];
        foreach (var feed in asset.Feeds)
        {
            await Chain.SendAsync(Chain.Accounts[0], feed, new MockFeed.PushFunction(asset.Answer(price)), cancellationToken);
        }
    }

    /// <summary>A new folder with the keeper's configuration, in mode active, without a journal. Its files end with the world's.</summary>
    public string NewKeeper(string? webSocketUrl = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_directory, $"keeper-{Guid.NewGuid():N}")).FullName;
        foreach (var file in (string[])[Keeper.KeystoreFile, Keeper.PasswordFile])
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var signers = _signers.Select(signer => (new DemoKey($"signer {signer}", "oracle", signer, "none", "none"), new Uri("http://127.0.0.1:1"))).ToList();
        DemoConfiguration.Write(folder, [(Chain, Deployment)], Keeper, signers);
        Edit(Path.Combine(folder, "common.json"), section =>
        {
            var chain = section["Chains"]![Chain.Id.ToString()]!;
            chain["PollMilliseconds"] = 50;
            if (webSocketUrl is not null)
            {
                chain["Rpc"]![0]!["WebSocketUrl"] = webSocketUrl;
            }
        });
        Edit(Path.Combine(folder, "keeper.json"), section => section[nameof(Keeper)]!["OracleNodes"] = new JsonArray());
        return folder;
    }

    public async ValueTask DisposeAsync()
    {
        await Chain.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static void Edit(string file, Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(root["KeeperOracle"]!.AsObject());
        File.WriteAllText(file, root.ToJsonString());
    }
}
