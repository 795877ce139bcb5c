// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {BaseTest} from "./BaseTest.sol";
import {EndlessFeed, GasBurningFeed} from "./mocks/HostileFeeds.sol";
import {MalformedFeed} from "./mocks/MalformedFeed.sol";
import {MockFeed} from "./mocks/MockFeed.sol";

/// @title Prices from three feeds; each feed alone, then together, then the fallback, the sequencer and the repay window
contract OracleHubTest is BaseTest {
    using SafeCast for uint256;

    address private constant ASSET = address(0xA55E7);
    address private constant ABSENT = address(0xAB5E27);

    MockFeed private _second;
    MockFeed private _third;
    MockFeed private _fallback;
    MockFeed private _sequencer;

    function setUp() public override {
        super.setUp();
        MockFeed[] storage others = _feedsWith[wethFeed];
        (_second, _third, _fallback) = (others[0], others[1], others[2]);
        _sequencer = new MockFeed(0, "sequencer uptime");
        _sequencer.pushAt(0, START - 1 days);
    }

    // ------------------------------------------------------------------------------------------------------- helpers

    function _push(int256 a, int256 b, int256 c) private {
        wethFeed.push(a);
        _second.push(b);
        _third.push(c);
    }

    function _assertStatus(IOracleHub.PriceStatus expected) private view {
        IOracleHub.PriceReading memory reading = hub.reading(address(weth));
        assertEq(uint8(reading.status), uint8(expected));
        if (expected != IOracleHub.PriceStatus.Ok) assertEq(reading.price, 0, "no price is no price");
    }

    function _assertFeed(uint256 index, IOracleHub.PriceStatus expected) private view {
        assertEq(uint8(hub.feedReading(address(weth), index).status), uint8(expected));
    }

    function _assertLiquidation(IOracleHub.PriceStatus expected) private view {
        assertEq(uint8(hub.liquidationReading(address(weth)).status), uint8(expected));
    }

    function _expectTooFew(uint256 usable) private {
        _assertStatus(IOracleHub.PriceStatus.TooFewFeeds);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.TooFewFeeds.selector, address(weth), usable, 2));
        hub.price(address(weth));
    }

    function _expectDivided(uint256 lowest, uint256 middle, uint256 highest) private {
        _assertStatus(IOracleHub.PriceStatus.Divided);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOracleHub.Divided.selector,
                address(weth),
                lowest,
                middle,
                highest,
                hub.feedsOf(address(weth)).deviation
            )
        );
        hub.price(address(weth));
    }

    function _expectUnauthorized() private {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
    }

    // --------------------------------------------------------------------------------------------- refused settings

    function test_RevertWhen_SettingsByStranger() public {
        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        _expectUnauthorized();
        hub.setFeeds(ASSET, set);
        _expectUnauthorized();
        hub.restoreFeed(address(weth));
        _expectUnauthorized();
        hub.setSequencerFeed(address(0));
        _expectUnauthorized();
        hub.setTiming(1 hours, 1 hours, 1 hours);
        _expectUnauthorized();
        hub.useFallback(address(weth), 0);
    }

    /// @dev Two roles: the guardian goes only towards the fallback, and the risk admin does not need it.
    function test_RevertWhen_GuardianDoesTheRiskAdminsPart() public {
        manager.grantRole(GUARDIAN, alice, 0);
        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        vm.prank(alice);
        hub.useFallback(address(weth), 0);
        _expectUnauthorized();
        hub.restoreFeed(address(weth));
        _expectUnauthorized();
        hub.setFeeds(address(weth), set);

        manager.revokeRole(GUARDIAN, alice);
        manager.grantRole(RISK_ADMIN, alice, 0);
        _expectUnauthorized();
        hub.useFallback(address(wbtc), 0);
    }

    function test_RevertWhen_SetFeedsWithoutAge() public {
        for (uint256 i = 0; i < 4; ++i) {
            IOracleHub.FeedSet memory set = _feedSet(wethFeed);
            _at(set, i).maxAge = 0;
            vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedMaxAgeZero.selector, ASSET));
            hub.setFeeds(ASSET, set);
            _at(set, i).maxAge = 1;
            hub.setFeeds(ASSET, set);
        }
    }

    /// @dev Feed `i` of a set, the fallback being the last.
    function _at(IOracleHub.FeedSet memory set, uint256 i) private pure returns (IOracleHub.Feed memory) {
        return i == 3 ? set.fallbackFeed : set.feeds[i];
    }

    function test_RevertWhen_SetFeedsBoundsTouch() public {
        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        set.minPrice = set.maxPrice;
        vm.expectRevert(
            abi.encodeWithSelector(IOracleHub.FeedBoundsInvalid.selector, ASSET, set.minPrice, set.maxPrice)
        );
        hub.setFeeds(ASSET, set);

        set.minPrice = set.maxPrice - 1;
        hub.setFeeds(ASSET, set);
        assertEq(hub.feedsOf(ASSET).minPrice, set.minPrice);
    }

    function test_RevertWhen_SetFeedsDeviationIsOutsideItsLimits() public {
        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        uint64[2] memory wrong = [0, 0.1e18 + 1];
        uint64[2] memory right = [1, 0.1e18];
        for (uint256 i = 0; i < 2; ++i) {
            set.deviation = wrong[i];
            vm.expectRevert(abi.encodeWithSelector(IOracleHub.DeviationInvalid.selector, ASSET, wrong[i], 0.1e18));
            hub.setFeeds(ASSET, set);
            set.deviation = right[i];
            hub.setFeeds(ASSET, set);
            assertEq(hub.feedsOf(ASSET).deviation, right[i]);
        }
    }

    function test_RevertWhen_SetFeedsNamesOneTwice() public {
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = i + 1; j < 4; ++j) {
                IOracleHub.FeedSet memory set = _feedSet(wethFeed);
                address twice = _at(set, i).aggregator;
                _at(set, j).aggregator = twice;
                vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedDuplicate.selector, ASSET, twice));
                hub.setFeeds(ASSET, set);
            }
        }
    }

    function test_F24_RevertWhen_SetFeedsOtherDecimals() public {
        for (uint256 i = 0; i < 4; ++i) {
            IOracleHub.FeedSet memory set = _feedSet(wethFeed);
            _at(set, i).decimals = 18;
            vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedDecimalsMismatch.selector, ASSET, 18, 8));
            hub.setFeeds(ASSET, set);
        }
    }

    function test_F24_RevertWhen_SetFeedsIsTokenEmptyMalformedOrAbsent() public {
        address[5] memory wrong = [
            address(wbtc),
            makeAddr("nobody"),
            address(new MockFeed(8, "no data")),
            address(new MalformedFeed()),
            address(0)
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                // Without a fallback is allowed.
                if (wrong[i] == address(0) && j == 3) continue;
                IOracleHub.FeedSet memory set = _feedSet(wethFeed);
                _at(set, j).aggregator = wrong[i];
                vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnusable.selector, ASSET, wrong[i]));
                hub.setFeeds(ASSET, set);
            }
        }
    }

    function test_RevertWhen_SetFeedsDecimalsPastLimit() public {
        MockFeed feed = _newFeeds(37, "fine grain", 1);
        IOracleHub.FeedSet memory set = _feedSet(feed);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnusable.selector, ASSET, address(feed)));
        hub.setFeeds(ASSET, set);
    }

    function test_SetFeeds_Changed_Announced() public {
        IOracleHub.FeedSet memory set = _feedSet(wbtcFeed);
        set.fallbackFeed.aggregator = address(0);
        vm.expectEmit(address(hub));
        emit IOracleHub.FeedsSet(address(weth), set);
        hub.setFeeds(address(weth), set);
        assertEq(keccak256(abi.encode(hub.feedsOf(address(weth)))), keccak256(abi.encode(set)));
        assertEq(hub.maxPriceOf(address(weth)), 1e24);
        assertEq(hub.price(address(weth)), 60_000e18);
    }

    function test_Views_UnknownAsset_AllZero() public {
        IOracleHub.FeedSet memory none;
        assertEq(keccak256(abi.encode(hub.feedsOf(ASSET))), keccak256(abi.encode(none)));
        assertEq(hub.maxPriceOf(ASSET), 0);
        assertEq(hub.outageOf(ASSET).since, 0);
        assertEq(uint8(hub.reading(ASSET).status), uint8(IOracleHub.PriceStatus.UnknownAsset));
        assertEq(uint8(hub.liquidationReading(ASSET).status), uint8(IOracleHub.PriceStatus.UnknownAsset));
        assertEq(uint8(hub.feedReading(ASSET, 0).status), uint8(IOracleHub.PriceStatus.UnknownAsset));
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnknown.selector, ASSET));
        hub.price(ASSET);
    }

    function test_RevertWhen_FeedReadingPastTheFourth() public {
        for (uint256 i = 0; i < 4; ++i) {
            _assertFeed(i, IOracleHub.PriceStatus.Ok);
        }
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedIndexOutOfRange.selector, 4, 4));
        hub.feedReading(address(weth), 4);
    }

    // ------------------------------------------------------------------------------------- one feed that cannot be used

    /// @dev The price of 3,000 stands on the other two; with a second one gone there is none.
    function _expectUnusable(IOracleHub.PriceStatus reason) private {
        _assertFeed(0, reason);
        _assertStatus(IOracleHub.PriceStatus.Ok);
        assertEq(hub.price(address(weth)), 3000e18);
        _second.setDown(true);
        _expectTooFew(1);
        _second.setDown(false);
    }

    function test_Price_OneFeedReverts_OthersSuffice() public {
        wethFeed.setDown(true);
        _expectUnusable(IOracleHub.PriceStatus.FeedReverted);
        _setDown(wethFeed, true);
        _expectTooFew(0);
        _setDown(wethFeed, false);
        _assertStatus(IOracleHub.PriceStatus.Ok);
    }

    function test_Price_OneFeedIsMalformedOrLosesItsCode_OthersSuffice() public {
        bytes memory code = address(wethFeed).code;
        vm.etch(address(wethFeed), address(new MalformedFeed()).code);
        _expectUnusable(IOracleHub.PriceStatus.FeedReverted);
        vm.etch(address(wethFeed), "");
        _expectUnusable(IOracleHub.PriceStatus.FeedReverted);
        vm.etch(address(wethFeed), code);
        _assertFeed(0, IOracleHub.PriceStatus.Ok);
    }

    /// @dev A feed that burns its gas costs its allowance and no more, also where it is asked first.
    function test_Price_OneFeedBurnsItsGas_OthersSuffice() public {
        vm.etch(address(wethFeed), address(new GasBurningFeed()).code);
        uint256 before = gasleft();
        hub.reading(address(weth));
        assertLt(before - gasleft(), 300_000);
        _expectUnusable(IOracleHub.PriceStatus.FeedReverted);
    }

    /// @dev Only five words are copied, so length costs the reader nothing.
    function test_Price_OneFeedAnswersWithoutEnd_CostsNoMemory() public {
        uint256 before = gasleft();
        hub.reading(address(weth));
        uint256 usual = before - gasleft();
        vm.etch(address(wethFeed), address(new EndlessFeed()).code);
        before = gasleft();
        assertEq(hub.price(address(weth)), 3000e18);
        // The feed pays for its own memory, of 3,125 words.
        assertLt(before - gasleft(), usual + 30_000);
        _assertFeed(0, IOracleHub.PriceStatus.Ok);
    }

    /// @dev With any amount of gas the answer is the same or there is none: nobody starves a feed into a status.
    function testFuzz_Reading_GasIsShort_NoOtherStatus(uint256 gas) public view {
        gas = bound(gas, 0, 400_000);
        try hub.reading{gas: gas}(address(weth)) returns (IOracleHub.PriceReading memory reading) {
            assertEq(uint8(reading.status), uint8(IOracleHub.PriceStatus.Ok));
            assertEq(reading.price, 3000e18);
        } catch {
            assertLt(gas, 150_000);
        }
    }

    function testFuzz_RevertWhen_MarkingByStarvingAFeed(uint256 gas) public {
        (bool marked,) =
            address(hub).call{gas: bound(gas, 0, 400_000)}(abi.encodeCall(IOracleHub.markOutage, (address(weth))));
        assertFalse(marked);
    }

    /// @dev A feed that needs nearly all of its allowance: whoever leaves it less gets no status at all.
    function test_RevertWhen_AHungryFeedIsStarved() public {
        vm.etch(address(_third), address(new GasBurningFeed()).code);
        bytes memory question = abi.encodeCall(IOracleHub.reading, (address(weth)));
        (bool answered, bytes memory refusal) = address(hub).staticcall{gas: 150_000}(question);
        assertFalse(answered);
        // casting to 'bytes4' is safe because the selector of an error is its first four bytes
        // forge-lint: disable-next-line(unsafe-typecast)
        assertEq(bytes4(refusal), IOracleHub.GasTooLow.selector);
        (answered,) = address(hub).staticcall{gas: 300_000}(question);
        assertTrue(answered);
    }

    function test_Price_OneRoundIdIsTooWide_OthersSuffice() public {
        bytes memory question = abi.encodeCall(wethFeed.latestRoundData, ());
        vm.mockCall(address(wethFeed), question, abi.encode((uint256(1) << 80) - 1, int256(3000e8), START, START, 1));
        _assertFeed(0, IOracleHub.PriceStatus.Ok);
        assertEq(hub.reading(address(weth)).roundId, type(uint80).max);
        vm.mockCall(address(wethFeed), question, abi.encode(uint256(1) << 80, int256(3000e8), START, START, 1));
        _expectUnusable(IOracleHub.PriceStatus.FeedReverted);
        assertEq(hub.feedReading(address(weth), 0).price, 0);
        assertEq(hub.reading(address(weth)).roundId, 1, "of the first usable feed");
    }

    function testFuzz_F20_Price_OneAnswerIsNotPositive_OthersSuffice(int192 answer) public {
        wethFeed.push(answer > 0 ? -answer : answer);
        assertEq(hub.feedReading(address(weth), 0).price, 0);
        _expectUnusable(IOracleHub.PriceStatus.NotPositive);
    }

    function test_F19_Price_OneIsOneSecondTooOld_OthersSuffice() public {
        skip(MAX_AGE);
        _second.push(3000e8);
        _third.push(3000e8);
        _assertFeed(0, IOracleHub.PriceStatus.Ok);
        assertEq(hub.reading(address(weth)).updatedAt, START, "the oldest answer used");
        skip(1);
        assertEq(hub.reading(address(weth)).updatedAt, START + MAX_AGE);
        assertEq(hub.feedReading(address(weth), 0).price, 3000e18, "a page sees what the feed says");
        _expectUnusable(IOracleHub.PriceStatus.Stale);
    }

    function test_F18_Price_OneIsFromTheFuture_OthersSuffice() public {
        wethFeed.pushAt(3000e8, START);
        _assertFeed(0, IOracleHub.PriceStatus.Ok);
        assertEq(hub.feedReading(address(weth), 0).updatedAt, START);
        wethFeed.pushAt(3000e8, START + 1);
        _expectUnusable(IOracleHub.PriceStatus.FromFuture);
    }

    function test_FeedReading_UpdatedAtDoesNotFit_Saturates() public {
        vm.mockCall(
            address(wethFeed),
            abi.encodeCall(wethFeed.latestRoundData, ()),
            abi.encode(1, int256(3000e8), START, type(uint256).max, 1)
        );
        assertEq(hub.feedReading(address(weth), 0).updatedAt, type(uint64).max);
        _expectUnusable(IOracleHub.PriceStatus.FromFuture);
    }

    function test_F20_Price_OneIsAtABound_OthersSuffice() public {
        int256[2] memory atBound = [int256(1e8), int256(1e14)];
        int256[2] memory inside = [int256(1e8 + 1), int256(1e14 - 1)];
        for (uint256 i = 0; i < 2; ++i) {
            wethFeed.push(inside[i]);
            _assertFeed(0, IOracleHub.PriceStatus.Ok);
            wethFeed.push(atBound[i]);
            assertEq(hub.feedReading(address(weth), 0).price, uint256(atBound[i]) * 1e10);
            _expectUnusable(IOracleHub.PriceStatus.OutOfBounds);

            // The least positive answer is one, and far under any bound.
            wethFeed.push(1);
            _expectUnusable(IOracleHub.PriceStatus.OutOfBounds);

            // All feeds together are believed up to the bound, and not at it.
            _setPrice(wethFeed, inside[i]);
            assertEq(hub.price(address(weth)), uint256(inside[i]) * 1e10);
            _setPrice(wethFeed, atBound[i]);
            _expectTooFew(0);
            _setPrice(wethFeed, 3000e8);
        }
    }

    function test_F26_Price_OneAnswerIsTooLargeToScale_OthersSuffice() public {
        vm.mockCall(
            address(wethFeed),
            abi.encodeCall(wethFeed.latestRoundData, ()),
            abi.encode(1, type(int256).max, START, START, 1)
        );
        assertEq(hub.feedReading(address(weth), 0).price, type(uint256).max);
        _expectUnusable(IOracleHub.PriceStatus.OutOfBounds);
    }

    // --------------------------------------------------------------------------------------------- lying feeds together

    function test_F21_Price_OneFeedLies_Outvoted() public {
        _push(1500e8, 2990e8, 2992e8);
        assertEq(hub.price(address(weth)), 2990e18);
        _push(2992e8, 1500e8, 2990e8);
        assertEq(hub.price(address(weth)), 2990e18);
        _push(2990e8, 2992e8, 1500e8);
        assertEq(hub.price(address(weth)), 2990e18);
        _push(2990e8, 9000e8, 2992e8);
        assertEq(hub.price(address(weth)), 2992e18);
    }

    function test_F22_RevertWhen_AllThreeAreApart() public {
        _push(1500e8, 2990e8, 3200e8);
        _expectDivided(1500e18, 2990e18, 3200e18);
    }

    function test_F22_RevertWhen_TwoFeedsAreLeftAndApart() public {
        _third.setDown(true);
        _push(1500e8, 2990e8, 1);
        _expectDivided(1500e18, 2245e18, 2990e18);
    }

    /// @dev What no median stops, stated: two that lie alike are believed.
    function test_Price_TwoFeedsLieAlike_Believed() public {
        _push(1500e8, 1501e8, 3000e8);
        assertEq(hub.price(address(weth)), 1501e18);
    }

    function test_RevertWhen_ThreeFeeds_NearestIsOneUnitTooFar() public {
        // 2 % of 3,000 is 60, on either side of the middle.
        _push(1500e8, 3000e8, 3060e8);
        assertEq(hub.price(address(weth)), 3000e18);
        _push(1500e8, 3000e8, 3060e8 + 1);
        _expectDivided(1500e18, 3000e18, 3060e18 + 1e10);
        _push(2940e8, 3000e8, 9000e8);
        assertEq(hub.price(address(weth)), 3000e18);
        _push(2940e8 - 1, 3000e8, 9000e8);
        _expectDivided(2940e18 - 1e10, 3000e18, 9000e18);
    }

    function test_RevertWhen_TwoFeeds_TheyAreOneUnitTooFar() public {
        _third.setDown(true);
        _push(3000e8, 3060e8, 1);
        assertEq(hub.price(address(weth)), 3030e18);
        assertEq(hub.reading(address(weth)).spread, DEVIATION);
        _push(3060e8, 3000e8, 1);
        assertEq(hub.price(address(weth)), 3030e18);
        _push(3000e8, 3060e8 + 1, 1);
        assertGt(hub.reading(address(weth)).spread, DEVIATION);
        _expectDivided(3000e18, 3030e18 + 5e9, 3060e18 + 1e10);
    }

    function test_Price_TwoFeeds_MidpointRoundedDown() public {
        MockFeed feed = _newFeeds(18, "x", 2e18);
        hub.setFeeds(ASSET, _feedSet(feed));
        feed.push(2e18 + 3);
        _feedsWith[feed][1].setDown(true);
        assertEq(hub.price(ASSET), 2e18 + 1);
    }

    /// @dev Whatever the feeds say: a price lies between two usable answers within d, and without one there is no such pair in the middle.
    function testFuzz_Price_LiesBetweenTwoThatAgree(uint256[3] memory answers, uint256 down, uint64 deviation) public {
        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        set.deviation = uint64(bound(deviation, 1, 0.1e18));
        hub.setFeeds(address(weth), set);
        answers[0] = bound(answers[0], 1e8 + 1, 1e14 - 1);
        answers[1] = bound(answers[1], 1e8 + 1, 1e14 - 1);
        // Near the first, so that agreement is common.
        answers[2] = bound(answers[2], answers[0] * 9 / 10, answers[0] * 11 / 10);
        _push(int256(answers[0]), int256(answers[1]), int256(answers[2]));
        if (down % 4 != 3) [wethFeed, _second, _third][down % 4].setDown(true);

        IOracleHub.PriceReading memory reading = hub.reading(address(weth));
        if (reading.status == IOracleHub.PriceStatus.Ok) {
            assertTrue(_isBetweenTwoThatAgree(reading.price, set.deviation), "nobody stands behind this price");
            assertEq(hub.price(address(weth)), reading.price);
        } else {
            assertEq(reading.price, 0);
            vm.expectRevert();
            hub.price(address(weth));
        }
    }

    function _isBetweenTwoThatAgree(uint256 price, uint256 deviation) private view returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                IOracleHub.PriceReading memory a = hub.feedReading(address(weth), i);
                IOracleHub.PriceReading memory b = hub.feedReading(address(weth), j);
                if (a.status != IOracleHub.PriceStatus.Ok || b.status != IOracleHub.PriceStatus.Ok) continue;
                uint256 low = FixedPointMathLib.min(a.price, b.price);
                uint256 high = FixedPointMathLib.max(a.price, b.price);
                // Relative to the larger of the two for a median, to the smaller for a midpoint: the larger allows both.
                if (low <= price && price <= high && (high - low) * WAD <= deviation * high) return true;
            }
        }
        return false;
    }

    /// @dev Two honest feeds within d: the third can neither take the price away nor carry it out of their range.
    function testFuzz_Price_OneLiar_StaysInTheHonestRange(uint256 low, uint256 apart, int192 lie, uint64 when) public {
        low = bound(low, 2e8, 9e13);
        uint256 high = low + bound(apart, 0, low * 19 / 1000);
        wethFeed.push(high.toInt256());
        _second.pushAt(lie, when);
        _third.push(low.toInt256());
        assertGe(hub.price(address(weth)), low * 1e10);
        assertLe(hub.price(address(weth)), high * 1e10);
    }

    function testFuzz_Reading_NeverReverts(int192[3] memory answers, uint64[3] memory times, bool[3] memory down)
        public
    {
        MockFeed[3] memory feeds = [wethFeed, _second, _third];
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].pushAt(answers[i], times[i]);
            feeds[i].setDown(down[i]);
        }
        IOracleHub.PriceReading memory reading = hub.reading(address(weth));
        assertEq(keccak256(abi.encode(hub.liquidationReading(address(weth)))), keccak256(abi.encode(reading)));
        if (reading.status != IOracleHub.PriceStatus.Ok) {
            vm.expectRevert();
            hub.price(address(weth));
        }
    }

    function test_Reading_Spread_OfUsableAnswersSaturates() public {
        _push(3000e8, 3003e8, 3006e8);
        assertEq(hub.reading(address(weth)).spread, 0.002e18);
        _push(3000e8, 3000e8, 3000e8);
        assertEq(hub.reading(address(weth)).spread, 0);
        _push(3e8, 3e8, 3e8 + 1);
        assertEq(hub.reading(address(weth)).spread, 3_333_333_334, "rounded up");
        // 64 bits hold 18.446e18: a rise from 2 to 38.88 fits, to 38.90 does not.
        _push(2e8, 2e8, 3888e6);
        assertLt(hub.reading(address(weth)).spread, type(uint64).max);
        _push(2e8, 2e8, 3890e6);
        assertEq(hub.reading(address(weth)).spread, type(uint64).max);
        _third.setDown(true);
        _second.setDown(true);
        assertEq(hub.reading(address(weth)).spread, 0, "one answer has no spread");
    }

    // ----------------------------------------------------------------------------------------------------- decimals

    function test_Price_FeedDecimals_ScaledTo18() public {
        uint8[6] memory decimals = [0, 6, 8, 18, 24, 36];
        for (uint256 i = 0; i < decimals.length; ++i) {
            hub.setFeeds(ASSET, _feedSet(_newFeeds(decimals[i], "x", int256(1234 * 10 ** uint256(decimals[i])))));
            assertEq(hub.price(ASSET), 1234e18);
        }
    }

    /// @dev Each feed is scaled by its own decimals before they are compared.
    function test_Price_FeedsOfDifferentDecimals_Compared() public {
        IOracleHub.FeedSet memory set = _feedSet(_newFeeds(6, "x", 1234e6));
        set.feeds[1] = _feedSet(_newFeeds(24, "x", 1236e24)).feeds[1];
        set.feeds[2] = _feedSet(_newFeeds(0, "x", 1235)).feeds[2];
        hub.setFeeds(ASSET, set);
        assertEq(hub.price(ASSET), 1235e18);
    }

    function test_Price_FinerThan18Decimals_RoundedDown() public {
        hub.setFeeds(ASSET, _feedSet(_newFeeds(24, "x", 2e24 + 999_999)));
        assertEq(hub.price(ASSET), 2e18);
    }

    // ----------------------------------------------------------------------------------------------------- fallback

    function test_RevertWhen_FallbackIsAbsentInUseOrPastTheThird() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FallbackAbsent.selector, ASSET));
        hub.useFallback(ASSET, 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedIndexOutOfRange.selector, 3, 3));
        hub.useFallback(address(weth), 3);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FallbackNotInUse.selector, address(weth)));
        hub.restoreFeed(address(weth));

        hub.useFallback(address(weth), 2);
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IOracleHub.FallbackInUse.selector, address(weth), 2));
            hub.useFallback(address(weth), i);
        }

        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        set.fallbackFeed.aggregator = address(0);
        hub.setFeeds(ASSET, set);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FallbackAbsent.selector, ASSET));
        hub.useFallback(ASSET, 0);
        assertEq(uint8(hub.feedReading(ASSET, 3).status), uint8(IOracleHub.PriceStatus.UnknownAsset));
    }

    /// @dev Two feeds lie alike and outvote the third: one transaction of the guardian gives the majority back.
    function test_UseFallback_TwoLiars_MajorityRestored() public {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 snapshot = vm.snapshotState();
            MockFeed[3] memory feeds = [wethFeed, _second, _third];
            feeds[i].push(1500e8);
            feeds[(i + 1) % 3].push(1500e8);
            assertEq(hub.price(address(weth)), 1500e18);

            vm.expectEmit(address(hub));
            emit IOracleHub.FallbackUsed(address(weth), i, address(feeds[i]), address(_fallback));
            hub.useFallback(address(weth), i);
            assertEq(hub.price(address(weth)), 3000e18);
            (bool inUse, uint256 index) = hub.fallbackInUse(address(weth));
            assertTrue(inUse);
            assertEq(index, i);
            assertEq(hub.feedsOf(address(weth)).feeds[i].aggregator, address(_fallback));
            assertEq(hub.feedsOf(address(weth)).fallbackFeed.aggregator, address(feeds[i]));
            assertEq(hub.feedReading(address(weth), 3).price, 1500e18, "the replaced one can still be watched");
            vm.revertToState(snapshot);
        }
    }

    /// @dev Decimals and age go with a feed, there and back.
    function test_RestoreFeed_AfterFallback_AsBefore() public {
        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        MockFeed other = new MockFeed(18, "other");
        other.push(3010e18);
        set.fallbackFeed = IOracleHub.Feed({aggregator: address(other), decimals: 18, maxAge: 1 hours});
        hub.setFeeds(address(weth), set);
        hub.useFallback(address(weth), 1);
        _push(3000e8, 1, 3020e8);
        assertEq(hub.price(address(weth)), 3010e18);

        vm.expectEmit(address(hub));
        emit IOracleHub.FeedRestored(address(weth), 1, address(_second), address(other));
        hub.restoreFeed(address(weth));
        assertEq(keccak256(abi.encode(hub.feedsOf(address(weth)))), keccak256(abi.encode(set)));
        (bool inUse,) = hub.fallbackInUse(address(weth));
        assertFalse(inUse);
        hub.useFallback(address(weth), 0);
        assertEq(hub.feedsOf(address(weth)).feeds[0].maxAge, 1 hours);
    }

    /// @dev A new set starts with its own fallback waiting.
    function test_SetFeeds_FallbackInUse_TakenOutOfUse() public {
        hub.useFallback(address(weth), 1);
        hub.setFeeds(address(weth), _feedSet(wethFeed));
        (bool inUse,) = hub.fallbackInUse(address(weth));
        assertFalse(inUse);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FallbackNotInUse.selector, address(weth)));
        hub.restoreFeed(address(weth));
    }

    function test_UseFallback_ItIsDead_OtherTwoMustAgree() public {
        _fallback.setDown(true);
        _push(1500e8, 1501e8, 3000e8);
        hub.useFallback(address(weth), 0);
        _assertFeed(0, IOracleHub.PriceStatus.FeedReverted);
        _expectDivided(1501e18, 2250.5e18, 3000e18);
    }

    // ---------------------------------------------------------------------------------------------------- sequencer

    function test_RevertWhen_SequencerFeedIsUnusable() public {
        address[3] memory wrong =
            [makeAddr("nobody"), address(new MockFeed(0, "no data")), address(new MalformedFeed())];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IOracleHub.SequencerFeedUnusable.selector, wrong[i]));
            hub.setSequencerFeed(wrong[i]);
        }
        vm.expectEmit(address(hub));
        emit IOracleHub.SequencerFeedSet(address(_sequencer));
        hub.setSequencerFeed(address(_sequencer));
        assertEq(hub.sequencerFeed(), address(_sequencer));
        _assertStatus(IOracleHub.PriceStatus.Ok);
    }

    function test_F17_RevertWhen_SequencerIsDown() public {
        hub.setSequencerFeed(address(_sequencer));
        _sequencer.push(1);
        _expectSequencerDown(START);
        hub.setSequencerFeed(address(0));
        _assertStatus(IOracleHub.PriceStatus.Ok);
    }

    function _expectSequencerDown(uint256 since) private {
        _assertStatus(IOracleHub.PriceStatus.SequencerDown);
        _assertLiquidation(IOracleHub.PriceStatus.SequencerDown);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.SequencerDown.selector, since));
        hub.price(address(weth));
    }

    function testFuzz_F17_RevertWhen_SequencerAnswersAnythingButZero(int192 answer) public {
        hub.setSequencerFeed(address(_sequencer));
        _sequencer.pushAt(answer == 0 ? int192(1) : answer, START - 1 days);
        _expectSequencerDown(START - 1 days);
    }

    /// @dev No answer and no start are not "up".
    function test_RevertWhen_SequencerFeedIsSilentOrHasNoStart() public {
        hub.setSequencerFeed(address(_sequencer));
        _sequencer.setDown(true);
        _expectSequencerDown(0);
        _sequencer.setDown(false);
        _sequencer.pushAt(0, 0);
        _expectSequencerDown(0);
        _sequencer.pushAt(0, 1);
        _assertStatus(IOracleHub.PriceStatus.Ok);
    }

    function test_F17_RevertWhen_SequencerCameBackWithinTheGrace() public {
        hub.setSequencerFeed(address(_sequencer));
        _sequencer.push(0);
        _expectGrace(START);
        skip(1 hours);
        _expectGrace(START);
        skip(1);
        assertEq(hub.price(address(weth)), 3000e18);

        uint64 later = uint64(vm.getBlockTimestamp() + 1);
        _sequencer.pushAt(0, later);
        _expectGrace(later);
    }

    function _expectGrace(uint256 upSince) private {
        _assertStatus(IOracleHub.PriceStatus.SequencerGrace);
        _assertLiquidation(IOracleHub.PriceStatus.SequencerGrace);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.SequencerGrace.selector, upSince, 1 hours));
        hub.price(address(weth));
    }

    /// @dev No price for anybody, whatever is wrong with the feeds besides, but an unknown asset stays unknown.
    function test_Reading_SequencerDown_ComesBeforeTheFeeds() public {
        hub.setSequencerFeed(address(_sequencer));
        _sequencer.push(1);
        _setDown(wethFeed, true);
        _assertStatus(IOracleHub.PriceStatus.SequencerDown);
        assertEq(uint8(hub.reading(address(wbtc)).status), uint8(IOracleHub.PriceStatus.SequencerDown));
        assertEq(uint8(hub.reading(ASSET).status), uint8(IOracleHub.PriceStatus.UnknownAsset));
    }

    // ------------------------------------------------------------------------------------------------- repay window

    function test_RevertWhen_TimingIsOutsideItsLimits() public {
        _expectTiming("gracePeriod", 6 hours + 1, 6 hours);
        hub.setTiming(6 hours + 1, 1, 1);
        _expectTiming("repayWindow", 6 hours + 1, 6 hours);
        hub.setTiming(0, 1, 6 hours + 1);
        _expectTiming("outageMinimum", 0, 6 hours);
        hub.setTiming(0, 0, 6 hours);
        _expectTiming("outageMinimum", 101, 100);
        hub.setTiming(0, 101, 100);

        vm.expectEmit(address(hub));
        emit IOracleHub.TimingSet(6 hours, 6 hours, 6 hours);
        hub.setTiming(6 hours, 6 hours, 6 hours);
        assertEq(hub.gracePeriod(), 6 hours);
        hub.setTiming(0, 1, 1);
        assertEq(hub.outageMinimum(), 1);
        assertEq(hub.repayWindow(), 1);
    }

    function _expectTiming(bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.TimingInvalid.selector, field, value, limit));
    }

    function test_RevertWhen_MarkingWithoutAnOutage() public {
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.NoOutage.selector, address(weth), IOracleHub.PriceStatus.Ok));
        hub.markOutage(address(weth));
        vm.expectRevert(
            abi.encodeWithSelector(IOracleHub.NoOutage.selector, ABSENT, IOracleHub.PriceStatus.UnknownAsset)
        );
        hub.markOutage(ABSENT);
    }

    /// @dev Marks at the start and `span` later, then the feeds come back at once.
    function _outage(uint256 span) private {
        _setDown(wethFeed, true);
        vm.prank(alice);
        hub.markOutage(address(weth));
        skip(span);
        vm.prank(bob);
        hub.markOutage(address(weth));
        _setDown(wethFeed, false);
        _refresh();
    }

    function test_MarkOutage_TwiceByAnyone_Recorded() public {
        _setDown(wethFeed, true);
        vm.expectEmit(address(hub));
        emit IOracleHub.OutageMarked(address(weth), START, START, IOracleHub.PriceStatus.TooFewFeeds);
        vm.prank(alice);
        hub.markOutage(address(weth));
        skip(100);
        vm.expectEmit(address(hub));
        emit IOracleHub.OutageMarked(address(weth), START, START + 100, IOracleHub.PriceStatus.TooFewFeeds);
        vm.prank(bob);
        hub.markOutage(address(weth));
        assertEq(hub.outageOf(address(weth)).since, START);
        assertEq(hub.outageOf(address(weth)).last, START + 100);
        assertEq(hub.outageOf(address(wbtc)).last, 0, "of one asset only");
    }

    function test_F16_LiquidationReading_AfterAnOutage_WaitsOutTheWindow() public {
        _outage(15 minutes);
        IOracleHub.PriceReading memory now_ = hub.liquidationReading(address(weth));
        assertEq(uint8(now_.status), uint8(IOracleHub.PriceStatus.RepayWindow));
        assertEq(now_.price, 3000e18, "with the price");
        assertEq(hub.price(address(weth)), 3000e18, "everybody else has one");
        _assertStatus(IOracleHub.PriceStatus.Ok);
        assertEq(uint8(hub.liquidationReading(address(wbtc)).status), uint8(IOracleHub.PriceStatus.Ok));

        skip(1 hours - 1);
        _assertLiquidation(IOracleHub.PriceStatus.RepayWindow);
        skip(1);
        _assertLiquidation(IOracleHub.PriceStatus.Ok);
    }

    function test_LiquidationReading_AfterAShorterOutage_Goes() public {
        _outage(15 minutes - 1);
        _assertLiquidation(IOracleHub.PriceStatus.Ok);
    }

    function test_LiquidationReading_MarkedOnce_Goes() public {
        _setDown(wethFeed, true);
        hub.markOutage(address(weth));
        skip(1 days);
        _setDown(wethFeed, false);
        _refresh();
        _assertLiquidation(IOracleHub.PriceStatus.Ok);
    }

    function test_LiquidationReading_WithoutAPrice_NamesThat() public {
        _outage(15 minutes);
        _setDown(wethFeed, true);
        _assertLiquidation(IOracleHub.PriceStatus.TooFewFeeds);
    }

    /// @dev A gap of exactly the window belongs to the same outage, one second more starts another.
    function test_MarkOutage_GapBetweenMarks_SameOutageUpToTheWindow() public {
        _setDown(wethFeed, true);
        hub.markOutage(address(weth));
        skip(1 hours);
        hub.markOutage(address(weth));
        assertEq(hub.outageOf(address(weth)).since, START);
        skip(1 hours + 1);
        hub.markOutage(address(weth));
        assertEq(hub.outageOf(address(weth)).since, vm.getBlockTimestamp());
        _setDown(wethFeed, false);
        _refresh();
        _assertLiquidation(IOracleHub.PriceStatus.Ok);
    }

    /// @dev Whoever tries, and whenever: with prices back, liquidation waits no longer than the window after the last second without.
    function testFuzz_RevertWhen_StretchingTheWindow(uint256 tries, uint256 step) public {
        _outage(20 minutes);
        uint256 back = vm.getBlockTimestamp();
        for (uint256 i = 0; i < bound(tries, 1, 10); ++i) {
            skip(bound(step, 1, 10 minutes));
            vm.expectPartialRevert(IOracleHub.NoOutage.selector);
            hub.markOutage(address(weth));
        }
        vm.warp(back + 1 hours);
        _refresh();
        _assertLiquidation(IOracleHub.PriceStatus.Ok);
    }

    /// @dev The sequencer's grace has no price, so it can be marked, and the window follows it.
    function test_F17_MarkOutage_InTheSequencersGrace_WindowFollows() public {
        hub.setSequencerFeed(address(_sequencer));
        _sequencer.push(0);
        hub.markOutage(address(weth));
        skip(1 hours);
        hub.markOutage(address(weth));
        skip(1);
        _assertLiquidation(IOracleHub.PriceStatus.RepayWindow);
        skip(1 hours - 2);
        _assertLiquidation(IOracleHub.PriceStatus.RepayWindow);
        skip(1);
        _assertLiquidation(IOracleHub.PriceStatus.Ok);
    }

    // ----------------------------------------------------------------------------------------------------------- gas

    /// @dev Every call its own transaction, so that storage is cold. The floor is what three bare questions to the same feeds cost.
    /// forge-config: default.isolate = true
    function test_Gas_Price() public {
        hub.setSequencerFeed(address(_sequencer));
        hub.price(address(weth));
        vm.snapshotGasLastCall("OracleHub", "price, 3 feeds and sequencer");
        hub.setSequencerFeed(address(0));
        hub.price(address(weth));
        vm.snapshotGasLastCall("OracleHub", "price, 3 feeds");
        hub.liquidationReading(address(weth));
        vm.snapshotGasLastCall("OracleHub", "liquidationReading, 3 feeds");
        wethFeed.latestRoundData();
        vm.snapshotGasLastCall("OracleHub", "one bare feed, as a transaction");
        assertEq(hub.price(address(weth)), 3000e18);
    }
}
