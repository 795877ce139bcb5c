// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IFlashLiquidator} from "./interfaces/IFlashLiquidator.sol";
import {ILiquidationCallback} from "./interfaces/ILiquidationCallback.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {ISwapVenue} from "./interfaces/ISwapVenue.sol";
import {LiquidationLimits} from "./types/LiquidationLimits.sol";

/// @title Liquidates with no capital: take the collateral, sell it, repay, keep the rest
/// @dev SPECIFICATION
///
/// One call of `liquidate` is one transaction of this order:
///   1. the vault is asked to liquidate; it checks the account and sends the seized collateral here
///   2. the vault calls `onLiquidation`: all of each seized token is sold for stable through the venue, by the route given for it (RouteMissing)
///   3. proceeds cover the repayment (ProceedsTooSmall), for which the vault is approved exactly and which it takes
///   4. what is left is at least `minProfit` (ProfitTooSmall) and goes to the recipient
/// Any refusal undoes all of it, so the caller risks gas alone. `minProfit` is the caller's only price limit: a pool that was moved against
/// the sale shows up there. The vault checks the deadline.
///
/// Nothing stays: the recipient gets the whole stable balance, whoever sent it; approvals are exact and used up.
///
/// Callback. Only from the vault, and only inside a call of `liquidate`: the vault calls back whom it was called by, which is this contract
/// in no other case.
///
/// Limits. Where an account is under water the vault grants no bonus, and proceeds fall short of the repayment: such an account is closed
/// by somebody who brings money.
///
/// Roles. None: no owner, no setting, no state between calls.
contract FlashLiquidator is IFlashLiquidator, ILiquidationCallback, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Whose accounts are liquidated.
    IMarginVault public immutable vault;
    /// @notice Where the seized collateral is sold.
    ISwapVenue public immutable venue;
    /// @notice What is repaid and earned.
    IERC20 public immutable stable;

    constructor(IMarginVault vault_, ISwapVenue venue_) {
        vault = vault_;
        venue = venue_;
        stable = IERC20(IERC4626(address(vault_)).asset());
    }

    /// @inheritdoc IFlashLiquidator
    function liquidate(
        bytes32 account,
        SwapRoute[] calldata routes,
        uint256 minProfit,
        uint256 deadline,
        address recipient
    ) external nonReentrant returns (uint256 profit) {
        (uint256 repaid,) = vault.liquidate(
            account,
            LiquidationLimits({
                maxRepay: type(uint256).max, minSeized: new uint256[](vault.collaterals().length), deadline: deadline
            }),
            abi.encode(routes)
        );

        profit = stable.balanceOf(address(this));
        if (profit < minProfit) revert ProfitTooSmall(profit, minProfit);

        emit FlashLiquidated(account, msg.sender, recipient, repaid, profit);
        stable.safeTransfer(recipient, profit);
    }

    /// @inheritdoc ILiquidationCallback
    function onLiquidation(
        bytes32,
        uint256 repay,
        address[] calldata tokens,
        uint256[] calldata seized,
        bytes calldata data
    ) external {
        if (msg.sender != address(vault)) {
            revert CallbackFromStranger(msg.sender, address(vault));
        }
        if (!_reentrancyGuardEntered()) revert CallbackOutsideLiquidation();

        SwapRoute[] memory routes = abi.decode(data, (SwapRoute[]));
        for (uint256 i = 0; i < tokens.length; ++i) {
            if (seized[i] != 0) _sell(tokens[i], _feeOf(tokens[i], routes), seized[i]);
        }
        uint256 proceeds = stable.balanceOf(address(this));
        if (proceeds < repay) revert ProceedsTooSmall(proceeds, repay);
        stable.forceApprove(msg.sender, repay);
    }

    /// @dev Sells all of it. No least price here: `minProfit` judges the whole.
    function _sell(address token, uint24 fee, uint256 amount) private {
        IERC20(token).forceApprove(address(venue), amount);
        venue.swap(token, address(stable), fee, amount, 0, address(this));
    }

    /// @dev The first route that names the token.
    function _feeOf(address token, SwapRoute[] memory routes) private pure returns (uint24) {
        for (uint256 i = 0; i < routes.length; ++i) {
            if (routes[i].token == token) return routes[i].fee;
        }
        revert RouteMissing(token);
    }
}
