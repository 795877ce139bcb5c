// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {FactorMath} from "../../contracts/libraries/FactorMath.sol";
import {MathHarness} from "./mocks/MathHarness.sol";

contract FactorMathTest is Test {
    uint256 private constant WAD = 1e18;
    uint256 private constant NORMAL_99 = 2.6652142e18;

    MathHarness private math;

    function setUp() public {
        math = new MathHarness();
    }

    function test_SqrtYears_KnownDurations_Exact() public view {
        assertEq(math.sqrtYears(365 days), WAD);
        assertEq(math.sqrtYears(0), 0);
        // sqrt(1/365) and sqrt(5/365) to 18 digits
        assertEq(math.sqrtYears(1 days), 52342392259021370);
        assertEq(FactorMath.SQRT_DAY, math.sqrtYears(1 days));
        assertEq(math.sqrtYears(5 days), 117041147196130563);
    }

    /// @dev The checks written in the risk model.
    function test_Threshold_ChecksOfTheRiskModel_Hold() public view {
        (uint256 lt60,) = math.threshold(0.6e18, 0, NORMAL_99, 5 days, 0, 0);
        (uint256 lt75, uint256 bf75) = math.threshold(0.75e18, 0, NORMAL_99, 5 days, 0, 0);
        assertApproxEqAbs(lt60, 0.8293e18, 0.00005e18);
        assertApproxEqAbs(lt75, 0.7914e18, 0.00005e18);
        assertApproxEqAbs(bf75, 0.7223e18, 0.00005e18);

        uint256[4] memory volatility = [uint256(0.6e18), 0.75e18, 1e18, 2e18];
        uint256[4] memory expected = [uint256(0.774e18), 0.739e18, 0.683e18, 0.5e18];
        for (uint256 i = 0; i < 4; ++i) {
            (uint256 lt,) = math.threshold(volatility[i], 0.02e18, NORMAL_99, 5 days, 0.05e18, 0);
            assertApproxEqAbs(lt, expected[i], 0.0006e18);
        }
    }

    function test_Threshold_Jump_IsTheCeiling() public view {
        (uint256 lt,) = math.threshold(0.01e18, 0, NORMAL_99, 5 days, 0, 0.15e18);
        assertApproxEqAbs(lt, 0.85e18, 2);
        assertLe(lt, 0.85e18);
    }

    /// @dev Any one input made stricter, in turn: volatility, slippage, bonus, jump, horizon.
    function testFuzz_Threshold_StricterInputs_NeverLooser(uint256[5] memory x, uint256 more, uint256 which)
        public
        view
    {
        uint256[5] memory low = [uint256(0.01e18), 0, 0, 0, 1 days];
        uint256[5] memory high = [uint256(4e18), 0.5e18, 0.2e18, 0.9e18, 30 days];
        for (uint256 i = 0; i < 5; ++i) {
            x[i] = bound(x[i], low[i], high[i]);
        }
        (uint256 lt, uint256 bf) = math.threshold(x[0], x[1], NORMAL_99, x[4], x[2], x[3]);
        assertLe(lt, WAD);
        assertLt(bf, lt);

        which = bound(which, 0, 4);
        x[which] = bound(more, x[which], high[which]);
        (uint256 stricter, uint256 stricterBf) = math.threshold(x[0], x[1], NORMAL_99, x[4], x[2], x[3]);
        // expWad and lnWad are exact to the last places, not monotone to the last one.
        assertLe(stricter, lt + 2);
        assertLe(stricterBf, bf + 2);
    }

    function testFuzz_Headroom_NeverAboveThresholdOverBorrowFactor(uint256 floor, uint256 more) public view {
        floor = bound(floor, 0.01e18, 4e18);
        uint256 volatility = bound(more, floor, 4e18);
        (uint256 lt, uint256 bf) = math.threshold(volatility, 0.02e18, NORMAL_99, 5 days, 0.05e18, 0.15e18);
        // lt / bf >= headroom, but for the last places of three roundings
        assertGe(lt * WAD + 4 * WAD, math.headroom(floor) * bf);
        (uint256 down, uint256 up) = math.room(floor);
        assertLe(down, up);
        assertLe(up - down, 1);
    }

    // ------------------------------------------------------------------------------------------------------ ramp

    function test_Ramp_EitherWay_LinearAndStopsAtTarget() public view {
        assertEq(math.ramp(-0.2e18, -0.5e18, 0.02e18, 0), -0.2e18);
        assertEq(math.ramp(-0.2e18, -0.5e18, 0.02e18, 12 hours), -0.21e18);
        assertEq(math.ramp(-0.5e18, -0.2e18, 0.02e18, 12 hours), -0.49e18);
        assertEq(math.ramp(-0.2e18, -0.5e18, 0.02e18, 15 days - 1), -0.5e18 + 231481481482);
        assertEq(math.ramp(-0.2e18, -0.5e18, 0.02e18, 15 days), -0.5e18);
        assertEq(math.ramp(-0.2e18, -0.5e18, 0.02e18, 3650 days), -0.5e18);
        assertEq(math.ramp(-0.3e18, -0.3e18, 0.02e18, 1 days), -0.3e18);
    }

    function testFuzz_Ramp_StaysBetweenAndInsideItsRate(int256 start, int256 target, uint256 rate, uint256 elapsed)
        public
        view
    {
        start = bound(start, -50e18, 0);
        target = bound(target, -50e18, 0);
        rate = bound(rate, 1, 1e18);
        elapsed = bound(elapsed, 0, 3650 days);
        int256 now_ = math.ramp(start, target, rate, elapsed);
        (int256 low, int256 high) = start < target ? (start, target) : (target, start);
        assertGe(now_, low);
        assertLe(now_, high);
        assertLe(_distance(now_, start), rate * elapsed / 1 days);
        if (now_ != target) assertEq(_distance(now_, start), rate * elapsed / 1 days);
    }

    function test_VolatilityRamp_EitherWay_RoundsUpAndStopsAtItsEnd() public view {
        // k = .25: a rate of .02 a day in ln LT is .08 in volatility.
        assertEq(math.volatilityRamp(0.6e18, 0.9e18, 0.02e18, 0.25e18, 0), 0.6e18);
        assertEq(math.volatilityRamp(0.6e18, 0.9e18, 0.02e18, 0.25e18, 12 hours), 0.64e18);
        assertEq(math.volatilityRamp(0.6e18, 0.9e18, 0.02e18, 0.25e18, 3.75 days), 0.9e18);
        assertEq(math.volatilityRamp(0.6e18, 0.9e18, 0.02e18, 0.25e18, 3650 days), 0.9e18);
        assertEq(math.volatilityRamp(0.9e18, 0.6e18, 0.02e18, 0.25e18, 12 hours), 0.86e18);
        assertEq(math.volatilityRamp(0.9e18, 0.6e18, 0.02e18, 0.25e18, 3650 days), 0.6e18);
        assertEq(math.volatilityRamp(0.6e18, 0.6e18, 0.02e18, 0.25e18, 1 days), 0.6e18);
        // A third of a unit: up in either direction.
        assertEq(math.volatilityRamp(10, 20, 1, 3e18, 1 days), 11);
        assertEq(math.volatilityRamp(20, 10, 1, 3e18, 1 days), 20);
    }

    /// @dev There and back: the volatility that moved with ln LT is the one which LT is worth.
    function testFuzz_VolatilityRamp_RoundTrip_IsWhatTheRampedThresholdIsWorth(
        uint256 from,
        uint256 to,
        uint256 rate,
        uint256 elapsed,
        uint256 slippage
    ) public view {
        from = bound(from, 0.2e18, 4e18);
        to = bound(to, 0.2e18, 4e18);
        rate = bound(rate, 1e10, 0.16e18);
        elapsed = bound(elapsed, 0, 60 days);
        slippage = bound(slippage, 0, 0.3e18);
        int256 lnNow = math.ramp(_lnPlain(from, slippage), _lnPlain(to, slippage), rate, elapsed);
        uint256 loss = math.lossPerVolatility(NORMAL_99, 5 days);
        uint256 volatility = math.volatilityRamp(from, to, rate, loss, elapsed);
        // Within the last places of one division by k = .31.
        assertApproxEqAbs(lnNow, _lnPlain(volatility, slippage), 4);
        (uint256 low, uint256 high) = from < to ? (from, to) : (to, from);
        assertGe(volatility, low);
        assertLe(volatility, high);
    }

    /// @dev ln LT with no jump to limit it.
    function _lnPlain(uint256 volatility, uint256 slippage) private view returns (int256) {
        return math.lnThreshold(volatility, slippage, NORMAL_99, 5 days, 0.05e18, 0);
    }

    function _distance(int256 a, int256 b) private pure returns (uint256) {
        return uint256(a > b ? a - b : b - a);
    }

    // ---------------------------------------------------------------------------------------------------- median

    function test_UpperMedian_SmallLists() public view {
        assertEq(math.upperMedian(_values(5, 0, 0, 1)), 5);
        assertEq(math.upperMedian(_values(5, 9, 0, 2)), 9);
        assertEq(math.upperMedian(_values(9, 1, 5, 3)), 5);
    }

    function _values(uint64 a, uint64 b, uint64 c, uint256 count) private pure returns (uint64[] memory values) {
        uint64[3] memory all = [a, b, c];
        values = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) {
            values[i] = all[i];
        }
    }

    /// @dev At least half are at or under it and at least half at or over it, and it is one of them.
    function testFuzz_UpperMedian_SplitsTheList(uint64[31] memory numbers, uint256 count) public view {
        uint64[] memory values = new uint64[](bound(count, 1, 31));
        for (uint256 i = 0; i < values.length; ++i) {
            values[i] = numbers[i];
        }
        uint64 median = math.upperMedian(values);
        uint256 under = 0;
        uint256 over = 0;
        bool present = false;
        for (uint256 i = 0; i < values.length; ++i) {
            if (values[i] < median) ++under;
            if (values[i] > median) ++over;
            if (values[i] == median) present = true;
        }
        assertTrue(present);
        assertLe(under, values.length / 2);
        assertLe(over, (values.length - 1) / 2);
    }

    // -------------------------------------------------------------------------------------------------- interest

    function test_AnnualRate_AtItsCorners() public view {
        assertEq(math.annualRate(0), 0);
        assertEq(math.annualRate(0.4e18), 0.02e18);
        assertEq(math.annualRate(0.8e18), 0.04e18);
        assertEq(math.annualRate(0.9e18), 0.415e18);
        assertEq(math.annualRate(WAD), 0.79e18);
        assertEq(math.utilisation(0, 0), 0);
        assertEq(math.utilisation(1, 0), WAD);
        assertEq(math.utilisation(80, 20), 0.8e18);
        assertEq(math.grown(1e27, 0.04e18, 365 days), 1.04e27);
        assertEq(math.grown(24, 0.04e18, 365 days), 24, "a growth of .96 is nothing yet");
    }

    function testFuzz_AnnualRate_RisesWithUtilisation(uint256 less, uint256 more) public view {
        more = bound(more, 0, WAD);
        less = bound(less, 0, more);
        assertLe(math.annualRate(less), math.annualRate(more));
        assertLe(math.annualRate(more), 0.79e18);
    }
}
