using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Commands;
using KeeperOracle.Keeper;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>A price that is none: nobody is liquidated by it, and the reason can be read.</summary>
[Collection(EndToEndCollections.World)]
public sealed class PriceFaultTests(ProtocolWorld world)
{
    [Fact]
    public async Task F19_Step_LowPriceJustInTime_LiquidatesAndOneSecondLaterRefusesAsStale()
    {
        await world.ResetAsync();
        await world.SetPricesAsync(1000, 20000, ProtocolWorld.Start + ProtocolWorld.Hour);
        var feeds = (await world.SnapshotAsync()).Assets.SelectMany(asset => asset.Feeds).Select(feed => feed.UpdatedAt).ToList();
        await world.MineAtAsync(feeds.Min() + 7200);
        var fresh = await world.SnapshotAsync();
        Assert.All(Judged.Verdicts(fresh), verdict => Assert.IsType<Act>(verdict));

        await world.MineAtAsync(feeds.Max() + 7201);
        var stale = await world.SnapshotAsync();
        Assert.All(stale.Assets, asset => Assert.Equal(PriceStatus.TooFewFeeds, asset.PriceStatus));
        Assert.All(stale.Assets.SelectMany(asset => asset.Feeds), feed => Assert.Equal(PriceStatus.Stale, feed.Status));
        Judged.AssertUnavailable(Judged.Verdicts(stale), "Stale");
    }

    [Fact]
    public async Task F20_Step_ZeroPrice_RefusesOnlyAccountsThatHoldTheAsset()
    {
        await world.ResetAsync();
        await world.PushAsync(1, BigInteger.Zero);
        var snapshot = await world.SnapshotAsync();
        Assert.Equal([PriceStatus.Ok, PriceStatus.TooFewFeeds], snapshot.Assets.Select(asset => asset.PriceStatus));
        var verdicts = Judged.Verdicts(snapshot);
        Judged.AssertUnavailable([verdicts[1], verdicts[2], verdicts[4], verdicts[5]], "NotPositive");
        Assert.All([verdicts[0], verdicts[3]], verdict => Assert.Equal(RefusalCode.Healthy, Assert.IsType<Refuse>(verdict).Refusal.Code));
    }

    [Fact]
    public async Task F22_Step_OneFeedOfThreeLies_ChangesNothingAndTwoApartDivide()
    {
        await world.ResetAsync();
        var before = Judged.Verdicts(await world.SnapshotAsync());
        var weth = world.Deployment.Assets[0];
        await world.PushFeedAsync(weth.Feeds[0], weth.Answer(1500));
        var lied = await world.SnapshotAsync();
        Assert.Equal(PriceStatus.Ok, lied.Assets[0].PriceStatus);
        Assert.Equal(before.Select(verdict => verdict.GetType()), Judged.Verdicts(lied).Select(verdict => verdict.GetType()));

        await world.PushFeedAsync(weth.Feeds[1], weth.Answer(2500));
        var divided = await world.SnapshotAsync();
        Assert.Equal(PriceStatus.Divided, divided.Assets[0].PriceStatus);
        Judged.AssertUnavailable([Judged.Verdicts(divided)[0], Judged.Verdicts(divided)[3]], "Divided (feed 1 Ok, answer 1500");
    }

    [Fact]
    public async Task F16_Step_RepayWindowAfterAnOutage_NothingIsSeized()
    {
        await world.ResetAsync();
        var hub = world.Deployment.Addresses.OracleHub;
        var stale = (await world.NowAsync()) + 7300;
        foreach (var mark in (ulong[])[stale, stale + 1800, stale + 3000])
        {
            foreach (var asset in world.Deployment.Assets)
            {
                await world.Chain.SetNextTimestampAsync(mark + (asset == world.Deployment.Assets[0] ? 0UL : 1UL), CancellationToken.None);
                await world.Chain.SendAsync(world.Chain.Accounts[0], hub, new OracleHub.MarkOutageFunction(asset.Token), CancellationToken.None);
            }
        }

        await world.SetPricesAsync(1000, 20000, stale + 3010);
        var snapshot = await world.SnapshotAsync();
        Assert.All(snapshot.Assets, asset => Assert.Equal(PriceStatus.RepayWindow, asset.PriceStatus));
        Assert.All(Judged.Verdicts(snapshot), verdict =>
        {
            var refusal = Assert.IsType<Refuse>(verdict).Refusal;
            Assert.Equal(RefusalCode.NothingSeizable, refusal.Code);
            Assert.Contains("RepayWindow", refusal.Detail, StringComparison.Ordinal);
        });
    }

