// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {FactorMath} from "./FactorMath.sol";

/// @title Which bounds governance may set for an asset
/// @dev The limits, in the order they are checked (scaled by 1e18 unless said):
///
///   volatilityFloor  1 .. volatilityCap - 1
///   slippageCap      0 .. .5
///   tightenStep      1 ..                    slippageStep  1 ..
///   loosenStep       1 .. 1
///   tailMultiplier   1 .. 10                 horizon       1 .. 30 days
///   bonus            0 .. .2                 jump          0 .. 1 - 1e-18
///   rampPerDay       1 .. half of z99 volatilityFloor sqrt(1 d)
///
/// The last one is what keeps a rule change from liquidating a full loan within a day: at any volatility ln(LT/BF) is at least twice what
/// maintenance moves in 24 hours.
library BoundsCheck {
    uint256 private constant WAD = 1e18;
    uint256 private constant SLIPPAGE_CAP_LIMIT = 0.5e18;
    uint256 private constant TAIL_MULTIPLIER_LIMIT = 10e18;
    uint256 private constant BONUS_LIMIT = 0.2e18;
    uint256 private constant HORIZON_LEAST = 1 days;
    uint256 private constant HORIZON_LIMIT = 30 days;

    /// @notice Reverts with the first field that is outside its limits.
    function requireValid(address asset, IRiskOracle.AssetBounds calldata bounds) internal pure {
        _atLeast(asset, "volatilityFloor", bounds.volatilityFloor, 1);
        _atLeast(asset, "volatilityCap", bounds.volatilityCap, uint256(bounds.volatilityFloor) + 1);
        _atMost(asset, "slippageCap", bounds.slippageCap, SLIPPAGE_CAP_LIMIT);
        _atLeast(asset, "tightenStep", bounds.tightenStep, 1);
        _atLeast(asset, "loosenStep", bounds.loosenStep, 1);
        _atMost(asset, "loosenStep", bounds.loosenStep, WAD);
        _atLeast(asset, "slippageStep", bounds.slippageStep, 1);
        _atLeast(asset, "tailMultiplier", bounds.tailMultiplier, WAD);
        _atMost(asset, "tailMultiplier", bounds.tailMultiplier, TAIL_MULTIPLIER_LIMIT);
        _atMost(asset, "bonus", bounds.bonus, BONUS_LIMIT);
        _atMost(asset, "jump", bounds.jump, WAD - 1);
        _atLeast(asset, "horizon", bounds.horizon, HORIZON_LEAST);
        _atMost(asset, "horizon", bounds.horizon, HORIZON_LIMIT);
        _atLeast(asset, "rampPerDay", bounds.rampPerDay, 1);
        _atMost(asset, "rampPerDay", bounds.rampPerDay, FactorMath.oneDayRoomDown(bounds.volatilityFloor) / 2);
    }

    function _atLeast(address asset, bytes32 field, uint256 value, uint256 least) private pure {
        if (value < least) revert IRiskOracle.BoundsInvalid(asset, field, value, least);
    }

    function _atMost(address asset, bytes32 field, uint256 value, uint256 limit) private pure {
        if (value > limit) revert IRiskOracle.BoundsInvalid(asset, field, value, limit);
    }
}
