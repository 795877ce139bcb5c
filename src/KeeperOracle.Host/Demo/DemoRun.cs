using System.Globalization;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Replay;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Demo;

/// <summary>What the person asked for.</summary>
/// <param name="Once">end after the path and judge; else go on until Ctrl-C</param>
/// <param name="Paced">at least this long for each hour, so that a person can follow</param>
internal sealed record DemoSettings(bool Once, string? PriceFile, int Seed, int Hours, int Accounts, OutputFormat Format, TimeSpan Paced);

/// <summary>
/// The main job on real parts: two anvil chains, the contracts, four oracle nodes of which one lies, one keeper for both chains, and
/// the people. The demo itself only plays the world: it moves the feeds and the clock, and at the end judges what the others did.
/// </summary>
internal sealed class DemoRun(DemoTools tools, DemoSettings settings) : IAsyncDisposable
{
    private const ulong Hour = 3600;
    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly List<IAsyncDisposable> _started = [];
    private readonly string _directory = Path.Combine(
        tools.Root, "artifacts", "demo", DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture) + $"-{Environment.ProcessId}");

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private sealed record World(LocalChain Chain, Deployment Deployment, Market Market);

    public async Task<DemoReport> RunAsync(CancellationToken cancellationToken)
    {
        var path = settings.PriceFile is null ? PricePath.Synthetic(settings.Seed, settings.Hours) : PricePath.FromFile(settings.PriceFile, settings.Hours);
        Directory.CreateDirectory(_directory);
        Say($"prices: {path.Source}; {path.Hours.Count} hours are played");
        var keys = await MakeKeysAsync();
        var start = (ulong)path.Start.ToUnixTimeSeconds();
        var worlds = await StartChainsAsync(path, keys, start, cancellationToken);
        var oracles = keys.Skip(1).Select(key => (Key: key, Url: new Uri($"http://127.0.0.1:{LocalChain.FreePort()}"))).ToList();
        DemoConfiguration.Write(_directory, [.. worlds.Select(world => (world.Chain, world.Deployment))], keys[0], oracles);
        await StartOraclesAsync(oracles, cancellationToken);
        var keeper = StartKeeper();
        var progress = new KeeperProgress(Path.Combine(_directory, "journal.db"));
        await SettleInAsync(worlds, path, progress, oracles, cancellationToken);
        await PlayAsync(worlds, path, start, progress, oracles, cancellationToken);
        return await JudgeAsync(worlds, path, keys[0], keeper, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _started.Count - 1; i >= 0; i--)
        {
            await _started[i].DisposeAsync();
        }

        _started.Clear();
        _http.Dispose();
    }

    private async Task<List<DemoKey>> MakeKeysAsync()
    {
        Say("making five keys, one for the keeper and four for the oracle nodes, in keystores");
        var names = new[] { ("keeper", "keeper"), ("oracle-1", "oracle"), ("oracle-2", "oracle"), ("oracle-3", "oracle"), ("oracle-4", "oracle") };
        var keys = new List<DemoKey>();
        foreach (var pair in names.Chunk(2))
        {
            keys.AddRange(await Task.WhenAll(pair.Select(name => Task.Run(() => DemoKey.Create(name.Item1, name.Item2, _directory)))));
        }

        return keys;
    }

    private async Task<List<World>> StartChainsAsync(PricePath path, List<DemoKey> keys, ulong start, CancellationToken cancellationToken)
    {
        Say("starting two local chains and deploying the protocol to both");
        var begin = start - ((ulong)(path.History.Count + 2) * Hour);
        var worlds = new List<World>();
        foreach (var (id, name) in new[] { (31337UL, "A"), (31338UL, "B") })
        {
            var chain = await LocalChain.StartAsync(tools.Anvil, new ChainId(id), name, begin, _directory, cancellationToken);
            _started.Add(chain);
            var deployment = await Deployment.RunAsync(
                tools, chain, [.. keys.Skip(1).Select(key => key.Address)], path.History[0], _directory, cancellationToken);
            var market = new Market(chain, deployment);
            await market.WriteHistoryAsync(path, start - Hour, cancellationToken);
            await market.FundAsync(keys[0].Address, cancellationToken);
            worlds.Add(new World(chain, deployment, market));
            Say($"chain {name} ({id}) at {chain.Url}, vault {deployment.Addresses.MarginVault}");
        }

        return worlds;
    }

    private async Task StartOraclesAsync(List<(DemoKey Key, Uri Url)> oracles, CancellationToken cancellationToken)
    {
        foreach (var (key, _) in oracles.SkipLast(1))
        {
            _started.Add(StartSelf(key.Name, "oracle", "run", "-c", DemoConfiguration.Common(_directory), "-c", DemoConfiguration.Oracle(_directory, key)));
        }

        var liar = oracles[^1].Key;
        var loaded = ConfigurationLoader.Load(
            [DemoConfiguration.Common(_directory), DemoConfiguration.Oracle(_directory, liar)], new Dictionary<string, string>(), ConfigurationUse.Oracle);
        _started.Add(await LyingOracle.StartAsync(
            loaded.Options ?? throw new InvalidOperationException(string.Join('\n', loaded.Problems)), cancellationToken));
        Say("four oracle nodes are up; oracle-4 lies, another way each epoch");
    }

    private KeeperSupervisor StartKeeper()
    {
        var supervisor = new KeeperSupervisor(
            () => StartSelf("keeper", "run", "-c", DemoConfiguration.Common(_directory), "-c", DemoConfiguration.Keeper(_directory)),
            Path.Combine(_directory, "keeper.pid"),
            Say);
        _started.Add(supervisor);
        Say($"the keeper runs as process {supervisor.Id}; kill -9 it whenever you like, it is started again");
        return supervisor;
    }

    private ChildProcess StartSelf(string name, params string[] arguments) => ChildProcess.StartSelf(name, _directory, arguments);

    /// <summary>The first report brings the attested volatility up to the history; then people can borrow.</summary>
    private async Task SettleInAsync(
        List<World> worlds, PricePath path, KeeperProgress progress, List<(DemoKey Key, Uri Url)> oracles, CancellationToken cancellationToken)
    {
        var limit = DateTime.UtcNow + StartLimit;
        while (!progress.Update() || worlds.Any(world => progress.Snapshot(world.Chain.Id) is not { Report.Epoch: > 0 }))
        {
            if (_started.OfType<ChildProcess>().Any(oracle => oracle.HasExited))
            {
                throw new InvalidOperationException($"An oracle node ended by itself: see the logs in {_directory}.");
            }

            if (DateTime.UtcNow > limit)
            {
                throw new InvalidOperationException($"No first report within {StartLimit.TotalSeconds} s: see the logs in {_directory}.");
            }

            await Task.Delay(100, cancellationToken);
        }

        await WaitUntilQuietAsync(worlds, progress, oracles, cancellationToken);
        await Task.WhenAll(worlds.Select(world => world.Market.OpenAccountsAsync(settings.Accounts, path.History[^1], cancellationToken)));
        await WaitUntilQuietAsync(worlds, progress, oracles, cancellationToken);
        Say($"first reports are in; {settings.Accounts} accounts are open on each chain");
    }

    private async Task PlayAsync(
        List<World> worlds, PricePath path, ulong start, KeeperProgress progress, List<(DemoKey Key, Uri Url)> oracles, CancellationToken cancellationToken)
    {
        for (var hour = 0; hour < path.Hours.Count; hour++)
        {
            await PlayHourAsync(worlds, path, hour, path.Hours[hour], start, progress, oracles, cancellationToken);
        }

        if (settings.Once)
        {
            return;
        }

        Say("the path is over; the last price holds and the chains go on, an hour every few seconds, until Ctrl-C");
        for (var hour = path.Hours.Count; !cancellationToken.IsCancellationRequested; hour++)
        {
            try
            {
                await PlayHourAsync(worlds, path, hour, path.Hours[^1], start, progress, oracles, cancellationToken);
                await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task PlayHourAsync(
        List<World> worlds,
        PricePath path,
        int hour,
        HourlyPrices prices,
        ulong start,
        KeeperProgress progress,
        List<(DemoKey Key, Uri Url)> oracles,
        CancellationToken cancellationToken)
    {
        var pace = Task.Delay(settings.Paced, cancellationToken);
        await Task.WhenAll(worlds.Select(world => world.Market.SetPricesAsync(prices, start + ((ulong)hour * Hour), cancellationToken)));
        await WaitUntilQuietAsync(worlds, progress, oracles, cancellationToken);
        Say(Line(worlds, path, hour, prices, progress));
        await pace;
    }

    /// <summary>
    /// Every oracle node has looked at the newest block, the keeper has seen it and what they offer, and nothing is under way. Bounded:
    /// what is not done by then is left for the judgement at the end.
    /// </summary>
    private async Task WaitUntilQuietAsync(
        List<World> worlds, KeeperProgress progress, List<(DemoKey Key, Uri Url)> oracles, CancellationToken cancellationToken)
    {
        var limit = DateTime.UtcNow + QuietLimit;
        var quiet = 0;
        while (quiet < 4 && DateTime.UtcNow < limit)
        {
            await Task.Delay(80, cancellationToken);
            progress.Update();
            var all = true;
            foreach (var world in worlds)
            {
                var head = (await world.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Number;
                all &= progress.IsQuietAt(world.Chain.Id, head) && await HaveEvaluatedAsync(oracles, world.Chain.Id, head, cancellationToken);
            }

            quiet = all ? quiet + 1 : 0;
        }
    }

    private async Task<bool> HaveEvaluatedAsync(List<(DemoKey Key, Uri Url)> oracles, ChainId chain, ulong block, CancellationToken cancellationToken)
    {
        try
        {
            var offers = await Task.WhenAll(oracles.Select(oracle =>
                _http.GetFromJsonAsync<OfferedObservation>(new Uri(oracle.Url, $"/api/v1/observations/{chain}"), KeeperJson.Options, cancellationToken)));
            return offers.All(offer => offer?.EvaluatedBlock >= block);
        }
        catch (HttpRequestException)
        {
            return false; // a node that is still starting has no answer yet
        }
    }

    private static string Line(List<World> worlds, PricePath path, int hour, HourlyPrices prices, KeeperProgress progress)
    {
        var fall = Math.Round((prices.Weth / path.Hours[0].Weth) - 1, 3);
        var chains = worlds.Select(world => progress.Snapshot(world.Chain.Id)!).Select((snapshot, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"{worlds[i].Chain.Name}: epoch {snapshot.Report.Epoch}, vol {snapshot.Assets[0].Attested.InitialVolatility.ToDouble():P0}, BF {snapshot.Assets[0].BorrowFactor.ToDouble():0.000}, LT {snapshot.Assets[0].LiquidationThreshold.ToDouble():0.000}, liquidated {snapshot.Accounts.Count(account => account.Liquidations > 0)}/{snapshot.Accounts.Length}"));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"hour {hour + 1,3}{(hour < path.Hours.Count ? $"/{path.Hours.Count}" : "")}  WETH {prices.Weth,8:N1} ({fall:+0.0%;-0.0%})  {string.Join("  |  ", chains)}");
    }

    private async Task<DemoReport> JudgeAsync(
        List<World> worlds, PricePath path, DemoKey keeperKey, KeeperSupervisor keeper, CancellationToken cancellationToken)
    {
        Say("stopping the keeper and judging the run");
        _started.Remove(keeper);
        var restarts = keeper.Restarts;
        await keeper.DisposeAsync();
        var judging = settings.Once ? cancellationToken : CancellationToken.None; // after Ctrl-C the judgement is still wanted
        using var journal = Journal.Journal.OpenReadOnly(Path.Combine(_directory, "journal.db"));
        var replay = JournalReplay.Run(journal);
        var runs = new List<RunEvidence>();
        foreach (var world in worlds)
        {
            runs.Add(await RunEvidence.CollectAsync(world.Chain, world.Deployment, keeperKey.Address, journal, judging));
        }

        var crash = path.Hours.Min(prices => prices.Weth) < path.Hours[0].Weth * 0.75;
        return new DemoReport(
            path.Source,
            settings.Seed,
            path.Hours.Count,
            _directory,
            [.. runs.Select(run => run.ToReport())],
            restarts,
            replay.Difference ?? $"{replay.Events} events, {replay.Decisions} decisions, {replay.Acts} actions, byte-identical; head {replay.HeadHash}",
            [.. runs.SelectMany(run => Expectations.Judge(run, crash)), Expectations.Replayed(replay)]);
    }

    private static void Say(string text) => Console.Error.WriteLine($"demo: {text}");
}
