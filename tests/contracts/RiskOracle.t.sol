// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";
import {MathHarness} from "./mocks/MathHarness.sol";

/// @title Governance of the risk oracle, and the factors derived
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
        risk.setOptionBounds(address(weth), _optionBounds());
        vm.expectRevert(refusal);
        risk.setFallback(address(weth), IRiskOracle.Fallback(VOLATILITY, SLIPPAGE, 0));
        vm.expectRevert(refusal);
        risk.listExpiry(address(weth), START + 30 days, VOLATILITY, 1e18);
        vm.expectRevert(refusal);
        risk.setTiming(MIN_INTERVAL, HEARTBEAT, SILENCE_LIMIT);
    }

    function test_ListAsset_IsTold() public {
        uint256 version = risk.boundsVersion() + 1;
        vm.expectEmit(address(risk));
        emit IRiskOracle.BoundsSet(ASSET, _bounds(FLOOR, RAMP), version);
        vm.expectEmit(address(risk));
        emit IRiskOracle.AssetListed(ASSET, VOLATILITY, SLIPPAGE);
        risk.listAsset(ASSET, _bounds(FLOOR, RAMP), VOLATILITY, SLIPPAGE);
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
        risk.setOptionBounds(ASSET, _optionBounds());
        vm.expectRevert(refusal);
        risk.setFallback(ASSET, IRiskOracle.Fallback(VOLATILITY, SLIPPAGE, 0));
        vm.expectRevert(refusal);
        risk.listExpiry(ASSET, START + 30 days, VOLATILITY, 1e18);
        vm.expectRevert(refusal);
        risk.pruneExpiries(ASSET);
        vm.expectRevert(refusal);
        risk.pastFactors(ASSET);
        vm.expectRevert(refusal);
        risk.optionInputs(ASSET, START);
        vm.expectRevert(refusal);
        risk.pastOptionInputs(ASSET, START);
        vm.expectRevert(refusal);
        risk.fallbackInputs(ASSET);
        vm.expectRevert(refusal);
        risk.inputsHash(ASSET);
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

    function test_F54_RevertWhen_VolatilityBoundsAreEmptyOrTooWide() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.volatilityFloor = 1e9 - 1;
        _refuse(bounds, "volatilityFloor", 1e9 - 1, 1e9);

        bounds = _bounds(VOLATILITY, RAMP);
        bounds.volatilityCap = VOLATILITY;
        _refuse(bounds, "volatilityCap", VOLATILITY, VOLATILITY + 1e9);
        bounds.volatilityCap = VOLATILITY + 1e9;
        _accept(bounds);
        bounds.volatilityCap = 4.29e18 + 1;
        _refuse(bounds, "volatilityCap", 4.29e18 + 1, 4.29e18);
        bounds.volatilityCap = 4.29e18;
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

        bounds.jump = 0.9e18 + 1;
        _refuse(bounds, "jump", 0.9e18 + 1, 0.9e18);
        bounds.jump = 0.9e18;
        _accept(bounds);
    }

    function test_F54_RevertWhen_StepsAreZeroOrTooWide() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.tightenStep = 1e9 - 1;
        _refuse(bounds, "tightenStep", 1e9 - 1, 1e9);
        bounds.tightenStep = 4.29e18 + 1;
        _refuse(bounds, "tightenStep", 4.29e18 + 1, 4.29e18);
        bounds.tightenStep = 4.29e18;
        _accept(bounds);

        bounds.loosenStep = 1e9 - 1;
        _refuse(bounds, "loosenStep", 1e9 - 1, 1e9);
        bounds.loosenStep = 1e18 + 1;
        _refuse(bounds, "loosenStep", 1e18 + 1, 1e18);
        bounds.loosenStep = 1e18;
        _accept(bounds);

        bounds.slippageStep = 1e9 - 1;
        _refuse(bounds, "slippageStep", 1e9 - 1, 1e9);
        bounds.slippageStep = 1e18 + 1;
        _refuse(bounds, "slippageStep", 1e18 + 1, 1e18);
        bounds.slippageStep = 1e18;
        _accept(bounds);
    }

    function test_RevertWhen_BoundsHaveMoreDecimalsThanAreKept() public {
        bytes32[8] memory fields = [
            // Names of fields are shorter than a word.
            // forge-lint: disable-next-line(unsafe-typecast)
            bytes32("volatilityFloor"),
            "volatilityCap",
            "slippageCap",
            "tightenStep",
            "loosenStep",
            "slippageStep",
            "bonus",
            "rampPerDay"
        ];
        for (uint256 i = 0; i < fields.length; ++i) {
            IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
            if (i == 0) bounds.volatilityFloor += 1;
            if (i == 1) bounds.volatilityCap += 1;
            if (i == 2) bounds.slippageCap += 1;
            if (i == 3) bounds.tightenStep += 1;
            if (i == 4) bounds.loosenStep += 1;
            if (i == 5) bounds.slippageStep += 1;
            if (i == 6) bounds.bonus += 1;
            if (i == 7) bounds.rampPerDay += 1e9;
            uint256[8] memory values = [
                uint256(bounds.volatilityFloor),
                bounds.volatilityCap,
                bounds.slippageCap,
                bounds.tightenStep,
                bounds.loosenStep,
                bounds.slippageStep,
                bounds.bonus,
                bounds.rampPerDay
            ];
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRiskOracle.BoundsTooFine.selector, ASSET, fields[i], values[i], i == 7 ? 1e10 : 1e9
                )
            );
            risk.listAsset(ASSET, bounds, VOLATILITY, 0);
        }
    }

    function test_F54_RevertWhen_ModelIsOutsideItsLimits() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.tailMultiplier = 1e18 - 1;
        _refuse(bounds, "tailMultiplier", 1e18 - 1, 1e18);
        bounds.tailMultiplier = 1e18;
        _accept(bounds);
        bounds.tailMultiplier = 10e18 + 1;
        _refuse(bounds, "tailMultiplier", 10e18 + 1, 10e18);
        bounds.tailMultiplier = 10e18;
        _accept(bounds);

        bounds = _bounds(FLOOR, RAMP);
        bounds.horizon = 1 days - 1;
        _refuse(bounds, "horizon", 1 days - 1, 1 days);
        bounds.horizon = 30 days + 1;
        _refuse(bounds, "horizon", 30 days + 1, 30 days);
        bounds.horizon = 30 days;
        _accept(bounds);
        bounds.horizon = 1 days;
        _accept(bounds);
    }

    /// @dev Every logarithm is kept in 64 bits: bounds under which one would not fit are refused when they are set, not when a report comes.
    function test_RevertWhen_ThresholdAtTheCapsIsTooSmallForItsSlot() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        (bounds.tailMultiplier, bounds.horizon, bounds.volatilityCap) = (10e18, 30 days, 3.2e18);
        int256 least = new MathHarness().lnThreshold(3.2e18, 0.3e18, 10e18, 30 days, 0.05e18, 0.15e18);
        // A logarithm of a threshold is not positive.
        // forge-lint: disable-next-line(unsafe-typecast)
        _refuse(bounds, "lnThreshold", uint256(-least), 9.2e18);
        bounds.volatilityCap = 3.06e18;
        _accept(bounds);
    }

    function test_RevertWhen_RampIsFasterThanHalfOfADaysRoom() public {
        // half of 2.3263478740 * .35 * sqrt(1/365)
        uint64 limit = 21309157266573473;
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, limit + 1);
        _refuse(bounds, "rampPerDay", limit + 1, limit);
        bounds.rampPerDay = limit / 1e10 * 1e10;
        _accept(bounds);
        bounds.rampPerDay = 1e10 - 1;
        _refuse(bounds, "rampPerDay", 1e10 - 1, 1e10);
        bounds.rampPerDay = 1e10;
        _accept(bounds);

        bounds = _bounds(3e18, 0.16e18 + 1);
        _refuse(bounds, "rampPerDay", 0.16e18 + 1, 0.16e18);
        bounds.rampPerDay = 0.16e18;
        risk.listAsset(ASSET, bounds, 3e18, 0);
        assertEq(risk.boundsOf(ASSET).rampPerDay, 0.16e18);
    }

    function test_RevertWhen_FloorLeavesLessThanTheHeadroomLimit() public {
        // exp(z99 sigma sqrt(1 d)) = 1.03 at .24275
        IRiskOracle.AssetBounds memory bounds = _bounds(0.24274e18, 0.014e18);
        uint256 headroom = new MathHarness().headroom(0.24274e18);
        assertLt(headroom, HEADROOM_LIMIT);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.HeadroomTooSmall.selector, ASSET, headroom, HEADROOM_LIMIT));
        risk.listAsset(ASSET, bounds, VOLATILITY, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.HeadroomTooSmall.selector, address(weth), headroom, HEADROOM_LIMIT)
        );
        risk.setBounds(address(weth), bounds);

        bounds.volatilityFloor = 0.24276e18;
        _accept(bounds);
        risk.setBounds(address(weth), bounds);
        assertGe(risk.minimumHeadroom(address(weth)), HEADROOM_LIMIT);
    }

    function test_RevertWhen_HeadroomLimitIsNotAHeadroom() public {
        uint256[2] memory wrong = [uint256(1e18 - 1), 1.25e18 + 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IRiskOracle.HeadroomLimitInvalid.selector, wrong[i], 1e18, 1.25e18));
            new RiskOracle(address(manager), verifier, MIN_INTERVAL, HEARTBEAT, SILENCE_LIMIT, wrong[i]);
        }
        uint256[2] memory right = [uint256(1e18), 1.25e18];
        for (uint256 i = 0; i < 2; ++i) {
            RiskOracle made =
                new RiskOracle(address(manager), verifier, MIN_INTERVAL, HEARTBEAT, SILENCE_LIMIT, right[i]);
            assertEq(made.headroomLimit(), right[i]);
        }
    }

    function test_RevertWhen_TimingLeavesNoRoom() public {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.IntervalTooShort.selector, 2 hours - 1, 2 hours));
        risk.setTiming(2 hours - 1, HEARTBEAT, SILENCE_LIMIT);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.TimingNotAscending.selector, 2 hours, 2 hours, SILENCE_LIMIT)
        );
        risk.setTiming(2 hours, 2 hours, SILENCE_LIMIT);
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.TimingNotAscending.selector, 2 hours, 2 hours + 1, 2 hours + 1)
        );
        risk.setTiming(2 hours, 2 hours + 1, 2 hours + 1);
        vm.expectEmit(address(risk));
        emit IRiskOracle.TimingSet(2 hours, 2 hours + 1, 2 hours + 2, 4);
        risk.setTiming(2 hours, 2 hours + 1, 2 hours + 2);
        assertEq(risk.minInterval(), 2 hours);
        assertEq(risk.heartbeat(), 2 hours + 1);
        assertEq(risk.silenceLimit(), 2 hours + 2);
    }

    /// @dev Else a risk admin could push a day of history out of the ring.
    function test_RevertWhen_BoundsChangeTwiceInEightHours() public {
        risk.setBounds(address(weth), _bounds(FLOOR, RAMP));
        skip(8 hours - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.BoundsChangeTooEarly.selector, address(weth), START + 8 hours - 1, START + 8 hours
            )
        );
        risk.setBounds(address(weth), _bounds(FLOOR, RAMP));
        risk.setBounds(address(wbtc), _bounds(FLOOR, RAMP));
        skip(1);
        risk.setBounds(address(weth), _bounds(FLOOR, RAMP / 3 / 1e10 * 1e10));
        assertEq(risk.boundsOf(address(weth)).rampPerDay, RAMP / 3 / 1e10 * 1e10);
    }

    function test_BoundsOf_GivesBackWhatWasSet() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(0.36e18, 0.0200001e18);
        (bounds.volatilityCap, bounds.slippageCap) = (3.123456789e18, 0.123456789e18);
        (bounds.tightenStep, bounds.loosenStep, bounds.slippageStep) = (0.9e18, 0.2e18, 0.03e18);
        (bounds.tailMultiplier, bounds.jump, bounds.bonus, bounds.horizon) =
        (3.123456789123456789e18, 0.200000000000000001e18, 0.06e18, 7 days + 1);
        risk.listAsset(ASSET, bounds, VOLATILITY, SLIPPAGE);
        assertEq(abi.encode(risk.boundsOf(ASSET)), abi.encode(bounds));
    }

    function _approve(uint64 volatility, uint64 slippage) private {
        risk.setFallback(address(weth), IRiskOracle.Fallback(volatility, slippage, 0));
    }

    function test_RevertWhen_NewCapIsUnderAStoredValue() public {
        _approve(FLOOR, 0);
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.volatilityCap = VOLATILITY - 1e9;
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.VolatilityOutOfBounds.selector, address(weth), VOLATILITY, FLOOR, VOLATILITY - 1e9
            )
        );
        risk.setBounds(address(weth), bounds);
        bounds.volatilityCap = VOLATILITY;
        bounds.slippageCap = SLIPPAGE - 1e9;
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.SlippageOutOfBounds.selector, address(weth), SLIPPAGE, SLIPPAGE - 1e9)
        );
        risk.setBounds(address(weth), bounds);

        bounds.slippageCap = SLIPPAGE;
        risk.setBounds(address(weth), bounds);
        assertEq(risk.boundsOf(address(weth)).volatilityCap, VOLATILITY);
    }

    /// @dev What was approved in advance stays inside the bounds: the fallback moves first, then the bounds.
    function test_RevertWhen_NewBoundsExcludeTheFallback() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.volatilityCap = 3e18;
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, address(weth), 4e18, FLOOR, 3e18)
        );
        risk.setBounds(address(weth), bounds);
        _approve(3e18, 0.3e18);
        risk.setBounds(address(weth), bounds);
        assertEq(risk.boundsOf(address(weth)).volatilityCap, 3e18);
    }

    function test_RevertWhen_NewCapIsUnderATightenedValue() public {
        risk.tighten(_agreed(2, 0.9e18, SLIPPAGE));
        _approve(FLOOR, 0);
        IRiskOracle.AssetBounds memory bounds = _bounds(FLOOR, RAMP);
        bounds.volatilityCap = 0.8e18;
        vm.expectRevert(
            abi.encodeWithSelector(IRiskOracle.VolatilityOutOfBounds.selector, address(weth), 0.9e18, FLOOR, 0.8e18)
        );
        risk.setBounds(address(weth), bounds);
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
        risk.submit(_agreed(3, 0.54e18, SLIPPAGE));
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

    function test_F30_SetBounds_RaisedFloor_LiftsStoredValues() public {
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
}
