// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";

/// @title Which signer sets and thresholds may be, and in which order signers stand: the arithmetic only
/// @dev n signers of which f = floor((n - 1) / 3) may lie; 4 <= n <= 31, so 1 <= f <= 10.
///
///   tightenThreshold >= max(2, f + 1)          at least one honest signer among them
///   threshold        >= ceil((n + f + 1) / 2)  any two such quorums share an honest signer, and honest ones outnumber liars
///
/// Both at most n. Strictly ascending addresses leave no room for a duplicate, nor for address zero.
library SignerRules {
    uint256 private constant MIN_SIGNERS = 4;
    uint256 private constant MAX_SIGNERS = 31;
    uint256 private constant MIN_TIGHTEN_THRESHOLD = 2;

    /// @notice f: how many of `count` signers may lie. `count` is not zero.
    function liarsDown(uint256 count) internal pure returns (uint256) {
        return (count - 1) / 3;
    }

    /// @notice Reverts unless these thresholds are safe for so many signers.
    function requireThresholds(uint256 count, uint256 tightenThreshold, uint256 threshold) internal pure {
        if (count < MIN_SIGNERS) revert IAttestationVerifier.SignerCountTooSmall(count, MIN_SIGNERS);
        if (count > MAX_SIGNERS) revert IAttestationVerifier.SignerCountTooLarge(count, MAX_SIGNERS);
        uint256 liars = liarsDown(count);

        uint256 tightenNeeded = liars + 1 > MIN_TIGHTEN_THRESHOLD ? liars + 1 : MIN_TIGHTEN_THRESHOLD;
        if (tightenThreshold < tightenNeeded) {
            revert IAttestationVerifier.ThresholdTooSmall(tightenThreshold, tightenNeeded);
        }
        if (tightenThreshold > count) revert IAttestationVerifier.ThresholdTooLarge(tightenThreshold, count);

        // ceil((n + f + 1) / 2)
        uint256 needed = (count + liars + 2) / 2;
        if (threshold < needed) revert IAttestationVerifier.ThresholdTooSmall(threshold, needed);
        if (threshold > count) revert IAttestationVerifier.ThresholdTooLarge(threshold, count);
    }

    /// @notice Reverts unless `current` stands after `previous`; before the first one stands zero.
    function requireAscending(address previous, address current) internal pure {
        if (current <= previous) revert IAttestationVerifier.SignersNotSorted(previous, current);
    }
}
