using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Chains;

/// <summary>Runs the chain checks before a process starts and says everything that stands in the way at once.</summary>
public static class StartChecks
{
    /// <summary>An exit code where the process must not start, else null. Warnings are printed and do not hold it up.</summary>
    public static async Task<int?> RefuseAsync(
        IReadOnlyList<ChainAccess> chains, QuorumOptions quorum, Address? keeper, Address? reporter, Address? oracle, bool hasSurface, CancellationToken cancellationToken)
    {
        var results = await AllAsync(chains, quorum, keeper, reporter, oracle, hasSurface, cancellationToken);
        foreach (var result in results.Where(result => result.Status != CheckStatus.Ok))
        {
            await Console.Error.WriteLineAsync($"{Word(result.Status)}: chain {result.Chain}, {result.Name}: {result.Found}. {result.Fix}");
        }

        return ExitCodeOf(results) is var code and not (ExitCode.Ok or ExitCode.Degraded) ? code : null;
    }

    public static async Task<IReadOnlyList<CheckResult>> AllAsync(
        IReadOnlyList<ChainAccess> chains, QuorumOptions quorum, Address? keeper, Address? reporter, Address? oracle, bool hasSurface, CancellationToken cancellationToken)
    {
        var all = await Task.WhenAll(chains.Select(chain => new ChainChecks(chain, quorum, hasSurface).RunAsync(keeper, reporter, oracle, cancellationToken)));
        return [.. all.SelectMany(results => results)];
    }

    /// <summary>The worst finding decides.</summary>
    public static int ExitCodeOf(IReadOnlyList<CheckResult> results) =>
        results.Any(result => result.Status == CheckStatus.Failed) ? ExitCode.ConfigurationInvalid
        : results.Any(result => result.Status == CheckStatus.Unreachable) ? ExitCode.RemoteUnavailable
        : results.Any(result => result.Status == CheckStatus.Warning) ? ExitCode.Degraded
        : ExitCode.Ok;

    public static string Word(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "ok",
        CheckStatus.Warning => "warning",
        CheckStatus.Failed => "failed",
        CheckStatus.Unreachable => "unreachable",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No such status."),
    };
}
