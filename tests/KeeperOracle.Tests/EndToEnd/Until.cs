namespace KeeperOracle.Tests.EndToEnd;

/// <summary>Bounded waits. How long a thing takes is never asserted: only that it happens before a limit far over what it needs.</summary>
internal static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    public static Task TrueAsync(Func<bool> condition, string what, Func<string>? evidence = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, evidence);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, Func<string>? evidence = null)
    {
        var limit = DateTime.UtcNow + Limit;
        while (!await condition())
        {
            if (DateTime.UtcNow > limit)
            {
                throw new TimeoutException($"Not within {Limit.TotalSeconds} s: {what}. {evidence?.Invoke()}");
            }

            await Task.Delay(50);
        }
    }
}
