// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {LiquidationMath} from "../../contracts/libraries/LiquidationMath.sol";
import {MathHarness} from "./mocks/MathHarness.sol";

/// @title The contracts' arithmetic against the golden vectors that the C# tests read too
/// @dev Factors to 1e-9 relative is the promise between the implementations; what this one reaches against the 60-digit reference is tighter, and
/// asserted as such.
contract VectorsTest is Test {
    /// @dev 1e-15, as a fraction of 1e18.
    uint256 private constant FACTOR_TOLERANCE = 1e3;
    /// @dev 1e-9, as a fraction of 1e18.
    uint256 private constant LIQUIDATION_TOLERANCE = 1e9;
    /// @dev 1e-12, as a fraction of 1e18.
    uint256 private constant REMOTE_TOLERANCE = 1e6;
    uint256 private constant STABLE_SCALE = 1e12;

    MathHarness private math;
    string private json;

    function setUp() public {
        math = new MathHarness();
    }

    function test_Factors_GoldenVectors_Agree() public {
        json = vm.readFile("tests/vectors/factors.json");
        uint256[] memory volatility = _column(".volatility");
        uint256[] memory slippage = _column(".slippage");
        uint256[] memory tailMultiplier = _column(".tailMultiplier");
        uint256[] memory horizon = _column(".horizon");
        uint256[] memory bonus = _column(".bonus");
        uint256[] memory jump = _column(".jump");
        uint256[] memory liquidationThreshold = _column(".liquidationThreshold");
        uint256[] memory borrowFactor = _column(".borrowFactor");
        assertGt(volatility.length, 100);
        assertEq(borrowFactor.length, volatility.length);

        for (uint256 i = 0; i < volatility.length; ++i) {
            (uint256 lt, uint256 bf) =
                math.threshold(volatility[i], slippage[i], tailMultiplier[i], horizon[i], bonus[i], jump[i]);
            _assertClose(lt, liquidationThreshold[i], FACTOR_TOLERANCE, "liquidationThreshold", i);
            _assertClose(bf, borrowFactor[i], FACTOR_TOLERANCE, "borrowFactor", i);
        }
    }

    function test_Remote_GoldenVectors_Agree() public {
        json = vm.readFile("tests/vectors/remote.json");
        uint256[][] memory c = new uint256[][](12);
        string[12] memory names = [
            "volatility",
            "initialVolatility",
            "currentTime",
            "observedAt",
            "lag",
            "value",
            "liquidationThreshold",
            "borrowFactor",
            "initialHaircut",
            "maintenanceHaircut",
            "initial",
            "maintenance"
        ];
        for (uint256 k = 0; k < names.length; ++k) {
            c[k] = _column(string.concat(".", names[k]));
            assertEq(c[k].length, 156);
        }
        for (uint256 i = 0; i < c[0].length; ++i) {
            uint256 age = math.remoteAge(c[2][i], c[3][i], c[4][i]);
            (uint256 haircut, uint256 counted) = math.remote(c[5][i], c[7][i], c[1][i], age);
            _assertClose(haircut, c[8][i], REMOTE_TOLERANCE, "initialHaircut", i);
            _assertClose(counted, c[10][i], REMOTE_TOLERANCE, "initial", i);
            (haircut, counted) = math.remote(c[5][i], c[6][i], c[0][i], c[4][i]);
            _assertClose(haircut, c[9][i], REMOTE_TOLERANCE, "maintenanceHaircut", i);
            _assertClose(counted, c[11][i], REMOTE_TOLERANCE, "maintenance", i);
        }
    }

    function test_Ramp_GoldenVectors_Agree() public {
        json = vm.readFile("tests/vectors/ramp.json");
        int256[] memory lnStart = vm.parseJsonIntArray(json, ".lnStart");
        int256[] memory lnTarget = vm.parseJsonIntArray(json, ".lnTarget");
        uint256[] memory ratePerDay = _column(".ratePerDay");
        uint256[] memory elapsed = _column(".elapsed");
        int256[] memory lnNow = vm.parseJsonIntArray(json, ".lnNow");
        assertGt(lnStart.length, 30);
        assertEq(lnNow.length, lnStart.length);

        for (uint256 i = 0; i < lnStart.length; ++i) {
            assertApproxEqAbs(math.ramp(lnStart[i], lnTarget[i], ratePerDay[i], elapsed[i]), lnNow[i], 1);
        }
    }

    function test_Liquidation_GoldenVectors_Agree() public {
        json = vm.readFile("tests/vectors/liquidation.json");
        uint256[] memory debt = _column(".debt");
        uint256[] memory minimumDebt = _column(".minimumDebt");
        uint256[] memory targetHealth = _column(".targetHealth");
        uint256[] memory repay = _column(".repay");
        uint256[][2] memory value = [_column(".value0"), _column(".value1")];
        uint256[][2] memory threshold = [_column(".lt0"), _column(".lt1")];
        uint256[][2] memory bonus = [_column(".bonus0"), _column(".bonus1")];
        uint256[][2] memory seize = [_column(".seizeValue0"), _column(".seizeValue1")];
        assertGt(debt.length, 50);
        assertEq(repay.length, debt.length);

        for (uint256 i = 0; i < debt.length; ++i) {
            LiquidationMath.Lot[] memory lots = new LiquidationMath.Lot[](2);
            for (uint256 k = 0; k < 2; ++k) {
                lots[k] = _lot(k, value[k][i], threshold[k][i], bonus[k][i]);
            }
            LiquidationMath.Outcome memory outcome = math.calculate(
                LiquidationMath.Book({
                    debt: debt[i],
                    stableScale: STABLE_SCALE,
                    minimumDebt: minimumDebt[i],
                    targetHealth: targetHealth[i],
                    tip: 0,
                    requirement: 0,
                    markToMarket: 0,
                    credit: 0,
                    backing: 0,
                    elsewhere: 0,
                    pastCapacity: 0,
                    lots: lots
                })
            );
            _assertClose(outcome.repay, repay[i], LIQUIDATION_TOLERANCE, "repay", i);
            // A repayment is rounded up to a stable unit, and the seizure follows it: two units of value, bonus included.
            _assertSeized(outcome.seize[0], seize[0][i], i);
            _assertSeized(outcome.seize[1], seize[1][i], i);
        }
    }

    function test_RequirementLiquidation_GoldenVectors_Agree() public {
        json = vm.readFile("tests/vectors/requirement-liquidation.json");
        uint256[] memory action = _column(".action");
        assertEq(action.length, 150);
        (LiquidationMath.Book[] memory books, LiquidationMath.Fraction[] memory taken) = _rows(action.length);
        uint256[] memory repay = _column(".repay");

        for (uint256 i = 0; i < action.length; ++i) {
            LiquidationMath.Outcome memory outcome = math.calculate(books[i]);
            assertEq(outcome.restored, action[i] == 1, "whether repaying restores the target");
            if (action[i] == 1) _assertClose(outcome.repay, repay[i], LIQUIDATION_TOLERANCE, "repay", i);
            else _assertTaken(math.takeFraction(books[i]), taken[i], i);
        }
    }

    function _assertTaken(LiquidationMath.Fraction memory actual, LiquidationMath.Fraction memory expected, uint256 row)
        private
        pure
    {
        _assertClose(actual.fraction, expected.fraction, LIQUIDATION_TOLERANCE, "fraction", row);
        _assertClose(actual.debtTaken, expected.debtTaken, LIQUIDATION_TOLERANCE, "debtTaken", row);
        _assertClose(actual.payment, expected.payment, LIQUIDATION_TOLERANCE, "payment", row);
        uint256 deficit = (expected.deficit + STABLE_SCALE - 1) / STABLE_SCALE;
        _assertClose(actual.deficit, deficit, LIQUIDATION_TOLERANCE, "deficit", row);
    }

    /// @dev The books of requirement-liquidation.json and what is to be taken of each.
    function _rows(uint256 count)
        private
        view
        returns (LiquidationMath.Book[] memory books, LiquidationMath.Fraction[] memory taken)
    {
        books = new LiquidationMath.Book[](count);
        taken = new LiquidationMath.Fraction[](count);
        string[14] memory names = [
            "debt",
            "minimumDebt",
            "targetHealth",
            "tip",
            "requirement",
            "value0",
            "value1",
            "lt0",
            "lt1",
            "bonus0",
            "bonus1",
            "fraction",
            "debtTaken",
            "payment"
        ];
        uint256[][] memory columns = new uint256[][](names.length);
        for (uint256 k = 0; k < names.length; ++k) {
            columns[k] = _column(string.concat(".", names[k]));
        }
        int256[] memory marks = vm.parseJsonIntArray(json, ".markToMarket");
        uint256[] memory deficits = _column(".deficit");
        for (uint256 i = 0; i < count; ++i) {
            books[i] = _bookOf(columns, marks[i], i);
            taken[i].fraction = columns[11][i];
            taken[i].debtTaken = columns[12][i];
            taken[i].payment = columns[13][i];
            taken[i].deficit = deficits[i];
        }
    }

    function _bookOf(uint256[][] memory columns, int256 mark, uint256 i)
        private
        pure
        returns (LiquidationMath.Book memory book)
    {
        book.debt = columns[0][i];
        book.stableScale = STABLE_SCALE;
        book.minimumDebt = columns[1][i];
        book.targetHealth = columns[2][i];
        book.tip = columns[3][i];
        book.requirement = columns[4][i];
        book.markToMarket = mark;
        book.lots = new LiquidationMath.Lot[](2);
        book.lots[0] = _lot(0, columns[5][i], columns[7][i], columns[9][i]);
        book.lots[1] = _lot(1, columns[6][i], columns[8][i], columns[10][i]);
    }

    /// @dev A token with 18 decimals and a price of one, so that its units are its value.
    function _lot(uint256 index, uint256 value, uint256 threshold, uint256 bonus)
        private
        pure
        returns (LiquidationMath.Lot memory)
    {
        return LiquidationMath.Lot({
            index: index, seizable: true, balance: value, price: 1e18, unit: 1e18, threshold: threshold, bonus: bonus
        });
    }

    function _assertSeized(uint256 actual, uint256 expected, uint256 row) private pure {
        uint256 difference = actual > expected ? actual - expected : expected - actual;
        if (difference <= 2 * STABLE_SCALE) return;
        _assertClose(actual, expected, LIQUIDATION_TOLERANCE, "seize", row);
    }

    function _column(string memory key) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, key);
    }

    /// @dev Within one unit, or within the tolerance.
    function _assertClose(uint256 actual, uint256 expected, uint256 tolerance, string memory name, uint256 row)
        private
        pure
    {
        uint256 difference = actual > expected ? actual - expected : expected - actual;
        if (difference <= 1) return;
        assertApproxEqRel(actual, expected, tolerance, string.concat(name, " of row ", vm.toString(row)));
    }
}
