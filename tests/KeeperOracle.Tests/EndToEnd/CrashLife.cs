using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>One journal, one chain, many processes: each is killed at the same point (the specification is in CrashCampaignTests.cs).</summary>
internal sealed class CrashLife(ProtocolWorld world, CrashPoint point) : IAsyncDisposable
{
    private const int Killed = 128 + 9;
    private const double FirstFall = 0.70;
    private const double NextFall = 0.94;
    private const ulong SecondsBetweenFalls = 60;

    /// <summary>Over what a block asks for on a quiet local chain, and under what the smallest liquidation of a campaign may bid.</summary>
    private const long HighBaseFeeGwei = 10;
    private const long OverCeilingGwei = 1_000;
    private const int MostBlocksPassing = 300;

    /// <summary>While a keeper comes to rest: two blocks a second.</summary>
    private const int LooksPerBlock = 10;

    /// <summary>Past what anvil calls final.</summary>
    private const string FinalityBlocks = "0x50";

    private static readonly string Hook = Path.Combine(AppContext.BaseDirectory, "KeeperOracle.CrashHook.dll");
    private readonly KeeperFolder _folder = world.NewKeeper(KeeperMode.Active);
    private ProductProcess? _signer;
    private int _falls;

    public async ValueTask DisposeAsync()
    {
        if (_signer is not null)
        {
            await _signer.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>A keeper that may spend the stable, and nothing else done yet.</summary>
    public async Task BeginAsync()
    {
        // Bytes that the pool has lost are sent again soon, so that the campaign does not wait.
        _folder.Edit("common.json", section => section["Chains"]!["31337"]!["ResendSeconds"] = 1);
        // The key lies with a process that is not killed, and that remembers for what each nonce was signed.
        var socket = $"unix:{_folder.FileOf("s.sock")}";
        var policy = await _folder.RunAsync("signer", "policy", "--listen", socket);
        Assert.True(policy.ExitCode == 0, policy.ToString());
        await File.WriteAllTextAsync(_folder.FileOf("policy.json"), policy.Output);
        _signer = ProductProcess.Start(["signer", "run", "--policy", _folder.FileOf("policy.json")], _folder.Path);
        await _signer.SaysAsync("listens on");
        _folder.Edit("keeper.json", section => section["Keys"] = new JsonObject
        {
            ["keeper"] = new JsonObject { ["Role"] = "keeper", ["Signer"] = socket, ["Address"] = Eip55.Format(world.Keeper) },
        });
        await CalmAsync();
        await using var keeper = _folder.StartKeeper();
        await Until.TrueAsync(
            () => keeper.HasExited || _folder.Intents().Any(intent => intent.State == IntentState.Included), "the approval is settled", () => keeper.Errors);
    }

    public async Task KillAsync(int kill)
    {
        var work = await FallAsync();
        await ProvokeAsync();
        var decided = _folder.Decisions().Count;
        await using (var keeper = StartArmed(pass: PassOf(kill, work)))
        {
            await ProvokeRunningAsync(keeper, decided);
            var ended = await keeper.EndAsync(TimeSpan.FromSeconds(120));
            Assert.True(ended.ExitCode == Killed, $"It was to die at {point}, kill {kill}: {ended}");
        }

        await CalmAsync();
    }

    /// <summary>Runs a keeper until all is done, and judges.</summary>
    public async Task EndAsync()
    {
        await using (var keeper = _folder.StartKeeper())
        {
            await RestAsync(keeper);
            // There may have been nothing to do: then it is not up yet, and would not hear that it is to stop.
            await keeper.SaysAsync("tells of new heads");
            var ended = await keeper.StopAsync();
            Assert.True(ended.ExitCode == 0, ended.ToString());
        }

        var intents = _folder.Intents();
        var effects = (await world.LiquidationsAsync()).Select(one => one.Transaction).ToList();
        var nonce = await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None);
        Assert.Equal(nonce, (ulong)intents.Count);
        Assert.Equal(intents.Count, intents.Select(intent => intent.Nonce).Distinct().Count());
        foreach (var intent in intents.Where(intent => intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal)))
        {
            var isIncluded = intent.State is IntentState.Included or IntentState.Finalized;
            var count = intent.Attempts.Count(attempt => effects.Contains(attempt.TxHash));
            Assert.True(count == (isIncluded ? 1 : 0), $"{intent.Purpose}, nonce {intent.Nonce}, is {intent.State} and took effect {count} times.");
        }

        var ours = intents.SelectMany(intent => intent.Attempts.Select(attempt => attempt.TxHash)).ToHashSet();
        Assert.All(effects, effect => Assert.Contains(effect, ours));
        Assert.NotEmpty(effects);
        var replayed = await _folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
    }

    /// <summary>Prices fall until somebody must be liquidated for whom nothing is under way; gives how many these are.</summary>
    private async Task<int> FallAsync()
    {
        while (true)
        {
            var unhealthy = await world.UnhealthyAsync();
            var open = _folder.Intents().Count(intent => intent.IsOpen);
            if (unhealthy > open)
            {
                return unhealthy - open;
            }

            if (open > 0)
            {
                await RunCleanAsync();
            }

            var factor = FirstFall * Math.Pow(NextFall, _falls++);
            await world.SetPricesAsync(
                ProtocolWorld.FirstPrices.Weth * factor, ProtocolWorld.FirstPrices.Wbtc * factor, await world.NowAsync() + SecondsBetweenFalls);
        }
    }

