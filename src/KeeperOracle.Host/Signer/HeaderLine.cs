using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer;

/// <summary>The headers of one chain that one signer attests for one AttestedHeaders contract.</summary>
/// <param name="On">where they are believed</param>
/// <param name="Verifier">the AttestationVerifier there</param>
/// <param name="Source">the AttestedHeaders there</param>
/// <param name="Of">whose headers they are</param>
internal sealed record HeaderLine(Address Signer, ChainId On, Address Verifier, Address Source, ChainId Of)
{
    /// <summary>Under which it stands among what was attested: no market has this hash.</summary>
    public ObservationPolicy Kept { get; } =
        new(Signer, On, Verifier, Keccak.HashText($"headers of {Of} for {Source}"), ulong.MaxValue, null, 0, ulong.MaxValue, []);

    public Hash32 DigestOf(HeaderAttestation header) => HeaderDigest.Compute(On, Verifier, Source, header);
}
