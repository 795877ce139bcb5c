// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LiquidationLimits} from "../../contracts/types/LiquidationLimits.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {LiquidationMath} from "../../contracts/libraries/LiquidationMath.sol";
import {BaseTest} from "./BaseTest.sol";
import {MathHarness} from "./mocks/MathHarness.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Liquidation: the plan, its limits, and what is left when it is done
contract LiquidationTest is BaseTest {
    using SafeCast for int256;
    using SafeCast for uint256;

    MathHarness private math;

    function setUp() public override {
        super.setUp();
        math = new MathHarness();
    }

    /// @dev Alice borrows all she may on 10 WETH.
    function _fullLoan() private {
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
    }

    /// @dev Sets the price of WETH so that health is as given, rounded down.
    function _setHealth(uint256 health) private {
        uint256 current = vault.health(aliceAccount);
        _setPrice(wethFeed, (_answer(wethFeed).toUint256() * health / current).toInt256());
    }

    // ----------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_AccountIsHealthy() public {
        _fullLoan();
        uint256 health = vault.health(aliceAccount);
        assertGt(health, WAD);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountHealthy.selector, aliceAccount, health));
        vault.liquidate(
            aliceAccount,
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START}),
            ""
        );
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        assertEq(plan.repay, 0);
        assertEq(plan.seize.length, 2);
        assertEq(plan.healthBefore, health);
    }

    /// @dev Both sides of 1: the debt is exactly the capacity, and one unit more.
    function test_Calculate_HealthIsExactlyOne_DoesNothing() public view {
        LiquidationMath.Book memory book = _book(800e6, 1000e18, 0.8e18, 0.05e18);
        LiquidationMath.Outcome memory outcome = math.calculate(book);
        assertEq(outcome.healthBefore, WAD);
        assertEq(outcome.repay, 0);
        book.debt += 1;
        outcome = math.calculate(book);
        assertLt(outcome.healthBefore, WAD);
        assertGt(outcome.repay, 0);
    }

    function test_RevertWhen_DebtFreeAccountIsLiquidated() public {
        _add(aliceAccount, weth, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountHealthy.selector, aliceAccount, type(uint256).max));
        vault.liquidate(
            aliceAccount,
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START}),
            ""
        );
    }

    function test_RevertWhen_DeadlineHasPassed() public {
        _fullLoan();
        _setHealth(0.97e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DeadlinePassed.selector, START - 1, START));
        vault.liquidate(
            aliceAccount,
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START - 1}),
            ""
        );
    }

    function test_RevertWhen_LimitsHaveAnotherLength() public {
        _fullLoan();
        _setHealth(0.97e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.LengthMismatch.selector, 1, 2));
        vault.liquidate(
            aliceAccount,
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](1), deadline: START}),
            ""
        );
    }

    function test_RevertWhen_CallersLimitsAreMissedByOne() public {
        _fullLoan();
        _setHealth(0.97e18);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        uint256[] memory least = plan.seize;
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.RepayLimitTooSmall.selector, aliceAccount, plan.repay, plan.repay - 1)
        );
        vault.liquidate(
            aliceAccount, LiquidationLimits({maxRepay: plan.repay - 1, minSeized: least, deadline: START}), ""
        );

        least[0] += 1;
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.SeizureTooSmall.selector, address(weth), least[0] - 1, least[0])
        );
        vault.liquidate(aliceAccount, LiquidationLimits({maxRepay: plan.repay, minSeized: least, deadline: START}), "");

        least[0] -= 1;
        usdc.mint(liquidator, plan.repay);
        vm.startPrank(liquidator);
        usdc.approve(address(vault), plan.repay);
        (uint256 repaid, uint256[] memory seized) = vault.liquidate(
            aliceAccount, LiquidationLimits({maxRepay: plan.repay, minSeized: least, deadline: START}), ""
        );
        assertEq(repaid, plan.repay);
        assertEq(seized, plan.seize);
        assertEq(usdc.balanceOf(liquidator), 0);
        assertEq(weth.balanceOf(liquidator), plan.seize[0]);
    }

    // -------------------------------------------------------------------------------------------------- the plan

    function test_BonusRate_AtItsCorners() public view {
        assertEq(math.bonusRate(WAD - 1), 0.5e18 + 10);
        assertEq(math.bonusRate(0.975e18), 0.75e18);
        assertEq(math.bonusRate(0.95e18), WAD);
        assertEq(math.bonusRate(0.5e18), WAD);
        assertEq(math.bonusRate(0), WAD);
    }

    /// @dev One collateral, by hand: value 1,000, debt 800, LT .76, bonus .05 at full rate.
    function test_Calculate_OneCollateral_ByHand() public view {
        LiquidationMath.Outcome memory outcome = math.calculate(_book(800e6, 1000e18, 0.76e18, 0.05e18));
        assertEq(outcome.healthBefore, 0.95e18);
        assertEq(outcome.bonusRate, WAD);
        // (1.03 * 800 - 760) / (1.03 - 1.05 * .76) = 64 / .232 = 275.862069
        assertEq(outcome.repay, 275_862_069);
        assertApproxEqAbs(outcome.seize[0], 289_655_172_450_000_000_000, 1e6);
    }

    /// @dev The bonus is what the collateral can pay: value 808, debt 800, so 1 % and not 5 %.
    function test_Calculate_ThinCover_BonusIsCapped() public view {
        LiquidationMath.Outcome memory outcome = math.calculate(_book(800e6, 808e18, 0.76e18, 0.05e18));
        assertEq(outcome.repay, 800e6, "nothing but a full close restores the target");
        assertApproxEqAbs(outcome.seize[0], 808e18, 1);
    }

    function test_Calculate_WouldLeaveDust_Closes() public view {
        LiquidationMath.Book memory book = _book(800e6, 1000e18, 0.76e18, 0.05e18);
        book.minimumDebt = 800e6 - 275_862_069;
        assertEq(math.calculate(book).repay, 275_862_069, "what remains is exactly the minimum");
        book.minimumDebt += 1;
        assertEq(math.calculate(book).repay, 800e6);
    }

    function _book(uint256 debt, uint256 value, uint256 threshold, uint256 bonus)
        private
        pure
        returns (LiquidationMath.Book memory)
    {
        LiquidationMath.Lot[] memory lots = new LiquidationMath.Lot[](1);
        lots[0] = LiquidationMath.Lot(0, true, value, WAD, WAD, threshold, bonus);
        return _bookOf(debt, 10e6, lots);
    }

    /// @dev Without options, credit or anything on other chains.
    function _bookOf(uint256 debt, uint256 minimumDebt, LiquidationMath.Lot[] memory lots)
        private
        pure
        returns (LiquidationMath.Book memory made)
    {
        (made.debt, made.minimumDebt, made.lots) = (debt, minimumDebt, lots);
        (made.stableScale, made.targetHealth) = (1e12, 1.03e18);
    }

    /// @dev Weakest collateral first, whichever place it has in the list.
    function test_Calculate_TwoCollaterals_WeakestFirst() public view {
        LiquidationMath.Lot[] memory lots = new LiquidationMath.Lot[](2);
        lots[0] = LiquidationMath.Lot(0, true, 500e18, WAD, WAD, 0.8e18, 0.05e18);
        lots[1] = LiquidationMath.Lot(1, true, 500e18, WAD, WAD, 0.5e18, 0.05e18);
        LiquidationMath.Book memory book = _bookOf(680e6, 10e6, lots);
        LiquidationMath.Outcome memory outcome = math.calculate(book);
        assertEq(outcome.seize[0], 0);
        assertGt(outcome.seize[1], 0);
        assertLt(outcome.seize[1], 500e18);

        book.debt = 900e6;
        outcome = math.calculate(book);
        assertEq(outcome.seize[1], 500e18, "the weak one is exhausted");
        assertGt(outcome.seize[0], 0);
    }

    /// @dev Bounds that changed under a loan can put (1 + b) LT over the target: then only a close helps.
    function test_Calculate_SeizureHoldsUpMoreThanTheTarget_Closes() public view {
        LiquidationMath.Book memory book = _book(970e6, 1160e18, 0.83e18, 0.2e18);
        book.targetHealth = WAD;
        book.lots[0].threshold = 0.83e18;
        LiquidationMath.Outcome memory outcome = math.calculate(book);
        assertLt(outcome.healthBefore, WAD);
        assertLe(outcome.repay, 970e6);
        assertGt(outcome.repay, 0);
    }

    struct Case {
        uint256 debt;
        uint256[3] value;
        uint256[3] threshold;
        uint256[3] bonus;
        uint256[3] price;
        uint256 minimumDebt;
    }

    uint8[5] private _decimals = [0, 6, 8, 18, 24];

    /// @dev Whatever the account: it ends at the target or closed or empty, the plan is within its means, and the bonus is not exceeded.
    function testFuzz_Calculate_RestoresTargetOrClosesOrExhausts(Case memory c, uint8 d0, uint8 d1, uint8 d2)
        public
        view
    {
        uint8[3] memory pick = [d0, d1, d2];
        LiquidationMath.Lot[] memory lots = new LiquidationMath.Lot[](3);
        uint256[] memory balances = new uint256[](3);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 unit = 10 ** _decimals[bound(pick[i], 1, 4)];
            uint256 price = bound(c.price[i], 0.01e18, 100_000e18);
            balances[i] = bound(c.value[i], 0, 1_000_000e18) * unit / price;
            lots[i] = LiquidationMath.Lot({
                index: i,
                seizable: true,
                balance: balances[i],
                price: price,
                unit: unit,
                threshold: bound(c.threshold[i], 0.1e18, 0.9e18),
                bonus: bound(c.bonus[i], 0, 0.1e18)
            });
        }
        uint256 debt = bound(c.debt, 1, 3_000_000e6);
        uint256 minimumDebt = bound(c.minimumDebt, 0, 1000e6);
        LiquidationMath.Outcome memory outcome = math.calculate(_bookOf(debt, minimumDebt, lots));
        if (outcome.healthBefore >= WAD) {
            assertEq(outcome.repay, 0);
            return;
        }
        _assertSound(outcome, lots, balances, debt, minimumDebt);
    }

    function _assertSound(
        LiquidationMath.Outcome memory outcome,
        LiquidationMath.Lot[] memory lots,
        uint256[] memory balances,
        uint256 debt,
        uint256 minimumDebt
    ) private pure {
        assertLe(outcome.repay, debt);
        uint256 left = debt - outcome.repay;
        uint256 seizedValue = 0;
        uint256 largestBonus = 0;
        bool empty = true;
        for (uint256 i = 0; i < lots.length; ++i) {
            assertLe(outcome.seize[i], balances[i]);
            if (outcome.seize[i] != balances[i]) empty = false;
            seizedValue += outcome.seize[i] * lots[i].price / lots[i].unit;
            if (lots[i].bonus > largestBonus) largestBonus = lots[i].bonus;
        }
        assertEq(outcome.collateralLeft, !empty);
        assertLe(seizedValue, outcome.repay * 1e12 * (WAD + largestBonus) / WAD + 3, "more than the bonus was paid");
        if (left != 0 && !empty) {
            assertGe(left, minimumDebt, "dust is left");
            uint256 health = outcome.capacityAfter * WAD / (left * 1e12);
            assertGe(health, 1.03e18, "the target is not restored");
            // A whole token unit may be seized too little, so the overshoot is bounded by what one unit of debt moves.
            assertGt(health, outcome.healthBefore);
        }
    }

    // ------------------------------------------------------------------------------------------------ the outcome

    function test_Liquidate_MildlyUnderwater_EndsAtTheTarget() public {
        _fullLoan();
        _setHealth(0.99e18);
        uint256 before = vault.health(aliceAccount);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        assertEq(plan.healthBefore, before);
        (uint256 repaid,) = _liquidate(aliceAccount);
        assertEq(repaid, plan.repay);
        assertGe(vault.health(aliceAccount), TARGET_HEALTH);
        assertApproxEqRel(vault.health(aliceAccount), TARGET_HEALTH, 1e10);
        assertEq(vault.position(aliceAccount).liquidations, 1);
        vm.expectPartialRevert(IMarginVault.AccountHealthy.selector);
        vault.liquidate(
            aliceAccount,
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START}),
            ""
        );
    }

    function test_Liquidate_EmitsWhatItDid() public {
        _fullLoan();
        _setHealth(0.99e18);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        usdc.mint(liquidator, plan.repay);
        vm.startPrank(liquidator);
        usdc.approve(address(vault), plan.repay);
        uint256 snapshot = vm.snapshotState();
        vault.liquidate(
            aliceAccount, LiquidationLimits({maxRepay: plan.repay, minSeized: new uint256[](2), deadline: START}), ""
        );
        uint256 after_ = vault.health(aliceAccount);
        vm.revertToState(snapshot);
        vm.expectEmit(address(vault));
        emit IMarginVault.Liquidated(aliceAccount, liquidator, plan.repay, plan.seize, plan.healthBefore, after_);
        vault.liquidate(
            aliceAccount, LiquidationLimits({maxRepay: plan.repay, minSeized: new uint256[](2), deadline: START}), ""
        );
    }

    function test_Liquidate_RiskReportIsOld_StillAllowed() public {
        _fullLoan();
        _wait(30 days);
        _setHealth(0.99e18);
        (uint256 repaid,) = _liquidate(aliceAccount);
        assertGt(repaid, 0);
    }

    /// @dev The price falls through everything: collateral is gone, the rest is written off, and lenders bear it.
    function test_Liquidate_DeepUnderwater_RealisesTheDeficit() public {
        _fullLoan();
        uint256 debt = vault.position(aliceAccount).debt;
        _setPrice(wethFeed, 1500e8);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        assertEq(plan.repay, 15_000e6, "no bonus where there is not enough");
        uint256 assetsBefore = vault.totalAssets();

        _liquidate(aliceAccount);
        uint256 lost = debt - 15_000e6;
        assertEq(vault.totalDeficit(), lost);
        assertEq(vault.totalAssets(), assetsBefore - lost);
        assertEq(vault.totalDebt(), 0);
        IMarginVault.Position memory held = vault.position(aliceAccount);
        assertEq(held.debt, 0);
        assertEq(held.collateral[0], 0);
        assertEq(weth.balanceOf(liquidator), 10e18);
    }

    function test_Liquidate_AccountsAreIndependent() public {
        _fullLoan();
        bytes32 second = vault.accountId(alice, 2);
        _add(second, weth, 10e18);
        _borrow(second, 1000e6);
        _setHealth(0.9e18);
        _liquidate(aliceAccount);
        assertEq(vault.position(second).collateral[0], 10e18);
        assertEq(vault.position(second).liquidations, 0);
        assertGt(vault.health(second), WAD);
    }

    /// @dev Borrow all one may, let the price fall, and be one's own liquidator: nothing is gained.
    function testFuzz_Liquidate_SelfLiquidation_NeverPays(uint256 drop) public {
        drop = bound(drop, 0.05e18, 0.95e18);
        _fullLoan();
        uint256 cashTaken = usdc.balanceOf(alice);
        uint256 debt = vault.position(aliceAccount).debt;
        int256 price = (3000e8 * (WAD - drop) / WAD).toInt256();
        _setPrice(wethFeed, price);
        if (vault.health(aliceAccount) >= WAD) return;

        vm.startPrank(alice);
        usdc.approve(address(vault), type(uint256).max);
        (uint256 repaid, uint256[] memory seized) = vault.liquidate(
            aliceAccount,
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START}),
            ""
        );
        vm.stopPrank();
        uint256 priceWad = price.toUint256() * 1e10;
        uint256 outside = (cashTaken - repaid) * 1e12 + seized[0] * priceWad / 1e18;
        IMarginVault.Position memory held = vault.position(aliceAccount);
        uint256 inside = held.collateral[0] * priceWad / 1e18;
        // What she has, in and out, less what she owes, is no more than cash and collateral less debt were before: except for the
        // deficit, which the fall of the price made and not the liquidation.
        uint256 wealthBefore = cashTaken * 1e12 + 10 * priceWad;
        uint256 owedBefore = debt * 1e12;
        uint256 owedAfter = (held.debt + vault.totalDeficit()) * 1e12;
        assertLe(outside + inside + owedBefore, wealthBefore + owedAfter + 2e12);
    }

    /// @dev Any price at which the account is under water: it improves, closes, or is emptied; and never makes a deficit while there is cover.
    function testFuzz_Liquidate_ImprovesOrClosesOrExhausts(uint256 wethPrice, uint256 wbtcPrice, uint256 share) public {
        _add(aliceAccount, weth, 10e18);
        _add(aliceAccount, wbtc, 0.5e8);
        share = bound(share, 0.3e18, WAD);
        _borrow(aliceAccount, _room(aliceAccount) * share / WAD);
        _setPrice(wethFeed, int256(bound(wethPrice, 2e8, 3500e8)));
        _setPrice(wbtcFeed, int256(bound(wbtcPrice, 2e8, 70_000e8)));
        uint256 before = vault.health(aliceAccount);
        if (before >= WAD) return;

        IMarginVault.Valuation memory worth = vault.valuation(aliceAccount);
        _liquidate(aliceAccount);
        IMarginVault.Position memory held = vault.position(aliceAccount);
        bool empty = held.collateral[0] == 0 && held.collateral[1] == 0;
        if (worth.collateralValue >= worth.debt) assertEq(vault.totalDeficit(), 0, "a deficit was made with cover");
        if (empty) assertEq(held.debt, 0);
        if (held.debt != 0) {
            assertGe(held.debt, MINIMUM_DEBT);
            assertGe(vault.health(aliceAccount), TARGET_HEALTH);
            assertGt(vault.health(aliceAccount), before);
        }
    }

    /// @dev Interest has run, so that debt is no round number of shares.
    function testFuzz_Liquidate_AfterInterest_StillImproves(uint256 time, uint256 fall) public {
        time = bound(time, 1, 400 days);
        _add(aliceAccount, weth, 4000e18);
        _borrow(aliceAccount, 8_000_000e6);
        _wait(time);
        _setPrice(wethFeed, int256(bound(fall, 1500e8, 3000e8)));
        uint256 before = vault.health(aliceAccount);
        if (before >= WAD) return;
        uint256 planned = vault.liquidationPlan(aliceAccount).repay;
        (uint256 repaid,) = _liquidate(aliceAccount);
        assertEq(repaid, planned);
        uint256 debt = vault.position(aliceAccount).debt;
        if (debt != 0) assertGt(vault.health(aliceAccount), before);
        assertGe(debt + 1, vault.totalDebt());
    }

    /// @dev Tokens of 0 to 24 decimals, through the vault itself.
    function test_Liquidate_CollateralDecimals_AllWork() public {
        uint8[4] memory decimals = [6, 8, 18, 24];
        for (uint96 i = 0; i < decimals.length; ++i) {
            MockToken token = new MockToken("T", "T", decimals[i]);
            hub.setFeeds(address(token), _feedSet(wethFeed));
            risk.listAsset(address(token), _bounds(0.35e18, 0.021309e18), VOLATILITY, SLIPPAGE);
            vault.listCollateral(address(token), decimals[i], type(uint112).max);
            bytes32 account = vault.accountId(bob, i);
            _setPrice(wethFeed, 3000e8);
            _add(account, token, 10 * 10 ** decimals[i]);
            _borrow(account, _room(account));
            _setPrice(wethFeed, 2700e8);
            assertLt(vault.health(account), WAD);
            _liquidate(account);
            assertGe(vault.health(account), TARGET_HEALTH);
            assertApproxEqRel(vault.health(account), TARGET_HEALTH, 1e12);
        }
    }

    /// @dev Every call its own transaction, so that storage is cold and calldata is paid: what a caller pays.
    /// forge-config: default.isolate = true
    function test_Gas_Liquidate() public {
        _fullLoan();
        bytes32 mixed = vault.accountId(bob, 0);
        _add(mixed, weth, 5e18);
        _add(mixed, wbtc, 0.25e8);
        _borrow(mixed, _room(mixed));
        uint256 half = vault.position(mixed).debt;
        _setPrice(wethFeed, 2600e8);
        _setPrice(wbtcFeed, 50_000e8);
        usdc.mint(liquidator, 1 + 2 * half);
        weth.mint(liquidator, 1);
        wbtc.mint(liquidator, 1);

        vm.startPrank(liquidator);
        usdc.approve(address(vault), type(uint256).max);
        vault.liquidate(
            aliceAccount,
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START}),
            ""
        );
        vm.snapshotGasLastCall("Liquidation", "liquidate, 1 collateral");
        vault.liquidate(
            mixed, LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START}), ""
        );
        vm.snapshotGasLastCall("Liquidation", "liquidate, 2 collaterals");
        assertEq(vault.position(mixed).liquidations, 1);
        assertGe(vault.health(mixed), TARGET_HEALTH);
    }
}
