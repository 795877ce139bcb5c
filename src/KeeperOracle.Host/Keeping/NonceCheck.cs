using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Holds the journal's nonce floor against the chain before the start. A journal that is behind the chain is an old copy, or the key is
/// used elsewhere: in both cases what is in flight is not known, and starting could do a thing twice.
/// </summary>
public static class NonceCheck
{
    /// <summary>An exit code where the keeper must not start, else null with the floor of every chain and signer in place.</summary>
    public static async Task<int?> RefuseAsync(
        IReadOnlyList<ChainAccess> chains, Journal.Journal journal, IReadOnlyList<Address> signers, bool adopt, CancellationToken cancellationToken)
    {
        foreach (var (chain, signer) in chains.SelectMany(chain => signers.Select(signer => (chain, signer))))
        {
            ulong onChain;
            try
            {
                onChain = await chain.Eth.GetTransactionCountAsync(signer, cancellationToken);
            }
            catch (RpcException problem)
            {
                await Console.Error.WriteLineAsync($"Chain {chain.Name}: {problem.Message}");
                return ExitCode.RemoteUnavailable;
            }

            var known = journal.NextNonce(chain.Id, signer);
            if (known >= onChain || (known is null && onChain == 0))
            {
                journal.AdoptNonce(chain.Id, signer, Math.Max(known ?? 0, onChain));
                continue;
            }

            if (!adopt)
            {
                await Console.Error.WriteLineAsync(
                    $"Chain {chain.Name}: {Eip55.Format(signer)} has sent {onChain} transactions, the journal {journal.Path} knows of {known ?? 0}. " +
                    "It is an old copy, or the key is used elsewhere. Bring back the newest journal; or, when nothing of this key can still be in flight, start once with --adopt-nonce.");
                return ExitCode.Failed;
            }

            journal.AdoptNonce(chain.Id, signer, onChain);
        }

        return null;
    }
}
