// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IAttestationVerifier} from "../interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {AssetRisk, ExpiryRisk, Observation, SignedObservation} from "../types/Observation.sol";
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
import {Median} from "./Median.sol";
import {RawObservations} from "./RawObservations.sol";
import {ReportRules} from "./ReportRules.sol";
import {RiskHistory} from "./RiskHistory.sol";
import {RiskLimits} from "./RiskLimits.sol";
import {RiskSlots} from "./RiskSlots.sol";

/// @title Reports: the checks, what the observations amount to, and the change they make; a linked library
/// @dev See `RiskOracle` for the rules and their order. Its code stands apart for the sake of the oracle's size; it runs in the oracle's storage.
library RiskReports {
    using SafeCast for uint256;

    /// @notice `IRiskOracle.submit`.
    function submit(RiskBook storage book, IAttestationVerifier verifier, SignedObservation[] calldata observations)
        external
    {
        RiskClock memory clock = RiskSlots.clock(book.clock);
        bytes32 signerSet = _checkObservations(book, clock, verifier, observations);
        uint256 earliest = uint256(clock.lastReportAt) + clock.minInterval;
        if (block.timestamp < earliest) revert IRiskOracle.ReportTooEarly(block.timestamp, earliest);
        _requireQuorum(verifier, observations, signerSet, IAttestationVerifier.Quorum.Whole);

        clock.lastReportAt = block.timestamp.toUint40();
        clock.epoch = ReportRules.nextEpoch(clock.epoch);
        book.clock = RiskSlots.word(clock);
        _applyMedians(book, clock, observations);
    }

    /// @notice `IRiskOracle.tighten`.
    function tighten(RiskBook storage book, IAttestationVerifier verifier, SignedObservation[] calldata observations)
        external
    {
        RiskClock memory clock = RiskSlots.clock(book.clock);
        bytes32 signerSet = _checkObservations(book, clock, verifier, observations);
        _requireQuorum(verifier, observations, signerSet, IAttestationVerifier.Quorum.Tighten);

        ++clock.tightenings;
        book.clock = RiskSlots.word(clock);
        if (!_applyLeastTight(book, clock, observations)) revert IRiskOracle.NothingTightens(clock.epoch);
    }

    /// @notice `IRiskOracle.market`.
    function market() internal view returns (bytes32) {
        return bytes32((block.chainid << 160) | uint160(address(this)));
    }

    /// @notice `IRiskOracle.configDigest` for a signer set.
    function configDigest(bytes32 signerSet, uint256 boundsVersion) internal pure returns (bytes32) {
        return keccak256(abi.encode(signerSet, boundsVersion));
    }

    // ------------------------------------------------------------------------------------------------------ checks

    function _checkObservations(
        RiskBook storage book,
        RiskClock memory clock,
        IAttestationVerifier verifier,
        SignedObservation[] calldata observations
    ) private view returns (bytes32 signerSet) {
        bytes32 market_ = market();
        bytes32 digest;
        (signerSet, digest) = _signerSetOf(clock, verifier, observations);
        for (uint256 i = 0; i < observations.length; ++i) {
            Observation calldata observation = observations[i].observation;
            _checkIdentity(observation, market_, digest, clock.epoch);
            ReportRules.requireTimes(
                observation.notBefore, observation.deadline, observation.observedAt, clock.lastReportAt, block.timestamp
            );
            _checkVector(book, clock, observation.vector);
        }
    }

    /// @dev The set that the first observation was signed for, and the digest that all must carry: of the previous set while it is accepted
    /// and named, else of the current one.
    function _signerSetOf(
        RiskClock memory clock,
        IAttestationVerifier verifier,
        SignedObservation[] calldata observations
    ) private view returns (bytes32 signerSet, bytes32 digest) {
        bytes32 previous;
        (signerSet, previous) = verifier.acceptedSetDigests();
        digest = configDigest(signerSet, clock.boundsVersion);
        if (previous == 0 || observations.length == 0) return (signerSet, digest);
        bytes32 named = observations[0].observation.configDigest;
        bytes32 old = configDigest(previous, clock.boundsVersion);
        if (named == old) return (previous, old);
    }

    function _checkIdentity(Observation calldata observation, bytes32 market_, bytes32 digest, uint48 epoch)
        private
        pure
    {
        if (observation.market != market_) revert IRiskOracle.WrongMarket(observation.market, market_);
        ReportRules.requireNextEpoch(observation.epoch, epoch);
        if (observation.configDigest != digest) {
            revert IRiskOracle.ConfigDigestMismatch(observation.configDigest, digest);
        }
    }

    function _requireQuorum(
        IAttestationVerifier verifier,
        SignedObservation[] calldata observations,
        bytes32 signerSet,
        IAttestationVerifier.Quorum kind
    ) private view {
        Address.functionStaticCall(
            address(verifier),
            abi.encodePacked(
                IAttestationVerifier.requireQuorum.selector,
                uint256(96),
                signerSet,
                uint256(kind),
                RawObservations.bytesOf(observations)
            )
        );
    }

    /// @dev Reverts unless a vector has every listed asset and every listed expiry, in their order.
    function _checkVector(RiskBook storage book, RiskClock memory clock, AssetRisk[] calldata vector) private view {
        if (vector.length != clock.assetCount) {
            revert IRiskOracle.VectorIncomplete(vector.length, clock.assetCount);
        }
        for (uint256 i = 0; i < vector.length; ++i) {
            AssetRisk calldata entry = vector[i];
            AssetBook storage asset = book.entries[entry.asset];
            AssetModel memory model = RiskSlots.model(asset.model);
            // A listed asset knows its place, so the list itself is not read.
            if (model.lossPerVolatility == 0 || model.index != i) {
                revert IRiskOracle.VectorAssetMismatch(i, entry.asset, book.assets[i]);
            }
            if (entry.expiries.length != model.expiryCount) {
                revert IRiskOracle.ExpiriesIncomplete(entry.asset, entry.expiries.length, model.expiryCount);
            }
            if (model.expiryCount != 0) _checkExpiries(asset, entry);
        }
    }

    function _checkExpiries(AssetBook storage asset, AssetRisk calldata entry) private view {
        for (uint256 i = 0; i < entry.expiries.length; ++i) {
            (uint64 given, uint64 expected) = (entry.expiries[i].expiry, asset.expiries[i]);
            if (given != expected) revert IRiskOracle.ExpiryMismatch(entry.asset, i, given, expected);
        }
    }

    // ------------------------------------------------------------------------------------------------ whole report

    /// @dev `clock` is of the epoch that the report opens; the newest checkpoint is still that of the one before.
    function _applyMedians(RiskBook storage book, RiskClock memory clock, SignedObservation[] calldata observations)
        private
    {
        uint64[][2] memory scratch = [new uint64[](observations.length), new uint64[](observations.length)];
        for (uint256 i = 0; i < clock.assetCount; ++i) {
            address token = _entry(observations, 0, i).asset;
            AssetBook storage asset = book.entries[token];
            AssetModel memory model = RiskSlots.model(asset.model);
            uint256 next = RiskHistory.head(clock, model);
            _applyMedian(asset, model, token, i, next, clock.epoch, observations, scratch);
            for (uint256 k = 0; k < model.expiryCount; ++k) {
                _applyOptionMedian(asset, token, i, k, next, clock.epoch, observations, scratch);
            }
        }
    }

    /// @dev Median, bounds, steps, then the new state of one asset.
    function _applyMedian(
        AssetBook storage asset,
        AssetModel memory model,
        address token,
        uint256 index,
        uint256 next,
        uint64 opened,
        SignedObservation[] calldata observations,
        uint64[][2] memory scratch
    ) private {
        Attested memory previous = RiskSlots.attested(asset.attested);
        AssetLimits memory limits = RiskSlots.limits(asset.limits);
        (uint64 volatility, uint64 slippage) = _median(index, observations, scratch[0], scratch[1]);
        RiskLimits.requireInBounds(token, volatility, slippage, limits);
        RiskLimits.requireTighteningStep(token, volatility, slippage, previous, limits);
        RiskLimits.requireLooseningStep(token, volatility, slippage, previous, limits);

        _store(asset, model, next, volatility, slippage, limits.ramp);

        emit IRiskOracle.RiskUpdated(opened, token, previous.volatility, volatility, previous.slippage, slippage);
    }

    /// @dev A state in which initial and maintenance aim at the same vector, and the ramp goes on from where it is.
    function _store(
        AssetBook storage asset,
        AssetModel memory model,
        uint256 next,
        uint64 volatility,
        uint64 slippage,
        uint32 ramp
    ) private {
        Checkpoint memory last = RiskSlots.checkpoint(asset.ring[RiskHistory.before(next)]);
        asset.ring[next] =
            RiskSlots.word(RiskHistory.next(last, model.lossPerVolatility, model, volatility, slippage, ramp));
        asset.attested = RiskSlots.word(
            Attested({
                volatility: volatility, slippage: slippage, initialVolatility: volatility, initialSlippage: slippage
            })
        );
    }

    function _applyOptionMedian(
        AssetBook storage asset,
        address token,
        uint256 index,
        uint256 expiryIndex,
        uint256 next,
        uint64 opened,
        SignedObservation[] calldata observations,
        uint64[][2] memory scratch
    ) private {
        OptionInputs memory inputs = _optionMedian(index, expiryIndex, observations, scratch[0], scratch[1]);
        uint64 expiry = _entry(observations, 0, index).expiries[expiryIndex].expiry;
        OptionInputs[16] storage ring = asset.optionRing[expiry];
        OptionInputs memory previous = ring[RiskHistory.before(next)];
        IRiskOracle.OptionBounds memory bounds = asset.optionBounds;
        RiskLimits.requireOptionInBounds(token, expiry, inputs, bounds);
        // Of a passed expiry nothing is observed any more; any value in its bounds will do.
        if (expiry > block.timestamp) RiskLimits.requireOptionStep(token, expiry, inputs, previous, bounds);

        ring[next] = inputs;

        emit IRiskOracle.OptionInputsUpdated(
            opened,
            token,
            expiry,
            previous.impliedVolatility,
            inputs.impliedVolatility,
            previous.forwardRatio,
            inputs.forwardRatio
        );
    }

    function _median(
        uint256 index,
        SignedObservation[] calldata observations,
        uint64[] memory volatilities,
        uint64[] memory slippages
    ) private pure returns (uint64 volatility, uint64 slippage) {
        for (uint256 i = 0; i < volatilities.length; ++i) {
            AssetRisk calldata entry = _entry(observations, i, index);
            (volatilities[i], slippages[i]) = (entry.volatility, entry.slippage);
        }
        volatility = Median.upperMedian(volatilities);
        slippage = Median.upperMedian(slippages);
    }

    function _optionMedian(
        uint256 index,
        uint256 expiryIndex,
        SignedObservation[] calldata observations,
        uint64[] memory implied,
        uint64[] memory ratios
    ) private pure returns (OptionInputs memory inputs) {
        for (uint256 i = 0; i < implied.length; ++i) {
            ExpiryRisk calldata entry = _entry(observations, i, index).expiries[expiryIndex];
            (implied[i], ratios[i]) = (entry.impliedVolatility, entry.forwardRatio);
        }
        inputs.impliedVolatility = Median.upperMedian(implied);
        inputs.forwardRatio = Median.upperMedian(ratios);
    }

    function _entry(SignedObservation[] calldata observations, uint256 signer, uint256 index)
        private
        pure
        returns (AssetRisk calldata)
    {
        return observations[signer].observation.vector[index];
    }

    // -------------------------------------------------------------------------------------------------- tightening

    /// @dev Tightens initial margin where the least tight observation does; true if it does anywhere.
    function _applyLeastTight(RiskBook storage book, RiskClock memory clock, SignedObservation[] calldata observations)
        private
        returns (bool tightened)
    {
        for (uint256 i = 0; i < clock.assetCount; ++i) {
            address token = _entry(observations, 0, i).asset;
            if (_tightenAsset(book.entries[token], token, i, clock.epoch, observations)) tightened = true;
        }
    }

    /// @dev Maintenance is untouched.
    function _tightenAsset(
        AssetBook storage asset,
        address token,
        uint256 index,
        uint64 epoch,
        SignedObservation[] calldata observations
    ) private returns (bool) {
        Attested memory previous = RiskSlots.attested(asset.attested);
        (uint64 volatility, uint64 slippage) = _leastTight(index, observations);
        if (volatility < previous.initialVolatility) volatility = previous.initialVolatility;
        if (slippage < previous.initialSlippage) slippage = previous.initialSlippage;
        if (volatility == previous.initialVolatility && slippage == previous.initialSlippage) return false;
        AssetLimits memory limits = RiskSlots.limits(asset.limits);
        RiskLimits.requireInBounds(token, volatility, slippage, limits);
        RiskLimits.requireTighteningStep(token, volatility, slippage, previous, limits);

        Attested memory tightened = Attested({
            volatility: previous.volatility,
            slippage: previous.slippage,
            initialVolatility: volatility,
            initialSlippage: slippage
        });
        asset.attested = RiskSlots.word(tightened);

        emit IRiskOracle.InitialTightened(
            epoch, token, previous.initialVolatility, volatility, previous.initialSlippage, slippage
        );
        return true;
    }

    function _leastTight(uint256 index, SignedObservation[] calldata observations)
        private
        pure
        returns (uint64 volatility, uint64 slippage)
    {
        (volatility, slippage) = (type(uint64).max, type(uint64).max);
        for (uint256 i = 0; i < observations.length; ++i) {
            AssetRisk calldata entry = _entry(observations, i, index);
            if (entry.volatility < volatility) volatility = entry.volatility;
            if (entry.slippage < slippage) slippage = entry.slippage;
        }
    }
}
