// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {Accounting} from "../../contracts/libraries/Accounting.sol";
import {LiquidationMath} from "../../contracts/libraries/LiquidationMath.sol";
import {Ledger} from "../../contracts/types/Ledger.sol";

/// @dev Directions of rounding at the smallest numbers, where one unit is all there is: an error in favour of who can repeat a call adds up.
contract RoundingTest is Test {
    uint256 private constant WAD = 1e18;

    Ledger private ledger;

    function _book(uint256 requirement, uint256 targetHealth) private pure returns (LiquidationMath.Book memory book) {
        (book.stableScale, book.requirement, book.targetHealth) = (1, requirement, targetHealth);
    }

    function _lot(uint256 balance, uint256 price, uint256 bonus) private pure returns (LiquidationMath.Lot memory lot) {
        (lot.seizable, lot.balance, lot.price, lot.unit) = (true, balance, price, WAD);
        (lot.threshold, lot.bonus) = (0.5e18, bonus);
    }

    function test_AffordableBonus_IsRoundedDown() public pure {
        assertEq(LiquidationMath.affordableBonusDown(10, 3, 0), 2_333_333_333_333_333_333);
    }

    function test_Target_IsRoundedUp() public pure {
        assertEq(LiquidationMath.targetUp(_book(1, 1.03e18), 0), 2);
    }

    /// @dev Missing are 5 and the 2 that roundings may cost, of which each unit repaid brings .53: 13.2.
    function test_Needed_IsRoundedUp() public pure {
        LiquidationMath.Book memory book = _book(0, 1.03e18);
        assertEq(LiquidationMath.neededUp(book, _lot(1e18, WAD, 0), 100, 98), 14);
    }

    /// @dev What is worth 1 is bought with no less than 1, whatever the bonus.
    function test_Take_RepayIsRoundedUp() public pure {
        (uint256 repay, uint256 seize) = LiquidationMath.take(_lot(1, WAD, 0.05e18), 5, 1);
        assertEq(repay, 1);
        assertEq(seize, 1);
    }

    /// @dev At an index of 3 a loan of 1 is a third of a unit in shares, and a little more.
    function test_Debit_SharesAreRoundedUp() public {
        ledger.index = uint192(3 * Accounting.SHARE_SCALE);
        Accounting.debit(ledger, "account", 1);
        uint256 shares = ledger.accountOf["account"].debtShares;
        assertEq(shares, 1);
        assertEq(ledger.totalDebtShares, 1);
    }
}
