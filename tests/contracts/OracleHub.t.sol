// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {BaseTest} from "./BaseTest.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MalformedFeed} from "./mocks/MalformedFeed.sol";

contract OracleHubTest is BaseTest {
    address private constant ASSET = address(0xA55E7);

    function _status(address asset) private view returns (uint8) {
        return uint8(hub.reading(asset).status);
    }

    function _assertStatus(IOracleHub.PriceStatus expected) private view {
        assertEq(_status(address(weth)), uint8(expected));
    }

    // ------------------------------------------------------------------------------------------- refused settings

    function test_RevertWhen_SetFeedByStranger() public {
        IOracleHub.FeedConfig memory config = _feedConfig(wethFeed);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        hub.setFeed(ASSET, config);
    }

    function test_RevertWhen_SetFeedWithoutAge() public {
        IOracleHub.FeedConfig memory config = _feedConfig(wethFeed);
        config.maxAge = 0;
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedMaxAgeZero.selector, ASSET));
        hub.setFeed(ASSET, config);
    }

    function test_RevertWhen_SetFeedBoundsTouch() public {
        IOracleHub.FeedConfig memory config = _feedConfig(wethFeed);
        config.minPrice = config.maxPrice;
        vm.expectRevert(
            abi.encodeWithSelector(IOracleHub.FeedBoundsInvalid.selector, ASSET, config.minPrice, config.maxPrice)
        );
        hub.setFeed(ASSET, config);

        config.minPrice = config.maxPrice - 1;
        hub.setFeed(ASSET, config);
        assertEq(hub.feedOf(ASSET).minPrice, config.minPrice);
    }

    function test_RevertWhen_SetFeedOtherDecimals() public {
        IOracleHub.FeedConfig memory config = _feedConfig(wethFeed);
        config.feedDecimals = 18;
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedDecimalsMismatch.selector, ASSET, 18, 8));
        hub.setFeed(ASSET, config);
    }

    function test_RevertWhen_SetFeedIsTokenEmptyOrMalformed() public {
        IOracleHub.FeedConfig memory config = _feedConfig(wethFeed);
        MalformedFeed malformed = new MalformedFeed();
        address[4] memory wrong =
            [address(wbtc), makeAddr("nobody"), address(new MockFeed(8, "no data")), address(malformed)];
        for (uint256 i = 0; i < wrong.length; ++i) {
            config.feed = wrong[i];
            vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnusable.selector, ASSET, wrong[i]));
            hub.setFeed(ASSET, config);
        }
    }

    function test_RevertWhen_SetFeedDecimalsPastLimit() public {
        MockFeed feed = new MockFeed(37, "fine grain");
        feed.push(1);
        IOracleHub.FeedConfig memory config = _feedConfig(feed);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnusable.selector, ASSET, address(feed)));
        hub.setFeed(ASSET, config);
    }

    // --------------------------------------------------------------------------------------------- refused prices

    function test_RevertWhen_AssetHasNoFeed() public {
        assertEq(_status(ASSET), uint8(IOracleHub.PriceStatus.UnknownAsset));
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnknown.selector, ASSET));
        hub.price(ASSET);
    }

    function test_RevertWhen_FeedReverts() public {
        wethFeed.setDown(true);
        _assertStatus(IOracleHub.PriceStatus.FeedReverted);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnusable.selector, address(weth), address(wethFeed)));
        hub.price(address(weth));

        wethFeed.setDown(false);
        _assertStatus(IOracleHub.PriceStatus.Ok);
    }

    function test_RevertWhen_FeedTurnsMalformedOrLosesItsCode() public {
        vm.etch(address(wethFeed), address(new MalformedFeed()).code);
        _assertStatus(IOracleHub.PriceStatus.FeedReverted);
        vm.etch(address(wethFeed), "");
        _assertStatus(IOracleHub.PriceStatus.FeedReverted);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnusable.selector, address(weth), address(wethFeed)));
        hub.price(address(weth));
    }

    function test_RevertWhen_RoundIdIsTooWide() public {
        vm.mockCall(
            address(wethFeed),
            abi.encodeCall(wethFeed.latestRoundData, ()),
            abi.encode(uint256(1) << 80, int256(3000e8), START, START, 1)
        );
        _assertStatus(IOracleHub.PriceStatus.FeedReverted);
    }

    function testFuzz_RevertWhen_AnswerIsNotPositive(int256 answer) public {
        answer = bound(answer, type(int256).min, 0);
        _setPrice(wethFeed, answer);
        _assertStatus(IOracleHub.PriceStatus.NotPositive);
        assertEq(hub.reading(address(weth)).price, 0);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.PriceNotPositive.selector, address(weth), answer));
        hub.price(address(weth));
    }

    function test_RevertWhen_PriceIsOneSecondTooOld() public {
        skip(MAX_AGE);
        assertEq(hub.price(address(weth)), 3000e18);
        skip(1);
        _assertStatus(IOracleHub.PriceStatus.Stale);
        assertEq(hub.reading(address(weth)).price, 3000e18);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.PriceStale.selector, address(weth), MAX_AGE + 1, MAX_AGE));
        hub.price(address(weth));
    }

    function test_RevertWhen_PriceIsFromTheFuture() public {
        wethFeed.pushAt(3000e8, START);
        _assertStatus(IOracleHub.PriceStatus.Ok);
        wethFeed.pushAt(3000e8, START + 1);
        _assertStatus(IOracleHub.PriceStatus.FromFuture);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.PriceFromFuture.selector, address(weth), START + 1, START));
        hub.price(address(weth));
    }

    function test_RevertWhen_UpdatedAtDoesNotFit() public {
        vm.mockCall(
            address(wethFeed),
            abi.encodeCall(wethFeed.latestRoundData, ()),
            abi.encode(1, int256(3000e8), START, type(uint256).max, 1)
        );
        _assertStatus(IOracleHub.PriceStatus.FromFuture);
        assertEq(hub.reading(address(weth)).updatedAt, type(uint64).max);
    }

    function test_RevertWhen_PriceIsAtABound() public {
        int256[2] memory atBound = [int256(1e8), int256(1e14)];
        int256[2] memory inside = [int256(1e8 + 1), int256(1e14 - 1)];
        for (uint256 i = 0; i < 2; ++i) {
            _setPrice(wethFeed, inside[i]);
            assertEq(hub.price(address(weth)), uint256(inside[i]) * 1e10);

            _setPrice(wethFeed, atBound[i]);
            _assertStatus(IOracleHub.PriceStatus.OutOfBounds);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IOracleHub.PriceOutOfBounds.selector, address(weth), uint256(atBound[i]) * 1e10, 1e18, 1e24
                )
            );
            hub.price(address(weth));
        }
    }

    function test_RevertWhen_AnswerIsTooLargeToScale() public {
        _setPrice(wethFeed, type(int256).max);
        _assertStatus(IOracleHub.PriceStatus.OutOfBounds);
        assertEq(hub.reading(address(weth)).price, type(uint256).max);
    }

    // ----------------------------------------------------------------------------------------------------- prices

    function test_Price_FeedDecimals_ScaledTo18() public {
        uint8[6] memory decimals = [0, 6, 8, 18, 24, 36];
        for (uint256 i = 0; i < decimals.length; ++i) {
            MockFeed feed = new MockFeed(decimals[i], "x");
            feed.push(int256(1234 * 10 ** uint256(decimals[i])));
            hub.setFeed(ASSET, _feedConfig(feed));
            assertEq(hub.price(ASSET), 1234e18);
        }
    }

    function test_Price_FinerThan18Decimals_RoundedDown() public {
        MockFeed feed = new MockFeed(24, "x");
        feed.push(2e24 + 999_999);
        hub.setFeed(ASSET, _feedConfig(feed));
        assertEq(hub.price(ASSET), 2e18);
    }

    function testFuzz_Price_NeverDisagreesWithReading(int256 answer, uint64 updatedAt) public {
        wethFeed.pushAt(answer, updatedAt);
        IOracleHub.PriceReading memory reading = hub.reading(address(weth));
        assertEq(reading.roundId, 2);
        assertEq(reading.updatedAt, updatedAt);
        if (reading.status == IOracleHub.PriceStatus.Ok) {
            assertEq(hub.price(address(weth)), reading.price);
            assertGt(reading.price, 1e18);
            assertLt(reading.price, 1e24);
        } else {
            vm.expectRevert();
            hub.price(address(weth));
        }
    }
}
