using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signers;

// Specification of this folder.
//
// Whoever holds a key: a keystore opened in this process (LocalSigner), or another process that is asked over JSON-RPC (RemoteSigner) and
// may have a policy of its own. A signer is asked for a whole transaction or a whole observation, never for the signature of a bare
// digest: who signs must be able to see what.
// The protocol is that of Web3Signer's execution-layer mode: eth_accounts; eth_signTransaction with one object (from, to, gas, nonce,
// value, data, maxFeePerGas, maxPriorityFeePerGas, and chainId, which Web3Signer takes from its own configuration and ignores here), answered
// with the raw signed bytes; eth_signTypedData with an address and the EIP-712 document as text, answered with r || s || v.
// An answer is checked and not believed: it must decode strictly, every field must be the one that was asked, s must be in its lower
// half, and the recovered sender must be the configured address. Whatever else comes is a SignerRefusal with its kind.
// Signing twice is harmless and an unknown outcome is too: nothing was sent, and the same question gives the same bytes (RFC 6979). So a
// question is asked once, with a deadline, and the caller comes back with it when it decides again.
// Limits: one reply of at most 1 MiB; a deadline for each question; the token of a signer is a header, and a header is a string.

/// <summary>Holds one key. Every "no" is a value; an exception is a bug or a cancellation.</summary>
public interface ISigner : IDisposable
{
    /// <summary>Whose signatures it gives.</summary>
    Address Address { get; }

    /// <summary>It may keep a record of the nonces that it signed for, and refuse other bytes for them.</summary>
    bool Remembers { get; }

    Task<SigningOutcome<SignedTransaction>> SignAsync(Eip1559Transaction transaction, CancellationToken ct);

    /// <summary>Signs an observation for one verifier contract on one chain (EIP-712).</summary>
    Task<SigningOutcome<SignedObservation>> SignAsync(ChainId chain, Address verifier, Observation observation, CancellationToken ct);

    /// <summary>Signs another chain's header for one AttestedHeaders contract (EIP-712). Only who holds the key itself does: the protocol has no document for it.</summary>
    /// <param name="chain">where it will be believed</param>
    /// <param name="verifier">the AttestationVerifier there</param>
    /// <param name="source">the AttestedHeaders there</param>
    Task<SigningOutcome<SignedHeader>> SignAsync(ChainId chain, Address verifier, Address source, HeaderAttestation attestation, CancellationToken ct) =>
        Task.FromResult(new SigningOutcome<SignedHeader>(
            null, new SignerRefusal(SignerFailure.Refused, Eip55.Format(Address), "HeadersNotSigned", "a signer in another process is not asked for headers")));
}

/// <summary>A header with r || s || v over it.</summary>
public sealed record SignedHeader(HeaderAttestation Attestation, byte[] Signature);

/// <summary>What was signed, or why nothing was: exactly one of the two.</summary>
public readonly record struct SigningOutcome<T>(T? Value, SignerRefusal? Refusal)
    where T : class;

/// <summary>Why a signer gave no signature that can be used.</summary>
public enum SignerFailure
{
    /// <summary>It refused: its policy, or an error of its own.</summary>
    Refused,

    /// <summary>It does not hold the key.</summary>
    UnknownAccount,

    /// <summary>No connection, or a broken one.</summary>
    Unreachable,

    /// <summary>No answer before the deadline.</summary>
    TimedOut,

    /// <summary>It does not take our token.</summary>
    Unauthorized,

    /// <summary>The answer is no signed transaction or signature in its one canonical form.</summary>
    Malformed,

    /// <summary>It signed something else than was asked.</summary>
    WrongField,

    /// <summary>It signed with another key than was asked.</summary>
    WrongSigner,
}

/// <summary>A signer's "no".</summary>
/// <param name="Signer">its name in the configuration; never its URL</param>
/// <param name="Rule">the rule of its policy that refused, by name; empty where none did</param>
/// <param name="Detail">in words</param>
public sealed record SignerRefusal(SignerFailure Kind, string Signer, string Rule, string Detail)
{
    /// <summary>True where the same question may be answered soon: nothing was refused on its merits.</summary>
    public bool IsTransient => Kind is SignerFailure.Unreachable or SignerFailure.TimedOut;

    public override string ToString() => $"signer {Signer}: {Kind}{(Rule.Length > 0 ? $" ({Rule})" : "")}: {Detail}";
}
