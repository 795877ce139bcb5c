// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title What borrowers pay: a kinked rate of utilisation
/// @dev Scaled by 1e18; a year has 365 days. utilisation = debt / (cash + debt), 0 without debt.
///
///   0 % a year at utilisation 0, rising in a straight line to 4 % at 80 %, then in a steeper one to 79 % at 100 %.
///
/// Interest is simple within one accrual (index grows by rate x time) and compounds only from accrual to accrual.
library InterestRate {
    uint256 private constant WAD = 1e18;
    uint256 private constant KINK = 0.8e18;
    uint256 private constant RATE_AT_KINK = 0.04e18;
    uint256 private constant RATE_AT_FULL = 0.79e18;

    /// @notice Share of the lenders' assets that is lent, rounded down.
    function utilisationDown(uint256 debt, uint256 cash) internal pure returns (uint256) {
        if (debt == 0) return 0;
        return FixedPointMathLib.fullMulDiv(debt, WAD, debt + cash);
    }

    /// @notice Rate a year at a utilisation of at most 1, rounded down.
    function annualRateDown(uint256 utilisation) internal pure returns (uint256) {
        if (utilisation <= KINK) return utilisation * RATE_AT_KINK / KINK;
        return RATE_AT_KINK + (utilisation - KINK) * (RATE_AT_FULL - RATE_AT_KINK) / (WAD - KINK);
    }

    /// @notice The index after `elapsed` seconds at `annualRate`, rounded down.
    function grownDown(uint256 index, uint256 annualRate, uint256 elapsed) internal pure returns (uint256) {
        return index + FixedPointMathLib.fullMulDiv(index, annualRate * elapsed, 365 days * WAD);
    }
}
