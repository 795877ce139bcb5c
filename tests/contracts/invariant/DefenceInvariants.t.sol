// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {FlashLiquidator} from "../../../contracts/FlashLiquidator.sol";
import {MarginVault} from "../../../contracts/MarginVault.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {DefenceHandler} from "./DefenceHandler.sol";

/// @title Campaign "Defence": swaps, mandates, top-ups and flash liquidations on real Uniswap v3 pools that an attacker moves
/// @dev The sentences, with the rule of contracts.md each one serves, and where it is asserted:
///
///   121  rule 8   a swap brings at least 99 % of the oracle value of what it sells, whatever the pool does: in the step
///   122  rule 8   the account loses no more than that and the tip: in the step
///   123  rule 8   under maintenance nobody swaps, neither the owner nor a keeper by his mandate: in the step
///   124  rule 8   a swap changes what is owed by what it paid back and the tip alone, and no other collateral: in the step
///   125  rule 8   a swap outside the initial requirement makes the account healthier, for at most 1 % of equity and 2 % in any day: in the step
///   126  rule 8   a mandate acts when it is due, makes the account healthier, and stays inside its own budget in any window: in the step
///   127  rule 8   a tip is paid by a mandate only, as it says, and only where the target is restored: in the step
///   128  rule 8   without a mandate nobody moves anything of an account: in the step
///   129  rule 8   a top-up is due, makes the account healthier, stays under its cap in any window and leaves its source inside initial: in the step
///   130  rule 9   a flash liquidation takes from unhealthy accounts alone and pays the profit to its recipient: in the step
///   131  rule 9   it makes the account healthier, closes its debt, or leaves no collateral: in the step
///   132  rule 9   the flash liquidator keeps no token and no allowance: here
///   133  rule 14  cash and collateral are there to the unit, and the books balance: here
///   134  rule 13  neither venue nor liquidator has an allowance of the vault: here
///   135  rule 14  an account never has debt and credit at once: here
contract DefenceInvariants is Test {
    DefenceHandler private handler;
    MarginVault private vault;
    FlashLiquidator private flash;
    MockToken[3] private tokens;
    address private venue;

    function setUp() public {
        handler = new DefenceHandler();
        handler.setUp();
        (vault, flash, tokens, venue) = handler.parts();

        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = handler.borrow.selector;
        selectors[1] = handler.add.selector;
        selectors[2] = handler.repay.selector;
        selectors[3] = handler.setMandates.selector;
        selectors[4] = handler.swapByOwner.selector;
        selectors[5] = handler.swapByMandate.selector;
        selectors[6] = handler.swapWithoutMandate.selector;
        selectors[7] = handler.topUp.selector;
        selectors[8] = handler.flashLiquidate.selector;
        selectors[9] = handler.movePrice.selector;
        selectors[10] = handler.movePool.selector;
        selectors[11] = handler.arbitrage.selector;
        selectors[12] = handler.wait.selector;
        // Twice, so that there are loans to defend.
        selectors[13] = handler.borrow.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// forge-config: ci.invariant.runs = 500
    /// forge-config: ci.invariant.depth = 100
    /// forge-config: ci.invariant.check-interval = 10
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_DefenceStaysInsideItsLimits() public view {
        _checkAll();
    }

    function afterInvariant() public {
        _checkAll();
        _walk();
        _checkAll();
    }

    /// @dev The walk alone, from the start, does everything; after a random run the pool or the mandates may leave some of it out.
    function test_Handler_ReachesEveryAction() public {
        afterInvariant();
        string[18] memory acts = [
            "borrow",
            "add",
            "repay",
            "mandates",
            "swap by owner",
            "improving swap",
            "tip",
            "not opted in",
            "top-up",
            "top-up refused",
            "flash liquidation",
            "healthy refused",
            "under maintenance",
            "lossy swap refused",
            "price",
            "pool",
            "arbitrage",
            "wait"
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            assertGt(handler.counted(acts[i]), 0, acts[i]);
        }
    }

    // --------------------------------------------------------------------------------------------------- sentences

    function _checkAll() private view {
        uint256[2] memory held;
        for (uint256 who = 0; who < 3; ++who) {
            IMarginVault.Position memory position = vault.position(handler.holder(who));
            held[0] += position.collateral[0];
            held[1] += position.collateral[1];
            assertTrue(position.debt == 0 || position.credit == 0, "135: debt and credit at once");
        }
        for (uint256 i = 0; i < 3; ++i) {
            uint256 expected = i == 2 ? vault.cash() : held[i];
            assertEq(
                tokens[i].balanceOf(address(vault)), expected, "133: the vault holds something else than its books"
            );
            assertEq(tokens[i].balanceOf(address(flash)), 0, "132: the flash liquidator kept something");
            assertEq(tokens[i].allowance(address(flash), venue), 0, "132: an allowance is left");
            assertEq(tokens[i].allowance(address(flash), address(vault)), 0, "132: an allowance is left");
            assertEq(tokens[i].allowance(address(vault), venue), 0, "134: an allowance is left");
            assertEq(tokens[i].balanceOf(venue), 0, "134: the venue kept something");
        }
        IMarginVault.Books memory books = vault.books();
        assertEq(
            books.cash + books.debt + books.optionDeficit,
            vault.totalAssets() + books.credit + books.unsettled + books.reserve,
            "133: assets are not claims"
        );
    }

    // ---------------------------------------------------------------------------------------------------- the walk

    /// @dev What a run has not met by chance is met on a fixed walk, so that every kind of action has happened in every run.
    function _walk() private {
        handler.rest(7 days);
        handler.wait(12 hours);
        _prepare();
        handler.setMandates(true);
        handler.topUp(0);
        handler.flashLiquidate(0, 0, 1);
        handler.swapWithoutMandate(0, 1);
        handler.swapByOwner(0, 0, 1e17, 2);
        handler.movePool(0, 0.05e18);
        handler.swapByOwner(0, 0, 1e17, 2);
        handler.arbitrage();
        // In need, but not yet to be liquidated.
        handler.borrow(0, type(uint256).max);
        handler.movePrice(0, 0.97e18);
        handler.swapByOwner(0, 0, 1e17, 2);
        handler.topUp(1);
        handler.topUp(0);
        handler.swapByMandate(0, type(uint256).max, 2);
        handler.swapByMandate(0, type(uint256).max, 2);
        handler.borrow(2, type(uint256).max);
        handler.movePrice(0, 0.85e18);
        handler.movePrice(1, 0.85e18);
        handler.swapByOwner(2, 0, 1e17, 2);
        handler.flashLiquidate(2, 0, 1);
    }

    /// @dev No debt, prices in the middle of their range, collateral everywhere.
    function _prepare() private {
        for (uint256 who = 0; who < 3; ++who) {
            handler.repay(who);
            handler.add(who, 0, 10e18);
            handler.add(who, 1, 0.5e8);
        }
        for (uint256 i = 0; i < 10; ++i) {
            handler.movePrice(i, 1.25e18);
        }
        for (uint256 i = 0; i < 6; ++i) {
            handler.movePrice(i, 0.8e18);
        }
    }
}
