// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What a liquidator implements that sells what it seized before it pays
interface ILiquidationCallback {
    /// @notice The vault has sent `seized` and will pull `repay` stable units from the caller right after.
    /// @param tokens the vault's collaterals, in its order
    /// @param seized token units of each
    /// @param data what the caller of `liquidate` passed
    function onLiquidation(
        bytes32 account,
        uint256 repay,
        address[] calldata tokens,
        uint256[] calldata seized,
        bytes calldata data
    ) external;
}
