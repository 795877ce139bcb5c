// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {FactorMath} from "../../contracts/libraries/FactorMath.sol";
import {ExpiryRisk, Observation, SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title Replays: the coupled clamp of March 2026, a stolen key, and every off-chain key stolen for a day
contract RiskOracleAttacksTest is BaseTest {
    uint64 private constant EXPIRY = START + 90 days;

    function setUp() public override {
        super.setUp();
        risk.setOptionBounds(address(weth), _optionBounds());
        risk.listExpiry(address(weth), EXPIRY, 0.8e18, 1e18);
    }

    function _stateHash() private view returns (bytes32) {
        (uint256 implied, uint256 ratio) = risk.optionInputs(address(weth), EXPIRY);
        return keccak256(
            abi.encode(
                risk.stateOf(address(weth)),
                risk.stateOf(address(wbtc)),
                risk.factors(address(weth)),
                risk.factors(address(wbtc)),
                implied,
                ratio,
                risk.epoch(),
                risk.lastReportAt(),
                risk.tightenings()
            )
        );
    }

    function _withForward(uint256 signers, uint64 volatility, uint64 ratio)
        private
        view
        returns (SignedObservation[] memory signed)
    {
        signed = new SignedObservation[](signers);
        for (uint256 i = 0; i < signers; ++i) {
            Observation memory observation = _observation(volatility, SLIPPAGE);
            observation.vector[0].expiries[0] = ExpiryRisk(EXPIRY, 0.8e18, ratio);
            signed[i] = _sign(observation, signerList[i]);
        }
    }

    /// @dev March 2026: a ratio was clamped to its step while its timestamp was stored as given, so the two belonged to different moments; the
    /// collateral was priced 2.85 % under its market, and 34 accounts were liquidated. The same report here: one field of the vector past its
    /// step, the rest, and the time, as they should be. Nothing of it is applied, the time included, so that the next report has the whole interval's
    /// move to make or not to make.
    function test_Replay_CoupledClamp_IsRefusedWhole() public {
        skip(MIN_INTERVAL);
        bytes32 before = _stateHash();
        // Numbers of the scale of 1e18 fit.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 market = uint64(1.05e18 * 1.0285e18 / WAD);
        SignedObservation[] memory signed = _withForward(3, 0.65e18, market);
        vm.expectRevert(
            abi.encodeWithSelector(
                IRiskOracle.ForwardStepTooLarge.selector, address(weth), EXPIRY, 1e18, market, 1.05e18
            )
        );
        risk.submit(signed);
        assertEq(_stateHash(), before, "neither the ratio nor the time");

        // The largest step that is allowed is applied as attested.
        risk.submit(_withForward(3, 0.65e18, 1.05e18));
        (, uint256 ratio) = risk.optionInputs(address(weth), EXPIRY);
        assertEq(ratio, 1.05e18);
        assertEq(risk.lastReportAt(), vm.getBlockTimestamp());
    }

    /// @dev The pair that would drift apart here is LT and BF. Both come from one vector: after any sequence of accepted and refused
    /// reports BF is what that vector gives, held under LT by a day's room.
    /// forge-config: default.fuzz.runs = 100
    /// forge-config: ci.fuzz.runs = 500
    function testFuzz_Replay_CoupledParameters_CannotDriftApart(uint64[6] memory volatilities, uint64 slippage) public {
        risk.setTiming(MIN_INTERVAL, 48 hours, SILENCE_LIMIT);
        for (uint256 i = 0; i < volatilities.length; ++i) {
            skip(MIN_INTERVAL);
            uint64 volatility = uint64(bound(volatilities[i], 0.3e18, 2.5e18));
            SignedObservation[] memory signed = _agreed(3, volatility, uint64(bound(slippage, 0, 0.15e18)));
            bytes32 before = _stateHash();
            try risk.submit(signed) {
                assertEq(risk.stateOf(address(weth)).volatility, volatility);
                assertEq(risk.stateOf(address(wbtc)).volatility, volatility);
            } catch {
                assertEq(_stateHash(), before);
            }
            _assertCoupled();
        }
    }

    function _assertCoupled() private view {
        IRiskOracle.AssetState memory state = risk.stateOf(address(weth));
        IRiskOracle.Factors memory factors = risk.factors(address(weth));
        (, uint256 derived) = risk.derive(address(weth), state.initialVolatility, state.initialSlippage);
        uint256 room = uint256(
            FixedPointMathLib.expWad(
                -int256(2.326347874e18 * uint256(state.initialVolatility) / 1e18 * 52342392259021370 / 1e18)
            )
        );
        uint256 held = factors.liquidationThreshold * room / WAD;
        assertApproxEqAbs(factors.borrowFactor, derived < held ? derived : held, 4);
    }

    /// @dev Fewer keys than the threshold: one alone cannot even tighten, two cannot report.
    function test_Replay_StolenPublisherKey_ChangesNothing() public {
        skip(MIN_INTERVAL);
        bytes32 before = _stateHash();
        SignedObservation[] memory stolen = _agreed(1, 1.2e18, 0.12e18);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 1, 3));
        risk.submit(stolen);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 1, 2));
        risk.tighten(stolen);

        // The same key three times, and with strangers beside it.
        SignedObservation[] memory repeated = new SignedObservation[](3);
        for (uint256 i = 0; i < 3; ++i) {
            repeated[i] = stolen[0];
        }
        vm.expectPartialRevert(IAttestationVerifier.SignersNotSorted.selector);
        risk.submit(repeated);
        SignedObservation[] memory two = _agreed(2, 0.54e18, 0);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 2, 3));
        risk.submit(two);
        assertEq(_stateHash(), before);
    }

    /// @dev All keys, a day, the loosest report whenever one is taken: volatility falls by the loosening step a report, LT rises by no more
    /// than the ramp, and BF by no more than both allow.
    function test_F52_AllKeysStolen_LooseningForADay_StaysInsideThePublishedBudget() public {
        IRiskOracle.Factors memory before = risk.factors(address(weth));
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(weth));
        uint256 volatility = VOLATILITY;
        uint256 from = vm.getBlockTimestamp();
        for (uint256 i = 1; i <= 4; ++i) {
            vm.warp(from + i * MIN_INTERVAL);
            volatility = FixedPointMathLib.divUp(volatility * (WAD - bounds.loosenStep), WAD);
            if (volatility < bounds.volatilityFloor) volatility = bounds.volatilityFloor;
            // Numbers of the scale of 1e18 fit.
            // forge-lint: disable-next-line(unsafe-typecast)
            SignedObservation[] memory tooFar = _agreed(3, uint64(volatility) - 1, 0);
            vm.expectRevert();
            risk.submit(tooFar);
            // Numbers of the scale of 1e18 fit.
            // forge-lint: disable-next-line(unsafe-typecast)
            risk.submit(_agreed(3, uint64(volatility), 0));
        }
        assertEq(vm.getBlockTimestamp(), from + 1 days);
        IRiskOracle.Factors memory later = risk.factors(address(weth));
        assertEq(risk.stateOf(address(weth)).volatility, volatility, "four steps of 10 %");

        uint256 most =
            before.liquidationThreshold * uint256(FixedPointMathLib.expWad(int256(uint256(bounds.rampPerDay)))) / WAD;
        assertLe(later.liquidationThreshold, most + 2);
        assertGt(later.liquidationThreshold, before.liquidationThreshold);
        uint256 room = 2.326347874e18 * volatility / WAD * 52342392259021370 / WAD;
        // Numbers of the scale of 1e18 fit.
        // forge-lint: disable-next-line(unsafe-typecast)
        assertLe(later.borrowFactor, most * uint256(FixedPointMathLib.expWad(-int256(room))) / WAD + 2);
        // The first report came a quarter of the day in, and each keeps nine decimals.
        assertApproxEqAbs(later.maintenanceVolatility, VOLATILITY - _driftPerDay(bounds) * 3 / 4, 1e10);
    }

    /// @dev What the volatility of maintenance moves by in 24 hours: rampPerDay / (m sqrt h).
    function _driftPerDay(IRiskOracle.AssetBounds memory bounds) private pure returns (uint256) {
        return bounds.rampPerDay * WAD / FactorMath.lossPerVolatilityUp(bounds.tailMultiplier, bounds.horizon);
    }

    /// @dev The other way: initial margin may double its volatility a report, but a loan that was full before is not liquidatable at the same
    /// price a day later.
    function test_F52_AllKeysStolen_TighteningForADay_LiquidatesNoFullLoan() public {
        uint256 full = risk.factors(address(weth)).borrowFactor;
        uint256 thresholdBefore = risk.factors(address(weth)).liquidationThreshold;
        uint64[4] memory volatilities = [uint64(1.2e18), 2.4e18, 4e18, 4e18];
        uint64[4] memory slippages = [uint64(0.12e18), 0.22e18, 0.3e18, 0.3e18];
        uint256 from = vm.getBlockTimestamp();
        risk.tighten(_agreed(2, 1.2e18, 0.12e18));
        for (uint256 i = 0; i < 4; ++i) {
            vm.warp(from + (i + 1) * MIN_INTERVAL);
            risk.submit(_agreed(3, volatilities[i], slippages[i]));
        }
        IRiskOracle.Factors memory later = risk.factors(address(weth));
        uint256 least = thresholdBefore * uint256(FixedPointMathLib.expWad(-0.021309e18)) / WAD;
        assertGe(later.liquidationThreshold + 2, least);
        assertGt(later.liquidationThreshold, full);
        uint256 drift = _driftPerDay(risk.boundsOf(address(weth)));
        assertApproxEqAbs(later.maintenanceVolatility, VOLATILITY + drift * 3 / 4, 1e10);
        assertEq(later.initialVolatility, 4e18);
        (uint256 past, uint256 pastVolatility) = risk.pastFactors(address(weth));
        assertEq(past, thresholdBefore, "and rule 3 sees it");
        assertEq(pastVolatility, VOLATILITY);
    }
}
