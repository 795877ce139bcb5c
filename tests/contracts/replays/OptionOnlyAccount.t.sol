// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {VaultOptions} from "../VaultOptions.sol";

/// @title Replay: an account with options and no loan goes under water
/// @dev It is liquidated as a portfolio; what it lacks is the option fund's, then the winners'; lenders have what they had.
contract OptionOnlyAccountReplay is VaultOptions {
    function setUp() public override {
        super.setUp();
        _add(aliceAccount, weth, 100e18);
        _borrow(aliceAccount, 100_000e6);
        _add(writer, wbtc, 0.1e8);
        _add(holder, wbtc, 10e8);
        _add(taker, wbtc, 100e8);
        _trade(writer, holder, true, 3000e18, NEAR, 5e18, 0);
        _endow(address(optionFund), 1000e6);
        _endow(address(insurance), 100_000e6);
    }

    function liquidateOutside(bytes32 account) external {
        _liquidate(account);
    }

    function test_Replay_UnderWater_FundThenWinners_LendersUnmoved() public {
        uint256 share = vault.convertToAssets(1e12);
        _setPrice(wethFeed, 5000e8);
        vm.expectPartialRevert(IMarginVault.OptionRiskDominates.selector);
        this.liquidateOutside(writer);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        _takePortfolio(writer);
        assertEq(vault.convertToAssets(1e12), share);
        assertEq(usdc.balanceOf(address(optionFund)), 0);
        uint256 left = plan.deficit - 1000e6;
        assertEq(vault.books().optionDeficit, left);

        // At expiry the taker has borne the loss of the legs out of its credit; winners bear what the fund could not.
        _finalise(NEAR, 5000e8);
        _settle(taker, NEAR);
        _settle(holder, NEAR);
        uint256 claim = book.pendingClaims(holder);
        assertEq(claim, 10_000e6);
        _claim(holder, NEAR);
        uint256 paid = vault.position(holder).credit;
        assertApproxEqAbs(paid, claim - left, 1e3);
        assertLe(paid, claim - left);
        assertEq(vault.books().optionDeficit, 0);
        assertEq(usdc.balanceOf(address(insurance)), 100_000e6, "insurance is for loans");
        assertEq(vault.totalDeficit(), 0);
        assertGe(vault.convertToAssets(1e12), share);
        _assertConserved();
    }

    /// @dev Not under water, only under its requirement: a fraction goes at its price, and nobody else pays anything.
    function test_Replay_UnderItsRequirement_AFractionGoes() public {
        _setPrice(wethFeed, 3600e8);
        uint256 share = vault.convertToAssets(1e12);
        (uint256 fraction,) = _takePortfolio(writer);
        assertLt(fraction, WAD);
        assertGe(vault.health(writer), TARGET_HEALTH);
        assertEq(usdc.balanceOf(address(optionFund)), 1000e6);
        assertEq(vault.books().optionDeficit, 0);
        assertEq(vault.convertToAssets(1e12), share);
        _assertConserved();
    }
}
