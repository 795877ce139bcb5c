// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {ICollateralVault} from "../../../contracts/interfaces/ICollateralVault.sol";
import {IMarginHub} from "../../../contracts/interfaces/IMarginHub.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {LienCode} from "../../../contracts/libraries/LienCode.sol";
import {LienSwapMandate, LienTopUpMandate, Order, OrderKind} from "../../../contracts/types/Lien.sol";
import {LiquidationLimits} from "../../../contracts/types/LiquidationLimits.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {TrieBuilder} from "../mocks/TrieBuilder.sol";
import {CrossChainThief} from "./CrossChainThief.sol";

/// @title Everything that owners, liquidators, relays, markets, time and a thief do to liens on two chains
/// @dev An action that has nothing to act on does nothing. A refusal is caught only where the rules ask for exactly that refusal.
contract CrossChainHandler is CrossChainThief {
    uint256 private constant MAIL = 4;
    uint256 private constant MAX_WAITING = 4;

    /// @dev Proofs that the relay has and brings late, again, or in another order.
    mapping(uint256 number => bytes[]) private _mail;
    mapping(uint256 number => Entry[]) private _toppedUp;

    constructor() {
        setUp();
        _start();
        _setMandates();
    }

    /// @dev Both for ever: the first is due under a health of 3, and Carol is the keeper of the others.
    function _setMandates() private {
        vm.startPrank(alice);
        hub.setLienSwapMandate(
            _key(1),
            LienSwapMandate({
                lienOutKey: _key(3),
                triggerHealth: 3e18,
                targetHealth: 4e18,
                maxLoss: 0,
                expiry: type(uint64).max,
                capPerWindow: 40e18,
                leastUnits: 1e15,
                window: 1 days
            })
        );
        vm.chainId(CHAIN_A);
        for (uint256 number = 1; number <= LIENS; ++number) {
            _tokenOf(number).approve(address(collateralVault), type(uint256).max);
            collateralVault.setTopUpMandate(
                number,
                LienTopUpMandate({
                    keeper: carol,
                    triggerHealth: 1.1e18,
                    window: 1 days,
                    targetHealth: 1.2e18,
                    expiry: type(uint64).max,
                    capPerWindow: number == 3 ? 1e8 : 10e18
                })
            );
        }
        vm.stopPrank();
        vm.chainId(CHAIN_B);
    }

    // ------------------------------------------------------------------------------------------------------ owners

    function lockMore(uint256 which, uint256 units) external {
        uint256 number = which % LIENS + 1;
        uint128 amount = uint128(bound(units, 1, number == 3 ? 1e8 : 30e18));
        if (collateralVault.lienOf(number).amount > 2 * CAP) return;
        minted[address(_tokenOf(number))] += amount;
        _addTo(number, _tokenOf(number), amount);
        ++counted["add"];
    }

    function borrow(uint256 which, uint256 amount) external {
        _onB();
        bytes32 who = which % 2 == 0 ? account : second;
        IMarginVault.Valuation memory worth = vault.valuation(who);
        // Debt rounds up by a unit, old and new.
        uint256 room = FixedPointMathLib.zeroFloorSub(worth.borrowCapacity, worth.debt + 2e12) / 1e12;
        room = FixedPointMathLib.min(room, vault.cash());
        if (room < 200e6) return;
        vm.prank(alice);
        vault.borrow(who, bound(amount, 100e6, room), alice, "");
        _assertInitial(who);
        ++counted["borrow"];
    }

    function repay(uint256 which) external {
        _onB();
        stack.repayAll(which % 2 == 0 ? account : second);
        ++counted["repay"];
    }

    function release(uint256 which, uint256 units) external {
        _onB();
        uint256 number = which % LIENS + 1;
        IMarginHub.RemoteLien memory lien = _lien(number);
        uint128 available = lien.proven > lien.pending ? lien.proven - lien.pending : 0;
        if (available == 0 || lien.lastCounter - lien.endedCounter >= MAX_WAITING) return;
        bytes32 key = _key(number);
        vm.prank(alice);
        try hub.requestRelease(key, uint128(bound(units, 1, available)), _person(units % 3), "") {
            _assertInitial(_accountOf(number));
            ++counted["release"];
        } catch (bytes memory reason) {
            _assertOutsideInitial(reason);
        }
    }

    function swap(uint256 units, uint256 generosity) external {
        _onB();
        IMarginHub.RemoteLien memory lien = _lien(1);
        IMarginHub.RemoteLien memory out = _lien(3);
        bool busy = lien.swapCounter != 0 || lien.incoming != 0 || out.swapCounter != 0 || out.incoming != 0;
        if (busy || lien.counted < 1e18 || lien.lastCounter - lien.endedCounter >= MAX_WAITING) return;
        uint128 amount = uint128(bound(units, 1e15, lien.counted / 4));
        uint256 fair = uint256(amount) * oracle.price(localWeth) / oracle.price(_localWbtc()) / 1e10;
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint128 minOut = uint128(fair * bound(generosity, 0.995e18, 1.01e18) / WAD + 1);
        if (out.counted + minOut > 90e8) return;
        (bytes32 key, bytes32 outKey) = (_key(1), _key(3));
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        vm.prank(alice);
        try hub.requestSwap(key, amount, outKey, minOut, uint64(vm.getBlockTimestamp()) + 1 days, "") {
            IMarginHub.Capacity memory later = hub.capacityOf(account);
            assertLe(later.initial, before.initial + 1, "112: a swap under way counts for more than what it gives");
            assertLe(later.maintenance, before.maintenance + 1, "112: the same for maintenance");
            _assertInitial(account);
            ++counted["swap"];
        } catch (bytes memory reason) {
            _assertOutsideInitial(reason);
        }
    }

    /// @dev Anybody asks. What is brought costs what it is worth, rounded up to a unit: it helps by that unit.
    function swapByMandate(uint256 units) external {
        _onB();
        IMarginHub.RemoteLien memory lien = _lien(1);
        IMarginHub.RemoteLien memory out = _lien(3);
        bool busy = lien.swapCounter != 0 || lien.incoming != 0 || out.swapCounter != 0 || out.incoming != 0;
        if (busy || lien.lastCounter != lien.endedCounter) return;
        bytes32 key = _key(1);
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint128 most = uint128(FixedPointMathLib.min(lien.counted, hub.lienSwapAvailable(key)));
        uint256 health = vault.health(account);
        if (most < 1e15 || health < WAD || health >= 3e18 || out.counted > 80e8) return;
        uint128 amount = uint128(bound(units, 1e15, most));
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        vm.prank(_person(units % PEOPLE));
        try hub.requestSwapByMandate(key, amount) {
            IMarginHub.Capacity memory later = hub.capacityOf(account);
            assertGe(later.initial + 2, before.initial, "117: initial fell under way");
            assertGe(later.maintenance + 2, before.maintenance, "117: maintenance fell under way");
            assertGe(vault.health(account), WAD, "117: a swap by mandate made the account liquidatable");
            ++counted["swap by mandate"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            bytes4 name = bytes4(reason);
            // An amount that comes out to the unit helps by nothing; and two wei may be missing over a health of 1.
            bool allowed = name == IMarginHub.LienSwapRestoresNothing.selector
                || (name == IMarginVault.AccountUnderMaintenance.selector && health == WAD);
            assertTrue(allowed, "117: another refusal");
        }
    }

    /// @dev The keeper of Alice's mandates, who asks for anything up to twice the cap.
    function topUp(uint256 which, uint256 units) external {
        vm.chainId(CHAIN_A);
        uint256 number = which % LIENS + 1;
        MockToken token = _tokenOf(number);
        uint256 cap = collateralVault.topUpMandateOf(number).capPerWindow;
        uint128 amount = uint128(bound(units, 1, 2 * cap));
        uint256 locked = collateralVault.lienOf(number).amount;
        if (locked > 2 * CAP) return;
        uint256 available = collateralVault.topUpAvailable(number);
        minted[address(token)] += amount;
        token.mint(alice, amount);
        uint256 held = token.balanceOf(alice);
        vm.startPrank(carol);
        try collateralVault.topUp(number, amount) {
            assertLe(amount, available, "118: more than the cap leaves");
            assertEq(collateralVault.lienOf(number).amount, locked + amount, "118: the lien has something else");
            assertEq(token.balanceOf(alice), held - amount, "118: the owner has something else");
            _noteTopUp(number, amount, cap);
            ++counted["top-up"];
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            bytes4 name = bytes4(reason);
            assertEq(name, ICollateralVault.LienTopUpBudgetExhausted.selector, "118: another refusal");
            assertGt(amount, available, "118: refused within the cap");
            ++counted["top-up refused"];
        }
        vm.stopPrank();
    }

    function _noteTopUp(uint256 number, uint128 amount, uint256 cap) private {
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        _toppedUp[number].push(Entry({time: uint64(vm.getBlockTimestamp()), units: amount}));
        uint256 sum = 0;
        for (uint256 i = _toppedUp[number].length; i > 0; --i) {
            Entry memory entry = _toppedUp[number][i - 1];
            if (entry.time + 24 hours < vm.getBlockTimestamp()) break;
            sum += entry.units;
        }
        assertLe(sum, cap, "118: more than the cap moved in a window");
    }

    // ------------------------------------------------------------------------------------------------- liquidators

    function liquidate(uint256 which, uint256 recipient) external {
        _onB();
        bytes32 who = which % 2 == 0 ? account : second;
        if (vault.health(who) >= WAD) return;
        if (vault.position(who).collateral[0] != 0) _liquidateHere(who);
        else _liquidateLien(who, which % 2 == 1 ? 2 : which % 4 + 1, _person(1 + recipient % 2));
    }

    function _liquidateHere(bytes32 who) private {
        uint256 deficit = vault.totalDeficit();
        usdc.mint(address(this), 1e15);
        usdc.approve(address(vault), type(uint256).max);
        vault.liquidate(who, LiquidationLimits(type(uint256).max, new uint256[](2), vm.getBlockTimestamp()), "");
        _assertNotWrittenOff(who, deficit);
        ++counted["liquidate here"];
    }

    function _liquidateLien(bytes32 who, uint256 number, address recipient) private {
        IMarginHub.RemoteLien memory lien = _lien(number);
        if (lien.counted < 1e6 || lien.lastCounter - lien.endedCounter >= 16) return;
        uint256 deficit = vault.totalDeficit();
        usdc.mint(address(this), 1e15);
        usdc.approve(address(vault), type(uint256).max);
        (, uint256 units) = vault.liquidateLien(
            who, IMarginVault.LienLimits(_key(number), type(uint256).max, 1, recipient, vm.getBlockTimestamp())
        );
        IMarginHub.RemoteLien memory later = _lien(number);
        assertEq(later.counted, lien.counted - units, "115: a seizure is not fixed in units of what is counted");
        assertEq(hub.pendingOf(_key(number), later.lastCounter).to, recipient, "107: another recipient is recorded");
        _assertNotWrittenOff(who, deficit);
        ++counted["seizure"];
    }

    // ------------------------------------------------------------------------------------------------------ relays

    /// @dev The next order of a lien goes as far as it can on A, under either kind of header.
    function relayOrder(uint256 which, bool given) external {
        _onB();
        uint256 number = which % LIENS + 1;
        bytes32 key = _key(number);
        uint64 next = collateralVault.lienOf(number).counter + 1;
        uint64 issueAfter = hub.pendingOf(key, next).issueAfter;
        if (issueAfter == 0) return;
        if (hub.orderHashOf(key, next) == 0) {
            if (vm.getBlockTimestamp() < issueAfter) skip(FINALITY);
            vm.chainId(CHAIN_B);
            hub.issueOrder(key, next);
        }
        Order memory order = hub.orderOf(key, next);
        if (given) return _relayNow(order, true);
        if (collateralVault.queuedOf(number).orderHash == 0) {
            if (vm.getBlockTimestamp() >= collateralVault.provableFrom(number)) _relayNow(order, false);
        } else if (vm.getBlockTimestamp() >= collateralVault.queuedOf(number).readyAt && _fits(order)) {
            _carryQueued(order);
            ++counted["queue carried out"];
        }
    }

    function _relayNow(Order memory order, bool given) private {
        if (vm.getBlockTimestamp() > order.deadline) {
            _lapseNow(order, given);
            ++counted["lapse"];
        } else if (_fits(order)) {
            bool executed = _carry(order, given, hub.orderHashOf(_key(order.lien.number), order.counter));
            if (!executed) ++counted["queued"];
        }
    }

    /// @dev A forged order may have taken what a swap would give: then it waits for its deadline.
    function _fits(Order memory order) private view returns (bool) {
        if (vm.getBlockTimestamp() > order.deadline || order.kind != OrderKind.Swap) return true;
        return order.units <= collateralVault.lienOf(order.lien.number).amount;
    }

    function refresh(uint256 which, bool given) external {
        _refreshNow(which % LIENS + 1, given);
        ++counted["refresh"];
    }

    /// @dev A slow relay takes a proof and keeps it.
    function takeProof(uint256 which) external {
        uint256 number = which % LIENS + 1;
        if (_mail[number].length == MAIL) _mail[number].pop();
        _mail[number].push(abi.encode(_proofNow(number)));
        ++counted["take proof"];
    }

    /// @dev And brings any of those it has, in any order, as often as it likes.
    function bringProof(uint256 which, uint256 place) external {
        _onB();
        uint256 number = which % LIENS + 1;
        if (_mail[number].length == 0) return;
        IMarginHub.LienProof memory proof =
            abi.decode(_mail[number][place % _mail[number].length], (IMarginHub.LienProof));
        uint64 brought = abi.decode(proof.locator, (uint64));
        if (vm.getBlockTimestamp() < headers.header(CHAIN_A, proof.locator).timestamp + LAG) {
            _assertRefused(number, proof, IMarginHub.HeaderNotFinal.selector);
        } else if (brought < _lien(number).observedNumber) {
            _assertRefused(number, proof, IMarginHub.HeaderOlder.selector);
        } else if (number != 1 || brought >= _lien(3).observedNumber) {
            _observe(number, proof, false);
            ++counted["bring proof"];
        }
    }

    function _assertRefused(uint256 number, IMarginHub.LienProof memory proof, bytes4 wanted) private {
        vm.chainId(CHAIN_B);
        bytes32 before = keccak256(abi.encode(_lien(number)));
        try hub.refreshLien(_key(number), proof) {
            assertTrue(false, "108: an old or young header is believed");
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), wanted, "108: another refusal");
            assertEq(keccak256(abi.encode(_lien(number))), before, "108: a refused proof changed a lien");
            ++counted["old or young proof refused"];
        }
    }

    /// @dev An order that has been carried out, or whose turn has not come, brought anyway.
    function bringOutOfTurn(uint256 which, uint256 place) external {
        _onB();
        uint256 number = which % LIENS + 1;
        uint64 last = _lien(number).lastCounter;
        if (last == 0) return;
        uint64 counter = uint64(bound(place, 1, last));
        if (hub.orderHashOf(_key(number), counter) == 0 || counter == collateralVault.lienOf(number).counter + 1) {
            return;
        }
        Order memory order = hub.orderOf(_key(number), counter);
        chainGiven = true;
        ICollateralVault.OrderProof memory proof = _orderProofAlone(order, LienCode.orderHash(order));
        chainGiven = false;
        vm.chainId(CHAIN_A);
        try collateralVault.execute(order, proof) {
            assertTrue(false, "106: an order is carried out twice or out of turn");
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), ICollateralVault.OrderOutOfSequence.selector, "106: another refusal");
            ++counted["out of turn refused"];
        }
    }

    /// @dev A lien of a fork that A dropped: its proof is of no root that is final.
    function countDropped() external {
        _onB();
        uint256 dropped = LIENS + 1;
        IMarginHub.LienProof memory proof = _proofNow(1);
        TrieBuilder.Entry[] memory fork = _vaultSlots();
        proof.stateProof = TrieBuilder.proof(fork, keccak256(abi.encodePacked(LienCode.stateSlot(dropped))));
        bytes[] memory terms = TrieBuilder.proof(fork, keccak256(abi.encodePacked(LienCode.termsSlot(dropped))));
        skip(LAG);
        vm.chainId(CHAIN_B);
        vm.prank(alice);
        try hub.countLien(_lienId(dropped), collateralVault.termsOf(dropped), terms, proof) {
            assertTrue(false, "108: a lien of a dropped fork is counted");
        } catch {
            assertEq(_lien(dropped).counted, 0, "108: a lien of a dropped fork is counted");
            ++counted["dropped lien refused"];
        }
    }

    // ----------------------------------------------------------------------------------------- vetoes, market, time

    function veto(uint256 which, bool byOwner) external {
        uint256 number = which % LIENS + 1;
        bytes32 orderHash = collateralVault.queuedOf(number).orderHash;
        if (orderHash == 0 || (byOwner ? _vetoedByOwner : _vetoedByGuardian)[orderHash]) return;
        (byOwner ? _vetoedByOwner : _vetoedByGuardian)[orderHash] = true;
        vm.chainId(CHAIN_B);
        Order memory order = hub.orderOf(_key(number), collateralVault.lienOf(number).counter + 1);
        vm.chainId(CHAIN_A);
        uint256[PEOPLE] memory before = _balances(number);
        bytes32 lien = keccak256(abi.encode(collateralVault.lienOf(number)));
        vm.prank(byOwner ? alice : guardian);
        if (byOwner) collateralVault.veto(number);
        else collateralVault.vetoByGuardian(number);
        try collateralVault.executeQueued(order) {
            assertTrue(false, "110: a vetoed order is carried out");
        } catch (bytes memory reason) {
            // A refusal is told by its first four bytes.
            // forge-lint: disable-next-line(unsafe-typecast)
            assertEq(bytes4(reason), ICollateralVault.OrderNotQueued.selector, "110: another refusal");
        }
        assertEq(keccak256(abi.encode(collateralVault.lienOf(number))), lien, "110: a veto moved a lien");
        assertEq(keccak256(abi.encode(_balances(number))), keccak256(abi.encode(before)), "110: a veto paid somebody");
        ++counted["veto"];
    }

    function movePrice(uint256 which, uint256 factor) external {
        _onB();
        stack.movePrice(which % 2, bound(factor, 0.75e18, 1.3e18));
        ++counted["price"];
    }

    /// @dev Nobody carries anything between the chains for a while.
    function silence(uint256 time) external {
        _onB();
        IMarginHub.Capacity[2] memory before = [hub.capacityOf(account), hub.capacityOf(second)];
        _pass(bound(time, 1 minutes, 2 days));
        IMarginHub.Capacity[2] memory later = [hub.capacityOf(account), hub.capacityOf(second)];
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(later[i].maintenance, before[i].maintenance, "109: silence moved maintenance");
            assertEq(later[i].value, before[i].value, "109: silence moved value");
            assertLe(later[i].initial, before[i].initial, "109: silence raised initial");
        }
        ++counted["silence"];
    }

    /// @dev Everything that waits is carried out and proved, debts are paid, and every lien has something in it.
    function settle() external {
        _onB();
        stack.resetPrices();
        stack.repayAll(account);
        stack.repayAll(second);
        for (uint256 which = 0; which < LIENS; ++which) {
            _settle(which);
            this.lockMore(which, type(uint256).max);
            this.refresh(which, true);
        }
    }

    function _settle(uint256 which) private {
        uint256 number = which + 1;
        while (true) {
            uint64 next = collateralVault.lienOf(number).counter + 1;
            IMarginHub.PendingOrder memory pending = hub.pendingOf(_key(number), next);
            if (pending.issueAfter == 0) return;
            bool stuck = pending.kind == OrderKind.Swap && pending.units > collateralVault.lienOf(number).amount;
            if (stuck && vm.getBlockTimestamp() <= pending.deadline) vm.warp(pending.deadline + 1);
            this.relayOrder(which, true);
        }
    }

    // ----------------------------------------------------------------------------------------------- what is judged

    function _assertInitial(bytes32 who) private view {
        IMarginVault.Valuation memory worth = vault.valuation(who);
        assertTrue(
            worth.debt == 0 || worth.borrowCapacity >= worth.debt, "114: new risk outside the initial requirement"
        );
    }

    function _assertOutsideInitial(bytes memory reason) private {
        // A refusal is told by its first four bytes.
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 name = bytes4(reason);
        bool allowed =
            name == IMarginVault.InitialRequirementViolated.selector || name == IMarginVault.DebtBelowMinimum.selector;
        assertTrue(allowed, "114: another refusal");
        ++counted["outside initial"];
    }

    /// @dev Dust aside: what a liquidation leaves may be worth less than a unit.
    function _assertNotWrittenOff(bytes32 who, uint256 deficit) private view {
        if (vault.totalDeficit() == deficit) return;
        assertLt(hub.capacityOf(who).value, 1e12, "115: a loan was written off with a lien behind it");
    }

    // ---------------------------------------------------------------------------------------------------- reading

    function parts() external view returns (ICollateralVault, IMarginHub, MockToken, MockToken) {
        return (collateralVault, hub, weth, wbtc);
    }

    function keyOf(uint256 number) external view returns (bytes32) {
        return _key(number);
    }

    function accountOf(uint256 number) external view returns (bytes32) {
        return _accountOf(number);
    }

    /// @notice Tokens of a kind that people and swappers hold.
    function outside(MockToken token) external view returns (uint256 held) {
        held = token.balanceOf(address(this));
        for (uint256 i = 0; i < PEOPLE; ++i) {
            held += token.balanceOf(_person(i));
        }
    }

    function _localWbtc() private view returns (address) {
        return hub.remoteOf(_lien(3).remoteKey).asset;
    }

    function priceAndFactors(uint256 number) external view returns (uint256, IRiskOracle.Factors memory) {
        address asset = hub.remoteOf(_lien(number).remoteKey).asset;
        return (oracle.price(asset), risk.factors(asset));
    }
}
