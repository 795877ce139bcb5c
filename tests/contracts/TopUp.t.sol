// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDefence} from "../../contracts/interfaces/IDefence.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {TopUpMandate} from "../../contracts/types/Defence.sol";
import {DefenceFixture} from "./DefenceFixture.sol";
import {SetBreaker, SetPrices} from "./mocks/DefenceMocks.sol";
import {TaxedToken} from "./mocks/HostileTokens.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Top-ups: the least that restores the target, out of what the owner allowed, and never from anyone else
contract TopUpTest is DefenceFixture {
    using SafeCast for uint256;

    bytes32 private constant WALLET = 0;
    bytes32 private constant INDEX = "index";

    // ---------------------------------------------------------------------------------------------------- mandates

    function test_RevertWhen_NobodyOptedIn() public {
        _owe(1.01e18);
        vm.expectRevert(abi.encodeWithSelector(IDefence.TopUpNotOptedIn.selector, account, 0));
        vault.topUp(account, 0);
        vm.expectRevert(abi.encodeWithSelector(IDefence.TopUpNotOptedIn.selector, account, 0));
        vault.topUpNeeded(account, 0);
        vm.expectRevert(abi.encodeWithSelector(IDefence.TopUpNotOptedIn.selector, account, 0));
        vault.topUpAvailable(account, 0);
    }

    function test_RevertWhen_StrangerSetsAMandate() public {
        vm.prank(keeper);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, account, keeper));
        vault.setTopUpMandate(account, 0, _mandate(WALLET, usdc, 1));
    }

    function test_RevertWhen_MandateIsInvalid() public {
        TopUpMandate memory mandate = _mandate(WALLET, usdc, 1);
        mandate.triggerHealth = 1e18;
        _expectInvalid(mandate, "triggerHealth", WAD, WAD);
        mandate = _mandate(WALLET, usdc, 1);
        mandate.targetHealth = mandate.triggerHealth;
        _expectInvalid(mandate, "targetHealth", mandate.targetHealth, mandate.triggerHealth);
        mandate = _mandate(WALLET, usdc, 1);
        mandate.window = 1 hours - 1;
        _expectInvalid(mandate, "window", 1 hours - 1, 1 hours);
        mandate = _mandate(WALLET, usdc, 1);
        mandate.expiry = uint64(vm.getBlockTimestamp() - 1);
        _expectInvalid(mandate, "expiry", vm.getBlockTimestamp() - 1, vm.getBlockTimestamp());
        _expectInvalid(_mandate(account, usdc, 1), "source", uint256(account), uint256(account));

        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IDefence.MandateInvalid.selector, account, INDEX, 4, 3));
        vault.setTopUpMandate(account, 4, mandate);
    }

    function test_RevertWhen_TokenIsUnknown() public {
        MockToken stranger = new MockToken("Stranger", "STR", 18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralUnknown.selector, stranger));
        _set(_mandate(WALLET, stranger, 1));
    }

    function test_RevertWhen_SourceIsUnknown_OrNotTheOwners() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, savings));
        _set(_mandate(savings, usdc, 1));
        bytes32 others = bytes32(uint256(uint160(keeper)) << 96 | 1);
        _add(others, weth, ETH);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, others, alice));
        _set(_mandate(others, weth, 1));
    }

    function test_SetTopUpMandate_AtEveryLimit() public {
        TopUpMandate memory mandate = TopUpMandate({
            source: WALLET,
            token: address(weth),
            triggerHealth: 1e18 + 1,
            window: 1 hours,
            targetHealth: 1e18 + 2,
            expiry: uint64(vm.getBlockTimestamp()),
            capPerWindow: type(uint128).max
        });
        vm.prank(alice);
        vm.expectEmit(address(vault));
        emit IDefence.TopUpMandateSet(account, 3, mandate);
        vault.setTopUpMandate(account, 3, mandate);
        assertEq(abi.encode(vault.topUpMandateOf(account, 3)), abi.encode(mandate));

        TopUpMandate memory none;
        vm.prank(alice);
        vault.setTopUpMandate(account, 3, none);
        vm.expectRevert(abi.encodeWithSelector(IDefence.TopUpNotOptedIn.selector, account, 3));
        vault.topUp(account, 3);
    }

    function test_RevertWhen_MandateExpired() public {
        _owe(1.01e18);
        _fund(usdc, 10_000 * USD);
        TopUpMandate memory mandate = _mandate(WALLET, usdc, 100 * USD);
        mandate.expiry = uint64(vm.getBlockTimestamp());
        _set(mandate);
        uint256 snapshot = vm.snapshotState();
        assertGt(vault.topUp(account, 0), 0);
        assertTrue(vm.revertToState(snapshot));
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(IDefence.MandateExpired.selector, account, mandate.expiry, vm.getBlockTimestamp())
        );
        vault.topUp(account, 0);
    }

    /// @dev Under the trigger, and not at it.
    function test_RevertWhen_HealthIsNotUnderTheTrigger() public {
        vault.debit(account, 18_750 * USD);
        assertEq(_health(), 1.2e18);
        _fund(usdc, 10_000 * USD);
        TopUpMandate memory mandate = _mandate(WALLET, usdc, 10_000 * USD);
        (mandate.triggerHealth, mandate.targetHealth) = (1.2e18, 1.25e18);
        _set(mandate);
        vm.expectRevert(abi.encodeWithSelector(IDefence.TopUpNotDue.selector, account, 1.2e18, 1.2e18));
        vault.topUp(account, 0);
        mandate.triggerHealth = 1.2e18 + 1;
        _set(mandate);
        // 18,000 would be owed at the target; a unit more goes for rounding.
        assertEq(vault.topUp(account, 0), 750 * USD + 1);
        assertGe(_health(), 1.25e18);
    }

    // ------------------------------------------------------------------------------------------- from the wallet

    function test_TopUp_Stable_RepaysTheLeastThatRestores() public {
        vault.debit(account, 22_400 * USD);
        _fund(usdc, 10_000 * USD);
        _set(_mandate(WALLET, usdc, 20_000 * USD));
        uint256 before = _health();
        // (1.04 x 22,400 - 22,500) / 1.04, and a unit for rounding.
        uint256 expected = (uint256(104) * 22_400 * USD - 2_250_000 * USD) / 104 + 1;
        assertEq(vault.topUpNeeded(account, 0), expected);
        vm.expectEmit(address(vault));
        emit IDefence.ToppedUp(
            account, 0, keeper, WALLET, address(usdc), expected, before, 22_500e36 / (22_400e18 - expected * SCALE)
        );
        vm.prank(keeper);
        assertEq(vault.topUp(account, 0), expected);
        assertEq(usdc.balanceOf(alice), 10_000 * USD - expected);
        _assertLeast(usdc, expected);
        _assertConserved();
    }

    function test_TopUp_Collateral_AddsTheLeastThatRestores() public {
        vault.debit(account, 22_400 * USD);
        _fund(wbtc, BTC);
        _set(_mandate(WALLET, wbtc, BTC));
        // (1.04 x 22,400 - 22,500) / (60,000 x .85), in satoshi and rounded up.
        uint256 expected = uint256(796e8) / 51_000 + 1;
        assertEq(vault.topUp(account, 0), expected);
        assertEq(vault.balanceOf(account, address(wbtc)), expected);
        assertGe(_health(), 1.04e18);
        _assertConserved();
    }

    /// @dev A swap is refused under maintenance, a top-up is what it is for.
    function test_TopUp_WorksUnderMaintenance() public {
        vault.debit(account, 25_000 * USD);
        _fund(usdc, 10_000 * USD);
        _set(_mandate(WALLET, usdc, 20_000 * USD));
        vault.topUp(account, 0);
        assertGe(_health(), 1.04e18);
    }

    /// @dev Half of the cap at once, all of it in a window, and no more.
    function test_RevertWhen_CapIsSpent() public {
        vault.debit(account, 25_000 * USD);
        _fund(usdc, 10_000 * USD);
        _set(_mandate(WALLET, usdc, 1000 * USD));
        assertEq(vault.topUpAvailable(account, 0), 500 * USD);
        uint256 needed = vault.topUpNeeded(account, 0);
        assertEq(vault.topUp(account, 0), 500 * USD, "a part is better than nothing");
        vm.expectRevert(
            abi.encodeWithSelector(IDefence.TopUpNothingToMove.selector, account, needed - 500 * USD, 0, 9500 * USD)
        );
        vault.topUp(account, 0);
        skip(12 hours);
        assertEq(vault.topUp(account, 0), 250 * USD);
        // A mandate set anew has spent what its number has spent.
        _set(_mandate(WALLET, usdc, 1000 * USD));
        assertEq(vault.topUpAvailable(account, 0), 0);
    }

    function test_RevertWhen_WalletIsEmpty() public {
        vault.debit(account, 25_000 * USD);
        _set(_mandate(WALLET, usdc, 1000 * USD));
        vm.expectPartialRevert(IDefence.TopUpNothingToMove.selector);
        vault.topUp(account, 0);
        usdc.mint(alice, 100 * USD);
        vm.expectPartialRevert(IDefence.TopUpNothingToMove.selector);
        vault.topUp(account, 0);
        vm.prank(alice);
        usdc.approve(address(vault), 40 * USD);
        assertEq(vault.topUp(account, 0), 40 * USD, "no more than the allowance");
        vm.prank(alice);
        usdc.approve(address(vault), 500 * USD);
        assertEq(vault.topUp(account, 0), 60 * USD, "no more than the balance");
        _assertConserved();
    }

    function test_TopUp_Stable_RepaysAtMostTheDebt() public {
        vault.setLegs(account, true);
        options.set(25_000e18);
        vault.debit(account, 200 * USD);
        _fund(usdc, 10_000 * USD);
        _set(_mandate(WALLET, usdc, 10_000 * USD));
        assertEq(vault.topUp(account, 0), 200 * USD);
        assertEq(_standing().debt, 0);
        assertEq(vault.creditOf(account), 0);
        // Collateral does what a repayment cannot.
        vm.expectRevert(
            abi.encodeWithSelector(IDefence.TopUpNothingToMove.selector, account, 0, 4800 * USD, 9800 * USD)
        );
        vault.topUp(account, 0);
        _fund(weth, 10 * ETH);
        vm.prank(alice);
        vault.setTopUpMandate(account, 1, _mandate(WALLET, weth, 10 * ETH));
        vault.topUp(account, 1);
        assertGe(_health(), 1.04e18);
    }

    function test_RevertWhen_CapOfCollateralIsReached() public {
        vault.debit(account, 22_400 * USD);
        _fund(weth, 10 * ETH);
        _set(_mandate(WALLET, weth, 10 * ETH));
        uint256 needed = vault.topUpNeeded(account, 0);
        vault.setCap(address(weth), 10 * ETH + needed - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.CollateralCapExceeded.selector, weth, 10 * ETH + needed, 10 * ETH + needed - 1
            )
        );
        vault.topUp(account, 0);
        vault.setCap(address(weth), 10 * ETH + needed);
        assertEq(vault.topUp(account, 0), needed);
    }

    function test_RevertWhen_CollateralHasNoPrice() public {
        vault.debit(account, 22_400 * USD);
        _fund(wbtc, BTC);
        _set(_mandate(WALLET, wbtc, BTC));
        prices.set(address(wbtc), 0);
        vm.expectRevert(abi.encodeWithSelector(SetPrices.NoPrice.selector, wbtc));
        vault.topUp(account, 0);
    }

    function test_RevertWhen_TokenChargesOnTransfer() public {
        TaxedToken taxed = new TaxedToken("TAX", 18, 100);
        _list(taxed, 18, 1e18, 0.75e18, 0.7e18);
        vault.debit(account, 22_400 * USD);
        _fund(taxed, 10_000e18);
        _set(_mandate(WALLET, taxed, 10_000e18));
        uint256 needed = vault.topUpNeeded(account, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.TransferShort.selector, taxed, needed, needed - needed / 100)
        );
        vault.topUp(account, 0);
    }

    /// @dev An allowance alone is no mandate, and a mandate of one owner does not reach another's wallet.
    function test_RevertWhen_AnotherHasApproved() public {
        address bob = makeAddr("bob");
        bytes32 bobs = bytes32(uint256(uint160(bob)) << 96 | 1);
        _add(bobs, weth, 10 * ETH);
        vault.debit(bobs, 22_400 * USD);
        _fund(usdc, 10_000 * USD);
        vm.prank(bob);
        vault.setTopUpMandate(bobs, 0, _mandate(WALLET, usdc, 10_000 * USD));
        vm.expectPartialRevert(IDefence.TopUpNothingToMove.selector);
        vault.topUp(bobs, 0);
        assertEq(usdc.balanceOf(alice), 10_000 * USD);
    }

    // ---------------------------------------------------------------------------------------- from another account

    function test_TopUp_CollateralFromSavings_MovesWithinTheBooks() public {
        _add(savings, weth, 2 * ETH);
        vault.debit(account, 22_400 * USD);
        _set(_mandate(savings, weth, 10 * ETH));
        breaker.set(uint64(vm.getBlockTimestamp() + 1));
        uint256 moved = vault.topUp(account, 0);
        assertEq(vault.balanceOf(savings, address(weth)), 2 * ETH - moved);
        assertEq(vault.balanceOf(account, address(weth)), 10 * ETH + moved);
        assertGe(_health(), 1.04e18);
        _assertConserved();
    }

    function test_TopUp_TakesAtMostWhatSavingsHold() public {
        _add(savings, weth, 1e15);
        vault.debit(account, 22_400 * USD);
        _set(_mandate(savings, weth, 10 * ETH));
        assertEq(vault.topUp(account, 0), 1e15);
        vm.expectPartialRevert(IDefence.TopUpNothingToMove.selector);
        vault.topUp(account, 0);
    }

    /// @dev 2 WETH at .68 hold up 4,080: the source may give exactly what leaves it that.
    function test_RevertWhen_SavingsWouldFallUnderTheirInitialRequirement() public {
        _add(savings, weth, 2 * ETH);
        vault.debit(account, 22_400 * USD);
        _set(_mandate(savings, weth, 10 * ETH));
        uint256 needed = vault.topUpNeeded(account, 0);
        uint256 left = (2 * ETH - needed) * 3000 * 68 / 100;
        vault.debit(savings, left / SCALE + 1);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vault.topUp(account, 0);
        vault.credit(savings, 1);
        assertEq(vault.topUp(account, 0), needed);
    }

    function test_RevertWhen_NewRiskIsStopped_AndSavingsOwe() public {
        _add(savings, weth, 2 * ETH);
        vault.debit(savings, 200 * USD);
        vault.debit(account, 22_400 * USD);
        _set(_mandate(savings, weth, 10 * ETH));
        uint64 until = uint64(vm.getBlockTimestamp() + 1);
        breaker.set(until);
        vm.expectRevert(abi.encodeWithSelector(SetBreaker.NewRiskStopped.selector, until));
        vault.topUp(account, 0);
        skip(1);
        assertGt(vault.topUp(account, 0), 0);
    }

    /// @dev Credit first; then the source borrows for the other account, within its initial requirement and not in dust.
    function test_TopUp_StableFromSavings_IsADebit() public {
        _add(savings, weth, 2 * ETH);
        vault.debit(account, 22_400 * USD);
        _set(_mandate(savings, usdc, 20_000 * USD));
        uint256 needed = vault.topUpNeeded(account, 0);
        (uint256 assets, uint256 cash) = (vault.lendersAssets(), vault.cash());
        assertEq(vault.topUp(account, 0), needed);
        assertEq(vault.standing(savings).debt, needed);
        assertEq(_standing().debt, 22_400 * USD - needed);
        assertEq(vault.cash(), cash, "no token moves");
        assertApproxEqAbs(vault.lendersAssets(), assets, 1);
    }

    function test_RevertWhen_SavingsWouldOweDust_UnlessTheyHaveCredit() public {
        _add(savings, weth, 2 * ETH);
        vault.debit(account, 22_400 * USD);
        _set(_mandate(savings, usdc, 20 * USD));
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.DebtBelowMinimum.selector, savings, 10 * USD, MINIMUM_DEBT));
        vault.topUp(account, 0);
        vault.credit(savings, 10 * USD);
        assertEq(vault.topUp(account, 0), 10 * USD);
        assertEq(vault.creditOf(savings), 0);
        assertEq(vault.standing(savings).debt, 0);
    }

    // -------------------------------------------------------------------------------------------------- all tokens

    function test_TopUp_TokensOfAnyDecimals() public {
        uint8[5] memory all = [0, 6, 8, 18, 24];
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            MockToken token = new MockToken("T", "T", all[i]);
            _list(token, all[i], 7e18, 0.75e18, 0.7e18);
            vault.debit(account, 22_400 * USD);
            _fund(token, 1000 * 10 ** all[i]);
            _set(_mandate(WALLET, token, 2000 * 10 ** all[i]));
            uint256 amount = vault.topUp(account, 0);
            assertGe(_health(), 1.04e18);
            // 796 / (7 x .75), rounded up to the unit.
            assertApproxEqAbs(amount, uint256(796) * 10 ** all[i] * 100 / 525, 1 + 10 ** all[i] / 1e17);
            assertTrue(vm.revertToState(snapshot));
        }
    }

    function testFuzz_TopUp_IsTheLeast_OrALimit(uint256 debt, uint256 price, uint256 cap, uint256 held, uint8 kind)
        public
    {
        debt = bound(debt, 21_700 * USD, 26_000 * USD);
        price = bound(price, 2900e18, 3010e18);
        held = bound(held, 1, 1e12);
        cap = bound(cap, 2, 1e12);
        prices.set(address(weth), price);
        vault.debit(account, debt);
        MockToken token = kind % 2 == 0 ? usdc : wbtc;
        if (kind % 4 < 2) {
            _fund(token, held);
            _set(_mandate(WALLET, token, cap));
        } else {
            _add(savings, weth, ETH);
            if (token == wbtc) _add(savings, wbtc, held);
            else vault.credit(savings, held);
            _set(_mandate(savings, token, cap));
        }
        if (_health() >= 1.03e18) {
            vm.expectPartialRevert(IDefence.TopUpNotDue.selector);
            vault.topUp(account, 0);
            return;
        }
        _checkLeast(token, held, cap, kind % 4 == 2);
    }

    /// @dev From savings stable has no limit but the requirement, so there the move may also be refused.
    function _checkLeast(MockToken token, uint256 held, uint256 cap, bool mayBorrow) private {
        uint256 needed = vault.topUpNeeded(account, 0);
        uint256 before = _health();
        uint256 limit = cap / 2 < needed ? cap / 2 : needed;
        if (mayBorrow && limit > held) {
            try vault.topUp(account, 0) returns (uint256 borrowed) {
                assertEq(borrowed, limit);
                assertGe(vault.standing(savings).debt, MINIMUM_DEBT);
            } catch {
                assertEq(_health(), before);
            }
            return;
        }
        uint256 amount = vault.topUp(account, 0);
        assertEq(amount, limit < held ? limit : held);
        assertGt(_health(), before);
        if (amount == needed) {
            assertGe(_health(), 1.04e18);
            _assertLeast(token, amount);
        } else {
            assertLt(_health(), 1.04e18);
        }
    }

    function test_Gas_TopUp() public {
        vault.debit(account, 22_400 * USD);
        _fund(usdc, 10_000 * USD);
        _set(_mandate(WALLET, usdc, 20_000 * USD));
        vault.topUp(account, 0);
        assertLt(vm.snapshotGasLastCall("TopUp", "stableFromWallet"), 300_000);
    }

    // ----------------------------------------------------------------------------------------------------- helpers

    /// @dev With two units less, of stable or collateral, the target would not hold: one for rounding, one for being less.
    function _assertLeast(MockToken token, uint256 amount) private view {
        uint256 less = amount < 2 ? amount : 2;
        uint256 owed = _standing().owed;
        uint256 capacity = _standing().capacity;
        if (token == usdc) owed += less * SCALE;
        else capacity -= less * 60_000e10 * 85 / 100;
        assertLt(capacity * WAD / owed, 1.04e18);
    }

    /// @dev Health 1.03 to 1.04, for a month, a window of a day.
    function _mandate(bytes32 source, MockToken token, uint256 cap) private view returns (TopUpMandate memory) {
        return TopUpMandate({
            source: source,
            token: address(token),
            triggerHealth: 1.03e18,
            window: 1 days,
            targetHealth: 1.04e18,
            expiry: uint64(vm.getBlockTimestamp() + 30 days),
            capPerWindow: cap.toUint128()
        });
    }

    function _set(TopUpMandate memory mandate) private {
        vm.prank(alice);
        vault.setTopUpMandate(account, 0, mandate);
    }

    function _fund(MockToken token, uint256 amount) private {
        token.mint(alice, amount);
        vm.prank(alice);
        token.approve(address(vault), type(uint256).max);
    }

    function _expectInvalid(TopUpMandate memory mandate, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IDefence.MandateInvalid.selector, account, field, value, limit));
        _set(mandate);
    }
}
