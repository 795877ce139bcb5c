using System.Diagnostics;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>
/// From the block of a price to the block of the liquidation that it allows, on automine, as one observer hears of both blocks. Each trial makes one
/// account weak, then lets the price fall under it, then puts the price back; peers run one after the other.
/// </summary>
internal sealed class Latency(ChainWorld world, HeadWatch heads, IReadOnlyList<Hash32> accounts)
{
    private const double LowPrice = 0.89 * ChainWorld.CalmPrice;
    private const int FloorKey = 21;
    private const int WatchKey = 22;
    private const int PollKey = 23;
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(250);
    private int _next;
    private byte[]? _presigned;

    /// <summary>Milliseconds of each trial by peer.</summary>
    public Dictionary<string, List<double>> Times { get; } = [];

    public async Task RoundAsync(int trials, CancellationToken ct)
    {
        await FloorAsync(trials, ct);
        await BotAsync("viem, WebSocket heads", "watch", WatchKey, trials, ct);
        await BotAsync("viem, polling every 500 ms", "poll", PollKey, trials, ct);
        await OursAsync(trials, ct);
    }

    private async Task OursAsync(int trials, CancellationToken ct)
    {
        await using var keeper = KeeperRun.Start(world.NewKeeper(HeadWatch.SocketUrl(world.Chain.Url).ToString()));
        await keeper.UntilAsync(() => Task.FromResult(keeper.Words.Contains("approve", StringComparison.OrdinalIgnoreCase) || keeper.Words.Contains("tells of new heads", StringComparison.Ordinal)), "it runs");
        await Task.Delay(TimeSpan.FromSeconds(3), ct);
        await TrialsAsync("ours", trials, ct);
    }

    private async Task BotAsync(string name, string how, int key, int trials, CancellationToken ct)
    {
        await EndowAsync(world.Chain.Accounts[key], ct);
        var script = Path.Combine(world.Root, "tests", "KeeperOracle.Benchmarks", "peers", "viem_bot.mjs");
        using var node = Process.Start(new ProcessStartInfo("node",
        [
            script, how, world.Chain.Url.ToString(), HeadWatch.SocketUrl(world.Chain.Url).ToString(), world.Deployment.Addresses.MarginVault.ToString(),
            world.Deployment.Addresses.Multicall3.ToString(), $"{accounts.Count}", $"{key}",
        ])
        { RedirectStandardOutput = true })!;
        try
        {
            if (await node.StandardOutput.ReadLineAsync(ct) != "ready")
            {
                throw new InvalidOperationException("The bot did not start.");
            }

            await Task.Delay(TimeSpan.FromSeconds(1), ct);
            await TrialsAsync(name, trials, ct);
        }
        finally
        {
            node.Kill();
            await node.WaitForExitAsync(ct);
        }
    }

    /// <summary>Knows the account and has signed beforehand: at the head of the price it sends, and reads nothing.</summary>
    private async Task FloorAsync(int trials, CancellationToken ct)
    {
        using var key = PrivateKey.Generate();
        await world.Chain.SetBalanceAsync(key.Address, BigInteger.Pow(10, 21), ct);
        await world.SendAsync("anvil_impersonateAccount", key.Address.ToString());
        await EndowAsync(key.Address, ct);
        var nonce = await world.Chain.Eth.GetTransactionCountAsync(key.Address, ct);
        using var raw = new RawClient(world.Chain.Url);
        await using var watch = await HeadWatch.StartAsync(world.Chain.Url, ct);
        watch.OnHead = number =>
        {
            if (Interlocked.Exchange(ref _presigned, null) is { } body)
            {
                _ = raw.SendAsync(body);
            }
        };
        await TrialsAsync("floor: signed beforehand", trials, ct, account =>
        {
            var call = new MarginVault.LiquidateFunction(account, new LiquidationLimits(BigInteger.Pow(2, 255), [0, 0], ulong.MaxValue), []).EncodeCall();
            var signed = new Eip1559Transaction(
                world.Chain.Id, nonce++, BigInteger.Pow(10, 9), BigInteger.Pow(10, 11), 1_500_000, world.Deployment.Addresses.MarginVault, BigInteger.Zero, call).Sign(key);
            _presigned = System.Text.Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["{{signed.ToHex()}}"]}""");
        });
    }

    private async Task TrialsAsync(string name, int trials, CancellationToken ct, Action<Hash32>? armed = null)
    {
        if (!Times.TryGetValue(name, out var times))
        {
            Times[name] = times = [];
        }

        for (var i = 0; i < trials; i++)
        {
            times.Add(await TrialAsync(accounts[_next++ % accounts.Count], armed, ct));
        }

        Console.Error.WriteLine($"  {name}, {accounts.Count} accounts: {string.Join(' ', times.TakeLast(trials).Select(ms => $"{ms:F1}"))} ms");
    }

    private async Task<double> TrialAsync(Hash32 account, Action<Hash32>? armed, CancellationToken ct)
    {
        await world.SetPriceAsync(ChainWorld.CalmPrice, ct);
        var capacity = await world.Crowd.CapacityAsync(account, ct) / BigInteger.Pow(10, 12);
        // An account of an earlier trial owes something else than one that was never touched.
        var head = await world.Chain.Eth.GetLatestBlockAsync(ct);
        var held = await world.Chain.Eth.CallAsync(
            new MarginVault.PositionFunction(account), world.Deployment.Addresses.MarginVault, world.Keeper.Address, head.Ref.Hash, ct);
        await world.Crowd.BorrowAsync(account, (capacity * (int)(ChainWorld.Weak * 10_000) / 10_000) - held.Debt, ct);
        await MineAsync(0, LowPrice, ct);
        await Task.Delay(Quiet, ct);
        armed?.Invoke(account);
        var price = await MineAsync(1, LowPrice, ct);
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var logs = await world.Chain.Eth.GetLogsAsync(
                new LogFilter(world.Deployment.Addresses.MarginVault, [MarginVault.LiquidatedEvent.Topic, account], null, price, null), ct);
            if (logs.Count > 0)
            {
                var (from, to) = (await heads.TimeOfAsync(price, ct), await heads.TimeOfAsync(logs[0].BlockNumber, ct));
                await Task.Delay(Quiet, ct);
                return Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
            }

            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(20))
            {
                return double.PositiveInfinity;
            }

            await Task.Delay(25, ct);
        }
    }

    /// <summary>The block in which the feed has its answer. Asked for late, so that nobody's answers wait behind it.</summary>
    private async Task<ulong> MineAsync(int feed, double answer, CancellationToken ct)
    {
        var hash = Hash32.FromHex((await world.PoolPriceAsync(feed, answer)).GetString()!);
        while (true)
        {
            await Task.Delay(200, ct);
            if (await world.Chain.Eth.GetTransactionReceiptAsync(hash, ct) is { } receipt)
            {
                return receipt.Succeeded ? receipt.BlockNumber : throw new InvalidOperationException("A feed took no answer.");
            }
        }
    }

    private async Task EndowAsync(Address bot, CancellationToken ct)
    {
        var stable = world.Deployment.Stable;
        await world.Chain.SendAsync(world.Chain.Accounts[0], stable, new MockToken.MintFunction(bot, BigInteger.Pow(10, 14)), ct);
        await world.Chain.SendAsync(bot, stable, new MockToken.ApproveFunction(world.Deployment.Addresses.MarginVault, BigInteger.Pow(10, 14)), ct);
    }
}
