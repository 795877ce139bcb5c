// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface ISwapVenue {
    function swap(
        address tokenIn,
        address tokenOut,
        uint24 fee,
        uint256 amountIn,
        uint256 minOut,
        address recipient
    ) external returns (uint256 amountOut);
}
