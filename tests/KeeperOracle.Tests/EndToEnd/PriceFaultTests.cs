using System.Numerics;
using KeeperOracle.Host.Commands;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>A price that is none: nobody is liquidated by it, and the reason can be read.</summary>
[Collection(EndToEndCollections.World)]
public sealed class PriceFaultTests(ProtocolWorld world)
{
    private static readonly KeeperSettings Settings = new(
        KeeperMode.Active, new Bps(500), 86_400, Wad.Zero, new Bps(100), 3, 600, 120, 10_000, 1e-9);

    [Fact]
    public async Task Step_LowPriceJustInTime_LiquidatesAndOneSecondLaterRefusesAsStale()
    {
        await world.ResetAsync();
        await world.SetPricesAsync(1000, 20000, ProtocolWorld.Start + ProtocolWorld.Hour);
        var feed = (await world.SnapshotAsync()).Assets.Max(asset => asset.PriceUpdatedAt);
        await world.MineAtAsync(feed + 7199);
        var fresh = await world.SnapshotAsync();
        // Both feeds answered within a second or so of each other: at the age of 7,200 s they still count.
        Assert.All(Verdicts(fresh), verdict => Assert.IsType<Act>(verdict));

        await world.MineAtAsync(feed + 7201);
        var stale = await world.SnapshotAsync();
        Assert.All(stale.Assets, asset => Assert.Equal(PriceStatus.Stale, asset.PriceStatus));
        AssertUnavailable(Verdicts(stale), "Stale");
    }

    [Fact]
    public async Task Step_ZeroPrice_RefusesOnlyAccountsThatHoldTheAsset()
    {
        await world.ResetAsync();
        await world.PushAsync(1, BigInteger.Zero);
        var snapshot = await world.SnapshotAsync();
        Assert.Equal([PriceStatus.Ok, PriceStatus.NotPositive], snapshot.Assets.Select(asset => asset.PriceStatus));
        var verdicts = Verdicts(snapshot);
        AssertUnavailable([verdicts[1], verdicts[2], verdicts[4], verdicts[5]], "NotPositive");
        Assert.All([verdicts[0], verdicts[3]], verdict => Assert.Equal(RefusalCode.Healthy, Assert.IsType<Refuse>(verdict).Refusal.Code));
    }

    [Fact]
    public async Task Explain_StaleAndZeroPrices_SayWhyTheKeeperDoesNothing()
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
        Assert.Contains("Refuse PriceUnavailable: WETH has no usable price: Stale", weth.Output, StringComparison.Ordinal);
        var wbtc = await folder.RunAsync("account", "explain", AccountId.Format(world.Owner(1), 0), "-o", "json");
        Assert.True(wbtc.ExitCode == 0, wbtc.ToString());
        Assert.Contains("WBTC has no usable price: NotPositive", wbtc.Output, StringComparison.Ordinal);

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

    /// <summary>Of the accounts, in the vault's order.</summary>
    private static List<Verdict> Verdicts(ChainSnapshot snapshot)
    {
        var step = KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), new ChainObserved(
            snapshot with { Keeper = snapshot.Keeper with { Allowance = BigInteger.Pow(2, 255) } }));
        return [.. snapshot.Accounts.Select(account => step.Decisions.Single(decision => decision.Subject == account.Account.ToString()).Verdict)];
    }

    private static void AssertUnavailable(IEnumerable<Verdict> verdicts, string status) => Assert.All(verdicts, verdict =>
    {
        var refusal = Assert.IsType<Refuse>(verdict).Refusal;
        Assert.Equal(RefusalCode.PriceUnavailable, refusal.Code);
        Assert.Contains(status, refusal.Detail, StringComparison.Ordinal);
    });
}
