// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

import {IHeaderSource} from "../../contracts/interfaces/IHeaderSource.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {LienCode} from "../../contracts/libraries/LienCode.sol";
import {LienId, LienTerms, Order, OrderKind} from "../../contracts/types/Lien.sol";
import {CrossChainBase} from "./CrossChainBase.sol";
import {DebtBook} from "./mocks/CrossChainMocks.sol";
import {MockToken} from "./mocks/MockToken.sol";
import {TrieBuilder} from "./mocks/TrieBuilder.sol";

contract MarginHubTest is CrossChainBase {
    /// @dev z99 .60 sqrt(20 min / 365 d) to 18 places.
    uint256 private constant LAG_HAIRCUT = 0.008610199774036971e18;

    function _now() private view returns (uint64) {
        return uint64(vm.getBlockTimestamp());
    }

    function _remoteKey(MockToken token) private view returns (bytes32) {
        return hub.remoteKeyOf(CHAIN_A, address(collateralVault), address(token));
    }

    function _counted(bytes32 key) private view returns (uint256) {
        return hub.lienOf(key).counted;
    }

    // -------------------------------------------------------------------------------------------------- governance

    function test_RevertWhen_StrangersGovern() public {
        bytes memory reason = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob);
        vm.startPrank(bob);
        vm.expectRevert(reason);
        hub.setHeaderSource(CHAIN_A, headers);
        vm.expectRevert(reason);
        hub.setSourceChain(CHAIN_A, 1, 1, 1);
        vm.expectRevert(reason);
        hub.listRemote(CHAIN_A, address(collateralVault), address(weth), localWeth, 18, 1, 1, 1);
        vm.stopPrank();
    }

    function test_RevertWhen_SettingsMakeNoSense() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.HeaderSourceZero.selector, CHAIN_A));
        hub.setHeaderSource(CHAIN_A, IHeaderSource(address(0)));
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SourceChainInvalid.selector, CHAIN_A, 0, 1));
        hub.setSourceChain(CHAIN_A, 0, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SourceChainInvalid.selector, CHAIN_A, 30 days + 1, 1));
        hub.setSourceChain(CHAIN_A, 30 days + 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SourceChainInvalid.selector, CHAIN_A, 1, 30 days + 1));
        hub.setSourceChain(CHAIN_A, 1, 30 days + 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SourceChainUnknown.selector, 5));
        hub.listRemote(5, bob, address(weth), localWeth, 18, 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.RemoteDecimalsTooLarge.selector, bob, 25, 24));
        hub.listRemote(CHAIN_A, bob, bob, localWeth, 25, 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.RemoteFixed.selector, _remoteKey(weth), localWeth, 18));
        hub.listRemote(CHAIN_A, address(collateralVault), address(weth), localWbtc, 18, 1, 1, 1);
    }

    function test_RevertWhen_MoreThanEightTokensOfAChainAreListed() public {
        for (uint160 i = 1; i <= 6; ++i) {
            hub.listRemote(CHAIN_A, address(i), address(i), localWeth, 18, 1, 1, 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.RemoteListFull.selector, CHAIN_A, 8));
        hub.listRemote(CHAIN_A, address(7), address(7), localWeth, 18, 1, 1, 1);
    }

    // ------------------------------------------------------------------------------------------------- counting

    function test_ALienCountsWithFactorsAndHaircuts() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        IMarginHub.Capacity memory capacity = hub.capacityOf(account);
        uint256 kept = WAD - LAG_HAIRCUT;
        assertApproxEqRel(capacity.initial, 300_000 * 0.719e18 * kept / WAD, 1e9);
        assertApproxEqRel(capacity.maintenance, 300_000 * 0.774e18 * kept / WAD, 1e9);
        assertApproxEqRel(capacity.value, 300_000 * kept, 1e9);
        assertEq(hub.liensOf(account)[0], key);
        assertEq(hub.remoteOf(_remoteKey(weth)).total, LOCKED);
    }

    function test_LiensOfSeveralTokensAndDecimalsAddUp() public {
        _lockAndCount(LOCKED);
        uint256 one = hub.capacityOf(account).value;
        uint256 number = _lockFor(wbtc, 5e8);
        _count(number);
        assertApproxEqRel(hub.capacityOf(account).value, 2 * one, 1e9);
    }

    function test_AnyNumberOfDecimalsIsWorthTheSame() public {
        uint8[5] memory decimals = [0, 6, 8, 18, 24];
        for (uint256 i = 0; i < 5; ++i) {
            MockToken token = new MockToken("Token", "TKN", decimals[i]);
            uint128 amount = uint128(100 * 10 ** decimals[i]);
            collateralVault.setToken(address(token), decimals[i], amount, amount);
            vm.chainId(CHAIN_B);
            _listRemote(address(token), localWeth, decimals[i], amount, amount);
            uint256 before = hub.capacityOf(account).value;
            bytes32 key = _count(_lockFor(token, amount));
            assertApproxEqRel(hub.capacityOf(account).value - before, 300_000 * (WAD - LAG_HAIRCUT), 1e9);
            _carryOut(key, _release(key, amount));
            _refresh(i + 1);
            vm.prank(alice);
            hub.detachLien(key);
        }
    }

    function test_RevertWhen_TheHeaderIsYoungerThanFinality() public {
        uint256 number = _lockFor(weth, LOCKED);
        IMarginHub.LienProof memory proof = _lienProof(number);
        bytes[] memory termsProof = _termsProof(number);
        LienTerms memory terms = collateralVault.termsOf(number);
        vm.chainId(CHAIN_B);
        uint64 made = _now();
        vm.warp(made + LAG - 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.HeaderNotFinal.selector, CHAIN_A, made, made + LAG));
        vm.prank(alice);
        hub.countLien(_lienId(number), terms, termsProof, proof);
        vm.warp(made + LAG);
        vm.prank(alice);
        hub.countLien(_lienId(number), terms, termsProof, proof);
        assertEq(_counted(_key(number)), LOCKED);
    }

    /// @dev A header from ahead of this chain's clock is not final, and nothing underflows.
    function test_RevertWhen_TheHeaderIsFromTheFuture() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        IMarginHub.LienProof memory proof = _lienProof(number);
        vm.chainId(CHAIN_B);
        uint64 made = _now();
        vm.warp(made - 10 minutes);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.HeaderNotFinal.selector, CHAIN_A, made, made + LAG));
        hub.refreshLien(key, proof);
        // The clock is behind the observation it already has: its age is the finality lag and no less.
        vm.warp(hub.lienOf(key).observedAt - 5 minutes);
        assertApproxEqRel(hub.capacityOf(account).value, 300_000 * (WAD - LAG_HAIRCUT), 1e9);
        assertApproxEqRel(hub.capacityOf(account).initial, 300_000 * 0.719e18 * (WAD - LAG_HAIRCUT) / WAD, 1e9);
    }

    function test_F31_RevertWhen_TheHeaderIsOlderThanTheLast() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        IMarginHub.LienProof memory older = _lienProof(number);
        uint64 olderNumber = blockNumber;
        IMarginHub.LienProof memory newer = _lienProof(number);
        _bring(number, newer);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.HeaderOlder.selector, key, olderNumber, olderNumber + 1));
        hub.refreshLien(key, older);
        hub.refreshLien(key, newer);
        // A new source's numbers begin anew: a stolen quorum may have run far ahead.
        hub.setHeaderSource(CHAIN_A, headers);
        hub.refreshLien(key, older);
        assertEq(hub.lienOf(key).observedNumber, olderNumber);
    }

    /// @dev A lien that a reorganisation took away is under no final root, so there is no proof of it.
    function test_RevertWhen_TheLienIsNotUnderTheFinalRoot() public {
        _lockFor(weth, LOCKED);
        TrieBuilder.Entry[] memory canonical = _vaultSlots();
        uint256 reorged = _lockFor(weth, LOCKED);
        TrieBuilder.Entry[] memory dropped = _vaultSlots();
        IMarginHub.LienProof memory proof = _lienProofFrom(canonical, 1, 0);
        proof.stateProof = TrieBuilder.proof(dropped, keccak256(abi.encodePacked(LienCode.stateSlot(reorged))));
        bytes[] memory termsProof = _termsProof(reorged);
        LienTerms memory terms = collateralVault.termsOf(reorged);
        skip(LAG);
        vm.chainId(CHAIN_B);
        vm.expectRevert(
            abi.encodeWithSelector(TrieProof.TrieProofTraversalError.selector, TrieProof.ProofError.INVALID_ROOT)
        );
        vm.prank(alice);
        hub.countLien(_lienId(reorged), terms, termsProof, proof);
    }

    function test_RevertWhen_TermsAreNotOfThisHubChainOrAccount() public {
        uint256 number = _lockFor(weth, LOCKED);
        LienTerms memory terms = collateralVault.termsOf(number);
        IMarginHub.LienProof memory proof = _lienProof(number);
        bytes[] memory termsProof = _termsProof(number);
        skip(LAG);
        vm.chainId(CHAIN_B);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.NotAccountOwner.selector, account, bob));
        vm.prank(bob);
        hub.countLien(_lienId(number), terms, termsProof, proof);

        vm.startPrank(alice);
        terms.hub = bob;
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienForOtherHub.selector, CHAIN_B, bob));
        hub.countLien(_lienId(number), terms, termsProof, proof);
        (terms.hub, terms.hubChainId) = (address(hub), 11);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienForOtherHub.selector, 11, address(hub)));
        hub.countLien(_lienId(number), terms, termsProof, proof);
        (terms.hubChainId, terms.token) = (CHAIN_B, bob);
        bytes32 unknown = hub.remoteKeyOf(CHAIN_A, address(collateralVault), bob);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.RemoteUnknown.selector, unknown));
        hub.countLien(_lienId(number), terms, termsProof, proof);
        vm.stopPrank();
    }

    function test_RevertWhen_AnotherTakesTheLienForHisAccount() public {
        uint256 number = _lockFor(weth, LOCKED);
        LienTerms memory terms = collateralVault.termsOf(number);
        bytes32 stored = LienCode.termsHash(terms);
        IMarginHub.LienProof memory proof = _lienProof(number);
        bytes[] memory termsProof = _termsProof(number);
        skip(LAG);
        vm.chainId(CHAIN_B);
        terms.account = bytes32(uint256(uint160(bob)) << 96);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginHub.LienTermsNotStored.selector, LienCode.termsHash(terms), stored)
        );
        vm.prank(bob);
        hub.countLien(_lienId(number), terms, termsProof, proof);
    }

    function test_RevertWhen_AChainHasNoSource() public {
        uint256 number = _lockFor(weth, LOCKED);
        LienTerms memory terms = collateralVault.termsOf(number);
        IMarginHub.LienProof memory proof = _lienProof(number);
        vm.chainId(CHAIN_B);
        hub.setSourceChain(5, LAG, DELAY, 1e30);
        hub.listRemote(5, address(collateralVault), address(weth), localWeth, 18, 1, 1, 1);
        LienId memory id = LienId({chainId: 5, collateralVault: address(collateralVault), number: number});
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SourceChainUnknown.selector, 5));
        vm.prank(alice);
        hub.countLien(id, terms, new bytes[](0), proof);
    }

    function test_RevertWhen_AFifthLienIsCounted() public {
        for (uint256 i = 0; i < 4; ++i) {
            _count(_lockFor(weth, 1e18));
        }
        uint256 fifth = _lockFor(weth, 1e18);
        IMarginHub.LienProof memory proof = _lienProof(fifth);
        bytes[] memory termsProof = _termsProof(fifth);
        LienTerms memory terms = collateralVault.termsOf(fifth);
        skip(LAG);
        vm.chainId(CHAIN_B);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienListFull.selector, account, 4));
        vm.prank(alice);
        hub.countLien(_lienId(fifth), terms, termsProof, proof);
    }

    function test_AnEmptiedLienMakesRoomForAnother() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienInUse.selector, key, LOCKED, 0));
        hub.detachLien(key);
        uint64 counter = _release(key, LOCKED);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienInUse.selector, key, 0, LOCKED));
        hub.detachLien(key);
        _carryOut(key, counter);
        _refresh(number);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.NotAccountOwner.selector, account, bob));
        vm.prank(bob);
        hub.detachLien(key);
        vm.prank(alice);
        hub.detachLien(key);
        assertEq(hub.liensOf(account).length, 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienNotAttached.selector, key));
        vm.prank(alice);
        hub.requestRelease(key, 1, alice, "");
        // It can be filled and counted again, and its orders go on where they were.
        _addTo(number, weth, 7e18);
        _count(number);
        assertEq(_counted(key), 7e18);
        assertEq(_release(key, 1e18), 2);
    }

    // ------------------------------------------------------------------------------------------------------- caps

    function test_NoMoreThanTheTokensCapIsCounted() public {
        _listRemote(address(weth), localWeth, 18, 60e18, 1_000_000e18);
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        assertEq(_counted(key), 60e18);
        _listRemote(address(weth), localWeth, 18, 80e18, 1_000_000e18);
        _refresh(number);
        assertEq(_counted(key), 80e18);
        // A release takes what is counted; the next proof counts what was not counted in its place.
        _release(key, 20e18);
        assertEq(_counted(key), 60e18);
        _refresh(number);
        assertEq(_counted(key), 80e18);
        // A lowered cap takes nothing away.
        _listRemote(address(weth), localWeth, 18, 1e18, 1_000_000e18);
        _refresh(number);
        assertEq(_counted(key), 80e18);
    }

    /// @dev Keys of the signers show more than there is; the growth bounds what counts, and nothing of what counts is paid out beside it.
    function test_RevertWhen_ForgedUnitsAreReleasedInPlaceOfCountedOnes() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        _listRemote(address(weth), localWeth, 18, 1_000_000e18, 20e18);
        uint256 debt = hub.capacityOf(account).initial;
        book.setDebt(account, debt);
        _bring(number, _forgedProof(number, 50 * LOCKED, 0));
        assertLe(_counted(key), LOCKED + 20e18);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(DebtBook.InitialRequirementFailed.selector, account, 0, debt));
        hub.requestRelease(key, 20 * LOCKED, alice, "");
    }

    function test_NoMoreThanTheChainsValueCapIsCounted() public {
        hub.setSourceChain(CHAIN_A, LAG, DELAY, 240_000e18);
        (, bytes32 key) = _lockAndCount(LOCKED);
        assertEq(_counted(key), 80e18);
        bytes32 second = _count(_lockFor(wbtc, 1e8));
        assertEq(_counted(second), 0);
        hub.setSourceChain(CHAIN_A, LAG, DELAY, 270_000e18);
        _refresh(2);
        assertEq(_counted(second), 0.5e8);
        // A rise of the price takes nothing away either.
        prices.set(localWeth, 6000e18);
        _refresh(1);
        assertEq(_counted(key), 80e18);
    }

    function test_WithoutAPriceNothingMoreIsCounted() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        _addTo(number, weth, LOCKED);
        prices.drop(localWeth);
        _refresh(number);
        assertEq(_counted(key), LOCKED);
        assertEq(hub.lienOf(key).proven, 2 * LOCKED);
        prices.set(localWeth, 3000e18);
        _refresh(number);
        assertEq(_counted(key), 2 * LOCKED);
    }

    /// @dev What a forged lien can be worth in a day is what the risk admin said.
    function test_UnderAttestedHeadersTheCountRisesByNoMoreThanTheDailyGrowth() public {
        _listRemote(address(weth), localWeth, 18, 1_000_000e18, 30e18);
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        assertEq(_counted(key), 30e18);
        _refresh(number);
        assertEq(_counted(key), 30e18);
        skip(24 hours);
        _refresh(number);
        assertEq(_counted(key), 60e18);
        chainGiven = true;
        _refresh(number);
        assertEq(_counted(key), LOCKED);
    }

    // --------------------------------------------------------------------------------------------------- haircuts

    /// @dev The check of the risk model: sigma .60, 20 minutes gives .861 %; and the formula elsewhere, to 1e-9.
    function test_TheHaircutIsTheModels() public view {
        assertApproxEqRel(hub.haircut(0.6e18, 20 minutes), LAG_HAIRCUT, 1e9);
        assertApproxEqRel(hub.haircut(0.6e18, 20 minutes), 0.00861e18, 1e14);
        assertApproxEqRel(hub.haircut(1.2e18, 80 minutes), 4 * LAG_HAIRCUT, 1e9);
        // z99 .75 sqrt(2 / 365)
        assertApproxEqRel(hub.haircut(0.75e18, 2 days), 0.129152996610554559e18, 1e9);
        assertEq(hub.haircut(0.6e18, 0), 0);
        assertEq(hub.haircut(5e18, 365 days), WAD);
    }

    function testFuzz_F31_TheHaircutGrowsWithAgeAndVolatilityAndNeverPassesOne(uint256 volatility, uint256 age)
        public
        view
    {
        volatility = bound(volatility, 0.01e18, 5e18);
        age = bound(age, 1, 10_000 days);
        uint256 now_ = hub.haircut(volatility, age);
        assertLe(now_, WAD);
        assertLe(now_, hub.haircut(volatility, age + 1 minutes));
        assertLe(now_, hub.haircut(volatility + 1e12, age));
    }

    /// @dev A dead relay for two days: initial shrinks by the formula, maintenance stays to the unit, nobody becomes liquidatable.
    function test_F31_TwoDaysOfSilenceLowerInitialAloneAndLiquidateNobody() public {
        _lockAndCount(LOCKED);
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        book.setDebt(account, before.initial);
        skip(2 days - LAG);
        IMarginHub.Capacity memory later = hub.capacityOf(account);
        assertEq(later.maintenance, before.maintenance);
        assertEq(later.value, before.value);
        assertApproxEqRel(later.initial, 300_000 * 0.719e18 * (WAD - hub.haircut(0.6e18, 2 days)) / WAD, 1e9);
        assertLt(later.initial, before.initial);
        assertTrue(book.isHealthy(account));
        skip(3650 days);
        assertTrue(book.isHealthy(account));
        assertEq(hub.capacityOf(account).initial, 0);
    }

    function test_TheInitialVolatilityMovesInitialAlone() public {
        _lockAndCount(LOCKED);
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        _setVolatility(0.6e18, 1.2e18);
        IMarginHub.Capacity memory later = hub.capacityOf(account);
        assertLt(later.initial, before.initial);
        assertEq(later.maintenance, before.maintenance);
    }

    function test_ALienWithoutAPriceServesMaintenanceAtTheHighestPriceAndNothingElse() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        uint256 before = hub.capacityOf(account).maintenance;
        prices.drop(localWeth);
        IMarginHub.Capacity memory later = hub.capacityOf(account);
        assertEq(later.initial, 0);
        assertEq(later.value, 0);
        assertApproxEqRel(later.maintenance, before * 100_000 / 3000, 1e9);
        assertEq(hub.quoteSeizure(key).units, 0);
    }

    // --------------------------------------------------------------------------------------------------- releases

    function test_AReleaseFromRequestToPaymentAndProof() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        uint64 counter = _release(key, 40e18);
        assertEq(counter, 1);
        assertEq(_counted(key), 60e18);
        assertEq(hub.lienOf(key).pending, 40e18);
        // A proof from before it was carried out keeps the credit net of it.
        _refresh(number);
        assertEq(_counted(key), 60e18);
        Order memory order = _carryOut(key, counter);
        assertEq(weth.balanceOf(alice), 40e18);
        assertEq(order.to, alice);
        _refresh(number);
        assertEq(_counted(key), 60e18);
        assertEq(hub.lienOf(key).pending, 0);
        assertTrue(hub.pendingOf(key, 1).ended);
        assertEq(hub.lienOf(key).proven, 60e18);
    }

    function test_RevertWhen_AReleaseIsNotTheOwnersOrOfTooMuch() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.NotAccountOwner.selector, account, bob));
        vm.prank(bob);
        hub.requestRelease(key, 1, bob, "");
        vm.startPrank(alice);
        vm.expectRevert(IMarginHub.ReceiverZero.selector);
        hub.requestRelease(key, 1, address(0), "");
        vm.expectRevert(IMarginHub.AmountZero.selector);
        hub.requestRelease(key, 0, alice, "");
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienTooSmall.selector, key, LOCKED, LOCKED + 1));
        hub.requestRelease(key, LOCKED + 1, alice, "");
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienUnknown.selector, bytes32(uint256(1))));
        hub.requestRelease(bytes32(uint256(1)), 1, alice, "");
        vm.stopPrank();
    }

    function test_RevertWhen_AReleaseLeavesTheAccountUnderInitial() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        uint256 debt = hub.capacityOf(account).initial;
        book.setDebt(account, debt);
        vm.expectPartialRevert(DebtBook.InitialRequirementFailed.selector);
        vm.prank(alice);
        hub.requestRelease(key, 1e12, alice, "");
        book.setDebt(account, debt / 2);
        _release(key, 49e18);
        // After all is repaid everything can leave, also without a price.
        book.setDebt(account, 0);
        prices.drop(localWeth);
        _release(key, 51e18);
        assertEq(_counted(key), 0);
    }

    function test_RevertWhen_AnOrderIsIssuedBeforeThisChainsFinalityOrTwice() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        uint64 counter = _release(key, 1e18);
        uint64 from = _now() + FINALITY;
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.OrderUnknown.selector, key, 2));
        hub.issueOrder(key, 2);
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.OrderNotFinalHere.selector, key, counter, from));
        hub.issueOrder(key, counter);
        assertEq(vm.load(address(hub), LienCode.orderSlot(key, counter)), 0);
        vm.warp(from);
        hub.issueOrder(key, counter);
        // The slot is where the other chain looks.
        bytes32 stored = vm.load(address(hub), LienCode.orderSlot(key, counter));
        assertEq(stored, LienCode.orderHash(hub.orderOf(key, counter)));
        assertEq(stored, hub.orderHashOf(key, counter));
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.OrderAlreadyIssued.selector, key, counter));
        hub.issueOrder(key, counter);
    }

    function test_RevertWhen_TheOwnerHasFourOrdersPending() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        for (uint256 i = 0; i < 4; ++i) {
            _release(key, 1e18);
        }
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.TooManyPendingOrders.selector, key, 4, 4));
        vm.prank(alice);
        hub.requestRelease(key, 1e18, alice, "");
        // A seizure still finds room, up to sixteen.
        for (uint256 i = 4; i < 16; ++i) {
            book.seize(key, 1e18, bob);
        }
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.TooManyPendingOrders.selector, key, 16, 16));
        book.seize(key, 1e18, bob);
    }

    function test_ALapsedReleaseGivesTheCreditBackOnlyPastItsDeadline() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        uint64 counter = _release(key, 40e18);
        Order memory order = _issue(key, counter);
        vm.warp(order.deadline);
        _refresh(number);
        assertEq(_counted(key), 60e18);
        vm.warp(order.deadline + LAG + 1);
        _refresh(number);
        assertEq(_counted(key), LOCKED);
        assertEq(hub.lienOf(key).pending, 0);
        // The next order is the second; the vault ends the first without effect before it.
        uint64 next = _release(key, 10e18);
        assertEq(next, 2);
        chainGiven = true;
        vm.chainId(CHAIN_A);
        collateralVault.lapse(order, _orderProof(order));
        _carryOut(key, next);
        assertEq(weth.balanceOf(alice), 10e18);
        _refresh(number);
        assertEq(_counted(key), 90e18);
    }

    // --------------------------------------------------------------------------------------------------- seizures

    function test_ASeizurePaysTheRecordedRecipientItsUnits() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        uint64 counter = book.seize(key, 30e18, bob);
        assertEq(_counted(key), 70e18);
        prices.set(localWeth, 1000e18);
        Order memory order = _carryOut(key, counter);
        assertEq(order.deadline, type(uint64).max);
        assertEq(weth.balanceOf(bob), 30e18);
        _refresh(number);
        assertEq(_counted(key), 70e18);
        assertEq(hub.lienOf(key).pending, 0);
    }

    function test_RevertWhen_ASeizureIsNotTheVaultsOrOfTooMuch() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.NotMarginVault.selector, alice));
        vm.prank(alice);
        hub.orderSeizure(key, 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienTooSmall.selector, key, LOCKED, LOCKED + 1));
        book.seize(key, LOCKED + 1, bob);
        vm.expectRevert(IMarginHub.ReceiverZero.selector);
        book.seize(key, 1, address(0));
    }

    function test_TheQuoteIsNetOfTheHaircutAndPaysForTheDelay() public {
        (, bytes32 key) = _lockAndCount(LOCKED);
        IMarginHub.SeizureQuote memory quote = hub.quoteSeizure(key);
        assertEq(quote.account, account);
        assertEq(quote.units, LOCKED);
        assertEq(quote.price, 3000e18);
        assertEq(quote.unit, 1e18);
        assertApproxEqRel(quote.threshold, 0.774e18 * (WAD - LAG_HAIRCUT) / WAD, 1e9);
        assertApproxEqRel(quote.bonus, 0.05e18 + hub.haircut(0.6e18, DELAY), 1e9);
    }

    // ------------------------------------------------------------------------------------------------------ swaps

    function _swapSetUp() private returns (bytes32 key, bytes32 outKey) {
        (, key) = _lockAndCount(LOCKED);
        outKey = _count(_lockFor(wbtc, 1e8));
    }

    function _deadline() private view returns (uint64) {
        return _now() + 1 days;
    }

    function _fill(Order memory order) private {
        vm.chainId(CHAIN_A);
        wbtc.mint(address(this), order.minOut);
        wbtc.approve(address(collateralVault), order.minOut);
        chainGiven = true;
        _execute(order);
        chainGiven = false;
    }

    function _bothProof() private returns (IMarginHub.LienProof memory) {
        return _lienProofFrom(_vaultSlots(), 1, 2);
    }

    function test_DuringASwapTheCreditIsTheLesserOfBoth() public {
        (bytes32 key, bytes32 outKey) = _swapSetUp();
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        vm.prank(alice);
        hub.requestSwap(key, 20e18, outKey, 0.995e8, _deadline(), "");
        IMarginHub.Capacity memory during = hub.capacityOf(account);
        assertApproxEqRel(before.value - during.value, 300 * (WAD - LAG_HAIRCUT), 1e12);
        assertLt(during.initial, before.initial);
        assertLt(during.maintenance, before.maintenance);
        // What is given falls: the lesser is what is given.
        prices.set(localWeth, 1500e18);
        uint256 worth = (80 * 1500 + 60_000 + 20 * 1500) * (WAD - LAG_HAIRCUT);
        assertApproxEqRel(hub.capacityOf(account).value, worth, 1e9);
    }

    function test_ASwapEndsWithTheProofOfBothLiens() public {
        (bytes32 key, bytes32 outKey) = _swapSetUp();
        vm.prank(alice);
        uint64 counter = hub.requestSwap(key, 20e18, outKey, 1e8, _deadline(), "");
        _fill(_issue(key, counter));

        // The filled lien alone does not count what it got, for that still counts as under way.
        uint256 during = hub.capacityOf(account).value;
        _bring(2, _lienProof(2));
        assertEq(_counted(outKey), 1e8);
        assertEq(hub.lienOf(outKey).proven, 2e8);
        assertEq(hub.capacityOf(account).value, during);

        // The first one is not taken without the second.
        IMarginHub.LienProof memory alone = _lienProof(1);
        skip(LAG);
        vm.expectRevert(
            abi.encodeWithSelector(TrieProof.TrieProofTraversalError.selector, TrieProof.ProofError.INVALID_PROOF)
        );
        hub.refreshLien(key, alone);
        _bring(1, _bothProof());
        assertEq(_counted(key), 80e18);
        assertEq(_counted(outKey), 2e8);
        assertEq(hub.lienOf(key).swapCounter, 0);
        assertEq(hub.lienOf(outKey).incoming, 0);
        assertEq(hub.remoteOf(_remoteKey(wbtc)).total, 2e8);
        assertApproxEqRel(hub.capacityOf(account).value, during, 1e9);
    }

    function test_ASwapBringsItsPromiseEvenWhereTheGrowthIsUsedUp() public {
        (bytes32 key, bytes32 outKey) = _swapSetUp();
        vm.prank(alice);
        uint64 counter = hub.requestSwap(key, 20e18, outKey, 1e8, _deadline(), "");
        _listRemote(address(wbtc), localWbtc, 8, 2e8, 0);
        _fill(_issue(key, counter));
        _bring(1, _bothProof());
        assertEq(_counted(outKey), 2e8);
    }

    function test_ALapsedSwapGivesTheCreditBack() public {
        (bytes32 key, bytes32 outKey) = _swapSetUp();
        uint64 deadline = _deadline();
        vm.prank(alice);
        hub.requestSwap(key, 20e18, outKey, 1e8, deadline, "");
        vm.warp(deadline + 1);
        _refresh(1);
        assertEq(_counted(key), LOCKED);
        assertEq(hub.lienOf(key).swapCounter, 0);
        assertEq(hub.lienOf(outKey).incoming, 0);
        assertEq(hub.remoteOf(_remoteKey(wbtc)).total, 1e8);
    }

    function test_RevertWhen_ASwapIsOutOfItsLimits() public {
        (bytes32 key, bytes32 outKey) = _swapSetUp();
        uint64 deadline = _deadline();
        uint64 earliest = _now() + FINALITY + 1 hours;
        uint64 latest = _now() + FINALITY + 2 days;
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SwapDeadlineInvalid.selector, earliest - 1, earliest, latest));
        hub.requestSwap(key, 20e18, outKey, 1e8, earliest - 1, "");
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SwapDeadlineInvalid.selector, latest + 1, earliest, latest));
        hub.requestSwap(key, 20e18, outKey, 1e8, latest + 1, "");
        // 20 WETH are worth 1 WBTC, of which 99 % must come back.
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginHub.SwapLosesTooMuch.selector, key, uint256(98_999_999) * 60_000e10, 59_400e18
            )
        );
        hub.requestSwap(key, 20e18, outKey, 0.99e8 - 1, deadline, "");
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SwapLienMismatch.selector, key, key));
        hub.requestSwap(key, 20e18, key, 20e18, deadline, "");
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.LienTooSmall.selector, key, LOCKED, LOCKED + 1));
        hub.requestSwap(key, LOCKED + 1, outKey, 6e8, deadline, "");
        hub.requestSwap(key, 20e18, outKey, 0.99e8, deadline, "");
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SwapUnderWay.selector, key, 1, 0));
        hub.requestSwap(key, 20e18, outKey, 1e8, deadline, "");
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SwapUnderWay.selector, outKey, 0, 1));
        hub.requestSwap(outKey, 1e8, key, 20e18, deadline, "");
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.NotAccountOwner.selector, account, bob));
        vm.prank(bob);
        hub.requestSwap(key, 20e18, outKey, 1e8, deadline, "");
    }

    function test_RevertWhen_ASwapHasNoPriceOrNoRoomUnderTheCap() public {
        (bytes32 key, bytes32 outKey) = _swapSetUp();
        uint64 deadline = _deadline();
        prices.drop(localWbtc);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.PriceMissing.selector, localWbtc));
        hub.requestSwap(key, 20e18, outKey, 1e8, deadline, "");
        prices.set(localWbtc, 60_000e18);
        _listRemote(address(wbtc), localWbtc, 8, 2e8 - 1, 1);
        bytes32 remoteKey = _remoteKey(wbtc);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginHub.SwapCapExceeded.selector, remoteKey, 2e8, 2e8 - 1));
        hub.requestSwap(key, 20e18, outKey, 1e8, deadline, "");
    }

    function test_RevertWhen_ASwapLeavesTheAccountUnderInitial() public {
        (bytes32 key, bytes32 outKey) = _swapSetUp();
        book.setDebt(account, hub.capacityOf(account).initial);
        uint64 deadline = _deadline();
        vm.expectPartialRevert(DebtBook.InitialRequirementFailed.selector);
        vm.prank(alice);
        hub.requestSwap(key, 20e18, outKey, 0.99e8, deadline, "");
    }

    // --------------------------------------------------------------------------------- what forged headers can do

    /// @dev A forged fall takes initial at once and maintenance not for a day, within which the truth can be proved.
    function test_AForgedFallLiquidatesNobodyForADay() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        _bring(number, _forgedProof(number, 1e18, 0));
        assertEq(hub.capacityOf(account).maintenance, before.maintenance);
        assertLt(hub.capacityOf(account).initial, before.initial / 50);
        assertEq(hub.quoteSeizure(key).units, 1e18);
        _bring(number, _forgedProof(number, 1, 0));
        assertEq(hub.capacityOf(account).maintenance, before.maintenance);
        _refresh(number);
        assertEq(_counted(key), LOCKED);
        assertEq(hub.lienOf(key).disputedAt, 0);
        assertEq(hub.remoteOf(_remoteKey(weth)).total, LOCKED);
    }

    function test_AFallProvedAgainADayLaterIsTaken() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        _bring(number, _forgedProof(number, 1e18, 0));
        IMarginHub.LienProof memory again = _forgedProof(number, 1e18, 0);
        vm.warp(hub.lienOf(key).disputedAt + 24 hours - 1);
        hub.refreshLien(key, again);
        assertEq(hub.lienOf(key).disputed, 99e18);
        skip(1);
        hub.refreshLien(key, again);
        assertEq(hub.lienOf(key).disputed, 0);
        assertEq(_counted(key), 1e18);
        assertEq(hub.remoteOf(_remoteKey(weth)).total, 1e18);
    }

    /// @dev Else a release of what came back would be paid out there, and go on counting here as disputed.
    function test_AFallProvedInPartComesBackInPart() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        _bring(number, _forgedProof(number, 1e18, 0));
        _bring(number, _forgedProof(number, 50e18, 0));
        assertEq(_counted(key), 50e18);
        assertEq(hub.lienOf(key).disputed, 50e18);
        uint64 counter = _release(key, 50e18);
        _carryOut(key, counter);
        assertEq(_counted(key) + hub.lienOf(key).disputed, collateralVault.lienOf(number).amount);
    }

    function test_AFallUnderAHeaderTheChainGivesIsTakenAtOnce() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        chainGiven = true;
        _bring(number, _forgedProof(number, 1e18, 0));
        assertEq(hub.lienOf(key).disputed, 0);
        assertEq(_counted(key), 1e18);
    }

    function test_RoomUnderTheValueCapIsRoundedDown() public {
        vm.chainId(CHAIN_B);
        hub.setSourceChain(CHAIN_A, LAG, DELAY, 100e18);
        (, bytes32 key) = _lockAndCount(LOCKED);
        assertEq(_counted(key), uint256(100e18) / 3000);
    }

    /// @dev What was taken at once leaves no trace from which the next dispute's day would be counted.
    function test_AnAttestedFallAfterOneThatWasTakenWaitsItsDay() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        chainGiven = true;
        _bring(number, _forgedProof(number, 60e18, 0));
        assertEq(hub.lienOf(key).disputedAt, 0);
        chainGiven = false;
        _bring(number, _forgedProof(number, 50e18, 0));
        assertEq(hub.lienOf(key).disputed, 10e18);
        assertEq(_counted(key), 50e18);
    }

    function test_ACounterPastEveryOrderKeepsTheLienUsable() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        _bring(number, _forgedProof(number, LOCKED, 7));
        assertEq(_release(key, 1e18), 8);
    }

    // ------------------------------------------------------------------------------------------------- invariants

    /// @dev Whatever is asked and proved in whatever order, what counts here and what is pending never exceed what is locked there, and the total
    /// is the sum.
    /// forge-config: default.fuzz.runs = 100
    function testFuzz_CountedAndUnprovedOrdersNeverExceedWhatIsLocked(uint256 seed) public {
        chainGiven = true;
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        for (uint256 i = 0; i < 8; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint128 units = uint128(bound(seed, 1, 20e18));
            uint256 action = (seed >> 200) % 5;
            IMarginHub.RemoteLien memory lien = hub.lienOf(key);
            if (action == 0 && units <= lien.counted && lien.lastCounter - lien.endedCounter < 4) {
                _release(key, units);
            } else if (action == 1 && units <= lien.counted && lien.lastCounter - lien.endedCounter < 16) {
                book.seize(key, units, bob);
            } else if (action == 2) {
                uint64 next = collateralVault.lienOf(number).counter + 1;
                if (next <= lien.lastCounter) _carryOut(key, next);
            } else if (action == 3) {
                _addTo(number, weth, units);
            } else {
                _refresh(number);
            }
            _checkBacked(number, key);
        }
    }

    function _checkBacked(uint256 number, bytes32 key) private view {
        IMarginHub.RemoteLien memory lien = hub.lienOf(key);
        uint256 open = 0;
        for (uint64 c = collateralVault.lienOf(number).counter + 1; c <= lien.lastCounter; ++c) {
            open += hub.pendingOf(key, c).units;
        }
        assertLe(uint256(lien.counted) + open, collateralVault.lienOf(number).amount);
        assertEq(hub.remoteOf(_remoteKey(weth)).total, lien.counted);
        assertEq(weth.balanceOf(address(collateralVault)), collateralVault.tokenOf(address(weth)).total);
    }
}
