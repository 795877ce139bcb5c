// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The median of a few numbers; of an even count the larger of the two middle ones
/// @dev For volatility and slippage larger is stricter. With at most f liars among at least 2f + 1 values, the result lies
/// between two honest values: the upper middle of an even count 2k has k values at or above it and k + 1 at or below it, and
/// both exceed f.
library Median {
    /// @notice Sorts `values` in place (insertion: the lists have the length of a signer set) and returns the upper median.
    function upperMedian(uint64[] memory values) internal pure returns (uint64) {
        for (uint256 i = 1; i < values.length; ++i) {
            uint64 moving = values[i];
            uint256 j = i;
            for (; j > 0 && values[j - 1] > moving; --j) {
                values[j] = values[j - 1];
            }
            values[j] = moving;
        }
        return values[values.length / 2];
    }
}
