// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IUniswapV3MintCallback, IUniswapV3Pool} from "../../../contracts/interfaces/IUniswapV3.sol";
import {MockToken} from "./MockToken.sol";

/// @title Adds liquidity to a pool of two mock tokens, which it makes as it needs them
contract LiquidityMinter is IUniswapV3MintCallback {
    MockToken private _token0;
    MockToken private _token1;

    function addLiquidity(
        IUniswapV3Pool pool,
        MockToken token0,
        MockToken token1,
        int24 lower,
        int24 upper,
        uint128 amount
    ) external returns (uint256 amount0, uint256 amount1) {
        (_token0, _token1) = (token0, token1);
        return pool.mint(address(this), lower, upper, amount, "");
    }

    function uniswapV3MintCallback(uint256 amount0Owed, uint256 amount1Owed, bytes calldata) external {
        _token0.mint(msg.sender, amount0Owed);
        _token1.mint(msg.sender, amount1Owed);
    }
}
