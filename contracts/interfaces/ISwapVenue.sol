// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Where one token is sold for another: all of an amount, or not at all
interface ISwapVenue {
    error AmountZero();
    error PoolUnknown(address tokenIn, address tokenOut, uint24 fee);
    error PoolTooThin(address pool, uint256 amountIn, uint256 taken);
    error OutputTooSmall(address tokenOut, uint256 amountOut, uint256 minimum);
    error OutputShort(address tokenOut, uint256 expected, uint256 received);
    error CallbackFromStranger(address caller, address expected);

    /// @notice Sells exactly `amountIn` of the caller's tokens, who has approved this venue for them, and sends what they bring to
    /// `recipient`.
    /// @param fee of the pool, in millionths
    /// @param minOut least units of `tokenOut` that the caller accepts
    /// @return amountOut units of `tokenOut` that the recipient received
    function swap(address tokenIn, address tokenOut, uint24 fee, uint256 amountIn, uint256 minOut, address recipient)
        external
        returns (uint256 amountOut);
}