    /// <summary>The breaker that is anyone's: a real process marks the time without a price, and liquidation then waits a while by the chain's own rule.</summary>
    [Fact]
    public async Task F22_Run_FeedsAreDivided_TheKeeperMarksItUntilARepayWindowIsSure()
    {
        await world.ResetAsync();
        var weth = world.Deployment.Assets[0];
        await world.PushFeedAsync(weth.Feeds[0], weth.Answer(1500));
        await world.PushFeedAsync(weth.Feeds[1], weth.Answer(2500));
        using var folder = world.NewKeeper(KeeperMode.Active);
        folder.Edit("keeper.json", section => section[nameof(Keeper)]!["BreakerWorth"] = 500); // WETH is the coin of the chain, and counts at the largest that its feeds could say
        await using var keeper = folder.StartKeeper();
        await MarkedAsync(1);
        var first = (await world.SnapshotAsync()).Assets[0].Outage;
        Assert.Equal(first.Since, first.Last);

        await world.MineAtAsync(first.Last + 900);
        await MarkedAsync(2);
        var second = (await world.SnapshotAsync()).Assets[0].Outage;
        Assert.True(second.Since == first.Since && second.Last >= first.Last + 900, $"{second}");

        await world.SetPricesAsync(1000, 60000, second.Last + 10);
        var priced = await world.SnapshotAsync();
        Assert.Equal(PriceStatus.RepayWindow, priced.Assets[0].PriceStatus);
        await Until.TrueAsync(
            () => keeper.HasExited || folder.RefusalsOf(priced.Accounts[0].Account.ToString()).Any(refusal => refusal.Code == RefusalCode.NothingSeizable), "the keeper waits", () => keeper.Errors);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        Assert.Equal(2, folder.Intents().Count(intent => intent.Purpose.StartsWith("outage/", StringComparison.Ordinal)));
        Assert.DoesNotContain(folder.Intents(), intent => intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal)
            && intent.Purpose.Contains(priced.Accounts[0].Account.ToString(), StringComparison.Ordinal));
        var replayed = await folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());

        Task MarkedAsync(int times) => Until.TrueAsync(
            () => keeper.HasExited || folder.Intents().Count(intent => intent.Purpose.StartsWith("outage/", StringComparison.Ordinal) && !intent.IsOpen) == times,
            $"{times} marks are settled",
            () => keeper.Errors);
    }

    [Fact]
    public async Task F19_Explain_StaleAndZeroPrices_SayWhyTheKeeperDoesNothing()
    {
        await world.ResetAsync();
        await world.MineAtAsync(ProtocolWorld.Start + (3 * ProtocolWorld.Hour));
        await world.PushAsync(1, BigInteger.Zero);
        using var folder = world.NewKeeper(KeeperMode.Shadow);
        await using (var keeper = folder.StartKeeper())
        {
            await Until.TrueAsync(
                () => keeper.HasExited || folder.Decisions().Any(decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.PriceUnavailable }),
                "the keeper decides",
                () => keeper.Errors);
            var ended = await keeper.StopAsync();
            Assert.True(ended.ExitCode == 0, ended.ToString());
        }

        var weth = await folder.RunAsync("account", "explain", AccountId.Format(world.Owner(0), 0));
        Assert.True(weth.ExitCode == 0, weth.ToString());
        Assert.Contains("Refuse PriceUnavailable: WETH has no usable price: TooFewFeeds (feed 1 Stale", weth.Output, StringComparison.Ordinal);
        var wbtc = await folder.RunAsync("account", "explain", AccountId.Format(world.Owner(1), 0), "-o", "json");
        Assert.True(wbtc.ExitCode == 0, wbtc.ToString());
        Assert.Contains("WBTC has no usable price: TooFewFeeds (feed 1 NotPositive", wbtc.Output, StringComparison.Ordinal);

        var stranger = await folder.RunAsync("account", "explain", AccountId.Format(world.Keeper, 7));
        Assert.Equal(1, stranger.ExitCode);
        Assert.Contains($"The journal has no decision about {AccountId.Format(world.Keeper, 7)}", stranger.Errors, StringComparison.Ordinal);
        Assert.Equal("", stranger.Output);

        var list = await folder.RunAsync("account", "list", "-o", "json");
        Assert.True(list.ExitCode == 0, list.ToString());
        using var rows = System.Text.Json.JsonDocument.Parse(list.Output);
        Assert.Equal(ProtocolWorld.AccountCount, rows.RootElement.GetArrayLength());
        Assert.All(rows.RootElement.EnumerateArray(), row => Assert.StartsWith("no price for W", row.GetProperty("standing").GetString(), StringComparison.Ordinal));
    }
}
