// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Vm} from "forge-std/Vm.sol";

import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IDefence} from "../../contracts/interfaces/IDefence.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {LienCode} from "../../contracts/libraries/LienCode.sol";
import {LienSwapMandate, Order, OrderKind} from "../../contracts/types/Lien.sol";
import {CrossChainBase} from "./CrossChainBase.sol";
import {MockToken} from "./mocks/MockToken.sol";
import {TrieBuilder} from "./mocks/TrieBuilder.sol";

/// @dev Lien 1 is 100 WETH, lien 2 is 1 WBTC, which is the steadier: LT .85, BF .80, sigma .40. Health is 1.05, the mandate acts under 1.06 and
/// restores 1.07, for which about 24 WETH do.
contract LienSwapsTest is CrossChainBase {
    uint64 private constant LIFE = FINALITY + 2 days;

    bytes32 private key;
    bytes32 private outKey;

    function setUp() public override {
        super.setUp();
        vm.chainId(CHAIN_B);
        _setOut(0.85e18, 0.8e18);
        (, key) = _lockAndCount(LOCKED);
        outKey = _count(_lockFor(wbtc, 1e8));
        _owe(1.05e18);
        _set(_mandate());
    }

    function _setOut(uint256 threshold, uint256 borrowFactor) private {
        factors.set(
            localWbtc,
            IRiskOracle.Factors({
                liquidationThreshold: threshold,
                borrowFactor: borrowFactor,
                bonus: 0.05e18,
                maintenanceVolatility: 0.4e18,
                initialVolatility: 0.4e18
            })
        );
    }

    /// @dev Debt with which health is as wanted.
    function _owe(uint256 health) private {
        book.setDebt(account, hub.capacityOf(account).maintenance * WAD / health);
    }

    function _health() private view returns (uint256 health) {
        (health,) = book.standing(account);
    }

    function _mandate() private view returns (LienSwapMandate memory) {
        return LienSwapMandate({
            lienOutKey: outKey,
            triggerHealth: 1.06e18,
            targetHealth: 1.07e18,
            maxLoss: 0.005e18,
            expiry: START + 90 days,
            capPerWindow: 60e18,
            leastUnits: 1e18,
            window: 1 days
        });
    }

    function _set(LienSwapMandate memory mandate) private {
        vm.prank(alice);
        hub.setLienSwapMandate(key, mandate);
    }

    function _ask(uint128 units) private returns (uint64) {
        vm.chainId(CHAIN_B);
        vm.prank(bob);
        return hub.requestSwapByMandate(key, units);
    }

    function _refuse(uint128 units, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(bob);
        hub.requestSwapByMandate(key, units);
    }

    function _total(MockToken token) private view returns (uint256) {
        return hub.remoteOf(hub.remoteKeyOf(CHAIN_A, address(collateralVault), address(token))).total;
    }

    function _fund(Order memory order) private {
        vm.chainId(CHAIN_A);
        wbtc.mint(address(this), order.minOut);
        wbtc.approve(address(collateralVault), order.minOut);
    }

    function _fill(Order memory order, bool given) private returns (bool executed) {
        _fund(order);
        chainGiven = given;
        executed = _execute(order);
        chainGiven = false;
    }

    function _proveBoth() private {
        _bring(1, _lienProofFrom(_vaultSlots(), 1, 2));
    }

    /// @dev Chain A ends an order past its deadline without effect, which moves its counter there.
    function _lapseThere(uint64 counter) private {
        Order memory order = hub.orderHashOf(key, counter) == 0 ? _issue(key, counter) : hub.orderOf(key, counter);
        chainGiven = true;
        ICollateralVault.OrderProof memory proof = _orderProof(order);
        chainGiven = false;
        vm.chainId(CHAIN_A);
        collateralVault.lapse(order, proof);
        vm.chainId(CHAIN_B);
    }

    // ---------------------------------------------------------------------------------------------------- mandates

    function test_AMandateIsSetToldAndTakenBackByItsOwnerAlone() public {
        LienSwapMandate memory mandate = _mandate();
        mandate.leastUnits = 7;
        vm.expectEmit(address(hub));
        emit IMarginHub.LienSwapMandateSet(key, account, mandate);
        _set(mandate);
        assertEq(keccak256(abi.encode(hub.lienSwapMandateOf(key))), keccak256(abi.encode(mandate)));
        assertEq(hub.lienSwapAvailable(key), 30e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.NotAccountOwner.selector, account, bob));
        vm.prank(bob);
        hub.setLienSwapMandate(key, mandate);

        LienSwapMandate memory none;
        vm.expectEmit(address(hub));
        emit IMarginHub.LienSwapMandateSet(key, account, none);
        mandate.triggerHealth = 0;
        _set(mandate);
        assertEq(hub.lienSwapMandateOf(key).lienOutKey, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienSwapNotOptedIn.selector, key));
        hub.lienSwapAvailable(key);
        _refuse(2e18, abi.encodeWithSelector(IMarginHub.LienSwapNotOptedIn.selector, key));
    }

    function _refuseMandate(LienSwapMandate memory mandate, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IDefence.MandateInvalid.selector, account, field, value, limit));
        _set(mandate);
    }

    function test_RevertWhen_AMandateMakesNoSense() public {
        LienSwapMandate memory mandate = _mandate();
        mandate.triggerHealth = 1e18;
        _refuseMandate(mandate, "triggerHealth", 1e18, 1e18);
        mandate = _mandate();
        mandate.targetHealth = mandate.triggerHealth;
        _refuseMandate(mandate, "targetHealth", mandate.triggerHealth, mandate.triggerHealth);
        mandate = _mandate();
        mandate.window = 1 hours - 1;
        _refuseMandate(mandate, "window", 1 hours - 1, 1 hours);
        mandate = _mandate();
        mandate.expiry = uint64(vm.getBlockTimestamp()) - 1;
        _refuseMandate(mandate, "expiry", mandate.expiry, vm.getBlockTimestamp());
        mandate = _mandate();
        mandate.maxLoss = 0.01e18 + 1;
        _refuseMandate(mandate, "maxLoss", 0.01e18 + 1, 0.01e18);
        mandate = _mandate();
        mandate.leastUnits = 0;
        _refuseMandate(mandate, "leastUnits", 0, 1);
        mandate.leastUnits = 30e18 + 1;
        _refuseMandate(mandate, "leastUnits", 30e18 + 1, 30e18);
    }

    function test_RevertWhen_AMandateNamesAnotherKindOfLien() public {
        LienSwapMandate memory mandate = _mandate();
        mandate.lienOutKey = key;
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SwapLienMismatch.selector, key, key));
        _set(mandate);
        mandate.lienOutKey = bytes32(uint256(9));
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienUnknown.selector, bytes32(uint256(9))));
        _set(mandate);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienUnknown.selector, bytes32(uint256(9))));
        vm.prank(alice);
        hub.setLienSwapMandate(bytes32(uint256(9)), mandate);
    }

    // ---------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_TheMandateHasExpired() public {
        vm.warp(START + 90 days);
        _ask(2e18);
        vm.warp(START + 90 days + 1);
        _refuse(
            2e18,
            abi.encodeWithSelector(IDefence.MandateExpired.selector, account, START + 90 days, START + 90 days + 1)
        );
    }

    function test_RevertWhen_HealthIsNotBetweenOneAndTheTrigger() public {
        uint256 capacity = hub.capacityOf(account).maintenance;
        _owe(1.06e18);
        uint256 health = (capacity - 2) * WAD / book.debtOf(account);
        if (health < 1.06e18) book.setDebt(account, book.debtOf(account) - 1e6);
        health = (capacity - 2) * WAD / book.debtOf(account);
        _refuse(2e18, abi.encodeWithSelector(IDefence.SwapNotDue.selector, account, health, 1.06e18));
        // Two wei of capacity over the debt are enough, one is not.
        book.setDebt(account, capacity - 1);
        _refuse(
            2e18,
            abi.encodeWithSelector(
                IMarginVault.AccountUnderMaintenance.selector, account, (capacity - 2) * WAD / (capacity - 1)
            )
        );
        book.setDebt(account, capacity - 2);
        _ask(2e18);
        assertTrue(book.isHealthy(account));
    }

    function test_RevertWhen_NothingIsOwed() public {
        book.setDebt(account, 0);
        _refuse(2e18, abi.encodeWithSelector(IDefence.SwapNotDue.selector, account, type(uint256).max, 1.06e18));
    }

    function test_RevertWhen_AnyOrderOfTheLienWaits() public {
        uint256 debt = book.debtOf(account);
        book.setDebt(account, 0);
        _release(key, 1);
        book.setDebt(account, debt);
        _refuse(2e18, abi.encodeWithSelector(IMarginHub.TooManyPendingOrders.selector, key, 1, 1));
    }

    function test_RevertWhen_TheOtherLienIsInASwapOrGone() public {
        uint256 debt = book.debtOf(account);
        book.setDebt(account, 0);
        uint64 deadline = uint64(vm.getBlockTimestamp()) + 1 days;
        vm.prank(alice);
        hub.requestSwap(outKey, 0.1e8, key, 2e18, deadline, "");
        book.setDebt(account, debt);
        _refuse(2e18, abi.encodeWithSelector(IMarginHub.SwapUnderWay.selector, key, 0, 1));
    }

    function test_RevertWhen_TheOtherLienIsDetached() public {
        uint256 debt = book.debtOf(account);
        book.setDebt(account, 0);
        _carryOut(outKey, _release(outKey, 1e8));
        _refresh(2);
        vm.prank(alice);
        hub.detachLien(outKey);
        book.setDebt(account, hub.capacityOf(account).maintenance * WAD / 1.05e18);
        _refuse(2e18, abi.encodeWithSelector(IMarginHub.LienNotAttached.selector, outKey));
        assertLt(book.debtOf(account), debt);
    }

    function test_RevertWhen_UnitsAreTooFewOrMoreThanCountOrThanTheCap() public {
        _refuse(1e18 - 1, abi.encodeWithSelector(IMarginHub.LienSwapTooSmall.selector, key, 1e18 - 1, 1e18));
        _refuse(LOCKED + 1, abi.encodeWithSelector(IMarginHub.LienTooSmall.selector, key, LOCKED, LOCKED + 1));
        _refuse(30e18 + 1, abi.encodeWithSelector(IMarginHub.LienSwapBudgetExhausted.selector, key, 30e18 + 1, 30e18));
    }

    function test_RevertWhen_APriceIsMissingOrTheCapHasNoRoom() public {
        _listRemote(address(wbtc), localWbtc, 8, 1.0995e8 - 1, 1);
        bytes32 remoteKey = hub.remoteKeyOf(CHAIN_A, address(collateralVault), address(wbtc));
        _refuse(2e18, abi.encodeWithSelector(IMarginHub.SwapCapExceeded.selector, remoteKey, 1.0995e8, 1.0995e8 - 1));
        _listRemote(address(wbtc), localWbtc, 8, 1.0995e8, 1);
        _ask(2e18);
    }

    function test_RevertWhen_WhatIsGivenHasNoPrice() public {
        prices.drop(localWeth);
        // It serves maintenance at its highest price, and the account may seem to need help all the same.
        _owe(1.05e18);
        _refuse(2e18, abi.encodeWithSelector(IMarginHub.PriceMissing.selector, localWeth));
    }

    function test_RevertWhen_WhatIsBroughtCountsTooLittle() public {
        _setOut(0.77e18, 0.9e18);
        _assertNoHelp("maintenance");
        _setOut(0.85e18, 0.7e18);
        _assertNoHelp("initial");
        _setOut(0.85e18, 0.8e18);
        factors.setPast(localWbtc, 0.77e18);
        _assertNoHelp("past");
    }

    function _assertNoHelp(bytes32 number) private {
        _owe(1.05e18);
        vm.prank(bob);
        (bool done, bytes memory reason) =
            address(hub).call(abi.encodeCall(IMarginHub.requestSwapByMandate, (key, 2e18)));
        assertFalse(done);
        // A refusal is told by its first four bytes.
        // forge-lint: disable-next-line(unsafe-typecast)
        assertEq(bytes4(reason), IMarginHub.LienSwapRestoresNothing.selector);
        (bytes32 lien, bytes32 named, uint256 given, uint256 brought) =
            abi.decode(this.tail(reason), (bytes32, bytes32, uint256, uint256));
        assertEq(lien, key);
        assertEq(named, number);
        assertLt(brought, given);
    }

    function tail(bytes calldata reason) external pure returns (bytes memory) {
        return reason[4:];
    }

    function test_RevertWhen_OneUnitLessPassesTheTargetToo() public {
        uint128 most = _largest();
        assertGt(most, 20e18);
        assertLt(most, 30e18);
        uint256 health = _healthIfCarriedOut(most + 1);
        vm.expectPartialRevert(IMarginHub.LienSwapTooLarge.selector);
        vm.prank(bob);
        hub.requestSwapByMandate(key, most + 1);
        assertGt(health, 1.07e18);
        // By less than one unit of WBTC adds, to which the price is rounded up.
        assertLt(_healthIfCarriedOut(most), 1.07e18 + 1e10);
    }

    /// @dev The least that the owner allows is never too much, whatever health it leaves.
    function test_TheLeastAmountMayPassTheTarget() public {
        LienSwapMandate memory mandate = _mandate();
        mandate.leastUnits = 28e18;
        _set(mandate);
        uint64 counter = _ask(28e18);
        _fill(_issue(key, counter), true);
        _proveBoth();
        assertGt(_health(), 1.07e18);
    }

    /// @dev Bisection: allowed below, refused above.
    function _largest() private returns (uint128 least) {
        least = 1e18;
        uint128 above = 30e18;
        while (above - least > 1) {
            uint128 middle = (least + above) / 2;
            if (_isAllowed(middle)) least = middle;
            else above = middle;
        }
    }

    function _isAllowed(uint128 units) private returns (bool allowed) {
        uint256 state = vm.snapshotState();
        vm.prank(bob);
        try hub.requestSwapByMandate(key, units) {
            allowed = true;
        } catch {
            allowed = false;
        }
        vm.revertToState(state);
    }

    /// @dev As the contract must see it, written another way.
    function _healthIfCarriedOut(uint128 units) private view returns (uint256) {
        uint256 minOut = _fairOut(units);
        uint256 kept = WAD - hub.haircut(0.6e18, LAG);
        uint256 keptOut = WAD - hub.haircut(0.4e18, LAG);
        uint256 capacity = (LOCKED - units) * 3000 * kept / WAD * 0.774e18 / WAD + (1e8 + minOut) * 60_000e10 * keptOut
            / WAD * 0.85e18 / WAD;
        return capacity * WAD / book.debtOf(account);
    }

    /// @dev 3,000 (1 - .005) / 60,000 WBTC a WETH, rounded up to a unit.
    function _fairOut(uint128 units) private pure returns (uint128) {
        uint256 scaled = uint256(units) * 3000 * 995;
        uint256 unit = 60_000e10 * 1000;
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint128((scaled + unit - 1) / unit);
    }

    /// @dev Rule 8: 1 % of equity at once, 2 % a day, though the cap in units would allow more.
    function test_RevertWhen_TheLossIsMoreThanRuleEightAllows() public {
        LienSwapMandate memory mandate = _mandate();
        (mandate.maxLoss, mandate.capPerWindow, mandate.targetHealth) = (0.01e18, 200e18, 2e18);
        _set(mandate);
        _setOut(0.9e18, 0.85e18);
        _owe(1.05e18);
        (, int256 equity) = book.standing(account);
        // 1 % of 3,000 a WETH is lost.
        // Test values are positive and far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint128 most = uint128(uint256(equity) / 3000);
        vm.expectPartialRevert(IMarginVault.LossBudgetExhausted.selector);
        vm.prank(bob);
        hub.requestSwapByMandate(key, most + 1e15);
        uint64 counter = _ask(most - 1e15);
        _fill(_issue(key, counter), true);
        _proveBoth();
        _owe(1.05e18);
        vm.expectPartialRevert(IMarginVault.LossBudgetExhausted.selector);
        vm.prank(bob);
        hub.requestSwapByMandate(key, most / 2);
    }

    function test_RevertWhen_TheVaultIsMidway() public {
        vm.expectRevert(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        book.askForSwapMidway(key, 2e18);
        _ask(2e18);
    }

    // -------------------------------------------------------------------------------------------------- whole ways

    function test_AnyoneAsksAndTheSwapIsFilledUnderAHeaderThatTheChainGives() public {
        uint256 before = _health();
        uint256 initial = hub.capacityOf(account).initial;
        uint256 after_ = _healthIfCarriedOut(20e18);
        uint64 requested = uint64(vm.getBlockTimestamp());
        vm.recordLogs();
        uint64 counter = _ask(20e18);
        vm.snapshotGasLastCall("CrossChain", "requestSwapByMandate");
        (uint256 told, uint256 toldAfter) = _toldHealths();
        assertApproxEqAbs(told, before, 2);
        assertApproxEqRel(toldAfter, after_, 1e9);
        IMarginHub.PendingOrder memory pending = hub.pendingOf(key, counter);
        assertEq(uint8(pending.kind), uint8(OrderKind.Swap));
        assertEq(pending.units, 20e18);
        assertEq(pending.minOut, 0.995e8);
        assertEq(pending.lienOutKey, outKey);
        assertEq(pending.deadline, requested + LIFE);
        assertEq(hub.lienSwapAvailable(key), 10e18);
        assertGe(_health() + 1, before);

        assertTrue(_fill(_issue(key, counter), true));
        assertEq(weth.balanceOf(address(this)), 20e18);
        _proveBoth();
        assertEq(hub.lienOf(key).counted, 80e18);
        assertEq(hub.lienOf(outKey).counted, 1.995e8);
        assertEq(_total(weth), 80e18);
        assertEq(_total(wbtc), 1.995e8);
        assertGe(_health(), toldAfter);
        assertGt(hub.capacityOf(account).initial, initial);
    }

    function _toldHealths() private returns (uint256 before, uint256 later) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMarginHub.LienSwapRequested.selector) continue;
            assertEq(logs[i].topics[1], key);
            assertEq(logs[i].topics[3], account);
            address caller;
            uint128 units;
            uint128 minOut;
            (caller, units, minOut, before, later) =
                abi.decode(logs[i].data, (address, uint128, uint128, uint256, uint256));
            assertEq(caller, bob);
            assertEq(units, 20e18);
            assertEq(minOut, 0.995e8);
            return (before, later);
        }
        assertTrue(false, "the request is not told");
    }

    /// @dev One wei of WETH more than comes out even costs a unit of WBTC more.
    function test_ThePriceIsRoundedUpToAUnit() public {
        uint256 state = vm.snapshotState();
        assertEq(hub.pendingOf(key, _ask(2e18)).minOut, 0.0995e8);
        vm.revertToState(state);
        assertEq(hub.pendingOf(key, _ask(2e18 + 1)).minOut, 0.0995e8 + 1);
    }

    /// @dev Twenty of a hundred locked are more than leaves at once: queued for a day, and still in time.
    function test_UnderAttestedHeadersItIsQueuedForADayAndStillInTime() public {
        uint256 before = _health();
        uint64 counter = _ask(20e18);
        Order memory order = _issue(key, counter);
        assertFalse(_fill(order, false));
        vm.expectRevert(
            abi.encodeWithSelector(
                ICollateralVault.QueueNotReady.selector, 1, vm.getBlockTimestamp() + 1 days, vm.getBlockTimestamp()
            )
        );
        collateralVault.executeQueued(order);
        skip(1 days);
        collateralVault.executeQueued(order);
        assertEq(weth.balanceOf(address(this)), 20e18);
        _proveBoth();
        assertEq(hub.lienOf(key).counted, 80e18);
        assertEq(hub.lienOf(outKey).counted, 1.995e8);
        assertGt(_health(), before);
    }

    /// @dev Whatever the amount, the prices of the request and the health: nobody is worse off for asking, nor for filling.
    /// forge-config: default.fuzz.runs = 60
    /// forge-config: ci.fuzz.runs = 200
    function testFuzz_HealthNeverFallsWhilePendingAndRisesOnceCarriedOut(uint256 units, uint256 price, uint256 health)
        public
    {
        prices.set(localWeth, bound(price, 1e18, 9000e18));
        health = bound(health, 1e18, 1.059e18);
        uint256 capacity = hub.capacityOf(account).maintenance;
        book.setDebt(account, (capacity - 2) * WAD / health);
        uint128 asked = uint128(bound(units, 1e18, 30e18));
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        uint256 healthBefore = _health();
        vm.prank(bob);
        try hub.requestSwapByMandate(key, asked) {
            IMarginHub.Capacity memory during = hub.capacityOf(account);
            assertGe(during.maintenance + 2, before.maintenance);
            assertGe(during.initial + 2, before.initial);
            assertTrue(book.isHealthy(account), "a swap made the account liquidatable");
            _fill(_issue(key, 1), true);
            _proveBoth();
            IMarginHub.Capacity memory later = hub.capacityOf(account);
            assertGt(later.maintenance, before.maintenance);
            assertGe(later.initial, before.initial);
            assertGe(_health(), healthBefore);
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            bytes4 name = bytes4(reason);
            assertTrue(
                name == IMarginHub.LienSwapTooLarge.selector || name == IMarginVault.LossBudgetExhausted.selector
            );
        }
    }

    // --------------------------------------------------------------------------------------------------- griefing

    /// @dev A stranger asks whenever he can and nobody fills: one order waits at most, a seizure always finds room, and all that he has ever
    /// held away are units within the cap, which come back.
    function test_AStrangerWhoAsksAgainAndAgainHoldsUpNothing() public {
        for (uint256 i = 0; i < 6; ++i) {
            uint64 counter = _ask(2e18);
            _refuse(2e18, abi.encodeWithSelector(IMarginHub.TooManyPendingOrders.selector, key, 1, 1));
            assertEq(hub.lienOf(key).counted, 98e18);
            skip(LIFE + 1);
            _refresh(1);
            assertEq(hub.lienOf(key).counted, LOCKED);
            assertEq(hub.lienOf(key).swapCounter, 0);
            // It has lapsed, and still the next must wait until the other chain has ended it too.
            _refuse(2e18, abi.encodeWithSelector(IMarginHub.TooManyPendingOrders.selector, key, 1, 1));
            _lapseThere(counter);
            _refresh(1);
        }
        _ask(2e18);
        for (uint256 i = 1; i < 16; ++i) {
            book.seize(key, 1e18, bob);
        }
        assertEq(hub.lienOf(key).counted, 83e18);
    }

    function test_TheCapHoldsWhateverIsFilledAndWhoeverAsks() public {
        LienSwapMandate memory mandate = _mandate();
        (mandate.capPerWindow, mandate.targetHealth, mandate.triggerHealth) = (8e18, 2e18, 1.5e18);
        _set(mandate);
        uint64 counter = _ask(4e18);
        _fill(_issue(key, counter), true);
        _proveBoth();
        // Half of the cap was drawn at once; in 35 minutes a leak of half the cap a day has given back this much.
        uint256 left = hub.lienSwapAvailable(key);
        assertEq(left, uint256(4e18) * (FINALITY + LAG) / 1 days);
        // To set the mandate anew gives nothing back.
        _set(mandate);
        _refuse(4e18, abi.encodeWithSelector(IMarginHub.LienSwapBudgetExhausted.selector, key, 4e18, left));
    }

    // --------------------------------------------------------------------------------------------- what a lapse does

    /// @dev Cap and growth are used up and lowered, by what the fuzzer says, while the swap is under way: a lapse still gives all of it back, at
    /// once, however it became known.
    /// forge-config: default.fuzz.runs = 40
    /// forge-config: ci.fuzz.runs = 120
    function testFuzz_ALapseGivesEveryUnitBackPastCapsAndGrowth(
        uint256 units,
        uint128 cap,
        uint128 growth,
        uint256 added,
        bool endedThere
    ) public {
        uint128 asked = uint128(bound(units, 1e18, 20e18));
        uint64 counter = _ask(asked);
        assertEq(_total(weth), LOCKED);
        IMarginHub.Capacity memory during = hub.capacityOf(account);
        _listRemote(address(weth), localWeth, 18, cap % LOCKED, growth % 1e18);
        hub.setSourceChain(CHAIN_A, LAG, DELAY, cap % 1e23);
        _addTo(1, weth, uint128(bound(added, 1, 50e18)));
        _refresh(1);
        assertEq(hub.lienOf(key).counted, LOCKED - asked);

        vm.warp(hub.pendingOf(key, counter).deadline + 1);
        if (endedThere) _lapseThere(counter);
        _proveBoth();
        assertEq(hub.lienOf(key).counted, LOCKED);
        assertEq(hub.lienOf(key).disputed, 0);
        assertEq(_total(weth), LOCKED);
        assertEq(_total(wbtc), 1e8);
        assertEq(hub.lienOf(outKey).incoming, 0);
        assertGe(hub.capacityOf(account).maintenance, during.maintenance);
    }

    function test_ALapsedSwapOfTheOwnerComesBackPastTheGrowthToo() public {
        uint256 health = _health();
        uint256 debt = book.debtOf(account);
        book.setDebt(account, 0);
        uint64 deadline = uint64(vm.getBlockTimestamp()) + 1 days;
        vm.prank(alice);
        hub.requestSwap(key, 50e18, outKey, 2.5e8, deadline, "");
        book.setDebt(account, debt);
        _listRemote(address(weth), localWeth, 18, 0, 0);
        vm.warp(deadline + 1);
        _refresh(1);
        assertEq(hub.lienOf(key).counted, LOCKED);
        assertEq(_health(), health);
    }

    function test_RevertWhen_TheOwnerAsksForNothing() public {
        book.setDebt(account, 0);
        uint64 deadline = uint64(vm.getBlockTimestamp()) + 1 days;
        vm.expectRevert(IMarginHub.AmountZero.selector);
        vm.prank(alice);
        hub.requestSwap(key, 1, outKey, 0, deadline, "");
    }

    /// @dev Nobody else is admitted into the room that a swap's units keep.
    function test_TheRoomOfASwapIsKeptUntilItEnds() public {
        _listRemote(address(weth), localWeth, 18, LOCKED, 1_000_000e18);
        _ask(20e18);
        bytes32 other = _count(_lockFor(weth, 50e18));
        assertEq(hub.lienOf(other).counted, 0);
        _fill(_issue(key, 1), true);
        _proveBoth();
        _refresh(3);
        assertEq(hub.lienOf(other).counted, 20e18);
        assertEq(_total(weth), LOCKED);
    }

    // --------------------------------------------------------------------------------- what forged headers can do

    /// @dev A header under which both liens have any state.
    function _forgedBoth(uint128 amount, uint64 counter, uint128 out) private returns (IMarginHub.LienProof memory) {
        TrieBuilder.Entry[] memory slots = _vaultSlots();
        slots[1] = TrieBuilder.slotEntry(LienCode.stateSlot(1), bytes32(uint256(counter) << 128 | amount));
        slots[3] = TrieBuilder.slotEntry(LienCode.stateSlot(2), bytes32(uint256(out)));
        return _lienProofFrom(slots, 1, 2);
    }

    /// @dev A forged header that shows the lapse and an empty lien: the swap's units are missed like any others, for a day.
    function test_ForgedUnitsMissingAtALapseAreDisputedForADay() public {
        uint64 counter = _ask(20e18);
        IMarginHub.Capacity memory during = hub.capacityOf(account);
        vm.warp(hub.pendingOf(key, counter).deadline + 1);
        _bring(1, _forgedProof(1, 1e18, 0));
        assertEq(hub.lienOf(key).counted, 1e18);
        assertEq(hub.lienOf(key).disputed, 99e18);
        assertGe(hub.capacityOf(account).maintenance, during.maintenance);
        _refresh(1);
        assertEq(hub.lienOf(key).counted, LOCKED);
        assertEq(_total(weth), LOCKED);
    }

    /// @dev A forged counter says that the swap has been carried out, while neither lien has moved: its units come back and its promise does not.
    function test_AForgedEndGivesBackTheUnitsOrThePromiseAndNeverBoth() public {
        _listRemote(address(weth), localWeth, 18, LOCKED, 0);
        _listRemote(address(wbtc), localWbtc, 8, 10e8, 0);
        _ask(20e18);
        _bring(1, _forgedBoth(LOCKED, 1, 1e8));
        assertEq(hub.lienOf(key).counted, LOCKED);
        assertEq(hub.lienOf(outKey).counted, 1e8);
        assertEq(_total(weth), LOCKED);
        assertEq(_total(wbtc), 1e8);
    }

    /// @dev The same with a header that shows half of the promise, and the whole of the lien.
    function test_AForgedHalfOfThePromiseGivesBackHalfOfTheUnits() public {
        _listRemote(address(weth), localWeth, 18, LOCKED, 0);
        _listRemote(address(wbtc), localWbtc, 8, 10e8, 0);
        _ask(20e18);
        _bring(1, _forgedBoth(LOCKED, 1, 1e8 + 0.995e8 / 2));
        assertEq(hub.lienOf(key).counted, 90e18);
        assertEq(hub.lienOf(outKey).counted, 1e8 + 0.995e8 / 2);
        assertEq(_total(weth), 90e18);
        assertEq(_total(wbtc), 1e8 + 0.995e8 / 2);
    }

    /// @dev One unit of the promise takes its share of the units, rounded up: 20e18 / 99,500,000.
    function test_WhatIsGoneIsRoundedUp() public {
        _listRemote(address(weth), localWeth, 18, LOCKED, 0);
        _ask(20e18);
        _bring(1, _forgedBoth(LOCKED, 1, 1e8 + 1));
        assertEq(hub.lienOf(key).counted, LOCKED - 201_005_025_126);
        assertEq(_total(weth), LOCKED - 201_005_025_126);
    }

    function test_AForgedEndWithNeitherUnitsNorPromiseIsDisputedForADay() public {
        _ask(20e18);
        IMarginHub.Capacity memory during = hub.capacityOf(account);
        _bring(1, _forgedBoth(80e18, 1, 1e8));
        assertEq(hub.lienOf(key).counted, 80e18);
        assertEq(hub.lienOf(key).disputed, 20e18);
        assertGe(hub.capacityOf(account).maintenance, during.maintenance);
    }
}
