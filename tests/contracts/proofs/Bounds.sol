// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {RiskLimits} from "../../../contracts/libraries/RiskLimits.sol";
import {AssetLimits, Attested, OptionInputs} from "../../../contracts/types/RiskBook.sol";

/// @title An accepted volatility and slippage are inside their bounds
/// @custom:bug contracts/libraries/RiskLimits.sol: `if (volatility < floor || volatility > cap) {` => `if (volatility < floor && volatility > cap) {`
contract AcceptedVectorIsInBounds {
    uint256 private constant UNIT = 1e9;

    function check(uint64 volatility, uint64 slippage, uint32 floor, uint32 cap, uint32 slippageCap) external pure {
        AssetLimits memory limits;
        limits.volatilityFloor = floor;
        limits.volatilityCap = cap;
        limits.slippageCap = slippageCap;
        RiskLimits.requireInBounds(address(1), volatility, slippage, limits);
        assert(floor * UNIT <= volatility && volatility <= cap * UNIT && slippage <= slippageCap * UNIT);
    }
}

/// @title Accepted option inputs are inside their bounds
/// @custom:bug contracts/libraries/RiskLimits.sol: `if (ratio < bounds.forwardFloor || ratio > bounds.forwardCap) {` => `if (ratio < bounds.forwardFloor) {`
contract AcceptedOptionInputsAreInBounds {
    function check(OptionInputs memory inputs, IRiskOracle.OptionBounds memory bounds) external pure {
        RiskLimits.requireOptionInBounds(address(1), 1, inputs, bounds);
        bool implied = bounds.impliedFloor <= inputs.impliedVolatility && inputs.impliedVolatility <= bounds.impliedCap;
        assert(implied && bounds.forwardFloor <= inputs.forwardRatio && inputs.forwardRatio <= bounds.forwardCap);
    }
}

/// @title With steps of a half an accepted volatility is within half of the last one, either way, and slippage within its step
/// @custom:bug contracts/libraries/RiskLimits.sol: `if (volatility < least) {` => `if (volatility + 1e9 < least) {`
contract AcceptedStepIsSmall {
    uint256 private constant UNIT = 1e9;

    function check(uint64 volatility, uint64 slippage, uint64 before, uint64 slippageBefore, uint32 slippageStep)
        external
        pure
    {
        Attested memory previous;
        previous.volatility = before;
        previous.slippage = slippageBefore;
        AssetLimits memory limits;
        limits.tightenStep = 0.5e9;
        limits.loosenStep = 0.5e9;
        limits.slippageStep = slippageStep;
        RiskLimits.requireTighteningStep(address(1), volatility, slippage, previous, limits);
        RiskLimits.requireLooseningStep(address(1), volatility, slippage, previous, limits);
        uint256 twice = 2 * uint256(volatility);
        bool near = before <= twice && twice <= 3 * uint256(before);
        assert(
            near && slippage <= slippageBefore + slippageStep * UNIT && slippageBefore <= slippage + slippageStep * UNIT
        );
    }
}
