// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {BaseTest} from "../BaseTest.sol";

/// @title Replay: feeds that lie. One at half the price is outvoted; two apart are no price; neither liquidates anybody
contract LyingFeedsReplay is BaseTest {
    function setUp() public override {
        super.setUp();
        _say(2990e8, 2992e8, 2990e8);
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
    }

    function _say(int256 first, int256 second, int256 third) private {
        wethFeed.push(first);
        _feedsWith[wethFeed][0].push(second);
        _feedsWith[wethFeed][1].push(third);
    }

    function liquidateOutside(bytes32 account) external {
        _liquidate(account);
    }

    function test_F21_Replay_OneFeedLies_IsOutvoted() public {
        uint256 health = vault.health(aliceAccount);
        _say(1500e8, 2990e8, 2992e8);
        assertEq(hub.price(address(weth)), 2990e18);
        assertEq(vault.health(aliceAccount), health);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountHealthy.selector, aliceAccount, health));
        this.liquidateOutside(aliceAccount);
        // Whichever of the three it is, and in whichever direction: what can be borrowed is what the honest two say.
        _say(2990e8, 2992e8, 9000e8);
        assertEq(hub.price(address(weth)), 2992e18);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vm.prank(alice);
        vault.borrow(aliceAccount, 100e6, alice, "");
    }

    function test_F22_Replay_TwoFeedsApart_NoPrice_NobodyLiquidated_ClearsByItself() public {
        // The third is old, and the two that are left do not agree.
        _feedsWith[wethFeed][1].setDown(true);
        _say(1500e8, 2990e8, 2990e8);
        _assertNoPrice();
        // They agree again: nobody had to do anything.
        _say(2991e8, 2990e8, 2990e8);
        _assertCleared();
    }

    function test_F22_Replay_ThreeFeedsApart_NoPrice_ClearsByItself() public {
        _say(1500e8, 2990e8, 2200e8);
        _assertNoPrice();
        _say(1500e8, 2990e8, 2992e8);
        _assertCleared();
    }

    /// One venue's print of a stablecoin on 10 October 2025, in shape: from par to 0.65 and back inside an hour, while two sources stay near par.
    function test_F23_Replay_OneVenueDepegs_ChangesNothing() public {
        uint256 health = vault.health(aliceAccount);
        uint16[8] memory venue = [9990, 9600, 8800, 7500, 6500, 7900, 9300, 9985];
        for (uint256 i = 0; i < venue.length; ++i) {
            skip(7 minutes);
            _say(int256(uint256(venue[i]) * 2990e8 / 10_000), 2991e8, 2990e8);
            assertApproxEqAbs(hub.price(address(weth)), 2990e18, 1e18);
            assertGe(vault.health(aliceAccount) + 1e12, health, "but for the interest of an hour");
            vm.expectPartialRevert(IMarginVault.AccountHealthy.selector);
            this.liquidateOutside(aliceAccount);
        }
        assertEq(vault.position(aliceAccount).liquidations, 0);
    }

    /// A feed that gives a rate for a price: 1.12 for 2,990, wrong by a factor that no market moves. Alone it is not counted; all three are none.
    function test_F24_Replay_RateForThePrice_IsNoPrice() public {
        IOracleHub.FeedSet memory set = _feedSet(wethFeed);
        (set.minPrice, set.maxPrice) = (30e18, 300_000e18);
        hub.setFeeds(address(weth), set);
        _say(1.12e8, 2990e8, 2992e8);
        assertEq(uint256(hub.feedReading(address(weth), 0).status), uint256(IOracleHub.PriceStatus.OutOfBounds));
        assertEq(hub.price(address(weth)), 2991e18);

        _say(1.12e8, 1.12e8, 1.12e8);
        assertEq(uint256(hub.reading(address(weth)).status), uint256(IOracleHub.PriceStatus.TooFewFeeds));
        vm.expectPartialRevert(IMarginVault.AccountHealthy.selector);
        this.liquidateOutside(aliceAccount);
        // And ten decimals too many: 18 for 8.
        _say(2990e18, 2990e18, 2990e18);
        assertEq(uint256(hub.reading(address(weth)).status), uint256(IOracleHub.PriceStatus.TooFewFeeds));
        _say(2991e8, 2990e8, 2990e8);
        assertEq(hub.price(address(weth)), 2990e18);
        assertEq(vault.position(aliceAccount).liquidations, 0);
    }

    function _assertNoPrice() private {
        assertEq(uint256(hub.reading(address(weth)).status), uint256(IOracleHub.PriceStatus.Divided));
        assertGt(vault.health(aliceAccount), WAD);
        vm.expectPartialRevert(IMarginVault.AccountHealthy.selector);
        this.liquidateOutside(aliceAccount);

        vm.startPrank(alice);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vault.borrow(aliceAccount, 100e6, alice, "");
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vault.withdrawCollateral(aliceAccount, address(weth), 1, alice, "");
        vm.stopPrank();
        assertEq(_repayFrom(alice, aliceAccount, 1000e6), 1000e6);
        _add(aliceAccount, weth, 1e18);
    }

    function _assertCleared() private {
        assertGe(hub.price(address(weth)), 2990e18);
        assertEq(vault.liquidationPlan(aliceAccount).repay, 0);
        _borrow(aliceAccount, 500e6);
        assertEq(vault.position(aliceAccount).liquidations, 0);
    }
}
