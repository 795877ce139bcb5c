// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AssetRisk, SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";

contract RiskOracleTest is BaseTest {
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

    // ----------------------------------------------------------------------------------------- refused governance

    function test_RevertWhen_GovernanceByStranger() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice);
        vm.startPrank(alice);
        vm.expectRevert(refusal);
        risk.listAsset(ASSET, bounds, VOLATILITY, SLIPPAGE);
        vm.expectRevert(refusal);
        risk.setBounds(address(weth), bounds);
        vm.expectRevert(refusal);
        risk.setTiming(1, 2);
    }

    function test_RevertWhen_AssetListedTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.AssetAlreadyListed.selector, address(weth)));
        risk.listAsset(address(weth), _bounds(FLOOR, RAMP), VOLATILITY, SLIPPAGE);
    }

    function test_RevertWhen_SeventeenthAsset() public {
        for (uint160 i = 1; i <= 14; ++i) {
            risk.listAsset(address(i), _bounds(FLOOR, RAMP), VOLATILITY, SLIPPAGE);
        }
        assertEq(risk.assets().length, 16);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.AssetListFull.selector, 16));
        risk.listAsset(ASSET, _bounds(FLOOR, RAMP), VOLATILITY, SLIPPAGE);
    }

    function test_RevertWhen_ListedValuesAreOutOfBounds() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, ASSET, FLOOR - 1, FLOOR, 4e18)
        );
        risk.listAsset(ASSET, bounds, FLOOR - 1, SLIPPAGE);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, ASSET, 4e18 + 1, FLOOR, 4e18)
        );
        risk.listAsset(ASSET, bounds, 4e18 + 1, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.SlippageOutOfBounds.selector, ASSET, 0.3e18 + 1, 0.3e18));
        risk.listAsset(ASSET, bounds, FLOOR, 0.3e18 + 1);
        risk.listAsset(ASSET, bounds, FLOOR, 0.3e18);
        assertEq(risk.assets()[2], ASSET);
    }

    function test_RevertWhen_AssetIsUnknown() public {
        bytes memory refusal = abi.encodeWithSelector(IRiskOracle.AssetUnknown.selector, ASSET);
        vm.expectRevert(refusal);
        risk.setBounds(ASSET, _bounds(FLOOR, RAMP));
        vm.expectRevert(refusal);
        risk.factors(ASSET);
        vm.expectRevert(refusal);
        risk.derive(ASSET, VOLATILITY, SLIPPAGE);
        vm.expectRevert(refusal);
        risk.minimumHeadroom(ASSET);
    }

    function _refuse(IRiskOracle.AssetBounds memory bounds, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.BoundsInvalid.selector, ASSET, field, value, limit));
        risk.listAsset(ASSET, bounds, VOLATILITY, 0);
    }

    function _accept(IRiskOracle.AssetBounds memory bounds) private {
        uint256 snapshot = vm.snapshotState();
        risk.listAsset(ASSET, bounds, VOLATILITY, 0);
        assertEq(risk.boundsOf(ASSET).volatilityFloor, bounds.volatilityFloor);
        vm.revertToState(snapshot);
    }

    function test_RevertWhen_VolatilityBoundsAreEmpty() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.volatilityFloor = 0;
        _refuse(bounds, "volatilityFloor", 0, 1);

        bounds = _bounds(VOLATILITY, RAMP);
        bounds.volatilityCap = VOLATILITY;
        _refuse(bounds, "volatilityCap", VOLATILITY, VOLATILITY + 1);
        bounds.volatilityCap = VOLATILITY + 1;
        _accept(bounds);
    }

    function test_RevertWhen_FractionsPassTheirLimits() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.slippageCap = 0.5e18 + 1;
        _refuse(bounds, "slippageCap", 0.5e18 + 1, 0.5e18);
        bounds.slippageCap = 0.5e18;
        _accept(bounds);

        bounds.bonus = 0.2e18 + 1;
        _refuse(bounds, "bonus", 0.2e18 + 1, 0.2e18);
        bounds.bonus = 0.2e18;
        _accept(bounds);

        bounds.jump = 1e18;
        _refuse(bounds, "jump", 1e18, 1e18 - 1);
        bounds.jump = 1e18 - 1;
        _accept(bounds);
    }

    function test_RevertWhen_StepsAreZeroOrTooWide() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.tightenStep = 0;
        _refuse(bounds, "tightenStep", 0, 1);

        bounds = _bounds(FLOOR, RAMP);
        bounds.loosenStep = 0;
        _refuse(bounds, "loosenStep", 0, 1);
        bounds.loosenStep = 1e18 + 1;
        _refuse(bounds, "loosenStep", 1e18 + 1, 1e18);
        bounds.loosenStep = 1e18;
        _accept(bounds);

        bounds.slippageStep = 0;
        _refuse(bounds, "slippageStep", 0, 1);
    }

    function test_RevertWhen_ModelIsOutsideItsLimits() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.tailMultiplier = 1e18 - 1;
        _refuse(bounds, "tailMultiplier", 1e18 - 1, 1e18);
        bounds.tailMultiplier = 1e18;
        _accept(bounds);
        bounds.tailMultiplier = 10e18 + 1;
        _refuse(bounds, "tailMultiplier", 10e18 + 1, 10e18);
        bounds.tailMultiplier = 10e18;
        _accept(bounds);

        bounds.horizon = 1 days - 1;
        _refuse(bounds, "horizon", 1 days - 1, 1 days);
        bounds.horizon = 30 days + 1;
        _refuse(bounds, "horizon", 30 days + 1, 30 days);
        bounds.horizon = 30 days;
        _accept(bounds);
        bounds.horizon = 1 days;
        _accept(bounds);
    }

    function test_RevertWhen_RampIsFasterThanHalfOfADaysRoom() public {
        // half of 2.3263478740 * .35 * sqrt(1/365)
        uint64 limit = 21309157266573473;
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, limit + 1);
        _refuse(bounds, "rampPerDay", limit + 1, limit);
        bounds.rampPerDay = limit;
        _accept(bounds);
        bounds.rampPerDay = 0;
        _refuse(bounds, "rampPerDay", 0, 1);
    }

    function test_RevertWhen_TimingLeavesNoRoom() public {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.TimingInvalid.selector, 0, 100));
        risk.setTiming(0, 100);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.TimingInvalid.selector, 100, 100));
        risk.setTiming(100, 100);
        risk.setTiming(100, 101);
        assertEq(risk.heartbeat(), 101);
    }

    function test_RevertWhen_NewCapIsUnderAStoredValue() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.volatilityCap = VOLATILITY - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.VolatilityOutOfBounds.selector, address(weth), VOLATILITY, FLOOR, VOLATILITY - 1
            )
        );
        risk.setBounds(address(weth), bounds);

        bounds.volatilityCap = VOLATILITY;
        risk.setBounds(address(weth), bounds);

        bounds.slippageCap = SLIPPAGE - 1;
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.SlippageOutOfBounds.selector, address(weth), SLIPPAGE, SLIPPAGE - 1)
        );
        risk.setBounds(address(weth), bounds);
    }

    function test_RevertWhen_NewCapIsUnderATightenedValue() public {
        risk.tighten(_agreed(2, 0.9e18, SLIPPAGE));
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.volatilityCap = 0.8e18;
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, address(weth), 0.9e18, FLOOR, 0.8e18)
        );
        risk.setBounds(address(weth), bounds);
    }

    // --------------------------------------------------------------------------------------------- refused reports

    function test_RevertWhen_ReportIsForAnotherMarket() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes32 wrong = bytes32(uint256(risk.market()) ^ 1);
        signed[1].observation.market = wrong;
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, wrong, risk.market()));
        risk.submit(signed);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, wrong, risk.market()));
        risk.tighten(signed);
    }

    function test_RevertWhen_ChainForksAway() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes32 home = risk.market();
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.WrongMarket.selector, home, risk.market()));
        risk.submit(signed);
    }

    function test_RevertWhen_ReportIsForATwinContract() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        RiskOracle twin = new RiskOracle(address(manager), verifier, MIN_INTERVAL, HEARTBEAT);
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

    function test_RevertWhen_ReportIsReplayed() public {
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
        risk.setTiming(MIN_INTERVAL, HEARTBEAT);
        _expectDigestMismatch(signed, old);
        vm.revertToState(snapshot);
        risk.listAsset(ASSET, _bounds(FLOOR, RAMP), VOLATILITY, SLIPPAGE);
        _expectDigestMismatch(signed, old);
    }

    function _expectDigestMismatch(SignedObservation[] memory signed, bytes32 old) private {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ConfigDigestMismatch.selector, old, risk.configDigest()));
        risk.submit(signed);
    }

    function test_RevertWhen_ReportIsOutsideItsWindow() public {
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

    function test_RevertWhen_ObservedAfterNowOrBeforeTheLastReport() public {
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

    function test_RevertWhen_MedianIsOutOfBounds() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        (bounds.loosenStep, bounds.tightenStep) = (1e18, 18e18);
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

        risk.submit(_agreed(3, 4e18, SLIPPAGE));
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

    // ---------------------------------------------------------------------------------------------------- factors

    function test_Factors_AtListing_AreTheDerivedOnes() public view {
        (uint256 lt, uint256 bf) = risk.derive(address(weth), VOLATILITY, SLIPPAGE);
        assertEq(_threshold(), lt);
        assertEq(_borrowFactor(), bf);
        assertEq(risk.factors(address(weth)).bonus, 0.05e18);
        assertApproxEqAbs(lt, 0.774e18, 0.0005e18);
    }

    function test_RevertWhen_DeriveOutOfBounds() public {
        vm.expectPartialRevert(IRiskOracle.VolatilityOutOfBounds.selector);
        risk.derive(address(weth), FLOOR - 1, SLIPPAGE);
        vm.expectPartialRevert(IRiskOracle.SlippageOutOfBounds.selector);
        risk.derive(address(weth), FLOOR, 0.3e18 + 1);
    }

    function test_Factors_Tightening_InitialAtOnceMaintenanceByTheRamp() public {
        uint256 before = _threshold();
        _submitAgreed(1.2e18, SLIPPAGE);
        (uint256 target, uint256 targetBf) = risk.derive(address(weth), 1.2e18, SLIPPAGE);
        assertEq(_threshold(), before, "maintenance has not moved yet");
        assertEq(_borrowFactor(), targetBf, "initial is there at once");

        skip(1 days);
        // e^-.021309
        assertApproxEqRel(_threshold(), before * 0.978916432e18 / 1e18, 1e9);
        skip(100 days);
        assertEq(_threshold(), target);
    }

    function test_Factors_Loosening_InitialIsHeldByTheRamp() public {
        uint256 before = _threshold();
        _submitAgreed(0.54e18, SLIPPAGE);
        (uint256 target, uint256 targetBf) = risk.derive(address(weth), 0.54e18, SLIPPAGE);
        assertEq(_threshold(), before);
        assertLt(_borrowFactor(), targetBf, "BF follows LT while LT is still under its target");
        skip(100 days);
        assertEq(_threshold(), target);
        assertEq(_borrowFactor(), targetBf);
    }

    /// @dev Reports that swing back and forth move maintenance no further than its rate.
    function test_Factors_NextReport_StartsFromWhereTheRampIs() public {
        _submitAgreed(1.2e18, SLIPPAGE);
        skip(12 hours);
        uint256 onTheWay = _threshold();
        risk.submit(_agreed(3, 1.1e18, SLIPPAGE));
        assertApproxEqAbs(_threshold(), onTheWay, 1);
    }

    function test_SetBounds_ModelChange_MovesMaintenanceOnlyByTheRamp() public {
        uint256 before = _threshold();
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.tailMultiplier = 5e18;
        risk.setBounds(address(weth), bounds);
        assertEq(_threshold(), before);
        skip(1 days);
        assertApproxEqRel(_threshold(), before * 0.978916432e18 / 1e18, 1e9);
    }

    function test_SetBounds_RaisedFloor_LiftsStoredValues() public {
        uint256 before = _threshold();
        vm.expectEmit(address(risk));
        emit IRiskOracle.RiskUpdated(0, address(weth), VOLATILITY, 0.7e18, SLIPPAGE, SLIPPAGE);
        risk.setBounds(address(weth), _bounds(0.7e18, RAMP));
        IRiskOracle.AssetState memory state = risk.stateOf(address(weth));
        assertEq(state.volatility, 0.7e18);
        assertEq(state.initialVolatility, 0.7e18);
        assertEq(_threshold(), before);
        (uint256 target,) = risk.derive(address(weth), 0.7e18, SLIPPAGE);
        skip(30 days);
        assertEq(_threshold(), target);
    }

    /// @dev The promise of rule 2: a loan that was full before a report is not liquidatable by the report alone a day later.
    function testFuzz_Factors_OneDayAfterAnyReport_ThresholdStaysAboveTheOldBorrowFactor(
        uint64 volatility,
        uint64 slippage
    ) public {
        volatility = uint64(bound(volatility, 0.54e18, 1.2e18));
        slippage = uint64(bound(slippage, 0, 0.12e18));
        uint256 full = _borrowFactor();
        _submitAgreed(volatility, slippage);
        skip(1 days);
        assertGt(_threshold(), full);
        assertLt(_borrowFactor(), _threshold());
    }

    function test_Market_IsChainAndContract() public view {
        assertEq(uint256(risk.market()), (uint256(31337) << 160) | uint160(address(risk)));
        assertEq(risk.configDigest(), keccak256(abi.encode(verifier.signerSetDigest(), uint256(risk.boundsVersion()))));
        assertEq(risk.boundsVersion(), 3, "timing and two listings");
    }

    /// @dev Every call its own transaction, so that storage is cold and calldata is paid: what a caller pays.
    /// forge-config: default.isolate = true
    function test_Gas_Submit() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _report(_list3(0.61e18, 0.62e18, 0.63e18), SLIPPAGE);
        risk.submit(signed);
        vm.snapshotGasLastCall("RiskOracle", "submit, 2 assets, 3 signers");
        assertEq(_volatility(), 0.62e18);

        signed = _report(_list2(0.7e18, 0.71e18), SLIPPAGE);
        risk.tighten(signed);
        vm.snapshotGasLastCall("RiskOracle", "tighten, 2 assets, 2 signers");
        assertEq(_initial(), 0.7e18);
    }
}
