using System.Diagnostics;
using System.Globalization;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>Accounts and logs read in a second, by us and by peers over the same chain, one after the other in each round.</summary>
internal sealed class Reads(ChainWorld world, Address optionBook, Address marginHub, IReadOnlyList<Hash32> accounts, BlockRef head)
{
    private const double SecondsEach = 1.5;
    private const int RunsAlone = 40;
    private static readonly string LensCode = Hex.FromBytes(LensReader.Code);

    /// <summary>Rate by name of the peer; of sizes the best one, which stands in the name's note.</summary>
    public Dictionary<string, double> Rates { get; } = [];

    public static async Task<Reads> PrepareAsync(ChainWorld world, CancellationToken ct)
    {
        var head = (await world.Chain.Eth.GetLatestBlockAsync(ct)).Ref;
        var reader = new ChainReader(world.Chain.Rpc, world.Deployment.Addresses.Multicall3);
        var vault = world.Deployment.Addresses.MarginVault;
        var book = await reader.ReadAsync(new MarginVault.OptionBookFunction(), vault, head.Hash, ct);
        var hub = await reader.ReadAsync(new MarginVault.MarginHubFunction(), vault, head.Hash, ct);
        var accounts = await reader.ReadAsync(new MarginVault.AccountsFunction(0, world.Accounts), vault, head.Hash, ct);
        return new Reads(world, book, hub, accounts, head);
    }

    public async Task RoundAsync(CancellationToken ct)
    {
        Rates.Clear();
        await ViemAsync(ct);
        await RawAsync();
        await OursAsync(ct);
    }

    private async Task ViemAsync(CancellationToken ct)
    {
        var script = Path.Combine(world.Root, "tests", "KeeperOracle.Benchmarks", "peers", "viem_reads.mjs");
        var addresses = world.Deployment.Addresses;
        using var node = Process.Start(new ProcessStartInfo("node",
            [script, world.Chain.Url.ToString(), addresses.MarginVault.ToString(), optionBook.ToString(), marginHub.ToString(), addresses.Multicall3.ToString(), $"{accounts.Count}", "3"])
        { RedirectStandardOutput = true })!;
        var lines = (await node.StandardOutput.ReadToEndAsync(ct)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await node.WaitForExitAsync(ct);
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            Best("viem, multicall", words[0] + " calls", double.Parse(words[1], CultureInfo.InvariantCulture));
        }
    }

    private async Task RawAsync()
    {
        using var raw = new RawClient(world.Chain.Url);
        var block = head.Hash.ToString();
        var calls = accounts.SelectMany(CallsOf).ToList();
        foreach (var size in (int[])[100, 500])
        {
            var bodies = calls.Select(call => RawClient.Call(call.Target.ToString(), Hex.FromBytes(call.CallData), block)).Chunk(size).Select(RawClient.Batch).ToList();
            Best("raw, batch of eth_call", $"{size} calls", accounts.Count * await FastestAsync(() => AllAsync(raw, bodies)));
        }

        foreach (var size in (int[])[500, 1000, 2000])
        {
            var single = calls.Chunk(size)
                .Select(chunk => RawClient.Call(world.Deployment.Addresses.Multicall3.ToString(), Hex.FromBytes(new Multicall3.Aggregate3Function(chunk).EncodeCall()), block)).ToList();
            Best("raw, Multicall3", $"{size} calls", accounts.Count * await FastestAsync(() => AllAsync(raw, single)));
            // Together as many as anvil takes: bodies over 2 MB it cuts off.
            var together = 4000 / size;
            var many = single.Chunk(together).Select(RawClient.Batch).ToList();
            Best("raw, Multicall3", $"{size} calls, {together} a request", accounts.Count * await FastestAsync(() => AllAsync(raw, many)));
        }

        foreach (var (page, together) in ((int, int)[])[(250, 1), (250, 8), (1000, 1), (1000, 4)])
        {
            var bodies = Enumerable.Range(0, (accounts.Count + page - 1) / page)
                .Select(i => RawClient.Call("0x00000000000000000000000000000000001e2500", Hex.FromBytes(Range(i * page, page).EncodeCall()), block, LensCode))
                .Chunk(together).Select(chunk => together == 1 ? chunk[0] : RawClient.Batch(chunk)).ToList();
            Best("raw, lens", $"{page} accounts, {together} a request", accounts.Count * await FastestAsync(() => AllAsync(raw, bodies)));
        }

        var logs = RawClient.Logs(world.Deployment.Addresses.MarginVault.ToString(), head.Number);
        var count = await raw.CountAsync(logs);
        Best("raw, logs", $"{count} logs", count * await FastestAsync(() => raw.CountAsync(logs)));
    }

