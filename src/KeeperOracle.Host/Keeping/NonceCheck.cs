using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Holds the journal's nonce floor against the chain before the start. A journal that is behind the chain is an old copy, or the key is
/// used elsewhere: in both cases what is in flight is not known, and starting could do a thing twice. Where a journal takes a key for the first time,
/// or again by order, nothing says that nobody else has it: the chain is watched for a while first, and a nonce that moves meanwhile is somebody else's.
/// A chain that is behind what the journal has as final went back further than any chain may: that is a person's matter, too.
/// A doppelganger that is silent for so long is not seen; then the chain is the last fence, since one nonce takes effect once.
/// </summary>
public static class NonceCheck
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>An exit code where the keeper must not start, else null with the floor of every chain and signer in place.</summary>
    /// <param name="adopt">the chain's nonce is taken where the journal is behind it</param>
    /// <param name="watch">for how long the chain is watched before a key is taken that the journal does not know the present nonce of</param>
    public static async Task<int?> RefuseAsync(
        IReadOnlyList<ChainAccess> chains, Journal.Journal journal, IReadOnlyList<Address> signers, bool adopt, TimeSpan watch, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var taken = new List<(ChainAccess Chain, Address Signer, ulong Nonce)>();
            foreach (var (chain, signer) in chains.SelectMany(chain => signers.Select(signer => (chain, signer))))
            {
                var onChain = await NonceAsync(chain, signer, cancellationToken);
                var known = journal.NextNonce(chain.Id, signer);
                if ((known ?? 0) < onChain && !adopt)
                {
                    await Console.Error.WriteLineAsync(
                        $"Chain {chain.Name}: {Eip55.Format(signer)} has sent {onChain} transactions, the journal {journal.Path} knows of {known ?? 0}. " +
                        "It is an old copy, or the key is used elsewhere. Bring back the newest journal; or, when nothing of this key can still be in flight, start once with --adopt-nonce.");
                    return ExitCode.Failed;
                }

                if (journal.FinalNonce(chain.Id, signer) is var final && final > onChain)
                {
                    await Console.Error.WriteLineAsync(
                        $"Chain {chain.Name}: {Eip55.Format(signer)} has sent {onChain} transactions, and {final} of them were final: the chain went back behind what was final, or its nodes are behind. " +
                        "What was done may not be done any more: look at the chain, then start with nodes that know it, or with a new journal.");
                    return ExitCode.Failed;
                }

                if (known is null || known < onChain)
                {
                    taken.Add((chain, signer, onChain));
                }
            }

            if (taken.Count > 0 && watch > TimeSpan.Zero)
            {
                await Console.Error.WriteLineAsync(
                    $"The journal takes {string.Join(" and ", taken.Select(one => Eip55.Format(one.Signer)).Distinct())} over: the nonce is watched for {watch.TotalSeconds} s first (KeeperOracle:Keeper:DoppelgangerSeconds).");
            }

            if (taken.Count > 0 && await MovesAsync(taken, watch, time, cancellationToken))
            {
                return ExitCode.Failed;
            }

            taken.ForEach(one => journal.AdoptNonce(one.Chain.Id, one.Signer, one.Nonce));
            return null;
        }
        catch (NodeSilentException problem)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return ExitCode.RemoteUnavailable;
        }
    }

    private static async Task<bool> MovesAsync(
        IReadOnlyList<(ChainAccess Chain, Address Signer, ulong Nonce)> taken, TimeSpan watch, TimeProvider time, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < watch)
        {
            await Task.Delay(LookInterval < watch ? LookInterval : watch, time, cancellationToken);
            foreach (var (chain, signer, nonce) in taken)
            {
                var now = await NonceAsync(chain, signer, cancellationToken);
                if (now != nonce)
                {
                    await Console.Error.WriteLineAsync(
                        $"Chain {chain.Name}: the nonce of {Eip55.Format(signer)} went from {nonce} to {now} while this keeper only watched: the key is used elsewhere at this moment. " +
                        "Stop the other one, or give this one a key of its own.");
                    return true;
                }
            }
        }

        return false;
    }

    private static async Task<ulong> NonceAsync(ChainAccess chain, Address signer, CancellationToken cancellationToken)
    {
        try
        {
            return await chain.Eth.GetTransactionCountAsync(signer, cancellationToken);
        }
        catch (RpcException problem)
        {
            throw new NodeSilentException($"Chain {chain.Name}: {problem.Message}");
        }
    }

    private sealed class NodeSilentException(string message) : Exception(message);
}
