// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The calls of a Uniswap v3 factory that are made here
interface IUniswapV3Factory {
    /// @notice The pool of two tokens, in either order, at a fee in millionths; zero where there is none.
    function getPool(address tokenA, address tokenB, uint24 fee) external view returns (address pool);

    function createPool(address tokenA, address tokenB, uint24 fee) external returns (address pool);
}

/// @title The calls of a Uniswap v3 pool that are made here
/// @dev token0 is the token with the lower address. A price is token1 units for one token0 unit, given as its square root times 2^96.
interface IUniswapV3Pool {
    /// @notice Sets the first price.
    function initialize(uint160 sqrtPriceX96) external;

    /// @notice Adds liquidity between two ticks; asks the caller for the tokens by `uniswapV3MintCallback`.
    function mint(address recipient, int24 tickLower, int24 tickUpper, uint128 amount, bytes calldata data)
        external
        returns (uint256 amount0, uint256 amount1);

    /// @notice Sends what is bought to the recipient, then asks the caller for what is sold by `uniswapV3SwapCallback`.
    /// @param zeroForOne whether token0 is sold
    /// @param amountSpecified units sold where positive, units bought where negative
    /// @param sqrtPriceLimitX96 where the pool stops, even if not all is filled
    /// @return amount0 units of token0 that the pool takes; negative where it gives
    /// @return amount1 units of token1 that the pool takes; negative where it gives
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);

    function liquidity() external view returns (uint128);

    function slot0()
        external
        view
        returns (
            uint160 sqrtPriceX96,
            int24 tick,
            uint16 observationIndex,
            uint16 observationCardinality,
            uint16 observationCardinalityNext,
            uint8 feeProtocol,
            bool unlocked
        );
}

/// @title What a pool calls in the middle of a swap
interface IUniswapV3SwapCallback {
    /// @notice The pool takes the positive amount; it must have it when this returns.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external;
}

/// @title What a pool calls in the middle of adding liquidity
interface IUniswapV3MintCallback {
    /// @notice The pool takes both amounts; it must have them when this returns.
    function uniswapV3MintCallback(uint256 amount0Owed, uint256 amount1Owed, bytes calldata data) external;
}
