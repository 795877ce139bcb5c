namespace KeeperOracle.Benchmarks.Chain;

/// <summary>scripts/bench-chain.</summary>
internal static class ChainBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        using var ending = new CancellationTokenSource();
        var ct = ending.Token;
        await using var world = await ChainWorld.StartAsync(ct);
        if (args.Contains("--wave"))
        {
            await world.OpenAsync(200, ChainWorld.Safe, ct);
            foreach (var count in (int[])[50, 500])
            {
                var wave = await Wave.RunAsync(world, count, ct);
                Console.WriteLine($"{wave} [{string.Join(' ', wave.ByBlock)}]");
            }
        }

        if (args.Contains("--reads"))
        {
            await world.OpenAsync(4000, ChainWorld.Safe, ct);
            await world.SendAsync("evm_setBlockGasLimit", "0x7fffffff");
            await world.SendAsync("anvil_mine", "0x1");
            var reads = await Reads.PrepareAsync(world, ct);
            await reads.OursAloneAsync(ct);
            if (!args.Contains("--alone"))
            {
                await reads.RoundAsync(ct);
            }
        }

        if (args.Contains("--latency"))
        {
            foreach (var count in (int[])[250, 1000])
            {
                await world.OpenAsync(count - world.Accounts, ChainWorld.Safe, ct);
                var accounts = Enumerable.Range(0, count).Select(world.Crowd.Id).ToList();
                await using var heads = await HeadWatch.StartAsync(world.Chain.Url, ct);
                var latency = new Latency(world, heads, accounts);
                await latency.RoundAsync(8, ct);
                Console.Error.WriteLine(latency.Words[^Math.Min(3000, latency.Words.Length)..]);
            }
        }

        return 0;
    }
}
