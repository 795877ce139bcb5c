using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Venus and Blizz, 12 and 13 May 2022: the LUNA feed stood at its floor of USD 0.107 and was then paused, while the market was at 0.01. LUNA bought there was
/// pledged at 0.107: USD 11.2m and 8.3m were borrowed and never repaid (Venus, "Venus Protocol Official Statement Regarding LUNA"; Blizz's notice of that day).
/// Venus gave borrowers time to repay before liquidation began again.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class LunaTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double Before = 1.00;
    private const double Floor = 0.107;
    private const double Market = 0.01;
    private const double Bought = 10_000_000;

    private DemoAsset _luna = null!;

    private Hash32 Holder => Id(World.Owner(0), 7);

    [Fact]
    public async Task Luna_FeedStandsAtItsFloor_NothingIsLentAndLiquidationWaitsForTheRepayWindow()
    {
        await PrepareAsync(least: Floor);
        await using var keeper = await AttendedKeeper.StartAsync(World);
        await FallToFloorAsync();
        await keeper.QuietAsync();
        Assert.Equal(PriceStatus.TooFewFeeds, (await World.SnapshotAsync()).Assets[2].PriceStatus);

        // What was bought for a tenth of the floor counts nothing, and the one who has borrowed against LUNA before is left alone.
        await AddAsync(Attacker, Id(Attacker, 0), _luna, Bought);
        Assert.StartsWith("InitialRequirementViolated(", await RefusedAsync(Attacker, Vault, Borrow(Id(Attacker, 0), Attacker, Stable(100))), StringComparison.Ordinal);
        await keeper.QuietAsync();
        Assert.Empty(await PreyAsync());
        (await JudgeAsync()).AssertHolds();
        await MarkOutageAsync();

        // The feed moves again: he may repay for an hour, and only then may anybody liquidate him.
        await AnswerAsync(2 * Floor);
        await keeper.QuietAsync();
        Assert.Equal(PriceStatus.RepayWindow, (await World.SnapshotAsync()).Assets[2].PriceStatus);
        Assert.Empty(await PreyAsync());
        Assert.Empty(keeper.Liquidations);
        Assert.Contains(
            keeper.Folder.RefusalsOf(Holder.ToString()),
            refusal => refusal.Code == RefusalCode.NothingSeizable && refusal.Detail.Contains(nameof(PriceStatus.RepayWindow), StringComparison.Ordinal));
        await World.MineAtAsync(await World.NowAsync() + ProtocolWorld.Hour + 60);
        await AnswerAsync(2 * Floor);
        await keeper.QuietAsync();
        await keeper.StopAsync();

        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(1, judged.Liquidations);
    }

    [Fact]
    public async Task Luna_FloorIsBelieved_ControlLendsWhatIsNeverRepaid()
    {
        await PrepareAsync(least: Floor / 2);
        await FallToFloorAsync();
        await OpenAsync(Attacker, 0, _luna, Bought, appetite: 0.999);
        var judged = await JudgeAsync();
        Assert.True(judged.BadShare > 0.01, judged.ToString());
    }

    /// <summary>LUNA is listed while it stands at 1, with the highest volatility there may be, and somebody owes a little against it.</summary>
    private async Task PrepareAsync(double least)
    {
        await World.ResetAsync();
        _luna = await Listing.ListAsync("LUNA", new ListingTerms(Before, least, 200, Volatility: 4, Slippage: 0.1, Cap: 100_000_000));
        await OpenAsync(World.Owner(0), 7, _luna, 900, appetite: 0.95);
        await BeginAsync();
    }

    private async Task FallToFloorAsync()
    {
        await AnswerAsync(Floor);
        await TrueFromNowAsync(_luna, Market);
    }

    private async Task AnswerAsync(double price)
    {
        await TrueFromNowAsync(_luna, price);
        foreach (var feed in _luna.Feeds)
        {
            await World.PushFeedAsync(feed, _luna.Answer(price));
        }
    }

    /// <summary>Anybody notes for twenty minutes that there is no price.</summary>
    private async Task MarkOutageAsync()
    {
        for (var mark = 0; mark < 3; mark++)
        {
            await SendAsync(Attacker, World.Deployment.Addresses.OracleHub, new OracleHub.MarkOutageFunction(_luna.Token));
            await World.MineAtAsync(await World.NowAsync() + 600);
        }
    }
}
