// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IOptionBook} from "../interfaces/IOptionBook.sol";
import {IMarginAttestations} from "../interfaces/IMarginAttestations.sol";
import {PackedLeg} from "./PackedLeg.sol";
import {ScenarioMargin} from "./ScenarioMargin.sol";

/// @title An attested requirement, computed once more from what it is bound to
/// @dev SPECIFICATION
///
/// Per underlying of the leaf, at its own spot, volatility and inputs, as of its own time:
///
///   range        ScenarioMargin.rangeOf(volatility)
///   expiries     those of the inputs: time = expiry - observedAt, forward = spot x forward ratio, implied volatility as attested, rate and fixed part 0;
///                one that is not after observedAt has time 0 and forward = spot
///   R            ScenarioMargin.requirement of the legs on it
///
/// A leaf is wrong, whatever its requirement, where it contradicts its own legs or inputs; the first of these is the reason:
///   UnderlyingsUnsorted     assets are not in ascending order, each once
///   VolatilityUnderAttested the volatility is under the initial volatility of the inputs
///   ForwardRatioTooLarge    a forward ratio is over what the slope of spot holds for
///   ExpiryNotAttested       a leg expires when no attested expiry does
///   ExpiryEarlier           a leg expires before the leaf's earliest expiry
///   GrossAmountWrong        the sum of |amount| is another
///   UnderlyingMissing       a leg is on an asset that the leaf leaves out
/// and then, with T = 1e-6 of gross notional (sum of |amount| x spot over all legs):
///   RequirementWrong        |requirement + offset - sum of R| > T
///   OffsetTooLarge          offset > (sum of R - largest R) / 2 + T
///
/// `find` is external, for linking: a challenge is rare, and what it needs is no part of the bytecode that every use pays for.
library LeafRecompute {
    using PackedLeg for uint256;

    /// @dev The preimage of an inputs hash, as `RiskOracle.inputsHash` has it.
    struct Inputs {
        address asset;
        uint256 epoch;
        uint256 tightenings;
        uint64 volatility;
        uint64 slippage;
        uint64 initialVolatility;
        uint64 initialSlippage;
        uint64[] expiries;
        uint64[] impliedVolatilities;
        uint64[] forwardRatios;
    }

    /// @param why zero where the leaf is right
    /// @param stated requirement and offset of the leaf
    /// @param sum of all requirements
    /// @param largest of them
    /// @param grossNotional sum of |amount| x spot
    /// @param tolerance 1e-6 of it
    /// @param legs that belong to the underlyings seen so far
    struct Finding {
        bytes32 why;
        uint256 stated;
        uint256 sum;
        uint256 largest;
        uint256 grossNotional;
        uint256 tolerance;
        uint256 legs;
    }

    uint256 private constant TOLERANCE = 1e6;

    /// @notice What is wrong with a leaf, given the preimages of its hashes.
    /// @param words the packed legs
    /// @param listed the option book's underlyings
    function find(
        IMarginAttestations.Leaf memory leaf,
        uint256[] memory words,
        bytes[] memory inputs,
        IOptionBook.Underlying[] memory listed
    ) external pure returns (Finding memory finding) {
        address previous = address(0);
        for (uint256 i = 0; i < leaf.underlyings.length; ++i) {
            IMarginAttestations.AttestedUnderlying memory part = leaf.underlyings[i];
            if (part.asset <= previous) {
                finding.why = "UnderlyingsUnsorted";
                return finding;
            }
            previous = part.asset;
            _addUnderlying(finding, leaf, part, words, _decode(inputs[i]), listed);
            if (finding.why != 0) return finding;
        }
        if (finding.legs != words.length) finding.why = "UnderlyingMissing";
        else _judge(finding, leaf);
    }

    function _judge(Finding memory finding, IMarginAttestations.Leaf memory leaf) private pure {
        finding.stated = uint256(leaf.requirement) + leaf.offset;
        finding.tolerance = finding.grossNotional / TOLERANCE;
        uint256 grantable = (finding.sum - finding.largest) / 2 + finding.tolerance;
        if (FixedPointMathLib.dist(finding.stated, finding.sum) > finding.tolerance) finding.why = "RequirementWrong";
        else if (leaf.offset > grantable) finding.why = "OffsetTooLarge";
    }

    function _addUnderlying(
        Finding memory finding,
        IMarginAttestations.Leaf memory leaf,
        IMarginAttestations.AttestedUnderlying memory part,
        uint256[] memory words,
        Inputs memory inputs,
        IOptionBook.Underlying[] memory listed
    ) private pure {
        if (part.volatility < inputs.initialVolatility) {
            finding.why = "VolatilityUnderAttested";
            return;
        }
        (ScenarioMargin.Leg[] memory legs, bytes32 why) = _legs(leaf, part.asset, words, inputs.expiries, listed);
        ScenarioMargin.Expiry[] memory expiries;
        if (why == 0) (expiries, why) = _expiries(leaf.observedAt, part.spot, inputs);
        if (why == 0 && ScenarioMargin.grossAmount(legs) != part.grossAmount) why = "GrossAmountWrong";
        if (why != 0) {
            finding.why = why;
            return;
        }

        (uint256 needed,) =
            ScenarioMargin.requirement(legs, expiries, part.spot, ScenarioMargin.rangeOf(part.volatility));
        finding.sum += needed;
        finding.largest = FixedPointMathLib.max(finding.largest, needed);
        finding.grossNotional += ScenarioMargin.grossNotionalUp(legs, part.spot);
        finding.legs += legs.length;
    }

    /// @dev The legs on one asset.
    function _legs(
        IMarginAttestations.Leaf memory leaf,
        address asset,
        uint256[] memory words,
        uint64[] memory expiries,
        IOptionBook.Underlying[] memory listed
    ) private pure returns (ScenarioMargin.Leg[] memory legs, bytes32 why) {
        legs = new ScenarioMargin.Leg[](words.length);
        uint256 count = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words[i];
            if (listed[word.underlying()].asset != asset) continue;
            uint256 place = _placeOf(expiries, word.expiry());
            if (place == expiries.length) why = "ExpiryNotAttested";
            if (word.expiry() < leaf.earliestExpiry) why = "ExpiryEarlier";
            legs[count++] =
                ScenarioMargin.Leg({expiry: place, call: word.isCall(), strike: word.strike(), amount: word.amount()});
        }
        // The list only gets shorter.
        assembly ("memory-safe") {
            mstore(legs, count)
        }
    }

    function _expiries(uint256 observedAt, uint256 spot, Inputs memory inputs)
        private
        pure
        returns (ScenarioMargin.Expiry[] memory expiries, bytes32 why)
    {
        expiries = new ScenarioMargin.Expiry[](inputs.expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            ScenarioMargin.Expiry memory expiry = expiries[i];
            if (inputs.expiries[i] <= observedAt) {
                expiry.forward = spot;
                continue;
            }
            uint256 ratio = inputs.forwardRatios[i];
            if (ratio > ScenarioMargin.MAX_FORWARD_RATIO) why = "ForwardRatioTooLarge";
            expiry.timeToExpiry = inputs.expiries[i] - observedAt;
            expiry.forward = FixedPointMathLib.fullMulDiv(spot, ratio, 1e18);
            expiry.impliedVolatility = inputs.impliedVolatilities[i];
        }
    }

    function _placeOf(uint64[] memory expiries, uint256 expiry) private pure returns (uint256 place) {
        while (place < expiries.length && expiries[place] != expiry) ++place;
    }

    /// @dev The hash is over the fields one after another; a struct of them is encoded with an offset before it.
    function _decode(bytes memory preimage) private pure returns (Inputs memory) {
        return abi.decode(bytes.concat(bytes32(uint256(32)), preimage), (Inputs));
    }
}
