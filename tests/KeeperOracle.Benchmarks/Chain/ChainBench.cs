namespace KeeperOracle.Benchmarks.Chain;

/// <summary>scripts/bench-chain.</summary>
internal static class ChainBench
{
    public static async Task<int> RunAsync(string[] args)
    {
        using var ending = new CancellationTokenSource();
        var ct = ending.Token;
        await using var world = await ChainWorld.StartAsync(ct);
        await world.OpenAsync(200, ChainWorld.Safe, ct);
        foreach (var count in (int[])[50, 500])
        {
            Console.WriteLine(await Wave.RunAsync(world, count, ct) is var w ? $"{w} [{string.Join(' ', w.ByBlock)}]" : "");
        }

        return 0;
    }
}
