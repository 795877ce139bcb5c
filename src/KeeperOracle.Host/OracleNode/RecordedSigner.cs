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
/// rise) without the rest of a policy, for a key that is opened here. Of another chain's headers it attests rising numbers, and one header for each. What the record refuses is not signed, and neither is anything while it cannot be written.
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
        return Recorded(() => record.Reserve(kept, new AskedObservation(Address, chain, verifier, observation))) is { } refusal
            ? Task.FromResult(new SigningOutcome<SignedObservation>(null, new SignerRefusal(SignerFailure.Refused, "record", refusal.Code.ToString(), refusal.Detail)))
            : inner.SignAsync(chain, verifier, observation, ct);
    }

    public Task<SigningOutcome<SignedHeader>> SignAsync(ChainId chain, Address verifier, Address source, HeaderAttestation attestation, CancellationToken ct) =>
        Recorded(() => record.Reserve(new HeaderLine(Address, chain, verifier, source, new ChainId((ulong)attestation.ChainId)), attestation)) is { } refusal
            ? Task.FromResult(new SigningOutcome<SignedHeader>(null, new SignerRefusal(SignerFailure.Refused, "record", refusal.Code.ToString(), refusal.Detail)))
            : inner.SignAsync(chain, verifier, source, attestation, ct);

    /// <summary>Number and digest of the newest header that was attested of a chain for an AttestedHeaders; null before the first.</summary>
    public (ulong Number, Hash32 Digest)? NewestHeader(HeaderLine line) => record.NewestOf(line) is { } newest ? (newest.Epoch, newest.Digest) : null;

    public void Dispose()
    {
        record.Dispose();
        inner.Dispose();
    }

    private static SignRefusal? Recorded(Func<SignRefusal?> reserve)
    {
        try
        {
            return reserve();
        }
        catch (JournalException failed)
        {
            return new SignRefusal(SignRefusalCode.GuardUnavailable, $"nothing is signed that cannot be written down: {failed.Kind}");
        }
    }
}
