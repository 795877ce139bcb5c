// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IHeaderSource} from "../../contracts/interfaces/IHeaderSource.sol";
import {LienCode} from "../../contracts/libraries/LienCode.sol";
import {LienTerms, Order, OrderKind} from "../../contracts/types/Lien.sol";
import {CrossChainBase} from "./CrossChainBase.sol";
import {BlockingToken, TellingHeaders} from "./mocks/CrossChainMocks.sol";
import {FalseToken, TaxedToken} from "./mocks/HostileTokens.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @dev The hub's side is a state root that a test chooses: what a proof says is the hub's word.
contract CollateralVaultTest is CrossChainBase {
    uint256 private lien;

    function setUp() public override {
        super.setUp();
        lien = _lockFor(weth, LOCKED);
    }

    function _order(OrderKind kind, uint128 units) private view returns (Order memory) {
        return Order({
            lien: _lienId(lien),
            hubChainId: CHAIN_B,
            hub: address(hub),
            counter: collateralVault.lienOf(lien).counter + 1,
            kind: kind,
            units: units,
            to: bob,
            lienOut: 0,
            minOut: 0,
            deadline: uint64(vm.getBlockTimestamp() + 7 days)
        });
    }

    function _proved(Order memory order) private returns (ICollateralVault.OrderProof memory) {
        return _orderProofOf(order, LienCode.orderHash(order));
    }

    function _run(Order memory order) private returns (bool) {
        return collateralVault.execute(order, _proved(order));
    }

    function _expectRefused(Order memory order, bytes memory reason) private {
        ICollateralVault.OrderProof memory proof = _proved(order);
        vm.expectRevert(reason);
        collateralVault.execute(order, proof);
    }

    function _swap(uint128 units, uint256 out, uint128 minOut) private view returns (Order memory order) {
        order = _order(OrderKind.Swap, units);
        (order.to, order.lienOut, order.minOut) = (address(0), out, minOut);
    }

    // ------------------------------------------------------------------------------------------------- set-up

    function test_RevertWhen_StrangersGovern() public {
        bytes memory reason = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob);
        vm.startPrank(bob);
        vm.expectRevert(reason);
        collateralVault.setToken(address(weth), 18, 1, 1);
        vm.expectRevert(reason);
        collateralVault.setHub(CHAIN_B, address(hub), headers);
        vm.expectRevert(reason);
        collateralVault.vetoByGuardian(lien);
        vm.stopPrank();
    }

    function test_F27_RevertWhen_ATokenIsListedWrongly() public {
        MockToken odd = new MockToken("Odd", "ODD", 25);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.TokenDecimalsTooLarge.selector, address(odd), 25, 24));
        collateralVault.setToken(address(odd), 25, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.TokenDecimalsMismatch.selector, address(weth), 17, 18));
        collateralVault.setToken(address(weth), 17, 1, 1);
    }

    function test_RevertWhen_AHubGetsNoHeaderSource() public {
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.HeaderSourceZero.selector, CHAIN_B, address(hub)));
        collateralVault.setHub(CHAIN_B, address(hub), IHeaderSource(address(0)));
    }

    // ---------------------------------------------------------------------------------------------------- lock

    function test_RevertWhen_LockNamesWhatIsNotListed() public {
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.HubUnknown.selector, CHAIN_B, bob));
        collateralVault.lock(address(weth), 1, CHAIN_B, bob, account);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.HubUnknown.selector, 11, address(hub)));
        collateralVault.lock(address(weth), 1, 11, address(hub), account);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.TokenNotListed.selector, bob));
        collateralVault.lock(bob, 1, CHAIN_B, address(hub), account);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.AccountWithoutOwner.selector, bytes32(uint256(7))));
        collateralVault.lock(address(weth), 1, CHAIN_B, address(hub), bytes32(uint256(7)));
        vm.expectRevert(ICollateralVault.AmountZero.selector);
        collateralVault.lock(address(weth), 0, CHAIN_B, address(hub), account);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.LienUnknown.selector, 9));
        collateralVault.add(9, 1);
    }

    function test_RevertWhen_TheCapIsPassedByOneUnit() public {
        collateralVault.setToken(address(weth), 18, LOCKED + 5, LOCKED);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.TokenCapExceeded.selector, address(weth), LOCKED + 6, LOCKED + 5)
        );
        collateralVault.add(lien, 6);
        _addTo(lien, weth, 5);
        assertEq(collateralVault.lienOf(lien).amount, LOCKED + 5);
    }

    function test_RevertWhen_ATokenArrivesShortOrNotAtAll() public {
        TaxedToken taxed = new TaxedToken("TAX", 18, 100);
        FalseToken lying = new FalseToken("FALSE", 18);
        collateralVault.setToken(address(taxed), 18, 1e30, 1e30);
        collateralVault.setToken(address(lying), 18, 1e30, 1e30);
        taxed.mint(address(this), 100);
        taxed.approve(address(collateralVault), 100);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.TransferShort.selector, address(taxed), 99, 100));
        collateralVault.lock(address(taxed), 100, CHAIN_B, address(hub), account);
        vm.expectRevert();
        collateralVault.lock(address(lying), 100, CHAIN_B, address(hub), account);
    }

    /// @dev The other chain reads these slots: they are where `LienCode` says, for every number of decimals.
    function test_TheStorageIsWhereTheOtherChainReadsIt() public {
        uint8[5] memory decimals = [0, 6, 8, 18, 24];
        for (uint256 i = 0; i < 5; ++i) {
            MockToken token = new MockToken("Token", "TKN", decimals[i]);
            uint128 amount = uint128(7 * 10 ** decimals[i]);
            collateralVault.setToken(address(token), decimals[i], amount, amount);
            uint256 number = _lockFor(token, amount);
            LienTerms memory terms = collateralVault.termsOf(number);
            assertEq(vm.load(address(collateralVault), LienCode.termsSlot(number)), LienCode.termsHash(terms));
            (uint128 stored, uint64 counter) =
                LienCode.unpackState(vm.load(address(collateralVault), LienCode.stateSlot(number)));
            assertEq(stored, amount);
            assertEq(counter, 0);
            assertEq(terms.owner, alice);
            assertEq(terms.account, account);
        }
    }

    // -------------------------------------------------------------------------------------------- refused orders

    function test_RevertWhen_TheOrderIsForAnotherVaultChainHubOrLien() public {
        Order memory order = _order(OrderKind.Release, 1e18);
        order.lien.chainId = 5;
        _expectRefused(
            order, abi.encodeWithSelector(ICollateralVault.OrderForOtherVault.selector, 5, address(collateralVault))
        );
        order = _order(OrderKind.Release, 1e18);
        order.lien.collateralVault = bob;
        _expectRefused(order, abi.encodeWithSelector(ICollateralVault.OrderForOtherVault.selector, CHAIN_A, bob));
        order = _order(OrderKind.Release, 1e18);
        order.lien.number = 77;
        _expectRefused(order, abi.encodeWithSelector(ICollateralVault.LienUnknown.selector, 77));
        order = _order(OrderKind.Release, 1e18);
        order.hub = bob;
        _expectRefused(order, abi.encodeWithSelector(ICollateralVault.OrderFromOtherHub.selector, CHAIN_B, bob));
        order = _order(OrderKind.Release, 1e18);
        order.hubChainId = 11;
        _expectRefused(order, abi.encodeWithSelector(ICollateralVault.OrderFromOtherHub.selector, 11, address(hub)));
    }

    function test_RevertWhen_AnOrderIsReplayedOrSkipsACounter() public {
        chainGiven = true;
        Order memory order = _order(OrderKind.Release, 1e18);
        ICollateralVault.OrderProof memory proof = _proved(order);
        collateralVault.execute(order, proof);
        assertEq(weth.balanceOf(bob), 1e18);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.OrderOutOfSequence.selector, lien, 1, 2));
        collateralVault.execute(order, proof);
        order.counter = 3;
        _expectRefused(order, abi.encodeWithSelector(ICollateralVault.OrderOutOfSequence.selector, lien, 3, 2));
    }

    /// @dev Every field that decides who gets what is in the hash that the hub stored.
    function test_RevertWhen_AnyFieldOfTheOrderIsChanged() public {
        chainGiven = true;
        Order memory order = _order(OrderKind.Seize, 1e18);
        ICollateralVault.OrderProof memory proof = _proved(order);
        bytes32 stored = LienCode.orderHash(order);
        for (uint256 i = 0; i < 6; ++i) {
            Order memory changed = _order(OrderKind.Seize, 1e18);
            if (i == 0) changed.to = alice;
            if (i == 1) changed.units = 2e18;
            if (i == 2) changed.kind = OrderKind.Release;
            if (i == 3) changed.deadline += 1;
            if (i == 4) changed.lienOut = 2;
            if (i == 5) changed.minOut = 2;
            vm.expectRevert(
                abi.encodeWithSelector(ICollateralVault.OrderNotStored.selector, LienCode.orderHash(changed), stored)
            );
            collateralVault.execute(changed, proof);
        }
        assertTrue(collateralVault.execute(order, proof));
    }

    function test_RevertWhen_TheProofIsForgedOrOfAnUnknownHeader() public {
        Order memory order = _order(OrderKind.Release, 1e18);
        ICollateralVault.OrderProof memory proof = _proved(order);
        ICollateralVault.OrderProof memory unknown = _proved(order);
        unknown.locator = abi.encode(1);
        vm.expectRevert(abi.encodeWithSelector(TellingHeaders.NeverTold.selector, CHAIN_B));
        collateralVault.execute(order, unknown);

        proof.orderProof[0][5] ^= 0x01;
        vm.expectRevert(
            abi.encodeWithSelector(TrieProof.TrieProofTraversalError.selector, TrieProof.ProofError.INVALID_ROOT)
        );
        collateralVault.execute(order, proof);
    }

    function test_RevertWhen_AnOrderIsCarriedOutASecondPastItsDeadline() public {
        chainGiven = true;
        Order memory order = _order(OrderKind.Release, 1e18);
        ICollateralVault.OrderProof memory proof = _proved(order);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.OrderNotExpired.selector, order.deadline, vm.getBlockTimestamp())
        );
        collateralVault.lapse(order, proof);

        vm.warp(order.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.OrderExpired.selector, order.deadline, order.deadline + 1)
        );
        collateralVault.execute(order, proof);
        vm.warp(order.deadline);
        assertTrue(collateralVault.execute(order, proof));
    }

    // ------------------------------------------------------------------------------------------------- lapsing

    function test_AnExpiredOrderIsEndedSoThatTheNextOneCanFollow() public {
        chainGiven = true;
        Order memory order = _order(OrderKind.Release, 1e18);
        ICollateralVault.OrderProof memory proof = _proved(order);
        vm.warp(order.deadline + 1);
        assertTrue(collateralVault.lapse(order, proof));
        assertEq(collateralVault.lienOf(lien).counter, 1);
        assertEq(collateralVault.lienOf(lien).amount, LOCKED);
        assertEq(collateralVault.executedHash(lien, 1), LienCode.orderHash(order));
        assertTrue(_run(_order(OrderKind.Release, 2e18)));
        assertEq(weth.balanceOf(bob), 2e18);
    }

    function test_UnderAnAttestedHeaderAlsoALapseWaits() public {
        Order memory order = _order(OrderKind.Release, 1);
        ICollateralVault.OrderProof memory proof = _proved(order);
        vm.warp(order.deadline + 1);
        assertFalse(collateralVault.lapse(order, proof));
        assertEq(collateralVault.lienOf(lien).counter, 0);
        skip(24 hours);
        collateralVault.executeQueued(order);
        assertEq(collateralVault.lienOf(lien).counter, 1);
        assertEq(collateralVault.lienOf(lien).amount, LOCKED);
    }

    function test_AnOrderThatExpiresInTheQueueIsEndedWithoutEffect() public {
        Order memory order = _order(OrderKind.Release, 50e18);
        order.deadline = uint64(vm.getBlockTimestamp() + 23 hours);
        assertFalse(_run(order));
        skip(24 hours);
        collateralVault.executeQueued(order);
        assertEq(weth.balanceOf(bob), 0);
        assertEq(collateralVault.lienOf(lien).amount, LOCKED);
        assertEq(collateralVault.lienOf(lien).counter, 1);
    }

    // ---------------------------------------------------------------------------------------------------- limit

    /// @dev 2 % of what is liened, exactly, and not a unit more.
    function test_AttestedOrdersMoveTwoPercentADayAtOnce() public {
        assertEq(collateralVault.availableAtOnce(address(weth)), 2e18);
        assertTrue(_run(_order(OrderKind.Release, 1e18)));
        // The total is smaller by one now, and with it the limit.
        assertEq(collateralVault.availableAtOnce(address(weth)), 0.98e18);
        assertTrue(_run(_order(OrderKind.Release, 0.96e18)));
        assertEq(collateralVault.availableAtOnce(address(weth)), 98.04e18 * 2 / 100 - 1.96e18);
        assertFalse(_run(_order(OrderKind.Release, 0.01e18)));
        assertEq(weth.balanceOf(bob), 1.96e18);
    }

    function test_TheLimitIsExactAtBothSides() public {
        assertFalse(_run(_order(OrderKind.Release, 2e18 + 1)));
        uint256 second = _lockFor(weth, LOCKED);
        lien = second;
        assertEq(collateralVault.availableAtOnce(address(weth)), 4e18);
        assertTrue(_run(_order(OrderKind.Release, 4e18)));
    }

    function test_TheWindowSlidesAndDoesNotRefillByHalves() public {
        assertTrue(_run(_order(OrderKind.Release, 1.9e18)));
        skip(24 hours - 1);
        assertLt(collateralVault.availableAtOnce(address(weth)), 0.1e18);
        skip(1);
        assertEq(collateralVault.availableAtOnce(address(weth)), (LOCKED - 1.9e18) * 2 / 100);
        assertTrue(_run(_order(OrderKind.Release, 1.9e18)));
    }

    /// @dev Whatever orders come at whatever times, no 24 hours see more than 2 % of the largest total leave at once.
    /// forge-config: default.fuzz.runs = 150
    function testFuzz_NoDaySeesMoreThanTheShareLeave(uint64[12] memory units, uint32[12] memory gaps) public {
        uint256[12] memory times;
        uint256[12] memory left;
        for (uint256 i = 0; i < 12; ++i) {
            skip(bound(gaps[i], 1 minutes, 20 hours));
            times[i] = vm.getBlockTimestamp();
            Order memory order = _order(OrderKind.Release, uint128(bound(units[i], 0.01e18, 1.5e18)));
            if (order.units > collateralVault.availableAtOnce(address(weth))) continue;
            uint256 before = weth.balanceOf(bob);
            _run(order);
            left[i] = weth.balanceOf(bob) - before;
            uint256 sum = 0;
            for (uint256 j = 0; j <= i; ++j) {
                if (times[j] + 24 hours > times[i]) sum += left[j];
            }
            assertLe(sum, LOCKED * 2 / 100);
        }
    }

    function test_LockingMoreDoesNotWidenTheLimitPastTheRateBase() public {
        collateralVault.setToken(address(weth), 18, 1_000_000e18, 200e18);
        _addTo(lien, weth, 10_000e18);
        assertEq(collateralVault.availableAtOnce(address(weth)), 4e18);
    }

    function test_UnderAHeaderTheChainGivesAllLeavesAtOnce() public {
        chainGiven = true;
        assertTrue(_run(_order(OrderKind.Seize, LOCKED)));
        assertEq(weth.balanceOf(bob), LOCKED);
        assertEq(collateralVault.lienOf(lien).amount, 0);
        // It does not count against the limit of the others either.
        _lockFor(weth, LOCKED);
        assertEq(collateralVault.availableAtOnce(address(weth)), 2e18);
    }

    // ---------------------------------------------------------------------------------------------- queue and veto

    function test_TheRestLeavesAfterADay() public {
        Order memory order = _order(OrderKind.Release, 50e18);
        assertFalse(_run(order));
        uint64 readyAt = collateralVault.queuedOf(lien).readyAt;
        assertEq(readyAt, vm.getBlockTimestamp() + 24 hours);
        vm.warp(readyAt - 1);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.QueueNotReady.selector, lien, readyAt, readyAt - 1));
        collateralVault.executeQueued(order);
        vm.warp(readyAt);
        collateralVault.executeQueued(order);
        assertEq(weth.balanceOf(bob), 50e18);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.OrderOutOfSequence.selector, lien, 1, 2));
        collateralVault.executeQueued(order);
    }

    function test_RevertWhen_AnotherOrderComesWhileOneIsQueued() public {
        Order memory order = _order(OrderKind.Release, 50e18);
        _run(order);
        Order memory other = _order(OrderKind.Release, 1);
        _expectRefused(
            other, abi.encodeWithSelector(ICollateralVault.OrderAlreadyQueued.selector, lien, LienCode.orderHash(order))
        );
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.OrderNotQueued.selector, lien, LienCode.orderHash(other))
        );
        collateralVault.executeQueued(other);
    }

    function test_AHeaderTheChainGivesPutsAQueuedForgeryAside() public {
        Order memory forged = _order(OrderKind.Release, 50e18);
        _run(forged);
        chainGiven = true;
        assertTrue(_run(_order(OrderKind.Seize, 3e18)));
        assertEq(collateralVault.queuedOf(lien).orderHash, 0);
        skip(24 hours);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.OrderOutOfSequence.selector, lien, 1, 2));
        collateralVault.executeQueued(forged);
    }

    function test_RevertWhen_VetoComesFromOthersOrWithoutAnOrder() public {
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotLienOwner.selector, lien, bob, alice));
        vm.prank(bob);
        collateralVault.veto(lien);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.OrderNotQueued.selector, lien, bytes32(0)));
        vm.prank(alice);
        collateralVault.veto(lien);
    }

    /// @dev A vetoed order ends by a proof under a header attested a day later, or by one that the chain gives.
    function test_AVetoedOrderGoesBackAndNeedsALaterProof() public {
        Order memory order = _order(OrderKind.Seize, 50e18);
        _run(order);
        vm.prank(alice);
        collateralVault.veto(lien);
        uint64 from = collateralVault.provableFrom(lien);
        assertEq(from, vm.getBlockTimestamp() + 24 hours);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.OrderNotQueued.selector, lien, LienCode.orderHash(order))
        );
        collateralVault.executeQueued(order);

        vm.warp(from - 1);
        _expectRefused(
            order, abi.encodeWithSelector(ICollateralVault.HeaderBeforeVetoEnds.selector, lien, from - 1, from)
        );
        vm.warp(from);
        assertFalse(_run(order));
        // Neither of the two can send it back a second time; each can once.
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.AlreadyVetoed.selector, lien, LienCode.orderHash(order))
        );
        vm.prank(alice);
        collateralVault.veto(lien);
        vm.prank(guardian);
        collateralVault.vetoByGuardian(lien);
        skip(24 hours);
        assertFalse(_run(order));
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.AlreadyVetoed.selector, lien, LienCode.orderHash(order))
        );
        vm.prank(guardian);
        collateralVault.vetoByGuardian(lien);
        vm.expectRevert(
            abi.encodeWithSelector(ICollateralVault.AlreadyVetoed.selector, lien, LienCode.orderHash(order))
        );
        vm.prank(alice);
        collateralVault.veto(lien);
        skip(24 hours);
        collateralVault.executeQueued(order);
        assertEq(weth.balanceOf(bob), 50e18);
    }

    function test_AVetoedOrderIsCarriedOutAtOnceUnderAHeaderTheChainGives() public {
        Order memory order = _order(OrderKind.Seize, 50e18);
        _run(order);
        vm.prank(alice);
        collateralVault.veto(lien);
        chainGiven = true;
        assertTrue(_run(order));
        assertEq(weth.balanceOf(bob), 50e18);
    }

    /// @dev Keys stolen for a day: what leaves is the share, however many orders are forged, if someone watches.
    function test_WithStolenKeysForADayOnlyTheShareLeaves() public {
        for (uint256 hour = 0; hour < 24; ++hour) {
            Order memory forged = _order(OrderKind.Release, hour % 2 == 0 ? 0.3e18 : 40e18);
            if (collateralVault.provableFrom(lien) > vm.getBlockTimestamp()) break;
            if (!_run(forged)) {
                vm.prank(guardian);
                collateralVault.vetoByGuardian(lien);
            }
            skip(1 hours);
        }
        assertLe(weth.balanceOf(bob), 2e18);
    }

    // --------------------------------------------------------------------------------------------------- paying

    function test_F28_AReceiverTheTokenRefusesDoesNotHoldUpTheLien() public {
        BlockingToken token = new BlockingToken(6);
        collateralVault.setToken(address(token), 6, 1e12, 1e12);
        lien = _lockFor(token, 1e9);
        token.setBlocked(bob);
        chainGiven = true;
        assertTrue(_run(_order(OrderKind.Seize, 4e8)));
        assertEq(collateralVault.claimable(address(token), bob), 4e8);
        assertTrue(_run(_order(OrderKind.Seize, 1e8)));

        vm.prank(bob);
        assertEq(collateralVault.claim(address(token), alice), 5e8);
        assertEq(token.balanceOf(alice), 5e8);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NothingToClaim.selector, address(token), bob));
        vm.prank(bob);
        collateralVault.claim(address(token), alice);
    }

    function test_AnOrderOfMoreThanIsLeftPaysWhatIsThere() public {
        chainGiven = true;
        assertTrue(_run(_order(OrderKind.Seize, LOCKED + 1)));
        assertEq(weth.balanceOf(bob), LOCKED);
        assertEq(collateralVault.tokenOf(address(weth)).total, 0);
    }

    // ----------------------------------------------------------------------------------------------------- swap

    function test_ASwapFillsTheOtherLienAndPaysWhoFillsIt() public {
        uint256 out = _lockFor(wbtc, 1e8);
        chainGiven = true;
        Order memory order = _swap(20e18, out, 1e8);
        wbtc.mint(bob, 1e8);
        vm.prank(bob);
        wbtc.approve(address(collateralVault), 1e8);
        ICollateralVault.OrderProof memory proof = _proved(order);
        vm.prank(bob);
        assertTrue(collateralVault.execute(order, proof));
        assertEq(weth.balanceOf(bob), 20e18);
        assertEq(wbtc.balanceOf(bob), 0);
        assertEq(collateralVault.lienOf(lien).amount, 80e18);
        assertEq(collateralVault.lienOf(out).amount, 2e8);
        assertEq(collateralVault.tokenOf(address(wbtc)).total, 2e8);
    }

    function test_RevertWhen_ASwapNamesALienThatIsNotTheAccounts() public {
        chainGiven = true;
        uint256 same = _lockFor(weth, 1e18);
        _expectRefused(
            _swap(1e18, same, 1), abi.encodeWithSelector(ICollateralVault.SwapLienMismatch.selector, lien, same)
        );
        wbtc.mint(bob, 1e8);
        vm.startPrank(bob);
        wbtc.approve(address(collateralVault), 1e8);
        uint256 bobs =
            collateralVault.lock(address(wbtc), 1e8, CHAIN_B, address(hub), bytes32(uint256(uint160(bob)) << 96));
        vm.stopPrank();
        _expectRefused(
            _swap(1e18, bobs, 1), abi.encodeWithSelector(ICollateralVault.SwapLienMismatch.selector, lien, bobs)
        );
        _expectRefused(_swap(1e18, 99, 1), abi.encodeWithSelector(ICollateralVault.SwapLienMismatch.selector, lien, 99));
    }

    function test_RevertWhen_ASwapGivesMoreThanTheLienHolds() public {
        uint256 out = _lockFor(wbtc, 1e8);
        chainGiven = true;
        _expectRefused(
            _swap(LOCKED + 1, out, 1),
            abi.encodeWithSelector(ICollateralVault.LienTooSmall.selector, lien, LOCKED, LOCKED + 1)
        );
    }

    function test_AForgedSwapIsQueuedLikeAnyOrder() public {
        uint256 out = _lockFor(wbtc, 1e8);
        Order memory order = _swap(50e18, out, 1);
        assertFalse(_run(order));
        assertEq(collateralVault.queuedOf(lien).orderHash, LienCode.orderHash(order));
    }

    // ------------------------------------------------------------------------------------------- a chain that dies

    /// @dev Nobody takes a lien out alone; the admin's new header source proves the hub's orders as the old one did.
    function test_AfterTheHubsChainDiesAnotherSourceProvesItsOrders() public {
        skip(3650 days);
        Order memory order = _order(OrderKind.Release, LOCKED);
        TellingHeaders another = new TellingHeaders();
        collateralVault.setHub(CHAIN_B, address(hub), another);
        ICollateralVault.OrderProof memory proof = _proved(order);
        vm.expectRevert(abi.encodeWithSelector(TellingHeaders.NeverTold.selector, CHAIN_B));
        collateralVault.execute(order, proof);
        another.tell(CHAIN_B, proof.locator, headers.header(CHAIN_B, proof.locator));
        assertFalse(collateralVault.execute(order, proof));
        skip(24 hours);
        collateralVault.executeQueued(order);
        assertEq(weth.balanceOf(bob), LOCKED);
    }
}
