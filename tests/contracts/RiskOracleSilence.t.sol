// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title A silent oracle tightens initial margin, to what was approved in advance, and nothing else
contract RiskOracleSilenceTest is BaseTest {
    function _approve(uint64 volatility, uint64 slippage) private {
        risk.setFallback(address(weth), IRiskOracle.Fallback(volatility, slippage, 0));
    }

    function _assertStage(uint256 age, IRiskOracle.Stage stage) private {
        vm.warp(START + age);
        IRiskOracle.Silence memory silence = risk.silence();
        assertEq(silence.age, age);
        assertEq(silence.heartbeat, HEARTBEAT);
        assertEq(silence.limit, SILENCE_LIMIT);
        assertEq(uint256(silence.stage), uint256(stage));
    }

    function test_RevertWhen_FallbackIsOutOfBounds() public {
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.VolatilityOutOfBounds.selector, address(weth), 0.35e18 - 1, 0.35e18, 4e18
            )
        );
        _approve(0.35e18 - 1, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, address(weth), 4e18 + 1, 0.35e18, 4e18)
        );
        _approve(4e18 + 1, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.SlippageOutOfBounds.selector, address(weth), 0.3e18 + 1, 0.3e18)
        );
        _approve(0.35e18, 0.3e18 + 1);
        _approve(0.35e18, 0.3e18);
        _approve(4e18, 0);
        assertEq(risk.fallbackInputs(address(weth)).volatility, 4e18);
    }

    function test_RevertWhen_FallbackImpliedIsOutOfOptionBounds() public {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ImpliedOutOfBounds.selector, address(weth), 0, 0.7e18, 0, 0));
        risk.setFallback(address(weth), IRiskOracle.Fallback(VOLATILITY, SLIPPAGE, 0.7e18));
        risk.setOptionBounds(address(weth), _optionBounds());
        uint64[2] memory wrong = [uint64(0.1e18 - 1), 3e18 + 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRiskOracle.ImpliedOutOfBounds.selector, address(weth), 0, wrong[i], 0.1e18, 3e18
                )
            );
            risk.setFallback(address(weth), IRiskOracle.Fallback(VOLATILITY, SLIPPAGE, wrong[i]));
        }
        IRiskOracle.Fallback memory approved = IRiskOracle.Fallback(VOLATILITY, SLIPPAGE, 0.1e18);
        vm.expectEmit(address(risk));
        emit IRiskOracle.FallbackSet(address(weth), approved);
        risk.setFallback(address(weth), approved);
        approved.impliedVolatility = 3e18;
        risk.setFallback(address(weth), approved);
        assertEq(abi.encode(risk.fallbackInputs(address(weth))), abi.encode(approved));
    }

    function test_Fallback_UntilSet_IsAtTheCaps() public {
        IRiskOracle.Fallback memory inputs = risk.fallbackInputs(address(weth));
        assertEq(inputs.volatility, 4e18);
        assertEq(inputs.slippage, 0.3e18);
        assertEq(inputs.impliedVolatility, 0, "no options yet");
        risk.setOptionBounds(address(weth), _optionBounds());
        assertEq(risk.fallbackInputs(address(weth)).impliedVolatility, 3e18);
    }

    function test_Silence_StagesChangeOneSecondPastTheirLimits() public {
        _assertStage(0, IRiskOracle.Stage.Live);
        _assertStage(HEARTBEAT, IRiskOracle.Stage.Live);
        _assertStage(HEARTBEAT + 1, IRiskOracle.Stage.Stale);
        _assertStage(SILENCE_LIMIT, IRiskOracle.Stage.Stale);
        _assertStage(SILENCE_LIMIT + 1, IRiskOracle.Stage.Dead);
        risk.submit(_agreed(3, VOLATILITY, SLIPPAGE));
        assertEq(uint256(risk.silence().stage), uint256(IRiskOracle.Stage.Live));
    }

    function test_F19_Silence_PastTheHeartbeat_InitialIsAtTheFallback() public {
        _approve(1.5e18, 0.1e18);
        vm.warp(START + HEARTBEAT);
        IRiskOracle.Factors memory live = risk.factors(address(weth));
        (, uint256 atLast) = risk.derive(address(weth), VOLATILITY, SLIPPAGE);
        assertEq(live.borrowFactor, atLast);

        skip(1);
        IRiskOracle.Factors memory stale = risk.factors(address(weth));
        (, uint256 atFallback) = risk.derive(address(weth), 1.5e18, 0.1e18);
        assertEq(stale.borrowFactor, atFallback);
        assertEq(stale.liquidationThreshold, live.liquidationThreshold, "maintenance does not see it");
        assertEq(stale.maintenanceVolatility, live.maintenanceVolatility);
        assertEq(stale.initialVolatility, live.initialVolatility, "the fallback range is a requirement of its own");
    }

    /// @dev Never laxer, whatever was attested, tightened and approved.
    function testFuzz_Silence_NeverLooser(uint64 volatility, uint64 tightened, uint64[2] memory approved, uint256 age)
        public
    {
        _approve(uint64(bound(approved[0], 0.35e18, 4e18)), uint64(bound(approved[1], 0, 0.3e18)));
        volatility = uint64(bound(volatility, 0.54e18, 1.2e18));
        _submitAgreed(volatility, SLIPPAGE);
        tightened = uint64(bound(tightened, volatility + 1, uint256(volatility) * 2));
        risk.tighten(_agreed(2, tightened, SLIPPAGE));
        skip(HEARTBEAT);
        // Past the heartbeat the ramp may still raise LT, so live and stale are compared at one time, by moving the heartbeat.
        age = bound(age, HEARTBEAT + 1, 30 days);
        vm.warp(risk.lastReportAt() + age);
        IRiskOracle.Factors memory stale = risk.factors(address(weth));
        // An age of at most 30 days fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        risk.setTiming(MIN_INTERVAL, uint32(age), uint32(age) + 1);
        IRiskOracle.Factors memory live = risk.factors(address(weth));
        assertLe(stale.borrowFactor, live.borrowFactor);
        (, uint256 atFallback) = risk.derive(
            address(weth), risk.fallbackInputs(address(weth)).volatility, risk.fallbackInputs(address(weth)).slippage
        );
        assertLe(stale.borrowFactor, atFallback);
        assertTrue(stale.borrowFactor == live.borrowFactor || stale.borrowFactor <= atFallback);
        assertEq(stale.liquidationThreshold, live.liquidationThreshold);
        assertEq(stale.maintenanceVolatility, live.maintenanceVolatility);
    }
}
