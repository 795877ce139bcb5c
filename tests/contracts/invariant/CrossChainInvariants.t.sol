// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {ICollateralVault} from "../../../contracts/interfaces/ICollateralVault.sol";
import {IMarginHub} from "../../../contracts/interfaces/IMarginHub.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {CrossChainHandler} from "./CrossChainHandler.sol";

/// @title Campaign "CrossChain": a collateral vault on A, the whole protocol on B, real storage proofs between them
/// @dev The sentences, with the rule of contracts.md each one serves, and where it is asserted:
///
///   101  rule 10     units that count on B, and units of orders that A may still carry out, never exceed what A holds: here
///   102  rules 4, 10 a thief with every key adds to what counts beyond that at most what he was paid and what B admitted on his word: here
///   103  rule 10     under attested headers the count of a token grows by at most its published growth in any 24 hours: in the step
///   104  rules 4, 10 under attested headers at most 2 % of a token's liened total leaves at once in any 24 hours: in the step
///   105  rule 10     the counter of a lien is strictly sequential on A, and on B never ahead of proof: here and in the step
///   106  rule 10     no order ends twice or out of turn, and none that the hub has not issued (but a thief's): here and in the step
///   107  rule 10     a payment goes to the recipient that B recorded, in the units it fixed, and to nobody else: in the step
///   108  rule 10     an unfinalised, older or reorganised header gives nothing: in the step
///   109  rules 7, 10 silence between the chains lowers initial capacity at most; maintenance and value stay to the unit: in the step
///   110  rule 10     a vetoed order moves nothing: in the step
///   111  rule 14     tokens are conserved on A: what it holds is what its liens say, and what was made is there or paid out: here
///   112  rule 10     a swap under way counts as the lesser of what it gives and what it must bring: in the step and by 113
///   113  rule 10     capacity on B equals the published formula: here
///   114  rules 2, 8  borrowing, releasing and swapping end inside the initial requirement: in the step
///   115  rule 9      a seizure is fixed in counted units, and no loan is written off while a lien stands behind it: in the step
///   116  rule 10     what counts of a token stays under its cap, and its total is the sum of its liens and of what swaps give and bring: here
///   117  rule 8      a swap by mandate makes nobody liquidatable, and lowers nothing while it is under way: in the step
///   118  rule 10     a keeper's top-up moves the owner's tokens into his lien, within the cap in any window, and nothing else: in the step
contract CrossChainInvariants is Test {
    uint256 private constant WAD = 1e18;
    uint256 private constant LAG = 20 minutes;

    CrossChainHandler private handler;
    ICollateralVault private vault;
    IMarginHub private hub;
    MockToken private weth;
    MockToken private wbtc;

    function setUp() public {
        handler = new CrossChainHandler();
        (vault, hub, weth, wbtc) = handler.parts();

        bytes4[] memory selectors = new bytes4[](20);
        selectors[0] = handler.lockMore.selector;
        selectors[1] = handler.borrow.selector;
        selectors[2] = handler.repay.selector;
        selectors[3] = handler.release.selector;
        selectors[4] = handler.swap.selector;
        selectors[5] = handler.liquidate.selector;
        selectors[6] = handler.relayOrder.selector;
        selectors[7] = handler.refresh.selector;
        selectors[8] = handler.takeProof.selector;
        selectors[9] = handler.bringProof.selector;
        selectors[10] = handler.bringOutOfTurn.selector;
        selectors[11] = handler.countDropped.selector;
        selectors[12] = handler.veto.selector;
        selectors[13] = handler.movePrice.selector;
        selectors[14] = handler.silence.selector;
        selectors[15] = handler.forgeOrder.selector;
        selectors[16] = handler.forgeLien.selector;
        // Twice, so that orders get to A more often than they would.
        selectors[17] = handler.relayOrder.selector;
        selectors[18] = handler.swapByMandate.selector;
        selectors[19] = handler.topUp.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// forge-config: ci.invariant.runs = 100
    /// forge-config: ci.invariant.depth = 500
    /// forge-config: ci.invariant.check-interval = 20
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_BothChainsAgree() public view {
        _checkAll();
    }

    function afterInvariant() public {
        _checkAll();
        _walk();
        _checkAll();
    }

    /// @dev The walk alone, from the start, does everything; after a random run an account may be left with nothing to seize.
    function test_Handler_ReachesEveryAction() public {
        afterInvariant();
        string[25] memory acts = [
            "add",
            "borrow",
            "repay",
            "release",
            "release paid",
            "outside initial",
            "swap",
            "swap carried out",
            "swap by mandate",
            "top-up",
            "top-up refused",
            "liquidate here",
            "seizure",
            "seizure paid",
            "queued",
            "queue carried out",
            "veto",
            "lapse",
            "take proof",
            "bring proof",
            "old or young proof refused",
            "out of turn refused",
            "dropped lien refused",
            "silence",
            "price"
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            assertGt(handler.counted(acts[i]), 0, acts[i]);
        }
        assertGt(handler.counted("forged lien"), 0, "forged lien");
        assertGt(handler.counted("forged order paid"), 0, "forged order paid");
        assertGt(handler.counted("forged order vetoed"), 0, "forged order vetoed");
    }

    // --------------------------------------------------------------------------------------------------- sentences

    function _checkAll() private view {
        for (uint256 number = 1; number <= handler.LIENS(); ++number) {
            _checkBacking(number);
            _checkCounters(number);
        }
        _checkForgery(weth, 1, 2);
        _checkForgery(wbtc, 3, 3);
        _checkTokens();
        _checkTotals();
        _checkCapacity(handler.accountOf(1), 1, 3);
        _checkCapacity(handler.accountOf(2), 2, 2);
    }

    /// @dev What the thief took of lien 3 is filled up by the next swap, and then its units are missed in lien 1: disputed for a day, and in 102.
    function _checkBacking(uint256 number) private view {
        if (handler.touched(number) || (number == 1 && handler.touched(3))) return;
        bytes32 key = handler.keyOf(number);
        IMarginHub.RemoteLien memory lien = hub.lienOf(key);
        ICollateralVault.Lien memory there = vault.lienOf(number);
        uint256 open = 0;
        for (uint64 c = there.counter + 1; c <= lien.lastCounter; ++c) {
            IMarginHub.PendingOrder memory pending = hub.pendingOf(key, c);
            if (!pending.ended) open += pending.units;
        }
        assertLe(uint256(lien.counted) + lien.disputed + open, there.amount, "101: B counts what A does not hold");
        assertEq(lien.disputed, 0, "101: units are missed that nobody took");
    }

    function _checkForgery(MockToken token, uint256 first, uint256 last) private view {
        uint256 excess = 0;
        for (uint256 number = first; number <= last; ++number) {
            IMarginHub.RemoteLien memory lien = hub.lienOf(handler.keyOf(number));
            excess += FixedPointMathLib.zeroFloorSub(uint256(lien.counted) + lien.disputed, vault.lienOf(number).amount);
        }
        uint256 allowed = handler.takenByForgery(address(token)) + handler.admittedByForgery(address(token));
        assertLe(excess, allowed, "102: a thief made more count than his bounds");
    }

    function _checkCounters(uint256 number) private view {
        bytes32 key = handler.keyOf(number);
        IMarginHub.RemoteLien memory lien = hub.lienOf(key);
        uint64 counter = vault.lienOf(number).counter;
        assertLe(lien.endedCounter, counter, "105: B is ahead of A");
        if (!handler.touched(number)) assertLe(counter, lien.lastCounter, "105: A is ahead of B");
        for (uint64 c = counter; c > 0 && c + 8 > counter; --c) {
            bytes32 carried = vault.executedHash(number, c);
            bytes32 forged = handler.forgedAt(number, c);
            assertEq(
                carried, forged != 0 ? forged : hub.orderHashOf(key, c), "106: A ended an order that B never issued"
            );
        }
    }

    function _checkTokens() private view {
        uint256 dropped = vault.lienOf(4).amount;
        uint256 locked = uint256(vault.lienOf(1).amount) + vault.lienOf(2).amount + dropped;
        assertEq(weth.balanceOf(address(vault)), locked, "111: A holds something else than its liens");
        assertEq(vault.tokenOf(address(weth)).total, locked, "111: the total is not the sum");
        assertEq(wbtc.balanceOf(address(vault)), vault.lienOf(3).amount, "111: A holds something else than its liens");
        assertEq(vault.tokenOf(address(wbtc)).total, vault.lienOf(3).amount, "111: the total is not the sum");
        assertEq(locked + handler.outside(weth), handler.minted(address(weth)), "111: WETH is lost or made");
        assertEq(
            vault.lienOf(3).amount + handler.outside(wbtc), handler.minted(address(wbtc)), "111: WBTC is lost or made"
        );
    }

    function _checkTotals() private view {
        IMarginHub.RemoteLien[3] memory liens =
            [hub.lienOf(handler.keyOf(1)), hub.lienOf(handler.keyOf(2)), hub.lienOf(handler.keyOf(3))];
        IMarginHub.RemoteToken memory given = hub.remoteOf(liens[0].remoteKey);
        IMarginHub.RemoteToken memory brought = hub.remoteOf(liens[2].remoteKey);
        uint256 sum = uint256(liens[0].counted) + liens[0].disputed + liens[1].counted + liens[1].disputed;
        uint64 swapping = liens[0].swapCounter;
        IMarginHub.PendingOrder memory swap = hub.pendingOf(handler.keyOf(1), swapping);
        uint256 promised = swapping == 0 ? 0 : swap.minOut;
        if (swapping != 0) sum += swap.units;
        assertEq(given.total, sum, "116: the total is not what its liens count and its swap gives");
        assertEq(brought.total, liens[2].counted + liens[2].disputed + promised, "116: the same with swaps");
        assertLe(given.total, given.cap, "116: the cap is passed");
        assertLe(brought.total, brought.cap, "116: the cap is passed");
        assertEq(liens[2].incoming, swapping == 0 ? 0 : 1, "116: swaps into a lien are miscounted");
    }

    // ------------------------------------------------------------------------------------------------- the formula

    function _checkCapacity(bytes32 account, uint256 first, uint256 last) private view {
        IMarginHub.Capacity memory expected;
        for (uint256 number = first; number <= last; number += 2) {
            IMarginHub.RemoteLien memory lien = hub.lienOf(handler.keyOf(number));
            _sum(expected, _worth(number, lien.counted, lien.disputed, lien.observedAt));
        }
        IMarginHub.RemoteLien memory giving = hub.lienOf(handler.keyOf(first));
        if (giving.swapCounter != 0) {
            IMarginHub.PendingOrder memory swap = hub.pendingOf(handler.keyOf(first), giving.swapCounter);
            IMarginHub.Capacity memory gives = _worth(first, swap.units, 0, giving.observedAt);
            IMarginHub.Capacity memory brings = _worth(3, swap.minOut, 0, giving.observedAt);
            gives.initial = FixedPointMathLib.min(gives.initial, brings.initial);
            gives.maintenance = FixedPointMathLib.min(gives.maintenance, brings.maintenance);
            gives.value = FixedPointMathLib.min(gives.value, brings.value);
            _sum(expected, gives);
        }
        IMarginHub.Capacity memory found = hub.capacityOf(account);
        _assertNear(found.initial, expected.initial, "113: initial capacity is not the formula's");
        _assertNear(found.maintenance, expected.maintenance, "113: maintenance is not the formula's");
        _assertNear(found.value, expected.value, "113: value is not the formula's");
    }

    /// @dev To nine places and a few units: products round at other places here.
    function _assertNear(uint256 found, uint256 expected, string memory message) private pure {
        assertApproxEqAbs(found, expected, expected / 1e9 + 8, message);
    }

    function _sum(IMarginHub.Capacity memory sum, IMarginHub.Capacity memory more) private pure {
        (sum.initial, sum.maintenance, sum.value) =
        (sum.initial + more.initial, sum.maintenance + more.maintenance, sum.value + more.value);
    }

    /// @dev value (1 - z99 sigma sqrt(t)) times the factor of each purpose; feeds of this campaign are always there.
    function _worth(uint256 number, uint256 units, uint256 disputed, uint256 observedAt)
        private
        view
        returns (IMarginHub.Capacity memory worth)
    {
        (uint256 price, IRiskOracle.Factors memory factors) = handler.priceAndFactors(number);
        uint256 unit = number == 3 ? 1e8 : 1e18;
        uint256 kept = WAD - _haircut(factors.maintenanceVolatility, LAG);
        uint256 age = FixedPointMathLib.max(LAG, vm.getBlockTimestamp() - observedAt);
        worth.value = units * price / unit * kept / WAD;
        worth.maintenance = (units + disputed) * price / unit * kept / WAD * factors.liquidationThreshold / WAD;
        worth.initial =
            units * price / unit * (WAD - _haircut(factors.initialVolatility, age)) / WAD * factors.borrowFactor / WAD;
    }

    function _haircut(uint256 volatility, uint256 time) private pure returns (uint256) {
        uint256 root = FixedPointMathLib.sqrt(time * 1e36 / 365 days);
        return FixedPointMathLib.min(WAD, 2.326347874040841101e18 * volatility / WAD * root / WAD);
    }

    // ---------------------------------------------------------------------------------------------------- the walk

    /// @dev What a run has not met by chance is met on a fixed walk, so that every kind of action has happened in every run.
    function _walk() private {
        handler.settle();
        _walkQueue();
        _walkLoans();
        _walkMandates();
        _walkRelay();
        _walkThief();
    }

    function _walkThief() private {
        if (handler.counted("forged order paid") == 0) handler.forgeOrder(1, 2);
        if (handler.counted("forged order vetoed") == 0) handler.forgeOrder(0, type(uint256).max);
        if (handler.counted("forged lien") == 0) handler.forgeLien(0, 300e18);
    }

    function _none(string memory act) private view returns (bool) {
        return handler.counted(act) == 0;
    }

    /// @dev A release that is too large to leave at once: queued, vetoed, queued again and paid; another one lapses.
    function _walkQueue() private {
        bool all = !(_none("queued") || _none("queue carried out") || _none("veto") || _none("out of turn refused"));
        if (all && !_none("lapse")) return;
        handler.release(1, 40e18);
        handler.silence(2 days);
        handler.relayOrder(1, false);
        handler.bringOutOfTurn(1, 1);
        handler.veto(1, true);
        handler.silence(1 days);
        handler.silence(10 minutes);
        handler.relayOrder(1, false);
        handler.silence(1 days);
        handler.relayOrder(1, false);
        handler.refresh(1, true);
        handler.bringOutOfTurn(1, vault.lienOf(2).counter);
        handler.release(1, 1e18);
        for (uint256 i = 0; i < 4; ++i) {
            handler.silence(2 days);
        }
        handler.relayOrder(1, true);
    }

    function _walkLoans() private {
        bool all = !(_none("swap carried out") || _none("borrow") || _none("outside initial") || _none("seizure paid"));
        if (all && !_none("liquidate here") && !_none("release paid") && !_none("repay")) return;
        handler.refresh(0, true);
        handler.refresh(2, true);
        handler.swap(1e18, 1e18);
        handler.relayOrder(0, true);
        handler.refresh(0, true);
        handler.borrow(0, type(uint256).max);
        handler.borrow(1, type(uint256).max);
        handler.release(0, type(uint256).max);
        for (uint256 i = 0; i < 4; ++i) {
            handler.movePrice(i, 0.75e18);
        }
        handler.liquidate(1, 0);
        handler.liquidate(0, 1);
        handler.relayOrder(0, true);
        handler.repay(0);
        handler.relayOrder(0, true);
        handler.settle();
    }

    function _walkMandates() private {
        handler.settle();
        handler.refresh(2, true);
        handler.borrow(0, type(uint256).max);
        handler.swapByMandate(1e18 + 1);
        handler.relayOrder(0, true);
        handler.topUp(0, 1e18);
        for (uint256 i = 0; i < 4; ++i) {
            handler.topUp(0, type(uint256).max);
        }
        handler.settle();
    }

    function _walkRelay() private {
        bool all = !(_none("take proof") || _none("bring proof") || _none("old or young proof refused"));
        if (all && !_none("dropped lien refused")) return;
        handler.takeProof(1);
        handler.bringProof(1, type(uint256).max);
        handler.silence(1 hours);
        for (uint256 i = 0; i < 4; ++i) {
            handler.bringProof(1, i);
        }
        handler.countDropped();
    }
}
