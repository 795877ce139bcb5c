// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {AssetConstants, AssetLimits, AssetModel} from "../types/RiskBook.sol";
import {FactorMath} from "./FactorMath.sol";

/// @title Which bounds governance may set for an asset, and how they are packed
/// @dev The limits, in the order they are checked (scaled by 1e18 unless said):
///
///   volatilityFloor  1e-9 .. volatilityCap - 1e-9
///   volatilityCap         .. 4.29            slippageCap    0 .. .5
///   tightenStep      1e-9 .. 4.29            slippageStep   1e-9 .. 1
///   loosenStep       1e-9 .. 1
///   tailMultiplier   1 .. 10                 horizon        1 .. 30 days
///   bonus            0 .. .2                 jump           0 .. .9
///   rampPerDay       1e-8 .. half of z99 volatilityFloor sqrt(1 d), and at most .16
///   ln LT at both caps at least -9.2, so that every logarithm fits 64 bits
///   exp(z99 volatilityFloor sqrt(1 d)) at least the headroom limit of the contract
///
/// All but tailMultiplier, jump and horizon have at most nine decimals (rampPerDay: eight), so that they fit one slot.
///
/// The limit of the ramp is what keeps a rule change from liquidating a full loan within a day: at any volatility ln(LT/BF) is at least
/// twice what maintenance moves in 24 hours. The headroom limit lets a vault compare its target health once and be right for ever.
library BoundsCheck {
    uint256 internal constant UNIT = 1e9;
    uint256 internal constant RAMP_UNIT = 1e10;

    uint256 private constant WAD = 1e18;
    uint256 private constant NINE_DECIMALS_LIMIT = 4.29e18;
    uint256 private constant SLIPPAGE_CAP_LIMIT = 0.5e18;
    uint256 private constant TAIL_MULTIPLIER_LIMIT = 10e18;
    uint256 private constant BONUS_LIMIT = 0.2e18;
    uint256 private constant JUMP_LIMIT = 0.9e18;
    uint256 private constant RAMP_LIMIT = 0.16e18;
    uint256 private constant LN_LIMIT = 9.2e18;
    uint256 private constant HORIZON_LEAST = 1 days;
    uint256 private constant HORIZON_LIMIT = 30 days;

    /// @notice Reverts with the first field that is outside its limits.
    function requireValid(address asset, IRiskOracle.AssetBounds calldata bounds, uint256 headroomLimit) internal pure {
        _atLeast(asset, "volatilityFloor", bounds.volatilityFloor, UNIT);
        _atLeast(asset, "volatilityCap", bounds.volatilityCap, uint256(bounds.volatilityFloor) + UNIT);
        _atMost(asset, "volatilityCap", bounds.volatilityCap, NINE_DECIMALS_LIMIT);
        _atMost(asset, "slippageCap", bounds.slippageCap, SLIPPAGE_CAP_LIMIT);
        _atLeast(asset, "tightenStep", bounds.tightenStep, UNIT);
        _atMost(asset, "tightenStep", bounds.tightenStep, NINE_DECIMALS_LIMIT);
        _atLeast(asset, "loosenStep", bounds.loosenStep, UNIT);
        _atMost(asset, "loosenStep", bounds.loosenStep, WAD);
        _atLeast(asset, "slippageStep", bounds.slippageStep, UNIT);
        _atMost(asset, "slippageStep", bounds.slippageStep, WAD);
        _atLeast(asset, "tailMultiplier", bounds.tailMultiplier, WAD);
        _atMost(asset, "tailMultiplier", bounds.tailMultiplier, TAIL_MULTIPLIER_LIMIT);
        _atMost(asset, "bonus", bounds.bonus, BONUS_LIMIT);
        _atMost(asset, "jump", bounds.jump, JUMP_LIMIT);
        _atLeast(asset, "horizon", bounds.horizon, HORIZON_LEAST);
        _atMost(asset, "horizon", bounds.horizon, HORIZON_LIMIT);
        _atLeast(asset, "rampPerDay", bounds.rampPerDay, RAMP_UNIT);
        _atMost(asset, "rampPerDay", bounds.rampPerDay, FactorMath.oneDayRoomDown(bounds.volatilityFloor) / 2);
        _atMost(asset, "rampPerDay", bounds.rampPerDay, RAMP_LIMIT);
        _requireLogarithmFits(asset, bounds);

        uint256 headroom = FactorMath.headroomDown(bounds.volatilityFloor);
        if (headroom < headroomLimit) revert IRiskOracle.HeadroomTooSmall(asset, headroom, headroomLimit);
    }

    /// @notice Reverts with the first of the option bounds that is outside its limits.
    function requireValidOptions(address asset, IRiskOracle.OptionBounds calldata bounds) internal pure {
        _atLeast(asset, "impliedFloor", bounds.impliedFloor, 1);
        _atLeast(asset, "impliedCap", bounds.impliedCap, uint256(bounds.impliedFloor) + 1);
        _atLeast(asset, "impliedStep", bounds.impliedStep, 1);
        _atMost(asset, "impliedStep", bounds.impliedStep, WAD);
        _atLeast(asset, "forwardStep", bounds.forwardStep, 1);
        _atLeast(asset, "forwardFloor", bounds.forwardFloor, 1);
        _atMost(asset, "forwardFloor", bounds.forwardFloor, WAD);
        _atLeast(asset, "forwardCap", bounds.forwardCap, WAD);
    }

    /// @notice Bounds and steps in their slot; refuses decimals that would be lost.
    function packed(address asset, IRiskOracle.AssetBounds calldata bounds) internal pure returns (AssetLimits memory) {
        return AssetLimits({
            volatilityFloor: _units(asset, "volatilityFloor", bounds.volatilityFloor, UNIT),
            volatilityCap: _units(asset, "volatilityCap", bounds.volatilityCap, UNIT),
            slippageCap: _units(asset, "slippageCap", bounds.slippageCap, UNIT),
            tightenStep: _units(asset, "tightenStep", bounds.tightenStep, UNIT),
            loosenStep: _units(asset, "loosenStep", bounds.loosenStep, UNIT),
            slippageStep: _units(asset, "slippageStep", bounds.slippageStep, UNIT),
            bonus: _units(asset, "bonus", bounds.bonus, UNIT),
            ramp: _units(asset, "rampPerDay", bounds.rampPerDay, RAMP_UNIT)
        });
    }

    /// @notice The constants of the formulas, and what is kept to show them.
    function model(IRiskOracle.AssetBounds calldata bounds, AssetModel memory made)
        internal
        pure
        returns (AssetConstants memory)
    {
        // All three fit: `requireValid` limits what they are made of.
        // forge-lint: disable-next-line(unsafe-typecast)
        made.lossPerVolatility = uint64(FactorMath.lossPerVolatilityUp(bounds.tailMultiplier, bounds.horizon));
        // forge-lint: disable-next-line(unsafe-typecast)
        made.lnPaid = int64(FactorMath.lnOver(bounds.bonus));
        // forge-lint: disable-next-line(unsafe-typecast)
        made.lnCeiling = int64(FactorMath.lnUnder(bounds.jump));
        return AssetConstants({tailMultiplier: bounds.tailMultiplier, jump: bounds.jump, horizon: bounds.horizon});
    }

    /// @notice Bounds as they were given.
    function unpacked(AssetLimits memory limits, AssetConstants memory constants)
        internal
        pure
        returns (IRiskOracle.AssetBounds memory)
    {
        return IRiskOracle.AssetBounds({
            volatilityFloor: _scaled(limits.volatilityFloor, UNIT),
            volatilityCap: _scaled(limits.volatilityCap, UNIT),
            slippageCap: _scaled(limits.slippageCap, UNIT),
            tightenStep: _scaled(limits.tightenStep, UNIT),
            loosenStep: _scaled(limits.loosenStep, UNIT),
            slippageStep: _scaled(limits.slippageStep, UNIT),
            tailMultiplier: constants.tailMultiplier,
            bonus: _scaled(limits.bonus, UNIT),
            jump: constants.jump,
            rampPerDay: _scaled(limits.ramp, RAMP_UNIT),
            horizon: constants.horizon
        });
    }

    function _requireLogarithmFits(address asset, IRiskOracle.AssetBounds calldata bounds) private pure {
        int256 least = FactorMath.lnThreshold(
            bounds.volatilityCap, bounds.slippageCap, bounds.tailMultiplier, bounds.horizon, bounds.bonus, bounds.jump
        );
        // A threshold is at most 1, so its logarithm is not positive.
        // forge-lint: disable-next-line(unsafe-typecast)
        _atMost(asset, "lnThreshold", uint256(-least), LN_LIMIT);
    }

    function _units(address asset, bytes32 field, uint256 value, uint256 unit) private pure returns (uint32) {
        if (value % unit != 0) revert IRiskOracle.BoundsTooFine(asset, field, value, unit);
        // Every limit above is under 2^32 units.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(value / unit);
    }

    function _scaled(uint256 units, uint256 unit) private pure returns (uint64) {
        // 2^32 units of 1e9 are under 2^62, and a ramp is far smaller.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(units * unit);
    }

    function _atLeast(address asset, bytes32 field, uint256 value, uint256 least) private pure {
        if (value < least) revert IRiskOracle.BoundsInvalid(asset, field, value, least);
    }

    function _atMost(address asset, bytes32 field, uint256 value, uint256 limit) private pure {
        if (value > limit) revert IRiskOracle.BoundsInvalid(asset, field, value, limit);
    }
}
