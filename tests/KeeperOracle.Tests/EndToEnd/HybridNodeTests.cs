using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Reports;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd.Museum;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// Three real oracle nodes and a real keeper on a market with options: implied volatility from a signed surface, depth from a real Uniswap pool, and feeds that are a
/// little apart. What stands on the chain afterwards is what was signed, and that is what the formulas say.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class HybridNodeTests(ProtocolWorld world)
{
    private const ulong Now = ProtocolWorld.Start + (31 * ProtocolWorld.Hour);
    private const double Implied = .8;
    private const double Forward = 3_010;
    private const double SellSize = 2_000_000;
    private const double PoolTokens = 20_000;
    private static readonly string Backtest = RepositoryFiles.PathOf("tests", "examples", "param-recommend-backtest", "report.json.gz");

    private Address Weth => world.Deployment.Assets[0].Token;

    [Fact]
    public async Task Run_MarketWithAnExpiry_NodesAttestItAndTheChainHoldsWhatTheySigned()
    {
        await world.ResetAsync();
        var expiry = await SetAsync();
        var pool = await PoolAsync();
        using var publisher = PrivateKey.Generate();
        var nodes = Enumerable.Range(0, 3).Select(i => (Name: $"signer-{i}", Url: new Uri($"http://127.0.0.1:{LocalChain.FreePort()}"))).ToArray();
        using var folder = world.NewKeeper(KeeperMode.Active, nodes);
        var surface = Surface(expiry);
        WriteSurface(folder, surface, publisher);
        var running = new List<ProductProcess>();
        try
        {
            for (var i = 0; i < nodes.Length; i++)
            {
                running.Add(await StartNodeAsync(folder, i, nodes[i].Url, pool, publisher.Address));
            }

            var keeper = folder.StartKeeper();
            running.Add(keeper);
            await folder.SettledAsync(keeper, "report/");

            var offered = await OfferAsync(nodes[0].Url);
            Assert.True(offered.Report is not null, offered.NoReport);
            await AssertOnChainAsync(expiry);
            var hash = $"0x{ReportTwin.HashOf(Backtest)}";
            Assert.Contains(folder.Decisions(), decision => decision is { Subject: Subject.Report, Verdict: Act { Reason: var reason } } && reason.EndsWith($"models chosen by backtest {hash}", StringComparison.Ordinal));

            // One digit more of volatility, and the same signature.
            var file = folder.FileOf("surface.json");
            await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("3010", "3011", StringComparison.Ordinal));
            await world.SendAsync("anvil_mine", "0x1");
            await Until.TrueAsync(async () => (await OfferAsync(nodes[0].Url)).NoReport.StartsWith("SurfaceSignatureInvalid", StringComparison.Ordinal), "the changed surface is refused", () => running[0].Errors);
        }
        finally
        {
            foreach (var process in running)
            {
                await process.DisposeAsync();
            }
        }
    }

    /// <summary>A day of hourly prices, an expiry in 30 days, and one feed half a percent over the others.</summary>
    private async Task<ulong> SetAsync()
    {
        var hours = Enumerable.Range(0, 30).Select(i => new HourlyPrices(3_000 * (i % 2 == 0 ? 1 : 1.005), 60_000 * (i % 2 == 0 ? 1 : 1.005))).ToList();
        await world.Market.WriteHistoryAsync(new PricePath("a test's", DateTimeOffset.UnixEpoch, hours, []), Now, CancellationToken.None);
        await world.SetPricesAsync(3_000, 60_000, Now + 60);
        await world.PushFeedAsync(world.Deployment.Assets[0].Feeds[1], world.Deployment.Assets[0].Answer(3_015));
        var expiry = Now + (30 * 86_400);
        await world.Chain.SendAsync(
            world.Chain.Accounts[0], world.Deployment.Addresses.RiskOracle, new RiskOracle.ListExpiryFunction(Weth, expiry, 700_000_000_000_000_000, (ulong)Wad.Scale), CancellationToken.None);
        return expiry;
    }

    private async Task<Address> PoolAsync()
    {
        var venue = await VenuePool.OpenAsync(world, world.Deployment.Assets[0], PoolTokens, 3_000);
        var factory = await CallAsync(venue.Venue, new UniswapV3Venue.FactoryFunction());
        return await CallAsync(factory, new IUniswapV3Factory.GetPoolFunction(Weth, world.Deployment.Stable, VenuePool.Fee));
    }

    private string Surface(ulong expiry)
    {
        const ulong asOf = Now;
        var years = (expiry - asOf) / (365.0 * 86_400);
        return string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"chain":31337,"asOf":{{{asOf}}},"assets":[{"asset":"{{{Eip55.Format(Weth)}}}","spot":3000,"slices":[{"expiry":{{{expiry}}},"forward":{{{Forward}}},"svi":{"a":{{{Implied * Implied * years:R}}},"b":0,"rho":0,"m":0,"s":0.1}}]}]}""");
    }

    private static void WriteSurface(KeeperFolder folder, string payload, PrivateKey publisher)
    {
        var signature = publisher.SignDigest(PersonalMessage.Digest(Encoding.UTF8.GetBytes(payload))).ToBytes65();
        File.WriteAllText(folder.FileOf("surface.json"), new JsonObject { ["payload"] = payload, ["signature"] = Hex.FromBytes(signature) }.ToJsonString());
    }

    private async Task<ProductProcess> StartNodeAsync(KeeperFolder folder, int node, Uri url, Address pool, Address publisher)
    {
        var (name, password) = ($"signer-{node}", $"{DemoKey.SecretPrefix}{node}-of-a-hybrid-node");
        await File.WriteAllTextAsync(folder.FileOf($"{name}.keystore.json"), KeystoreV3.Encrypt(world.Signers[node], password));
        await File.WriteAllTextAsync(folder.FileOf($"{name}.password"), password);
        folder.Edit($"{name}.json", section =>
        {
            section["Keys"]![name]!["KeystoreFile"] = $"{name}.keystore.json";
            section["Keys"]![name]!["PasswordFile"] = $"{name}.password";
            var oracle = section["Oracle"]!;
            oracle["ListenUrl"] = url.ToString();
            oracle["SurfaceFile"] = "surface.json";
            oracle["SurfacePublisher"] = Eip55.Format(publisher);
            oracle["SurfaceMaxAgeSeconds"] = 86_400;
            oracle["BacktestReport"] = Backtest;
            oracle["Assets"]!["WETH"]!["SwapPool"] = Eip55.Format(pool);
        });
        var process = ProductProcess.Start(["oracle", "run", "-c", folder.FileOf("common.json"), "-c", folder.FileOf($"{name}.json")], folder.Path);
        await process.SaysAsync("listens on");
        return process;
    }

    private static async Task<OfferedObservation> OfferAsync(Uri url)
    {
        using var client = new HttpClient();
        return JsonSerializer.Deserialize<OfferedObservation>(await client.GetStringAsync(new Uri(url, "/api/v1/observations/31337")), KeeperJson.Options)!;
    }

    /// <summary>By hand: the volatility from the surface, the slippage from x y = k, the feeds' half percent.</summary>
    private async Task AssertOnChainAsync(ulong expiry)
    {
        var oracle = world.Deployment.Addresses.RiskOracle;
        var inputs = await CallAsync(oracle, new RiskOracle.OptionInputsFunction(Weth, expiry));
        Assert.Equal(Implied, (double)inputs.Value0 / 1e18, 1e-12);
        Assert.Equal(Forward / 3_000, (double)inputs.Value1 / 1e18, 1e-12);

        var state = await CallAsync(oracle, new RiskOracle.StateOfFunction(Weth));
        Assert.Equal((.75 * Implied) + (.25 * 1.2), state.Volatility / 1e18, 1e-12); // of hourly returns alone it would be .65
        var sold = SellSize / 3_000;
        var net = sold * (1 - (VenuePool.Fee / 1e6));
        var lost = 1 - (PoolTokens * net / (PoolTokens + net) / sold);
        Assert.Equal(lost + (.005 * (1 - lost)), state.Slippage / 1e18, 1e-9);
    }

    private async Task<T> CallAsync<T>(Address to, IContractFunction<T> call) => await world.Chain.Eth.CallAsync(
        call, to, world.Keeper, (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Hash, CancellationToken.None);
}
