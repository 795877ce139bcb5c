using System.Globalization;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// One block makes fifty accounts liquidatable, as on a day of a crash. Blocks are mined by hand, when the pool stands still: what is
/// measured is blocks, not time.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class CrashWaveTests(ProtocolWorld world)
{
    private const int Wave = 50;
    private const int MostBlocks = 2;

    /// <summary>Looks in a row, 50 ms apart, at a pool that neither grows nor has the whole wave, after which it is mined all the same.</summary>
    private const int Patience = 400;

    [Fact]
    public async Task Keeper_FiftyAccountsFallInOneBlock_AreLiquidatedWithinTwo()
    {
        await world.ResetAsync();
        var accounts = await new Crowd(world.Chain, world.Deployment).OpenAsync(first: 0, Wave, weth: 1, appetite: 0.98, CancellationToken.None);
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper("--adopt-nonce");
        await Until.TrueAsync(async () => await NonceAsync() > 0, "the keeper's approval is mined", () => keeper.Errors);
        await world.SendAsync("evm_setAutomine", false);

        var price = world.Deployment.Assets[0].Answer(2640);
        foreach (var feed in world.Deployment.Assets[0].Feeds)
        {
            await world.PoolAsync(world.Chain.Accounts[0], feed, new MockFeed.PushFunction(price));
        }

        await world.MineAtAsync(await world.NowAsync() + 12);
        var crash = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        for (var block = 0; block < MostBlocks && await LiquidatedAsync(accounts, crash) < Wave; block++)
        {
            await StandsStillAsync(Wave - await LiquidatedAsync(accounts, crash));
            await world.MineAtAsync(await world.NowAsync() + 12);
        }

        Assert.True(await LiquidatedAsync(accounts, crash) == Wave, $"{await LiquidatedAsync(accounts, crash)} of {Wave} within {MostBlocks} blocks.\n{keeper.Errors}");
        Assert.Equal(0, folder.Intents().Count(intent => folder.Intents().Count(other => other.Purpose == intent.Purpose) > 1));
    }

    private Task<ulong> NonceAsync() => world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None);

    private async Task<int> LiquidatedAsync(IReadOnlyList<Hash32> accounts, ulong crash)
    {
        var logs = await world.Chain.Eth.GetLogsAsync(
            new LogFilter(world.Deployment.Addresses.MarginVault, [MarginVault.LiquidatedEvent.Topic], null, crash, null), CancellationToken.None);
        return logs.Select(log => log.Topics[1]).Intersect(accounts).Count();
    }

    /// <summary>Until the pool has as many as are wanted, or gets no more for a long while.</summary>
    private async Task StandsStillAsync(int wanted)
    {
        var (before, looks) = (0, 0);
        while (before < wanted && looks < Patience)
        {
            await Task.Delay(50);
            var status = await world.SendAsync("txpool_status");
            var pending = int.Parse(status.GetProperty("pending").GetString()!.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            (before, looks) = (pending, pending == before ? looks + 1 : 0);
        }
    }
}
