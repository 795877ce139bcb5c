// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title What stops use of their allowance: plain values, so that it can be proved
/// @dev See `Guardian` for episodes and allowances. Times and durations in seconds.
library StopRules {
    /// @notice Used in the episode that ran at `time`; zero once the rest after its last stop is over.
    function usedAt(uint256 time, uint256 until, uint256 used, uint256 rest) internal pure returns (uint256) {
        return time < until + rest ? used : 0;
    }

    /// @notice How long the next stop may be.
    function left(uint256 allowance, uint256 used) internal pure returns (uint256) {
        return FixedPointMathLib.zeroFloorSub(allowance, used);
    }

    /// @notice Until when the last halt keeps an asset from liquidation: less long than it lasts where stops of the asset's own used of the same
    /// allowance.
    /// @param used seconds of all halts of the episode, the last one whole
    /// @param own seconds used by the asset's own stops when the halt began
    function haltUntil(uint256 since, uint256 until, uint256 used, uint256 own, uint256 allowance)
        internal
        pure
        returns (uint256)
    {
        uint256 before = used - (until - since);
        return FixedPointMathLib.min(until, since + left(allowance, before + own));
    }
}
