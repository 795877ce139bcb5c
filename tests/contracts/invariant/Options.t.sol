// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StdInvariant} from "forge-std/StdInvariant.sol";
import {Test} from "forge-std/Test.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {OptionBook} from "../../../contracts/OptionBook.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IOptionBook} from "../../../contracts/interfaces/IOptionBook.sol";
import {PackedLeg} from "../../../contracts/libraries/PackedLeg.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {OptionsHandler} from "./OptionsHandler.sol";

/// @title What holds of options, their settlement and the vault between writers and holders
/// @dev Sentences (rule of the specification in brackets; h: asserted in the handler across a call, i: here, d: here and dear, at intervals)
///   O1   (11) In every series what is held long is what is written, and open interest says so                     d
///   O2   (11) Settlement is the payoff, exact to the unit: gains down, losses up, nothing else moves              h
///   O3   (11) Nobody is settled twice                                                                             h
///   O4   (11) Claims of an expiry are at most what its losers lost                                                h
///   O5   (11) Settling and claiming never cost the lenders                                                        h
///   O6   (11) What a writer cannot pay is the option fund's first, and then the winners'                          h
///   O7   (14) cash + debt + option deficit = lenders + credit + unsettled + reserve                               i
///   O8   (14) No account has debt and credit together                                                             d
///   O9   (14) Credits of the accounts are the credit of the books, debts the debt but for a unit of rounding each   d
///   O10  (14) What is unsettled covers every claim of a closed expiry, less its haircut, and only claims are paid from it   d, h
///   O11  (15) The requirement of an account is the sum of those of its underlyings                                d
///   O12  (8)  A reduction under the initial requirement raises health, loses at most 1 %, and 2 % a day           h
///   O13  (2)  Every other trade and loan ends inside the initial requirement                                      h
///   O14  (9)  Liquidation raises health or closes; a taker ends inside its requirement; what is worth something makes no deficit   h
///   O15  (6)  A leaf that is off by more than the tolerance costs its poster the bond, any other nothing          h
///   O16  (6)  No leaf moves maintenance                                                                           h
///   O17  (6)  At most half of a bond rides on its leaves at once, at most all of it in 70 minutes                 h
///   O18  (13) The vault has its cash and its accounts' collateral, to the unit                                    i, d
///   O19  (11) The price at expiry is the median of what was recorded, and final once                              h
///   O20  (11) A pool counts the accounts that hold legs of it; pending claims are the claims of all pools         d
///   O21  (11) In the end everything is settled and paid, and no more is left than rounding                        h
///   O22  (11) No more is filled than was signed                                                                   h
contract OptionsInvariants is StdInvariant, Test {
    using PackedLeg for uint256;

    OptionsHandler private handler;
    MarginVault private vault;
    OptionBook private book;
    MockToken private stable;
    MockToken[2] private tokens;
    bytes32[] private accounts;

    function setUp() public {
        handler = new OptionsHandler();
        handler.setUp();
        (vault, book) = handler.parts();
        (stable, tokens) = handler.money();
        accounts = handler.accountIds();
        bytes4[] memory selectors = new bytes4[](21);
        selectors[0] = handler.trade.selector;
        selectors[1] = handler.reduce.selector;
        selectors[2] = handler.borrow.selector;
        selectors[3] = handler.repay.selector;
        selectors[4] = handler.addCollateral.selector;
        selectors[5] = handler.fund.selector;
        selectors[6] = handler.movePrice.selector;
        selectors[7] = handler.wait.selector;
        selectors[8] = handler.report.selector;
        selectors[9] = handler.expire.selector;
        selectors[10] = handler.settle.selector;
        selectors[11] = handler.claim.selector;
        selectors[12] = handler.liquidate.selector;
        selectors[13] = handler.leaf.selector;
        // More often, so that there is something to settle, and it is settled before the next expiry.
        selectors[14] = handler.settle.selector;
        selectors[15] = handler.settle.selector;
        selectors[16] = handler.trade.selector;
        selectors[17] = handler.trade.selector;
        selectors[18] = handler.reduce.selector;
        selectors[19] = handler.movePrice.selector;
        selectors[20] = handler.overreach.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// @notice O1 to O22.
    /// forge-config: ci.invariant.runs = 500
    /// forge-config: ci.invariant.depth = 100
    function invariant_WinnersGetWhatLosersLose() public view {
        IMarginVault.Books memory books = vault.books();
        assertEq(
            books.cash + books.debt + books.optionDeficit,
            vault.totalAssets() + books.credit + books.unsettled + books.reserve,
            "O7: assets are not claims"
        );
        assertEq(stable.balanceOf(address(vault)), books.cash, "O18: cash is not what is there");
        if (handler.due()) _checkAll(books);
    }

    function afterInvariant() public {
        _checkAll(vault.books());
        handler.finish();
        invariant_WinnersGetWhatLosersLose();
        _checkAll(vault.books());
        // A trade that only reduces needs somebody short of initial margin who can buy back, which not every run has.
        string[14] memory kinds = [
            "trade",
            "borrow",
            "repay",
            "addCollateral",
            "fund",
            "movePrice",
            "wait",
            "report",
            "expire",
            "settle",
            "close",
            "claim",
            "leaf",
            "voided"
        ];
        for (uint256 i = 0; i < kinds.length; ++i) {
            assertGt(handler.counted(kinds[i]), 0, string.concat("this never happened: ", kinds[i]));
        }
        assertGt(handler.counted("liquidate") + handler.counted("liquidatePortfolio"), 0, "nobody was liquidated");
    }

    function _checkAll(IMarginVault.Books memory books) private view {
        _checkAccounts(books);
        uint40[] memory expiries = handler.expiries();
        uint256 payable_ = 0;
        for (uint256 i = 0; i < expiries.length; ++i) {
            for (uint256 k = 0; k < 2; ++k) {
                payable_ += _checkPool(address(tokens[k]), k, expiries[i]);
            }
            _checkSeries(expiries[i]);
        }
        assertGe(books.unsettled, payable_, "O10: claims are not covered");
        _checkSum(accounts[uint256(keccak256(abi.encode(block.timestamp))) % accounts.length]);
    }

    function _checkAccounts(IMarginVault.Books memory books) private view {
        uint256 credits = 0;
        uint256 debts = 0;
        uint256[2] memory held;
        for (uint256 i = 0; i < accounts.length; ++i) {
            IMarginVault.Position memory position = vault.position(accounts[i]);
            assertTrue(position.debt == 0 || position.credit == 0, "O8: debt and credit");
            assertLe(position.optionDebt, position.debt, "O8: more of the debt is from options than there is");
            credits += position.credit;
            debts += position.debt;
            held[0] += position.collateral[0];
            held[1] += position.collateral[1];
        }
        assertEq(credits, books.credit, "O9: credits do not add up");
        assertGe(debts, books.debt, "O9: lenders claim more than accounts owe");
        assertLe(debts, books.debt + accounts.length, "O9: accounts owe more than lenders claim");
        assertEq(tokens[0].balanceOf(address(vault)), held[0], "O18: collateral is not there");
        assertEq(tokens[1].balanceOf(address(vault)), held[1], "O18: collateral is not there");
    }

    /// @dev What a closed pool still owes.
    function _checkPool(address underlying, uint256 index, uint40 expiry) private view returns (uint256 owed) {
        IOptionBook.Pool memory pool = book.poolOf(underlying, expiry);
        uint256 holders = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (_holds(accounts[i], index, expiry)) ++holders;
            uint256 claim = book.claimOf(accounts[i], underlying, expiry);
            if (pool.closed) owed += claim * (1e18 - pool.haircut) / 1e18;
            assertLe(claim, book.pendingClaims(accounts[i]), "O20: a claim that is not pending");
        }
        assertEq(pool.accounts, holders, "O20: holders are not counted");
        assertTrue(!pool.closed || holders == 0, "O20: closed over somebody's legs");
    }

    function _holds(bytes32 account, uint256 index, uint40 expiry) private view returns (bool) {
        uint256[] memory words = book.legsOf(account);
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].underlying() == index && words[i].expiry() == expiry) return true;
        }
        return false;
    }

    function _checkSeries(uint40 expiry) private view {
        for (uint256 s = 0; s < 3; ++s) {
            uint160 series = handler.seriesAt(s, expiry);
            if (book.poolOf(address(tokens[s / 2]), expiry).price != 0) continue;
            (int256 sum, int256 longs) = (0, 0);
            for (uint256 i = 0; i < accounts.length; ++i) {
                int256 amount = handler.amountOf(accounts[i], series);
                sum += amount;
                if (amount > 0) longs += amount;
            }
            assertEq(sum, 0, "O1: longs are not shorts");
            assertEq(int256(book.totalOpenInterest(series)), longs, "O1: open interest is not what is held");
        }
    }

    /// @dev Legs of one underlying after the other, and of both together.
    function _checkSum(bytes32 account) private view {
        (uint256 both,) = book.maintenance(account);
        uint256 sum = handler.requirementOn(account, 0) + handler.requirementOn(account, 1);
        assertEq(both, sum, "O11: requirements do not add up");
    }
}
