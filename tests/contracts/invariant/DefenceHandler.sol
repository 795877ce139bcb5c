// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IDefence} from "../../../contracts/interfaces/IDefence.sol";
import {IFlashLiquidator} from "../../../contracts/interfaces/IFlashLiquidator.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {SwapMandate, SwapOrder, TopUpMandate} from "../../../contracts/types/Defence.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {DefenceWorld} from "./DefenceWorld.sol";

/// @title Owners, keepers and a sandwich attacker around swaps, top-ups and flash liquidations
/// @dev A refusal is caught only where the rules ask for exactly that refusal.
contract DefenceHandler is DefenceWorld {
    // ------------------------------------------------------------------------------------------------------ owners

    function borrow(uint256 who, uint256 amount) external {
        bytes32 account = holders[who % ACCOUNTS];
        IMarginVault.Valuation memory worth = vault.valuation(account);
        // Debt rounds up by a unit, old and new.
        uint256 room = FixedPointMathLib.zeroFloorSub(worth.borrowCapacity, worth.debt + 2e12) / 1e12;
        room = FixedPointMathLib.min(room, vault.cash());
        // Credit is taken first; what becomes debt is no dust.
        uint256 least = 100e6 + vault.position(account).credit;
        if (room < least) return;
        _borrow(account, bound(amount, least, room));
        ++counted["borrow"];
    }

    function add(uint256 who, uint256 which, uint256 amount) external {
        MockToken token = tokens[which % 2];
        _add(holders[who % ACCOUNTS], token, bound(amount, 1, token == weth ? 10e18 : 0.5e8));
        ++counted["add"];
    }

    function repay(uint256 who) external {
        _repayFrom(attacker, holders[who % ACCOUNTS], type(uint256).max);
        ++counted["repay"];
    }

    function setMandates(bool on) external {
        vm.startPrank(alice);
        SwapMandate memory none;
        vault.setSwapMandate(holders[0], on ? _swapMandate() : none);
        TopUpMandate memory nothing;
        for (uint256 i = 0; i < 4; ++i) {
            vault.setTopUpMandate(holders[0], i, on ? _topUpMandate(i) : nothing);
        }
        vm.stopPrank();
        ++counted["mandates"];
    }

    function swapByOwner(uint256 who, uint256 pair, uint256 amount, uint256 attack) external {
        bytes32 account = holders[who % ACCOUNTS];
        _swap(account, vault.ownerOf(account), pair, amount, attack);
    }

    // ----------------------------------------------------------------------------------------------------- keepers

    function swapByMandate(uint256 pair, uint256 amount, uint256 attack) external {
        _swap(holders[0], keeper, pair, amount, attack);
    }

    /// @dev Nobody may do anything for an account that allowed nothing.
    function swapWithoutMandate(uint256 pair, uint256 amount) external {
        bytes32 account = holders[2];
        uint256 held = vault.position(account).collateral[pair % 2];
        if (held == 0) return;
        bytes32 before = keccak256(abi.encode(vault.position(account)));
        bool healthy = vault.health(account) >= WAD;
        vm.startPrank(keeper);
        try vault.swapCollateral(account, _order(pair, bound(amount, 1, held))) {
            assertTrue(false, "128: swapped without a mandate");
        } catch (bytes memory reason) {
            bytes4 wanted = healthy ? IDefence.SwapNotOptedIn.selector : IMarginVault.AccountUnderMaintenance.selector;
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), wanted, "128: another refusal");
        }
        try vault.topUp(account, amount % 4) {
            assertTrue(false, "128: topped up without a mandate");
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), IDefence.TopUpNotOptedIn.selector, "128: another refusal");
        }
        vm.stopPrank();
        assertEq(keccak256(abi.encode(vault.position(account))), before, "128: something moved without a mandate");
        ++counted["not opted in"];
    }

    function topUp(uint256 index) external {
        index %= 4;
        TopUpMandate memory mandate = vault.topUpMandateOf(holders[0], index);
        Shot memory before = _shot(holders[0]);
        Shot memory source = _shot(holders[1]);
        Shot memory other = _shot(holders[2]);
        vm.prank(keeper);
        try vault.topUp(holders[0], index) returns (uint256 moved) {
            Shot memory later = _shot(holders[0]);
            assertLt(before.health, mandate.triggerHealth, "129: topped up before it was due");
            assertGt(later.health, before.health, "129: topped up and no healthier");
            _note(_toppedUp[index], moved, _capOf(index), "129: topped up past the cap of the window");
            if (mandate.source == 0) assertEq(_hash(_shot(holders[1])), _hash(source), "129: from another source");
            else _assertInitial(holders[1]);
            assertEq(_hash(_shot(holders[2])), _hash(other), "128: from somebody who allowed nothing");
            ++counted["top-up"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            bytes4 why = bytes4(reason);
            if (mandate.triggerHealth == 0) {
                assertEq(why, IDefence.TopUpNotOptedIn.selector, "128: another refusal");
            } else if (vm.getBlockTimestamp() > mandate.expiry) {
                assertEq(why, IDefence.MandateExpired.selector, "129: another refusal");
            } else if (before.health >= mandate.triggerHealth) {
                assertEq(why, IDefence.TopUpNotDue.selector, "129: another refusal");
            } else {
                assertTrue(
                    why == IDefence.TopUpNothingToMove.selector || why == IMarginVault.HealthNotImproved.selector
                        || (mandate.source != 0 && _isInitialRefusal(why)),
                    "129: another refusal"
                );
            }
            ++counted["top-up refused"];
        }
    }

    function flashLiquidate(uint256 who, uint256 which, uint256 attack) external {
        bytes32 account = holders[who % ACCOUNTS];
        (MockToken tokenIn, uint256 got) = (tokens[which % 2], 0);
        if (attack % 3 == 0) got = _pushPool(tokenIn, usdc, bound(attack, 0, 0.3e18));
        Shot memory before = _shot(account);
        uint256 owned = usdc.balanceOf(keeper);
        IFlashLiquidator.SwapRoute[] memory routes = new IFlashLiquidator.SwapRoute[](2);
        routes[0] = IFlashLiquidator.SwapRoute(address(weth), LOW_FEE);
        routes[1] = IFlashLiquidator.SwapRoute(address(wbtc), LOW_FEE);
        vm.prank(attacker);
        try flash.liquidate(account, routes, 1, vm.getBlockTimestamp(), keeper) returns (uint256 profit) {
            assertLt(before.health, WAD, "130: a healthy account was liquidated");
            assertGe(profit, 1, "130: less than the least profit");
            assertEq(usdc.balanceOf(keeper), owned + profit, "130: the recipient got something else");
            Shot memory later = _shot(account);
            bool gone = later.position.collateral[0] + later.position.collateral[1] == 0;
            assertTrue(later.health > before.health || later.position.debt == 0 || gone, "131: no healthier for it");
            ++counted["flash liquidation"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            _judgeFlashRefusal(before, bytes4(reason));
        }
        _sellBack(tokenIn, usdc, got);
    }

    function _judgeFlashRefusal(Shot memory before, bytes4 why) private {
        if (before.health >= WAD) {
            assertEq(why, IMarginVault.AccountHealthy.selector, "130: another refusal");
            ++counted["healthy refused"];
            return;
        }
        assertTrue(
            why == IFlashLiquidator.ProceedsTooSmall.selector || why == IFlashLiquidator.ProfitTooSmall.selector,
            "130: another refusal"
        );
        ++counted["flash without profit"];
    }

    // ------------------------------------------------------------------------------------------- market and attacker

    function movePrice(uint256 which, uint256 factor) external {
        (uint256 start, uint256 now_) = which % 2 == 0
            ? (uint256(3000e8), uint256(_answer(wethFeed)))
            : (uint256(60_000e8), uint256(_answer(wbtcFeed)));
        int256 price =
            int256(FixedPointMathLib.clamp(now_ * bound(factor, 0.8e18, 1.25e18) / WAD, start / 4, start * 4));
        _setPrice(which % 2 == 0 ? wethFeed : wbtcFeed, price);
        _arbitrageAll();
        ++counted["price"];
    }

    /// @dev Leaves a pool anywhere.
    function movePool(uint256 pair, uint256 share) external {
        (MockToken tokenIn, MockToken tokenOut) = _pair(pair);
        _pushPool(tokenIn, tokenOut, bound(share, 0, 0.3e18));
        ++counted["pool"];
    }

    function arbitrage() external {
        _arbitrageAll();
        ++counted["arbitrage"];
    }

    function wait(uint256 time) external {
        _pass(bound(time, 1 minutes, 12 hours));
        ++counted["wait"];
    }

    /// @dev A long quiet time, for the walk at the end of a run.
    function rest(uint256 time) external {
        _pass(time);
    }

    function _arbitrageAll() private {
        _arbitrage(weth, usdc);
        _arbitrage(weth, wbtc);
        _arbitrage(wbtc, usdc);
    }

    // -------------------------------------------------------------------------------------------------------- swaps

    function _pair(uint256 pair) private view returns (MockToken, MockToken) {
        return (tokens[pair % 2], pair % 4 < 2 ? usdc : tokens[1 - pair % 2]);
    }

    function _order(uint256 pair, uint256 amount) private view returns (SwapOrder memory) {
        (MockToken tokenIn, MockToken tokenOut) = _pair(pair);
        return SwapOrder({
            tokenIn: address(tokenIn),
            tokenOut: address(tokenOut),
            fee: LOW_FEE,
            amountIn: amount,
            minOut: 0,
            deadline: vm.getBlockTimestamp()
        });
    }

    /// @dev The pool is pushed before the swap, in either direction, and sold back after it.
    function _swap(bytes32 account, address caller, uint256 pair, uint256 amount, uint256 attack) private {
        uint256 held = vault.position(account).collateral[pair % 2];
        if (held == 0) return;
        SwapOrder memory order = _order(pair, bound(amount, 1, held));
        if (caller == keeper) order.amountIn = _withinMandate(account, order, amount);
        (MockToken tokenIn, MockToken tokenOut) = _pair(pair);
        if (attack % 2 == 1) (tokenIn, tokenOut) = (tokenOut, tokenIn);
        uint256 got = attack % 4 < 2 ? _pushPool(tokenIn, tokenOut, bound(attack, 0, 0.01e18)) : 0;
        _trade(account, caller, order);
        _sellBack(tokenIn, tokenOut, got);
    }

    /// @dev Mostly what the mandate lets pass, sometimes more.
    function _withinMandate(bytes32 account, SwapOrder memory order, uint256 amount) private view returns (uint256) {
        if (vault.swapMandateOf(account).triggerHealth == 0 || amount % 8 == 0) return order.amountIn;
        uint256 limit = vault.swapLimit(account, order.tokenIn, order.tokenOut);
        return limit == 0 || amount % 8 == 1 ? order.amountIn : FixedPointMathLib.min(order.amountIn, limit);
    }

    function _trade(bytes32 account, address caller, SwapOrder memory order) private {
        Shot memory before = _shot(account);
        uint256 given = _value(MockToken(order.tokenIn), order.amountIn);
        uint256 owned = usdc.balanceOf(keeper);
        vm.prank(caller);
        try vault.swapCollateral(account, order) returns (uint256 out) {
            Shot memory later = _shot(account);
            uint256 tip = usdc.balanceOf(keeper) - owned;
            assertGe(before.health, WAD, "123: swapped under maintenance");
            uint256 got = _value(MockToken(order.tokenOut), out);
            assertGe(got, given * 99 / 100, "121: a swap lost more than one per cent of what it sold");
            assertLe(_lost(before, later), given / 100 + tip * 1e12 + 2e12, "122: a swap lost more than it says");
            _judgeBooks(before, later, order, out, tip);
            if (caller == keeper) _judgeMandate(account, before, later, tip);
            else _judgeOwner(account, before, later, tip);
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            _judgeRefusal(account, caller, before, bytes4(reason));
        }
    }

    /// @dev Debt and everything that was not traded stay as they were.
    function _judgeBooks(Shot memory before, Shot memory later, SwapOrder memory order, uint256 out, uint256 tip)
        private
        view
    {
        bool stable = order.tokenOut == address(usdc);
        int256 owedBefore = int256(before.position.debt) - int256(before.position.credit);
        int256 owedLater = int256(later.position.debt) - int256(later.position.credit);
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 paid = stable ? int256(out) : int256(0);
        // Shares of debt round by a unit.
        assertApproxEqAbs(
            // Test values are far under the limit of the type.
            // forge-lint: disable-next-line(unsafe-typecast)
            owedLater,
            // Test values are far under the limit of the type.
            // forge-lint: disable-next-line(unsafe-typecast)
            owedBefore - paid + int256(tip),
            2,
            "124: a swap changed what is owed by something else"
        );
        for (uint256 i = 0; i < 2; ++i) {
            uint256 expected = before.position.collateral[i];
            if (order.tokenIn == address(tokens[i])) expected -= order.amountIn;
            if (order.tokenOut == address(tokens[i])) expected += out;
            assertEq(later.position.collateral[i], expected, "124: a swap moved another collateral");
        }
    }

    function _judgeMandate(bytes32 account, Shot memory before, Shot memory later, uint256 tip) private {
        SwapMandate memory mandate = vault.swapMandateOf(account);
        assertLe(before.health, mandate.triggerHealth, "126: a mandate acted before it was due");
        assertGt(later.health, before.health, "126: a mandate made the account no healthier");
        assertTrue(tip == 0 || (tip == TIP && later.health >= mandate.targetHealth), "127: a tip that was not earned");
        uint256 lost = _lost(before, later);
        assertLe(lost, _owned(before) / 100, "125: a mandate lost more than one per cent of equity");
        _note(_mandateLosses[account], lost, _owned(before) * LOSS_BUDGET / WAD, "126: past the mandate's loss budget");
        _note(_dailyLosses[account], lost, _owned(before) / 50, "125: past what an account may lose in a day");
        ++counted[tip == 0 ? "swap by mandate" : "tip"];
    }

    function _judgeOwner(bytes32 account, Shot memory before, Shot memory later, uint256 tip) private {
        assertEq(tip, 0, "127: the owner was tipped");
        ++counted["swap by owner"];
        IMarginVault.Valuation memory worth = vault.valuation(account);
        if (worth.borrowCapacity >= worth.debt) return;
        assertGt(later.health, before.health, "125: outside initial and no healthier");
        uint256 lost = _lost(before, later);
        assertLe(lost, _owned(before) / 100, "125: more than one per cent of equity was lost outside initial");
        _note(_dailyLosses[account], lost, _owned(before) / 50, "125: past what an account may lose in a day");
        ++counted["improving swap"];
    }

    function _judgeRefusal(bytes32 account, address caller, Shot memory before, bytes4 why) private {
        ++counted["swap refused"];
        if (before.health < WAD) {
            assertEq(why, IMarginVault.AccountUnderMaintenance.selector, "123: another refusal");
            ++counted["under maintenance"];
            return;
        }
        bool lossy = why == IDefence.SwapUnderOracle.selector || why == IMarginVault.HealthNotImproved.selector
            || why == IMarginVault.LossTooLarge.selector || why == IMarginVault.LossBudgetExhausted.selector;
        if (caller == keeper) {
            SwapMandate memory mandate = vault.swapMandateOf(account);
            if (mandate.triggerHealth == 0) {
                assertEq(why, IDefence.SwapNotOptedIn.selector, "128: another refusal");
            } else if (before.health > mandate.triggerHealth && vm.getBlockTimestamp() <= mandate.expiry) {
                assertEq(why, IDefence.SwapNotDue.selector, "126: another refusal");
            } else {
                bool mandated = why == IDefence.SwapTooLarge.selector || why == IDefence.MandateExpired.selector
                    || why == IDefence.SwapLossBudgetExhausted.selector;
                assertTrue(lossy || mandated, "126: another refusal");
            }
        } else {
            assertTrue(lossy || _isInitialRefusal(why), "125: another refusal");
        }
        if (lossy) ++counted["lossy swap refused"];
    }

    function _isInitialRefusal(bytes4 why) private pure returns (bool) {
        return why == IMarginVault.InitialRequirementViolated.selector || why == IMarginVault.DebtBelowMinimum.selector;
    }

    function _assertInitial(bytes32 account) private view {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        assertTrue(worth.debt == 0 || worth.borrowCapacity >= worth.debt, "129: the source is outside its requirement");
    }

    function _hash(Shot memory shot) private pure returns (bytes32) {
        return keccak256(abi.encode(shot));
    }
}
