// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {Observation, SignedObservation} from "../../contracts/types/Observation.sol";
import {VaultOptions} from "./VaultOptions.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MockToken} from "./mocks/MockToken.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Liquidation of a fraction of everything
contract PortfolioLiquidationTest is VaultOptions {
    function setUp() public override {
        super.setUp();
        _add(holder, wbtc, 100e8);
        _add(taker, wbtc, 100e8);
    }

    /// @dev Five calls at the money on a tenth of a bitcoin: 6,000.
    function _short() private {
        _add(writer, wbtc, 0.1e8);
        _trade(writer, holder, true, 3000e18, FAR, 5e18, 0);
        assertGe(vault.health(writer), WAD);
    }

    // ------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_DeadlineHasPassed() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        IMarginVault.PortfolioLimits memory limits = _noLimits();
        limits.deadline -= 1;
        vm.startPrank(vault.ownerOf(taker));
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.DeadlinePassed.selector, limits.deadline, limits.deadline + 1)
        );
        vault.liquidatePortfolio(writer, taker, limits);
        limits.deadline += 1;
        vault.liquidatePortfolio(writer, taker, limits);
    }

    function test_RevertWhen_PartiesAreWrong() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        IMarginVault.PortfolioLimits memory limits = _noLimits();
        bytes32 nobody = vault.accountId(makeAddr("nobody"), 1);
        vm.startPrank(vault.ownerOf(taker));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, nobody));
        vault.liquidatePortfolio(nobody, taker, limits);
        bytes32 closed = vault.accountId(vault.ownerOf(taker), 2);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, closed));
        vault.liquidatePortfolio(writer, closed, limits);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, holder, vault.ownerOf(taker)));
        vault.liquidatePortfolio(writer, holder, limits);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.TakerIsAccount.selector, taker));
        vault.liquidatePortfolio(taker, taker, limits);
    }

    function test_RevertWhen_AccountIsHealthy() public {
        _short();
        _refusePortfolio(
            writer, abi.encodeWithSelector(IMarginVault.AccountHealthy.selector, writer, vault.health(writer))
        );
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertEq(plan.healthBefore, vault.health(writer));
        assertEq(plan.fraction, 0);
    }

    function test_RevertWhen_ThereIsNoOptionRisk() public {
        _add(writer, weth, 10e18);
        _borrow(writer, _room(writer));
        _setPrice(wethFeed, 2700e8);
        assertLt(vault.health(writer), WAD);
        _refusePortfolio(writer, abi.encodeWithSelector(IMarginVault.NoOptionRisk.selector, writer));
    }

    /// @dev A loan beside a small option: repayment is for `liquidate`. And the other way round.
    function test_RevertWhen_RepaymentSuffices_OrDoesNot() public {
        _add(writer, wbtc, 1e8);
        _trade(writer, holder, true, 3000e18, FAR, 1e18, 0);
        _borrow(writer, 42_000e6);
        _setPrice(wbtcFeed, 54_500e8);
        uint256 health = vault.health(writer);
        assertLt(health, WAD);
        _refusePortfolio(writer, abi.encodeWithSelector(IMarginVault.RepaymentSuffices.selector, writer, health));
        _liquidate(writer);
        assertGe(vault.health(writer), TARGET_HEALTH);
    }

    function test_RevertWhen_OptionRiskDominates_RepaymentIsRefused() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(writer);
        assertTrue(plan.wholePortfolio);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.OptionRiskDominates.selector, writer, vault.health(writer)));
        this.liquidateOutside(writer);
    }

    function liquidateOutside(bytes32 account) external {
        _liquidate(account);
    }

    function test_RevertWhen_CallersLimitsAreMissedByOne() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertGt(plan.payment, 0);
        assertLt(plan.fraction, WAD);
        IMarginVault.PortfolioLimits memory limits = _noLimits();
        vm.startPrank(vault.ownerOf(taker));
        limits.maxPayment = plan.payment - 1;
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.PaymentLimitTooSmall.selector, writer, plan.payment, plan.payment - 1)
        );
        vault.liquidatePortfolio(writer, taker, limits);
        (limits.maxPayment, limits.maxFraction) = (plan.payment, plan.fraction - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.FractionLimitTooSmall.selector, writer, plan.fraction, plan.fraction - 1
            )
        );
        vault.liquidatePortfolio(writer, taker, limits);
        limits.maxFraction = plan.fraction;
        vault.liquidatePortfolio(writer, taker, limits);
    }

    /// @dev The price of an underlying must be there, out of a repay window, and not stopped.
    function test_RevertWhen_AnUnderlyingCannotBeLiquidated() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        bytes memory refusal =
            abi.encodeWithSelector(IMarginVault.CollateralNotSeizable.selector, writer, address(weth));
        guardian.raise(IGuardian.Level.Liquidation, address(weth), 1 hours);
        _refusePortfolio(writer, refusal);
        _wait(1 hours);
        uint256 snapshot = vm.snapshotState();
        _takePortfolio(writer);
        vm.revertToState(snapshot);

        _setDown(wethFeed, true);
        hub.markOutage(address(weth));
        skip(15 minutes);
        hub.markOutage(address(weth));
        _refusePortfolio(writer, abi.encodeWithSelector(IOracleHub.TooFewFeeds.selector, address(weth), 0, 2));
        _setDown(wethFeed, false);
        _refresh();
        _refusePortfolio(writer, refusal);
        _wait(1 hours + 1);
        _takePortfolio(writer);
    }

    /// @dev The taker must be able to bear what it takes.
    function test_RevertWhen_TheTakerEndsUnderItsInitialRequirement() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        bytes32 poor = _open("poor");
        IMarginVault.PortfolioLimits memory limits = _noLimits();
        vm.startPrank(vault.ownerOf(poor));
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vault.liquidatePortfolio(writer, poor, limits);
        vm.stopPrank();
        // What it lacks, found by halving, is both enough and necessary.
        uint256 low = 0;
        uint256 high = 1e8;
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            uint256 snapshot = vm.snapshotState();
            _add(poor, wbtc, middle);
            vm.prank(vault.ownerOf(poor));
            try vault.liquidatePortfolio(writer, poor, limits) {
                high = middle;
                IMarginVault.Valuation memory worth = vault.valuation(poor);
                assertGe(worth.borrowCapacity, worth.debt + worth.initialRequirement);
            } catch {
                low = middle;
            }
            vm.revertToState(snapshot);
        }
        assertGt(high, 0);
        assertLt(high, 1e8);
    }

    function test_RevertWhen_TheTakerWouldOweDust() public {
        _add(writer, wbtc, 0.01e8);
        _trade(writer, holder, true, 3000e18, FAR, 0.5e18, 0);
        _setPrice(wethFeed, 3450e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        uint256 owed = plan.payment + plan.debtTaken;
        assertGt(owed, 0);
        assertLt(owed, MINIMUM_DEBT);
        _refusePortfolio(
            writer, abi.encodeWithSelector(IMarginVault.DebtBelowMinimum.selector, taker, owed, MINIMUM_DEBT)
        );
        _borrow(taker, MINIMUM_DEBT);
        _takePortfolio(writer);
        assertEq(vault.position(taker).debt, owed + MINIMUM_DEBT);
    }

    // -------------------------------------------------------------------------------------------------- outcomes

    function test_LiquidatePortfolio_DoesWhatThePlanSays() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertEq(plan.debtTaken, 0);
        assertEq(plan.deficit, 0);
        uint256 assets = vault.totalAssets();
        (uint256 fraction, uint256 payment) = _takePortfolio(writer);
        assertEq(fraction, plan.fraction);
        assertEq(payment, plan.payment);
        assertEq(vault.position(taker).debt, payment);
        assertEq(vault.position(writer).credit, payment);
        uint256 units = 0.1e8 * fraction / WAD;
        assertEq(vault.position(taker).collateral[1], 100e8 + units);
        assertEq(vault.position(writer).collateral[1], 0.1e8 - units);
        int256 moved = -int256(5e18 * fraction / WAD);
        assertEq(_amount(taker, true, 3000e18, FAR), moved);
        assertEq(_amount(writer, true, 3000e18, FAR), -5e18 - moved);
        assertEq(vault.position(writer).liquidations, 1);
        assertGe(vault.health(writer), TARGET_HEALTH);
        assertApproxEqRel(vault.health(writer), TARGET_HEALTH, 1e12);
        assertEq(vault.totalAssets(), assets);
        _assertConserved();
    }

    function test_LiquidatePortfolio_EmitsWhatItDid() public {
        _short();
        _setPrice(wethFeed, 3500e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        uint256 snapshot = vm.snapshotState();
        _takePortfolio(writer);
        uint256 healthAfter = vault.health(writer);
        vm.revertToState(snapshot);
        vm.expectEmit(address(vault));
        emit IMarginVault.PortfolioTaken(
            writer, taker, plan.fraction, 0, plan.payment, 0, plan.healthBefore, healthAfter
        );
        _takePortfolio(writer);
    }

    /// @dev With a loan and credit in turn: debt and credit go in the same fraction.
    function test_LiquidatePortfolio_TakesItsPartOfTheDebt() public {
        _add(writer, wbtc, 0.2e8);
        _trade(writer, holder, true, 3000e18, FAR, 5e18, 0);
        _borrow(writer, 5000e6);
        _setPrice(wethFeed, 3500e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertGt(plan.debtTaken, 0);
        assertTrue(vault.liquidationPlan(writer).wholePortfolio);
        _takePortfolio(writer);
        assertEq(vault.position(taker).debt, plan.debtTaken + plan.payment);
        uint256 left = 5000e6 - plan.debtTaken;
        assertEq(vault.position(writer).debt + plan.payment, left + vault.position(writer).credit);
        assertGe(vault.health(writer), TARGET_HEALTH);
        _assertConserved();
    }

    function test_LiquidatePortfolio_TakesItsPartOfTheCredit() public {
        _add(writer, wbtc, 0.05e8);
        _trade(writer, holder, true, 3000e18, FAR, 5e18, 400e6);
        assertEq(vault.position(writer).credit, 2000e6);
        _setPrice(wethFeed, 3400e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertGt(plan.creditTaken, 0);
        _borrow(taker, MINIMUM_DEBT);
        _takePortfolio(writer);
        assertEq(vault.position(writer).credit, 2000e6 - plan.creditTaken + plan.payment);
        assertGe(vault.health(writer), TARGET_HEALTH);
        _assertConserved();
    }

    /// @dev Long options alone bring no requirement, yet with a loan they go the same way.
    function test_LiquidatePortfolio_LongOnly_WithLoan() public {
        _add(writer, wbtc, 0.01e8);
        _trade(holder, writer, true, 2000e18, FAR, 5e18, 0);
        vm.prank(address(book));
        vault.movePremium(writer, holder, 3000e6);
        assertEq(vault.valuation(writer).maintenanceRequirement, 0);
        assertLt(vault.health(writer), WAD);
        assertTrue(vault.liquidationPlan(writer).wholePortfolio);
        _takePortfolio(writer);
        assertGe(vault.health(writer), TARGET_HEALTH);
        assertGt(_amount(writer, true, 2000e18, FAR), 0, "no more than is needed");
        _assertConserved();
    }

    // --------------------------------------------------------------------------------------------- nobody profits

    /// @dev Whoever takes gets at most a tenth of the net value, and what he gains the account loses: to the unit, at oracle prices.
    /// forge-config: default.fuzz.runs = 100
    function testFuzz_LiquidatePortfolio_ImprovesOrCloses_NothingIsMade(uint256 price, uint256 debt, uint256 size)
        public
    {
        _add(writer, wbtc, 0.3e8);
        size = bound(size, 0.5e18, 12e18);
        _trade(writer, holder, true, 3000e18, FAR, uint96(size), 0);
        if (_spare(writer) > MINIMUM_DEBT) _borrow(writer, bound(debt, MINIMUM_DEBT, _spare(writer)));
        _setPrice(wethFeed, int256(bound(price, 2000e8, 9000e8)));
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(writer);
        if (!plan.wholePortfolio) return;
        (uint256 before, int256 own) = vault.standing(writer);
        (, int256 others) = vault.standing(taker);
        uint256 assets = vault.totalAssets();
        IMarginVault.PortfolioPlan memory portfolio = vault.portfolioPlan(writer);
        _takePortfolio(writer);
        (uint256 afterwards, int256 ownAfter) = vault.standing(writer);
        (, int256 othersAfter) = vault.standing(taker);
        assertGt(afterwards, before);
        if (portfolio.deficit == 0) {
            assertApproxEqAbs(ownAfter + othersAfter, own + others, 1e13, "value was made");
            assertLe(othersAfter - others, own / 10 + 1e13, "more than the discount");
            assertGe(ownAfter, int256(0));
        } else {
            assertEq(ownAfter, int256(0), "nothing is left");
            assertApproxEqAbs(othersAfter, others, 1e13, "the taker is made whole, and no more");
            uint256 loan = vault.totalDeficit();
            assertApproxEqAbs(loan + vault.books().optionDeficit, portfolio.deficit, 1);
        }
        assertApproxEqAbs(vault.totalAssets() + vault.totalDeficit(), assets, 2);
        _assertConserved();
    }

    function _spare(bytes32 account) private view returns (uint256) {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        uint256 used = worth.debt + worth.initialRequirement;
        return worth.borrowCapacity > used ? (worth.borrowCapacity - used) / 1e12 : 0;
    }

    // -------------------------------------------------------------------------------------------------- deficits

    /// @dev An option-only account that lacks 4,000: the fund pays what it has, winners bear the rest, lenders nothing.
    function test_LiquidatePortfolio_OptionDeficit_IsNotTheLenders() public {
        _short();
        _endow(address(optionFund), 1000e6);
        _endow(address(insurance), 50_000e6);
        uint256 share = vault.convertToAssets(1e12);
        _setPrice(wethFeed, 5000e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertEq(plan.fraction, WAD);
        assertEq(plan.payment, 0);
        assertGt(plan.deficit, 4000e6);
        vm.expectEmit(address(vault));
        emit IMarginVault.OptionLossRealised(writer, plan.deficit, 1000e6, plan.deficit - 1000e6);
        _takePortfolio(writer);
        assertEq(usdc.balanceOf(address(insurance)), 50_000e6, "insurance is for loans");
        assertEq(vault.position(taker).credit, plan.deficit);
        assertEq(vault.position(writer).debt, 0);
        assertEq(vault.convertToAssets(1e12), share);
        assertEq(vault.totalDeficit(), 0);
        assertEq(book.legCount(writer), 0);
        _assertConserved();
    }

    /// @dev What the legs owe is of options; the rest of the deficit is of the loan.
    function test_LiquidatePortfolio_BothDeficits_AreSplit() public {
        _add(writer, wbtc, 1e8);
        _trade(writer, holder, true, 3000e18, FAR, 5e18, 0);
        _borrow(writer, 35_000e6);
        _setPrice(wethFeed, 4000e8);
        _setPrice(wbtcFeed, 30_000e8);
        (, int256 marked) = book.maintenance(writer);
        uint256 legs = (uint256(-marked) + 1e12 - 1) / 1e12;
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertEq(plan.deficit, 5000e6 + legs);
        uint256 assets = vault.totalAssets();
        vm.expectEmit(address(vault));
        emit IMarginVault.DeficitRealised(writer, 5000e6, 0, 0, 5000e6);
        vm.expectEmit(address(vault));
        emit IMarginVault.OptionLossRealised(writer, legs, 0, legs);
        _takePortfolio(writer);
        assertEq(vault.totalDeficit(), 5000e6);
        assertEq(vault.books().optionDeficit, legs);
        assertEq(vault.totalAssets(), assets - 5000e6);
        assertEq(vault.position(taker).debt, 35_000e6 - plan.deficit);
        _assertConserved();
    }

    /// @dev Debt of settled options counts as the options'.
    function test_LiquidatePortfolio_SettledDebt_IsOfOptions() public {
        _add(writer, wbtc, 0.1e8);
        _trade(writer, holder, true, 3000e18, FAR, 1e18, 0);
        vm.prank(address(book));
        vault.settleLoss(writer, 4000e6);
        _setPrice(wbtcFeed, 30_000e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        assertGt(plan.deficit, 1000e6);
        _takePortfolio(writer);
        assertEq(vault.books().optionDeficit, plan.deficit);
        assertEq(vault.totalDeficit(), 0);
        assertEq(vault.position(writer).optionDebt, 0);
        _assertConserved();
    }

    // ------------------------------------------------------------------------------------------------ what stays

    /// @dev A little of a token whose feed is dead shelters nothing: it stays, and all else goes.
    function test_LiquidatePortfolio_UnpricedDust_Stays() public {
        (MockToken dead, bytes32 account) = _withDeadDust();
        _setPrice(wethFeed, 3500e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(account);
        assertGt(plan.payment, 0);
        _takePortfolio(account);
        assertEq(vault.position(account).collateral[2], 1);
        assertEq(vault.position(taker).collateral[2], 0);
        assertGe(vault.health(account), TARGET_HEALTH);
        assertEq(dead.balanceOf(address(vault)), 1);
        _assertConserved();
    }

    /// @dev And what the rest lacks is owed by the account as long as nobody knows what the dust is worth.
    function test_LiquidatePortfolio_UnpricedDust_OwesTheDeficit() public {
        (, bytes32 account) = _withDeadDust();
        _setPrice(wethFeed, 5000e8);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(account);
        assertGt(plan.deficit, 0);
        _takePortfolio(account);
        assertEq(vault.position(account).debt, plan.deficit);
        assertEq(vault.position(account).optionDebt, plan.deficit);
        assertEq(book.legCount(account), 0);
        _assertConserved();

        // Its price comes back, the dust goes, and the loss is realised as one of options.
        _setDown(_deadFeed, false);
        _setPrice(_deadFeed, 10e8);
        uint256 assets = vault.totalAssets();
        (uint256 repaid,) = _liquidate(account);
        assertEq(vault.position(account).debt, 0);
        assertEq(vault.books().optionDeficit, plan.deficit - repaid);
        assertEq(vault.totalAssets(), assets);
        _assertConserved();
    }

    MockFeed private _deadFeed;

    /// @dev `_short`, and one unit of a collateral whose feeds have gone down.
    function _withDeadDust() private returns (MockToken dead, bytes32 account) {
        dead = new MockToken("Dead", "DEAD", 18);
        _deadFeed = _newFeeds(8, "DEAD / USD", 10e8);
        _list(address(dead), _deadFeed, 18, 0.35e18, 0.021309e18);
        _short();
        account = writer;
        _add(account, dead, 1);
        _setDown(_deadFeed, true);
    }

    /// @dev A guardian's stop of one collateral holds that one back and nothing else.
    function test_LiquidatePortfolio_StoppedCollateral_Stays() public {
        _short();
        _add(writer, weth, 0.1e18);
        guardian.raise(IGuardian.Level.Liquidation, address(wbtc), 6 hours);
        _setPrice(wethFeed, 3600e8);
        assertLt(vault.health(writer), WAD);
        _takePortfolio(writer);
        assertEq(vault.position(writer).collateral[1], 0.1e8);
        assertEq(book.legCount(writer), 0, "nothing that may go stands behind the rest");
        assertGt(vault.position(writer).debt, 0);
        assertGe(vault.health(writer), TARGET_HEALTH, "without the options it is sound");
        _assertConserved();
    }

    /// @dev Winnings that are not paid yet stay the account's, so nobody pays what it lacks without them: else who has won in one expiry
    /// would be paid by the fund for what he loses in another, and keep what he has won.
    function test_LiquidatePortfolio_PendingWinnings_PayTheDeficit() public {
        bytes32 rogue = _open("rogue");
        _add(rogue, wbtc, 0.1e8);
        _trade(holder, rogue, true, 3000e18, NEAR, 5e18, 0);
        _trade(rogue, holder, true, 3000e18, FAR, 5e18, 0);
        _endow(address(optionFund), 100_000e6);
        _finalise(NEAR, 5000e8);
        _settle(rogue, NEAR);
        assertEq(book.pendingClaims(rogue), 10_000e6);
        _setPrice(wethFeed, 6500e8);
        _setPrice(wbtcFeed, 30_000e8);
        assertLt(vault.health(rogue), WAD);
        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(rogue);
        assertGt(plan.deficit, 10_000e6);
        _takePortfolio(rogue);
        assertEq(usdc.balanceOf(address(optionFund)), 100_000e6);
        assertEq(vault.position(rogue).debt, plan.deficit);

        _settle(holder, NEAR);
        _claim(rogue, NEAR);
        assertEq(vault.position(rogue).debt, plan.deficit - 10_000e6);
        assertEq(vault.position(rogue).credit, 0);
        _liquidate(rogue);
        assertEq(vault.position(rogue).debt, 0, "nothing is left: the rest is lost");
        assertEq(usdc.balanceOf(address(optionFund)), 100_000e6 - (plan.deficit - 10_000e6));
        _assertConserved();
    }

    // -------------------------------------------------------------------------------------------------- and rule 3

    /// @dev With the option inputs of 24 hours ago the account would be sound: what it is relieved of draws on the budget, which a loan taken in
    /// the same transaction does not widen. Every call is a transaction of its own here.
    /// forge-config: default.isolate = true
    function test_RevertWhen_ARuleChangedIt_AndTheBudgetIsSpent() public {
        _short();
        _withdrawSpare(writer);
        _add(aliceAccount, weth, 10_000e18);
        _borrow(aliceAccount, 50_000e6);
        skip(MIN_INTERVAL);
        _refresh();
        risk.submit(_raised(0.9e18));
        assertLt(vault.health(writer), WAD);

        IMarginVault.PortfolioPlan memory plan = vault.portfolioPlan(writer);
        uint256 freed = (vault.valuation(writer).maintenanceRequirement * plan.fraction / WAD) / 1e12;
        uint256 needed = freed * 100 + 1000e6; // Half of 2 % of debt at once.
        assertGt(needed, 50_000e6);
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.takeOutside(writer);
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.borrowAndTake(needed, writer);
        _borrow(aliceAccount, needed - 50_000e6);
        _takePortfolio(writer);
        assertGe(vault.health(writer), TARGET_HEALTH);
    }

    /// @dev A day after the change the old inputs count no more, and neither does the budget.
    function test_LiquidatePortfolio_ADayAfterTheRuleChange_DrawsOnNoBudget() public {
        _short();
        _withdrawSpare(writer);
        skip(MIN_INTERVAL);
        _refresh();
        risk.submit(_raised(0.9e18));
        uint256 snapshot = vm.snapshotState();
        _wait(1 days - 1);
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.takeOutside(writer);
        vm.revertToState(snapshot);
        _wait(1 days + 1);
        assertLt(vault.health(writer), WAD);
        _takePortfolio(writer);
    }

    function takeOutside(bytes32 account) external {
        _takePortfolio(account);
    }

    function borrowAndTake(uint256 amount, bytes32 account) external {
        _borrow(aliceAccount, amount);
        _takePortfolio(account);
    }

    /// @dev Down to the initial requirement, but for a little.
    function _withdrawSpare(bytes32 account) private {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        uint256 kept = vault.position(account).collateral[1] * worth.initialRequirement / worth.borrowCapacity + 10;
        uint256 spare = vault.position(account).collateral[1] - kept;
        vm.prank(vault.ownerOf(account));
        vault.withdrawCollateral(account, address(wbtc), spare, address(this), "");
    }

    /// @dev Three signers that agree on another implied volatility.
    function _raised(uint64 implied) private view returns (SignedObservation[] memory signed) {
        signed = new SignedObservation[](3);
        for (uint256 i = 0; i < 3; ++i) {
            Observation memory observation = _observation(VOLATILITY, SLIPPAGE);
            observation.vector[0].expiries[0].impliedVolatility = implied;
            observation.vector[0].expiries[1].impliedVolatility = implied;
            signed[i] = _sign(observation, signerList[i]);
        }
    }
}
