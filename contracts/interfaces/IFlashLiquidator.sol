// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Liquidates with no capital
interface IFlashLiquidator {
    /// @notice Where one collateral is sold for the stable token.
    /// @param fee of the pool, in millionths
    struct SwapRoute {
        address token;
        uint24 fee;
    }

    event FlashLiquidated(
        bytes32 indexed account, address indexed caller, address recipient, uint256 repaid, uint256 profit
    );

    error CallbackFromStranger(address caller, address expected);
    error CallbackOutsideLiquidation();
    error RouteMissing(address token);
    error ProceedsTooSmall(uint256 proceeds, uint256 repay);
    error ProfitTooSmall(uint256 profit, uint256 minimum);

    /// @notice Liquidates an account, sells what is seized, repays, and sends the rest to `recipient`. Anyone may call.
    /// @param routes one for every collateral that may be seized, in any order
    /// @param minProfit least stable units for the recipient
    /// @param deadline last chain time, in seconds
    /// @return profit stable units that the recipient received
    function liquidate(
        bytes32 account,
        SwapRoute[] calldata routes,
        uint256 minProfit,
        uint256 deadline,
        address recipient
    ) external returns (uint256 profit);
}