    /// <summary>Brings the chain to where the next process must pass the point, before it starts.</summary>
    private async Task ProvokeAsync()
    {
        switch (point)
        {
            case CrashPoint.Told:
                // Nothing is sent while a block asks for more than the ceiling, and that is told.
                await MineAtBaseFeeAsync(OverCeilingGwei);
                break;
            case CrashPoint.Reopened:
                var before = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
                await RunCleanAsync();
                var after = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
                await world.SendAsync("anvil_reorg", after - before, Array.Empty<object>());
                break;
            case CrashPoint.Concluded:
                await RunCleanAsync();
                break;
            case CrashPoint.BeforeReplacing or CrashPoint.ReplacementSigned or CrashPoint.ReplacementRecorded or CrashPoint.ReplacementBroadcast or CrashPoint.ResendBroadcast:
                await world.SendAsync("evm_setAutomine", false);
                break;
            default:
                break;
        }
    }

    /// <summary>What has to happen while the process runs.</summary>
    private async Task ProvokeRunningAsync(ProductProcess keeper, int decided)
    {
        if (point == CrashPoint.Concluded)
        {
            // What is final at a start is not looked after any more; so it becomes so afterwards.
            await Until.TrueAsync(() => keeper.HasExited || _folder.Decisions().Count > decided, "it has looked and decided", () => keeper.Errors);
            await world.SendAsync("anvil_mine", FinalityBlocks);
            return;
        }

        if (point is not (CrashPoint.BeforeReplacing or CrashPoint.ReplacementSigned or CrashPoint.ReplacementRecorded or CrashPoint.ReplacementBroadcast or CrashPoint.ResendBroadcast))
        {
            return;
        }

        await Until.TrueAsync(
            async () => keeper.HasExited || (await SentAsync()).Count > 0, "something waits for a block", () => keeper.Errors);
        await world.SendAsync("anvil_dropAllTransactions");
        // Blocks pass by whatever waits, also bids that an earlier process had raised: the pool forgets before each.
        for (var block = 0; point != CrashPoint.ResendBroadcast && block < MostBlocksPassing && !keeper.HasExited; block++)
        {
            await world.SendAsync("anvil_dropAllTransactions");
            await MineAtBaseFeeAsync(HighBaseFeeGwei);
            await Task.Delay(100);
        }
    }

    private async Task<List<IntentRecord>> SentAsync()
    {
        var waiting = new List<IntentRecord>();
        foreach (var intent in _folder.Intents().Where(intent => intent.IsOpen))
        {
            if ((await world.Chain.Eth.GetTransactionByHashAsync(intent.Attempts[^1].TxHash, CancellationToken.None))?.IsPending == true)
            {
                waiting.Add(intent);
            }
        }

        return waiting;
    }

    private async Task RunCleanAsync()
    {
        await using var keeper = _folder.StartKeeper();
        await RestAsync(keeper);
    }

    /// <summary>Until nothing is open and nobody has to be liquidated. Blocks go on meanwhile, as on any chain, and not so many that all is final.</summary>
    private Task RestAsync(ProductProcess keeper)
    {
        var looks = 0;
        return Until.TrueAsync(
            async () =>
            {
                Assert.False(keeper.HasExited, keeper.Errors);
                if (looks++ % LooksPerBlock == 0)
                {
                    await world.SendAsync("anvil_mine", "0x1");
                }

                return _folder.Intents().All(intent => !intent.IsOpen) && await world.UnhealthyAsync() == 0;
            },
            $"everything is settled after kills at {point}",
            () => keeper.Errors);
    }

    private ProductProcess StartArmed(int pass) => ProductProcess.Start(["run", .. _folder.Configuration], _folder.Path, new Dictionary<string, string>
    {
        ["DOTNET_STARTUP_HOOKS"] = Hook,
        ["KEEPERORACLE_CRASH_POINT"] = point.ToString(),
        ["KEEPERORACLE_CRASH_PASS"] = pass.ToString(CultureInfo.InvariantCulture),
    });

    /// <summary>At the first pass and at the second in turn, where there is work for two.</summary>
    private int PassOf(int kill, int work) => point switch
    {
        CrashPoint.Told or CrashPoint.Reopened or CrashPoint.Concluded
            or CrashPoint.BeforeReplacing or CrashPoint.ReplacementSigned or CrashPoint.ReplacementRecorded or CrashPoint.ReplacementBroadcast or CrashPoint.ResendBroadcast => 1,
        _ => work > 1 ? 1 + (kill % 2) : 1,
    };

    private async Task CalmAsync()
    {
        await world.SendAsync("evm_setAutomine", true);
        await MineAtBaseFeeAsync(1);
    }

    private async Task MineAtBaseFeeAsync(long gwei)
    {
        await world.SendAsync("anvil_setNextBlockBaseFeePerGas", $"0x{new BigInteger(gwei) * 1_000_000_000:x}");
        await world.SendAsync("anvil_mine", "0x1");
    }
}
