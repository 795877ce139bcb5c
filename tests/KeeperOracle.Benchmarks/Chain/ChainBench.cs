using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>
/// scripts/bench-chain: reads, latency and the crash wave over one live chain with the real contracts, with peers one after the other in each
/// round. Medians over the rounds; the table goes to stdout and everything else to stderr.
/// </summary>
internal sealed class ChainBench(int rounds)
{
    private const int ReadAccounts = 4000;
    private const int TrialsOfRound = 8;
    private const int SafeInWave = 200;
    private static readonly int[] LatencyAccounts = [250, 1000];

    /// <summary>Accounts that fall at once, and the blocks in which they must be mined.</summary>
    private static readonly (int Accounts, int Blocks)[] Waves = [(50, 2), (500, 10)];

    private readonly StringBuilder _table = new();
    private bool _isMissed;

    /// <param name="args">[ROUNDS] [--record FILE] [--reads|--latency|--wave]</param>
    /// <returns>0; 1 where the wave misses its aim; 2 for arguments that are none</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var parts = args.Where(arg => arg is "--reads" or "--latency" or "--wave").ToList();
        var record = Array.IndexOf(args, "--record") is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
        var rest = args.Except(parts).Where(arg => arg != "--record" && arg != record).ToList();
        var rounds = 3;
        if (rest.Count > 1 || (rest.Count == 1 && (!int.TryParse(rest[0], NumberStyles.None, CultureInfo.InvariantCulture, out rounds) || rounds < 1)))
        {
            await Console.Error.WriteLineAsync("usage: bench-chain [ROUNDS] [--record] [--reads|--latency|--wave]");
            return 2;
        }

        var bench = new ChainBench(rounds);
        bool Wants(string part) => parts.Count == 0 || parts.Contains(part);
        bench.Say($"# scripts/bench-chain\n\nMachine: {Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}; .NET {Environment.Version}, anvil 1.7.1, viem 2.38.0; one node on loopback. {rounds} rounds, peers one after the other in each.");
        if (Wants("--reads"))
        {
            await bench.ReadsAsync(CancellationToken.None);
        }

        if (Wants("--latency"))
        {
            await bench.LatencyAsync(CancellationToken.None);
        }

        if (Wants("--wave"))
        {
            await bench.WavesAsync(CancellationToken.None);
        }

        Console.Write(bench._table);
        if (record is not null)
        {
            await File.WriteAllTextAsync(record, bench._table.ToString());
        }

        return bench._isMissed ? 1 : 0;
    }

    private async Task ReadsAsync(CancellationToken ct)
    {
        await using var world = await ChainWorld.StartAsync(ct);
        await world.OpenAsync(ReadAccounts, ChainWorld.Safe, ct);
        // So that the size of a call is limited by what is best and not by the gas of a block.
        await world.SendAsync("evm_setBlockGasLimit", "0x7fffffff");
        await world.SendAsync("anvil_mine", "0x1");
        var reads = await Reads.PrepareAsync(world, ct);
        var rates = new Dictionary<string, List<double>>();
        for (var round = 1; round <= rounds; round++)
        {
            await Console.Error.WriteLineAsync($"reads, round {round}/{rounds}");
            await reads.RoundAsync(ct);
            foreach (var (peer, rate) in reads.Rates)
            {
                rates.TryAdd(peer, []);
                rates[peer].Add(rate);
            }
        }

        Say($"\n## Reads\n\n{ReadAccounts} accounts of the real vault; of each its position, option legs, unpaid winnings and capacity on other chains, so four calls an account by Multicall3 and by batch. Each peer at its best size.\n");
        Say($"| peer | a second | of the rounds |\n|---|---|---|");
        foreach (var (peer, all) in rates)
        {
            Say($"| {peer} | {Median(all):N0} | {all.Min():N0} to {all.Max():N0} |");
        }

        Say($"\n| ours | against | times as fast | aim | met |\n|---|---|---|---|---|");
        Ratio("ours, Multicall3", "viem, multicall", 10);
        Ratio("ours, Multicall3", "raw, Multicall3", null);
        Ratio("ours, lens", "raw, lens", 0.8);
        Ratio("ours, lens", "viem, multicall", null);
        Ratio("ours, logs", "raw, logs", 0.8);
        Say($"\nOur own side alone, with the node's answers in memory, microseconds of processor time:\n");
        Say($"| what | each |\n|---|---|");
        foreach (var (what, microseconds) in await reads.OursAloneAsync(ct))
        {
            Say($"| {what} | {microseconds:F2} |");
        }

        void Ratio(string own, string peer, double? aim)
        {
            var ratio = Median([.. rates[own].Zip(rates[peer], (mine, other) => mine / other)]);
            Say($"| {own} | {peer} | {ratio:F2} | {aim?.ToString(CultureInfo.InvariantCulture)} | {Met(aim is null ? null : ratio >= aim)} |");
        }
    }

    private async Task LatencyAsync(CancellationToken ct)
    {
        Say($"\n## Latency\n\nFrom the block of a price to the block of the liquidation that it allows, on automine, in milliseconds, as one observer hears of both by WebSocket.\n");
        Say($"| accounts | peer | p50 | p90 | least | missed | times the floor |\n|---|---|---|---|---|---|---|");
        await using var world = await ChainWorld.StartAsync(ct);
        foreach (var count in LatencyAccounts)
        {
            await world.OpenAsync(count - world.Accounts, ChainWorld.Safe, ct);
            await using var heads = await HeadWatch.StartAsync(world.Chain.Url, ct);
            var latency = new Latency(world, heads, [.. Enumerable.Range(0, count).Select(world.Crowd.Id)]);
            for (var round = 1; round <= rounds; round++)
            {
                await Console.Error.WriteLineAsync($"latency at {count} accounts, round {round}/{rounds}");
                await latency.RoundAsync(TrialsOfRound, ct);
            }

            var floor = Median(latency.Times.First().Value);
            foreach (var (peer, times) in latency.Times)
            {
                var sorted = times.Order().ToList();
                Say($"| {count} | {peer} | {Median(times):F1} | {sorted[sorted.Count * 9 / 10]:F1} | {sorted[0]:F1} | {times.Count(double.IsInfinity)} of {times.Count} | {Median(times) / floor:F2} |");
            }
        }
    }

    private async Task WavesAsync(CancellationToken ct)
    {
        Say($"\n## Crash wave\n\nThe running keeper in mode active, blocks of two seconds, accounts that one block makes liquidatable at once.\n");
        Say($"| accounts | mined | blocks after the price | seconds | in each block | aim | met |\n|---|---|---|---|---|---|---|");
        await using var world = await ChainWorld.StartAsync(ct);
        await world.OpenAsync(SafeInWave, ChainWorld.Safe, ct);
        foreach (var (accounts, blocks) in Waves)
        {
            await Console.Error.WriteLineAsync($"wave of {accounts}");
            var wave = await Wave.RunAsync(world, accounts, ct);
            var isMet = wave.Blocks <= blocks;
            _isMissed |= !isMet;
            Say($"| {accounts} | {wave.Mined} | {wave.Blocks} | {wave.Seconds:F1} | {string.Join(' ', wave.ByBlock)} | {blocks} | {Met(isMet)} |");
        }
    }

    private void Say(FormattableString line) => _table.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Met(bool? isMet) => isMet switch { null => "", true => "yes", false => "**no**" };

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
