// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {FactorMath} from "./FactorMath.sol";

/// @title What collateral on another chain is worth here: the arithmetic only
/// @dev Scaled by 1e18 unless said; a year has 365 days; times in seconds.
///
///   haircut l   = z99 sigma sqrt(age / year), at most 1                          rounded up
///   value       = units price / unit                                             rounded down
///   initial     = value BF (1 - l(initial sigma, age))                           rounded down
///   maintenance = value LT (1 - l(maintenance sigma, finality lag))              rounded down
library RemoteMath {
    uint256 internal constant WAD = 1e18;

    /// @notice The latency haircut of an observation.
    function haircutUp(uint256 volatility, uint256 age) internal pure returns (uint256) {
        if (age == 0) return 0;
        uint256 root = FactorMath.sqrtYearsDown(age) + 1;
        return FixedPointMathLib.min(WAD, FixedPointMathLib.fullMulDivUp(FactorMath.Z99 * volatility, root, 1e36));
    }

    /// @notice Seconds since `observedAt`, at least `lag`; an observation from the future has no age of its own.
    function ageAtLeast(uint256 currentTime, uint256 observedAt, uint256 lag) internal pure returns (uint256) {
        return FixedPointMathLib.max(FixedPointMathLib.zeroFloorSub(currentTime, observedAt), lag);
    }

    function valueDown(uint256 units, uint256 price, uint256 unit) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDiv(units, price, unit);
    }

    /// @notice value x factor x (1 - haircut).
    function weightedDown(uint256 value, uint256 factor, uint256 haircut) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDiv(value, factor * (WAD - haircut), WAD * WAD);
    }
}
