using KeeperOracle.Chain.Signers;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Keeping;

namespace KeeperOracle.Host.Drill;

/// <summary>The keeper of `run` on a fork: same reading, same core, same sending, in this process, with a key and a journal of its own.</summary>
/// <param name="options">of the live chain's keeper; of them mode, nodes and keys do not count here</param>
/// <param name="chain">the live chain</param>
internal sealed class ForkKeeper(KeeperOracleOptions options, ChainOptions chain, ForkedChain fork, TimeProvider time)
{
    private const int PollMilliseconds = 25;

    /// <summary>How the fork of a chain is read: its one node, at once.</summary>
    public static ChainOptions OnFork(ChainOptions chain, ForkedChain fork) => chain with
    {
        Name = $"{chain.Name} (fork)",
        Rpc = [new EndpointOptions("fork", new SecretUrl(fork.Url))],
        ReadQuorum = 0,
        FinalityDepth = 0,
        PollMilliseconds = Math.Min(chain.PollMilliseconds, PollMilliseconds),
    };

    /// <summary>Keeps the fork while the watch mines its blocks, until the watch says that it is over.</summary>
    public async Task<Watched> RunAsync(
        Journal.Journal journal, LocalSigner signer, DrillWatch watch, TimeSpan pace, Action<string> say, CancellationToken cancellationToken)
    {
        // It collects no reports: what oracle nodes sign is about the live chain.
        var keeperOptions = options with
        {
            Mode = OperatingMode.Active,
            Chains = [OnFork(chain, fork)],
            Keeper = options.Keeper with { OracleNodes = [], ReportKey = null },
        };
        using var access = new ChainAccess(keeperOptions.Chains[0], time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var keeper = KeeperHost.RunAsync(
            keeperOptions, [access], journal, new KeeperKeys(signer, null), signer.Address, time, logging => logging.SetMinimumLevel(LogLevel.Error), ending.Token);
        try
        {
            return await watch.RunAsync(fork, journal, pace, keeper, time, say, cancellationToken);
        }
        finally
        {
            await ending.CancelAsync();
            await keeper;
        }
    }
}
