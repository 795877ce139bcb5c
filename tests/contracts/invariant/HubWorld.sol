// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {OracleHub} from "../../../contracts/OracleHub.sol";
import {BaseTest} from "../BaseTest.sol";
import {MockFeed} from "../mocks/MockFeed.sol";
import {MockToken} from "../mocks/MockToken.sol";

/// @title Feeds of which one may lie, a sequencer, and the diary of a watcher of stops
/// @dev Honest feeds of an asset are within .4 % of its market price, the limit of agreement is 2 %. The first two accounts borrow, the third does not.
abstract contract HubWorld is BaseTest {
    /// @dev Times in which something was stopped.
    struct Stop {
        uint64 from;
        uint64 to;
    }

    uint256 internal constant FEEDS = 4;
    uint256 internal constant NOBODY = type(uint256).max;

    address internal keyOfGuardian = makeAddr("guardian's key");
    address internal stranger = makeAddr("stranger");
    MockFeed internal sequencer;
    MockToken[2] internal tokens;
    MockFeed[4][2] internal feeds;
    bytes32[3] internal holders;

    uint256[2] internal market;
    uint256[2] public liar;
    uint256[2] internal frozen;
    mapping(string what => uint256 times) public counted;
    Stop[][2] private _liquidationStops;
    Stop[] private _newRiskStops;

    function setUp() public virtual override {
        super.setUp();
        tokens = [weth, wbtc];
        for (uint256 which = 0; which < 2; ++which) {
            MockFeed first = which == 0 ? wethFeed : wbtcFeed;
            feeds[which][0] = first;
            for (uint256 i = 1; i < FEEDS; ++i) {
                feeds[which][i] = _feedsWith[first][i - 1];
            }
            (liar[which], frozen[which]) = (NOBODY, NOBODY);
        }
        market = [uint256(3000e8), 60_000e8];
        sequencer = new MockFeed(0, "sequencer uptime");
        sequencer.pushAt(0, START - 1 days);
        hub.setSequencerFeed(address(sequencer));
        manager.grantRole(GUARDIAN, keyOfGuardian, 0);
        holders = [aliceAccount, vault.accountId(bob, 1), vault.accountId(alice, 2)];
        _add(holders[0], weth, 20e18);
        _add(holders[1], wbtc, 1e8);
        _add(holders[1], weth, 2e18);
        _add(holders[2], weth, 5e18);
        _pushAll();
    }

    // ------------------------------------------------------------------------------------------------------- feeds

    /// @dev Feed i says the market price and i thousandths more or less; the liar keeps to his lie, a frozen feed says nothing new.
    function _pushAll() internal {
        for (uint256 which = 0; which < 2; ++which) {
            for (uint256 i = 0; i < FEEDS; ++i) {
                if (i == frozen[which]) continue;
                if (i == liar[which]) _repeat(feeds[which][i]);
                else feeds[which][i].push(_honest(which, i));
            }
        }
    }

    function _repeat(MockFeed feed) private {
        if (feed.down()) return;
        feed.push(_answer(feed));
    }

    function _honest(uint256 which, uint256 i) internal view returns (int256) {
        return int256(market[which] * (998 + i) / 1000);
    }

    /// @dev One lies at a time: who lied before comes back to the truth.
    function _setLiar(uint256 which, uint256 i) internal {
        uint256 before = liar[which];
        if (before != NOBODY && before != i) feeds[which][before].push(_honest(which, before));
        liar[which] = i;
    }

    // -------------------------------------------------------------------------------------------------------- time

    /// @dev Time goes by, feeds that are not frozen stay fresh, nodes report, and what is stopped meanwhile goes into the diary.
    function _pass(uint256 time) internal {
        for (uint256 which = 0; which < 2; ++which) {
            _note(_liquidationStops[which], guardian.liquidationBlockedUntil(address(tokens[which])), time);
            assertLe(_longest(_liquidationStops[which], 7 days), 6 hours, "148: liquidation was blocked for too long");
        }
        _note(_newRiskStops, guardian.newRiskBlockedUntil(), time);
        assertLe(_longest(_newRiskStops, 4 days), 3 days + 6 hours, "149: new risk was stopped for too long");
        skip(time);
        _pushAll();
        if (risk.silence().age > 20 hours) risk.submit(_agreed(3, VOLATILITY, SLIPPAGE));
    }

    function _note(Stop[] storage stops, uint256 until, uint256 time) private {
        uint256 from = vm.getBlockTimestamp();
        if (until <= from) return;
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        stops.push(Stop({from: uint64(from), to: uint64(FixedPointMathLib.min(until, from + time))}));
    }

    /// @dev What the window that ends with the last stop holds of stops: the largest of all windows ends with some stop.
    function _longest(Stop[] storage stops, uint256 window) private view returns (uint256 stopped) {
        uint256 count = stops.length;
        if (count == 0) return 0;
        uint256 start = stops[count - 1].to - window;
        for (uint256 i = count; i > 0; --i) {
            Stop memory stop = stops[i - 1];
            if (stop.to <= start) break;
            stopped += stop.to - FixedPointMathLib.max(stop.from, start);
        }
    }

    // ----------------------------------------------------------------------------------------------------- reading

    function parts() external view returns (OracleHub, MarginVault, MockToken[2] memory, MockToken) {
        return (hub, vault, tokens, usdc);
    }

    function holder(uint256 which) external view returns (bytes32) {
        return holders[which];
    }

    /// @notice Whether one of the four aggregators that were approved.
    function isApproved(uint256 which, address aggregator) external view returns (bool) {
        for (uint256 i = 0; i < FEEDS; ++i) {
            if (address(feeds[which][i]) == aggregator) return true;
        }
        return false;
    }

    /// @notice Whether a feed has said what the market says now.
    function isFresh(uint256 which, address aggregator) external view returns (bool) {
        for (uint256 i = 0; i < FEEDS; ++i) {
            MockFeed feed = feeds[which][i];
            if (address(feed) == aggregator) return !feed.down() && _answer(feed) == _honest(which, i);
        }
        return false;
    }

    function fundBalance() external view returns (uint256) {
        return insurance.balance();
    }

    function liarOf(uint256 which) external view returns (address) {
        return liar[which] == NOBODY ? address(0) : address(feeds[which][liar[which]]);
    }

    /// @notice Whether the sequencer is up, and for longer than the grace period.
    function sequencerTrusted() external view returns (bool) {
        (, int256 answer, uint256 startedAt,,) = sequencer.latestRoundData();
        return answer == 0 && vm.getBlockTimestamp() - startedAt > hub.gracePeriod();
    }
}
