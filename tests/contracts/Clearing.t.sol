// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultOptions} from "./VaultOptions.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title The vault as central counterparty: premiums, losses, winnings, and who bears what a writer cannot pay
contract ClearingTest is VaultOptions {
    address private bookAddress;

    function setUp() public override {
        super.setUp();
        bookAddress = address(book);
        _add(writer, wbtc, 1e8);
        _add(holder, wbtc, 1e8);
        _add(taker, wbtc, 10e8);
    }

    // ------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_CallerIsNotTheBook() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginVault.CallerNotPeer.selector, address(this), bookAddress);
        vm.expectRevert(refusal);
        vault.movePremium(writer, holder, 1);
        vm.expectRevert(refusal);
        vault.settleLoss(writer, 1);
        vm.expectRevert(refusal);
        vault.creditGain(writer, 1);
        vm.expectRevert(refusal);
        vault.absorbOptionDeficit(1);
        vm.expectRevert(refusal);
        vault.requireImproved(writer, 1, 1);
        refusal = abi.encodeWithSelector(IMarginVault.CallerNotPeer.selector, address(this), address(marginHub));
        vm.expectRevert(refusal);
        vault.requireInitial(writer, "", 0);
        vm.expectRevert(refusal);
        vault.noteLien(writer);
        // The book is not the hub, and the hub not the book.
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CallerNotPeer.selector, bookAddress, address(marginHub)));
        vm.prank(bookAddress);
        vault.noteLien(writer);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CallerNotPeer.selector, address(marginHub), bookAddress));
        vm.prank(address(marginHub));
        vault.settleLoss(writer, 1);
    }

    function test_RevertWhen_PremiumMovesFromOrToNobody() public {
        bytes32 nobody = vault.accountId(makeAddr("nobody"), 1);
        vm.startPrank(bookAddress);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, nobody));
        vault.movePremium(nobody, holder, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, nobody));
        vault.movePremium(holder, nobody, 1);
    }

    function test_RevertWhen_MoreIsCreditedThanIsUnsettled() public {
        _trade(writer, holder, true, 3000e18, NEAR, 1e18, 0);
        _finalise(NEAR, 3400e8);
        _settle(writer, NEAR);
        assertEq(vault.books().unsettled, 400e6);
        vm.startPrank(bookAddress);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vault.creditGain(holder, 400e6 + 1);
        vm.expectEmit(address(vault));
        emit IMarginVault.GainCredited(holder, 400e6);
        vault.creditGain(holder, 400e6);
        assertEq(vault.books().unsettled, 0);
        assertEq(vault.position(holder).credit, 400e6);
    }

    function test_Claim_OfASingleUnit_IsKept() public {
        _trade(writer, holder, true, 3000e18, NEAR, 1e18, 0);
        _finalise(NEAR, 3000e8 + 100);
        _settle(holder, NEAR);
        assertEq(book.pendingClaims(holder), 1);
    }

    // ------------------------------------------------------------------------------------------------- premiums

    function test_MovePremium_TakesCreditFirst_PaysDebtFirst() public {
        _borrow(writer, 1000e6);
        uint256 assets = vault.totalAssets();
        vm.startPrank(bookAddress);
        vm.expectEmit(address(vault));
        emit IMarginVault.PremiumMoved(holder, writer, 300e6);
        vault.movePremium(holder, writer, 300e6);
        assertEq(vault.position(writer).debt, 700e6);
        assertEq(vault.position(writer).credit, 0);
        assertEq(vault.position(holder).debt, 300e6);
        assertEq(vault.position(holder).optionDebt, 0, "a premium owed is a loan");

        vault.movePremium(holder, writer, 900e6);
        assertEq(vault.position(writer).debt, 0);
        assertEq(vault.position(writer).credit, 200e6);
        vault.movePremium(writer, holder, 150e6);
        assertEq(vault.position(writer).credit, 50e6);
        assertEq(vault.position(holder).debt, 1050e6);
        vault.movePremium(writer, holder, 150e6);
        assertEq(vault.position(writer).credit, 0);
        assertEq(vault.position(writer).debt, 100e6);
        vault.movePremium(holder, writer, 100e6 + 1);
        assertEq(vault.position(writer).credit, 1, "a single unit too");
        vault.movePremium(writer, holder, 100e6 + 1);
        vm.stopPrank();
        assertEq(vault.books().credit, 0);
        assertEq(vault.totalAssets(), assets);
        _assertConserved();
    }

    // ---------------------------------------------------------------------------------------------------- losses

    /// @dev The loss takes the writer's credit and makes debt of the rest; the debt says where it came from, and a loan does not.
    function test_SettleLoss_IsTaggedAsOptionDebt() public {
        _borrow(writer, 1000e6);
        vm.prank(bookAddress);
        vault.movePremium(holder, writer, 1100e6);
        assertEq(vault.position(writer).credit, 100e6);
        vm.expectEmit(address(vault));
        emit IMarginVault.LossSettled(writer, 400e6, 0);
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(writer, 400e6), 0);
        IMarginVault.Position memory held = vault.position(writer);
        assertEq(held.credit, 0);
        assertEq(held.debt, 300e6);
        assertEq(held.optionDebt, 300e6, "what credit has paid is not owed");
        _borrow(writer, 500e6);
        assertEq(vault.position(writer).optionDebt, 300e6);
        _assertConserved();
    }

    /// @dev A repayment pays the loan before what options lost, so that lenders are paid first.
    function test_Repay_PaysTheLoanBeforeOptionDebt() public {
        _borrow(writer, 500e6);
        vm.prank(bookAddress);
        vault.settleLoss(writer, 300e6);
        _repayFrom(lender, writer, 500e6);
        assertEq(vault.position(writer).optionDebt, 300e6);
        _repayFrom(lender, writer, 1);
        assertEq(vault.position(writer).optionDebt, 300e6 - 1);
        _repayFrom(lender, writer, type(uint256).max);
        assertEq(vault.position(writer).optionDebt, 0);
        assertEq(vault.position(writer).debt, 0);
    }

    /// @dev Both sides of the boundary: the loss is what stands behind the account, and one unit more.
    function test_SettleLoss_AtAndPastWhatStandsBehindIt() public {
        uint256 cover = 60_000e6;
        uint256 snapshot = vm.snapshotState();
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(writer, cover), 0);
        assertEq(vault.position(writer).debt, cover);
        vm.revertToState(snapshot);
        vm.expectEmit(address(vault));
        emit IMarginVault.LossSettled(writer, cover + 1, 1);
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(writer, cover + 1), 1);
        assertEq(vault.position(writer).debt, cover);
        assertEq(vault.books().unsettled, cover + 1);
        assertEq(vault.books().optionDeficit, 1);
        _assertConserved();
    }

    /// @dev The fund pays first; the rest waits for the winners; lenders see nothing of it.
    function test_SettleLoss_Uncovered_FundThenWinners() public {
        _endow(address(optionFund), 30_000e6);
        uint256 assets = vault.totalAssets();
        vm.expectEmit(address(vault));
        emit IMarginVault.OptionLossRealised(writer, 40_000e6, 30_000e6, 10_000e6);
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(writer, 100_000e6), 40_000e6);
        assertEq(usdc.balanceOf(address(optionFund)), 0);
        assertEq(vault.books().optionDeficit, 10_000e6);
        assertEq(vault.totalAssets(), assets);
        assertEq(vault.totalDeficit(), 0);
        _assertConserved();

        vm.startPrank(bookAddress);
        vm.expectEmit(address(vault));
        emit IMarginVault.OptionDeficitAbsorbed(4000e6, 4000e6);
        assertEq(vault.absorbOptionDeficit(4000e6), 4000e6, "no more than the claims");
        assertEq(vault.absorbOptionDeficit(96_000e6), 6000e6);
        assertEq(vault.absorbOptionDeficit(96_000e6), 0);
        vm.stopPrank();
        assertEq(vault.books().unsettled, 90_000e6);
        assertEq(vault.totalAssets(), assets);
        _assertConserved();
    }

    /// @dev No state of the account makes settlement fail: collateral without a price counts at the largest its feed could say.
    function test_SettleLoss_WithoutAnyPrice_IsDebited() public {
        _setDown(wbtcFeed, true);
        _setDown(wethFeed, true);
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(writer, 500_000e6), 0);
        assertEq(vault.position(writer).optionDebt, 500_000e6);
        _assertConserved();
    }

    function test_SettleLoss_EmptyAccount_AllIsUncovered() public {
        bytes32 empty = _open("empty");
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(empty, 5e6), 5e6);
        assertEq(vault.position(empty).debt, 0);
        assertEq(vault.books().optionDeficit, 5e6);
        _assertConserved();
    }

    /// @dev The loss of one expiry is not the fund's as long as options of another stand behind it: else whoever wrote near options to himself
    /// against far ones he was given would be paid by the fund and keep the far ones.
    function test_SettleLoss_OtherOptionsStandBehindIt() public {
        bytes32 rogue = _open("rogue");
        _trade(holder, rogue, true, 1000e18, FAR, 1e18, 0);
        _trade(rogue, holder, true, 3000e18, NEAR, 1e18, 0);
        assertEq(vault.valuation(rogue).collateralValue, 0);
        _endow(address(optionFund), 10_000e6);
        _finalise(NEAR, 4000e8);
        _settle(rogue, NEAR);
        assertEq(usdc.balanceOf(address(optionFund)), 10_000e6, "the fund paid for a solvent account");
        assertEq(vault.position(rogue).debt, 1000e6);
        assertEq(vault.position(rogue).optionDebt, 1000e6);
        _settle(holder, NEAR);
        _claim(holder, NEAR);
        assertEq(vault.position(holder).credit, 1000e6);

        // He owes more than stands behind him without a sale, so a taker buys part of what he has.
        assertLt(vault.health(rogue), WAD);
        assertTrue(vault.liquidationPlan(rogue).wholePortfolio);
        _takePortfolio(rogue);
        assertEq(vault.position(rogue).debt, 0);
        assertEq(vault.books().optionDeficit, 0);
        _assertConserved();
    }

    /// @dev What the remaining options are worth is the limit.
    function test_SettleLoss_OtherOptionsAreWorthLess_RestIsUncovered() public {
        bytes32 rogue = _open("rogue");
        _trade(holder, rogue, true, 3000e18, FAR, 1e18, 0);
        (, int256 marked) = book.maintenance(rogue);
        uint256 worth = uint256(marked) / 1e12 + 1;
        vm.startPrank(bookAddress);
        assertEq(vault.settleLoss(rogue, worth + 10e6), 10e6);
        vm.stopPrank();
        assertEq(vault.position(rogue).debt, worth);
        _assertConserved();
    }

    /// @dev Without a price nobody knows what the other options are worth: the loss is owed, and nobody else pays it yet.
    function test_SettleLoss_OtherOptionsHaveNoPrice_IsDebited() public {
        bytes32 rogue = _open("rogue");
        _trade(holder, rogue, true, 3000e18, FAR, 1e18, 0);
        _setDown(wethFeed, true);
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(rogue, 50_000e6), 0);
        assertEq(vault.position(rogue).optionDebt, 50_000e6);
    }

    /// @dev What an account is short of stands behind nothing.
    function test_SettleLoss_OtherOptionsAreShort_StandBehindNothing() public {
        _trade(writer, holder, true, 3000e18, FAR, 1e18, 0);
        vm.prank(bookAddress);
        assertEq(vault.settleLoss(writer, 60_000e6 + 7), 7);
    }

    // -------------------------------------------------------------------------------------------- the whole way

    /// @dev A pool whose writer can pay half: the holders share the rest pro rata, and lenders have what they had.
    function test_Expiry_WriterCannotPay_HoldersShareTheLoss() public {
        bytes32 poor = _open("poor");
        _add(poor, wbtc, 0.05e8); // 3,000
        bytes32 other = _open("other");
        _trade(poor, holder, true, 3000e18, NEAR, 2e18, 0);
        _trade(poor, other, true, 3000e18, NEAR, 1e18, 0);
        uint256 assets = vault.totalAssets();
        _finalise(NEAR, 5000e8);
        _settle(holder, NEAR);
        _settle(other, NEAR);
        _settle(poor, NEAR);
        assertEq(vault.position(poor).debt, 3000e6);
        assertEq(book.poolOf(address(weth), NEAR).haircut, 0.5e18);
        _claim(holder, NEAR);
        _claim(other, NEAR);
        assertEq(vault.position(holder).credit, 2000e6);
        assertEq(vault.position(other).credit, 1000e6);
        assertEq(vault.books().unsettled, 0);
        assertEq(vault.books().optionDeficit, 0);
        assertApproxEqAbs(vault.totalAssets(), assets, 1);
        _assertConserved();
    }

    /// @dev Whatever is won and lost, the books add up and lenders neither win nor lose.
    /// forge-config: default.fuzz.runs = 100
    function testFuzz_Expiry_LendersUnmoved(uint256 price, uint256 size, uint256 collateral, uint256 fund) public {
        bytes32 poor = _open("poor");
        collateral = bound(collateral, 0.1e8, 1e8);
        _add(poor, wbtc, collateral);
        size = bound(size, LOT, collateral * 5e11);
        _trade(poor, holder, true, 3000e18, NEAR, uint96(size), 0);
        _endow(address(optionFund), bound(fund, 0, 5000e6));
        uint256 assets = vault.totalAssets();
        _finalise(NEAR, int256(bound(price, 100e8, 30_000e8)));
        _settle(poor, NEAR);
        _assertConserved();
        _settle(holder, NEAR);
        _assertConserved();
        if (book.claimOf(holder, address(weth), NEAR) != 0) _claim(holder, NEAR);
        _assertConserved();
        assertApproxEqAbs(vault.totalAssets(), assets, 3);
        assertEq(vault.totalDeficit(), 0);
        assertLe(vault.books().unsettled, 3, "rounding only");
        assertEq(vault.books().optionDeficit, 0);
    }
}
