// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title How much a swap or a top-up has to move: the arithmetic only
/// @dev Values are in units of account and, like all ratios, scaled by 1e18.
///
///   num what the account's collateral and backing hold up, D + R what it owes and its options require, HT the target health
///   missing = HT (D + R) - num
///
/// Collateral added         a = missing / (P LT)                                     tokens
/// Stable repaid            x = min(D, missing / HT)
/// Collateral swapped       v = missing / ((1 - s) e_out - LT_in)                    value sold
///   e_out = LT of what is bought, or HT where it is stable, which lowers the debt; s the worst slippage that is accepted. So v is what restores the
///   target at the worst price: at a better one less does, and more than v is never needed. Where even the worst price may not improve
///   health there is no such v.
/// The same formulas as `TopUpSizing` and `SwapSizing` in C#, which size at the price that a pool quotes.
///
/// Rounding: everything up.
library DefenceMath {
    uint256 private constant WAD = 1e18;
    /// @dev Slack for values that are rounded down, as in `LiquidationMath`.
    uint256 private constant ROUNDING = 2;

    /// @notice HT (D + R) - num; zero where the target holds.
    function missingUp(uint256 capacity, uint256 owed, uint256 targetHealth) internal pure returns (uint256) {
        uint256 wanted = FixedPointMathLib.fullMulDivUp(owed, targetHealth, WAD);
        return wanted > capacity ? wanted - capacity + ROUNDING : 0;
    }

    /// @notice Token units to add. Price and threshold are not zero.
    function collateralUp(uint256 missing, uint256 price, uint256 threshold, uint256 unit)
        internal
        pure
        returns (uint256)
    {
        return FixedPointMathLib.fullMulDivUp(FixedPointMathLib.fullMulDivUp(missing, WAD, threshold), unit, price);
    }

    /// @notice Stable units to repay.
    function repaymentUp(uint256 missing, uint256 targetHealth, uint256 stableScale, uint256 debt)
        internal
        pure
        returns (uint256)
    {
        uint256 value = FixedPointMathLib.fullMulDivUp(missing, WAD, targetHealth);
        return FixedPointMathLib.min(FixedPointMathLib.divUp(value, stableScale), debt);
    }

    /// @notice Value to sell that restores the target at the worst price; the largest number where none is sure to.
    function soldUp(uint256 missing, uint256 thresholdIn, uint256 effectOut, uint256 slippage)
        internal
        pure
        returns (uint256)
    {
        uint256 received = FixedPointMathLib.mulWad(effectOut, WAD - slippage);
        if (received <= thresholdIn) return type(uint256).max;
        return FixedPointMathLib.fullMulDivUp(missing, WAD, received - thresholdIn);
    }
}
