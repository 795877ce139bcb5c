// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {OracleHub} from "../../../contracts/OracleHub.sol";
import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {HubHandler} from "./HubHandler.sol";

/// @title Campaign "Hub": three feeds with a fallback, a sequencer, outages, the guardian's stops, the insurance fund
/// @dev The sentences, with the rule of contracts.md each one serves, and where it is asserted:
///
///   141  rule 1      a price lies between two usable answers that agree within d: here
///   142  rule 1      one liar among three answers never moves the price outside what the honest two say: here
///   143  rule 1      nor does he take the price away while they agree: here
///   144  rule 7      while the sequencer is down, and for its grace after that, nothing has a price: here
///   145  rule 7      what has no price, or is stopped, is not seized from anybody: in the step
///   146  rule 7      in the repay window nobody is seized, and the window is exactly that of the marks: here and in the step
///   147  rules 7, 14 repaying and adding collateral succeed in every state, and so does withdrawing where nothing is owed: in the step
///   148  rules 4, 12 the guardian blocks the liquidation of an asset for at most 6 hours in any 7 days: in the step
///   149  rule 12     and new risk for at most 3 days and a halt in any 4 days: in the step
///   150  rule 12     while new risk is stopped nobody borrows, and otherwise everybody with room: in the step
///   151  rule 12     the guardian's key loosens nothing, moves no money and changes no account's worth: in the step
///   152  rule 9      money leaves the insurance fund to cover the vault, or to the person announced a week before: here and in the step
///   153  rule 9      nobody but the vault is covered: in the step
///   154  rule 12     the feeds of an asset are always among the four that were approved: here and in the step
///   155  rule 7      an outage is marked only while there is no price: in the step
///   156  rule 14     cash and collateral are there to the unit: here
contract HubInvariants is Test {
    HubHandler private handler;
    OracleHub private hub;
    MarginVault private vault;
    MockToken[2] private tokens;
    MockToken private stable;

    function setUp() public {
        handler = new HubHandler();
        handler.setUp();
        (hub, vault, tokens, stable) = handler.parts();

        bytes4[] memory selectors = new bytes4[](20);
        selectors[0] = handler.moveMarket.selector;
        selectors[1] = handler.lie.selector;
        selectors[2] = handler.setFeedDown.selector;
        selectors[3] = handler.freeze.selector;
        selectors[4] = handler.heal.selector;
        selectors[5] = handler.switchSequencer.selector;
        selectors[6] = handler.useFallback.selector;
        selectors[7] = handler.wait.selector;
        selectors[8] = handler.markOutage.selector;
        selectors[9] = handler.addAndRepay.selector;
        selectors[10] = handler.borrow.selector;
        selectors[11] = handler.withdrawFree.selector;
        selectors[12] = handler.liquidate.selector;
        selectors[13] = handler.raise.selector;
        selectors[14] = handler.lift.selector;
        selectors[15] = handler.overreach.selector;
        selectors[16] = handler.insure.selector;
        selectors[17] = handler.announce.selector;
        selectors[18] = handler.withdrawInsurance.selector;
        selectors[19] = handler.coverByStranger.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// forge-config: ci.invariant.runs = 500
    /// forge-config: ci.invariant.depth = 100
    /// forge-config: ci.invariant.check-interval = 10
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_PricesStopsAndInsuranceKeepTheirWord() public view {
        _checkAll();
    }

    function afterInvariant() public {
        _checkAll();
        _walk();
        _checkAll();
        string[25] memory acts = [
            "market",
            "lie",
            "feed down",
            "freeze",
            "heal",
            "sequencer",
            "fallback",
            "restore",
            "wait",
            "mark",
            "add",
            "repay",
            "borrow",
            "borrow stopped",
            "withdraw",
            "liquidate",
            "nothing seizable",
            "raise",
            "lift",
            "overreach",
            "insure",
            "announce",
            "insurance withdrawn",
            "insurance kept",
            "cover refused"
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            assertGt(handler.counted(acts[i]), 0, acts[i]);
        }
        assertGt(handler.counted("insurance covered"), 0, "insurance covered");
        assertGt(handler.counted("raise refused"), 0, "raise refused");
    }

    function test_Handler_ReachesEveryAction() public {
        afterInvariant();
    }

    // --------------------------------------------------------------------------------------------------- sentences

    function _checkAll() private view {
        for (uint256 which = 0; which < 2; ++which) {
            _checkPrice(which);
            _checkWindow(which);
            _checkApproved(which);
        }
        _checkMoney();
    }

    function _checkPrice(uint256 which) private view {
        IOracleHub.PriceReading memory reading = hub.reading(address(tokens[which]));
        bool priced = reading.status == IOracleHub.PriceStatus.Ok;
        if (!handler.sequencerTrusted()) {
            assertFalse(priced, "144: a price without a trusted sequencer");
            return;
        }
        (uint256[] memory answers, uint256[] memory honest) = _answers(which);
        if (priced) assertTrue(_supported(reading.price, answers), "141: no two answers that agree hold the price");
        if (answers.length == 3 && honest.length == 2) {
            (uint256 low, uint256 high) = honest[0] < honest[1] ? (honest[0], honest[1]) : (honest[1], honest[0]);
            if (priced) assertTrue(low <= reading.price && reading.price <= high, "142: a liar moved the price");
            // Honest answers are within .4 % of each other.
            assertTrue(priced, "143: a liar took the price away");
        }
    }

    /// @dev What the feeds in force say that may be used, and what the honest ones among them say.
    function _answers(uint256 which) private view returns (uint256[] memory usable, uint256[] memory honest) {
        address token = address(tokens[which]);
        IOracleHub.FeedSet memory set = hub.feedsOf(token);
        address liar = handler.liarOf(which);
        (usable, honest) = (new uint256[](3), new uint256[](3));
        (uint256 used, uint256 told) = (0, 0);
        for (uint256 i = 0; i < 3; ++i) {
            IOracleHub.PriceReading memory one = hub.feedReading(token, i);
            if (one.status != IOracleHub.PriceStatus.Ok) continue;
            usable[used++] = one.price;
            // A frozen feed tells an old truth.
            if (set.feeds[i].aggregator != liar && handler.isFresh(which, set.feeds[i].aggregator)) {
                honest[told++] = one.price;
            }
        }
        assembly ("memory-safe") {
            mstore(usable, used) // Only shortens the arrays.
            mstore(honest, told)
        }
    }

    function _supported(uint256 price, uint256[] memory answers) private view returns (bool) {
        uint256 deviation = hub.feedsOf(address(tokens[0])).deviation;
        for (uint256 i = 0; i < answers.length; ++i) {
            for (uint256 j = 0; j < answers.length; ++j) {
                if (i == j || answers[i] > price || answers[j] < price) continue;
                if ((answers[j] - answers[i]) * 1e18 <= deviation * price) return true;
            }
        }
        return false;
    }

    function _checkWindow(uint256 which) private view {
        address token = address(tokens[which]);
        bool priced = hub.reading(token).status == IOracleHub.PriceStatus.Ok;
        bool withheld = hub.liquidationReading(token).status == IOracleHub.PriceStatus.RepayWindow;
        assertEq(withheld, priced && handler.inWindow(which), "146: the repay window is not that of the marks");
    }

    function _checkApproved(uint256 which) private view {
        IOracleHub.FeedSet memory set = hub.feedsOf(address(tokens[which]));
        for (uint256 i = 0; i < 3; ++i) {
            assertTrue(handler.isApproved(which, set.feeds[i].aggregator), "154: a feed that nobody approved");
            assertTrue(set.feeds[i].aggregator != set.fallbackFeed.aggregator, "154: a feed twice");
        }
        assertTrue(handler.isApproved(which, set.fallbackFeed.aggregator), "154: a fallback that nobody approved");
    }

    function _checkMoney() private view {
        assertEq(handler.fundBalance(), handler.insured(), "152: money left the fund by another way");
        assertEq(stable.balanceOf(address(vault)), vault.cash(), "156: cash is not there");
        uint256[2] memory held;
        for (uint256 who = 0; who < 3; ++who) {
            uint256[] memory collateral = vault.position(handler.holder(who)).collateral;
            held[0] += collateral[0];
            held[1] += collateral[1];
        }
        assertEq(tokens[0].balanceOf(address(vault)), held[0], "156: WETH is not there");
        assertEq(tokens[1].balanceOf(address(vault)), held[1], "156: WBTC is not there");
    }

    // ---------------------------------------------------------------------------------------------------- the walk

    /// @dev What a run has not met by chance is met on a fixed walk, so that every kind of action has happened in every run.
    function _walk() private {
        _rest();
        handler.insure(5000e6);
        handler.announce(1e6, false);
        handler.withdrawInsurance();
        handler.coverByStranger(1);
        handler.wait(1);
        handler.rest(7 days);
        handler.withdrawInsurance();
        _walkFeeds();
        _walkStops();
        _walkDeficit();
    }

    /// @dev Everything healthy, nothing stopped, allowances whole.
    function _rest() private {
        handler.heal(0);
        handler.heal(1);
        handler.switchSequencer(true);
        handler.rest(11 days);
    }

    function _walkFeeds() private {
        handler.useFallback(0, 1, true);
        handler.useFallback(0, 1, false);
        handler.useFallback(0, 1, true);
        handler.lie(0, 0, 1);
        handler.setFeedDown(0, 1, true);
        handler.freeze(0, 4);
        handler.markOutage(0);
        handler.heal(0);
        handler.withdrawFree(1);
        handler.overreach(1);
    }

    function _walkStops() private {
        for (uint256 i = 0; i < 4; ++i) {
            handler.moveMarket(0, 1.4e18);
        }
        handler.addAndRepay(0, 1e18);
        handler.borrow(0, type(uint256).max);
        handler.raise(0, 0, 1 days);
        handler.raise(0, 0, 1 days);
        handler.addAndRepay(0, 1e18 - 1);
        handler.borrow(0, 100e6);
        handler.lift(0, 0);
        handler.addAndRepay(0, 1e18);
        handler.borrow(0, type(uint256).max);
        handler.moveMarket(0, 0.7e18);
        handler.raise(2, 0, 1 hours);
        handler.liquidate(0);
        handler.wait(2 hours);
    }

    function _walkDeficit() private {
        handler.moveMarket(0, 0.7e18);
        for (uint256 i = 0; i < 3; ++i) {
            handler.liquidate(0);
        }
    }
}
