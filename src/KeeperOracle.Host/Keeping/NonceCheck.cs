using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Holds the journal's nonce floor against the chain before the start. A journal that is behind the chain is an old copy, or the key is
/// used elsewhere: in both cases what is in flight is not known, and starting could do a thing twice. Where a journal takes a key for the first time,
/// or again by order, nothing says that nobody else has it: the chain is watched for a while first, and a nonce that moves meanwhile is somebody else's.
/// A doppelganger that is silent for so long is not seen; then the chain is the last fence, since one nonce takes effect once.
/// </summary>
public static class NonceCheck
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>An exit code where the keeper must not start, else null with the floor of every chain in place.</summary>
    /// <param name="adopt">the chain's nonce is taken where the journal is behind it</param>
    /// <param name="watch">for how long the chain is watched before a key is taken that the journal does not know the present nonce of</param>
    public static async Task<int?> RefuseAsync(
        IReadOnlyList<ChainAccess> chains, Journal.Journal journal, Address signer, bool adopt, TimeSpan watch, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var taken = new List<(ChainAccess Chain, ulong Nonce)>();
            foreach (var chain in chains)
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

                if (known is null || known < onChain)
                {
                    taken.Add((chain, onChain));
                }
            }

            if (taken.Count > 0 && watch > TimeSpan.Zero)
            {
                await Console.Error.WriteLineAsync(
                    $"The journal takes {Eip55.Format(signer)} over: its nonce is watched for {watch.TotalSeconds} s first (KeeperOracle:Keeper:DoppelgangerSeconds).");
            }

            if (taken.Count > 0 && await MovesAsync(taken, signer, watch, time, cancellationToken))
            {
                return ExitCode.Failed;
            }

            taken.ForEach(one => journal.AdoptNonce(one.Chain.Id, signer, one.Nonce));
            return null;
        }
        catch (NodeSilentException problem)
        {
            await Console.Error.WriteLineAsync(problem.Message);
            return ExitCode.RemoteUnavailable;
        }
    }

    private static async Task<bool> MovesAsync(
        IReadOnlyList<(ChainAccess Chain, ulong Nonce)> taken, Address signer, TimeSpan watch, TimeProvider time, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < watch)
        {
            await Task.Delay(LookInterval < watch ? LookInterval : watch, time, cancellationToken);
            foreach (var (chain, nonce) in taken)
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
