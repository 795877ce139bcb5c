// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AssetRisk, SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title Whole reports and tightenings: what is refused, and what an accepted one does
contract RiskOracleReportsTest is BaseTest {
    address private constant ASSET = address(0xA55E7);
    uint64 private constant FLOOR = 0.35e18;
    uint64 private constant RAMP = 0.021309e18;

    function _volatility() private view returns (uint64) {
        return risk.stateOf(address(weth)).volatility;
    }

    function _initial() private view returns (uint64) {
        return risk.stateOf(address(weth)).initialVolatility;
    }

    function _threshold() private view returns (uint256) {
        return risk.factors(address(weth)).liquidationThreshold;
    }

    function _borrowFactor() private view returns (uint256) {
        return risk.factors(address(weth)).borrowFactor;
    }

    // --------------------------------------------------------------------------------------------- refused reports

    function test_F52_RevertWhen_ReportIsForAnotherMarket() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes32 wrong = bytes32(uint256(risk.market()) ^ 1);
        signed[1].observation.market = wrong;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, wrong, risk.market()));
        risk.submit(signed);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, wrong, risk.market()));
        risk.tighten(signed);
    }

    function test_F52_RevertWhen_ChainForksAway() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes32 home = risk.market();
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, home, risk.market()));
        risk.submit(signed);
    }

    function test_F52_RevertWhen_ReportIsForATwinContract() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        RiskOracle twin = _newRiskOracle();
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, risk.market(), twin.market()));
        twin.submit(signed);
    }

    function test_RevertWhen_EpochIsNotTheNext() public {
        skip(MIN_INTERVAL);
        uint64[2] memory wrong = [uint64(0), uint64(2)];
        for (uint256 i = 0; i < 2; ++i) {
            SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
            signed[2].observation.epoch = wrong[i];
            vm.expectRevert(abi.encodeWithSelector(IRiskOracle.EpochOutOfOrder.selector, wrong[i], 1));
            risk.submit(signed);
        }
    }

    function test_F52_RevertWhen_ReportIsReplayed() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        risk.submit(signed);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.EpochOutOfOrder.selector, 1, 2));
        risk.submit(signed);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.EpochOutOfOrder.selector, 1, 2));
        risk.tighten(signed);
    }

    function test_RevertWhen_SignersBoundsOrTimingChangedSince() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes32 old = risk.configDigest();
        uint256 snapshot = vm.snapshotState();

        verifier.rotateSigners(signerList, 2, 4, 0);
        _expectDigestMismatch(signed, old);
        vm.revertToState(snapshot);
        risk.setBounds(address(weth), _bounds(FLOOR, RAMP));
        _expectDigestMismatch(signed, old);
        vm.revertToState(snapshot);
        risk.setTiming(MIN_INTERVAL, HEARTBEAT, SILENCE_LIMIT);
        _expectDigestMismatch(signed, old);
        vm.revertToState(snapshot);
        risk.listAsset(ASSET, _bounds(FLOOR, RAMP), VOLATILITY, SLIPPAGE);
        _expectDigestMismatch(signed, old);
    }

    function _expectDigestMismatch(SignedObservation[] memory signed, bytes32 old) private {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ConfigDigestMismatch.selector, old, risk.configDigest()));
        risk.submit(signed);
    }

    function test_F52_RevertWhen_ReportIsOutsideItsWindow() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        uint256 signedAt = vm.getBlockTimestamp();

        vm.warp(signedAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ObservationNotYetValid.selector, signedAt, signedAt - 1));
        risk.submit(signed);
        vm.warp(signedAt + 10 minutes + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.ObservationExpired.selector, signedAt + 10 minutes, signedAt + 10 minutes + 1
            )
        );
        risk.submit(signed);
        vm.warp(signedAt + 10 minutes);
        risk.submit(signed);
        assertEq(risk.epoch(), 1);
    }

    function test_F18_RevertWhen_ObservedAfterNowOrBeforeTheLastReport() public {
        skip(MIN_INTERVAL);
        uint64 current = uint64(vm.getBlockTimestamp());
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[0].observation.observedAt = current + 1;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ObservationFromFuture.selector, current + 1, current));
        risk.submit(signed);

        signed[0].observation.observedAt = START - 1;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ObservationOutdated.selector, START - 1, START));
        risk.submit(signed);

        signed[0].observation.observedAt = START;
        signed[0] = _sign(signed[0].observation, signerList[0]);
        risk.submit(signed);
        assertEq(risk.lastReportAt(), current);
    }

    function test_RevertWhen_VectorIsNotEveryAssetInOrder() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        AssetRisk[] memory vector = signed[1].observation.vector;
        (vector[0], vector[1]) = (vector[1], vector[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VectorAssetMismatch.selector, 0, address(wbtc), address(weth))
        );
        risk.submit(signed);

        signed[1].observation.vector = new AssetRisk[](1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.VectorIncomplete.selector, 1, 2));
        risk.submit(signed);
        signed[1].observation.vector = new AssetRisk[](3);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.VectorIncomplete.selector, 3, 2));
        risk.submit(signed);
    }

    function test_RevertWhen_ReportComesBeforeTheInterval() public {
        skip(MIN_INTERVAL - 1);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.ReportTooEarly.selector, START + MIN_INTERVAL - 1, START + MIN_INTERVAL)
        );
        risk.submit(signed);
        skip(1);
        risk.submit(signed);
        assertEq(risk.epoch(), 1);
    }

    function test_RevertWhen_QuorumIsShort() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(2, VOLATILITY, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 2, 3));
        risk.submit(signed);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 0, 3));
        risk.submit(new SignedObservation[](0));
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 0, 2));
        risk.tighten(new SignedObservation[](0));
        signed = _agreed(1, 0.8e18, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 1, 2));
        risk.tighten(signed);
    }

    function test_F30_RevertWhen_MedianIsOutOfBounds() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        (bounds.loosenStep, bounds.tightenStep) = (1e18, 4e18);
        risk.setBounds(address(weth), bounds);
        risk.setBounds(address(wbtc), bounds);
        skip(MIN_INTERVAL);

        SignedObservation[] memory signed = _agreed(3, FLOOR - 1, SLIPPAGE);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, address(weth), FLOOR - 1, FLOOR, 4e18)
        );
        risk.submit(signed);
        signed = _agreed(3, 4e18 + 1, SLIPPAGE);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, address(weth), 4e18 + 1, FLOOR, 4e18)
        );
        risk.submit(signed);
        signed = _agreed(3, FLOOR, 0.3e18 + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.SlippageOutOfBounds.selector, address(weth), 0.3e18 + 1, 0.3e18)
        );
        risk.submit(signed);

        risk.submit(_agreed(3, 3e18, SLIPPAGE));
        skip(MIN_INTERVAL);
        risk.submit(_agreed(3, 4e18, SLIPPAGE));
        assertEq(_volatility(), 4e18);
        skip(MIN_INTERVAL);
        risk.submit(_agreed(3, FLOOR, SLIPPAGE));
        assertEq(_volatility(), FLOOR);
    }

    function test_RevertWhen_VolatilityStepIsTooLarge() public {
        skip(MIN_INTERVAL);
        uint256 snapshot = vm.snapshotState();
        SignedObservation[] memory signed = _agreed(3, 1.2e18 + 1, SLIPPAGE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.VolatilityStepTooLarge.selector, address(weth), VOLATILITY, 1.2e18 + 1, 1.2e18
            )
        );
        risk.submit(signed);
        risk.submit(_agreed(3, 1.2e18, SLIPPAGE));
        assertEq(_volatility(), 1.2e18);
        vm.revertToState(snapshot);

        signed = _agreed(3, 0.54e18 - 1, SLIPPAGE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.VolatilityStepTooLarge.selector, address(weth), VOLATILITY, 0.54e18 - 1, 0.54e18
            )
        );
        risk.submit(signed);
        risk.submit(_agreed(3, 0.54e18, SLIPPAGE));
        assertEq(_volatility(), 0.54e18);
    }

    function test_RevertWhen_SlippageStepIsTooLarge() public {
        _submitAgreed(VOLATILITY, 0.12e18);
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, 0.22e18 + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.SlippageStepTooLarge.selector, address(weth), 0.12e18, 0.22e18 + 1, 0.22e18
            )
        );
        risk.submit(signed);
        signed = _agreed(3, VOLATILITY, 0.02e18 - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.SlippageStepTooLarge.selector, address(weth), 0.12e18, 0.02e18 - 1, 0.02e18
            )
        );
        risk.submit(signed);
        risk.submit(_agreed(3, VOLATILITY, 0.02e18));
        assertEq(risk.stateOf(address(weth)).slippage, 0.02e18);
    }

    function test_RevertWhen_OneAssetOfTheVectorFails_NothingIsApplied() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, 0.7e18, SLIPPAGE);
        for (uint256 i = 0; i < 3; ++i) {
            signed[i].observation.vector[1].volatility = 5e18;
            signed[i] = _sign(signed[i].observation, signerList[i]);
        }
        vm.expectPartialRevert(IRiskOracle.VolatilityOutOfBounds.selector);
        risk.submit(signed);
        assertEq(_volatility(), VOLATILITY);
        assertEq(risk.epoch(), 0);
    }

    // ---------------------------------------------------------------------------------------------- whole reports

    function test_Submit_ThreeObservations_TakesTheMiddlePerField() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = new SignedObservation[](3);
        uint64[3] memory volatilities = [uint64(0.7e18), 0.61e18, 0.65e18];
        uint64[3] memory slippages = [uint64(0.01e18), 0.05e18, 0.02e18];
        for (uint256 i = 0; i < 3; ++i) {
            signed[i] = _sign(_observation(volatilities[i], slippages[i]), signerList[i]);
        }
        vm.expectEmit(address(risk));
        emit IRiskOracle.RiskUpdated(1, address(weth), VOLATILITY, 0.65e18, SLIPPAGE, 0.02e18);
        vm.expectEmit(address(risk));
        emit IRiskOracle.RiskUpdated(1, address(wbtc), VOLATILITY, 0.65e18, SLIPPAGE, 0.02e18);
        vm.prank(makeAddr("anyone"));
        risk.submit(signed);
        assertEq(risk.epoch(), 1);
        assertEq(risk.lastReportAt(), START + MIN_INTERVAL);
    }

    function test_Submit_FourObservations_TakesTheStricterMiddle() public {
        skip(MIN_INTERVAL);
        uint64[] memory volatilities = new uint64[](4);
        (volatilities[0], volatilities[1], volatilities[2], volatilities[3]) = (0.7e18, 0.61e18, 0.65e18, 0.58e18);
        risk.submit(_report(volatilities, SLIPPAGE));
        assertEq(_volatility(), 0.65e18);
    }

    function test_Submit_ClearsATightening() public {
        risk.tighten(_agreed(2, 0.9e18, 0.05e18));
        assertEq(_initial(), 0.9e18);
        _submitAgreed(0.62e18, SLIPPAGE);
        IRiskOracle.AssetState memory state = risk.stateOf(address(weth));
        assertEq(state.initialVolatility, 0.62e18);
        assertEq(state.initialSlippage, SLIPPAGE);
    }

    /// @dev One liar of four, in either direction, with either number of honest signers beside it.
    function testFuzz_Submit_OneLiar_StaysBetweenHonestValues(uint64 lie, uint256 liar, uint64 a, uint64 b, bool all)
        public
    {
        uint256 count = all ? 4 : 3;
        liar = bound(liar, 0, count - 1);
        uint64[3] memory honest = [uint64(bound(a, 0.54e18, 1.2e18)), uint64(bound(b, 0.54e18, 1.2e18)), VOLATILITY];
        uint64[] memory volatilities = new uint64[](count);
        (uint64 low, uint64 high) = (type(uint64).max, 0);
        uint256 next = 0;
        for (uint256 i = 0; i < count; ++i) {
            if (i == liar) {
                volatilities[i] = lie;
                continue;
            }
            volatilities[i] = honest[next++];
            if (volatilities[i] < low) low = volatilities[i];
            if (volatilities[i] > high) high = volatilities[i];
        }
        skip(MIN_INTERVAL);
        risk.submit(_report(volatilities, SLIPPAGE));
        assertGe(_volatility(), low);
        assertLe(_volatility(), high);
    }

    // -------------------------------------------------------------------------------------------------- tightening

    function test_RevertWhen_NothingTightens() public {
        SignedObservation[] memory same = _agreed(2, VOLATILITY, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingTightens.selector, 0));
        risk.tighten(same);
        SignedObservation[] memory looser = _agreed(2, 0.4e18, 0);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingTightens.selector, 0));
        risk.tighten(looser);

        SignedObservation[] memory tighter = _agreed(2, 0.7e18, SLIPPAGE);
        risk.tighten(tighter);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingTightens.selector, 0));
        risk.tighten(tighter);
    }

    function test_RevertWhen_TighteningPassesCapOrStep() public {
        SignedObservation[] memory signed = _agreed(2, 1.2e18 + 1, SLIPPAGE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.VolatilityStepTooLarge.selector, address(weth), VOLATILITY, 1.2e18 + 1, 1.2e18
            )
        );
        risk.tighten(signed);
        signed = _agreed(2, VOLATILITY, 0.12e18 + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.SlippageStepTooLarge.selector, address(weth), SLIPPAGE, 0.12e18 + 1, 0.12e18
            )
        );
        risk.tighten(signed);
        signed = _agreed(2, 4e18 + 1, SLIPPAGE);
        vm.expectPartialRevert(IRiskOracle.VolatilityOutOfBounds.selector);
        risk.tighten(signed);
        signed = _agreed(2, VOLATILITY, 0.3e18 + 1);
        vm.expectPartialRevert(IRiskOracle.SlippageOutOfBounds.selector);
        risk.tighten(signed);

        risk.tighten(_agreed(2, 1.2e18, 0.12e18));
        assertEq(_initial(), 1.2e18);
    }

    /// @dev Twice inside one epoch: the step is measured from the last whole report, so it does not compound.
    function test_RevertWhen_SecondTighteningCompounds() public {
        risk.tighten(_agreed(2, 1.1e18, SLIPPAGE));
        SignedObservation[] memory signed = _agreed(2, 1.3e18, SLIPPAGE);
        vm.expectPartialRevert(IRiskOracle.VolatilityStepTooLarge.selector);
        risk.tighten(signed);
        risk.tighten(_agreed(2, 1.15e18, SLIPPAGE));
        assertEq(_initial(), 1.15e18);
    }

    function test_Tighten_LeastTightCounts_MaintenanceAndEpochStay() public {
        uint256 thresholdBefore = _threshold();
        uint256 factorBefore = _borrowFactor();
        vm.expectEmit(address(risk));
        emit IRiskOracle.InitialTightened(0, address(weth), VOLATILITY, 0.8e18, SLIPPAGE, SLIPPAGE);
        risk.tighten(_report(_list2(1.1e18, 0.8e18), SLIPPAGE));

        assertEq(_initial(), 0.8e18);
        assertEq(_volatility(), VOLATILITY);
        assertEq(risk.epoch(), 0);
        assertEq(risk.lastReportAt(), START);
        assertEq(_threshold(), thresholdBefore);
        assertLt(_borrowFactor(), factorBefore);
        (, uint256 derived) = risk.derive(address(weth), 0.8e18, SLIPPAGE);
        assertEq(_borrowFactor(), derived, "initial is what a report of the tightened vector would give");
    }

    function test_Tighten_LooserEntry_ReadsAsUnchanged() public {
        risk.tighten(_agreed(2, 0.8e18, 0));
        IRiskOracle.AssetState memory state = risk.stateOf(address(weth));
        assertEq(state.initialVolatility, 0.8e18);
        assertEq(state.initialSlippage, SLIPPAGE);
        risk.tighten(_agreed(2, 0.7e18, 0.03e18));
        state = risk.stateOf(address(weth));
        assertEq(state.initialVolatility, 0.8e18);
        assertEq(state.initialSlippage, 0.03e18);
    }

    /// @dev f = 1: a liar beside one honest signer cannot tighten past what the honest one saw.
    function testFuzz_Tighten_OneLiar_NeverPastTheHonestValue(uint64 lie, uint64 honest, bool first) public {
        honest = uint64(bound(honest, 0.3e18, 1.2e18));
        SignedObservation[] memory signed = _report(first ? _list2(lie, honest) : _list2(honest, lie), SLIPPAGE);
        uint64 allowed = honest > VOLATILITY ? honest : VOLATILITY;
        try risk.tighten(signed) {
            assertGt(_initial(), VOLATILITY);
        } catch {
            assertEq(_initial(), VOLATILITY);
        }
        assertLe(_initial(), allowed);
    }
}
