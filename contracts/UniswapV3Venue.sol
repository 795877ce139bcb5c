// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ISwapVenue} from "./interfaces/ISwapVenue.sol";
import {IUniswapV3Factory, IUniswapV3Pool, IUniswapV3SwapCallback} from "./interfaces/IUniswapV3.sol";

/// @title Sells through the Uniswap v3 pool that one factory knows
/// @dev SPECIFICATION
///
/// `swap` sells exactly `amountIn`, through one pool: the factory's for (tokenIn, tokenOut, fee). Checked in this order:
///   1. amountIn > 0                                                              AmountZero
///   2. the factory knows a pool                                                  PoolUnknown
///   3. the pool takes the whole amount; a pool that runs dry fills a part and stops, which is refused    PoolTooThin
///   4. the recipient's balance grew by what the pool says it sent                OutputShort
///   5. what it received is at least minOut                                       OutputTooSmall
/// There is no other price limit than minOut: whoever calls says what is acceptable, by an oracle and not by this pool.
///
/// Payment. The pool sends what was bought, then calls back, and only then the sold tokens go from the caller to the pool, exactly `amountIn`.
/// They never rest here, so this contract holds nothing, and an exact approval is used up. The callback is answered only to the pool
/// that the factory named for the swap in progress: a stranger cannot spend anyone's approval, not even from inside a token's transfer.
///
/// Assumptions. The factory and its pools are Uniswap's. Tokens that charge on transfer are refused, by the pool on the way in and by
/// check 4 on the way out.
///
/// Roles. None: no owner, no setting, no state between calls. The pool's own `Swap` event is the record.
contract UniswapV3Venue is ISwapVenue, IUniswapV3SwapCallback, ReentrancyGuardTransient {
    using SafeCast for int256;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev The ends of the pool's price range, exclusive: a swap that reaches one has found no more liquidity.
    uint160 private constant LOWEST_SQRT_PRICE = 4295128740;
    uint160 private constant HIGHEST_SQRT_PRICE = 1461446703485210103287273052203988822378723970341;

    /// @dev What the callback needs to know; it travels through the pool, which hands it back untouched.
    struct Payment {
        address token;
        address payer;
        uint256 amount;
    }

    /// @notice Whose pools are used.
    IUniswapV3Factory public immutable factory;

    /// @dev The pool of the swap in progress; zero outside of one.
    address private transient _pool;

    constructor(IUniswapV3Factory factory_) {
        factory = factory_;
    }

    /// @inheritdoc ISwapVenue
    function swap(address tokenIn, address tokenOut, uint24 fee, uint256 amountIn, uint256 minOut, address recipient)
        external
        nonReentrant
        returns (uint256 amountOut)
    {
        if (amountIn == 0) revert AmountZero();
        address pool = factory.getPool(tokenIn, tokenOut, fee);
        if (pool == address(0)) revert PoolUnknown(tokenIn, tokenOut, fee);

        uint256 balance = IERC20(tokenOut).balanceOf(recipient);
        _pool = pool;
        amountOut = _sell(pool, tokenIn < tokenOut, recipient, Payment(tokenIn, msg.sender, amountIn));
        _pool = address(0);

        uint256 received = IERC20(tokenOut).balanceOf(recipient) - balance;
        if (received < amountOut) revert OutputShort(tokenOut, amountOut, received);
        if (amountOut < minOut) revert OutputTooSmall(tokenOut, amountOut, minOut);
    }

    /// @inheritdoc IUniswapV3SwapCallback
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata data) external {
        if (msg.sender != _pool) revert CallbackFromStranger(msg.sender, _pool);
        Payment memory payment = abi.decode(data, (Payment));
        uint256 taken = (amount0Delta > amount1Delta ? amount0Delta : amount1Delta).toUint256();
        if (taken != payment.amount) revert PoolTooThin(msg.sender, payment.amount, taken);

        IERC20(payment.token).safeTransferFrom(payment.payer, msg.sender, taken);
    }

    /// @dev The swap itself: what the pool says that it sent.
    function _sell(address pool, bool zeroForOne, address recipient, Payment memory payment)
        private
        returns (uint256 sent)
    {
        (int256 amount0, int256 amount1) = IUniswapV3Pool(pool)
            .swap(
                recipient,
                zeroForOne,
                payment.amount.toInt256(),
                zeroForOne ? LOWEST_SQRT_PRICE : HIGHEST_SQRT_PRICE,
                abi.encode(payment)
            );
        return (-(zeroForOne ? amount1 : amount0)).toUint256();
    }
}
