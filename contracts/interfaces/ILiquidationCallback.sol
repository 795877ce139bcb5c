// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What a liquidator offers that wants the collateral before it pays
interface ILiquidationCallback {
    /// @notice The vault has sent the seized collateral and takes `repay` stable units by `transferFrom` when this returns.
    /// @param tokens the vault's collaterals, in the order of `collaterals()`
    /// @param seized token units of each, already received
    /// @param data what the liquidator gave to `liquidate`
    function onLiquidation(
        bytes32 account,
        uint256 repay,
        address[] calldata tokens,
        uint256[] calldata seized,
        bytes calldata data
    ) external;
}
