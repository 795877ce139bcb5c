// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SwapMandate, SwapOrder, TopUpMandate} from "../types/Defence.sol";

/// @title How an account defends itself before it is liquidated: collateral swaps and top-ups, by its owner or inside what the owner allowed
interface IDefence {
    /// @param tip stable units that the caller was paid from the account
    event CollateralSwapped(
        bytes32 indexed account,
        address indexed caller,
        address tokenIn,
        address tokenOut,
        uint256 amountIn,
        uint256 amountOut,
        uint256 tip,
        uint256 healthBefore,
        uint256 healthAfter
    );
    /// @param source the account it came from; zero for the owner's wallet
    event ToppedUp(
        bytes32 indexed account,
        uint256 indexed index,
        address indexed caller,
        bytes32 source,
        address token,
        uint256 amount,
        uint256 healthBefore,
        uint256 healthAfter
    );
    event SwapMandateSet(bytes32 indexed account, SwapMandate mandate);
    event TopUpMandateSet(bytes32 indexed account, uint256 indexed index, TopUpMandate mandate);

    error MandateInvalid(bytes32 account, bytes32 field, uint256 value, uint256 limit);
    error MandateExpired(bytes32 account, uint256 expiry, uint256 currentTime);
    error SwapNotOptedIn(bytes32 account, address caller);
    error SwapNotDue(bytes32 account, uint256 health, uint256 triggerHealth);
    error SwapTokensEqual(address token);
    error SwapPairNotAllowed(bytes32 account, address tokenIn, address tokenOut);
    error SwapTooLarge(bytes32 account, uint256 amountIn, uint256 limit);
    error SwapUnderOracle(bytes32 account, uint256 valueOut, uint256 least);
    error SwapLossBudgetExhausted(bytes32 account, uint256 lost, uint256 available);
    error TopUpNotOptedIn(bytes32 account, uint256 index);
    error TopUpNotDue(bytes32 account, uint256 health, uint256 triggerHealth);
    error TopUpNothingToMove(bytes32 account, uint256 needed, uint256 available, uint256 held);

    /// @notice Sells a collateral of an account for another, or for stable that repays its debt, through the vault's venue. The owner at any
    /// time when health is at least 1; anyone else inside the owner's mandate.
    /// @return amountOut units of `tokenOut` that the account received
    function swapCollateral(bytes32 account, SwapOrder calldata order) external returns (uint256 amountOut);

    /// @notice Allows anyone to swap for the account when its health is low; all zero takes it back. Owner only.
    function setSwapMandate(bytes32 account, SwapMandate calldata mandate) external;

    /// @notice Executes a top-up mandate: the least amount that restores its target, as far as its cap and source go. Anyone may call when
    /// health is under the trigger.
    /// @return amount token units moved
    function topUp(bytes32 account, uint256 index) external returns (uint256 amount);

    /// @notice Sets one of the account's top-up mandates (0 to 3); a trigger of zero takes it back. Owner only.
    function setTopUpMandate(bytes32 account, uint256 index, TopUpMandate calldata mandate) external;

    /// @notice The most units of `tokenIn` that the swap mandate lets anyone sell for `tokenOut` now, its pair and expiry aside; what the account
    /// holds where no smaller amount is sure to restore the target.
    function swapLimit(bytes32 account, address tokenIn, address tokenOut) external view returns (uint256);

    /// @notice The least token units that restore the target of a top-up mandate now, its cap and source aside; of stable at most the debt.
    function topUpNeeded(bytes32 account, uint256 index) external view returns (uint256);

    /// @notice What is left of a top-up mandate's cap now, in token units.
    function topUpAvailable(bytes32 account, uint256 index) external view returns (uint256);

    function swapMandateOf(bytes32 account) external view returns (SwapMandate memory);

    function topUpMandateOf(bytes32 account, uint256 index) external view returns (TopUpMandate memory);
}
