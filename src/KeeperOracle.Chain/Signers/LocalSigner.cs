using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signers;

/// <summary>A key in this process. It has no policy: whoever runs code here signs what he likes. Disposes of the key.</summary>
public sealed class LocalSigner(PrivateKey key) : ISigner
{
    public Address Address => key.Address;

    public bool Remembers => false;

    public Task<SigningOutcome<SignedTransaction>> SignAsync(Eip1559Transaction transaction, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return Task.FromResult(new SigningOutcome<SignedTransaction>(transaction.Sign(key), null));
    }

    public Task<SigningOutcome<SignedObservation>> SignAsync(ChainId chain, Address verifier, Observation observation, CancellationToken ct)
    {
        var signature = key.SignDigest(ObservationDigest.Compute(chain, verifier, observation));
        return Task.FromResult(new SigningOutcome<SignedObservation>(new SignedObservation(observation, signature.ToBytes65()), null));
    }

    public Task<SigningOutcome<SignedHeader>> SignAsync(ChainId chain, Address verifier, Address source, HeaderAttestation attestation, CancellationToken ct)
    {
        var signature = key.SignDigest(HeaderDigest.Compute(chain, verifier, source, attestation));
        return Task.FromResult(new SigningOutcome<SignedHeader>(new SignedHeader(attestation, signature.ToBytes65()), null));
    }

    public void Dispose() => key.Dispose();
}
