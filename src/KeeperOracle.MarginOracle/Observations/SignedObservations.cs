using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.MarginOracle.Observations;

/// <summary>Signing and recovering, for one chain's verifier. The digest binds chain and contract: another chain's recovers a stranger.</summary>
public sealed class ObservationSigning(ChainId chain, Address verifier)
{
    public SignedObservation Sign(Observation observation, PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new SignedObservation(observation, key.SignDigest(ObservationDigest.Compute(chain, verifier, observation)).ToBytes65());
    }

    /// <summary>Asks a signer, who may refuse.</summary>
    public Task<SigningOutcome<SignedObservation>> SignAsync(Observation observation, ISigner signer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return signer.SignAsync(chain, verifier, observation, cancellationToken);
    }

    /// <summary>The address that signed, or why there is none.</summary>
    public (Address? Signer, string Problem) Recover(SignedObservation signed)
    {
        ArgumentNullException.ThrowIfNull(signed);
        try
        {
            var digest = ObservationDigest.Compute(chain, verifier, signed.Observation);
            return (SignatureRecovery.Recover(digest, Signature.FromBytes65(signed.Signature)), "");
        }
        catch (FormatException problem)
        {
            return (null, problem.Message);
        }
    }
}
