using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signing;

/// <summary>What an oracle node signs of another chain's header: the EIP-712 digest, for one AttestedHeaders contract under the verifier of one chain.</summary>
public static class HeaderDigest
{
    private static readonly Hash32 AttestationType = Keccak.HashText(
        "HeaderAttestation(address source,uint256 chainId,uint64 number,bytes32 blockHash,bytes32 stateRoot,uint64 timestamp,uint64 deadline)");

    /// <param name="chainId">where the attestation will be believed</param>
    /// <param name="verifyingContract">the AttestationVerifier there</param>
    /// <param name="source">the AttestedHeaders there</param>
    /// <param name="attestation">of a block of another chain</param>
    public static Hash32 Compute(ChainId chainId, Address verifyingContract, Address source, HeaderAttestation attestation)
    {
        return TypedData.Digest(
            TypedData.DomainSeparator(ObservationDigest.DomainName, ObservationDigest.DomainVersion, chainId, verifyingContract),
            new TypedStruct(AttestationType)
                .Address(source)
                .Number(attestation.ChainId)
                .Number(attestation.Number)
                .Word(attestation.BlockHash)
                .Word(attestation.StateRoot)
                .Number(attestation.Timestamp)
                .Number(attestation.Deadline)
                .Hash());
    }
}
