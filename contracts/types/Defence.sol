// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Budget} from "../libraries/Budget.sol";

/// @notice A sale of one collateral for another, or for the stable token.
/// @param fee of the pool, in millionths
/// @param amountIn units of `tokenIn`
/// @param minOut least units of `tokenOut`
/// @param deadline last chain time, in seconds
struct SwapOrder {
    address tokenIn;
    address tokenOut;
    uint24 fee;
    uint256 amountIn;
    uint256 minOut;
    uint256 deadline;
}

/// @notice An owner's standing order to swap a collateral when health is low. Fractions and healths are scaled by 1e18. Bit i of a mask is collateral i,
/// bit 15 of `allowedOut` the stable token.
/// @param triggerHealth at or under which it acts; zero where there is no mandate
/// @param targetHealth that it restores
/// @param maxSlippage most by which the price may lie under the oracle's, fee included
/// @param lossBudget most of the account's equity that swaps may cost within any window, half of it at once
/// @param window seconds
/// @param expiry last chain time, in seconds
/// @param allowedIn what may be sold
/// @param allowedOut what may be bought
/// @param tip stable units for whoever restores the target
struct SwapMandate {
    uint64 triggerHealth;
    uint64 targetHealth;
    uint64 maxSlippage;
    uint64 lossBudget;
    uint32 window;
    uint64 expiry;
    uint16 allowedIn;
    uint16 allowedOut;
    uint96 tip;
}

/// @notice An owner's standing order to add to an account when its health is low. Healths are scaled by 1e18.
/// @param source another account of the same owner; zero for the owner's wallet, by its allowance to the vault
/// @param token a collateral, or the stable token to repay
/// @param triggerHealth under which it acts; zero where there is no mandate
/// @param window seconds
/// @param targetHealth that it restores
/// @param expiry last chain time, in seconds
/// @param capPerWindow most token units within any window, half of it at once
struct TopUpMandate {
    bytes32 source;
    address token;
    uint64 triggerHealth;
    uint32 window;
    uint64 targetHealth;
    uint64 expiry;
    uint128 capPerWindow;
}

/// @dev What owners have allowed, and how much of it is used.
struct Mandates {
    mapping(bytes32 account => SwapMandate) swap;
    mapping(bytes32 account => Budget.State) swapLosses;
    mapping(bytes32 account => mapping(uint256 index => TopUpMandate)) topUp;
    mapping(bytes32 account => mapping(uint256 index => Budget.State)) topUpSpent;
}
