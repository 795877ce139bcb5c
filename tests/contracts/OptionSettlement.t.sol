// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOptionBook} from "../../contracts/interfaces/IOptionBook.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {PackedLeg} from "../../contracts/libraries/PackedLeg.sol";
import {OptionTest} from "./OptionTest.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MockHub} from "./mocks/MockOptionInputs.sol";
import {MockPhasedFeed} from "./mocks/MockPhasedFeed.sol";

/// @title The price at expiry, settlement, claims and their haircut
contract OptionSettlementTest is OptionTest {
    using PackedLeg for uint256;

    // ------------------------------------------------------------------------------------------------ observations

    function _record() private {
        book.recordObservation(ETH, NEAR);
    }

    function _recordMany(uint256 count) private {
        for (uint256 i = 0; i < count; ++i) {
            _record();
            skip(2 minutes);
        }
    }

    function _refuseAt(uint256 time) private {
        vm.warp(time);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.ObservationOutsideWindow.selector, time, NEAR));
        _record();
    }

    function test_RevertWhen_ObservationOutsideItsWindows() public {
        _refuseAt(NEAR - 30 minutes - 1);
        vm.warp(NEAR - 30 minutes);
        _record();
        vm.warp(NEAR);
        _record();
        _refuseAt(NEAR + 1);
        _refuseAt(NEAR + 24 hours - 1);
        vm.warp(NEAR + 24 hours);
        vm.expectEmit(address(book));
        emit IOptionBook.ObservationRecorded(ETH, NEAR, 3000e18, 3);
        _record();
        (uint128[] memory prices, uint40 lastAt) = book.observationsOf(ETH, NEAR);
        assertEq(prices.length, 3);
        assertEq(prices[2], 3000e18);
        assertEq(lastAt, NEAR + 24 hours);
    }

    function test_RevertWhen_ObservationsAreTooClose() public {
        vm.warp(NEAR - 20 minutes);
        _record();
        skip(2 minutes - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOptionBook.ObservationTooSoon.selector, NEAR - 18 minutes - 1, NEAR - 18 minutes)
        );
        _record();
        skip(1);
        _record();
    }

    function test_RevertWhen_SixteenObservations() public {
        vm.warp(NEAR - 30 minutes);
        _recordMany(15);
        assertEq(vm.getBlockTimestamp(), NEAR);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.ObservationsFull.selector, 15));
        _record();
    }

    function test_RevertWhen_ObservedWithoutPriceOrUnderlying() public {
        vm.warp(NEAR - 1 minutes);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.UnderlyingUnknown.selector, address(1)));
        book.recordObservation(address(1), NEAR);
        hub.setPrice(ETH, 0);
        vm.expectRevert(abi.encodeWithSelector(MockHub.NoPrice.selector, ETH));
        _record();
        hub.setPrice(ETH, uint256(type(uint128).max) + 1);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.PriceTooLarge.selector, uint256(type(uint128).max) + 1));
        _record();
    }

    function test_RevertWhen_FinalisedEarlyOrWithFewOrTwice() public {
        vm.warp(NEAR - 8 minutes);
        _recordMany(4);
        vm.warp(NEAR);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.NotExpired.selector, NEAR, NEAR));
        book.finalise(ETH, NEAR);
        vm.warp(NEAR + 1);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.ObservationsTooFew.selector, 4, 5));
        book.finalise(ETH, NEAR);

        // Late observations make up what is missing.
        vm.warp(NEAR + 24 hours);
        _record();
        vm.expectEmit(address(book));
        emit IOptionBook.Finalised(ETH, NEAR, 3000e18, 0);
        book.finalise(ETH, NEAR);
        bytes memory reason = abi.encodeWithSelector(IOptionBook.PriceAlreadyFinal.selector, ETH, NEAR, 3000e18);
        vm.expectRevert(reason);
        book.finalise(ETH, NEAR);
        vm.expectRevert(reason);
        book.recordObservation(ETH, NEAR);
        vm.expectRevert(reason);
        book.finaliseFromFallback(ETH, NEAR, 2);
    }

    /// @dev Half of the values at or under the median, half at or over; of an even count the mean of the middle two.
    function testFuzz_F21_Finalise_IsTheMedian(uint128[15] memory prices, uint256 count) public {
        count = bound(count, 5, 15);
        vm.warp(NEAR - 30 minutes);
        uint256[] memory sorted = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            if (prices[i] == 0) prices[i] = 1;
            hub.setPrice(ETH, prices[i]);
            _recordMany(1);
            sorted[i] = prices[i];
        }
        vm.warp(NEAR + 1);
        book.finalise(ETH, NEAR);
        sorted = vm.sort(sorted);
        uint256 expected = count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
        assertEq(book.poolOf(ETH, NEAR).price, expected);
    }

    // ---------------------------------------------------------------------------------------------------- fallback

    function _refuseRound(uint80 round, bytes memory reason) private {
        vm.expectRevert(reason);
        book.finaliseFromFallback(ETH, NEAR, round);
    }

    function _unproven(uint80 round) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IOptionBook.FallbackRoundUnproven.selector, round);
    }

    function test_RevertWhen_FallbackIsEarlyMissingOrNotNeeded() public {
        vm.warp(NEAR + 6 hours - 1);
        _refuseRound(
            2, abi.encodeWithSelector(IOptionBook.FallbackTooEarly.selector, NEAR + 6 hours - 1, NEAR + 6 hours)
        );
        skip(1);
        _refuseRound(2, abi.encodeWithSelector(IOptionBook.FallbackMissing.selector, ETH));

        vm.warp(NEAR - 10 minutes);
        _recordMany(5);
        vm.warp(NEAR + 6 hours);
        _refuseRound(2, abi.encodeWithSelector(IOptionBook.ObservationsSuffice.selector, 5));
    }

    function test_Fallback_FirstRoundAtOrAfterExpiry_IsThePrice() public {
        _setFallbackFeed();
        fallbackFeed.pushAt(2000e8, NEAR - 1 hours);
        fallbackFeed.pushAt(2100e8, NEAR - 1);
        fallbackFeed.pushAt(2200e8, NEAR);
        fallbackFeed.pushAt(2300e8, NEAR + 1);
        vm.warp(NEAR - 8 minutes);
        _recordMany(4);
        vm.warp(NEAR + 6 hours);
        _refuseRound(2, abi.encodeWithSelector(IOptionBook.FallbackRoundBeforeExpiry.selector, 2, NEAR - 1, NEAR));
        _refuseRound(4, abi.encodeWithSelector(IOptionBook.FallbackRoundNotFirst.selector, 4, NEAR, NEAR));
        _refuseRound(1, _unproven(1));
        _refuseRound(0, _unproven(0));
        _refuseRound(5, _unproven(5));
        vm.expectEmit(address(book));
        emit IOptionBook.Finalised(ETH, NEAR, 2200e18, 3);
        book.finaliseFromFallback(ETH, NEAR, 3);
        assertEq(book.poolOf(ETH, NEAR).price, 2200e18);
    }

    function test_RevertWhen_FallbackAnswerIsNoPrice() public {
        int256[4] memory wrong = [int256(0), -1, 1e8, 1e14];
        for (uint256 i = 0; i < 4; ++i) {
            _setFallbackFeed();
            fallbackFeed.pushAt(2000e8, NEAR - 1);
            fallbackFeed.pushAt(wrong[i], NEAR + 1);
            vm.warp(NEAR + 6 hours);
            _refuseRound(2, abi.encodeWithSelector(IOptionBook.FallbackPriceInvalid.selector, 2, wrong[i]));
        }
        fallbackFeed.setDown(true);
        _refuseRound(2, abi.encodeWithSelector(MockFeed.FeedDown.selector));
    }

    /// @dev While the fallback is in use, the feed that waits is the bad one: it is not asked.
    function test_Fallback_InUse_IsFoundInItsPlace() public {
        _setFallbackFeed();
        hub.useFallback(ETH, 1);
        fallbackFeed.pushAt(2000e8, NEAR - 1);
        fallbackFeed.pushAt(2200e8, NEAR + 1);
        vm.warp(NEAR + 6 hours);
        book.finaliseFromFallback(ETH, NEAR, 2);
        assertEq(book.poolOf(ETH, NEAR).price, 2200e18);
    }

    function _phased() private returns (MockPhasedFeed feed) {
        feed = new MockPhasedFeed();
        IOracleHub.FeedSet memory set;
        set.fallbackFeed = IOracleHub.Feed({aggregator: address(feed), decimals: 8, maxAge: 1 hours});
        (set.minPrice, set.maxPrice) = (1e18, 1e24);
        hub.setFeeds(ETH, set);
        vm.warp(NEAR + 6 hours);
    }

    function _id(uint16 phase, uint64 round) private pure returns (uint80) {
        return (uint80(phase) << 64) | round;
    }

    /// @dev What cannot be proven is refused: the first round of a phase, rounds of a phase that was left, and gaps.
    function test_RevertWhen_FallbackRoundHasNothingBeforeIt() public {
        MockPhasedFeed feed = _phased();
        feed.set(3, 40, 2000e8, NEAR - 1);
        feed.set(3, 41, 2100e8, NEAR + 9);
        feed.set(4, 1, 2200e8, NEAR + 10);
        feed.set(4, 2, 2300e8, NEAR + 20);
        _refuseRound(_id(4, 1), _unproven(_id(4, 1)));
        _refuseRound(_id(4, 0), _unproven(_id(4, 0)));
        _refuseRound(_id(3, 41), _unproven(_id(3, 41)));
        _refuseRound(_id(5, 2), _unproven(_id(5, 2)));
        _refuseRound(
            _id(4, 2), abi.encodeWithSelector(IOptionBook.FallbackRoundNotFirst.selector, _id(4, 2), NEAR + 10, NEAR)
        );
        feed.set(4, 9, 2300e8, NEAR + 30);
        _refuseRound(_id(4, 9), _unproven(_id(4, 9)));
        feed.setSilentWhereAbsent(true);
        _refuseRound(_id(4, 9), _unproven(_id(4, 9)));

        // As long as the feed is in it, the same round of phase 3 is proven.
        feed.setLatest(_id(3, 41));
        book.finaliseFromFallback(ETH, NEAR, _id(3, 41));
        assertEq(book.poolOf(ETH, NEAR).price, 2100e18);
    }

    function test_RevertWhen_FallbackRoundIsFromTheFuture() public {
        MockPhasedFeed feed = _phased();
        feed.set(1, 1, 2000e8, NEAR - 1);
        feed.set(1, 2, 2000e8, NEAR + 6 hours + 1);
        _refuseRound(_id(1, 2), _unproven(_id(1, 2)));
        skip(1);
        book.finaliseFromFallback(ETH, NEAR, _id(1, 2));
    }

    // -------------------------------------------------------------------------------------------------- settlement

    function _settle(bytes32 account) private {
        book.settle(account, ETH, NEAR);
    }

    function test_RevertWhen_SettledWithoutPriceWithoutLegsOrTwice() public {
        _take(_offer(), takerAccount, 1e18);
        vm.warp(NEAR + 1);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.PriceNotFinal.selector, ETH, NEAR));
        _settle(takerAccount);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.PriceNotFinal.selector, ETH, NEAR));
        book.close(ETH, NEAR);
        _finalise(ETH, NEAR, 3100e18);

        bytes32 nobody = _account(taker, 9);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.LegsAbsent.selector, nobody, ETH, NEAR));
        _settle(nobody);
        _settle(takerAccount);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.LegsAbsent.selector, takerAccount, ETH, NEAR));
        _settle(takerAccount);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.UnderlyingUnknown.selector, address(1)));
        book.settle(takerAccount, address(1), NEAR);
    }

    function test_Settle_ClaimsAndClose_ToTheUnit() public {
        _take(_offer(), takerAccount, 0.37e18);
        _finalise(ETH, NEAR, 3123.456789123e18);
        // .37 x 123.456789123 = 45.67901197551
        uint256 makerBefore = vault.balanceOf(makerAccount);
        uint256 takerBefore = vault.balanceOf(takerAccount);
        vm.expectEmit(address(book));
        emit IOptionBook.Settled(takerAccount, ETH, NEAR, 45_679011, 0);
        _settle(takerAccount);
        assertEq(book.claimOf(takerAccount, ETH, NEAR), 45_679011, "a gain rounds down");
        assertEq(book.pendingClaims(takerAccount), 45_679011);
        assertEq(vault.balanceOf(takerAccount), takerBefore);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.PoolOpen.selector, ETH, NEAR, 1));
        book.claim(takerAccount, ETH, NEAR);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.PoolOpen.selector, ETH, NEAR, 1));
        book.close(ETH, NEAR);

        vm.expectEmit(address(book));
        emit IOptionBook.Settled(makerAccount, ETH, NEAR, -45_679012, 0);
        vm.expectEmit(address(book));
        emit IOptionBook.PoolClosed(ETH, NEAR, 45_679011, 0);
        _settle(makerAccount);
        assertEq(vault.balanceOf(makerAccount), makerBefore - 45_679012, "a loss rounds up");
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.PoolAlreadyClosed.selector, ETH, NEAR));
        book.close(ETH, NEAR);

        vm.expectEmit(address(book));
        emit IOptionBook.Claimed(takerAccount, ETH, NEAR, 45_679011, 45_679011);
        book.claim(takerAccount, ETH, NEAR);
        assertEq(vault.balanceOf(takerAccount), takerBefore + 45_679011);
        assertEq(book.pendingClaims(takerAccount), 0);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.ClaimAbsent.selector, takerAccount, ETH, NEAR));
        book.claim(takerAccount, ETH, NEAR);
    }

    /// @dev Calls and puts, long and short, in one pool net before they round; other pools stay.
    function test_Settle_NetsThePoolAndLeavesTheOthers() public {
        vault.setMarginOff(true);
        _give(takerAccount, ETH, true, 3000e18, NEAR, 2e18);
        _give(takerAccount, ETH, true, 3300e18, NEAR, -1e18);
        _give(takerAccount, BTC, true, 60_000e18, NEAR, 1e18);
        _give(takerAccount, ETH, false, 3600e18, NEAR, -0.5e18);
        _give(takerAccount, ETH, false, 3600e18, FAR, 1e18);
        _finalise(ETH, NEAR, 3400e18);
        _settle(takerAccount);
        // 2 x 400 - 100 - .5 x 200
        assertEq(book.claimOf(takerAccount, ETH, NEAR), 600e6);
        uint256[] memory words = book.legsOf(takerAccount);
        assertEq(words.length, 2);
        assertEq(words[0].expiry() + words[1].expiry(), uint256(NEAR) + FAR);
        (bytes32 hash,,) = book.legState(takerAccount);
        assertEq(hash, keccak256(abi.encodePacked(words)));
        assertEq(book.poolOf(BTC, NEAR).accounts, 2);
        assertEq(book.poolOf(ETH, NEAR).accounts, 1);
    }

    /// @dev At the strike nobody owes anything, and the pool still closes.
    function test_Settle_AtTheStrike_MovesNothing() public {
        _take(_offer(), takerAccount, 1e18);
        _finalise(ETH, NEAR, 3000e18);
        uint256 before = vault.balanceOf(makerAccount);
        _settle(makerAccount);
        _settle(takerAccount);
        assertEq(vault.balanceOf(makerAccount), before);
        assertTrue(book.poolOf(ETH, NEAR).closed);
        assertEq(book.poolOf(ETH, NEAR).haircut, 0);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.ClaimAbsent.selector, takerAccount, ETH, NEAR));
        book.claim(takerAccount, ETH, NEAR);
    }

    /// @dev Two winners of 300 and 100 share, 3 to 1, what a writer of 400 with 250 and a fund of 50 cannot pay: 100.
    function test_Claim_Haircut_IsProRata() public {
        vault.setMarginOff(true);
        bytes32 second = _account(taker, 2);
        _give(takerAccount, ETH, true, 3000e18, NEAR, 3e18);
        _give(second, ETH, true, 3000e18, NEAR, 1e18);
        vault.setBalance(makerAccount, 250e6);
        vault.putFund(50e6);
        uint256 takerBefore = vault.balanceOf(takerAccount);
        _finalise(ETH, NEAR, 3100e18);
        _settle(takerAccount);
        vm.expectEmit(address(book));
        emit IOptionBook.Settled(makerAccount, ETH, NEAR, -400e6, 150e6);
        _settle(makerAccount);
        assertFalse(book.poolOf(ETH, NEAR).closed);
        _settle(second);

        IOptionBook.Pool memory pool = book.poolOf(ETH, NEAR);
        assertTrue(pool.closed);
        assertEq(pool.haircut, 0.25e18);
        assertEq(pool.claims, 400e6);
        book.claim(second, ETH, NEAR);
        book.claim(takerAccount, ETH, NEAR);
        assertEq(vault.balanceOf(second), 75e6);
        assertEq(vault.balanceOf(takerAccount), takerBefore + 225e6);
        assertEq(vault.pot(), 0);
        assertEq(vault.balanceOf(makerAccount), 0);
    }

    /// @dev A third of 300 is missing: claims together get no more than there is.
    function test_Claim_Haircut_IsRoundedUp() public {
        vault.setMarginOff(true);
        _give(takerAccount, ETH, true, 3000e18, NEAR, 3e18);
        vault.setBalance(makerAccount, 200e6);
        _finalise(ETH, NEAR, 3100e18);
        _settle(makerAccount);
        _settle(takerAccount);
        assertEq(book.poolOf(ETH, NEAR).haircut, 0.333333333333333334e18);
        book.claim(takerAccount, ETH, NEAR);
        assertEq(vault.pot(), 1);
    }

    function test_Claim_NothingPaid_ClearsTheClaim() public {
        vault.setMarginOff(true);
        _give(takerAccount, ETH, false, 3000e18, NEAR, 1e18);
        vault.setBalance(makerAccount, 0);
        _finalise(ETH, NEAR, 2000e18);
        _settle(makerAccount);
        _settle(takerAccount);
        assertEq(book.poolOf(ETH, NEAR).haircut, WAD);
        uint256 before = vault.balanceOf(takerAccount);
        book.claim(takerAccount, ETH, NEAR);
        assertEq(vault.balanceOf(takerAccount), before);
        assertEq(book.pendingClaims(takerAccount), 0);
    }

    /// @dev A liquidator that takes over the other side of its own legs after expiry leaves a pool without accounts.
    function test_Close_LegsMetAndVanished() public {
        vault.setMarginOff(true);
        _give(takerAccount, ETH, true, 3000e18, NEAR, 1e18);
        _give(_account(taker, 2), ETH, true, 3000e18, NEAR, 1e18);
        _finalise(ETH, NEAR, 3100e18);
        _settle(_account(taker, 2));
        bytes32 other = _account(taker, 3);
        vault.takeFraction(makerAccount, other, 0.5e18);
        _settle(makerAccount);
        vault.takeFraction(takerAccount, other, WAD);
        assertEq(book.poolOf(ETH, NEAR).accounts, 0);
        assertFalse(book.poolOf(ETH, NEAR).closed);
        book.close(ETH, NEAR);
        book.claim(_account(taker, 2), ETH, NEAR);
        assertEq(vault.balanceOf(_account(taker, 2)), 100e6);
    }

    // ------------------------------------------------------------------------------------------ margin after expiry

    function test_Maintenance_FinalPrice_CountsWhatSettlementWillBring() public {
        vault.setMarginOff(true);
        _give(takerAccount, ETH, true, 3000e18, NEAR, 3e18);
        _give(takerAccount, ETH, true, 3500e18, FAR, -4e18);
        vm.warp(NEAR + 1);
        hub.setPrice(ETH, 3100e18);
        uint256 snapshot = vm.snapshotState();
        // The far leg alone, as it is once the near one is gone.
        _finaliseAt(3100e18);
        _settle(takerAccount);
        (uint256 far, int256 farWorth) = book.maintenance(takerAccount);
        uint256 farInitial = book.initialRequirement(takerAccount);
        vm.revertToState(snapshot);

        _finaliseAt(3100e18);
        (uint256 requirement, int256 worth) = book.maintenance(takerAccount);
        assertEq(requirement, far - 300e18, "a final gain counts at maintenance");
        assertEq(worth, farWorth + 300e18);
        assertEq(book.initialRequirement(takerAccount), farInitial, "and not at initial");

        (, int256 makerWorth) = book.maintenance(makerAccount);
        uint256 makerRequired = book.initialRequirement(makerAccount);
        _settle(makerAccount);
        (uint256 after_, int256 afterWorth) = book.maintenance(makerAccount);
        assertEq(makerWorth, afterWorth - 300e18, "a final loss counts until it is debited");
        assertEq(after_, 0);
        assertEq(makerRequired, 300e18, "at initial too");
        assertEq(book.underlyingsOf(makerAccount).length, 1);
    }

    /// @dev By late observations, so that chain time is the same in both branches.
    function _finaliseAt(uint256 price) private {
        hub.setPrice(ETH, price);
        vm.warp(NEAR + 24 hours);
        _recordMany(5);
        book.finalise(ETH, NEAR);
    }

    function test_Maintenance_OnlyFinalLegs_AsksForNoPrice() public {
        _take(_offer(), takerAccount, 1e18);
        _finalise(ETH, NEAR, 3100.5e18);
        hub.setPrice(ETH, 0);
        (uint256 requirement, int256 worth) = book.maintenance(makerAccount);
        assertEq(requirement, 100.5e18);
        assertEq(worth, -100.5e18);
        (requirement, worth) = book.maintenance(takerAccount);
        assertEq(requirement, 0);
        assertEq(worth, 100.5e18);
        assertEq(book.pastMaintenance(makerAccount), 100.5e18);
        assertEq(book.underlyingsOf(takerAccount).length, 0);
    }

    // ---------------------------------------------------------------------------------------------- conservation

    /// @dev The payoff of one option, to the unit, for stables of 0, 6, 8 and 18 decimals. A run deploys a book.
    /// forge-config: default.fuzz.runs = 300
    /// forge-config: ci.fuzz.runs = 1000
    function testFuzz_Settle_PayoffIsExact(uint96 size, uint96 strike, uint96 price, bool call, uint8 pick) public {
        uint256[4] memory scales = [uint256(1e18), 1e12, 1e10, 1];
        uint256 scale = scales[pick % 4];
        _deploy(scale);
        vault.setMarginOff(true);
        size = uint96(bound(size, LOT, 1e27));
        strike = uint96(bound(strike, 1, 1e9) * TICK);
        price = uint96(bound(price, 1, 1e27));
        vault.put(makerAccount, type(uint128).max);
        // casting to 'int96' is safe because of the bound
        // forge-lint: disable-next-line(unsafe-typecast)
        _give(takerAccount, ETH, call, strike, NEAR, int96(size));
        _finalise(ETH, NEAR, price);
        _settle(takerAccount);
        _settle(makerAccount);

        uint256 exact36 = uint256(size) * (call ? _over(price, strike) : _over(strike, price));
        uint256 gain = book.claimOf(takerAccount, ETH, NEAR);
        uint256 loss = type(uint128).max - vault.balanceOf(makerAccount);
        uint256 unit36 = scale * WAD;
        assertEq(gain, exact36 / unit36);
        assertEq(loss, (exact36 + unit36 - 1) / unit36);
    }

    function _over(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 0;
    }

    uint256 private constant ACCOUNTS = 6;
    bytes32[] private _all;
    uint160[] private _seriesList;

    /// @dev Random trades and transfers among six accounts in four series of two pools, of which one is then settled in random order with
    /// random money. Contracts and money are what they were. A run is some thirty calls.
    /// forge-config: default.fuzz.runs = 500
    /// forge-config: ci.fuzz.runs = 2000
    function testFuzz_AllActions_ConserveContractsAndMoney(uint256 seed, uint128 price) public {
        vault.setMarginOff(true);
        price = uint128(bound(price, 2000e18, 4000e18));
        uint256 money = _prepare(seed);
        for (uint256 i = 0; i < 16; ++i) {
            _act(uint256(keccak256(abi.encode(seed, i))));
        }
        _assertContracts();
        vm.warp(NEAR);
        _finalise(ETH, NEAR, price);
        // A transfer between expiry and settlement, in which legs may meet.
        _transfer(uint256(keccak256(abi.encode(seed, "transfer"))));

        _settleAll(seed % ACCOUNTS);
        _claimAll();
        uint256 sum = vault.pot() + vault.fund();
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            sum += vault.balanceOf(_all[i]);
            assertEq(book.pendingClaims(_all[i]), 0);
        }
        assertEq(sum, money, "money is what it was");
        assertLe(vault.pot(), 3 * ACCOUNTS, "what rounding leaves");
        _assertContracts();
    }

    function _prepare(uint256 seed) private returns (uint256 money) {
        for (uint96 i = 0; i < ACCOUNTS; ++i) {
            bytes32 account = _account(maker, 100 + i);
            _all.push(account);
            uint256 balance = uint256(keccak256(abi.encode(seed, "money", i))) % 3000e6;
            vault.put(account, balance);
            money += balance;
        }
        uint256 fund = seed % 500e6;
        vault.putFund(fund);
        money += fund;
        _seriesList.push(book.seriesOf(ETH, true, 3000e18, NEAR));
        _seriesList.push(book.seriesOf(ETH, true, 3200e18, NEAR));
        _seriesList.push(book.seriesOf(ETH, false, 2900e18, NEAR));
        _seriesList.push(book.seriesOf(ETH, false, 3000e18, FAR));
    }

    function _act(uint256 random) private {
        if (random % 5 == 4) {
            _transfer(random >> 8);
            return;
        }
        uint256 word = _seriesList[(random >> 8) % 4];
        makerAccount = _all[(random >> 16) % ACCOUNTS];
        bytes32 other = _all[((random >> 16) + 1 + (random >> 32) % (ACCOUNTS - 1)) % ACCOUNTS];
        if (makerAccount == other) return;
        // In thirds of lots, so that what is left may be dust: then the trade is refused.
        IOptionBook.Offer memory offer = _offer();
        (offer.isCall, offer.strike, offer.expiry, offer.price) = (word.isCall(), word.strike(), word.expiry(), 0);
        offer.makerBuys = random & 1 == 1;
        offer.size = uint96(1 + (random >> 64) % 400) * LOT / 3 + LOT;
        bytes memory signature = _sign(offer);
        vm.prank(maker);
        try book.trade(offer, signature, _fill(other, offer.size)) {}
        catch (bytes memory reason) {
            // The selector is cut out.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), IOptionBook.LegUnderLot.selector);
        }
    }

    function _transfer(uint256 random) private {
        bytes32 from = _all[random % ACCOUNTS];
        bytes32 to = _all[(random + 1 + (random >> 32) % (ACCOUNTS - 1)) % ACCOUNTS];
        if (from != to) vault.takeFraction(from, to, 1 + (random >> 64) % WAD);
    }

    function _settleAll(uint256 first) private {
        uint256 claims = 0;
        uint256 debits = 0;
        uint256 settled = 0;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            bytes32 account = _all[(first + i) % ACCOUNTS];
            if (!_holds(account)) continue;
            uint256 potBefore = vault.pot() + vault.deficit();
            bool last = book.poolOf(ETH, NEAR).accounts == 1;
            uint256 claimed = book.claimOf(account, ETH, NEAR);
            _settle(account);
            ++settled;
            claims += book.claimOf(account, ETH, NEAR) - claimed;
            if (!last) debits += vault.pot() + vault.deficit() - potBefore;
            assertEq(book.poolOf(ETH, NEAR).closed, last);
        }
        if (book.poolOf(ETH, NEAR).accounts == 0 && !book.poolOf(ETH, NEAR).closed) book.close(ETH, NEAR);
        assertEq(book.poolOf(ETH, NEAR).claims, claims);
        assertLe(debits, claims + settled);
    }

    function _holds(bytes32 account) private view returns (bool) {
        uint256[] memory words = book.legsOf(account);
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].expiry() == NEAR) return true;
        }
        return false;
    }

    function _claimAll() private {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (book.claimOf(_all[i], ETH, NEAR) != 0) book.claim(_all[i], ETH, NEAR);
        }
    }

    function _assertContracts() private view {
        for (uint256 s = 0; s < _seriesList.length; ++s) {
            int256 sum = 0;
            int256 longs = 0;
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                int256 amount = _amount(_all[i], _seriesList[s]);
                sum += amount;
                if (amount > 0) longs += amount;
            }
            assertEq(sum, 0, "longs are shorts");
            bool settled = book.poolOf(ETH, NEAR).closed && uint256(_seriesList[s]).expiry() == NEAR;
            if (settled) assertEq(longs, 0);
            else assertEq(int256(book.totalOpenInterest(_seriesList[s])), longs);
        }
    }

    // -------------------------------------------------------------------------------------------------------- gas

    /// @dev Every call its own transaction, so that storage is cold and calldata is paid: what a caller pays.
    /// forge-config: default.isolate = true
    function test_Gas_Settle() public {
        vault.setMarginOff(true);
        bytes32 single = _account(taker, 2);
        _give(single, ETH, true, 3000e18, NEAR, 1e18);
        for (uint96 i = 0; i < 16; ++i) {
            _give(
                takerAccount, ETH, i % 2 == 0, 2500e18 + i * 100 * TICK, NEAR, i % 3 == 0 ? int96(-1e18) : int96(1e18)
            );
        }
        hub.setPrice(ETH, 3100e18);
        vm.warp(NEAR - 10 minutes);
        for (uint256 i = 0; i < 5; ++i) {
            _record();
            if (i == 1) vm.snapshotGasLastCall("OptionSettlement", "recordObservation");
            skip(2 minutes);
        }
        vm.warp(NEAR + 1);
        book.finalise(ETH, NEAR);
        vm.snapshotGasLastCall("OptionSettlement", "finalise, 5 observations");
        _settle(single);
        vm.snapshotGasLastCall("OptionSettlement", "settle, 1 leg, a gain");
        _settle(takerAccount);
        vm.snapshotGasLastCall("OptionSettlement", "settle, 16 legs, a gain");
        _settle(makerAccount);
        vm.snapshotGasLastCall("OptionSettlement", "settle, 16 legs, a loss, closes the pool");
        book.claim(single, ETH, NEAR);
        vm.snapshotGasLastCall("OptionSettlement", "claim");
        assertEq(book.pendingClaims(single), 0);
    }

    function test_Size_FitsWithRoom() public {
        uint256 size = address(book).code.length;
        vm.snapshotValue("OptionSettlement", "bytecode", size);
        assertLt(size, 22_000);
    }
}
