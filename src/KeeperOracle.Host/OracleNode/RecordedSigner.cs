using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Signer;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.OracleNode;

/// <summary>
/// An oracle node's own memory of what it has attested: written, flushed, before the key is used, so that a node that was killed, or set up twice, never
/// signs two things for one time of a market. It is the guard of the signer process (the head of Signer/PolicySigner.cs says what it keeps: epoch and time
/// rise) without the rest of a policy, for a key that is opened here. What the record refuses is not signed, and neither is anything while it cannot be written.
/// </summary>
internal sealed class RecordedSigner(ISigner inner, SignGuard record) : ISigner
{
    /// <summary>As the signer's policy writer allows: one epoch may fall away with its block.</summary>
    private const ulong ReorgEpochs = 1;

    public Address Address => inner.Address;

    public bool Remembers => inner.Remembers;

    /// <summary>An oracle node sends nothing.</summary>
    public Task<SigningOutcome<SignedTransaction>> SignAsync(Eip1559Transaction transaction, CancellationToken ct) => inner.SignAsync(transaction, ct);

    public Task<SigningOutcome<SignedObservation>> SignAsync(ChainId chain, Address verifier, Observation observation, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(observation);
        var kept = new ObservationPolicy(Address, chain, verifier, observation.Market, ulong.MaxValue, null, ReorgEpochs, ulong.MaxValue, []);
        return Reserve(kept, new AskedObservation(Address, chain, verifier, observation)) is { } refusal
            ? Task.FromResult(new SigningOutcome<SignedObservation>(null, new SignerRefusal(SignerFailure.Refused, "record", refusal.Code.ToString(), refusal.Detail)))
            : inner.SignAsync(chain, verifier, observation, ct);
    }

    public void Dispose()
    {
        record.Dispose();
        inner.Dispose();
    }

    private SignRefusal? Reserve(ObservationPolicy policy, AskedObservation asked)
    {
        try
        {
            return record.Reserve(policy, asked);
        }
        catch (JournalException failed)
        {
            return new SignRefusal(SignRefusalCode.GuardUnavailable, $"nothing is signed that cannot be written down: {failed.Kind}");
        }
    }
}
