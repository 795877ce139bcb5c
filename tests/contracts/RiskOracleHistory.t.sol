// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {FactorMath} from "../../contracts/libraries/FactorMath.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title What was in force 24 hours ago, against a recorder that writes down what it sees
contract RiskOracleHistoryTest is BaseTest {
    uint64 private constant EXPIRY = START + 400 days;

    struct Seen {
        uint256 at;
        uint256 threshold;
        uint256 volatility;
        uint256 implied;
        uint256 ratio;
    }

    /// @dev Checked times of the fuzz: what was read at one is asked for again a day later.
    Seen[] private _seen;

    function setUp() public override {
        super.setUp();
        risk.setTiming(2 hours, HEARTBEAT, SILENCE_LIMIT);
        risk.setOptionBounds(address(weth), _optionBounds());
        risk.listExpiry(address(weth), EXPIRY, 0.7e18, 1.01e18);
    }

    function _record() private returns (Seen memory seen) {
        IRiskOracle.Factors memory factors = risk.factors(address(weth));
        (uint256 implied, uint256 ratio) = risk.optionInputs(address(weth), EXPIRY);
        seen = Seen({
            at: vm.getBlockTimestamp(),
            threshold: factors.liquidationThreshold,
            volatility: factors.maintenanceVolatility,
            implied: implied,
            ratio: ratio
        });
        _seen.push(seen);
    }

    function _assertPastIs(Seen memory seen) private view {
        (uint256 threshold, uint256 volatility) = risk.pastFactors(address(weth));
        (uint256 implied, uint256 ratio) = risk.pastOptionInputs(address(weth), EXPIRY);
        assertEq(threshold, seen.threshold, "threshold");
        assertEq(volatility, seen.volatility, "volatility");
        assertEq(implied, seen.implied, "implied");
        assertEq(ratio, seen.ratio, "ratio");
        _assertMaintenanceFactorsAgree();
    }

    function _assertMaintenanceFactorsAgree() private view {
        (uint256 now_, uint256 bonus, uint256 past) = risk.maintenanceFactors(address(weth));
        IRiskOracle.Factors memory factors = risk.factors(address(weth));
        (uint256 pastThreshold,) = risk.pastFactors(address(weth));
        assertEq(now_, factors.liquidationThreshold, "threshold in one call");
        assertEq(bonus, factors.bonus, "bonus in one call");
        assertEq(past, pastThreshold, "past threshold in one call");
    }

    function _report(uint256 seed) private {
        IRiskOracle.AssetState memory state = risk.stateOf(address(weth));
        uint256 low = uint256(state.volatility) * 0.9e18 / WAD + 1;
        uint256 high = uint256(state.volatility) * 2;
        low = low < 0.35e18 ? 0.35e18 : low;
        high = high > 4e18 ? 4e18 : high;
        uint64 volatility = uint64(bound(seed, low, high));
        low = state.slippage < 0.1e18 ? 0 : state.slippage - 0.1e18;
        high = state.slippage > 0.2e18 ? 0.3e18 : state.slippage + 0.1e18;
        uint64 slippage = uint64(bound(seed >> 64, low, high));
        risk.submit(_agreed(3, volatility, slippage));
    }

    /// @dev What was seen is walked through in order: at every wait, each record that is now exactly a day old is compared.
    function _waitUntil(uint256 time, uint256 from) private returns (uint256 next) {
        next = from;
        while (next < _seen.length && _seen[next].at + 1 days <= time) {
            vm.warp(_seen[next].at + 1 days);
            _assertPastIs(_seen[next]);
            ++next;
        }
        vm.warp(time);
    }

    /// @dev Reports as often as the contract takes them, changes of bounds as often as it takes those, and waits in between; every state seen is the
    /// past a day later. The ring has gone round several times by then.
    /// forge-config: default.fuzz.runs = 50
    /// forge-config: ci.fuzz.runs = 300
    function testFuzz_Past_RandomReportsAndWaits_IsWhatWasInForce(uint256 seed) public {
        uint256 next = 0;
        uint256 boundsAt = 0;
        _record();
        for (uint256 i = 0; i < 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 pause = seed % 3 == 0 ? 2 hours : bound(seed >> 8, 2 hours, 9 hours);
            next = _waitUntil(vm.getBlockTimestamp() + pause / 2, next);
            if (vm.getBlockTimestamp() >= boundsAt + 8 hours && (seed >> 200) % 2 == 0) {
                // Another speed, but the same m and h, so that the volatility of a running ramp reads the same.
                risk.setBounds(address(weth), _bounds(0.35e18, uint64(bound(seed >> 16, 1, 2_130_900)) * 1e10));
                boundsAt = vm.getBlockTimestamp();
            }
            _record();
            next = _waitUntil(vm.getBlockTimestamp() + pause - pause / 2, next);
            _report(seed >> 32);
            _record();
        }
        assertGt(next, 40, "the recorder never got a day old");
        assertEq(risk.epoch(), 40);
    }

    /// @dev The most that can be written in a day: 12 reports and 3 changes of bounds. One more of either would be refused.
    function test_Past_FullestDay_StillReachesBack() public {
        skip(2 days);
        _report(1);
        Seen memory before = _record();
        uint256 from = vm.getBlockTimestamp();
        for (uint64 hour = 1; hour <= 24; ++hour) {
            vm.warp(from + hour * 1 hours);
            if (hour % 2 == 0) _report(uint256(keccak256(abi.encode(hour))));
            if (hour % 8 == 0) risk.setBounds(address(weth), _bounds(0.35e18, hour * 1e12));
        }
        assertEq(risk.epoch(), 13);
        _assertPastIs(before);
        vm.expectPartialRevert(IRiskOracle.BoundsChangeTooEarly.selector);
        risk.setBounds(address(weth), _bounds(0.35e18, 1e12));
    }

    function test_Past_ListedLessThanADayAgo_IsTheListing() public {
        (uint256 lt,) = risk.derive(address(weth), VOLATILITY, SLIPPAGE);
        skip(2 hours);
        _report(type(uint256).max);
        skip(22 hours - 1);
        (uint256 threshold, uint256 volatility) = risk.pastFactors(address(weth));
        assertEq(threshold, lt);
        assertEq(volatility, VOLATILITY);
        assertLt(risk.factors(address(weth)).liquidationThreshold, lt);
    }

    /// @dev A raised jump, floor or bonus changes what is in force from now on, not what was.
    function test_Past_ChangeOfBounds_LeavesItAlone() public {
        skip(2 days);
        Seen memory before = _record();
        IRiskOracle.AssetBounds memory bounds = _bounds(0.7e18, 0.021e18);
        (bounds.jump, bounds.bonus, bounds.tailMultiplier) = (0.5e18, 0.2e18, 5e18);
        risk.setBounds(address(weth), bounds);
        skip(1 days);
        _assertPastIs(before);
        assertLt(risk.factors(address(weth)).liquidationThreshold, before.threshold);
        assertGt(risk.factors(address(weth)).maintenanceVolatility, before.volatility);
        skip(1);
        (uint256 threshold,) = risk.pastFactors(address(weth));
        assertLt(threshold, before.threshold + 1);
    }

    // --------------------------------------------------------------------------------- volatility of maintenance

    /// @dev While only volatility has changed, LT and the volatility of maintenance are one number.
    function testFuzz_MaintenanceVolatility_OnlyVolatilityChanged_IsWhatTheRampedThresholdIsWorth(
        uint64 volatility,
        uint256 elapsed
    ) public {
        volatility = uint64(bound(volatility, 0.54e18, 1.2e18));
        elapsed = bound(elapsed, 0, 40 days);
        skip(2 hours);
        risk.submit(_agreed(3, volatility, SLIPPAGE));
        skip(elapsed);
        IRiskOracle.Factors memory factors = risk.factors(address(weth));
        // The factors of exactly that volatility, but for the nine decimals kept.
        (uint256 lt,) = risk.derive(address(weth), uint64(factors.maintenanceVolatility), SLIPPAGE);
        assertApproxEqRel(factors.liquidationThreshold, lt, 1e9);
        assertGe(factors.initialVolatility, factors.maintenanceVolatility);
        assertGe(factors.initialVolatility, volatility);
    }

    /// @dev A rise of slippage lowers LT, and must not read as a fall of volatility.
    function test_MaintenanceVolatility_SlippageRises_Stays() public {
        skip(2 hours);
        risk.submit(_agreed(3, VOLATILITY, 0.12e18));
        assertEq(risk.factors(address(weth)).maintenanceVolatility, VOLATILITY);
        skip(3 days);
        assertEq(risk.factors(address(weth)).maintenanceVolatility, VOLATILITY);
    }

    /// @dev LT at its ceiling says nothing of volatility; its ramp goes on.
    function test_MaintenanceVolatility_ThresholdAtItsCeiling_StillRamps() public {
        IRiskOracle.AssetBounds memory bounds = _bounds(0.35e18, 0.021e18);
        bounds.jump = 0.5e18;
        risk.setBounds(address(weth), bounds);
        skip(30 days);
        assertApproxEqAbs(risk.factors(address(weth)).liquidationThreshold, 0.5e18, 2);
        risk.submit(_agreed(3, 0.8e18, SLIPPAGE));
        skip(1 days);
        IRiskOracle.Factors memory factors = risk.factors(address(weth));
        assertApproxEqAbs(factors.liquidationThreshold, 0.5e18, 2);
        uint256 drift = 0.021e18 * WAD / FactorMath.lossPerVolatilityUp(bounds.tailMultiplier, bounds.horizon);
        assertApproxEqAbs(factors.maintenanceVolatility, VOLATILITY + drift, 1e10);
        skip(9 days);
        assertEq(risk.factors(address(weth)).maintenanceVolatility, 0.8e18);
    }
}
