using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>How a collateral of a replay is listed.</summary>
/// <param name="Price">first answer of its feeds</param>
/// <param name="Least">at or under it an answer is no price</param>
/// <param name="Most">at or over it likewise</param>
/// <param name="Volatility">attested, annualised</param>
/// <param name="Slippage">attested</param>
/// <param name="Cap">in whole tokens</param>
internal sealed record ListingTerms(double Price, double Least, double Most, double Volatility, double Slippage, double Cap);

/// <summary>Lists one more collateral on the world's chain, as governance does: a token, three feeds and a fallback, bounds and a cap.</summary>
internal sealed class ListedAsset(ProtocolWorld world)
{
    private const int Decimals = 18;
    private const int FeedDecimals = 8;
    private const uint MaxAge = 7200;

    private Address Admin => world.Chain.Accounts[0];

    public async Task<DemoAsset> ListAsync(string symbol, ListingTerms terms)
    {
        var token = await DeployAsync("MockToken", writer =>
        {
            writer.Text(symbol);
            writer.Text(symbol);
            writer.SmallUnsigned(Decimals, 8);
        });
        var feeds = new List<Address>();
        for (var i = 0; i < 4; i++)
        {
            feeds.Add(await DeployAsync("MockFeed", writer =>
            {
                writer.SmallUnsigned(FeedDecimals, 8);
                writer.Text($"{symbol} / USD");
            }));
        }

        var asset = new DemoAsset(symbol, token, feeds[..3], feeds[3], Decimals, FeedDecimals);
        foreach (var feed in feeds)
        {
            await world.PushFeedAsync(feed, asset.Answer(terms.Price));
        }

        await SetFeedsAsync(asset, terms.Least, terms.Most);
        await SendAsync(world.Deployment.Addresses.RiskOracle, new RiskOracle.ListAssetFunction(token, Bounds, Scaled(terms.Volatility), Scaled(terms.Slippage)));
        await SendAsync(world.Deployment.Addresses.MarginVault, new MarginVault.ListCollateralFunction(token, Decimals, asset.Units(terms.Cap)));
        return asset;
    }

    /// <summary>Other feeds or other limits of what they may say.</summary>
    public Task SetFeedsAsync(DemoAsset asset, double least, double most) =>
        SendAsync(world.Deployment.Addresses.OracleHub, SetFeeds(asset, least, most));

    public static OracleHub.SetFeedsFunction SetFeeds(DemoAsset asset, double least, double most) => new(
        asset.Token,
        new FeedSet(
            [.. asset.Feeds.Select(feed => new Feed(feed, FeedDecimals, MaxAge))],
            new Feed(asset.Fallback, FeedDecimals, MaxAge),
            Scaled(0.02),
            BigWad(least),
            BigWad(most)));

    public async Task<Address> DeployAsync(string contract, Action<AbiWriter>? arguments = null)
    {
        using var artifact = JsonDocument.Parse(await File.ReadAllTextAsync(RepositoryFiles.PathOf("artifacts", "contracts", $"{contract}.sol", $"{contract}.json")));
        var writer = new AbiWriter();
        arguments?.Invoke(writer);
        var code = artifact.RootElement.GetProperty("bytecode").GetProperty("object").GetString() + Hex.FromBytes(writer.ToBytes())[2..];
        var hash = Hash32.FromHex((await world.SendAsync(
            "eth_sendTransaction", new Dictionary<string, object?> { ["from"] = Admin.ToString(), ["data"] = code, ["gas"] = "0x989680" })).GetString()!);
        for (var i = 0; i < 1000; i++)
        {
            if (await world.Chain.Eth.GetTransactionReceiptAsync(hash, CancellationToken.None) is { } receipt)
            {
                return receipt is { Succeeded: true, ContractAddress: { } made } ? made : throw new InvalidOperationException($"{contract} was not deployed.");
            }

            await Task.Delay(10);
        }

        throw new InvalidOperationException($"{contract} is in no block.");
    }

    private static AssetBounds Bounds => new(
        VolatilityFloor: Scaled(0.35),
        VolatilityCap: Scaled(4),
        SlippageCap: Scaled(0.3),
        TightenStep: Scaled(1),
        LoosenStep: Scaled(0.1),
        SlippageStep: Scaled(0.1),
        TailMultiplier: 2_665_214_200_000_000_000,
        Bonus: Scaled(0.05),
        Jump: Scaled(0.15),
        RampPerDay: Scaled(0.021309),
        Horizon: 432_000);

    private Task<TransactionReceipt> SendAsync<T>(Address to, IContractFunction<T> call) => world.Chain.SendAsync(Admin, to, call, CancellationToken.None);

    private static ulong Scaled(double value) => (ulong)((decimal)value * 1_000_000_000_000_000_000m);

    private static BigInteger BigWad(double value) => (BigInteger)((decimal)value * 1_000_000_000m) * 1_000_000_000;
}
