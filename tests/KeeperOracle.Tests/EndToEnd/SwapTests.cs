using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Tests.EndToEnd.Museum;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// The ladder's third rung on the chain: a keeper's real process swaps, in a real Uniswap v3 pool, for whom the owner allowed it, inside his limits and
/// once.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class SwapTests(ProtocolWorld world)
{
    /// <summary>Holds WETH and WBTC, and has borrowed nearly all it may.</summary>
    private const int Defended = 5;

    private const double Low = 1.02;
    private const ushort ForWbtc = 2;
    private const ushort ForStable = 0x8000;
    private static readonly Wad Trigger = new(Wad.Scale * 103 / 100);
    private static readonly Wad Target = new(Wad.Scale * 1035 / 1000);

    [Fact]
    public async Task Run_AllowedSwap_IsMadeOnceWithinThreeBlocksAndDebtAndOptionsStay()
    {
        await world.ResetAsync();
        await DivergeAsync();
        await OpenPoolAsync(world.Deployment.Assets[0], 10_000, world.Deployment.Assets[1], 500);
        await AllowAsync(ForWbtc);
        var before = await world.SnapshotAsync();
        var was = before.Accounts[Defended];
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");

        var moved = await FallAsync(Low / HealthOf(before));
        await folder.SettledAsync(keeper, "swap/");
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        var (made, block) = Assert.Single(await SwappedAsync());
        var now = (await world.SnapshotAsync()).Accounts[Defended];
        Assert.Equal((was.Account, world.Keeper), (made.Account, made.Caller));
        Assert.Equal((world.Deployment.Assets[0].Token, world.Deployment.Assets[1].Token), (made.TokenIn, made.TokenOut));
        Assert.True(made.HealthBefore >= Wad.Scale && made.HealthBefore <= Trigger.Raw && made.HealthAfter >= Target.Raw, $"{made.HealthBefore} to {made.HealthAfter}");
        Assert.InRange(block, moved.First, moved.Last + 3);
        Assert.Equal((was.DebtShares, was.Credit, was.Options), (now.DebtShares, now.Credit, now.Options));
        Assert.Equal((was.Collateral[0] - made.AmountIn, was.Collateral[1] + made.AmountOut), (now.Collateral[0], now.Collateral[1]));
        Assert.Empty(await world.LiquidatedAsync());

        // The plan was exact: the pool paid to the unit what the snapshot's prices say.
        var act = folder.Decisions().Select(decision => decision.Verdict).OfType<Act>().Single(one => one.Action is SwapCollateral);
        Assert.Contains($"for {new TokenAmount(made.AmountOut, 8)} WBTC", act.Reason, StringComparison.Ordinal);
        Assert.Equal(IntentState.Included, Assert.Single(folder.Intents(), IsSwap).State);
        var explained = await folder.RunAsync("account", "explain", was.Account.ToString());
        Assert.True(explained.ExitCode == 0, explained.ToString());
        Assert.Contains("at or under health 1.03 sell WETH for WBTC up to health 1.035, at most 0.01 under the oracle's price", explained.Output, StringComparison.Ordinal);
        Assert.Contains("probability that health falls under 1 within a day", explained.Output, StringComparison.Ordinal);
        var replayed = await folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
    }

    [Fact]
    public async Task Run_PoolIsTooShallow_RefusalIsNamedAndNothingIsSent()
    {
        await world.ResetAsync();
        var fall = Low / HealthOf(await world.SnapshotAsync());
        await VenuePool.OpenAsync(world, world.Deployment.Assets[0], 10, 3000 * fall);
        var account = await AllowAsync(ForStable);
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");

        await FallAsync(fall);
        await Until.TrueAsync(
            () => keeper.HasExited || folder.RefusalsOf(Subject.Swap(account)).Any(refusal => refusal.Code == RefusalCode.SwapSlippageTooHigh), "it is refused by name", () => keeper.Errors);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        Assert.DoesNotContain(folder.Intents(), IsSwap);
        Assert.Empty(await SwappedAsync());
    }

    [Fact]
    public async Task Run_KilledAfterTheBroadcast_SwapsExactlyOnce()
    {
        await world.ResetAsync();
        var (account, fall) = await AllowForStableAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using (var keeper = folder.StartKeeper())
        {
            await folder.SettledAsync(keeper, "approve/");
            await world.SendAsync("evm_setAutomine", false);
            await FallInOneBlockAsync(fall);
            await BroadcastAsync(folder, keeper);
            Signals.Send("KILL", keeper.Id);
        }

        await using var again = folder.StartKeeper();
        await again.SaysAsync("tells of new heads");
        await world.SendAsync("evm_setAutomine", true);
        await world.SendAsync("anvil_mine", "0x1");
        await folder.SettledAsync(again, "swap/");
        Assert.Equal(0, (await again.StopAsync()).ExitCode);

        Assert.Equal(account, Assert.Single(await SwappedAsync()).Event.Account);
        Assert.Equal((ulong)folder.Intents().Count, await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None));
    }

    [Fact]
    public async Task Run_TwoKeepersRace_OneSwapsAndTheOtherIsToldWhyNot()
    {
        await world.ResetAsync();
        var (account, fall) = await AllowForStableAsync();
        using var one = world.NewKeeper(KeeperMode.Active);
        using var two = world.NewKeeper(KeeperMode.Active);
        await OwnKeyAsync(two);
        await using var first = one.StartKeeper();
        await using var second = two.StartKeeper();
        await one.SettledAsync(first, "approve/");
        await two.SettledAsync(second, "approve/");

        await world.SendAsync("evm_setAutomine", false);
        await FallInOneBlockAsync(fall);
        // Whoever comes second learns it from the simulation, for the node runs it after what is in its pool; or from the block, where both were in time.
        await Until.TrueAsync(
            () => first.HasExited || second.HasExited || (Told(first) || Told(second) || one.Intents().Concat(two.Intents()).Count(IsSwap) == 2), "both have tried", () => first.Errors + second.Errors);
        await world.SendAsync("evm_setAutomine", true);
        await world.SendAsync("anvil_mine", "0x1");
        await Until.TrueAsync(() => one.Intents().Concat(two.Intents()).Where(IsSwap).Any(intent => intent.State == IntentState.Included), "one is settled", () => first.Errors + second.Errors);
        await Until.TrueAsync(() => Told(first) || Told(second), "the other is told", () => first.Errors + second.Errors);
        Assert.Equal(0, (await first.StopAsync()).ExitCode);
        Assert.Equal(0, (await second.StopAsync()).ExitCode);

        var made = Assert.Single(await SwappedAsync()).Event;
        Assert.Equal(account, made.Account);
        Assert.NotEqual(made.Caller == world.Keeper, Told(first));
    }

    /// <summary>By name that there is nothing to swap any more.</summary>
    private static bool Told(ProductProcess keeper) => keeper.Errors.Contains("SwapNotDue(", StringComparison.Ordinal);

    private static bool IsSwap(IntentRecord intent) => intent.Purpose.StartsWith("swap/", StringComparison.Ordinal);

    private static double HealthOf(ChainSnapshot snapshot) => SnapshotValuation.Value(snapshot, snapshot.Accounts[Defended]).Health!.Value.ToDouble();

    /// <summary>WETH is attested as more volatile and WBTC is not; in three days their thresholds have come apart.</summary>
    private async Task DivergeAsync()
    {
        await world.MineAtAsync(await world.NowAsync() + ProtocolWorld.ReportInterval + 1);
        var observation = await world.ObserveAsync(1);
        observation = observation with
        {
            Vector = [.. observation.Vector.Select(risk => risk.Asset == world.Deployment.Assets[0].Token ? risk with { Volatility = risk.Volatility * 3 / 2 } : risk)],
        };
        await world.Chain.SendAsync(
            world.Chain.Accounts[0], world.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction([.. world.SignByThree(observation)]), CancellationToken.None);
        await world.SetPricesAsync(3000, 60000, await world.NowAsync() + (72 * ProtocolWorld.Hour));
    }

    private async Task OpenPoolAsync(DemoAsset first, double firstTokens, DemoAsset second, double secondTokens)
    {
        var venue = await AskAsync(world.Deployment.Addresses.MarginVault, new MarginVault.VenueFunction());
        var factory = await AskAsync(venue, new UniswapV3Venue.FactoryFunction());
        await VenuePool.OpenPairAsync(world, factory, (first.Token, first.Units(firstTokens)), (second.Token, second.Units(secondTokens)));
    }

    private async Task<T> AskAsync<T>(Address to, KeeperOracle.Chain.Abi.IContractFunction<T> call) => await world.Chain.Eth.CallAsync(
        call, to, world.Keeper, (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Hash, CancellationToken.None);

    /// <summary>A deep pool of WETH and stable at the price that WETH will fall to, and an owner who lets anyone sell WETH in it.</summary>
    private async Task<(Hash32 Account, double Fall)> AllowForStableAsync()
    {
        var fall = Low / HealthOf(await world.SnapshotAsync());
        await VenuePool.OpenAsync(world, world.Deployment.Assets[0], 10_000, 3000 * fall);
        return (await AllowAsync(ForStable), fall);
    }

    /// <summary>The owner lets anyone sell WETH at or under health 1.03.</summary>
    private async Task<Hash32> AllowAsync(ushort allowedOut)
    {
        var account = (await world.SnapshotAsync()).Accounts[Defended].Account;
        var mandate = new SwapMandate(
            (ulong)Trigger.Raw, (ulong)Target.Raw, (ulong)(Wad.Scale / 100), (ulong)(Wad.Scale / 50), 3_600, await world.NowAsync() + 1_000_000, 1, allowedOut, 0);
        await world.Chain.SendAsync(
            world.Owner(Defended), world.Deployment.Addresses.MarginVault, new MarginVault.SetSwapMandateFunction(account, mandate), CancellationToken.None);
        return account;
    }

    /// <returns>the blocks of the first and the last price</returns>
    private async Task<(ulong First, ulong Last)> FallAsync(double factor)
    {
        var before = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        await world.SetPricesAsync(3000 * factor, 60000 * factor, await world.NowAsync() + 60);
        return (before + 1, (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number);
    }

    /// <summary>On a chain that does not mine by itself.</summary>
    private async Task FallInOneBlockAsync(double factor)
    {
        foreach (var (asset, price) in world.Deployment.Assets.Zip((double[])[3000 * factor, 60000 * factor]))
        {
            foreach (var feed in asset.Feeds)
            {
                await world.PoolAsync(world.Chain.Accounts[0], feed, new MockFeed.PushFunction(asset.Answer(price)));
            }
        }

        await world.MineAtAsync(await world.NowAsync() + 60);
    }

    private async Task BroadcastAsync(KeeperFolder folder, ProductProcess keeper)
    {
        List<IntentRecord> Open() => [.. folder.Intents().Where(intent => intent.IsOpen && IsSwap(intent))];
        await Until.TrueAsync(() => keeper.HasExited || Open().Count == 1, "the swap is sent", () => keeper.Errors);
        await Until.TrueAsync(async () => keeper.HasExited || await world.AreKnownAsync(Open()), "the pool has it", () => keeper.Errors);
    }

    /// <summary>The keeper of this folder sends with a key of its own, which has gas and no stable units.</summary>
    private async Task OwnKeyAsync(KeeperFolder folder)
    {
        var key = DemoKey.Create("other", "keeper", folder.Path);
        folder.Edit("keeper.json", section =>
        {
            section["Keys"]!["other"] = new JsonObject { ["Role"] = "keeper", ["KeystoreFile"] = "other.keystore.json", ["PasswordFile"] = "other.password" };
            section["Keeper"]!["Key"] = "other";
        });
        await world.SendAsync("anvil_setBalance", key.Address.ToString(), "0x8ac7230489e80000");
    }

    private async Task<List<(MarginVault.CollateralSwappedEvent Event, ulong Block)>> SwappedAsync()
    {
        var head = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        var filter = new LogFilter(world.Deployment.Addresses.MarginVault, null, null, world.Deployment.Block, head);
        var made = new List<(MarginVault.CollateralSwappedEvent, ulong)>();
        foreach (var log in await world.Chain.Eth.GetLogsAsync(filter, CancellationToken.None))
        {
            if (MarginVault.CollateralSwappedEvent.TryDecode(log, out var one))
            {
                made.Add((one, log.BlockNumber));
            }
        }

        return made;
    }
}
