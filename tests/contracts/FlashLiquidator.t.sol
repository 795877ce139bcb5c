// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FlashLiquidator} from "../../contracts/FlashLiquidator.sol";
import {IFlashLiquidator} from "../../contracts/interfaces/IFlashLiquidator.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ISwapVenue} from "../../contracts/interfaces/ISwapVenue.sol";
import {UniswapFixture} from "./UniswapFixture.sol";
import {CallbackVault} from "./mocks/CallbackVault.sol";
import {CallbackToken} from "./mocks/HostileTokens.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Liquidation with no capital: the parts that are its own, against a vault that only does the callback
contract FlashLiquidatorTest is UniswapFixture {
    uint256 private constant ETH = 1e18;
    uint256 private constant BTC = 1e8;
    uint256 private constant USD = 1e6;
    bytes32 private constant ACCOUNT = bytes32(uint256(7) << 96);

    MockToken private usdc;
    CallbackToken private weth;
    MockToken private wbtc;
    CallbackVault private vault;
    FlashLiquidator private flash;

    address private keeper = makeAddr("keeper");
    address private recipient = makeAddr("recipient");

    function setUp() public {
        vm.warp(1_800_000_000);
        _deployUniswap();
        usdc = new MockToken("USD Coin", "USDC", 6);
        weth = new CallbackToken("WETH", 18);
        wbtc = new MockToken("Wrapped BTC", "WBTC", 8);
        _newPool(weth, 1000 * ETH, usdc, 3_000_000 * USD, LOW_FEE);
        _newPool(wbtc, 100 * BTC, usdc, 6_000_000 * USD, MEDIUM_FEE);

        address[] memory tokens = new address[](2);
        (tokens[0], tokens[1]) = (address(weth), address(wbtc));
        vault = new CallbackVault(address(usdc), tokens);
        weth.mint(address(vault), 1000 * ETH);
        wbtc.mint(address(vault), 100 * BTC);
        flash = new FlashLiquidator(IMarginVault(address(vault)), venue);
        _plan(2850 * USD, ETH, 0);
    }

    // ------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_ProfitIsUnderTheMinimum() public {
        uint256 profit = _proceedsOfOneEth() - 2850 * USD;
        vm.expectRevert(abi.encodeWithSelector(IFlashLiquidator.ProfitTooSmall.selector, profit, profit + 1));
        _liquidate(profit + 1);
        assertEq(_liquidate(profit), profit);
    }

    function test_RevertWhen_ProceedsDoNotCoverTheRepayment() public {
        uint256 proceeds = _proceedsOfOneEth();
        _plan(proceeds + 1, ETH, 0);
        vm.expectRevert(abi.encodeWithSelector(IFlashLiquidator.ProceedsTooSmall.selector, proceeds, proceeds + 1));
        _liquidate(0);
        _plan(proceeds, ETH, 0);
        assertEq(_liquidate(0), 0);
    }

    /// @dev Somebody sells into the pool first: the liquidation is refused, and nothing has moved.
    function test_RevertWhen_PoolWasMovedAgainstTheSale() public {
        uint256 profit = _proceedsOfOneEth() - 2850 * USD;
        _push(makeAddr("attacker"), weth, usdc, LOW_FEE, 20 * ETH);
        vm.expectPartialRevert(IFlashLiquidator.ProfitTooSmall.selector);
        _liquidate(profit * 9 / 10);
        _push(makeAddr("attacker"), weth, usdc, LOW_FEE, 20 * ETH);
        vm.expectPartialRevert(IFlashLiquidator.ProceedsTooSmall.selector);
        _liquidate(0);
        assertEq(weth.balanceOf(address(vault)), 1000 * ETH);
    }

    function test_RevertWhen_NoRouteIsGivenForASeizedToken() public {
        _plan(2850 * USD, ETH, 1);
        IFlashLiquidator.SwapRoute[] memory routes = new IFlashLiquidator.SwapRoute[](1);
        routes[0] = IFlashLiquidator.SwapRoute(address(weth), LOW_FEE);
        vm.expectRevert(abi.encodeWithSelector(IFlashLiquidator.RouteMissing.selector, wbtc));
        flash.liquidate(ACCOUNT, routes, 0, vm.getBlockTimestamp(), recipient);

        _plan(2850 * USD, ETH, 0);
        assertGt(flash.liquidate(ACCOUNT, routes, 0, vm.getBlockTimestamp(), recipient), 0);
    }

    function test_RevertWhen_RouteNamesNoPool() public {
        IFlashLiquidator.SwapRoute[] memory routes = new IFlashLiquidator.SwapRoute[](1);
        routes[0] = IFlashLiquidator.SwapRoute(address(weth), MEDIUM_FEE);
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.PoolUnknown.selector, weth, usdc, MEDIUM_FEE));
        flash.liquidate(ACCOUNT, routes, 0, vm.getBlockTimestamp(), recipient);
    }

    function test_RevertWhen_DeadlinePassed() public {
        uint256 now_ = vm.getBlockTimestamp();
        vm.expectRevert(abi.encodeWithSelector(CallbackVault.DeadlinePassed.selector, now_ - 1, now_));
        flash.liquidate(ACCOUNT, _routes(), 0, now_ - 1, recipient);
        assertGt(flash.liquidate(ACCOUNT, _routes(), 0, now_, recipient), 0);
    }

    function test_RevertWhen_StrangerCallsBack() public {
        vm.expectRevert(
            abi.encodeWithSelector(IFlashLiquidator.CallbackFromStranger.selector, address(this), address(vault))
        );
        flash.onLiquidation(ACCOUNT, 1, new address[](0), new uint256[](0), abi.encode(_routes()));
    }

    function test_RevertWhen_VaultCallsBackUnasked() public {
        vm.expectRevert(IFlashLiquidator.CallbackOutsideLiquidation.selector);
        vault.callBackUnasked(flash);
    }

    /// @dev A token that calls back while it is being sold can neither answer for the vault nor start a second liquidation.
    function test_RevertWhen_TokenReenters() public {
        weth.arm(
            address(flash),
            abi.encodeCall(flash.onLiquidation, (ACCOUNT, 1, new address[](0), new uint256[](0), abi.encode(_routes())))
        );
        _liquidate(0);
        assertFalse(weth.succeeded());
        assertEq(
            weth.answer(), abi.encodeWithSelector(IFlashLiquidator.CallbackFromStranger.selector, weth, address(vault))
        );

        weth.arm(
            address(flash),
            abi.encodeCall(flash.liquidate, (ACCOUNT, _routes(), 0, vm.getBlockTimestamp(), address(weth)))
        );
        _liquidate(0);
        assertFalse(weth.succeeded());
        assertEq(bytes4(weth.answer()), bytes4(keccak256("ReentrancyGuardReentrantCall()")));
    }

    // ------------------------------------------------------------------------------------------------------ works

    function test_Liquidate_WithNothing_EarnsTheRest() public {
        uint256 proceeds = _proceedsOfOneEth();
        vm.expectEmit(address(flash));
        emit IFlashLiquidator.FlashLiquidated(ACCOUNT, keeper, recipient, 2850 * USD, proceeds - 2850 * USD);
        uint256 profit = _liquidate(0);
        assertEq(profit, proceeds - 2850 * USD);
        assertEq(usdc.balanceOf(recipient), profit);
        assertEq(usdc.balanceOf(address(vault)), 2850 * USD);
        _assertEmpty();
    }

    function test_Liquidate_SellsEveryCollateral() public {
        _plan(60_000 * USD, ETH, BTC);
        uint256 profit = _liquidate(0);
        uint256 proceeds = _constantProduct(1000 * ETH, 3_000_000 * USD, ETH, LOW_FEE)
            + _constantProduct(100 * BTC, 6_000_000 * USD, BTC, MEDIUM_FEE);
        assertApproxEqAbs(profit, proceeds - 60_000 * USD, 2);
        assertEq(usdc.balanceOf(recipient), profit);
        _assertEmpty();
    }

    /// @dev What was sent here unasked goes out with the next profit: nothing stays.
    function test_Liquidate_LeavesNothing_EvenIfSomethingWasThere() public {
        uint256 proceeds = _proceedsOfOneEth();
        usdc.mint(address(flash), 5 * USD);
        assertEq(_liquidate(0), proceeds - 2850 * USD + 5 * USD);
        _assertEmpty();
    }

    function testFuzz_Liquidate_PaysExactlyWhatIsLeft(uint256 repay, uint256 ethSeized, uint256 btcSeized) public {
        ethSeized = bound(ethSeized, 1e12, 100 * ETH);
        btcSeized = bound(btcSeized, 1e3, 10 * BTC);
        uint256 snapshot = vm.snapshotState();
        _plan(0, ethSeized, btcSeized);
        uint256 proceeds = _liquidate(0);
        assertTrue(vm.revertToState(snapshot));

        repay = bound(repay, 0, proceeds);
        _plan(repay, ethSeized, btcSeized);
        assertEq(_liquidate(proceeds - repay), proceeds - repay);
        assertEq(usdc.balanceOf(recipient), proceeds - repay);
        assertEq(usdc.balanceOf(address(vault)), repay);
        _assertEmpty();
    }

    // --------------------------------------------------------------------------------------------------- helpers

    function _plan(uint256 repay, uint256 ethSeized, uint256 btcSeized) private {
        uint256[] memory seized = new uint256[](2);
        (seized[0], seized[1]) = (ethSeized, btcSeized);
        vault.plan(repay, seized);
    }

    function _routes() private view returns (IFlashLiquidator.SwapRoute[] memory routes) {
        routes = new IFlashLiquidator.SwapRoute[](2);
        routes[0] = IFlashLiquidator.SwapRoute(address(wbtc), MEDIUM_FEE);
        routes[1] = IFlashLiquidator.SwapRoute(address(weth), LOW_FEE);
    }

    function _liquidate(uint256 minProfit) private returns (uint256) {
        vm.prank(keeper);
        return flash.liquidate(ACCOUNT, _routes(), minProfit, vm.getBlockTimestamp(), recipient);
    }

    /// @dev What the pool pays for one token now, found by selling it and going back.
    function _proceedsOfOneEth() private returns (uint256 proceeds) {
        uint256 snapshot = vm.snapshotState();
        proceeds = _push(makeAddr("prober"), weth, usdc, LOW_FEE, ETH);
        assertTrue(vm.revertToState(snapshot));
    }

    function _assertEmpty() private view {
        address[2] memory holders = [address(flash), address(venue)];
        for (uint256 i = 0; i < holders.length; ++i) {
            assertEq(usdc.balanceOf(holders[i]), 0);
            assertEq(weth.balanceOf(holders[i]), 0);
            assertEq(wbtc.balanceOf(holders[i]), 0);
        }
        assertEq(usdc.allowance(address(flash), address(vault)), 0);
        assertEq(weth.allowance(address(flash), address(venue)), 0);
        assertEq(wbtc.allowance(address(flash), address(venue)), 0);
    }
}
