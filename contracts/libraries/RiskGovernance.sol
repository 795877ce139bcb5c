// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {
    AssetBook,
    AssetLimits,
    AssetModel,
    Attested,
    Checkpoint,
    OptionInputs,
    RiskBook,
    RiskClock
} from "../types/RiskBook.sol";
import {BoundsCheck} from "./BoundsCheck.sol";
import {RiskHistory} from "./RiskHistory.sol";
import {RiskLimits} from "./RiskLimits.sol";
import {RiskSlots} from "./RiskSlots.sol";

/// @title The changes that governance makes to `RiskOracle`, as a linked library
/// @dev Its code stands apart for the sake of the oracle's size; it runs in the oracle's storage, and the oracle restricts who may call.
library RiskGovernance {
    using SafeCast for uint256;

    uint256 private constant MAX_ASSETS = 16;
    uint256 private constant MAX_EXPIRIES = 8;

    /// @dev Three changes of bounds in 24 hours are what the ring of checkpoints has room for.
    uint256 private constant BOUNDS_INTERVAL = 8 hours;

    /// @dev Twelve whole reports in 24 hours likewise.
    uint256 private constant LEAST_INTERVAL = 2 hours;

    /// @dev Long enough for every settlement to have happened before the inputs go.
    uint256 private constant PRUNE_DELAY = 7 days;

    // ------------------------------------------------------------------------------------------------------ assets

    function listAsset(
        RiskBook storage book,
        address asset,
        IRiskOracle.AssetBounds calldata bounds,
        uint64 volatility,
        uint64 slippage,
        uint256 headroomLimit
    ) external {
        AssetBook storage entry = book.entries[asset];
        if (entry.model != 0) revert IRiskOracle.AssetAlreadyListed(asset);
        RiskClock memory clock = RiskSlots.clock(book.clock);
        uint256 count = clock.assetCount;
        if (count == MAX_ASSETS) revert IRiskOracle.AssetListFull(MAX_ASSETS);
        AssetModel memory model;
        model.index = count.toUint8();
        AssetLimits memory limits = _setConstants(entry, asset, bounds, model, headroomLimit);
        RiskLimits.requireInBounds(asset, volatility, slippage, limits);

        entry.model = RiskSlots.word(model);
        book.assets.push(asset);
        ++clock.assetCount;
        book.clock = RiskSlots.word(clock);
        entry.fallbackInputs = IRiskOracle.Fallback({
            volatility: bounds.volatilityCap, slippage: bounds.slippageCap, impliedVolatility: 0
        });
        _begin(entry, model, limits, volatility, slippage);

        emit IRiskOracle.BoundsSet(asset, bounds, _nextVersion(book));
        emit IRiskOracle.FallbackSet(asset, entry.fallbackInputs);
        emit IRiskOracle.AssetListed(asset, volatility, slippage);
    }

    function setBounds(
        RiskBook storage book,
        address asset,
        IRiskOracle.AssetBounds calldata bounds,
        uint256 headroomLimit
    ) external {
        AssetBook storage entry = _listed(book, asset);
        AssetModel memory model = RiskSlots.model(entry.model);
        uint256 earliest = model.boundsSetAt + BOUNDS_INTERVAL;
        if (block.timestamp < earliest) {
            revert IRiskOracle.BoundsChangeTooEarly(asset, block.timestamp, earliest);
        }
        uint256 newest = RiskHistory.head(RiskSlots.clock(book.clock), model);
        uint256 lossBefore = model.lossPerVolatility;
        AssetLimits memory limits = _setConstants(entry, asset, bounds, model, headroomLimit);
        uint64 reported = RiskSlots.attested(entry.attested).volatility;
        Attested memory lifted = _lift(entry, asset, bounds.volatilityFloor, limits);

        // The ramp up to now is the old bounds'; what follows is the new ones'.
        _checkpoint(entry, model, lifted, limits.ramp, lossBefore, newest);
        model.shift = ((model.shift + 1) % RiskHistory.LENGTH).toUint8();
        model.boundsSetAt = block.timestamp.toUint40();
        entry.model = RiskSlots.word(model);
        entry.attested = RiskSlots.word(lifted);

        emit IRiskOracle.BoundsSet(asset, bounds, _nextVersion(book));
        if (lifted.volatility != reported) {
            emit IRiskOracle.RiskUpdated(
                RiskSlots.clock(book.clock).epoch, asset, reported, lifted.volatility, lifted.slippage, lifted.slippage
            );
        }
    }

    function setFallback(RiskBook storage book, address asset, IRiskOracle.Fallback calldata inputs) external {
        AssetBook storage entry = _listed(book, asset);
        RiskLimits.requireInBounds(asset, inputs.volatility, inputs.slippage, RiskSlots.limits(entry.limits));
        IRiskOracle.OptionBounds memory bounds = entry.optionBounds;
        if (inputs.impliedVolatility < bounds.impliedFloor || inputs.impliedVolatility > bounds.impliedCap) {
            revert IRiskOracle.ImpliedOutOfBounds(
                asset, 0, inputs.impliedVolatility, bounds.impliedFloor, bounds.impliedCap
            );
        }

        entry.fallbackInputs = inputs;

        emit IRiskOracle.FallbackSet(asset, inputs);
    }

    // --------------------------------------------------------------------------------------------------- expiries

    function setOptionBounds(RiskBook storage book, address asset, IRiskOracle.OptionBounds calldata bounds) external {
        AssetBook storage entry = _listed(book, asset);
        BoundsCheck.requireValidOptions(asset, bounds);
        uint256 newest = RiskHistory.head(RiskSlots.clock(book.clock), RiskSlots.model(entry.model));
        for (uint256 i = 0; i < entry.expiries.length; ++i) {
            uint64 expiry = entry.expiries[i];
            RiskLimits.requireOptionInBounds(asset, expiry, entry.optionRing[expiry][newest], bounds);
        }

        entry.optionBounds = bounds;

        emit IRiskOracle.OptionBoundsSet(asset, bounds, _nextVersion(book));
        uint64 approved = entry.fallbackInputs.impliedVolatility;
        if (approved < bounds.impliedFloor || approved > bounds.impliedCap) {
            entry.fallbackInputs.impliedVolatility = bounds.impliedCap;
            emit IRiskOracle.FallbackSet(asset, entry.fallbackInputs);
        }
    }

    function listExpiry(
        RiskBook storage book,
        address asset,
        uint64 expiry,
        uint64 impliedVolatility,
        uint64 forwardRatio
    ) external {
        AssetBook storage entry = _listed(book, asset);
        if (expiry <= block.timestamp) revert IRiskOracle.ExpiryPassed(expiry, block.timestamp);
        if (entry.optionRing[expiry][0].impliedVolatility != 0) revert IRiskOracle.ExpiryAlreadyListed(asset, expiry);
        uint256 count = entry.expiries.length;
        if (count == MAX_EXPIRIES) revert IRiskOracle.ExpiryListFull(asset, MAX_EXPIRIES);
        OptionInputs memory inputs = OptionInputs({impliedVolatility: impliedVolatility, forwardRatio: forwardRatio});
        RiskLimits.requireOptionInBounds(asset, expiry, inputs, entry.optionBounds);

        entry.expiries.push(expiry);
        _setExpiryCount(entry, count + 1);
        for (uint256 i = 0; i < RiskHistory.LENGTH; ++i) {
            entry.optionRing[expiry][i] = inputs;
        }

        emit IRiskOracle.ExpiryListed(asset, expiry, impliedVolatility, forwardRatio, _nextVersion(book));
    }

    /// @dev The others keep their order.
    function pruneExpiries(RiskBook storage book, address asset) external {
        AssetBook storage entry = _listed(book, asset);
        uint64[] memory before = entry.expiries;
        uint256 kept = 0;
        for (uint256 i = 0; i < before.length; ++i) {
            if (before[i] + PRUNE_DELAY > block.timestamp) entry.expiries[kept++] = before[i];
        }
        if (kept == before.length) revert IRiskOracle.NothingToPrune(asset);
        for (uint256 i = kept; i < before.length; ++i) {
            entry.expiries.pop();
        }
        _setExpiryCount(entry, kept);
        uint256 version = _nextVersion(book);
        for (uint256 i = 0; i < before.length; ++i) {
            if (before[i] + PRUNE_DELAY > block.timestamp) continue;
            delete entry.optionRing[before[i]];
            emit IRiskOracle.ExpiryPruned(asset, before[i], version);
        }
    }

    // ----------------------------------------------------------------------------------------------------- timing

    function setTiming(RiskBook storage book, uint32 minInterval, uint32 heartbeat, uint32 silenceLimit) external {
        if (minInterval < LEAST_INTERVAL) revert IRiskOracle.IntervalTooShort(minInterval, LEAST_INTERVAL);
        if (heartbeat <= minInterval || silenceLimit <= heartbeat) {
            revert IRiskOracle.TimingNotAscending(minInterval, heartbeat, silenceLimit);
        }

        RiskClock memory clock = RiskSlots.clock(book.clock);
        (clock.minInterval, clock.heartbeat, clock.silenceLimit) = (minInterval, heartbeat, silenceLimit);
        book.clock = RiskSlots.word(clock);

        emit IRiskOracle.TimingSet(minInterval, heartbeat, silenceLimit, _nextVersion(book));
    }

    // --------------------------------------------------------------------------------------------------- internals

    /// @dev Checks bounds, stores them, and puts the constants of the formulas in `model`.
    function _setConstants(
        AssetBook storage entry,
        address asset,
        IRiskOracle.AssetBounds calldata bounds,
        AssetModel memory model,
        uint256 headroomLimit
    ) private returns (AssetLimits memory limits) {
        BoundsCheck.requireValid(asset, bounds, headroomLimit);
        limits = BoundsCheck.packed(asset, bounds);
        entry.limits = RiskSlots.word(limits);
        entry.constants = BoundsCheck.model(bounds, model);
    }

    /// @dev At listing maintenance stands at its target, as if it had for a day.
    function _begin(
        AssetBook storage entry,
        AssetModel memory model,
        AssetLimits memory limits,
        uint64 volatility,
        uint64 slippage
    ) private {
        entry.attested = RiskSlots.word(
            Attested({
                volatility: volatility, slippage: slippage, initialVolatility: volatility, initialSlippage: slippage
            })
        );
        int256 lnTarget = RiskHistory.lnTarget(model, volatility, slippage);
        uint256 first = RiskSlots.word(RiskHistory.checkpoint(lnTarget, lnTarget, volatility, volatility, limits.ramp));
        for (uint256 i = 0; i < RiskHistory.LENGTH; ++i) {
            entry.ring[i] = first;
        }
    }

    /// @dev Stored volatilities under a raised floor move up to it; anything else outside the new bounds refuses them.
    function _lift(AssetBook storage entry, address asset, uint64 floor, AssetLimits memory limits)
        private
        view
        returns (Attested memory lifted)
    {
        lifted = RiskSlots.attested(entry.attested);
        if (lifted.volatility < floor) lifted.volatility = floor;
        if (lifted.initialVolatility < floor) lifted.initialVolatility = floor;
        RiskLimits.requireInBounds(asset, lifted.volatility, lifted.slippage, limits);
        RiskLimits.requireInBounds(asset, lifted.initialVolatility, lifted.initialSlippage, limits);
        IRiskOracle.Fallback memory approved = entry.fallbackInputs;
        RiskLimits.requireInBounds(asset, approved.volatility, approved.slippage, limits);
    }

    /// @dev The next checkpoint of an asset, with the option inputs beside it.
    function _checkpoint(
        AssetBook storage entry,
        AssetModel memory model,
        Attested memory attested,
        uint32 ramp,
        uint256 lossBefore,
        uint256 newest
    ) private {
        uint256 next = (newest + 1) % RiskHistory.LENGTH;
        Checkpoint memory last = RiskSlots.checkpoint(entry.ring[newest]);
        entry.ring[next] =
            RiskSlots.word(RiskHistory.next(last, lossBefore, model, attested.volatility, attested.slippage, ramp));
        for (uint256 i = 0; i < model.expiryCount; ++i) {
            OptionInputs[16] storage inputs = entry.optionRing[entry.expiries[i]];
            inputs[next] = inputs[newest];
        }
    }

    function _setExpiryCount(AssetBook storage entry, uint256 count) private {
        AssetModel memory model = RiskSlots.model(entry.model);
        model.expiryCount = count.toUint8();
        entry.model = RiskSlots.word(model);
    }

    function _listed(RiskBook storage book, address asset) private view returns (AssetBook storage entry) {
        entry = book.entries[asset];
        if (entry.model == 0) revert IRiskOracle.AssetUnknown(asset);
    }

    function _nextVersion(RiskBook storage book) private returns (uint256) {
        RiskClock memory clock = RiskSlots.clock(book.clock);
        ++clock.boundsVersion;
        book.clock = RiskSlots.word(clock);
        return clock.boundsVersion;
    }
}
