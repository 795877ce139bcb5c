// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {ExpiryRisk, Observation, SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title Option inputs: listed, attested whole, bounded, pruned, and bound into a hash
contract RiskOracleOptionsTest is BaseTest {
    uint64 private constant NEAR = START + 10 days;
    uint64 private constant FAR = START + 40 days;
    uint64 private constant IMPLIED = 0.8e18;
    uint64 private constant RATIO = 1.01e18;

    function setUp() public override {
        super.setUp();
        risk.setOptionBounds(address(weth), _optionBounds());
        risk.listExpiry(address(weth), NEAR, IMPLIED, RATIO);
        risk.listExpiry(address(weth), FAR, IMPLIED, RATIO);
        skip(MIN_INTERVAL);
    }

    /// @dev Three signers that agree on everything; the far expiry of WETH at given inputs.
    function _signed(uint64 implied, uint64 ratio) private view returns (SignedObservation[] memory signed) {
        signed = new SignedObservation[](3);
        for (uint256 i = 0; i < 3; ++i) {
            Observation memory observation = _observation(VOLATILITY, SLIPPAGE);
            observation.vector[0].expiries[1].impliedVolatility = implied;
            observation.vector[0].expiries[1].forwardRatio = ratio;
            signed[i] = _sign(observation, signerList[i]);
        }
    }

    function _assertInputs(uint64 expiry, uint256 implied, uint256 ratio) private view {
        (uint256 actualImplied, uint256 actualRatio) = risk.optionInputs(address(weth), expiry);
        assertEq(actualImplied, implied);
        assertEq(actualRatio, ratio);
    }

    // ------------------------------------------------------------------------------------------ refused governance

    function _refuseBounds(IRiskOracle.OptionBounds memory bounds, bytes32 field, uint256 value, uint256 limit)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.BoundsInvalid.selector, address(wbtc), field, value, limit));
        risk.setOptionBounds(address(wbtc), bounds);
    }

    function test_RevertWhen_OptionBoundsAreEmptyOrTooWide() public {
        IRiskOracle.OptionBounds memory bounds = _optionBounds();
        bounds.impliedFloor = 0;
        _refuseBounds(bounds, "impliedFloor", 0, 1);
        (bounds.impliedFloor, bounds.impliedCap) = (1, 1);
        _refuseBounds(bounds, "impliedCap", 1, 2);
        (bounds.impliedCap, bounds.impliedStep) = (2, 0);
        _refuseBounds(bounds, "impliedStep", 0, 1);
        bounds.impliedStep = 1e18 + 1;
        _refuseBounds(bounds, "impliedStep", 1e18 + 1, 1e18);
        (bounds.impliedStep, bounds.forwardStep) = (1e18, 0);
        _refuseBounds(bounds, "forwardStep", 0, 1);
        (bounds.forwardStep, bounds.forwardFloor) = (1, 0);
        _refuseBounds(bounds, "forwardFloor", 0, 1);
        bounds.forwardFloor = 1e18 + 1;
        _refuseBounds(bounds, "forwardFloor", 1e18 + 1, 1e18);
        (bounds.forwardFloor, bounds.forwardCap) = (1e18, 1e18 - 1);
        _refuseBounds(bounds, "forwardCap", 1e18 - 1, 1e18);

        bounds.forwardCap = 1e18;
        vm.expectEmit(address(risk));
        emit IRiskOracle.OptionBoundsSet(address(wbtc), bounds, risk.boundsVersion() + 1);
        risk.setOptionBounds(address(wbtc), bounds);
        assertEq(abi.encode(risk.optionBoundsOf(address(wbtc))), abi.encode(bounds));
    }

    function test_RevertWhen_NewOptionBoundsExcludeStoredInputs() public {
        IRiskOracle.OptionBounds memory bounds = _optionBounds();
        bounds.impliedCap = IMPLIED - 1;
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.ImpliedOutOfBounds.selector, address(weth), NEAR, IMPLIED, 0.1e18, IMPLIED - 1
            )
        );
        risk.setOptionBounds(address(weth), bounds);
        (bounds.impliedCap, bounds.forwardCap) = (IMPLIED, RATIO - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.ForwardOutOfBounds.selector, address(weth), NEAR, RATIO, 0.8e18, RATIO - 1
            )
        );
        risk.setOptionBounds(address(weth), bounds);
        bounds.forwardCap = RATIO;
        risk.setOptionBounds(address(weth), bounds);
        assertEq(risk.fallbackInputs(address(weth)).impliedVolatility, IMPLIED, "moved to the new cap");
    }

    function test_RevertWhen_ExpiryCannotBeListed() public {
        uint64 current = uint64(vm.getBlockTimestamp());
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiryPassed.selector, current, current));
        risk.listExpiry(address(weth), current, IMPLIED, RATIO);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiryAlreadyListed.selector, address(weth), NEAR));
        risk.listExpiry(address(weth), NEAR, IMPLIED, RATIO);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.ImpliedOutOfBounds.selector, address(weth), FAR + 1, 0.1e18 - 1, 0.1e18, 3e18
            )
        );
        risk.listExpiry(address(weth), FAR + 1, 0.1e18 - 1, RATIO);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.ForwardOutOfBounds.selector, address(weth), FAR + 1, 1.25e18 + 1, 0.8e18, 1.25e18
            )
        );
        risk.listExpiry(address(weth), FAR + 1, IMPLIED, 1.25e18 + 1);
        // Without option bounds nothing is in bounds.
        vm.expectPartialRevert(IRiskOracle.ImpliedOutOfBounds.selector);
        risk.listExpiry(address(wbtc), NEAR, IMPLIED, RATIO);

        for (uint64 i = 0; i < 6; ++i) {
            vm.expectEmit(address(risk));
            emit IRiskOracle.ExpiryListed(address(weth), current + 1 + i, IMPLIED, RATIO, risk.boundsVersion() + 1);
            risk.listExpiry(address(weth), current + 1 + i, IMPLIED, RATIO);
        }
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiryListFull.selector, address(weth), 8));
        risk.listExpiry(address(weth), FAR + 1, IMPLIED, RATIO);
        assertEq(risk.expiriesOf(address(weth)).length, 8);
    }

    function test_RevertWhen_ExpiryIsUnknown() public {
        bytes memory refusal = abi.encodeWithSelector(IRiskOracle.ExpiryUnknown.selector, address(weth), FAR + 1);
        vm.expectRevert(refusal);
        risk.optionInputs(address(weth), FAR + 1);
        vm.expectRevert(refusal);
        risk.pastOptionInputs(address(weth), FAR + 1);
    }

    // --------------------------------------------------------------------------------------------- refused reports

    function test_RevertWhen_ExpiriesAreNotAllOfThemInOrder() public {
        SignedObservation[] memory signed = _signed(IMPLIED, RATIO);
        ExpiryRisk[] memory entries = signed[2].observation.vector[0].expiries;
        (entries[0], entries[1]) = (entries[1], entries[0]);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiryMismatch.selector, address(weth), 0, FAR, NEAR));
        risk.submit(signed);
        signed[2].observation.vector[0].expiries = new ExpiryRisk[](1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiriesIncomplete.selector, address(weth), 1, 2));
        risk.submit(signed);
        signed = _signed(IMPLIED, RATIO);
        signed[0].observation.vector[1].expiries = new ExpiryRisk[](1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiriesIncomplete.selector, address(wbtc), 1, 0));
        risk.tighten(signed);
    }

    function _refuseReport(uint64 implied, uint64 ratio, bytes memory refusal) private {
        SignedObservation[] memory signed = _signed(implied, ratio);
        vm.expectRevert(refusal);
        risk.submit(signed);
    }

    function test_RevertWhen_OptionInputsLeaveTheirBounds() public {
        bytes4 implied = IRiskOracle.ImpliedOutOfBounds.selector;
        bytes4 forward = IRiskOracle.ForwardOutOfBounds.selector;
        _refuseReport(0.1e18 - 1, RATIO, abi.encodeWithSelector(implied, address(weth), FAR, 0.1e18 - 1, 0.1e18, 3e18));
        _refuseReport(3e18 + 1, RATIO, abi.encodeWithSelector(implied, address(weth), FAR, 3e18 + 1, 0.1e18, 3e18));
        _refuseReport(
            IMPLIED, 0.8e18 - 1, abi.encodeWithSelector(forward, address(weth), FAR, 0.8e18 - 1, 0.8e18, 1.25e18)
        );
        _refuseReport(
            IMPLIED, 1.25e18 + 1, abi.encodeWithSelector(forward, address(weth), FAR, 1.25e18 + 1, 0.8e18, 1.25e18)
        );
    }

    function test_RevertWhen_OptionInputsStepTooFar() public {
        bytes4 implied = IRiskOracle.ImpliedStepTooLarge.selector;
        bytes4 forward = IRiskOracle.ForwardStepTooLarge.selector;
        _refuseReport(
            1.2e18 + 1, RATIO, abi.encodeWithSelector(implied, address(weth), FAR, IMPLIED, 1.2e18 + 1, 1.2e18)
        );
        _refuseReport(
            0.4e18 - 1, RATIO, abi.encodeWithSelector(implied, address(weth), FAR, IMPLIED, 0.4e18 - 1, 0.4e18)
        );
        _refuseReport(
            IMPLIED, 1.06e18 + 1, abi.encodeWithSelector(forward, address(weth), FAR, RATIO, 1.06e18 + 1, 1.06e18)
        );
        _refuseReport(
            IMPLIED, 0.96e18 - 1, abi.encodeWithSelector(forward, address(weth), FAR, RATIO, 0.96e18 - 1, 0.96e18)
        );
        uint256 snapshot = vm.snapshotState();
        risk.submit(_signed(1.2e18, 1.06e18));
        _assertInputs(FAR, 1.2e18, 1.06e18);
        vm.revertToState(snapshot);
        risk.submit(_signed(0.4e18, 0.96e18));
        _assertInputs(FAR, 0.4e18, 0.96e18);
        _assertInputs(NEAR, IMPLIED, RATIO);
    }

    // ---------------------------------------------------------------------------------------------------- accepted

    function test_Submit_OptionInputs_TakeTheMiddlePerField() public {
        SignedObservation[] memory signed = new SignedObservation[](3);
        uint64[3] memory implied = [uint64(0.9e18), 0.7e18, 0.75e18];
        uint64[3] memory ratios = [uint64(1.02e18), 1.03e18, 1e18];
        for (uint256 i = 0; i < 3; ++i) {
            Observation memory observation = _observation(VOLATILITY, SLIPPAGE);
            observation.vector[0].expiries[1] = ExpiryRisk(FAR, implied[i], ratios[i]);
            signed[i] = _sign(observation, signerList[i]);
        }
        vm.expectEmit(address(risk));
        emit IRiskOracle.OptionInputsUpdated(1, address(weth), NEAR, IMPLIED, IMPLIED, RATIO, RATIO);
        vm.expectEmit(address(risk));
        emit IRiskOracle.OptionInputsUpdated(1, address(weth), FAR, IMPLIED, 0.75e18, RATIO, 1.02e18);
        risk.submit(signed);
        _assertInputs(FAR, 0.75e18, 1.02e18);
    }

    function test_Tighten_LeavesOptionInputs() public {
        SignedObservation[] memory signed = new SignedObservation[](2);
        for (uint256 i = 0; i < 2; ++i) {
            Observation memory observation = _observation(0.9e18, SLIPPAGE);
            observation.vector[0].expiries[1] = ExpiryRisk(FAR, 3e18, 1.25e18);
            signed[i] = _sign(observation, signerList[i]);
        }
        risk.tighten(signed);
        _assertInputs(FAR, IMPLIED, RATIO);
        assertEq(risk.tightenings(), 1);
    }

    function test_RevertWhen_PrunedBeforeSevenDays() public {
        vm.warp(NEAR + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.NothingToPrune.selector, address(weth)));
        risk.pruneExpiries(address(weth));
        // Passed, but still attested: at any value in the bounds.
        SignedObservation[] memory signed = _signed(IMPLIED, RATIO);
        for (uint256 i = 0; i < 3; ++i) {
            signed[i].observation.vector[0].expiries[0] = ExpiryRisk(NEAR, 3e18, 0.8e18);
            signed[i] = _sign(signed[i].observation, signerList[i]);
        }
        risk.submit(signed);
        _assertInputs(NEAR, 3e18, 0.8e18);

        skip(1);
        uint256 version = risk.boundsVersion();
        vm.expectEmit(address(risk));
        emit IRiskOracle.ExpiryPruned(address(weth), NEAR, version + 1);
        vm.prank(makeAddr("anyone"));
        risk.pruneExpiries(address(weth));
        uint64[] memory left = risk.expiriesOf(address(weth));
        assertEq(left.length, 1);
        assertEq(left[0], FAR);
        assertEq(risk.boundsVersion(), version + 1, "reports signed before are void");
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ExpiryUnknown.selector, address(weth), NEAR));
        risk.optionInputs(address(weth), NEAR);
        skip(MIN_INTERVAL);
        risk.submit(_agreed(3, VOLATILITY, SLIPPAGE));
        assertEq(risk.epoch(), 2);
    }

    function test_SetBounds_KeepsOptionInputs() public {
        risk.submit(_signed(0.9e18, 1.02e18));
        skip(12 hours);
        risk.setBounds(address(weth), _bounds(0.35e18, 0.02e18));
        _assertInputs(FAR, 0.9e18, 1.02e18);
        (uint256 past,) = risk.pastOptionInputs(address(weth), FAR);
        assertEq(past, IMPLIED);
        skip(12 hours);
        (past,) = risk.pastOptionInputs(address(weth), FAR);
        assertEq(past, 0.9e18);
    }

    // -------------------------------------------------------------------------------------------------------- hash

    function test_InputsHash_IsTheHashOfWhatIsStored() public {
        risk.submit(_signed(0.9e18, 1.02e18));
        risk.tighten(_agreed(2, 0.7e18, 0.03e18));
        uint64[] memory implied = _list2(IMPLIED, 0.9e18);
        uint64[] memory ratios = _list2(RATIO, 1.02e18);
        bytes32 expected = keccak256(
            abi.encode(
                address(weth),
                uint256(1),
                uint256(1),
                VOLATILITY,
                SLIPPAGE,
                uint64(0.7e18),
                uint64(0.03e18),
                _list2(NEAR, FAR),
                implied,
                ratios
            )
        );
        assertEq(risk.inputsHash(address(weth)), expected);
    }

    function test_InputsHash_EveryChangeOfInputs_ChangesIt() public {
        bytes32 first = risk.inputsHash(address(weth));
        assertNotEq(first, risk.inputsHash(address(wbtc)));
        risk.tighten(_agreed(2, 0.7e18, SLIPPAGE));
        bytes32 second = risk.inputsHash(address(weth));
        assertNotEq(second, first);
        // The same values again are another epoch.
        risk.submit(_signed(IMPLIED, RATIO));
        assertNotEq(risk.inputsHash(address(weth)), second);
        assertNotEq(risk.inputsHash(address(weth)), first);
        second = risk.inputsHash(address(weth));
        skip(1 days);
        assertEq(risk.inputsHash(address(weth)), second, "time alone does not");
    }
}
