// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Observation, SignedObservation} from "../types/Observation.sol";

/// @title The signer set and its quorum: who may observe, how many must agree, and whether they did
interface IAttestationVerifier {
    /// @dev How many must agree: f+1 to tighten initial margin, ceil((n+f+1)/2) for everything else.
    enum Quorum {
        Tighten,
        Whole
    }

    /// @notice A new set is current; the previous one (0 where there is none) signs until `previousValidUntil`.
    event SignersRotated(
        bytes32 indexed digest,
        address[] signers,
        uint256 tightenThreshold,
        uint256 threshold,
        bytes32 indexed previousDigest,
        uint64 previousValidUntil
    );
    event ValidUntilSet(bytes32 indexed digest, uint64 validUntil);

    error SignerCountTooSmall(uint256 count, uint256 needed);
    error SignerCountTooLarge(uint256 count, uint256 limit);
    error ThresholdTooSmall(uint256 given, uint256 needed);
    error ThresholdTooLarge(uint256 given, uint256 signers);
    error SignerZero();
    error QuorumTooSmall(uint256 given, uint256 needed);
    error SignersNotSorted(address previous, address current);
    error SignerUnknown(address recovered);
    error SignerSetUnknown(bytes32 digest);
    error SignerSetExpired(bytes32 digest, uint256 validUntil, uint256 currentTime);
    error OverlapTooLong(uint256 overlap, uint256 limit);
    error ValidUntilPassed(uint256 validUntil, uint256 currentTime);
    error SignatureMalformed(uint256 index, uint256 length);
    error SignatureNotCanonical(uint256 index);

    /// @notice Makes a new signer set current at once, without an expiry; the one before it stays acceptable for `overlap` seconds more.
    /// Restricted to the admin. 4 to 31 signers (n >= 3f+1 with f >= 1), sorted ascending and unique; `tightenThreshold` >= f+1
    /// and >= 2, `threshold` >= ceil((n+f+1)/2); `overlap` at most 7 days, 0 = the old set ends at once.
    function rotateSigners(address[] calldata signers_, uint256 tightenThreshold_, uint256 threshold_, uint256 overlap)
        external;

    /// @notice Sets the last second in which the current set signs, in chain time; 0 = no end. Restricted to the admin.
    function setValidUntil(uint64 validUntil_) external;

    /// @notice Reverts unless every observation is signed by a distinct member of the set `setDigest` (the current one, or the
    /// previous one in its overlap), in ascending order of signer address, and there are as many as that set's quorum asks.
    function requireQuorum(SignedObservation[] calldata observations, bytes32 setDigest, Quorum kind) external view;

    /// @notice The same for any other message, by its EIP-712 struct hash in this contract's domain: all by members of the current set, or
    /// else all by members of the previous one in its overlap. The caller's type hash must be one of its own.
    function requireQuorumOver(bytes32 structHash, bytes[] calldata signatures, Quorum kind) external view;

    /// @notice The EIP-712 digest a node signs.
    function digestOf(Observation calldata observation) external view returns (bytes32);

    /// @notice The members of the current set.
    function signers() external view returns (address[] memory);
    /// @notice Whether an account is in the current set.
    function isSigner(address account) external view returns (bool);
    /// @notice Signatures of the current set needed to tighten initial margin: at least f+1.
    function tightenThreshold() external view returns (uint256);
    /// @notice Signatures of the current set needed for everything else: at least ceil((n+f+1)/2).
    function threshold() external view returns (uint256);
    /// @notice Hash of the current set: keccak256(abi.encode(address[] signers, uint256 tightenThreshold, uint256 threshold)).
    function signerSetDigest() external view returns (bytes32);
    /// @notice Digests of the sets that observations may be signed for: the current one, and the previous one or 0 where it has ended.
    function acceptedSetDigests() external view returns (bytes32 current, bytes32 previous);
    /// @notice Last second in which the current set signs; 0 = no end.
    function validUntil() external view returns (uint64);
    /// @notice Last second in which the previous set signs; 0 where there is none.
    function previousValidUntil() external view returns (uint64);
}
