// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";

/// @title Epoch and time of reports, and what their absence means: plain values, so that it can be proved
/// @dev See `RiskOracle` for the rules. `tests/contracts/proofs/Reports.sol` proves what follows from these functions.
library ReportRules {
    /// @notice The epoch that a whole report opens, and for which every observation must be signed.
    function nextEpoch(uint48 current) internal pure returns (uint48) {
        return current + 1;
    }

    /// @notice Reverts unless an observation is for the next epoch.
    function requireNextEpoch(uint256 given, uint48 current) internal pure {
        uint256 expected = nextEpoch(current);
        if (given != expected) revert IRiskOracle.EpochOutOfOrder(given, expected);
    }

    /// @notice Reverts unless an observation is valid now, and was made now or earlier but not before the last whole report.
    function requireTimes(
        uint256 notBefore,
        uint256 deadline,
        uint256 observedAt,
        uint256 lastReportAt,
        uint256 currentTime
    ) internal pure {
        if (currentTime < notBefore) {
            revert IRiskOracle.ObservationNotYetValid(notBefore, currentTime);
        }
        if (currentTime > deadline) revert IRiskOracle.ObservationExpired(deadline, currentTime);
        if (observedAt > currentTime) revert IRiskOracle.ObservationFromFuture(observedAt, currentTime);
        if (observedAt < lastReportAt) revert IRiskOracle.ObservationOutdated(observedAt, lastReportAt);
    }

    /// @notice How long the oracle has been silent, in the three steps that matter.
    function stage(uint256 age, uint256 heartbeat, uint256 silenceLimit) internal pure returns (IRiskOracle.Stage) {
        if (age > silenceLimit) return IRiskOracle.Stage.Dead;
        return age > heartbeat ? IRiskOracle.Stage.Stale : IRiskOracle.Stage.Live;
    }

    /// @notice The borrow factor in force: that at the last inputs, past the heartbeat only where that at the fallback inputs is not smaller.
    function initialFactor(uint256 age, uint256 heartbeat, uint256 atLast, uint256 atFallback)
        internal
        pure
        returns (uint256)
    {
        return age > heartbeat ? FixedPointMathLib.min(atLast, atFallback) : atLast;
    }
}
