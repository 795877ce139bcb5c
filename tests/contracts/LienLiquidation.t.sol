// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultLimits} from "../../contracts/types/Ledger.sol";
import {VaultLiens} from "./VaultLiens.sol";

/// @title Liquidation against collateral on another chain
contract LienLiquidationTest is VaultLiens {
    bytes32 private lien;

    function setUp() public override {
        super.setUp();
        lien = _lien(aliceAccount, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
        _add(taker, wbtc, 100e8);
    }

    // ------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_DeadlineHasPassed() public {
        _setPrice(wethFeed, 2600e8);
        IMarginVault.LienLimits memory limits = _lienLimits(lien);
        limits.deadline -= 1;
        _refuseLien(
            aliceAccount,
            limits,
            abi.encodeWithSelector(IMarginVault.DeadlinePassed.selector, limits.deadline, limits.deadline + 1)
        );
    }

    function test_RevertWhen_AccountIsUnknownOrHealthy() public {
        bytes32 nobody = vault.accountId(makeAddr("nobody"), 1);
        _refuseLien(nobody, _lienLimits(lien), abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, nobody));
        _refuseLien(
            aliceAccount,
            _lienLimits(lien),
            abi.encodeWithSelector(IMarginVault.AccountHealthy.selector, aliceAccount, vault.health(aliceAccount))
        );
    }

    function test_RevertWhen_CollateralHereCanBeSeized() public {
        _add(aliceAccount, wbtc, 1);
        _setPrice(wethFeed, 2600e8);
        _refuseLien(
            aliceAccount,
            _lienLimits(lien),
            abi.encodeWithSelector(IMarginVault.CollateralHereFirst.selector, aliceAccount, 1)
        );
        _liquidate(aliceAccount);
        _seizeLien(aliceAccount, lien);
    }

    /// @dev Collateral here that may not be seized holds nothing back: without a price, or by the guardian.
    function test_LiquidateLien_CollateralHereIsNotSeizable_Goes() public {
        _add(aliceAccount, wbtc, 1);
        _setPrice(wethFeed, 2600e8);
        guardian.raise(IGuardian.Level.Liquidation, address(wbtc), 1 hours);
        uint256 snapshot = vm.snapshotState();
        _seizeLien(aliceAccount, lien);
        vm.revertToState(snapshot);
        guardian.lift(IGuardian.Level.Liquidation, address(wbtc));
        _setDown(wbtcFeed, true);
        _seizeLien(aliceAccount, lien);
    }

    /// @dev It goes on counting, so no more is seized than restores the target together with it.
    function test_LiquidateLien_CollateralHereIsNotSeizable_CountsForTheTarget() public {
        _add(aliceAccount, wbtc, 0.02e8);
        _setPrice(wethFeed, 2600e8);
        guardian.raise(IGuardian.Level.Liquidation, address(wbtc), 1 hours);
        assertLt(vault.health(aliceAccount), WAD);
        _seizeLien(aliceAccount, lien);
        assertGe(vault.health(aliceAccount), vault.targetHealth());
        assertApproxEqAbs(vault.health(aliceAccount), vault.targetHealth(), 1e12);
    }

    function test_RevertWhen_LienIsAnotherAccounts() public {
        bytes32 other = _lien(writer, 1e18);
        _setPrice(wethFeed, 2600e8);
        _refuseLien(
            aliceAccount,
            _lienLimits(other),
            abi.encodeWithSelector(IMarginVault.LienOfAnotherAccount.selector, other, writer, aliceAccount)
        );
        bytes32 unknown = keccak256("no lien");
        _refuseLien(
            aliceAccount, _lienLimits(unknown), abi.encodeWithSelector(IMarginHub.LienUnknown.selector, unknown)
        );
    }

    /// @dev A guardian's stop of the asset, and a missing price of it, hold its liens too.
    function test_RevertWhen_TheLiensAssetIsStoppedOrUnpriced() public {
        _setPrice(wethFeed, 2600e8);
        bytes memory refusal =
            abi.encodeWithSelector(IMarginVault.CollateralNotSeizable.selector, aliceAccount, address(weth));
        guardian.raise(IGuardian.Level.Liquidation, address(weth), 1 hours);
        _refuseLien(aliceAccount, _lienLimits(lien), refusal);
        _wait(1 hours - 1);
        _refuseLien(aliceAccount, _lienLimits(lien), refusal);
        uint256 snapshot = vm.snapshotState();
        _wait(1);
        _seizeLien(aliceAccount, lien);
        vm.revertToState(snapshot);

        // Marked twice while there is no price, the asset has a repay window afterwards.
        _setDown(wethFeed, true);
        hub.markOutage(address(weth));
        skip(15 minutes);
        hub.markOutage(address(weth));
        _setDown(wethFeed, false);
        _refresh();
        _refuseLien(aliceAccount, _lienLimits(lien), refusal);
        _wait(1 hours + 1);
        _seizeLien(aliceAccount, lien);
    }

    /// @dev Without a price a lien counts at the largest price for maintenance, so nobody is under water by it.
    function test_RevertWhen_TheLienHasNoPrice_AccountIsHealthy() public {
        _setDown(wethFeed, true);
        assertGt(vault.health(aliceAccount), WAD);
    }

    function test_RevertWhen_CallersLimitsAreMissedByOne() public {
        _setPrice(wethFeed, 2600e8);
        uint256 snapshot = vm.snapshotState();
        (uint256 repaid, uint256 units) = _seizeLien(aliceAccount, lien);
        vm.revertToState(snapshot);

        IMarginVault.LienLimits memory limits = _lienLimits(lien);
        limits.maxRepay = repaid - 1;
        _refuseLien(
            aliceAccount,
            limits,
            abi.encodeWithSelector(IMarginVault.RepayLimitTooSmall.selector, aliceAccount, repaid, repaid - 1)
        );
        limits.maxRepay = repaid;
        limits.minUnits = units + 1;
        _refuseLien(
            aliceAccount,
            limits,
            abi.encodeWithSelector(IMarginVault.LienSeizureTooSmall.selector, lien, units, units + 1)
        );
        limits.minUnits = units;
        usdc.mint(liquidator, repaid);
        vm.startPrank(liquidator);
        usdc.approve(address(vault), repaid);
        vm.expectEmit(address(vault));
        emit IMarginVault.LienSeized(aliceAccount, liquidator, lien, repaid, units, limits.recipient);
        vault.liquidateLien(aliceAccount, limits);
        assertEq(usdc.balanceOf(liquidator), 0);
    }

    // ------------------------------------------------------------------------------------------------- outcomes

    function test_LiquidateLien_EndsAtTheTarget_BonusCarriesTheDelay() public {
        _setPrice(wethFeed, 2700e8);
        uint256 before = vault.health(aliceAccount);
        assertLt(before, WAD);
        uint256 debt = vault.position(aliceAccount).debt;
        (uint256 repaid, uint256 units) = _seizeLien(aliceAccount, lien);
        assertApproxEqRel(vault.health(aliceAccount), TARGET_HEALTH, 1e10);
        assertEq(vault.position(aliceAccount).debt, debt - repaid);
        assertEq(vault.position(aliceAccount).liquidations, 1);
        uint256 rate = 0.5e18 + 0.5e18 * (WAD - before) / 0.05e18;
        uint256 bonus = marginHub.quoteSeizure(lien).bonus;
        assertGt(bonus, 0.05e18);
        if (rate > WAD) rate = WAD;
        assertApproxEqRel(units * 2700, repaid * 1e12 * (WAD + bonus * rate / WAD) / WAD, 1e10);
        _assertConserved();
    }

    /// @dev Two liens, each worth less than the debt: what pays for the bonus is both of them.
    function test_LiquidateLien_OfTwo_BothPayForTheBonus() public {
        bytes32 second = _lien(aliceAccount, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
        _setPrice(wethFeed, 2700e8);
        assertLt(vault.health(aliceAccount), WAD);
        assertGt(vault.position(aliceAccount).debt, 27_000e6, "neither lien alone is worth the debt");
        (uint256 repaid, uint256 units) = _seizeLien(aliceAccount, second);
        assertGt(units * 2700, repaid * 1.025e12, "a liquidator without a bonus does not come");
        assertGe(vault.health(aliceAccount), TARGET_HEALTH);
    }

    /// @dev What stands here is taken first, with a bonus that all of the collateral pays for.
    function test_Liquidate_HereFirst_LiensPayForTheBonusToo() public {
        _add(aliceAccount, wbtc, 0.1e8);
        _borrow(aliceAccount, _room(aliceAccount));
        _setPrice(wethFeed, 2500e8);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        assertFalse(plan.wholePortfolio);
        assertEq(plan.seize[1], 0.1e8);
        (uint256 repaid, uint256[] memory seized) = _liquidate(aliceAccount);
        assertEq(repaid, plan.repay);
        assertEq(seized, plan.seize);
        assertLt(repaid, 6000e6, "a liquidator without a bonus does not come");
        _seizeLien(aliceAccount, lien);
        _assertConserved();
    }

    /// @dev Deep under water, taking what stands here lowers health; it must go all the same, for the lien comes after it.
    function test_Liquidate_HereFirst_HealthFalls_AllowedWhenNothingSeizableIsLeft() public {
        _add(aliceAccount, wbtc, 0.1e8);
        _borrow(aliceAccount, _room(aliceAccount));
        _setPrice(wethFeed, 1200e8);
        uint256 before = vault.health(aliceAccount);
        _liquidate(aliceAccount);
        assertLt(vault.health(aliceAccount), before);
        assertGt(vault.position(aliceAccount).debt, 0);
        (, uint256 units) = _seizeLien(aliceAccount, lien);
        assertEq(units, 10e18);
        assertEq(vault.position(aliceAccount).debt, 0, "nothing is left behind it");
        assertGt(vault.totalDeficit(), 0);
        _assertConserved();
    }

    /// @dev The loss is of loans: insurance, then reserve, then lenders.
    function test_LiquidateLien_DeepUnderWater_RealisesTheLoss() public {
        _endow(address(insurance), 5000e6);
        _setPrice(wethFeed, 1500e8);
        uint256 debt = vault.position(aliceAccount).debt;
        uint256 assets = vault.totalAssets();
        (uint256 repaid, uint256 units) = _seizeLien(aliceAccount, lien);
        assertEq(units, 10e18);
        assertApproxEqAbs(repaid, 15_000e6, 1, "no bonus makes a loss larger");
        uint256 lost = debt - repaid;
        assertEq(vault.position(aliceAccount).debt, 0);
        assertEq(usdc.balanceOf(address(insurance)), 0);
        assertApproxEqAbs(vault.totalAssets(), assets + 5000e6 - lost, 2);
        _assertConserved();
    }

    /// @dev Rule 3 holds for what stands on another chain too: at the factors of a day before the account would be sound.
    function test_RevertWhen_ARuleChangedIt_AndTheBudgetIsZero() public {
        vault.setLimits(VaultLimits({ruleBudget: 0, volumeCap: 0, tip: 0, volumeWindow: 1 hours}));
        skip(MIN_INTERVAL);
        _refresh();
        risk.submit(_agreed(3, 1.2e18, SLIPPAGE));
        for (uint256 i = 0; i < 200 && vault.health(aliceAccount) >= WAD; ++i) {
            _wait(1 hours);
        }
        assertLt(vault.health(aliceAccount), WAD);
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.seizeOutside(aliceAccount, lien);
        // A price that falls needs no budget.
        _setPrice(wethFeed, 2000e8);
        _seizeLien(aliceAccount, lien);
    }

    function seizeOutside(bytes32 account, bytes32 key) external {
        _seizeLien(account, key);
    }

    /// @dev A lien whose asset has no price is worth something all the same: nobody else pays what it may stand behind.
    function test_SettleLoss_UnpricedLien_StandsBehindIt() public {
        bytes32 rogue = _open("rogue");
        assertFalse(vault.position(rogue).hasLiens);
        _lien(rogue, 10e18);
        assertTrue(vault.position(rogue).hasLiens);
        _setDown(wethFeed, true);
        vm.prank(address(book));
        assertEq(vault.settleLoss(rogue, 5000e6), 0);
        assertApproxEqAbs(vault.position(rogue).optionDebt, 5000e6, 1);
        assertEq(vault.books().optionDeficit, 0);
    }

    // ---------------------------------------------------------------------------------------------- with options

    /// @dev Options, something here and a lien: the portfolio goes first, what it lacks is owed, and the lien pays that.
    function test_LiquidatePortfolio_LienStays_ThenPays() public {
        bytes32 rogue = _open("rogue");
        bytes32 own = _lien(rogue, 10e18);
        _add(rogue, wbtc, 0.01e8);
        _add(holder, wbtc, 10e8);
        _trade(rogue, holder, false, 3000e18, FAR, 20e18, 0);
        _setPrice(wethFeed, 2200e8);
        assertLt(vault.health(rogue), WAD);
        assertTrue(vault.liquidationPlan(rogue).wholePortfolio);
        _refuseLien(
            rogue, _lienLimits(own), abi.encodeWithSelector(IMarginVault.CollateralHereFirst.selector, rogue, 1)
        );
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(rogue);
        assertEq(plan.fraction, WAD);
        assertGt(plan.deficit, 0);
        uint256 assets = vault.totalAssets();
        _takePortfolio(rogue);
        assertEq(book.legCount(rogue), 0);
        assertApproxEqAbs(vault.position(rogue).debt, plan.deficit, 1, "what the taker was credited is owed");
        assertEq(vault.position(rogue).optionDebt, plan.deficit);
        assertEq(vault.books().optionDeficit, 0, "nobody else pays while a lien stands behind it");
        _assertConserved();
        if (vault.health(rogue) < WAD) _seizeLien(rogue, own);
        assertGe(vault.health(rogue), WAD);
        assertApproxEqAbs(vault.totalAssets(), assets, 2);
        _assertConserved();
    }

    /// @dev Options on a lien alone: no debt is there that a lien could repay, so the portfolio must be able to go.
    function test_LiquidatePortfolio_NothingHere_LienStays() public {
        bytes32 rogue = _open("rogue");
        bytes32 own = _lien(rogue, 10e18);
        _add(holder, wbtc, 10e8);
        _trade(rogue, holder, false, 3000e18, FAR, 20e18, 0);
        _setPrice(wethFeed, 1700e8);
        assertLt(vault.health(rogue), WAD);
        _takePortfolio(rogue);
        assertEq(book.legCount(rogue), 0);
        assertGt(vault.position(rogue).debt, 0);
        uint256 owed = vault.position(rogue).debt;
        (uint256 repaid, uint256 units) = _seizeLien(rogue, own);
        assertEq(units, 10e18);
        assertEq(vault.position(rogue).debt, 0);
        assertEq(vault.books().optionDeficit, owed - repaid, "what options lost is not the lenders'");
        assertEq(vault.totalDeficit(), 0);
        _assertConserved();
    }
}
