// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {Test} from "forge-std/Test.sol";

import {ScenarioMargin} from "../../contracts/libraries/ScenarioMargin.sol";
import {ScenarioHarness} from "./mocks/ScenarioHarness.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title The scenario margin against the golden vectors that the C# tests read too
/// @dev 1e-6 of gross notional is the promise between the implementations; what is asserted is what this one reaches.
contract VectorsMarginTest is Test {
    /// @dev Of gross notional, as a fraction of 1e18: 2e-12.
    uint256 private constant TOLERANCE = 2e6;
    /// @dev Of the forward, likewise.
    uint256 private constant VALUE_TOLERANCE = 2e6;

    ScenarioHarness private math;
    string private json;

    uint256[] private spot;
    uint256[] private range;
    uint256[] private expiryCount;
    uint256[] private legCount;
    uint256[][4] private expiryColumns;
    uint256[][3] private legColumns;
    uint256[] private impliedVolatility;
    int256[] private amount;
    int256[] private markToMarket;
    uint256[] private requirement;

    function setUp() public {
        math = new ScenarioHarness();
    }

    function test_Requirement_GoldenVectors_Agree() public {
        _readBooks();
        assertGt(spot.length, 12);
        uint256 firstExpiry = 0;
        uint256 firstLeg = 0;
        for (uint256 i = 0; i < spot.length; ++i) {
            ScenarioMargin.Leg[] memory legs = _legs(firstLeg, legCount[i]);
            ScenarioMargin.Expiry[] memory expiries = _expiries(firstExpiry, expiryCount[i], firstLeg, legs);
            uint256 tolerance = math.grossNotionalUp(legs, spot[i]) * TOLERANCE / 1e18 + 1;
            (uint256 needed, int256 marked) = math.requirement(legs, expiries, spot[i], range[i]);
            string memory row = string.concat("row ", vm.toString(i));
            assertApproxEqAbs(needed, requirement[i], tolerance, row);
            assertApproxEqAbs(marked, markToMarket[i], tolerance, row);
            firstLeg += legCount[i];
            firstExpiry += expiryCount[i];
        }
        assertEq(firstLeg, amount.length);
        assertEq(firstExpiry, expiryColumns[0].length);
    }

    function test_Black76_GoldenVectors_Agree() public {
        json = vm.readFile("tests/vectors/black76.json");
        string[] memory kind = vm.parseJsonStringArray(json, ".kind");
        uint256[] memory forward = _column(".forward");
        uint256[] memory strike = _column(".strike");
        uint256[] memory volatility = _column(".volatility");
        uint256[] memory expected = _column(".price");
        uint256[] memory time = _column(".years");
        int256[] memory rate = vm.parseJsonIntArray(json, ".rate");
        assertGt(kind.length, 30);
        for (uint256 i = 0; i < kind.length; ++i) {
            uint256 actual = _value(forward[i], strike[i], volatility[i], time[i], rate[i]);
            if (keccak256(bytes(kind[i])) == keccak256("put")) {
                actual = _parity(actual, forward[i], strike[i], time[i], rate[i]);
            }
            assertApproxEqAbs(
                actual, expected[i], forward[i] * VALUE_TOLERANCE / 1e18 + 1, string.concat("row ", vm.toString(i))
            );
        }
    }

    /// @dev Figures of the 60-digit arithmetic of scripts/normal.mjs.
    function test_NormalTail_KnownPoints_Agree() public view {
        uint256[8] memory x = [uint256(0), 0.5e18, 1e18, 2.25e18, 4e18, 7.5e18, 12e18, 16e18];
        uint256[8] memory ratio = [
            uint256(1_253_314_137_315_500_251),
            876_364_456_453_692_347,
            655_679_542_418_798_472,
            385_148_290_798_434_624,
            236_652_382_913_560_671,
            131_079_355_804_491_763,
            82_766_286_501_369_177,
            62_258_665_995_026_196
        ];
        uint256[8] memory density = [
            uint256(398_942_280_401_432_678),
            352_065_326_764_299_478,
            241_970_724_519_143_350,
            31_739_651_835_667_416,
            133_830_225_764_885,
            243_432,
            0,
            0
        ];
        for (uint256 i = 0; i < 8; ++i) {
            assertApproxEqRel(math.millsRatio(x[i]), ratio[i], 3e6);
            assertApproxEqAbs(math.density(int256(x[i])), density[i], density[i] * 3e6 / 1e18 + 1);
            assertEq(math.density(-int256(x[i])), math.density(int256(x[i])));
        }
        assertEq(math.density(1e38), 0);
    }

    function testFuzz_MillsRatio_FallsAndKeepsItsBounds(uint256 x) public view {
        x = bound(x, 0, 16e18 - 1e12);
        uint256 ratio = math.millsRatio(x);
        // x/(x^2 + 1) < M(x) < 1/x, and no rise over a step that is larger than the error.
        assertGt(ratio, x * 1e18 / (x * x / 1e18 + 1e18) * (1e18 - 3e6) / 1e18);
        if (x > 1e9) assertLt(ratio, 1e36 / x + 3e6);
        assertLt(math.millsRatio(x + 1e12), ratio);
    }

    function test_RangeOf_BoundsAndBetween_AsPublished() public view {
        // sqrt(5/365) is rounded down: two units of the last place.
        assertApproxEqAbs(math.rangeOf(0.6e18), 163367054370143639, 2);
        assertEq(math.rangeOf(0), 0.08e18);
        assertEq(math.rangeOf(0.1e18), 0.08e18);
        assertEq(math.rangeOf(3.5e18), 0.5e18);
        assertEq(math.rangeOf(type(uint256).max), 0.5e18);
        // 1.8364 is where it reaches its cap, .29382 where it leaves its floor.
        assertLt(math.rangeOf(1.836e18), 0.5e18);
        assertEq(math.rangeOf(1.837e18), 0.5e18);
        assertEq(math.rangeOf(0.2938e18), 0.08e18);
        assertGt(math.rangeOf(0.2939e18), 0.08e18);
    }

    // --------------------------------------------------------------------------------------------------- helpers

    /// @dev A call, discounted.
    function _value(uint256 forward, uint256 strike, uint256 volatility, uint256 time, int256 rate)
        private
        view
        returns (uint256)
    {
        uint256 deviation = volatility * FixedPointMathLib.sqrt(time * 1e18) / 1e18;
        int256 lnMoneyness = FixedPointMathLib.lnWad(int256(forward)) - FixedPointMathLib.lnWad(int256(strike));
        uint256 call = math.call(forward, strike, lnMoneyness, deviation, 1e36 / deviation);
        return call * _discount(time, rate) / 1e18;
    }

    function _parity(uint256 call, uint256 forward, uint256 strike, uint256 time, int256 rate)
        private
        pure
        returns (uint256)
    {
        uint256 discount = _discount(time, rate);
        return call + strike * discount / 1e18 - forward * discount / 1e18;
    }

    function _discount(uint256 time, int256 rate) private pure returns (uint256) {
        return uint256(FixedPointMathLib.expWad(-rate * int256(time) / 1e18));
    }

    function _readBooks() private {
        json = vm.readFile("tests/vectors/scenario-margin.json");
        spot = _column(".spot");
        range = _column(".range");
        expiryCount = _column(".expiryCount");
        legCount = _column(".legCount");
        expiryColumns = [_column(".seconds"), _column(".forward"), _column(".fixed"), _column(".rate")];
        legColumns = [_column(".isCall"), _column(".legExpiry"), _column(".strike")];
        impliedVolatility = _column(".legVolatility");
        amount = vm.parseJsonIntArray(json, ".amount");
        markToMarket = vm.parseJsonIntArray(json, ".markToMarket");
        requirement = _column(".requirement");
    }

    function _legs(uint256 first, uint256 count) private view returns (ScenarioMargin.Leg[] memory legs) {
        legs = new ScenarioMargin.Leg[](count);
        for (uint256 i = 0; i < count; ++i) {
            legs[i] = ScenarioMargin.Leg({
                expiry: legColumns[1][first + i],
                call: legColumns[0][first + i] == 1,
                strike: legColumns[2][first + i],
                amount: amount[first + i]
            });
        }
    }

    /// @dev The vectors state the volatility of an expiry at each of its legs.
    function _expiries(uint256 first, uint256 count, uint256 firstLeg, ScenarioMargin.Leg[] memory legs)
        private
        view
        returns (ScenarioMargin.Expiry[] memory expiries)
    {
        expiries = new ScenarioMargin.Expiry[](count);
        for (uint256 i = 0; i < count; ++i) {
            expiries[i] = ScenarioMargin.Expiry({
                timeToExpiry: expiryColumns[0][first + i],
                forward: expiryColumns[1][first + i],
                fixedForward: expiryColumns[2][first + i],
                impliedVolatility: 0,
                rate: expiryColumns[3][first + i]
            });
        }
        for (uint256 i = 0; i < legs.length; ++i) {
            expiries[legs[i].expiry].impliedVolatility = impliedVolatility[firstLeg + i];
        }
    }

    function _column(string memory key) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, key);
    }
}
