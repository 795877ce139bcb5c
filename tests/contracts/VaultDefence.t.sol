// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FlashLiquidator} from "../../contracts/FlashLiquidator.sol";
import {IFlashLiquidator} from "../../contracts/interfaces/IFlashLiquidator.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {SwapMandate, SwapOrder, TopUpMandate} from "../../contracts/types/Defence.sol";
import {BaseTest} from "./BaseTest.sol";
import {CallbackToken} from "./mocks/HostileTokens.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Defence and flash liquidation in the whole protocol: three feeds, attested factors, real pools
contract VaultDefenceTest is BaseTest {
    uint256 private constant ETH = 1e18;
    uint256 private constant USD = 1e6;
    address private keeper = makeAddr("keeper");
    FlashLiquidator private flash;

    function setUp() public override {
        super.setUp();
        flash = new FlashLiquidator(vault, venue);
        _newPool(weth, 10_000 * ETH, usdc, 30_000_000 * USD, LOW_FEE);
        _newPool(weth, 10_000 * ETH, wbtc, 500e8, LOW_FEE);
        _add(aliceAccount, weth, 10 * ETH);
        _borrow(aliceAccount, _room(aliceAccount));
    }

    /// @dev A full borrower, one bad day later: the owner repays out of his collateral, at the cost of fee and impact.
    function test_Swap_ByTheOwner_RepaysOutOfCollateral() public {
        _setPrice(wethFeed, 2950e8);
        uint256 debt = vault.position(aliceAccount).debt;
        (uint256 health, int256 equity) = vault.standing(aliceAccount);
        _push(makeAddr("market"), weth, usdc, LOW_FEE, 80 * ETH);
        vm.prank(alice);
        uint256 out = vault.swapCollateral(aliceAccount, _order(weth, usdc, ETH));
        assertLt(vm.snapshotGasLastCall("VaultDefence", "swapByOwner"), 600_000);

        assertEq(vault.position(aliceAccount).debt, debt - out);
        assertEq(vault.position(aliceAccount).collateral[0], 9 * ETH);
        (uint256 healthAfter, int256 equityAfter) = vault.standing(aliceAccount);
        assertGt(healthAfter, health);
        assertGe(equityAfter, equity - equity / 100);
    }

    function test_RevertWhen_OwnerSwapsUnderMaintenance() public {
        _setPrice(wethFeed, 2500e8);
        uint256 health = vault.health(aliceAccount);
        assertLt(health, WAD);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnderMaintenance.selector, aliceAccount, health));
        vault.swapCollateral(aliceAccount, _order(weth, usdc, ETH));
    }

    function test_Swap_ByMandate_RestoresTheTarget() public {
        SwapMandate memory mandate = SwapMandate({
            triggerHealth: 1.06e18,
            targetHealth: 1.07e18,
            maxSlippage: 0.005e18,
            lossBudget: 0.02e18,
            window: 1 days,
            expiry: uint64(vm.getBlockTimestamp() + 30 days),
            allowedIn: 1,
            allowedOut: 0x8000,
            tip: 2e6
        });
        vm.prank(alice);
        vault.setSwapMandate(aliceAccount, mandate);
        _setPrice(wethFeed, 2950e8);
        _push(makeAddr("market"), weth, usdc, LOW_FEE, 80 * ETH);

        uint256 limit = vault.swapLimit(aliceAccount, address(weth), address(usdc));
        vm.prank(keeper);
        vault.swapCollateral(aliceAccount, _order(weth, usdc, limit));
        assertLt(vm.snapshotGasLastCall("VaultDefence", "swapByMandate"), 700_000);
        assertGe(vault.health(aliceAccount), 1.07e18);
        assertEq(usdc.balanceOf(keeper), 2 * USD);
        assertEq(usdc.balanceOf(address(vault)), vault.cash());
    }

    function test_TopUp_FromTheWallet_RestoresTheTarget() public {
        TopUpMandate memory mandate = TopUpMandate({
            source: bytes32(0),
            token: address(usdc),
            triggerHealth: 1.02e18,
            window: 1 days,
            targetHealth: 1.03e18,
            expiry: uint64(vm.getBlockTimestamp() + 30 days),
            capPerWindow: 20_000e6
        });
        vm.startPrank(alice);
        vault.setTopUpMandate(aliceAccount, 0, mandate);
        usdc.approve(address(vault), type(uint256).max);
        vm.stopPrank();
        _setPrice(wethFeed, 2500e8);
        uint256 owned = usdc.balanceOf(alice);
        uint256 moved = vault.topUp(aliceAccount, 0);
        assertLt(vm.snapshotGasLastCall("VaultDefence", "topUp"), 400_000);
        assertEq(usdc.balanceOf(alice), owned - moved);
        assertGe(vault.health(aliceAccount), 1.03e18);
        assertEq(usdc.balanceOf(address(vault)), vault.cash());
    }

    function test_FlashLiquidation_WithNoCapital() public {
        _setPrice(wethFeed, 2700e8);
        _push(makeAddr("market"), weth, usdc, LOW_FEE, 530 * ETH);
        IFlashLiquidator.SwapRoute[] memory routes = new IFlashLiquidator.SwapRoute[](1);
        routes[0] = IFlashLiquidator.SwapRoute(address(weth), LOW_FEE);
        vm.prank(keeper);
        uint256 profit = flash.liquidate(aliceAccount, routes, 1, vm.getBlockTimestamp(), keeper);
        assertLt(vm.snapshotGasLastCall("VaultDefence", "flashLiquidation"), 700_000);
        assertEq(usdc.balanceOf(keeper), profit);
        assertGe(vault.health(aliceAccount), TARGET_HEALTH);
        assertEq(usdc.balanceOf(address(flash)) + weth.balanceOf(address(flash)), 0);
        assertEq(usdc.balanceOf(address(vault)), vault.cash());
    }

    /// @dev A collateral that calls back in the middle of its own sale finds every entry of the vault shut.
    function test_RevertWhen_SoldTokenReentersTheVault() public {
        CallbackToken hostile = new CallbackToken("EVIL", 18);
        _list(address(hostile), _newFeeds(8, "EVIL / USD", 3000e8), 18, 0.35e18, 0.021309e18);
        _newPool(hostile, 10_000 * ETH, usdc, 30_000_000 * USD, LOW_FEE);
        _add(aliceAccount, hostile, ETH);
        bytes[3] memory calls = [
            abi.encodeCall(vault.swapCollateral, (aliceAccount, _order(weth, usdc, ETH))),
            abi.encodeCall(vault.topUp, (aliceAccount, 0)),
            abi.encodeCall(vault.repay, (aliceAccount, 1))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            hostile.arm(address(vault), calls[i]);
            vm.prank(alice);
            vault.swapCollateral(aliceAccount, _order(hostile, usdc, ETH / 10));
            assertFalse(hostile.succeeded());
            assertEq(bytes4(hostile.answer()), bytes4(keccak256("ReentrancyGuardReentrantCall()")));
        }
    }

    function _order(MockToken tokenIn, MockToken tokenOut, uint256 amountIn) private view returns (SwapOrder memory) {
        return SwapOrder({
            tokenIn: address(tokenIn),
            tokenOut: address(tokenOut),
            fee: LOW_FEE,
            amountIn: amountIn,
            minOut: 0,
            deadline: vm.getBlockTimestamp()
        });
    }
}
