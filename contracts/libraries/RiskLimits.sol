// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {AssetLimits, Attested, OptionInputs} from "../types/RiskBook.sol";
import {BoundsCheck} from "./BoundsCheck.sol";

/// @title What may be attested: inside bounds, and within one step of the last whole report
library RiskLimits {
    uint256 private constant WAD = 1e18;
    uint256 private constant UNIT = BoundsCheck.UNIT;

    function requireInBounds(address asset, uint256 volatility, uint256 slippage, AssetLimits memory limits)
        internal
        pure
    {
        uint256 floor = limits.volatilityFloor * UNIT;
        uint256 cap = limits.volatilityCap * UNIT;
        if (volatility < floor || volatility > cap) {
            revert IRiskOracle.VolatilityOutOfBounds(asset, volatility, floor, cap);
        }
        uint256 slippageCap = limits.slippageCap * UNIT;
        if (slippage > slippageCap) revert IRiskOracle.SlippageOutOfBounds(asset, slippage, slippageCap);
    }

    /// @notice The tightening side of the steps, which both kinds of report have.
    function requireTighteningStep(
        address asset,
        uint256 volatility,
        uint256 slippage,
        Attested memory previous,
        AssetLimits memory limits
    ) internal pure {
        uint256 most = previous.volatility * (WAD + limits.tightenStep * UNIT) / WAD;
        if (volatility > most) {
            revert IRiskOracle.VolatilityStepTooLarge(asset, previous.volatility, volatility, most);
        }
        most = previous.slippage + limits.slippageStep * UNIT;
        if (slippage > most) revert IRiskOracle.SlippageStepTooLarge(asset, previous.slippage, slippage, most);
    }

    function requireLooseningStep(
        address asset,
        uint256 volatility,
        uint256 slippage,
        Attested memory previous,
        AssetLimits memory limits
    ) internal pure {
        uint256 least = FixedPointMathLib.divUp(previous.volatility * (WAD - limits.loosenStep * UNIT), WAD);
        if (volatility < least) {
            revert IRiskOracle.VolatilityStepTooLarge(asset, previous.volatility, volatility, least);
        }
        least = FixedPointMathLib.zeroFloorSub(previous.slippage, limits.slippageStep * UNIT);
        if (slippage < least) revert IRiskOracle.SlippageStepTooLarge(asset, previous.slippage, slippage, least);
    }

    function requireOptionInBounds(
        address asset,
        uint64 expiry,
        OptionInputs memory inputs,
        IRiskOracle.OptionBounds memory bounds
    ) internal pure {
        uint256 implied = inputs.impliedVolatility;
        if (implied < bounds.impliedFloor || implied > bounds.impliedCap) {
            revert IRiskOracle.ImpliedOutOfBounds(asset, expiry, implied, bounds.impliedFloor, bounds.impliedCap);
        }
        uint256 ratio = inputs.forwardRatio;
        if (ratio < bounds.forwardFloor || ratio > bounds.forwardCap) {
            revert IRiskOracle.ForwardOutOfBounds(asset, expiry, ratio, bounds.forwardFloor, bounds.forwardCap);
        }
    }

    /// @notice Both ways, since more of either is not more risk for every book.
    function requireOptionStep(
        address asset,
        uint64 expiry,
        OptionInputs memory inputs,
        OptionInputs memory previous,
        IRiskOracle.OptionBounds memory bounds
    ) internal pure {
        (uint256 before, uint256 implied) = (previous.impliedVolatility, inputs.impliedVolatility);
        uint256 limit = implied > before
            ? before * (WAD + bounds.impliedStep) / WAD
            : FixedPointMathLib.divUp(before * (WAD - bounds.impliedStep), WAD);
        if (FixedPointMathLib.dist(before, implied) > FixedPointMathLib.dist(before, limit)) {
            revert IRiskOracle.ImpliedStepTooLarge(asset, expiry, before, implied, limit);
        }
        uint256 ratio = inputs.forwardRatio;
        before = previous.forwardRatio;
        limit =
            ratio > before ? before + bounds.forwardStep : FixedPointMathLib.zeroFloorSub(before, bounds.forwardStep);
        if (FixedPointMathLib.dist(before, ratio) > FixedPointMathLib.dist(before, limit)) {
            revert IRiskOracle.ForwardStepTooLarge(asset, expiry, before, ratio, limit);
        }
    }
}
