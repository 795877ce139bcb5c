// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StdInvariant} from "forge-std/StdInvariant.sol";
import {Test} from "forge-std/Test.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {ProtocolHandler} from "./ProtocolHandler.sol";

/// @title What holds of accounts, lenders and liquidations, whatever anyone does
/// @dev Sentences (rule of the specification in brackets; h: asserted in the handler across a call, i: here, d: here and dear, at intervals)
///   P1   (13) The vault's stable balance is its cash and what was sent unasked                                    i
///   P2   (13) Of each collateral the vault has what its accounts hold                                             d
///   P3   (14) cash + debt + option deficit = lenders + credit + unsettled + reserve                               i
///   P4   (14) Accounts together owe what lenders claim, and at most a unit of rounding each more                  d
///   P5   (14) What was lent is there, was taken out, or was written off                                           i
///   P6   (14) Repaying and adding collateral always succeed, with no price, no report, and any stop               h
///   P7   (2)  New risk ends inside the initial requirement, over maintenance, and in no dust                      h
///   P8   (7)  New risk is refused by a dead oracle and a stop of the guardian, and by nothing that is not there   h
///   P9   (9)  A liquidation does what its plan said                                                               h
///   P10  (9)  A liquidation raises health to its target, or closes the debt, or empties the account               h
///   P11  (9)  A liquidation leaves no dust                                                                        h
///   P12  (9)  A liquidator gets no more than repayment and equity: no bonus makes a deficit, nobody gains by himself   h
///   P13  (9)  A loss is the insurance's first, then the reserve's, then the lenders'                              h
///   P14  (9)  A lender's share loses value only by a deficit                                                      h
///   P15  (3)  In any 24 hours at most 2 % of debt is liquidated of accounts healthy by the rules of the day before   h
///   P16  (2)  Rule changes alone make nobody liquidatable within a day of borrowing to the full                   i
///   P17  (14) What is done to one account changes no other                                                        h
///   P18  (14) Collateral of an account without debt is never held back                                            h
///   P19  (14) In the end everybody can leave, and nothing is left                                                 h
///   P20  (7)  Silence moves no maintenance                                                                        h
contract ProtocolInvariants is StdInvariant, Test {
    ProtocolHandler private handler;
    MarginVault private vault;
    MockToken private stable;
    MockToken[2] private tokens;
    bytes32[] private accounts;

    function setUp() public {
        handler = new ProtocolHandler();
        handler.setUp();
        vault = handler.theVault();
        (stable, tokens) = handler.money();
        accounts = handler.accountIds();

        bytes4[] memory selectors = new bytes4[](19);
        selectors[0] = handler.addCollateral.selector;
        selectors[1] = handler.repay.selector;
        selectors[2] = handler.borrow.selector;
        selectors[3] = handler.borrowAll.selector;
        selectors[4] = handler.withdrawCollateral.selector;
        selectors[5] = handler.liquidate.selector;
        selectors[6] = handler.lend.selector;
        selectors[7] = handler.unlend.selector;
        selectors[8] = handler.donate.selector;
        selectors[9] = handler.insure.selector;
        selectors[10] = handler.movePrice.selector;
        selectors[11] = handler.wait.selector;
        selectors[12] = handler.outage.selector;
        selectors[13] = handler.report.selector;
        selectors[14] = handler.setModel.selector;
        selectors[15] = handler.stop.selector;
        // Twice, so that runs meet full loans and liquidations more often than they would.
        selectors[16] = handler.borrowAll.selector;
        selectors[17] = handler.crash.selector;
        selectors[18] = handler.crash.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// @notice P1 to P20.
    /// forge-config: ci.invariant.runs = 500
    /// forge-config: ci.invariant.depth = 100
    function invariant_WhatTheVaultHoldsIsWhatItOwes() public view {
        IMarginVault.Books memory books = vault.books();
        uint256 assets = vault.totalAssets();
        assertEq(stable.balanceOf(address(vault)), books.cash + handler.donated(), "P1: cash is not what is there");
        assertEq(
            books.cash + books.debt + books.optionDeficit,
            assets + books.credit + books.unsettled + books.reserve,
            "P3: assets are not claims"
        );
        assertGe(
            assets + books.deficit + handler.lentOut() + 1, handler.lentIn(), "P5: something that was lent is gone"
        );
        (bytes32 account, uint256 until) = handler.shelteredNow();
        if (block.timestamp <= until) {
            assertGe(vault.health(account), 1e18, "P16: a full loan of today is liquidatable");
        }
        if (handler.due()) _checkAccounts();
    }

    function afterInvariant() public {
        _checkAccounts();
        handler.finish();
        invariant_WhatTheVaultHoldsIsWhatItOwes();
        _checkAccounts();
        string[17] memory kinds = [
            "addCollateral",
            "repay",
            "borrow",
            "withdrawCollateral",
            "liquidate",
            "deficit",
            "lend",
            "unlend",
            "donate",
            "insure",
            "movePrice",
            "wait",
            "outage",
            "report",
            "setModel",
            "stop",
            "reserve"
        ];
        for (uint256 i = 0; i < kinds.length; ++i) {
            assertGt(handler.counted(kinds[i]), 0, string.concat("this never happened: ", kinds[i]));
        }
    }

    function _checkAccounts() private view {
        assertEq(vault.accountCount(), accounts.length, "P2: every account is in the list once");
        uint256 debts = 0;
        uint256[2] memory held;
        for (uint256 i = 0; i < accounts.length; ++i) {
            IMarginVault.Position memory position = vault.position(accounts[i]);
            debts += position.debt;
            held[0] += position.collateral[0];
            held[1] += position.collateral[1];
            assertEq(position.credit, 0, "P3: credit without options");
        }
        assertGe(debts, vault.totalDebt(), "P4: lenders claim more than accounts owe");
        assertLe(debts, vault.totalDebt() + accounts.length, "P4: accounts owe more than lenders claim");
        assertEq(tokens[0].balanceOf(address(vault)), held[0], "P2: collateral is not there");
        assertEq(tokens[1].balanceOf(address(vault)), held[1], "P2: collateral is not there");
    }
}
