// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {UniswapV3Venue} from "../../contracts/UniswapV3Venue.sol";
import {IUniswapV3Factory, IUniswapV3Pool} from "../../contracts/interfaces/IUniswapV3.sol";
import {LiquidityMinter} from "./mocks/LiquidityMinter.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title The real Uniswap v3, deployed from the artifacts of its npm package, and pools of any two mock tokens
abstract contract UniswapFixture is Test {
    string private constant FACTORY_ARTIFACT =
        "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";

    /// @dev Fees in millionths that the factory allows from the start.
    uint24 internal constant LOW_FEE = 500;
    uint24 internal constant MEDIUM_FEE = 3000;

    IUniswapV3Factory internal factory;
    UniswapV3Venue internal venue;
    LiquidityMinter internal minter;

    function _deployUniswap() internal {
        factory = IUniswapV3Factory(deployCode(FACTORY_ARTIFACT));
        venue = new UniswapV3Venue(factory);
        minter = new LiquidityMinter();
    }

    /// @dev A pool with liquidity over the whole range, so that it trades like x y = k with these reserves. The price is their ratio.
    function _newPool(MockToken a, uint256 amountA, MockToken b, uint256 amountB, uint24 fee)
        internal
        returns (IUniswapV3Pool pool)
    {
        pool = IUniswapV3Pool(factory.createPool(address(a), address(b), fee));
        (uint256 amount0, uint256 amount1) = a < b ? (amountA, amountB) : (amountB, amountA);
        pool.initialize(_sqrtPrice(amount0, amount1));
        _addLiquidity(pool, a, amountA, b, amountB, fee);
    }

    function _addLiquidity(IUniswapV3Pool pool, MockToken a, uint256 amountA, MockToken b, uint256 amountB, uint24 fee)
        internal
    {
        (MockToken token0, MockToken token1) = a < b ? (a, b) : (b, a);
        int24 last = fee == LOW_FEE ? int24(887270) : int24(887220);
        // Reserves are under 2^128 in every test, so their geometric mean is.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint128 liquidity = uint128(FixedPointMathLib.sqrt(amountA * amountB));
        minter.addLiquidity(pool, token0, token1, -last, last, liquidity);
    }

    /// @dev sqrt(amount1 / amount0) 2^96.
    function _sqrtPrice(uint256 amount0, uint256 amount1) private pure returns (uint160) {
        // The wider shift keeps the digits of a small price, the narrower one keeps a large price inside a word.
        uint256 root = amount1 < amount0
            ? FixedPointMathLib.sqrt(FixedPointMathLib.fullMulDiv(amount1, 1 << 192, amount0))
            : FixedPointMathLib.sqrt(FixedPointMathLib.fullMulDiv(amount1, 1 << 128, amount0)) << 32;
        // A price up to 2^64 has a root up to 2^32, and the pool refuses what is over its own limit.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint160(root);
    }

    /// @dev What x y = k pays for `amountIn` after the fee.
    function _constantProduct(uint256 reserveIn, uint256 reserveOut, uint256 amountIn, uint24 fee)
        internal
        pure
        returns (uint256)
    {
        uint256 net = amountIn * (1e6 - fee) / 1e6;
        return FixedPointMathLib.fullMulDiv(reserveOut, net, reserveIn + net);
    }

    /// @dev Sells at any price, as somebody else: moves the pool.
    function _push(address trader, MockToken tokenIn, MockToken tokenOut, uint24 fee, uint256 amountIn)
        internal
        returns (uint256 amountOut)
    {
        tokenIn.mint(trader, amountIn);
        vm.startPrank(trader);
        tokenIn.approve(address(venue), amountIn);
        amountOut = venue.swap(address(tokenIn), address(tokenOut), fee, amountIn, 0, trader);
        vm.stopPrank();
    }
}
