// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {stdError} from "forge-std/StdError.sol";
import {Test} from "forge-std/Test.sol";

import {ScenarioMargin} from "../../contracts/libraries/ScenarioMargin.sol";
import {ScenarioHarness} from "./mocks/ScenarioHarness.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title The requirement of a book of options: limits, known books, properties
/// @dev "Near" below means within 1e-11 of gross notional: what the arithmetic rounds and approximates away. A book costs
/// a million gas, so these run less often than other fuzz tests do.
/// forge-config: default.fuzz.runs = 200
/// forge-config: ci.fuzz.runs = 800
contract ScenarioMarginTest is Test {
    uint256 private constant SPOT = 3000e18;
    uint256 private constant RANGE = 0.16e18;
    uint256 private constant NEAR = 1e7;

    ScenarioHarness private math;

    function setUp() public {
        math = new ScenarioHarness();
    }

    // -------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_TooManyLegs() public {
        ScenarioMargin.Expiry[] memory expiries = _month();
        ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](128);
        for (uint256 i = 0; i < 128; ++i) {
            legs[i] = ScenarioMargin.Leg(0, true, SPOT, 0);
        }
        math.requirement(legs, expiries, SPOT, RANGE);
        legs = new ScenarioMargin.Leg[](129);
        vm.expectRevert(abi.encodeWithSelector(ScenarioMargin.TooManyLegs.selector, 129, 128));
        math.requirement(legs, expiries, SPOT, RANGE);
    }

    function test_RevertWhen_StrikeOutOfRange() public {
        ScenarioMargin.Expiry[] memory expiries = _month();
        math.requirement(_one(true, 1e9, 1e18), expiries, SPOT, RANGE);
        math.requirement(_one(true, type(uint96).max, 1e18), expiries, SPOT, RANGE);
        uint256[2] memory bad = [uint256(1e9 - 1), uint256(type(uint96).max) + 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ScenarioMargin.StrikeOutOfRange.selector, 0, bad[i], 1e9, type(uint96).max)
            );
            math.requirement(_one(true, bad[i], 1e18), expiries, SPOT, RANGE);
        }
    }

    function test_RevertWhen_AmountOutOfRange() public {
        int256 most = type(int96).max;
        ScenarioMargin.Expiry[] memory expiries = _month();
        math.requirement(_one(true, SPOT, most), expiries, SPOT, RANGE);
        math.requirement(_one(true, SPOT, -most), expiries, SPOT, RANGE);
        int256[4] memory bad = [most + 1, -most - 1, type(int256).max, type(int256).min];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ScenarioMargin.AmountOutOfRange.selector, 0, bad[i], most));
            math.requirement(_one(true, SPOT, bad[i]), expiries, SPOT, RANGE);
        }
    }

    function test_RevertWhen_ForwardOutOfRange() public {
        uint256[4] memory values = [uint256(1e9), type(uint96).max, 1e9 - 1, uint256(type(uint96).max) + 1];
        for (uint256 i = 0; i < 4; ++i) {
            ScenarioMargin.Expiry[] memory expiries = _month();
            expiries[0].forward = values[i];
            if (i > 1) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        ScenarioMargin.ForwardOutOfRange.selector, 0, values[i], 1e9, type(uint96).max
                    )
                );
            }
            math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
        }
    }

    function test_RevertWhen_FixedForwardAboveForward() public {
        ScenarioMargin.Expiry[] memory expiries = _month();
        expiries[0].fixedForward = SPOT;
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
        expiries[0].fixedForward = SPOT + 1;
        vm.expectRevert(abi.encodeWithSelector(ScenarioMargin.FixedForwardAboveForward.selector, 0, SPOT + 1, SPOT));
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
    }

    function test_RevertWhen_ImpliedVolatilityTooLarge() public {
        ScenarioMargin.Expiry[] memory expiries = _month();
        expiries[0].impliedVolatility = 100e18;
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
        expiries[0].impliedVolatility = 100e18 + 1;
        vm.expectRevert(
            abi.encodeWithSelector(ScenarioMargin.ImpliedVolatilityTooLarge.selector, 0, 100e18 + 1, 100e18)
        );
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
    }

    function test_RevertWhen_TimeToExpiryTooLong() public {
        ScenarioMargin.Expiry[] memory expiries = _month();
        expiries[0].timeToExpiry = 36_500 days;
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
        expiries[0].timeToExpiry = 36_500 days + 1;
        vm.expectRevert(
            abi.encodeWithSelector(ScenarioMargin.TimeToExpiryTooLong.selector, 0, 36_500 days + 1, 36_500 days)
        );
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
    }

    function test_RevertWhen_RateTooLarge() public {
        ScenarioMargin.Expiry[] memory expiries = _month();
        expiries[0].rate = 10e18;
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
        expiries[0].rate = 10e18 + 1;
        vm.expectRevert(abi.encodeWithSelector(ScenarioMargin.RateTooLarge.selector, 0, 10e18 + 1, 10e18));
        math.requirement(_one(true, SPOT, 1e18), expiries, SPOT, RANGE);
    }

    function test_RevertWhen_SpotOrRangeTooLarge() public {
        ScenarioMargin.Expiry[] memory expiries = _month();
        ScenarioMargin.Leg[] memory legs = _one(false, SPOT, -1e18);
        math.requirement(legs, expiries, type(uint96).max, 0.5e18);
        vm.expectRevert(
            abi.encodeWithSelector(
                ScenarioMargin.SpotTooLarge.selector, uint256(type(uint96).max) + 1, type(uint96).max
            )
        );
        math.requirement(legs, expiries, uint256(type(uint96).max) + 1, RANGE);
        vm.expectRevert(abi.encodeWithSelector(ScenarioMargin.RangeTooLarge.selector, 0.5e18 + 1, 0.5e18));
        math.requirement(legs, expiries, SPOT, 0.5e18 + 1);
    }

    function test_RevertWhen_LegNamesNoExpiry() public {
        ScenarioMargin.Leg[] memory legs = _one(true, SPOT, 1e18);
        legs[0].expiry = 1;
        vm.expectRevert(stdError.indexOOBError);
        math.requirement(legs, _month(), SPOT, RANGE);
    }

    // --------------------------------------------------------------------------------------------------- corners

    /// @dev The checks written in the risk model: worst losses 425.85 and 124.29.
    function test_Requirement_ChecksOfTheRiskModel_Hold() public view {
        ScenarioMargin.Leg[] memory legs = _one(false, SPOT, -1e18);
        (uint256 needed, int256 marked) = math.requirement(legs, _month(), SPOT, RANGE);
        assertApproxEqAbs(int256(needed) + marked, 425.85e18 + 30e18, 0.005e18);
        legs = _join(legs, _one(false, 2700e18, 1e18));
        (needed, marked) = math.requirement(legs, _month(), SPOT, RANGE);
        assertApproxEqAbs(int256(needed) + marked, 124.29e18, 0.005e18);
    }

    function test_Requirement_NoLegs_Nothing() public view {
        (uint256 needed, int256 marked) =
            math.requirement(new ScenarioMargin.Leg[](0), new ScenarioMargin.Expiry[](0), SPOT, RANGE);
        assertEq(needed, 0);
        assertEq(marked, 0);
    }

    /// @dev Under 1e-12 of standard deviation, and at no time left, the value is the intrinsic one, to the unit.
    function test_Requirement_NoTimeOrNoVolatility_Intrinsic() public view {
        ScenarioMargin.Expiry[] memory expiries = _month();
        for (uint256 i = 0; i < 2; ++i) {
            if (i == 0) (expiries[0].timeToExpiry, expiries[0].impliedVolatility) = (0, 0.6e18);
            else (expiries[0].timeToExpiry, expiries[0].impliedVolatility) = (30 days, 3e6);
            (, int256 marked) = math.requirement(_one(true, 2900e18, 2e18), expiries, SPOT, RANGE);
            assertEq(marked, 200e18);
            (, marked) = math.requirement(_one(false, 2900e18, 2e18), expiries, SPOT, RANGE);
            assertEq(marked, 0);
            (, marked) = math.requirement(_one(false, 3100e18, -2e18), expiries, SPOT, RANGE);
            assertEq(marked, -200e18);
        }
    }

    /// @dev One naked call far out asks for 1 % of spot; a long of the same type and expiry lifts it, another expiry or type does not.
    function test_Requirement_NakedShorts_OnePercentOfSpot() public view {
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](2);
        expiries[0] = expiries[1] = ScenarioMargin.Expiry(1 days, SPOT, 0, 0.01e18, 0);
        ScenarioMargin.Leg[] memory short = _one(true, 1e25, -3e18);
        assertEq(_required(short, expiries), 90e18);
        assertEq(_required(_join(short, _one(true, 2e25, 2e18)), expiries), 30e18);
        assertEq(_required(_join(short, _one(true, 2e25, 4e18)), expiries), 0);
        assertEq(_required(_join(short, _one(false, 1e18, 4e18)), expiries), 90e18);
        ScenarioMargin.Leg[] memory elsewhere = _one(true, 2e25, 4e18);
        elsewhere[0].expiry = 1;
        assertEq(_required(_join(short, elsewhere), expiries), 90e18);
        // A fraction of the smallest unit counts as one.
        assertEq(_required(_one(true, 1e25, -1), expiries), 30);
        (uint256 tiny,) = math.requirement(_one(true, 1e25, -1), expiries, 1e18 + 1, RANGE);
        assertEq(tiny, 1);
    }

    /// @dev The dearest inputs that the limits allow, all at once: no panic, and the sum stands.
    function test_F26_Requirement_LargestOfEverything_NoOverflow() public view {
        ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](128);
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](1);
        expiries[0] = ScenarioMargin.Expiry(36_500 days, type(uint96).max, 0, 100e18, 0);
        for (uint256 i = 0; i < 128; ++i) {
            legs[i] = ScenarioMargin.Leg(0, true, 1e9, -int256(type(int96).max));
        }
        (uint256 needed, int256 marked) = math.requirement(legs, expiries, type(uint96).max, 0.5e18);
        uint256 value = FixedPointMathLib.fullMulDiv(128 * uint256(uint96(type(int96).max)), type(uint96).max, 1e18);
        assertApproxEqRel(uint256(-marked), value, 1e6);
        // -MtM + half of it at +50 % + 1 %
        assertApproxEqRel(needed, value * 151 / 100, 1e6);
    }

    /// @dev Strikes and forwards at opposite ends: the arguments of the normal tail stay inside its domain.
    function testFuzz_F26_Requirement_WildInputs_BetweenItsBounds(
        uint256 strike,
        uint256 forward,
        uint256 volatility,
        uint256 time,
        bool call
    ) public view {
        strike = _logarithmic(strike, 1e9, type(uint96).max);
        forward = _logarithmic(forward, 1e9, type(uint96).max);
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](1);
        expiries[0] = ScenarioMargin.Expiry(
            _logarithmic(time, 1, 36_500 days), forward, 0, _logarithmic(volatility, 1, 100e18), 0
        );
        (uint256 long, int256 marked) = math.requirement(_one(call, strike, 1e18), expiries, forward, RANGE);
        assertEq(long, 0);
        uint256 intrinsic =
            call ? FixedPointMathLib.zeroFloorSub(forward, strike) : FixedPointMathLib.zeroFloorSub(strike, forward);
        uint256 slack = forward / 1e11 + 1;
        assertGe(uint256(marked) + slack, intrinsic);
        assertLe(uint256(marked), (call ? forward : strike) + slack);
    }

    // ------------------------------------------------------------------------------------------------ properties

    function testFuzz_Requirement_LongOnly_NeedsNothing(uint256 seed) public view {
        (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _book(seed, 1.5e18);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i].amount = int256(FixedPointMathLib.abs(legs[i].amount));
        }
        (uint256 needed, int256 marked) = math.requirement(legs, expiries, SPOT, RANGE);
        assertLe(needed, _near(legs));
        assertGe(marked, 0);
    }

    function testFuzz_Requirement_ScaledBook_ScalesWithIt(uint256 seed, uint256 factor) public view {
        factor = bound(factor, 2, 1000);
        (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _book(seed, 1.5e18);
        uint256 once = _required(legs, expiries);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i].amount *= int256(factor);
        }
        assertApproxEqAbs(_required(legs, expiries), once * factor, _near(legs));
    }

    /// @dev A long put or call further out under a short one never asks for more.
    function testFuzz_Requirement_HedgeAdded_NotMore(uint256 seed, uint256 away, bool call) public view {
        (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _book(seed, 1.2e18);
        away = bound(away, 1, 2000e18);
        ScenarioMargin.Leg[] memory short = _one(call, 3100e18, -1e18);
        ScenarioMargin.Leg[] memory spread = _join(short, _one(call, call ? 3100e18 + away : 3100e18 - away, 1e18));
        assertLe(_required(spread, expiries), _required(short, expiries) + _near(spread));
        // In any book, a spread bought back closes as much as it opened.
        assertApproxEqAbs(
            _required(_join(legs, _join(spread, _negated(spread))), expiries),
            _required(legs, expiries),
            _near(_join(legs, spread))
        );
    }

    function testFuzz_Requirement_LegSplit_Unchanged(uint256 seed, uint256 which, uint256 share) public view {
        (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _book(seed, 1.5e18);
        which = bound(which, 0, legs.length - 1);
        uint256 whole = _required(legs, expiries);
        int256 part = legs[which].amount * int256(bound(share, 0, 100)) / 100;
        ScenarioMargin.Leg[] memory rest = _one(legs[which].call, legs[which].strike, part);
        rest[0].expiry = legs[which].expiry;
        legs[which].amount -= part;
        legs = _join(legs, rest);
        assertApproxEqAbs(_required(legs, expiries), whole, 1e6);
    }

    function testFuzz_Requirement_Union_NotOverTheSum(uint256 seed, uint256 other) public view {
        (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _book(seed, 1.5e18);
        (ScenarioMargin.Leg[] memory more,) = _book(other, 1.5e18);
        uint256 sum = _required(legs, expiries) + _required(more, expiries);
        assertLe(_required(_join(legs, more), expiries), sum + 2);
    }

    /// @dev Isolated: every leg alone. What a portfolio asks is never more.
    function testFuzz_Requirement_Portfolio_NotOverIsolated(uint256 seed) public view {
        (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _book(seed, 1.5e18);
        uint256 sum = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            ScenarioMargin.Leg[] memory alone = new ScenarioMargin.Leg[](1);
            alone[0] = legs[i];
            sum += _required(alone, expiries);
        }
        assertLe(_required(legs, expiries), sum + legs.length);
    }

    /// @dev |R(S) - R(S0)| <= SPOT_SLOPE sum|amount| |S - S0|, the forwards following spot, for moves up to 2 % either way.
    function testFuzz_Requirement_SpotMoves_InsideTheSlope(uint256 seed, uint256 range, uint256 move) public view {
        (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _book(seed, 1.5e18);
        range = bound(range, 0.08e18, 0.5e18);
        uint256 spot = bound(move, 2940e18, 3060e18);
        (uint256 before,) = math.requirement(legs, expiries, SPOT, range);
        for (uint256 i = 0; i < expiries.length; ++i) {
            expiries[i].forward = expiries[i].forward * spot / SPOT;
            if (expiries[i].fixedForward > expiries[i].forward) expiries[i].fixedForward = expiries[i].forward;
        }
        (uint256 moved,) = math.requirement(legs, expiries, spot, range);
        uint256 gross = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            gross += FixedPointMathLib.abs(legs[i].amount);
        }
        uint256 limit = math.spotSlope() * gross / 1e18 * FixedPointMathLib.dist(spot, SPOT) / 1e18;
        assertLe(FixedPointMathLib.dist(moved, before), limit + _near(legs));
    }

    /// @dev The bound is nearly reached: short calls deep in the money, ratio 1.5, range .5. So the slope is not idle.
    function test_SpotSlope_DeepShortCall_NearlyReached() public view {
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](1);
        expiries[0] = ScenarioMargin.Expiry(30 days, 4500e18, 0, 0.6e18, 0);
        ScenarioMargin.Leg[] memory legs = _one(true, 300e18, -1e18);
        (uint256 before,) = math.requirement(legs, expiries, SPOT, 0.5e18);
        expiries[0].forward = 4590e18;
        (uint256 moved,) = math.requirement(legs, expiries, 3060e18, 0.5e18);
        assertApproxEqRel(moved - before, 60 * math.spotSlope(), 1e12);
        assertEq(math.spotSlope(), 2.26e18);
    }

    // ------------------------------------------------------------------------------------------------------- gas

    function test_Gas_Snapshot() public {
        uint256[3] memory counts = [uint256(1), 16, 64];
        uint256[3] memory limits = [uint256(150_000), 1_100_000, 4_500_000];
        for (uint256 i = 0; i < 3; ++i) {
            (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _ladder(counts[i]);
            vm.startSnapshotGas("ScenarioMargin", string.concat("requirement of ", vm.toString(counts[i]), " legs"));
            ScenarioMargin.requirement(legs, expiries, SPOT, RANGE);
            assertLe(vm.stopSnapshotGas(), limits[i]);
        }
        vm.snapshotValue("BytecodeSize", "ScenarioMargin", address(ScenarioMargin).code.length);
    }

    // --------------------------------------------------------------------------------------------------- helpers

    /// @dev Four expiries, strikes around the money, every third a call, long and short in turn: none far enough out to be skipped.
    function _ladder(uint256 count)
        private
        pure
        returns (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries)
    {
        expiries = new ScenarioMargin.Expiry[](4);
        for (uint256 i = 0; i < 4; ++i) {
            expiries[i] = ScenarioMargin.Expiry((7 + 30 * i) * 1 days, 3000e18 + i * 10e18, 0, 0.6e18, 0.05e18);
        }
        legs = new ScenarioMargin.Leg[](count);
        for (uint256 i = 0; i < count; ++i) {
            legs[i] = ScenarioMargin.Leg({
                expiry: i % 4,
                call: i % 3 == 0,
                strike: 2000e18 + i * 1800e18 / count,
                amount: i % 2 == 0 ? int256(1e18) : -1e18
            });
        }
    }

    /// @dev Up to 12 legs on 3 expiries (one with a fixed part), forwards from .7 to `ratio` of spot.
    function _book(uint256 seed, uint256 ratio)
        private
        pure
        returns (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries)
    {
        expiries = new ScenarioMargin.Expiry[](3);
        for (uint256 i = 0; i < 3; ++i) {
            expiries[i].timeToExpiry = _draw(seed, 5 * i, 0, 365 days);
            expiries[i].forward = SPOT * _draw(seed, 5 * i + 1, 0.7e18, ratio) / 1e18;
            expiries[i].fixedForward = i == 0 ? _draw(seed, 5 * i + 2, 0, expiries[i].forward) : 0;
            expiries[i].impliedVolatility = _draw(seed, 5 * i + 3, 0.05e18, 2e18);
            expiries[i].rate = _draw(seed, 5 * i + 4, 0, 0.1e18);
        }
        legs = new ScenarioMargin.Leg[](_draw(seed, 20, 1, 12));
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i].expiry = _draw(seed, 100 + 5 * i, 0, 2);
            legs[i].call = _draw(seed, 101 + 5 * i, 0, 1) == 1;
            legs[i].strike = _draw(seed, 102 + 5 * i, 500e18, 8000e18);
            legs[i].amount = int256(_draw(seed, 103 + 5 * i, 0, 20e18)) - 10e18;
        }
    }

    function _draw(uint256 seed, uint256 place, uint256 low, uint256 high) private pure returns (uint256) {
        return low + uint256(keccak256(abi.encode(seed, place))) % (high - low + 1);
    }

    /// @dev Spread evenly over the orders of magnitude from `low` to `high`.
    function _logarithmic(uint256 x, uint256 low, uint256 high) private pure returns (uint256) {
        uint256 size = bound(x % 256, FixedPointMathLib.log2(low), FixedPointMathLib.log2(high));
        return FixedPointMathLib.clamp(2 ** size + (x >> 8) % 2 ** size, low, high);
    }

    function _required(ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries)
        private
        view
        returns (uint256 needed)
    {
        (needed,) = math.requirement(legs, expiries, SPOT, RANGE);
    }

    function _near(ScenarioMargin.Leg[] memory legs) private view returns (uint256) {
        return math.grossNotionalUp(legs, SPOT) * NEAR / 1e18 + legs.length;
    }

    function _month() private pure returns (ScenarioMargin.Expiry[] memory expiries) {
        expiries = new ScenarioMargin.Expiry[](1);
        expiries[0] = ScenarioMargin.Expiry(30 days, SPOT, 0, 0.6e18, 0);
    }

    function _one(bool call, uint256 strike, int256 amount) private pure returns (ScenarioMargin.Leg[] memory legs) {
        legs = new ScenarioMargin.Leg[](1);
        legs[0] = ScenarioMargin.Leg({expiry: 0, call: call, strike: strike, amount: amount});
    }

    function _join(ScenarioMargin.Leg[] memory a, ScenarioMargin.Leg[] memory b)
        private
        pure
        returns (ScenarioMargin.Leg[] memory legs)
    {
        legs = new ScenarioMargin.Leg[](a.length + b.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = i < a.length ? a[i] : b[i - a.length];
        }
    }

    function _negated(ScenarioMargin.Leg[] memory a) private pure returns (ScenarioMargin.Leg[] memory legs) {
        legs = new ScenarioMargin.Leg[](a.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = ScenarioMargin.Leg(a[i].expiry, a[i].call, a[i].strike, -a[i].amount);
        }
    }
}
