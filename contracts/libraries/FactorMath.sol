// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title Collateral factors from an attested vector: the arithmetic only
/// @dev Everything is scaled by 1e18 unless said; a year has 365 days; times are in seconds.
///
///   k      = m sqrt(h / 365 d)                                        the modelled loss exponent of a volatility of 1
///   ln LT  = min( -k sigma + ln(1 - s) - ln(1 + b), ln(1 - jump) )    liquidation threshold
///   room   = z99 sigma sqrt(1 d / 365 d)                              one bad day
///   BF     = LT exp(-room)                                            borrow factor
///
/// Work is done in ln, because the maintenance ramp moves at a fixed rate in ln LT. The volatility of maintenance moves with it: ln LT is
/// linear in sigma, so a rate r in ln LT is a rate r / k in sigma.
///
/// Exponents that lower a factor round up, `expWad` rounds down: every rounding is towards the stricter factor. Against a 50-digit
/// reference the result is within a few units of the last place (1e-18) as long as the factor itself is not tiny.
library FactorMath {
    using SafeCast for int256;
    using SafeCast for uint256;

    uint256 internal constant WAD = 1e18;

    /// @dev 99 % quantile of the standard normal distribution, as all three implementations have it.
    uint256 internal constant Z99 = 2_326_347_874_000_000_000;

    uint256 internal constant DAY = 1 days;

    /// @dev `sqrtYearsDown(DAY)`, which most calls need; a test holds them equal.
    uint256 internal constant SQRT_DAY = 52_342_392_259_021_370;

    /// @notice sqrt(duration in years), rounded down.
    function sqrtYearsDown(uint256 duration) internal pure returns (uint256) {
        return FixedPointMathLib.sqrt(duration * 1e36 / 365 days);
    }

    /// @notice k = m sqrt(h), rounded up.
    function lossPerVolatilityUp(uint256 tailMultiplier, uint256 horizon) internal pure returns (uint256) {
        return FixedPointMathLib.divUp(tailMultiplier * sqrtYearsDown(horizon), WAD);
    }

    /// @notice z99 sigma sqrt(1 day), rounded up: ln(LT/BF) at this volatility.
    function oneDayRoomUp(uint256 volatility) internal pure returns (uint256) {
        return FixedPointMathLib.divUp(Z99 * volatility * SQRT_DAY, 1e36);
    }

    /// @notice z99 sigma sqrt(1 day), rounded down, for limits that must not be overstated.
    function oneDayRoomDown(uint256 volatility) internal pure returns (uint256) {
        return Z99 * volatility * SQRT_DAY / 1e36;
    }

    /// @notice ln(1 + x), of a bonus.
    function lnOver(uint256 x) internal pure returns (int256) {
        return FixedPointMathLib.lnWad((WAD + x).toInt256());
    }

    /// @notice ln(1 - x), of a slippage or a jump under 1.
    function lnUnder(uint256 x) internal pure returns (int256) {
        return FixedPointMathLib.lnWad((WAD - x).toInt256());
    }

    /// @notice ln of the liquidation threshold that a vector is worth, without any ramp.
    function lnThreshold(
        uint256 volatility,
        uint256 slippage,
        uint256 tailMultiplier,
        uint256 horizon,
        uint256 bonus,
        uint256 jump
    ) internal pure returns (int256) {
        return lnTarget(
            volatility, slippage, lossPerVolatilityUp(tailMultiplier, horizon), lnOver(bonus), lnUnder(jump)
        );
    }

    /// @notice The same from the constants of an asset: k, ln(1 + b) and ln(1 - jump).
    function lnTarget(uint256 volatility, uint256 slippage, uint256 lossPerVolatility, int256 lnPaid, int256 lnCeiling)
        internal
        pure
        returns (int256)
    {
        int256 loss = FixedPointMathLib.divUp(volatility * lossPerVolatility, WAD).toInt256();
        return FixedPointMathLib.min(lnUnder(slippage) - lnPaid - loss, lnCeiling);
    }

    /// @notice ln LT after `elapsed` seconds of moving from `lnStart` to `lnEnd` at `ratePerDay`, in either direction; it
    /// stops at the end.
    function ramp(int256 lnStart, int256 lnEnd, uint256 ratePerDay, uint256 elapsed) internal pure returns (int256) {
        uint256 moved = ratePerDay * elapsed / DAY;
        if (moved >= FixedPointMathLib.dist(lnStart, lnEnd)) return lnEnd;
        return lnEnd < lnStart ? lnStart - moved.toInt256() : lnStart + moved.toInt256();
    }

    /// @notice The volatility of maintenance after `elapsed` seconds of moving from `start` to `end` at the speed at which ln LT moves by
    /// `ratePerDay`, in either direction; it stops at the end. Rounded up.
    function volatilityRampUp(
        uint256 start,
        uint256 end,
        uint256 ratePerDay,
        uint256 lossPerVolatility,
        uint256 elapsed
    ) internal pure returns (uint256) {
        uint256 moved = ratePerDay * elapsed * WAD;
        uint256 scale = DAY * lossPerVolatility;
        if (end > start) return FixedPointMathLib.min(start + FixedPointMathLib.divUp(moved, scale), end);
        return FixedPointMathLib.max(FixedPointMathLib.zeroFloorSub(start, moved / scale), end);
    }

    /// @notice e^x of a logarithm that is not positive: a factor of at most 1.
    function factorDown(int256 lnFactor) internal pure returns (uint256) {
        return FixedPointMathLib.expWad(lnFactor).toUint256();
    }

    /// @notice The borrow factor under a threshold of which the logarithm is given.
    function borrowFactorDown(int256 lnThreshold_, uint256 volatility) internal pure returns (uint256) {
        return factorDown(lnThreshold_ - oneDayRoomUp(volatility).toInt256());
    }

    /// @notice LT/BF at a volatility, rounded down.
    function headroomDown(uint256 volatility) internal pure returns (uint256) {
        return FixedPointMathLib.expWad(oneDayRoomDown(volatility).toInt256()).toUint256();
    }
}
