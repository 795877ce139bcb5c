using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using KeeperOracle.Keeper;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Moonwell, 15 February 2026: a governance action composed the cbETH feed wrongly, so that it gave the rate of cbETH to ETH, about 1.12, for a price of
/// about USD 2,200. Bots seized 1,096 cbETH; it was seen after four minutes, and the mend needed a vote of five days; USD 1.78m stayed owed (Moonwell's forum,
/// "MIP-X43 cbETH Oracle Incident Summary").
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class MoonwellTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double Rate = 1.12;
    private const double Price = 2200;
    private const ulong SixHours = 21_600;

    private DemoAsset _cbeth = null!;

    /// <summary>One wrong feed is outvoted; three are no price, since none of them is believable; and the guardian needs one transaction and no vote.</summary>
    [Fact]
    public async Task MoonwellCbEth_RateForThePrice_NobodyIsLiquidatedAndOneTransactionStopsIt()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        await AnswerAsync(Rate, 0);
        await keeper.QuietAsync();
        Assert.Equal(PriceStatus.Ok, (await World.SnapshotAsync()).Assets[2].PriceStatus);
        Assert.Empty(await PreyAsync());

        await AnswerAsync(Rate, 1, 2);
        await keeper.QuietAsync();
        Assert.Equal(PriceStatus.TooFewFeeds, (await World.SnapshotAsync()).Assets[2].PriceStatus);
        Assert.Empty(await PreyAsync());

        var hub = World.Deployment.Addresses.OracleHub;
        await SendAsync(Admin, hub, new OracleHub.UseFallbackFunction(_cbeth.Token, 0));
        await World.PushFeedAsync(_cbeth.Fallback, _cbeth.Answer(Price));
        await AnswerAsync(Price, 1);
        await keeper.QuietAsync();
        await keeper.StopAsync();
        Assert.Equal(PriceStatus.Ok, (await World.SnapshotAsync()).Assets[2].PriceStatus);
        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(0, judged.Liquidations);
        Assert.Contains(keeper.Decisions, decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.PriceUnavailable });
    }

    /// <summary>Where the new feeds come with limits that believe them, the guardian's one transaction is what is left: it holds back this asset alone.</summary>
    [Fact]
    public async Task MoonwellCbEth_LimitsBelieveTheRate_TheGuardianHoldsLiquidationBackWithoutAVote()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        var guardian = await AskAsync(Vault, new MarginVault.GuardianFunction());
        await SendAsync(Admin, guardian, new Guardian.RaiseFunction((byte)2, _cbeth.Token, SixHours));
        await Listing.SetFeedsAsync(_cbeth, least: 0.1, most: 100_000);
        await AnswerAsync(Rate, 0, 1, 2);
        await keeper.QuietAsync();
        Assert.Empty(await PreyAsync());
        await AnswerAsync(Price, 0, 1, 2);
        await keeper.QuietAsync();
        await keeper.StopAsync();
        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(0, judged.Liquidations);
        Assert.Contains(keeper.Decisions, decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.NothingSeizable });
    }

    [Fact]
    public async Task MoonwellCbEth_LimitsBelieveTheRateAndNobodyStopsIt_ControlLiquidatesTheHealthy()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        await Listing.SetFeedsAsync(_cbeth, least: 0.1, most: 100_000);
        await AnswerAsync(Rate, 0, 1, 2);
        await keeper.QuietAsync();
        await keeper.StopAsync();
        var judged = await JudgeAsync();
        Assert.True(judged is { Wrongful.Count: >= 2, BadShare: > 0.01 }, judged.ToString());
    }

    /// <summary>Two accounts hold cbETH, one nearly as far as it may.</summary>
    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        _cbeth = await Listing.ListAsync("cbETH", new ListingTerms(Price, Price / 100, Price * 100, Volatility: 0.6, Slippage: 0.02, Cap: 100_000));
        await OpenAsync(World.Owner(0), 9, _cbeth, 20, appetite: 0.95);
        await OpenAsync(World.Owner(1), 9, _cbeth, 20, appetite: 0.5);
        await BeginAsync();
        await TrueFromNowAsync(_cbeth, Price);
    }

    private async Task AnswerAsync(double price, params int[] feeds)
    {
        foreach (var feed in feeds)
        {
            await World.PushFeedAsync(_cbeth.Feeds[feed], _cbeth.Answer(price));
        }
    }
}
