// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FlashLiquidator} from "../../contracts/FlashLiquidator.sol";
import {IFlashLiquidator} from "../../contracts/interfaces/IFlashLiquidator.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Defence} from "../../contracts/libraries/Defence.sol";
import {DefenceFixture} from "./DefenceFixture.sol";

/// @title Liquidation with no capital of a real account: the vault's own liquidation, real pools, and a liquidator that owns nothing
contract FlashLiquidationTest is DefenceFixture {
    FlashLiquidator private flash;

    function setUp() public override {
        super.setUp();
        flash = new FlashLiquidator(IMarginVault(address(vault)), venue);
        factors.setBonus(address(weth), 0.05e18);
        factors.setBonus(address(wbtc), 0.05e18);
        _newPool(wbtc, 500 * BTC, usdc, 30_000_000 * USD, MEDIUM_FEE);
    }

    function test_RevertWhen_AccountIsHealthy() public {
        vault.debit(account, 22_500 * USD);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountHealthy.selector, account, WAD));
        _liquidate(0);
    }

    /// @dev Under water there is no bonus, and what the collateral brings does not pay for it.
    function test_RevertWhen_AccountIsUnderWater() public {
        vault.debit(account, 31_000 * USD);
        vm.expectPartialRevert(IFlashLiquidator.ProceedsTooSmall.selector);
        _liquidate(0);
    }

    function test_RevertWhen_ProfitIsUnderTheMinimum() public {
        vault.debit(account, 23_500 * USD);
        uint256 snapshot = vm.snapshotState();
        uint256 profit = _liquidate(0);
        assertTrue(vm.revertToState(snapshot));
        vm.expectRevert(abi.encodeWithSelector(IFlashLiquidator.ProfitTooSmall.selector, profit, profit + 1));
        _liquidate(profit + 1);
        assertEq(_liquidate(profit), profit);
    }

    function test_Liquidate_RestoresTheAccount_WithNoCapital() public {
        vault.debit(account, 23_500 * USD);
        _add(account, wbtc, 0.01e8);
        assertLt(_health(), WAD);
        uint256 assets = vault.lendersAssets();
        uint256 profit = _liquidate(1);

        assertEq(usdc.balanceOf(keeper), profit);
        assertGe(_health(), 1.03e18);
        assertGe(vault.lendersAssets() + 1, assets);
        assertEq(usdc.balanceOf(address(flash)) + weth.balanceOf(address(flash)) + wbtc.balanceOf(address(flash)), 0);
        assertEq(usdc.allowance(address(flash), address(vault)), 0);
        _assertConserved();
    }

    /// @dev Wherever it pays, it pays the whole, leaves the account better and the books true; where it does not, nothing has happened.
    function testFuzz_Liquidate_PaysOrDoesNothing(uint256 debt, uint256 satoshi, uint256 push) public {
        debt = bound(debt, 22_501 * USD, 32_000 * USD);
        satoshi = bound(satoshi, 0, 0.05e8);
        push = bound(push, 1, 300 * ETH);
        vault.debit(account, debt);
        if (satoshi != 0) _add(account, wbtc, satoshi);
        _push(attacker, weth, usdc, LOW_FEE, push);
        Defence.Standing memory before = _standing();

        try this.liquidate() returns (uint256 profit) {
            assertEq(usdc.balanceOf(keeper), profit);
            assertTrue(_health() > before.health);
        } catch {
            assertEq(abi.encode(_standing()), abi.encode(before));
            assertEq(usdc.balanceOf(keeper), 0);
        }
        assertEq(usdc.balanceOf(address(flash)) + weth.balanceOf(address(flash)) + wbtc.balanceOf(address(flash)), 0);
        _assertConserved();
    }

    function test_Gas_FlashLiquidation() public {
        vault.debit(account, 23_500 * USD);
        _liquidate(0);
        assertLt(vm.snapshotGasLastCall("FlashLiquidator", "oneCollateral"), 500_000);
    }

    /// @dev Only so that a test may catch a revert.
    function liquidate() external returns (uint256) {
        return _liquidate(0);
    }

    function _liquidate(uint256 minProfit) private returns (uint256) {
        IFlashLiquidator.SwapRoute[] memory routes = new IFlashLiquidator.SwapRoute[](2);
        routes[0] = IFlashLiquidator.SwapRoute(address(weth), LOW_FEE);
        routes[1] = IFlashLiquidator.SwapRoute(address(wbtc), MEDIUM_FEE);
        return flash.liquidate(account, routes, minProfit, vm.getBlockTimestamp(), keeper);
    }
}
