// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @notice What a liquidator accepts at worst.
/// @param maxRepay most stable units for the whole plan
/// @param minSeized least token units by collateral, in the order of `collaterals()`
/// @param deadline last chain time, in seconds
struct LiquidationLimits {
    uint256 maxRepay;
    uint256[] minSeized;
    uint256 deadline;
}
