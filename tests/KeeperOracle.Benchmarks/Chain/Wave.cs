using System.Diagnostics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>What became of a wave.</summary>
/// <param name="Accounts">that one block made liquidatable</param>
/// <param name="Mined">of them, by the end of the wait</param>
/// <param name="Blocks">from the block of the price to that of the last liquidation; null where some are missing</param>
/// <param name="Seconds">the same in seconds</param>
/// <param name="ByBlock">liquidations of the first, second, … block after the price</param>
internal sealed record WaveResult(int Accounts, int Mined, int? Blocks, double Seconds, IReadOnlyList<int> ByBlock);

/// <summary>The crash: blocks of two seconds, one of which makes many accounts liquidatable at once, and a running keeper.</summary>
internal static class Wave
{
    private const int BlockSeconds = 2;
    private const double CrashPrice = 0.88 * ChainWorld.CalmPrice;
    private const int MostBlocks = 40;

    /// <summary>The world must have accounts that are not weak, and gets weak ones; it is put back to what it was afterwards.</summary>
    public static async Task<WaveResult> RunAsync(ChainWorld world, int count, CancellationToken ct)
    {
        var origin = (await world.SendAsync("evm_snapshot")).GetString();
        await world.OpenAsync(count, ChainWorld.Weak, ct);
        try
        {
            await using var keeper = KeeperRun.Start(world.NewKeeper());
            // Its approval of the stable is its first transaction; after it, it waits for work.
            await keeper.UntilAsync(async () => await world.Chain.Eth.GetTransactionCountAsync(world.Keeper.Address, ct) > 0, "it approves the stable");
            await world.SendAsync("evm_setAutomine", false);
            await world.SendAsync("evm_setIntervalMining", BlockSeconds);
            var before = (await world.Chain.Eth.GetLatestBlockAsync(ct)).Ref.Number;
            await keeper.UntilAsync(async () => (await world.Chain.Eth.GetLatestBlockAsync(ct)).Ref.Number > before, "a block by time");
            return await CrashAsync(world, keeper, count, ct);
        }
        finally
        {
            await world.SendAsync("evm_setIntervalMining", 0);
            await world.SendAsync("evm_setAutomine", true);
            await world.SendAsync("anvil_dropAllTransactions");
            await world.SendAsync("evm_revert", origin);
            world.Forget(count);
        }
    }

    private static async Task<WaveResult> CrashAsync(ChainWorld world, KeeperRun keeper, int count, CancellationToken ct)
    {
        var from = (await world.Chain.Eth.GetLatestBlockAsync(ct)).Ref.Number;
        for (var feed = 0; feed < 3; feed++)
        {
            await world.PoolPriceAsync(feed, CrashPrice);
        }

        ulong? crash = null;
        while (crash is null)
        {
            await Task.Delay(50, ct);
            var pushed = await world.Chain.Eth.GetLogsAsync(
                new LogFilter(world.Deployment.Assets[0].Feeds[1], null, null, from, null), ct);
            crash = pushed.Where(log => log.BlockNumber > from).Select(log => (ulong?)log.BlockNumber).FirstOrDefault();
        }

        var began = Stopwatch.GetTimestamp();
        var mined = new List<ulong>();
        while (mined.Count < count)
        {
            await Task.Delay(100, ct);
            var head = (await world.Chain.Eth.GetLatestBlockAsync(ct)).Ref.Number;
            var logs = await world.Chain.Eth.GetLogsAsync(
                new LogFilter(world.Deployment.Addresses.MarginVault, [MarginVault.LiquidatedEvent.Topic], null, crash, head), ct);
            mined = [.. logs.Select(log => log.BlockNumber)];
            if (head > crash + MostBlocks)
            {
                Console.Error.WriteLine(keeper.Words[^Math.Min(keeper.Words.Length, 4000)..]);
                break;
            }
        }

        var last = mined.Count == 0 ? crash.Value : mined.Max();
        return new WaveResult(
            count,
            mined.Count,
            mined.Count < count ? null : (int)(last - crash.Value),
            Stopwatch.GetElapsedTime(began).TotalSeconds,
            [.. Enumerable.Range(1, (int)(last - crash.Value)).Select(i => mined.Count(block => block == crash + (ulong)i))]);
    }
}
