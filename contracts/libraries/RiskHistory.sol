// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {AssetBook, AssetModel, Checkpoint, RiskClock} from "../types/RiskBook.sol";
import {BoundsCheck} from "./BoundsCheck.sol";
import {FactorMath} from "./FactorMath.sol";
import {RiskSlots} from "./RiskSlots.sol";

/// @title A day of an asset's maintenance, as a ring of checkpoints
/// @dev A whole report and a change of bounds each write the next checkpoint; between two of them the older one says everything by its ramp.
///
/// Length. In the 24 hours (t - 24 h, t] there are at most 12 whole reports (at least 2 h apart) and 3 changes of bounds (at least 8 h apart),
/// so of 16 checkpoints one is always at or before t - 24 h, or is the one of listing: nothing that may happen in a day flushes a day.
///
/// All 16 are written at listing, so that a search needs no case for an empty ring and a report never pays for a fresh slot. The newest is at
/// (epoch + shift) modulo 16: a report moves it by raising the epoch, which it stores anyway.
library RiskHistory {
    using SafeCast for int256;
    using SafeCast for uint256;

    uint256 internal constant LENGTH = 16;
    uint256 internal constant SPAN = 1 days;

    /// @notice Position of the newest checkpoint.
    function head(RiskClock memory clock, AssetModel memory model) internal pure returns (uint256) {
        return (uint256(clock.epoch) + model.shift) % LENGTH;
    }

    /// @notice The position before another.
    function before(uint256 position) internal pure returns (uint256) {
        return (position + LENGTH - 1) % LENGTH;
    }

    /// @notice Where maintenance moves to under a vector.
    function lnTarget(AssetModel memory model, uint256 volatility, uint256 slippage) internal pure returns (int256) {
        return FactorMath.lnTarget(volatility, slippage, model.lossPerVolatility, model.lnPaid, model.lnCeiling);
    }

    /// @notice The checkpoint that follows `last` now: maintenance goes on from where it is, towards a vector under the (maybe new) model.
    function next(
        Checkpoint memory last,
        uint256 lossBefore,
        AssetModel memory model,
        uint256 volatility,
        uint256 slippage,
        uint32 ramp
    ) internal view returns (Checkpoint memory) {
        return checkpoint(
            lnAt(last, block.timestamp),
            lnTarget(model, volatility, slippage),
            volatilityAtUp(last, lossBefore, block.timestamp),
            volatility,
            ramp
        );
    }

    /// @notice A checkpoint from which maintenance moves towards a vector, in units rounded towards the stricter.
    function checkpoint(int256 lnStart, int256 lnEnd, uint256 volatilityStart, uint256 volatility, uint32 ramp)
        internal
        view
        returns (Checkpoint memory)
    {
        return Checkpoint({
            at: block.timestamp.toUint40(),
            lnStart: lnStart.toInt64(),
            lnTarget: lnEnd.toInt64(),
            volatilityStart: FixedPointMathLib.divUp(volatilityStart, BoundsCheck.UNIT).toUint32(),
            volatilityTarget: FixedPointMathLib.divUp(volatility, BoundsCheck.UNIT).toUint32(),
            ramp: uint256(ramp).toUint24()
        });
    }

    /// @notice ln LT at a time that is not before the checkpoint's.
    function lnAt(Checkpoint memory from, uint256 time) internal pure returns (int256) {
        return FactorMath.ramp(from.lnStart, from.lnTarget, _ratePerDay(from), time - from.at);
    }

    /// @notice Volatility of maintenance at a time that is not before the checkpoint's, rounded up.
    function volatilityAtUp(Checkpoint memory from, uint256 lossPerVolatility, uint256 time)
        internal
        pure
        returns (uint256)
    {
        return FactorMath.volatilityRampUp(
            from.volatilityStart * BoundsCheck.UNIT,
            from.volatilityTarget * BoundsCheck.UNIT,
            _ratePerDay(from),
            lossPerVolatility,
            time - from.at
        );
    }

    /// @notice Position of the newest checkpoint that is at or before a time; the oldest one if none is.
    /// @dev Halving: one read where the newest will do, else five.
    function positionAt(AssetBook storage asset, uint256 newest, uint256 time) internal view returns (uint256) {
        if (_at(asset.ring[newest]) <= time) return newest;
        (uint256 tooNew, uint256 back) = (0, LENGTH - 1);
        while (back - tooNew > 1) {
            uint256 middle = (tooNew + back) / 2;
            if (_at(asset.ring[(newest + LENGTH - middle) % LENGTH]) <= time) back = middle;
            else tooNew = middle;
        }
        return (newest + LENGTH - back) % LENGTH;
    }

    function _at(uint256 word) private pure returns (uint256) {
        return RiskSlots.checkpoint(word).at;
    }

    function _ratePerDay(Checkpoint memory from) private pure returns (uint256) {
        return from.ramp * BoundsCheck.RAMP_UNIT;
    }
}
