// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {BudgetHarness} from "./mocks/BudgetHarness.sol";

contract BudgetTest is Test {
    uint256 private constant WINDOW = 1 days;
    uint256 private constant LIMIT = 1_000e18;
    uint256 private constant DRAWS = 24;

    BudgetHarness private budget;

    function setUp() public {
        vm.warp(1_800_000_000);
        budget = new BudgetHarness();
    }

    // -------------------------------------------------------------------------------------------------- refusals

    function test_TryDraw_OneUnitOverTheCapacity_RefusedAndNothingChanges() public {
        (bool drawn, uint256 available) = budget.tryDraw(LIMIT / 2 + 1, LIMIT, WINDOW);

        assertFalse(drawn);
        assertEq(available, LIMIT / 2);
        (uint192 used, uint64 at) = budget.state();
        assertEq(used, 0);
        assertEq(at, 0);
    }

    function test_TryDraw_EmptyBucket_RefusesOneUnit() public {
        _draw(LIMIT / 2);
        (bool drawn, uint256 available) = budget.tryDraw(1, LIMIT, WINDOW);
        assertFalse(drawn);
        assertEq(available, 0);
    }

    function test_F26_TryDraw_HugeAmount_RefusedWithoutOverflow() public {
        (bool drawn,) = budget.tryDraw(type(uint256).max, type(uint256).max, WINDOW);
        assertFalse(drawn);
    }

    function test_TryDraw_LimitZeroOrOne_LetsNothingThrough() public {
        (bool drawn,) = budget.tryDraw(1, 0, WINDOW);
        assertFalse(drawn);
        (drawn,) = budget.tryDraw(1, 1, WINDOW);
        assertFalse(drawn);
        (drawn,) = budget.tryDraw(1, 2, WINDOW);
        assertTrue(drawn);
    }

    function test_TryDraw_LimitFallsUnderWhatIsUsed_NothingAvailable() public {
        _draw(LIMIT / 2);
        assertEq(budget.availableNow(LIMIT / 10, WINDOW), 0);
        skip(WINDOW);
        // A tenth of the bucket leaked at a tenth of the rate: nine tenths of it are still over the new capacity.
        assertEq(budget.availableNow(LIMIT / 10, WINDOW), 0);
    }

    // ---------------------------------------------------------------------------------------------------- draws

    function test_TryDraw_TheWholeCapacity_Passes() public {
        (bool drawn, uint256 available) = budget.tryDraw(LIMIT / 2, LIMIT, WINDOW);
        assertTrue(drawn);
        assertEq(available, LIMIT / 2);
        assertEq(budget.availableNow(LIMIT, WINDOW), 0);
    }

    function test_Available_RefillsInAStraightLine_AndStopsAtTheCapacity() public {
        _draw(LIMIT / 2);
        skip(WINDOW / 4);
        assertEq(budget.availableNow(LIMIT, WINDOW), LIMIT / 8);
        skip(WINDOW / 4);
        assertEq(budget.availableNow(LIMIT, WINDOW), LIMIT / 4);
        skip(WINDOW / 2 - 1);
        assertLt(budget.availableNow(LIMIT, WINDOW), LIMIT / 2);
        skip(1);
        assertEq(budget.availableNow(LIMIT, WINDOW), LIMIT / 2);
        skip(100 * WINDOW);
        assertEq(budget.availableNow(LIMIT, WINDOW), LIMIT / 2);
    }

    function test_TryDraw_Zero_PassesAndChangesNothing() public {
        _draw(LIMIT / 2);
        (uint192 usedBefore, uint64 atBefore) = budget.state();
        skip(1 hours);
        (bool drawn,) = budget.tryDraw(0, LIMIT, WINDOW);
        assertTrue(drawn);
        (uint192 used, uint64 at) = budget.state();
        assertEq(used, usedBefore);
        assertEq(at, atBefore);
    }

    /// @dev A token without decimals and a limit of 10 a day: five units a day leak, so each second rounds to nothing. One unit
    /// is drawn as soon as there is one; the refill must be lost to nobody.
    function test_TryDraw_UnitsWithoutDecimals_SmallDrawsDoNotStopTheRefill() public {
        (bool drawn,) = budget.tryDraw(5, 10, WINDOW);
        assertTrue(drawn);
        uint256 passed = 0;
        for (uint256 i = 0; i < 10 * 24 * 12; ++i) {
            skip(5 minutes);
            (drawn,) = budget.tryDraw(1, 10, WINDOW);
            if (drawn) ++passed;
        }
        // Ten days at five a day; the last may be short by the fraction of a unit.
        assertGe(passed, 49);
        assertLe(passed, 50);
    }

    function test_TryDraw_FractionsOfAUnit_LeakOverSeveralDraws() public {
        (bool drawn,) = budget.tryDraw(10, 20, 100);
        assertTrue(drawn);
        skip(15);
        (drawn,) = budget.tryDraw(1, 20, 100);
        assertTrue(drawn);
        skip(15);

        // Three units leaked in two steps of one and a half, one of them was drawn again.
        assertEq(budget.availableNow(20, 100), 2);
    }

    function test_TryDraw_LargestCapacity_DoesNotOverflow() public {
        assertEq(budget.capacity(type(uint256).max), type(uint128).max);
        (bool drawn,) = budget.tryDraw(type(uint128).max, type(uint256).max, WINDOW);
        assertTrue(drawn);
        assertEq(budget.availableNow(type(uint256).max, WINDOW), 0);
        vm.warp(type(uint64).max);
        assertEq(budget.availableNow(type(uint256).max, WINDOW), type(uint128).max);
    }

    // -------------------------------------------------------------------------------------------------- the claim

    /// @dev A greedy spender: takes all there is at every step, so nothing lets more through.
    function testFuzz_TryDraw_GreedySpender_AnyWindowUnderTheLimit(uint256 limit, uint256 window, uint256 seed) public {
        limit = bound(limit, 0, type(uint128).max);
        window = bound(window, 1 hours, 30 days);
        (uint256[] memory amounts, uint256[] memory times) = _arrays();
        for (uint256 i = 0; i < DRAWS; ++i) {
            skip(_random(seed, i) % (window / 4 + 1));
            amounts[i] = budget.availableNow(limit, window);
            times[i] = vm.getBlockTimestamp();
            (bool drawn,) = budget.tryDraw(amounts[i], limit, window);
            assertTrue(drawn);
        }
        assertLe(_largestWindow(amounts, times, window), limit);
    }

    /// @dev Any draws, under limits that move: the largest limit of the draws bounds them, and what is refused is over `available`.
    function testFuzz_TryDraw_AnySequence_AnyWindowUnderTheLargestLimit(uint256 limit, uint256 seed) public {
        limit = bound(limit, 2, type(uint128).max);
        (uint256[] memory amounts, uint256[] memory times) = _arrays();
        for (uint256 i = 0; i < DRAWS; ++i) {
            skip(_random(seed, 3 * i) % (WINDOW / 3));
            uint256 limitNow = limit / 2 + _random(seed, 3 * i + 1) % (limit - limit / 2 + 1);
            uint256 amount = _random(seed, 3 * i + 2) % (limitNow / 2 + 2);
            times[i] = vm.getBlockTimestamp();
            (bool drawn, uint256 available) = budget.tryDraw(amount, limitNow, WINDOW);
            assertEq(drawn, amount <= available);
            if (drawn) amounts[i] = amount;
        }
        assertLe(_largestWindow(amounts, times, WINDOW), limit);
    }

    function _draw(uint256 amount) private {
        (bool drawn,) = budget.tryDraw(amount, LIMIT, WINDOW);
        assertTrue(drawn);
    }

    function _arrays() private pure returns (uint256[] memory, uint256[] memory) {
        return (new uint256[](DRAWS), new uint256[](DRAWS));
    }

    /// @dev The largest sum of draws in any closed window; it suffices to begin one at each draw.
    function _largestWindow(uint256[] memory amounts, uint256[] memory times, uint256 window)
        private
        pure
        returns (uint256 largest)
    {
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 sum = 0;
            for (uint256 j = i; j < amounts.length && times[j] <= times[i] + window; ++j) {
                sum += amounts[j];
            }
            if (sum > largest) largest = sum;
        }
    }

    function _random(uint256 seed, uint256 index) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index)));
    }
}
