// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StdInvariant} from "forge-std/StdInvariant.sol";
import {Test} from "forge-std/Test.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {FactorMath} from "../../../contracts/libraries/FactorMath.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {RiskHandler} from "./RiskHandler.sol";

/// @title What the risk oracle holds to, whatever is reported, forged, governed, or not said for days
/// @dev Sentences (rule of the specification in brackets; h: asserted in the handler across a call, i: here, d: here at every fourth call)
///   R1   (1) A report is applied to every asset and expiry, or to none                                            h
///   R2   (1) LT and BF are the formulas of the stored inputs and of nothing else                                  d
///   R3   (1) Every stored figure lies inside its bounds, each expiry's too                                        d
///   R4   (2) BF is at most LT exp(-z99 sigma sqrt(1 day)) at the attested initial volatility                      d
///   R5   (2) ln LT moves no faster than its ramp, whatever is called                                              h
///   R6   (2) What was borrowed to the full within the last 24 hours is over maintenance                           i
///   R7   (5) The epoch counts whole reports: by one with each, and with nothing else                              h
///   R8   (5) A report of the wrong epoch, market, digest, time, quorum or signer, or out of bounds, is refused by that name   h
///   R9   (5) One liar among four moves no figure past what an honest node signed                                  h
///   R10  (5) Two signers tighten initial margin to the less strict of them, and move neither maintenance nor options   h
///   R11  (7) Initial margin never gets looser by time but with a ramp that a report or governance started         h
///   R12  (7) Silence does not move maintenance                                                                    h
///   R13  (7) The stage is Live up to the heartbeat, Stale up to the limit, Dead past it                           d
///   R14  (3) Factors and option inputs of 24 hours ago are what an unlimited record says                          d
///   R15  (2) A liquidation's target never asks for more than the least headroom, and headroom is kept             d
contract RiskInvariants is StdInvariant, Test {
    /// @dev Of 1e18: roundings of exp.
    uint256 private constant SLACK = 8;

    RiskHandler private handler;
    RiskOracle private risk;
    MockToken[2] private tokens;

    function setUp() public {
        handler = new RiskHandler();
        handler.setUp();
        risk = handler.oracle();
        (, tokens) = handler.money();
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = handler.report.selector;
        selectors[1] = handler.tighten.selector;
        selectors[2] = handler.forge.selector;
        selectors[3] = handler.wait.selector;
        selectors[4] = handler.setModel.selector;
        selectors[5] = handler.setFallback.selector;
        selectors[6] = handler.roll.selector;
        // More often, so that ramps arrive and silence lasts.
        selectors[7] = handler.wait.selector;
        selectors[8] = handler.wait.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// @notice R1 to R15.
    /// forge-config: ci.invariant.runs = 500
    /// forge-config: ci.invariant.depth = 100
    function invariant_RiskIsWhatWasAttested() public view {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 threshold = risk.factors(address(tokens[i])).liquidationThreshold;
            assertGe(threshold, handler.largestRoom(i), "R6: a full loan of today is liquidatable");
        }
        if (handler.turn()) _checkAll();
    }

    function _checkAll() private view {
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetState memory state = risk.stateOf(address(tokens[i]));
            IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(tokens[i]));
            IRiskOracle.Factors memory factors = risk.factors(address(tokens[i]));
            _checkFormulas(address(tokens[i]), state, bounds, factors);
            _checkBounds(state, bounds);
            _checkHeadroom(i, state, factors);
            (uint256 threshold,) = risk.pastFactors(address(tokens[i]));
            assertEq(threshold, FactorMath.factorDown(handler.lnBefore(i)), "R14: the factors of a day ago");
        }
        _checkExpiries();
        _checkStage();
    }

    function afterInvariant() public {
        _checkAll();
        handler.finish();
        invariant_RiskIsWhatWasAttested();
        _checkAll();
        string[9] memory kinds =
            ["report", "lie", "tighten", "forge", "wait", "silence", "setModel", "setFallback", "roll"];
        for (uint256 i = 0; i < kinds.length; ++i) {
            assertGt(handler.counted(kinds[i]), 0, string.concat("this never happened: ", kinds[i]));
        }
    }

    function _checkFormulas(
        address token,
        IRiskOracle.AssetState memory state,
        IRiskOracle.AssetBounds memory bounds,
        IRiskOracle.Factors memory factors
    ) private view {
        assertEq(state.lnThresholdTarget, _ln(bounds, state.volatility, state.slippage), "R2: the target of the ramp");
        int256 maintenance = FactorMath.ramp(
            state.lnThresholdAtUpdate, state.lnThresholdTarget, bounds.rampPerDay, block.timestamp - state.updatedAt
        );
        assertEq(factors.liquidationThreshold, FactorMath.factorDown(maintenance), "R2: LT");

        uint256 factor = _factor(bounds, maintenance, state.initialVolatility, state.initialSlippage);
        IRiskOracle.Fallback memory approved = risk.fallbackInputs(token);
        if (block.timestamp - risk.lastReportAt() > risk.heartbeat()) {
            factor = FixedPointMathLib.min(factor, _factor(bounds, maintenance, approved.volatility, approved.slippage));
        }
        assertEq(factors.borrowFactor, factor, "R2: BF");
        assertEq(factors.bonus, bounds.bonus, "R2: the bonus");
        assertGe(
            factors.initialVolatility, factors.maintenanceVolatility, "R2: the range of initial margin is narrower"
        );
    }

    function _factor(IRiskOracle.AssetBounds memory bounds, int256 maintenance, uint256 volatility, uint256 slippage)
        private
        pure
        returns (uint256)
    {
        int256 most = FixedPointMathLib.min(maintenance, _ln(bounds, volatility, slippage));
        return FactorMath.borrowFactorDown(most, volatility);
    }

    function _ln(IRiskOracle.AssetBounds memory bounds, uint256 volatility, uint256 slippage)
        private
        pure
        returns (int256)
    {
        return FactorMath.lnThreshold(
            volatility, slippage, bounds.tailMultiplier, bounds.horizon, bounds.bonus, bounds.jump
        );
    }

    function _checkBounds(IRiskOracle.AssetState memory state, IRiskOracle.AssetBounds memory bounds) private view {
        assertGe(state.volatility, bounds.volatilityFloor, "R3: volatility under its floor");
        assertLe(state.initialVolatility, bounds.volatilityCap, "R3: volatility over its cap");
        assertLe(state.initialSlippage, bounds.slippageCap, "R3: slippage over its cap");
        assertGe(state.initialVolatility, state.volatility, "R3: initial aims looser than maintenance");
        assertGe(state.initialSlippage, state.slippage, "R3: initial aims looser than maintenance");
        assertLe(state.updatedAt, block.timestamp, "R3: a checkpoint of the future");
    }

    function _checkHeadroom(uint256 which, IRiskOracle.AssetState memory state, IRiskOracle.Factors memory factors)
        private
        view
    {
        address token = address(tokens[which]);
        assertLt(factors.liquidationThreshold, 1e18, "R4: LT is no fraction");
        assertLe(
            factors.borrowFactor,
            FactorMath.borrowFactorDown(
                FixedPointMathLib.lnWad(int256(factors.liquidationThreshold)), state.initialVolatility
            ) + SLACK,
            "R4: BF is not a bad day under LT"
        );
        assertGe(risk.minimumHeadroom(token), risk.headroomLimit(), "R15: too little headroom");
        assertGe(
            factors.liquidationThreshold * 1e18 + SLACK * 1e18,
            factors.borrowFactor * risk.minimumHeadroom(token),
            "R15: LT over BF is under the least headroom"
        );
    }

    function _checkExpiries() private view {
        address token = address(tokens[0]);
        IRiskOracle.OptionBounds memory bounds = risk.optionBoundsOf(token);
        uint64[] memory expiries = risk.expiriesOf(token);
        for (uint256 i = 0; i < expiries.length; ++i) {
            (uint256 implied, uint256 ratio) = risk.optionInputs(token, expiries[i]);
            assertGe(implied, bounds.impliedFloor, "R3: implied volatility under its floor");
            assertLe(implied, bounds.impliedCap, "R3: implied volatility over its cap");
            assertGe(ratio, bounds.forwardFloor, "R3: forward under its floor");
            assertLe(ratio, bounds.forwardCap, "R3: forward over its cap");
            (uint256 impliedBefore, uint256 ratioBefore) = handler.inputsBefore(expiries[i]);
            (implied, ratio) = risk.pastOptionInputs(token, expiries[i]);
            assertEq(implied, impliedBefore, "R14: the implied volatility of a day ago");
            assertEq(ratio, ratioBefore, "R14: the forward of a day ago");
        }
    }

    function _checkStage() private view {
        IRiskOracle.Silence memory silence = risk.silence();
        uint256 age = block.timestamp - risk.lastReportAt();
        IRiskOracle.Stage stage = age > risk.silenceLimit()
            ? IRiskOracle.Stage.Dead
            : age > risk.heartbeat() ? IRiskOracle.Stage.Stale : IRiskOracle.Stage.Live;
        assertEq(uint256(silence.stage), uint256(stage), "R13: the stage is not the age's");
    }
}
