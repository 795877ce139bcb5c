// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IDefence} from "../../contracts/interfaces/IDefence.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {ISwapVenue} from "../../contracts/interfaces/ISwapVenue.sol";
import {SwapMandate, SwapOrder} from "../../contracts/types/Defence.sol";
import {DefenceFixture} from "./DefenceFixture.sol";
import {SetBreaker, SetPrices} from "./mocks/DefenceMocks.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Collateral swaps: by the owner, by anyone inside a mandate, and by nobody whom it would pay to move the pool
contract DefenceTest is DefenceFixture {
    using SafeCast for uint256;

    // ---------------------------------------------------------------------------------------- refusals of any order

    function test_RevertWhen_DeadlinePassed() public {
        SwapOrder memory order = _order(weth, wbtc, ETH);
        uint256 now_ = vm.getBlockTimestamp();
        order.deadline = now_ - 1;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DeadlinePassed.selector, now_ - 1, now_));
        vault.swapCollateral(account, order);
        order.deadline = now_;
        vm.prank(alice);
        assertGt(vault.swapCollateral(account, order), 0);
    }

    function test_RevertWhen_AccountIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, savings));
        vault.swapCollateral(savings, _order(weth, wbtc, ETH));
    }

    function test_RevertWhen_AmountIsZero() public {
        vm.expectRevert(IMarginVault.AmountZero.selector);
        _swap(weth, wbtc, 0);
    }

    function test_RevertWhen_TokensAreEqual() public {
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapTokensEqual.selector, weth));
        _swap(weth, weth, ETH);
    }

    function test_RevertWhen_TokenIsUnknown() public {
        MockToken stranger = new MockToken("Stranger", "STR", 18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralUnknown.selector, stranger));
        _swap(stranger, weth, ETH);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralUnknown.selector, stranger));
        _swap(weth, stranger, ETH);
        // Stable is bought, never sold: an account has none.
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralUnknown.selector, usdc));
        _swap(usdc, weth, USD);
    }

    function test_RevertWhen_AccountHoldsLess() public {
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.CollateralTooSmall.selector, account, weth, 10 * ETH, 10 * ETH + 1)
        );
        _swap(weth, wbtc, 10 * ETH + 1);
        assertGt(_swap(weth, wbtc, 10 * ETH), 0);
        assertEq(vault.balanceOf(account, address(weth)), 0);
        _assertConserved();
    }

    function test_RevertWhen_AToken_HasNoPrice() public {
        prices.set(address(wbtc), 0);
        vm.expectRevert(abi.encodeWithSelector(SetPrices.NoPrice.selector, wbtc));
        _swap(weth, wbtc, ETH);
        prices.set(address(wbtc), 60_000e18);
        prices.set(address(weth), 0);
        vm.expectRevert(abi.encodeWithSelector(SetPrices.NoPrice.selector, weth));
        _swap(weth, wbtc, ETH);
    }

    function test_RevertWhen_CapOfBoughtTokenIsReached() public {
        _useExact(0.05e8);
        vault.setCap(address(wbtc), 0.05e8 - 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralCapExceeded.selector, wbtc, 0.05e8, 0.05e8 - 1));
        _swap(weth, wbtc, ETH);
        vault.setCap(address(wbtc), 0.05e8);
        assertEq(_swap(weth, wbtc, ETH), 0.05e8);
    }

    function test_RevertWhen_VenuePaysLessThanMinOut() public {
        _useExact(0.05e8);
        SwapOrder memory order = _order(weth, wbtc, ETH);
        order.minOut = 0.05e8 + 1;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ISwapVenue.OutputTooSmall.selector, wbtc, 0.05e8, 0.05e8 + 1));
        vault.swapCollateral(account, order);
        order.minOut = 0.05e8;
        vm.prank(alice);
        assertEq(vault.swapCollateral(account, order), 0.05e8);
    }

    /// @dev 1 % under the oracle and not a unit more, even for who owes nothing.
    function test_RevertWhen_PriceIsUnderTheOracles() public {
        _useExact(2970 * USD - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDefence.SwapUnderOracle.selector, account, (2970 * USD - 1) * SCALE, 2970e18)
        );
        _swap(weth, usdc, ETH);
        exact.set(2970 * USD);
        assertEq(_swap(weth, usdc, ETH), 2970 * USD);
    }

    // ------------------------------------------------------------------------------------------------- the owner's

    function test_RevertWhen_HealthIsUnderMaintenance() public {
        vault.debit(account, 22_500 * USD + 1);
        uint256 health = _health();
        assertLt(health, WAD);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnderMaintenance.selector, account, health));
        _swap(weth, wbtc, ETH);
    }

    function test_Swap_AtHealthOfExactlyOne_Improves() public {
        vault.debit(account, 22_500 * USD);
        assertEq(_health(), WAD);
        _swap(weth, wbtc, ETH);
        assertGt(_health(), WAD);
        _assertConserved();
    }

    /// @dev Debt 22,000: outside of initial before and after; equity 8,000, of which one swap may lose 80.
    function test_RevertWhen_LossIsOverOnePercentOfEquity() public {
        vault.debit(account, 22_000 * USD);
        _useExact(24_866_666);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.LossTooLarge.selector, account, 80.0004e18, 80e18));
        _swap(weth, wbtc, 5 * ETH);
        exact.set(24_866_667);
        _swap(weth, wbtc, 5 * ETH);
        assertEq(_equity(), 7920.0002e18);
    }

    /// @dev Equity 7,600, so 152 a day, half of it at once.
    function test_RevertWhen_LossesOfADayAreSpent() public {
        vault.debit(account, 22_400 * USD);
        _useExact(12_873_334);
        _swap(weth, wbtc, 2.6 ether);
        assertEq(_equity(), 7524.0004e18);
        exact.set(12_875_000);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.LossBudgetExhausted.selector, account, 75e18, 0));
        _swap(weth, wbtc, 2.6 ether);
        // A day refills at what equity is worth now, a little less than the budget drawn on.
        skip(25 hours);
        _swap(weth, wbtc, 2.6 ether);
    }

    function test_RevertWhen_HealthDoesNotRise_OutsideOfInitial() public {
        vault.debit(account, 21_000 * USD);
        factors.set(address(wbtc), 0.75e18, 0.68e18);
        uint256 health = _health();
        vm.prank(alice);
        vm.expectPartialRevert(IMarginVault.HealthNotImproved.selector);
        vault.swapCollateral(account, _order(weth, wbtc, ETH));
        assertEq(_health(), health);
    }

    /// @dev WBTC with a lower threshold: the swap lowers health, which is new risk, and passes exactly as long as initial holds.
    function test_RevertWhen_HealthFalls_UnlessInitialHolds() public {
        factors.set(address(wbtc), 0.7e18, 0.6e18);
        vault.debit(account, 20_000 * USD);
        _useExact(0.25e8);
        vm.expectPartialRevert(IMarginVault.HealthNotImproved.selector);
        _swap(weth, wbtc, 5 * ETH + 1);
        // 30,000 at .68 less 5,000 at .08 is 20,000.
        exact.set(8_333_333);
        vm.expectPartialRevert(IMarginVault.HealthNotImproved.selector);
        _swap(weth, wbtc, 5 * ETH / 3);
        exact.set(8_333_334);
        _swap(weth, wbtc, 5 * ETH / 3);
        assertLt(_health(), 1.125e18);
    }

    function test_RevertWhen_NewRiskIsStopped_AndHealthFalls() public {
        factors.set(address(wbtc), 0.7e18, 0.6e18);
        vault.debit(account, 1000 * USD);
        uint64 until = uint64(vm.getBlockTimestamp() + 1);
        breaker.set(until);
        vm.expectRevert(abi.encodeWithSelector(SetBreaker.NewRiskStopped.selector, until));
        _swap(weth, wbtc, ETH);
        breaker.set(0);
        factors.setStage(IRiskOracle.Stage.Dead);
        vm.expectPartialRevert(IMarginVault.RiskOracleSilent.selector);
        _swap(weth, wbtc, ETH);
        factors.setStage(IRiskOracle.Stage.Live);
        assertGt(_swap(weth, wbtc, ETH), 0);
    }

    /// @dev What only improves is no new risk: nothing stops it.
    function test_Swap_ThatImproves_GoesOnWhileNewRiskIsStopped() public {
        breaker.set(uint64(vm.getBlockTimestamp() + 1));
        factors.setStage(IRiskOracle.Stage.Dead);
        vault.debit(account, 20_000 * USD);
        uint256 health = _health();
        _swap(weth, wbtc, ETH);
        assertGt(_health(), health);
        vault.debit(account, 1000 * USD);
        health = _health();
        _swap(weth, wbtc, ETH);
        assertGt(_health(), health);
    }

    function test_Swap_OfWhoOwesNothing_IsNotAsked() public {
        factors.set(address(wbtc), 0.1e18, 0.1e18);
        breaker.set(uint64(vm.getBlockTimestamp() + 1));
        assertGt(_swap(weth, wbtc, 10 * ETH), 0);
        _assertConserved();
    }

    function test_Swap_ToStable_RepaysDebt_AndTheRestIsCredit() public {
        vault.debit(account, 5000 * USD);
        uint256 first = _swap(weth, usdc, ETH);
        assertEq(_standing().debt, 5000 * USD - first);
        assertEq(vault.creditOf(account), 0);
        uint256 second = _swap(weth, usdc, ETH);
        assertEq(_standing().debt, 0);
        assertEq(vault.creditOf(account), first + second - 5000 * USD);
        _assertConserved();
    }

    function test_Swap_LeavesLendersTheirs() public {
        vault.debit(account, 5000 * USD);
        uint256 assets = vault.lendersAssets();
        _swap(weth, usdc, ETH);
        _swap(weth, wbtc, ETH);
        _swap(weth, usdc, 2 * ETH);
        assertApproxEqAbs(vault.lendersAssets(), assets, 2);
    }

    /// @dev Options count: 1,000 of requirement on top of the debt moves the border of initial by as much.
    function test_Swap_CountsTheRequirementOfOptions() public {
        factors.set(address(wbtc), 0.7e18, 0.6e18);
        vault.debit(account, 19_000 * USD);
        vault.setLegs(account, true);
        options.set(1000e18);
        _useExact(0.25e8);
        vm.expectPartialRevert(IMarginVault.HealthNotImproved.selector);
        _swap(weth, wbtc, 5 * ETH + 1);
        options.set(0);
        assertEq(_swap(weth, wbtc, 5 * ETH), 0.25e8);
    }

    function test_Swap_TellsWhatItDid() public {
        vault.debit(account, 21_000 * USD);
        _useExact(0.05e8);
        uint256 before = _health();
        // 9 ETH at .75 and .05 BTC at .85: 20,250 + 2,550.
        uint256 later = FixedPointMathLib.fullMulDiv(22_800e18, WAD, 21_000e18);
        vm.expectEmit(address(vault));
        emit IDefence.CollateralSwapped(account, alice, address(weth), address(wbtc), ETH, 0.05e8, 0, before, later);
        _swap(weth, wbtc, ETH);
        assertEq(_health(), later);
        assertEq(_standing().debt, 21_000 * USD, "debt is unchanged");
    }

    function test_RevertWhen_NothingIsSwapped() public {
        _owe(1.02e18);
        vm.prank(alice);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.swapCollateral(account, _order(weth, wbtc, 0));
    }

    // --------------------------------------------------------------------------------------------------- mandates

    function test_RevertWhen_StrangerSwapsWithoutMandate() public {
        _owe(1.02e18);
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapNotOptedIn.selector, account, keeper));
        vault.swapCollateral(account, _order(weth, wbtc, ETH));
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapNotOptedIn.selector, account, address(this)));
        vault.swapLimit(account, address(weth), address(wbtc));
    }

    function test_RevertWhen_StrangerSetsAMandate() public {
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, account, keeper));
        vault.setSwapMandate(account, _mandate());
    }

    function test_RevertWhen_MandateIsInvalid() public {
        SwapMandate memory mandate = _mandate();
        mandate.triggerHealth = 1e18;
        _expectInvalid(mandate, "triggerHealth", WAD, WAD);
        mandate = _mandate();
        mandate.targetHealth = mandate.triggerHealth;
        _expectInvalid(mandate, "targetHealth", mandate.triggerHealth, mandate.triggerHealth);
        mandate = _mandate();
        mandate.maxSlippage = 0.01e18 + 1;
        _expectInvalid(mandate, "maxSlippage", 0.01e18 + 1, 0.01e18);
        mandate = _mandate();
        mandate.lossBudget = 0.02e18 + 1;
        _expectInvalid(mandate, "lossBudget", 0.02e18 + 1, 0.02e18);
        mandate = _mandate();
        mandate.window = 1 hours - 1;
        _expectInvalid(mandate, "window", 1 hours - 1, 1 hours);
        mandate = _mandate();
        mandate.expiry = uint64(vm.getBlockTimestamp() - 1);
        _expectInvalid(mandate, "expiry", vm.getBlockTimestamp() - 1, vm.getBlockTimestamp());
        mandate = _mandate();
        mandate.tip = 100e6 + 1;
        _expectInvalid(mandate, "tip", (100 * USD + 1) * SCALE, 100e18);
        mandate = _mandate();
        mandate.allowedIn = 4;
        _expectInvalid(mandate, "allowedIn", 4, 3);
        mandate = _mandate();
        mandate.allowedOut = 0x8004;
        _expectInvalid(mandate, "allowedOut", 4, 3);
    }

    /// @dev The other side of every limit.
    function test_SetSwapMandate_AtEveryLimit() public {
        SwapMandate memory mandate = SwapMandate({
            triggerHealth: 1e18 + 1,
            targetHealth: 1e18 + 2,
            maxSlippage: 0.01e18,
            lossBudget: 0.02e18,
            window: 1 hours,
            expiry: uint64(vm.getBlockTimestamp()),
            allowedIn: 3,
            allowedOut: 0x8003,
            tip: 100e6
        });
        vm.prank(alice);
        vm.expectEmit(address(vault));
        emit IDefence.SwapMandateSet(account, mandate);
        vault.setSwapMandate(account, mandate);
        assertEq(abi.encode(vault.swapMandateOf(account)), abi.encode(mandate));
    }

    function test_RevertWhen_MandateWasTakenBack() public {
        _owe(1.02e18);
        _set(_mandate());
        SwapMandate memory none;
        _set(none);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapNotOptedIn.selector, account, keeper));
        _defend(weth, wbtc, ETH / 10);
    }

    function test_RevertWhen_MandateExpired() public {
        vault.debit(account, 22_000 * USD);
        SwapMandate memory mandate = _mandate();
        mandate.expiry = uint64(vm.getBlockTimestamp() + 10);
        _set(mandate);
        skip(10);
        assertGt(_defend(weth, wbtc, ETH / 10), 0);
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(IDefence.MandateExpired.selector, account, mandate.expiry, vm.getBlockTimestamp())
        );
        _defend(weth, wbtc, ETH / 10);
    }

    function test_RevertWhen_PairIsNotAllowed() public {
        _owe(1.02e18);
        SwapMandate memory mandate = _mandate();
        (mandate.allowedIn, mandate.allowedOut) = (2, 2);
        _set(mandate);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapPairNotAllowed.selector, account, weth, wbtc));
        _defend(weth, wbtc, ETH / 10);
        (mandate.allowedIn, mandate.allowedOut) = (1, 0x8000);
        _set(mandate);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapPairNotAllowed.selector, account, weth, wbtc));
        _defend(weth, wbtc, ETH / 10);
        assertGt(_defend(weth, usdc, ETH / 10), 0);
        (mandate.allowedIn, mandate.allowedOut) = (1, 2);
        _set(mandate);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapPairNotAllowed.selector, account, weth, usdc));
        _defend(weth, usdc, ETH / 10);
        assertGt(_defend(weth, wbtc, ETH / 10), 0);
    }

    function test_RevertWhen_HealthIsOverTheTrigger() public {
        // 22,500 / 22,500 * 1.04 is not a whole number of units; 18,750 gives 1.2 exactly.
        vault.debit(account, 18_750 * USD);
        assertEq(_health(), 1.2e18);
        SwapMandate memory mandate = _mandate();
        (mandate.triggerHealth, mandate.targetHealth) = (1.2e18 - 1, 1.25e18);
        _set(mandate);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapNotDue.selector, account, 1.2e18, 1.2e18 - 1));
        _defend(weth, wbtc, ETH / 10);
        mandate.triggerHealth = 1.2e18;
        _set(mandate);
        assertGt(_defend(weth, wbtc, ETH / 10), 0);
    }

    /// @dev A mandate is no way round rule 8: under maintenance nobody swaps.
    function test_RevertWhen_MandateIsUsedUnderMaintenance() public {
        _set(_mandate());
        vault.debit(account, 22_500 * USD + 1);
        vm.expectPartialRevert(IMarginVault.AccountUnderMaintenance.selector);
        _defend(weth, usdc, ETH / 10);
    }

    function test_RevertWhen_MoreIsSoldThanRestoresTheTarget() public {
        _owe(1.02e18);
        _set(_mandate());
        uint256 limit = vault.swapLimit(account, address(weth), address(wbtc));
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapTooLarge.selector, account, limit + 1, limit));
        _defend(weth, wbtc, limit + 1);
        _defend(weth, wbtc, limit);
        assertGe(_health(), 1.04e18);
    }

    /// @dev At exactly the worst price the limit restores the target, and a little less does not.
    function test_SwapLimit_RestoresTheTargetAtTheWorstPrice() public {
        _owe(1.02e18);
        SwapMandate memory mandate = _mandate();
        (mandate.triggerHealth, mandate.targetHealth) = (1.022e18, 1.025e18);
        _set(mandate);
        uint256 limit = vault.swapLimit(account, address(weth), address(usdc));
        // Value of the limit less .5 %, rounded up to the unit.
        uint256 worst = FixedPointMathLib.divUp(FixedPointMathLib.mulWadUp(limit * 3000, 0.995e18), SCALE);
        _useExact(worst);
        uint256 snapshot = vm.snapshotState();
        _defend(weth, usdc, limit);
        assertGe(_health(), 1.025e18);
        assertLt(_health(), 1.025e18 + 1e9);
        assertTrue(vm.revertToState(snapshot));
        exact.set(worst * 99 / 100 + 1);
        _defend(weth, usdc, limit * 99 / 100);
        assertLt(_health(), 1.025e18);
    }

    /// @dev Where the worst price may not improve health, what the account holds is the limit, and rule 8 the judge.
    function test_SwapLimit_WithNearlyEqualThresholds_IsTheBalance() public {
        factors.set(address(wbtc), 0.7501e18, 0.68e18);
        _owe(1.02e18);
        _set(_mandate());
        assertEq(vault.swapLimit(account, address(weth), address(wbtc)), 10 * ETH);
        vm.expectPartialRevert(IMarginVault.HealthNotImproved.selector);
        _defend(weth, wbtc, ETH);
        _useExact(0.05e8);
        assertEq(_defend(weth, wbtc, ETH), 0.05e8);
    }

    function test_RevertWhen_MandatesSlippageIsExceeded() public {
        _owe(1.02e18);
        _set(_mandate());
        // .1 ETH is 300; .5 % less is 298.5.
        _useExact(298_500_000 - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDefence.SwapUnderOracle.selector, account, (298_500_000 - 1) * SCALE, 298.5e18)
        );
        _defend(weth, usdc, ETH / 10);
        exact.set(298_500_000);
        assertEq(_defend(weth, usdc, ETH / 10), 298_500_000);
    }

    /// @dev Equity 8,000; the mandate's budget is .1 % a day, half at once: 4 units.
    function test_RevertWhen_MandatesLossBudgetIsSpent() public {
        vault.debit(account, 22_000 * USD);
        SwapMandate memory mandate = _mandate();
        mandate.lossBudget = 0.001e18;
        (mandate.triggerHealth, mandate.targetHealth) = (1.5e18, 1.6e18);
        _set(mandate);
        _useExact(2996 * USD - 1);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapLossBudgetExhausted.selector, account, 4.000001e18, 4e18));
        _defend(weth, usdc, ETH);
        exact.set(2996 * USD);
        _defend(weth, usdc, ETH);
        exact.set(3000 * USD - 1);
        vm.expectRevert(abi.encodeWithSelector(IDefence.SwapLossBudgetExhausted.selector, account, 1e12, 0));
        _defend(weth, usdc, ETH);
        // What costs nothing needs no budget.
        exact.set(3000 * USD);
        _defend(weth, usdc, ETH);
        skip(1 days);
        exact.set(2997 * USD);
        _defend(weth, usdc, ETH);
    }

    // ------------------------------------------------------------------------------------------------------- tips

    function test_Tip_IsPaidForARestoredTarget() public {
        _owe(1.02e18);
        SwapMandate memory mandate = _mandate();
        mandate.tip = 5e6;
        _set(mandate);
        uint256 debt = _standing().debt;
        uint256 limit = vault.swapLimit(account, address(weth), address(usdc));
        uint256 out = _defend(weth, usdc, limit);
        assertEq(usdc.balanceOf(keeper), 5 * USD);
        assertEq(_standing().debt, debt - out + 5 * USD);
        assertGe(_health(), 1.04e18, "the target holds with the tip paid");
        _assertConserved();
    }

    /// @dev Many small swaps earn nothing.
    function test_Tip_IsNotPaidForAPart() public {
        _owe(1.02e18);
        SwapMandate memory mandate = _mandate();
        mandate.tip = 5e6;
        _set(mandate);
        uint256 limit = vault.swapLimit(account, address(weth), address(usdc));
        for (uint256 i = 0; i < 4; ++i) {
            _defend(weth, usdc, limit / 10);
        }
        assertEq(usdc.balanceOf(keeper), 0);
        assertLt(_health(), 1.04e18);
    }

    function test_Tip_CountsAsLoss() public {
        vault.debit(account, 22_000 * USD);
        SwapMandate memory mandate = _mandate();
        (mandate.lossBudget, mandate.tip) = (0.001e18, 4e6 + 1);
        _set(mandate);
        uint256 limit = vault.swapLimit(account, address(weth), address(usdc));
        _useExact(limit * 3000 / SCALE + 1);
        vm.expectPartialRevert(IDefence.SwapLossBudgetExhausted.selector);
        _defend(weth, usdc, limit);
        mandate.tip = 4e6;
        _set(mandate);
        limit = vault.swapLimit(account, address(weth), address(usdc));
        exact.set(limit * 3000 / SCALE + 1);
        _defend(weth, usdc, limit);
        assertEq(usdc.balanceOf(keeper), 4 * USD);
    }

    function test_Tip_IsNotPaidWithoutCash() public {
        _owe(1.02e18);
        SwapMandate memory mandate = _mandate();
        mandate.tip = 5e6;
        _set(mandate);
        vault.drain(vault.cash() - (5 * USD - 1));
        uint256 limit = vault.swapLimit(account, address(weth), address(wbtc));
        uint256 snapshot = vm.snapshotState();
        _defend(weth, wbtc, limit);
        assertEq(usdc.balanceOf(keeper), 0);
        assertTrue(vm.revertToState(snapshot));
        vault.lend(1);
        _defend(weth, wbtc, limit);
        assertEq(usdc.balanceOf(keeper), 5 * USD);
        assertEq(vault.cash(), 0);
    }

    function test_Tip_IsNotPaidByOpeningALoan() public {
        vault.setLegs(account, true);
        options.set(22_000e18);
        SwapMandate memory mandate = _mandate();
        mandate.tip = 5e6;
        _set(mandate);
        uint256 limit = vault.swapLimit(account, address(weth), address(wbtc));
        _defend(weth, wbtc, limit);
        assertEq(usdc.balanceOf(keeper), 0);
        assertEq(_standing().debt, 0);
        assertGe(_health(), 1.04e18);
    }

    // --------------------------------------------------------------------------------------------------- sandwiches

    /// @dev Somebody moves the pool, uses the mandate, and moves it back: either it is refused, or the loss is within every limit, and all that he
    /// can take in a day is what the budget lets through.
    function testFuzz_Sandwich_ByAStranger_IsRefusedOrWithinBudget(uint256 push, uint256 share) public {
        push = bound(push, 0, 200 * ETH);
        share = bound(share, 1, 100);
        vault.debit(account, 22_000 * USD);
        _set(_mandate());
        int256 equity = _equity();
        uint256 health = _health();
        uint256 pushed = push == 0 ? 0 : _push(attacker, weth, usdc, LOW_FEE, push);

        uint256 amount = vault.swapLimit(account, address(weth), address(usdc)) * share / 100;
        vm.prank(attacker);
        try vault.swapCollateral(account, _order(weth, usdc, amount)) {
            assertGt(_health(), health);
            assertGe(_equity(), equity - equity / 200, "half of the budget of 1 % at once");
        } catch {
            assertEq(_equity(), equity);
            assertGt(push, 10 * ETH, "an honest pool serves the mandate");
        }
        if (pushed != 0) _push(attacker, usdc, weth, LOW_FEE, pushed);
        _assertConserved();
    }

    /// @dev Fifty sandwiches in a day, each as bad as the slippage limit lets it be.
    function test_Sandwich_AgainAndAgain_StaysInsideTheBudgetOfADay() public {
        vault.debit(account, 22_000 * USD);
        SwapMandate memory mandate = _mandate();
        (mandate.triggerHealth, mandate.targetHealth) = (3e18, 4e18);
        _set(mandate);
        int256 equity = _equity();
        uint256 passed = 0;
        for (uint256 i = 0; i < 50; ++i) {
            uint256 pushed = _push(attacker, weth, usdc, LOW_FEE, 20 * ETH);
            vm.prank(attacker);
            try vault.swapCollateral(account, _order(weth, usdc, ETH / 4)) {
                ++passed;
            } catch {}
            _push(attacker, usdc, weth, LOW_FEE, pushed);
            skip(28 minutes);
        }
        assertGt(passed, 3);
        assertLt(passed, 50);
        // 1 % of 8,000 in any 24 hours, and the interest of a day.
        assertGe(_equity(), equity - 80e18 - 15e18);
    }

    /// @dev The owner under maintenance sells to a pool that he has moved: refused however little he asks for.
    function test_RevertWhen_OwnerUnderMaintenanceUsesAMovedPool() public {
        vault.debit(account, 25_000 * USD);
        _push(alice, weth, usdc, LOW_FEE, 5000 * ETH);
        vm.expectPartialRevert(IMarginVault.AccountUnderMaintenance.selector);
        _swap(weth, usdc, 10 * ETH);
        vm.expectPartialRevert(IMarginVault.AccountUnderMaintenance.selector);
        _swap(weth, usdc, 1);
    }

    /// @dev The owner over maintenance does the same, where nothing he may hold meets initial: what he can carry off is 1 % of his own equity.
    function testFuzz_Sandwich_ByTheOwner_TakesOnePercentAtMost(uint256 push, uint256 amount) public {
        push = bound(push, 1 ether, 5000 ether);
        amount = bound(amount, 1, 10 * ETH);
        factors.set(address(wbtc), 0.85e18, 0.7e18);
        vault.debit(account, 21_500 * USD);
        int256 equity = _equity();
        uint256 pushed = _push(alice, weth, wbtc, LOW_FEE, push);
        vm.prank(alice);
        try vault.swapCollateral(account, _order(weth, wbtc, amount)) {
            assertGe(_equity(), equity - equity / 100);
            assertGe(_health(), WAD);
        } catch {
            assertEq(_equity(), equity);
        }
        _push(alice, wbtc, weth, LOW_FEE, pushed);
        _assertConserved();
    }

    // -------------------------------------------------------------------------------------------------------- fuzz

    /// @dev Whatever the state and the order: a swap that passes leaves the account safe or better, and nothing appears or goes missing.
    function testFuzz_Swap_ThatPasses_LeavesTheAccountSafeOrBetter(
        uint256 debt,
        uint256 price,
        uint256 amount,
        uint256 slippage,
        bool toStable
    ) public {
        debt = bound(debt, MINIMUM_DEBT, 21_900 * USD);
        price = bound(price, 2900e18, 3100e18);
        amount = bound(amount, 1e12, 10 * ETH);
        slippage = bound(slippage, 0, 0.012e18);
        prices.set(address(weth), price);
        vault.debit(account, debt);
        uint256 assets = vault.lendersAssets();
        (uint256 health, int256 equity) = (_health(), _equity());
        MockToken out = toStable ? usdc : wbtc;
        uint256 value = FixedPointMathLib.mulWad(amount, price) * (WAD - slippage) / WAD;
        _useExact(toStable ? value / SCALE : value / 60_000e10);

        vm.prank(alice);
        try vault.swapCollateral(account, _order(weth, out, amount)) {
            uint256 borrowable = vault.balanceOf(account, address(weth)) * price / WAD * 68 / 100
                + vault.balanceOf(account, address(wbtc)) * 60_000e10 * 79 / 100 + vault.creditOf(account) * SCALE;
            bool initial = borrowable + 10 >= _standing().debt * SCALE;
            assertTrue(initial || (_health() > health && _equity() >= equity - equity / 100 - 1));
            assertGe(health, WAD);
        } catch {
            assertEq(_health(), health);
            assertEq(_equity(), equity);
        }
        assertApproxEqAbs(vault.lendersAssets(), assets, 1);
        _assertConserved();
    }

    /// @dev The same swap and the same limit whatever the unit, to the unit.
    function test_Swap_TokensOfAnyDecimals() public {
        uint8[5] memory all = [0, 6, 8, 18, 24];
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            _checkDecimals(all[i], 10 ** all[i]);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    function _checkDecimals(uint8 decimals, uint256 unit) private {
        MockToken token = new MockToken("T", "T", decimals);
        _list(token, decimals, 3e18, 0.75e18, 0.68e18);
        _owe(1.02e18);
        // One WETH is 1,000 tokens: a hundred less is 10 % under the oracle's price, one less is .1 %.
        _useExact(900 * unit);
        vm.expectPartialRevert(IDefence.SwapUnderOracle.selector);
        _swap(weth, token, ETH);
        factors.set(address(token), 0.8e18, 0.75e18);
        exact.set(999 * unit);
        assertEq(_swap(weth, token, ETH), 999 * unit);
        assertEq(_equity(), _equityOf(9 * ETH, 999));

        // Back to stable, by anyone, up to a limit that is all of it.
        SwapMandate memory mandate = _mandate();
        (mandate.triggerHealth, mandate.targetHealth, mandate.allowedIn) = (1.4e18, 1.5e18, 7);
        mandate.lossBudget = 0;
        _set(mandate);
        uint256 limit = vault.swapLimit(account, address(token), address(usdc));
        assertEq(limit, 999 * unit, "all of it would not do");
        exact.set(2997 * USD);
        assertEq(_defend(token, usdc, limit), 2997 * USD);
        assertEq(vault.balanceOf(account, address(token)), 0);
        assertEq(token.balanceOf(address(vault)), 0);
        _assertConserved();
    }

    function _equityOf(uint256 wethUnits, uint256 tokens) private view returns (int256) {
        uint256 worth = wethUnits * 3000 + tokens * 3e18;
        return worth.toInt256() - (_standing().debt * SCALE).toInt256();
    }

    function test_Gas_Swap() public {
        vault.debit(account, 22_000 * USD);
        _set(_mandate());
        _defend(weth, wbtc, ETH / 10);
        vm.prank(keeper);
        vault.swapCollateral(account, _order(weth, wbtc, ETH / 10));
        assertLt(vm.snapshotGasLastCall("Defence", "swapByMandate"), 500_000);
        vm.prank(alice);
        vault.swapCollateral(account, _order(weth, wbtc, ETH / 10));
        assertLt(vm.snapshotGasLastCall("Defence", "swapByOwner"), 500_000);
    }

    // ----------------------------------------------------------------------------------------------------- helpers

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

    /// @dev As the owner.
    function _swap(MockToken tokenIn, MockToken tokenOut, uint256 amountIn) private returns (uint256) {
        SwapOrder memory order = _order(tokenIn, tokenOut, amountIn);
        vm.prank(alice);
        return vault.swapCollateral(account, order);
    }

    /// @dev As a keeper.
    function _defend(MockToken tokenIn, MockToken tokenOut, uint256 amountIn) private returns (uint256) {
        SwapOrder memory order = _order(tokenIn, tokenOut, amountIn);
        vm.prank(keeper);
        return vault.swapCollateral(account, order);
    }

    function _useExact(uint256 amountOut) private {
        vault.setVenue(exact);
        exact.set(amountOut);
    }

    /// @dev Health 1.03 to 1.04, half a per cent of slippage, a loss of 1 % of equity a day, all pairs.
    function _mandate() private view returns (SwapMandate memory) {
        return SwapMandate({
            triggerHealth: 1.03e18,
            targetHealth: 1.04e18,
            maxSlippage: 0.005e18,
            lossBudget: 0.01e18,
            window: 1 days,
            expiry: uint64(vm.getBlockTimestamp() + 30 days),
            allowedIn: 3,
            allowedOut: 0x8003,
            tip: 0
        });
    }

    function _set(SwapMandate memory mandate) private {
        vm.prank(alice);
        vault.setSwapMandate(account, mandate);
    }

    function _expectInvalid(SwapMandate memory mandate, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IDefence.MandateInvalid.selector, account, field, value, limit));
        _set(mandate);
    }
}
