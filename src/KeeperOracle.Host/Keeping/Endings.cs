namespace KeeperOracle.Host.Keeping;

/// <summary>How tasks that belong together end together.</summary>
internal static class Endings
{
    /// <summary>Waits for the first to end, ends the others, waits for them too, and throws what the first threw.</summary>
    public static async Task FirstAsync(IReadOnlyList<Task> tasks, CancellationTokenSource ending)
    {
        var first = await Task.WhenAny(tasks);
        await ending.CancelAsync();
        await Task.WhenAll(tasks).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await first;
    }
}
