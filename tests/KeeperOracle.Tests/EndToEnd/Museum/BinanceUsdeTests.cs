using KeeperOracle.Host.Demo;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Binance, 10 October 2025: between 21:36 and 22:16 UTC USDe fell to 0.6567 on that one exchange, which valued its customers' collateral by its own book;
/// Bybit showed 0.95 at the worst, Curve fell by .3 %, and redemption at 1 went on (Binance's statement of 12 October 2025; H. Qureshi, "Did Ethena Really
/// Depeg?"). Over USD 19bn of positions were liquidated everywhere that day (CoinGlass). Between the published figures the path is made straight.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class BinanceUsdeTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private static readonly (double Binance, double Bybit, double Curve)[] Path =
    [
        (0.99, 0.999, 0.9995), (0.90, 0.995, 0.999), (0.80, 0.985, 0.998), (0.6567, 0.95, 0.997), (0.75, 0.975, 0.998), (0.92, 0.99, 0.998), (0.999, 1.0, 1.0),
    ];

    private DemoAsset _usde = null!;

    [Fact]
    public async Task UsdeBinance_OneVenueAt65CentsOthersNearPar_NobodyIsLiquidated()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        var divided = 0;
        foreach (var (binance, bybit, curve) in Path)
        {
            await AnswerAsync(binance, bybit, curve);
            await keeper.QuietAsync();
            Assert.Empty(await PreyAsync());
            if ((await World.SnapshotAsync()).Assets[2].PriceStatus == PriceStatus.Divided)
            {
                divided++;
                Assert.StartsWith("InitialRequirementViolated(", await RefusedAsync(Attacker, Vault, Borrow(Id(Attacker, 0), Attacker, Stable(100))), StringComparison.Ordinal);
            }
        }

        await keeper.StopAsync();
        Assert.True(divided >= 1, "the worst minute was not in it");
        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(0, judged.Liquidations);
    }

    /// <summary>There is no hard peg that would hide a real loss: where every source falls, the price is what they say.</summary>
    [Fact]
    public async Task UsdeBinance_EverySourceFallsSinceItIsInsolvent_IsFollowedWithoutBadDebt()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        foreach (var price in (double[])[0.95, 0.90, 0.85, 0.80, 0.75, 0.70, 0.65])
        {
            await TrueFromNowAsync(_usde, price);
            await AnswerAsync(price, price, price);
            await keeper.QuietAsync();
        }

        await keeper.StopAsync();
        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.True(judged.Liquidations >= 2, judged.ToString());
    }

    [Fact]
    public async Task UsdeBinance_OnlyThatVenueIsRead_ControlLiquidatesTheHealthy()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        await AnswerAsync(0.6567, 0.6567, 0.6567);
        await keeper.QuietAsync();
        await keeper.StopAsync();
        var judged = await JudgeAsync();
        Assert.True(judged.Wrongful.Count >= 1, judged.ToString());
        Assert.NotEmpty(keeper.Liquidations);
    }

    /// <summary>USDe is worth 1 throughout: it could be redeemed at that.</summary>
    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        _usde = await Listing.ListAsync("USDe", new ListingTerms(1, 0.1, 10, Volatility: 0.35, Slippage: 0.02, Cap: 10_000_000));
        await OpenAsync(Attacker, 0, _usde, 100_000, appetite: 0.99);
        await BeginAsync();
        await TrueFromNowAsync(_usde, 1);
    }

    private async Task AnswerAsync(params double[] prices)
    {
        await World.Chain.SetNextTimestampAsync(await World.NowAsync() + 300, CancellationToken.None);
        foreach (var (feed, price) in _usde.Feeds.Zip(prices))
        {
            await World.PushFeedAsync(feed, _usde.Answer(price));
        }
    }
}
