// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Observation, SignedObservation} from "../types/Observation.sol";

/// @title The signer set and its quorum: who may observe, how many must agree, and whether they did
interface IAttestationVerifier {
    event SignersSet(address[] signers, uint256 tightenThreshold, uint256 threshold, bytes32 digest);

    error SignerCountTooSmall(uint256 count, uint256 needed);
    error SignerCountTooLarge(uint256 count, uint256 limit);
    error ThresholdTooSmall(uint256 given, uint256 needed);
    error ThresholdTooLarge(uint256 given, uint256 signers);
    error SignerZero();
    error QuorumTooSmall(uint256 given, uint256 needed);
    error SignersNotSorted(address previous, address current);
    error SignerUnknown(address recovered);
    error SignatureMalformed(uint256 index, uint256 length);
    error SignatureNotCanonical(uint256 index);

    /// @notice Replaces the signer set. Restricted to the admin. 4 to 31 signers (n >= 3f+1 with f >= 1), sorted ascending and
    /// unique; `tightenThreshold` >= f+1 and >= 2, `threshold` >= ceil((n+f+1)/2).
    function setSigners(address[] calldata signers_, uint256 tightenThreshold_, uint256 threshold_) external;

    /// @notice Reverts unless every observation is signed by a distinct known signer, in ascending order of signer address,
    /// and there are at least `needed` of them.
    function requireQuorum(SignedObservation[] calldata observations, uint256 needed) external view;

    /// @notice The EIP-712 digest a node signs.
    function digestOf(Observation calldata observation) external view returns (bytes32);

    function signers() external view returns (address[] memory);
    function isSigner(address account) external view returns (bool);
    /// @notice Signatures needed to tighten initial margin: f+1.
    function tightenThreshold() external view returns (uint256);
    /// @notice Signatures needed for everything else: ceil((n+f+1)/2).
    function threshold() external view returns (uint256);
    /// @notice Hash of signers and thresholds.
    function signerSetDigest() external view returns (bytes32);
}