    private async Task OursAsync(CancellationToken ct)
    {
        var quorum = OneNode(world.Chain.Rpc);
        foreach (var size in (int[])[500, 1000, 2000])
        {
            var reader = new ChainReader(quorum, world.Deployment.Addresses.Multicall3, size);
            Best("ours, Multicall3", $"{size} calls", accounts.Count * await FastestAsync(() => MulticallAsync(reader, ct)));
        }

        var lens = Lens(quorum);
        Best("ours, lens", "decoded", accounts.Count * await FastestAsync(() => lens.ReadAsync(accounts.Count, 2, head.Hash, ct)));

        var eth = new EthApi(quorum);
        var filter = new LogFilter(world.Deployment.Addresses.MarginVault, null, null, 0, head.Number);
        var count = (await eth.GetLogsAsync(filter, ct)).Count;
        Best("ours, logs", "decoded", count * await FastestAsync(() => eth.GetLogsAsync(filter, ct)));
    }

    /// <summary>What is ours of it: microseconds of processor time for each, with the node's answers in memory; the least of many runs.</summary>
    public async Task<IReadOnlyList<(string What, double Microseconds)>> OursAloneAsync(CancellationToken ct)
    {
        using var replay = new Replay();
        var addresses = world.Deployment.Addresses;
        var filter = new LogFilter(addresses.MarginVault, null, null, 0, head.Number);
        var logs = (await world.Chain.Eth.GetLogsAsync(filter, ct)).Count;
        return
        [
            ("account by Multicall3", await CpuAsync(accounts.Count, quorum => MulticallAsync(new ChainReader(quorum, addresses.Multicall3), ct))),
            ("account by the lens", await CpuAsync(accounts.Count, quorum => Lens(quorum).ReadAsync(accounts.Count, 2, head.Hash, ct))),
            ("log", await CpuAsync(logs, quorum => new EthApi(quorum).GetLogsAsync(filter, ct))),
        ];

        async Task<double> CpuAsync(int items, Func<QuorumRpc, Task> work)
        {
            var least = double.PositiveInfinity;
            for (var i = 0; i < RunsAlone; i++)
            {
                var before = Environment.CpuUsage.TotalTime;
                using var rpc = new HttpRpc("anvil", world.Chain.Url, handler: replay);
                await work(OneNode(rpc));
                least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / items);
            }

            return least;
        }
    }

    /// <summary>As the product sees one node: through its quorum of one.</summary>
    private QuorumRpc OneNode(IRpc rpc) =>
        new(world.Chain.Id, [new QuorumNode("anvil", rpc)], new ReadQuorumOptions { Required = 1 }, TimeProvider.System);

    private LensReader Lens(QuorumRpc quorum) =>
        new(new ChainReader(quorum, world.Deployment.Addresses.Multicall3), world.Deployment.Addresses.MarginVault, optionBook, marginHub);

    private async Task MulticallAsync(ChainReader reader, CancellationToken ct)
    {
        var batch = reader.At(head.Hash);
        var pending = accounts.Select(id => new PendingAccount(batch, id, world.Deployment.Addresses.MarginVault, new VaultPeers(default, default, optionBook, marginHub))).ToList();
        await batch.ExecuteAsync(ct);
        foreach (var account in pending)
        {
            account.ToSnapshot();
        }
    }

    private IEnumerable<Call3> CallsOf(Hash32 account) =>
    [
        Call(world.Deployment.Addresses.MarginVault, new MarginVault.PositionFunction(account)),
        Call(optionBook, new OptionBook.LegCountFunction(account)),
        Call(optionBook, new OptionBook.PendingClaimsFunction(account)),
        Call(marginHub, new MarginHub.CapacityOfFunction(account)),
    ];

    private static Call3 Call<T>(Address to, IContractFunction<T> call) => new(to, true, call.EncodeCall());

    private AccountLens.AccountsFunction Range(int start, int count) =>
        new(world.Deployment.Addresses.MarginVault, optionBook, marginHub, start, count);

    private static async Task AllAsync(RawClient raw, List<byte[]> bodies)
    {
        foreach (var body in bodies)
        {
            await raw.SendAsync(body);
        }
    }

    /// <summary>Runs in a second, of the fastest run after one that warms up.</summary>
    private static async Task<double> FastestAsync(Func<Task> work)
    {
        await work();
        var (began, best) = (Stopwatch.GetTimestamp(), double.PositiveInfinity);
        do
        {
            var start = Stopwatch.GetTimestamp();
            await work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < SecondsEach);
        return 1 / best;
    }

    private void Best(string peer, string size, double rate)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {peer} ({size}): {rate:N0} a second"));
        Rates[peer] = Math.Max(rate, Rates.GetValueOrDefault(peer));
    }
}
