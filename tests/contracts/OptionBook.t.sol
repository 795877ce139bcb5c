// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {OptionBook} from "../../contracts/OptionBook.sol";
import {IOptionBook} from "../../contracts/interfaces/IOptionBook.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {PackedLeg} from "../../contracts/libraries/PackedLeg.sol";
import {ScenarioMargin} from "../../contracts/libraries/ScenarioMargin.sol";
import {OptionTest} from "./OptionTest.sol";
import {FakeClearing, MockWallet} from "./mocks/FakeClearing.sol";
import {MockHub, MockOptionInputs} from "./mocks/MockOptionInputs.sol";

/// @title Legs, trades by signed offers, transfers at liquidation, and requirements
contract OptionBookTest is OptionTest {
    using PackedLeg for uint256;

    bytes private constant NO_SIGNATURE = "";

    // ---------------------------------------------------------------------------------------------------- listing

    function test_RevertWhen_ListedByStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, taker));
        vm.prank(taker);
        book.listUnderlying(address(1), LOT, TICK);
    }

    function test_RevertWhen_ListedTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.UnderlyingAlreadyListed.selector, ETH));
        book.listUnderlying(ETH, LOT, TICK);
    }

    function test_RevertWhen_ListedWithoutLotTickPriceOrRisk() public {
        address asset = address(1);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.LotZero.selector, asset));
        book.listUnderlying(asset, 0, TICK);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.StrikeInvalid.selector, 1e9 - 1, 1e9));
        book.listUnderlying(asset, LOT, 1e9 - 1);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.UnderlyingUnpriced.selector, asset));
        book.listUnderlying(asset, LOT, 1e9);
        hub.setPrice(asset, 1e18);
        vm.expectRevert(abi.encodeWithSelector(MockOptionInputs.AssetUnknown.selector, asset));
        book.listUnderlying(asset, LOT, 1e9);
    }

    function test_RevertWhen_ListIsFull() public {
        for (uint8 i = 1; i <= 6; ++i) {
            _list(address(uint160(i)), 1e18);
            vm.expectEmit(address(book));
            emit IOptionBook.UnderlyingListed(address(uint160(i)), i + 1, LOT, 1e9);
            book.listUnderlying(address(uint160(i)), LOT, 1e9);
        }
        assertEq(book.underlyings().length, 8);
        assertEq(book.underlyings()[7].asset, address(6));
        _list(address(7), 1e18);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.UnderlyingListFull.selector, 8));
        book.listUnderlying(address(7), LOT, 1e9);
    }

    // --------------------------------------------------------------------------------------------- refused trades

    function test_RevertWhen_OfferExpired() public {
        IOptionBook.Offer memory offer = _offer();
        offer.deadline = START - 1;
        _refuse(offer, _sign(offer), 1e18, abi.encodeWithSelector(IOptionBook.OfferExpired.selector, START - 1, START));
        offer.deadline = START;
        _take(offer, takerAccount, 1e18);
    }

    function test_RevertWhen_CallerDoesNotOwnTheTakersAccount() public {
        IOptionBook.Offer memory offer = _offer();
        bytes memory signature = _sign(offer);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.NotAccountOwner.selector, address(this), takerAccount));
        book.trade(offer, signature, _fill(takerAccount, 1e18));
    }

    function test_RevertWhen_BothSidesAreOneAccount() public {
        IOptionBook.Offer memory offer = _offer();
        offer.makerAccount = takerAccount;
        _refuse(offer, NO_SIGNATURE, 1e18, abi.encodeWithSelector(IOptionBook.SameAccount.selector, takerAccount));
    }

    function test_Trade_BetweenTwoAccountsOfOneOwner_MovesLegs() public {
        bytes32 second = _account(maker, 2);
        vault.put(second, PRICE);
        _take(_offer(), second, 1e18);
        assertEq(_amount(second, _series(true, 3000e18)), 1e18);
        assertEq(_amount(makerAccount, _series(true, 3000e18)), -1e18);
    }

    function test_RevertWhen_OfferIsForAnother() public {
        IOptionBook.Offer memory offer = _offer();
        offer.takerAccount = _account(taker, 2);
        _refuse(
            offer,
            _sign(offer),
            1e18,
            abi.encodeWithSelector(IOptionBook.OfferReserved.selector, takerAccount, offer.takerAccount)
        );
        offer.takerAccount = takerAccount;
        _take(offer, takerAccount, 1e18);
    }

    function test_RevertWhen_UnderlyingUnknown() public {
        IOptionBook.Offer memory offer = _offer();
        offer.underlying = address(1);
        _refuse(offer, NO_SIGNATURE, 1e18, abi.encodeWithSelector(IOptionBook.UnderlyingUnknown.selector, address(1)));
    }

    function test_RevertWhen_ExpiryIsPassedOrNotListed() public {
        IOptionBook.Offer memory offer = _offer();
        offer.expiry = NEAR + 1;
        _refuse(offer, NO_SIGNATURE, 1e18, abi.encodeWithSelector(IOptionBook.ExpiryNotListed.selector, ETH, NEAR + 1));
        offer.expiry = NEAR;
        bytes memory signature = _sign(offer);
        vm.warp(NEAR);
        _refuse(offer, signature, 1e18, abi.encodeWithSelector(IOptionBook.ExpiryPassed.selector, NEAR, NEAR));
        vm.warp(NEAR - 1);
        _take(offer, takerAccount, 1e18);
    }

    function test_RevertWhen_StrikeIsZeroOrOffTheTick() public {
        IOptionBook.Offer memory offer = _offer();
        uint96[3] memory wrong = [uint96(0), TICK - 1, 3000e18 + 1];
        for (uint256 i = 0; i < 3; ++i) {
            offer.strike = wrong[i];
            _refuse(
                offer, NO_SIGNATURE, 1e18, abi.encodeWithSelector(IOptionBook.StrikeInvalid.selector, wrong[i], TICK)
            );
        }
        offer.strike = TICK;
        offer.price = 2999e6;
        _take(offer, takerAccount, 1e18);
    }

    function test_RevertWhen_SizeIsZero() public {
        _refuse(_offer(), NO_SIGNATURE, 0, abi.encodeWithSelector(IOptionBook.SizeZero.selector));
    }

    function test_RevertWhen_OfferIsOverfilledOrReplayed() public {
        IOptionBook.Offer memory offer = _offer();
        bytes memory signature = _sign(offer);
        _take(offer, takerAccount, 0.6e18);
        assertEq(book.filled(maker, offer.nonce), 0.6e18);
        _refuse(
            offer,
            signature,
            0.4e18 + 1,
            abi.encodeWithSelector(
                IOptionBook.OfferOverfilled.selector, maker, offer.nonce, uint256(0.4e18) + 1, 0.4e18
            )
        );
        _take(offer, takerAccount, 0.4e18);
        _refuse(
            offer, signature, 1, abi.encodeWithSelector(IOptionBook.OfferOverfilled.selector, maker, offer.nonce, 1, 0)
        );
        assertEq(_amount(takerAccount, _series(true, 3000e18)), 1e18);
    }

    /// @dev Two offers with one nonce: what is taken of the one is gone from the other.
    function test_Trade_OffersWithOneNonce_ShareTheirFill() public {
        IOptionBook.Offer memory offer = _offer();
        IOptionBook.Offer memory other = _offer();
        (other.nonce, other.isCall) = (offer.nonce, false);
        _take(offer, takerAccount, 0.75e18);
        _refuse(
            other,
            _sign(other),
            1e18,
            abi.encodeWithSelector(IOptionBook.OfferOverfilled.selector, maker, offer.nonce, 1e18, 0.25e18)
        );
        _take(other, takerAccount, 0.25e18);
    }

    function test_RevertWhen_OfferIsCancelled() public {
        IOptionBook.Offer memory offer = _offer();
        bytes memory signature = _sign(offer);
        _take(offer, takerAccount, 0.5e18);
        vm.expectEmit(address(book));
        emit IOptionBook.OfferCancelled(maker, offer.nonce);
        vm.prank(maker);
        book.cancel(offer.nonce);
        _refuse(
            offer,
            signature,
            0.1e18,
            abi.encodeWithSelector(IOptionBook.OfferOverfilled.selector, maker, offer.nonce, 0.1e18, 0)
        );
    }

    function test_Cancel_OfAnother_ChangesNothing() public {
        IOptionBook.Offer memory offer = _offer();
        vm.prank(taker);
        book.cancel(offer.nonce);
        _take(offer, takerAccount, 1e18);
    }

    /// @dev A signature is over every field.
    function test_RevertWhen_AnyFieldIsChanged() public {
        for (uint256 i = 0; i < 10; ++i) {
            IOptionBook.Offer memory offer = _offer();
            bytes memory signature = _sign(offer);
            if (i == 0) offer.makerAccount = _account(maker, 7);
            if (i == 1) offer.underlying = BTC;
            if (i == 2) offer.isCall = false;
            if (i == 3) offer.strike = 3001e18;
            if (i == 4) offer.expiry = FAR;
            if (i == 5) offer.size = 2e18;
            if (i == 6) offer.makerBuys = true;
            if (i == 7) offer.price = PRICE - 1;
            if (i == 8) offer.takerAccount = takerAccount;
            if (i == 9) offer.nonce += 1000;
            _refuseSignature(offer, signature);
        }
        IOptionBook.Offer memory later = _offer();
        later.deadline = START;
        bytes memory signed = _sign(later);
        later.deadline = START + 1;
        _refuseSignature(later, signed);
    }

    function _refuseSignature(IOptionBook.Offer memory offer, bytes memory signature) private {
        bytes32 digest = book.digestOf(offer);
        _refuse(
            offer, signature, 1e18, abi.encodeWithSelector(IOptionBook.OfferSignatureInvalid.selector, maker, digest)
        );
    }

    function test_RevertWhen_SignedByAnotherOrForAnotherBookOrChain() public {
        IOptionBook.Offer memory offer = _offer();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(makerKey + 1, book.digestOf(offer));
        _refuseSignature(offer, abi.encodePacked(r, s, v));
        _refuseSignature(offer, NO_SIGNATURE);

        OptionBook other = new OptionBook(
            address(manager), IMarginVault(address(vault)), IOracleHub(address(hub)), IRiskOracle(address(inputs))
        );
        (v, r, s) = vm.sign(makerKey, other.digestOf(offer));
        _refuseSignature(offer, abi.encodePacked(r, s, v));

        bytes memory here = _sign(offer);
        vm.chainId(5);
        _refuseSignature(offer, here);
    }

    /// @dev By the words of EIP-712, one by one.
    function test_DigestOf_IsTheTypedDataHash() public {
        IOptionBook.Offer memory offer = _offer();
        (offer.takerAccount, offer.makerBuys, offer.deadline) = (takerAccount, true, START + 7);
        bytes32 typeHash = keccak256(
            "Offer(bytes32 makerAccount,address underlying,bool isCall,uint96 strike,uint40 expiry,uint96 size,bool makerBuys,uint128 price,bytes32 takerAccount,uint256 nonce,uint64 deadline)"
        );
        bytes memory first = abi.encode(
            typeHash, offer.makerAccount, offer.underlying, offer.isCall, offer.strike, offer.expiry, offer.size
        );
        bytes memory second = abi.encode(offer.makerBuys, offer.price, offer.takerAccount, offer.nonce, offer.deadline);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("KeeperOracle"),
                keccak256("1"),
                block.chainid,
                address(book)
            )
        );
        bytes32 structHash = keccak256(bytes.concat(first, second));
        assertEq(book.digestOf(offer), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }

    function test_RevertWhen_AccountHasNoOwner() public {
        IOptionBook.Offer memory offer = _offer();
        offer.makerAccount = bytes32(uint256(1));
        bytes32 digest = book.digestOf(offer);
        _refuse(
            offer,
            new bytes(65),
            1e18,
            abi.encodeWithSelector(IOptionBook.OfferSignatureInvalid.selector, address(0), digest)
        );
    }

    function test_Trade_ContractWallet_SignsByItsCode() public {
        MockWallet wallet = new MockWallet();
        IOptionBook.Offer memory offer = _offer();
        offer.makerAccount = _account(address(wallet), 1);
        vault.put(offer.makerAccount, 1_000_000e6);
        bytes32 digest = book.digestOf(offer);
        _refuse(
            offer,
            "x",
            1e18,
            abi.encodeWithSelector(IOptionBook.OfferSignatureInvalid.selector, address(wallet), digest)
        );
        wallet.agree(digest);
        vm.prank(taker);
        book.trade(offer, "x", _fill(takerAccount, 1e18));
        assertEq(book.legCount(offer.makerAccount), 1);
    }

    function test_RevertWhen_LegIsLeftUnderALot() public {
        IOptionBook.Offer memory offer = _offer();
        _refuse(
            offer,
            _sign(offer),
            LOT - 1,
            abi.encodeWithSelector(IOptionBook.LegUnderLot.selector, makerAccount, -int256(uint256(LOT - 1)), LOT)
        );
        _take(offer, takerAccount, LOT);
        // Closing a part that leaves less than a lot is refused too, on either side.
        IOptionBook.Offer memory back = _offer();
        back.makerBuys = true;
        _refuse(
            back,
            _sign(back),
            1,
            abi.encodeWithSelector(IOptionBook.LegUnderLot.selector, makerAccount, -int256(uint256(LOT - 1)), LOT)
        );
        _take(back, takerAccount, LOT);
        assertEq(book.legCount(takerAccount), 0);
    }

    function test_RevertWhen_PremiumCannotBePaid() public {
        IOptionBook.Offer memory offer = _offer();
        vault.setBalance(takerAccount, PRICE - 1);
        _refuse(
            offer,
            _sign(offer),
            1e18,
            abi.encodeWithSelector(FakeClearing.BalanceTooSmall.selector, takerAccount, PRICE - 1, PRICE)
        );
    }

    function test_RevertWhen_EitherSideMissesInitial() public {
        IOptionBook.Offer memory offer = _offer();
        vault.setBalance(makerAccount, 0);
        bytes memory signature = _sign(offer);
        vm.expectPartialRevert(FakeClearing.UnderInitial.selector);
        vm.prank(taker);
        book.trade(offer, signature, _fill(takerAccount, 1e18));

        // The taker writes, now without money.
        offer.makerBuys = true;
        signature = _sign(offer);
        vault.setBalance(makerAccount, PRICE);
        vault.setBalance(takerAccount, 0);
        vm.expectPartialRevert(FakeClearing.UnderInitial.selector);
        vm.prank(taker);
        book.trade(offer, signature, _fill(takerAccount, 1e18));

        // To the unit: exactly the requirement is enough.
        vault.setMarginOff(true);
        vm.prank(taker);
        book.trade(offer, signature, _fill(takerAccount, 0.5e18));
        vault.setMarginOff(false);
        uint256 needed = (book.initialRequirement(takerAccount) + 1e12 - 1) / 1e12;
        bytes32 third = _account(taker, 3);
        vault.put(third, needed - PRICE / 2);
        vault.setBalance(makerAccount, PRICE);
        vm.prank(taker);
        book.trade(offer, signature, _fill(third, 0.5e18));
        assertEq(vault.balanceOf(third), needed);
    }

    // -------------------------------------------------------------------------------------------------- reductions

    function test_Trade_OnlyReducing_IsAskedForImprovement() public {
        _give(takerAccount, ETH, true, 3000e18, NEAR, -10e18);
        vault.setBalance(takerAccount, 500e6);
        assertLt(500e18, book.initialRequirement(takerAccount));

        IOptionBook.Offer memory offer = _offer();
        offer.price = 1e6;
        IOptionBook.Fill memory fill = _fill(takerAccount, 1e18);
        fill.takerReduces = true;
        bytes memory signature = _sign(offer);
        uint256 initialBefore = vault.initialChecks();
        vm.prank(taker);
        book.trade(offer, signature, fill);
        assertEq(vault.improvedChecks(), 1);
        assertEq(vault.initialChecks(), initialBefore + 1, "the maker's");
        assertEq(_amount(takerAccount, _series(true, 3000e18)), -9e18);

        // At a price that ruins health it is no improvement.
        offer = _offer();
        offer.price = 400e6;
        signature = _sign(offer);
        vm.expectPartialRevert(FakeClearing.NotImproved.selector);
        vm.prank(taker);
        book.trade(offer, signature, fill);
    }

    function test_RevertWhen_SaidToReduceButGrowsOrTurns() public {
        IOptionBook.Offer memory offer = _offer();
        offer.size = 10e18;
        bytes memory signature = _sign(offer);
        IOptionBook.Fill memory fill = _fill(takerAccount, 1e18);
        fill.takerReduces = true;
        vm.prank(taker);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.LegNotReduced.selector, takerAccount, 0, 1e18));
        book.trade(offer, signature, fill);

        _give(takerAccount, ETH, true, 3000e18, NEAR, -2e18);
        fill.size = 3e18;
        vm.prank(taker);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.LegNotReduced.selector, takerAccount, -2e18, 1e18));
        book.trade(offer, signature, fill);

        (fill.takerReduces, fill.makerReduces, fill.size) = (false, true, 4e18);
        vm.prank(taker);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.LegNotReduced.selector, makerAccount, 2e18, -2e18));
        book.trade(offer, signature, fill);

        // Down to nothing is a reduction on both sides.
        (fill.takerReduces, fill.size) = (true, 2e18);
        vm.prank(taker);
        book.trade(offer, signature, fill);
        assertEq(book.legCount(takerAccount) + book.legCount(makerAccount), 0);
        assertEq(vault.improvedChecks(), 2);
    }

    // ------------------------------------------------------------------------------------------------------- trade

    function test_Trade_MakerSells_MovesLegsPremiumAndState() public {
        IOptionBook.Offer memory offer = _offer();
        uint160 series = _series(true, 3000e18);
        bytes memory signature = _sign(offer);
        IOptionBook.Fill memory fill = _fill(takerAccount, 0.5e18);
        fill.makerLeaf = "maker's leaf";
        uint256[] memory expected = new uint256[](1);
        expected[0] = PackedLeg.pack(series, -0.5e18);

        vm.expectEmit(address(book));
        emit IOptionBook.LegsChanged(makerAccount, 1, keccak256(abi.encodePacked(expected)), 1);
        vm.expectEmit(address(book));
        emit IOptionBook.Traded(makerAccount, takerAccount, series, -0.5e18, 50e6, offer.nonce);
        vm.prank(taker);
        book.trade(offer, signature, fill);

        assertEq(book.legsOf(makerAccount), expected);
        (bytes32 hash, uint64 nonce, uint256 gross) = book.legState(takerAccount);
        expected[0] = PackedLeg.pack(series, 0.5e18);
        assertEq(hash, keccak256(abi.encodePacked(expected)));
        assertEq(nonce, 1);
        assertEq(gross, 1500e18);
        assertEq(vault.balanceOf(takerAccount), 1_000_000e6 - 50e6);
        assertEq(vault.balanceOf(makerAccount), 1_000_000e6 + 50e6);
        assertEq(book.totalOpenInterest(series), 0.5e18);
        assertEq(book.poolOf(ETH, NEAR).accounts, 2);
        assertEq(vault.lastLeaf(), "maker's leaf");
        assertEq(vault.initialChecks(), 2);
        assertEq(vault.lastAddedRisk(), 1550e18, "contracts at the strike, and the premium");
    }

    function test_Trade_MakerBuys_PaysTheTaker() public {
        IOptionBook.Offer memory offer = _offer();
        (offer.makerBuys, offer.isCall) = (true, false);
        _take(offer, takerAccount, 1e18);
        assertEq(_amount(makerAccount, _series(false, 3000e18)), 1e18);
        assertEq(vault.balanceOf(takerAccount), 1_000_000e6 + PRICE);
    }

    /// @dev The premium differs from size x price by less than a unit, and never against the maker.
    function testFuzz_Trade_Premium_IsRoundedForTheMaker(uint96 size, uint64 price, bool makerBuys) public {
        size = uint96(bound(size, LOT, 1000e18));
        vault.setMarginOff(true);
        vault.put(takerAccount, 1e40);
        vault.put(makerAccount, 1e40);
        IOptionBook.Offer memory offer = _offer();
        (offer.size, offer.price, offer.makerBuys) = (size, price, makerBuys);
        uint256 before = vault.balanceOf(takerAccount);
        _take(offer, takerAccount, size);
        uint256 current = vault.balanceOf(takerAccount);
        uint256 premium = makerBuys ? current - before : before - current;
        uint256 exact = uint256(size) * price;
        if (makerBuys) {
            assertLe(premium * WAD, exact);
            assertGt((premium + 1) * WAD, exact);
        } else {
            assertGe(premium * WAD, exact);
            if (premium != 0) assertLt((premium - 1) * WAD, exact);
        }
    }

    function test_LegState_OfNobody_IsTheEmptyHash() public view {
        (bytes32 hash, uint64 nonce, uint256 gross) = book.legState(takerAccount);
        assertEq(hash, keccak256(""));
        assertEq(nonce, 0);
        assertEq(gross, 0);
        assertEq(book.underlyingsOf(takerAccount).length, 0);
    }

    function test_Legs_MergeVanishAndKeepTheirPlaces() public {
        vault.put(makerAccount, 1e15);
        vault.put(takerAccount, 1e15);
        for (uint96 i = 0; i < 4; ++i) {
            _give(takerAccount, ETH, i % 2 == 0, 3000e18 + i * TICK, NEAR, 1e18);
        }
        _give(takerAccount, ETH, false, 3001e18, NEAR, 1e18);
        assertEq(book.legCount(takerAccount), 4, "equal series merge");
        assertEq(book.legsOf(takerAccount)[1].amount(), 2e18);

        _give(takerAccount, ETH, false, 3001e18, NEAR, -2e18);
        uint256[] memory words = book.legsOf(takerAccount);
        assertEq(words.length, 3);
        assertEq(words[1].strike(), 3003e18, "the last one takes the place");
        (bytes32 hash, uint64 nonce, uint256 gross) = book.legState(takerAccount);
        assertEq(hash, keccak256(abi.encodePacked(words)));
        assertEq(nonce, 6);
        assertEq(gross, 9005e18);
        assertEq(book.totalOpenInterest(_series(false, 3001e18)), 0);
        assertEq(book.poolOf(ETH, NEAR).accounts, 2);
    }

    function test_RevertWhen_SixtyFiveLegs() public {
        vault.setMarginOff(true);
        bytes32[2] memory makers = [_account(maker, 1), _account(maker, 2)];
        for (uint96 i = 0; i < 64; ++i) {
            makerAccount = makers[i % 2];
            _give(takerAccount, i % 3 == 0 ? BTC : ETH, i % 2 == 0, 1000e18 + i * TICK, i % 5 == 0 ? FAR : NEAR, 1e18);
        }
        assertEq(book.legCount(takerAccount), 64);
        IOptionBook.Offer memory offer = _offer();
        (offer.strike, offer.price) = (5000e18, 0);
        _refuse(
            offer, _sign(offer), 1e18, abi.encodeWithSelector(IOptionBook.LegLimitReached.selector, takerAccount, 64)
        );
        // One that is there already may still grow, and one that goes makes room.
        _give(takerAccount, ETH, false, 1001e18, NEAR, 1e18);
        makerAccount = makers[0];
        _give(takerAccount, ETH, true, 1002e18, NEAR, -1e18);
        _give(takerAccount, ETH, true, 5000e18, NEAR, 1e18);
        assertEq(book.legCount(takerAccount), 64);
    }

    function test_RevertWhen_AmountLeavesItsRange() public {
        vault.setMarginOff(true);
        uint96 most = uint96(type(int96).max);
        IOptionBook.Offer memory offer = _offer();
        (offer.size, offer.price) = (type(uint96).max, 0);
        _refuse(
            offer,
            _sign(offer),
            most + 1,
            abi.encodeWithSelector(IOptionBook.AmountOutOfRange.selector, makerAccount, -int256(uint256(most)) - 1)
        );
        _take(offer, takerAccount, most);
        assertEq(_amount(makerAccount, _series(true, 3000e18)), -int256(uint256(most)));
    }

    // ------------------------------------------------------------------------------------------------ takeFraction

    function test_RevertWhen_TakeFractionIsNotTheVaultsOrInvalid() public {
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.NotVault.selector, address(this)));
        book.takeFraction(makerAccount, takerAccount, WAD);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.SameAccount.selector, takerAccount));
        vault.takeFraction(takerAccount, takerAccount, WAD);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.FractionInvalid.selector, 0, WAD));
        vault.takeFraction(makerAccount, takerAccount, 0);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.FractionInvalid.selector, WAD + 1, WAD));
        vault.takeFraction(makerAccount, takerAccount, WAD + 1);
    }

    function test_TakeFraction_OfNothing_ChangesNothing() public {
        vault.takeFraction(makerAccount, takerAccount, WAD);
        (, uint64 nonce,) = book.legState(makerAccount);
        assertEq(nonce, 0);
    }

    /// @dev Over three legs, one of which the receiver holds the other way round.
    function testFuzz_TakeFraction_SumOfBothIsUnchanged(uint96 a, uint96 b, uint96 c, uint96 d, uint256 fraction)
        public
    {
        vault.setMarginOff(true);
        fraction = bound(fraction, 1, WAD);
        int96[4] memory sizes;
        sizes[0] = int96(int256(bound(a, LOT, 1e27)));
        sizes[1] = -int96(int256(bound(b, LOT, 1e27)));
        sizes[2] = int96(int256(bound(c, LOT, 1e27)));
        sizes[3] = -int96(int256(bound(d, LOT, 1e27)));
        bytes32 other = _account(taker, 2);
        _give(takerAccount, ETH, true, 3000e18, NEAR, sizes[0]);
        _give(takerAccount, BTC, false, 3000e18, FAR, sizes[1]);
        _give(takerAccount, ETH, false, 3000e18, NEAR, sizes[2]);
        makerAccount = _account(maker, 2);
        _give(other, ETH, true, 3000e18, NEAR, sizes[3]);
        uint160[3] memory series = [
            book.seriesOf(ETH, true, 3000e18, NEAR),
            book.seriesOf(BTC, false, 3000e18, FAR),
            book.seriesOf(ETH, false, 3000e18, NEAR)
        ];

        vault.takeFraction(takerAccount, other, fraction);
        for (uint256 i = 0; i < 3; ++i) {
            int256 left = _amount(takerAccount, series[i]);
            // casting to 'int256' is safe because a fraction is at most 1e18
            // forge-lint: disable-next-line(unsafe-typecast)
            int256 taken = int256(sizes[i]) * int256(fraction) / 1e18;
            assertEq(left, sizes[i] - taken, "each amount is rounded towards zero");
            assertEq(left + _amount(other, series[i]), sizes[i] + (i == 0 ? int256(sizes[3]) : int256(0)));
            _assertConserved(series[i], other);
        }
        _assertPools(other);
    }

    function _assertConserved(uint160 series, bytes32 other) private view {
        int256 longs = 0;
        int256 sum = 0;
        bytes32[4] memory all = [_account(maker, 1), _account(maker, 2), takerAccount, other];
        for (uint256 i = 0; i < 4; ++i) {
            int256 amount = _amount(all[i], series);
            sum += amount;
            if (amount > 0) longs += amount;
        }
        assertEq(sum, 0, "longs are shorts");
        assertEq(int256(book.totalOpenInterest(series)), longs, "open interest is the longs");
    }

    function _assertPools(bytes32 other) private view {
        bytes32[4] memory all = [_account(maker, 1), _account(maker, 2), takerAccount, other];
        uint256 near = 0;
        uint256 far = 0;
        for (uint256 i = 0; i < 4; ++i) {
            uint256[] memory words = book.legsOf(all[i]);
            (bool inNear, bool inFar) = (false, false);
            for (uint256 j = 0; j < words.length; ++j) {
                if (words[j].underlying() == 0) inNear = true;
                else inFar = true;
            }
            if (inNear) ++near;
            if (inFar) ++far;
        }
        assertEq(book.poolOf(ETH, NEAR).accounts, near);
        assertEq(book.poolOf(BTC, FAR).accounts, far);
    }

    function test_TakeFraction_All_LeavesNothing() public {
        _give(takerAccount, ETH, true, 3000e18, NEAR, 1e18);
        _give(takerAccount, BTC, true, 3000e18, FAR, -1e18);
        bytes32 other = _account(taker, 2);
        vm.expectEmit(address(book));
        emit IOptionBook.FractionTaken(takerAccount, other, WAD);
        vault.takeFraction(takerAccount, other, WAD);
        assertEq(book.legCount(takerAccount), 0);
        assertEq(book.legCount(other), 2);
        assertEq(book.poolOf(ETH, NEAR).accounts, 2);
        (bytes32 hash, uint64 nonce, uint256 gross) = book.legState(takerAccount);
        assertEq(hash, keccak256(""));
        assertEq(nonce, 3);
        assertEq(gross, 0);
    }

    function test_RevertWhen_ReceiverWouldHoldMoreThan64() public {
        vault.setMarginOff(true);
        bytes32 other = _account(taker, 2);
        for (uint96 i = 0; i < 63; ++i) {
            makerAccount = _account(maker, 10 + i % 2);
            _give(other, ETH, true, 1000e18 + i * TICK, NEAR, 1e18);
        }
        makerAccount = _account(maker, 1);
        _give(takerAccount, ETH, true, 1000e18, NEAR, 1e18);
        _give(takerAccount, ETH, false, 1000e18, NEAR, 1e18);
        vault.takeFraction(takerAccount, other, 0.5e18);
        assertEq(book.legCount(other), 64, "one merged, one came");
        _give(takerAccount, ETH, false, 1001e18, NEAR, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IOptionBook.LegLimitReached.selector, other, 64));
        vault.takeFraction(takerAccount, other, 0.5e18);
    }

    // ------------------------------------------------------------------------------------------------ requirements

    function _leg(uint256 expiry, bool call, uint256 strike, int256 amount)
        private
        pure
        returns (ScenarioMargin.Leg memory)
    {
        return ScenarioMargin.Leg({expiry: expiry, call: call, strike: strike, amount: amount});
    }

    /// @dev The taker's book of the next tests: a far call between two near options on ETH, and a put on BTC.
    function _writeBook() private {
        vault.setMarginOff(true);
        _give(takerAccount, ETH, false, 2900e18, NEAR, -5e18);
        _give(takerAccount, BTC, false, 55_000e18, NEAR, -0.5e18);
        _give(takerAccount, ETH, true, 3300e18, FAR, 3e18);
        _give(takerAccount, ETH, false, 2700e18, NEAR, 4e18);
    }

    /// @dev The same by hand. `volatility` sets the range.
    function _expected(uint256[2] memory impliedVolatilities, uint256[2] memory ratios, uint256 volatility)
        private
        view
        returns (uint256 requirement, int256 worth)
    {
        ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](3);
        legs[0] = _leg(0, false, 2900e18, -5e18);
        legs[1] = _leg(1, true, 3300e18, 3e18);
        legs[2] = _leg(0, false, 2700e18, 4e18);
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](2);
        for (uint256 i = 0; i < 2; ++i) {
            expiries[i] = ScenarioMargin.Expiry({
                timeToExpiry: (i == 0 ? NEAR : FAR) - vm.getBlockTimestamp(),
                forward: 3000 * ratios[i],
                fixedForward: 0,
                impliedVolatility: impliedVolatilities[i],
                rate: 0
            });
        }
        uint256 range = ScenarioMargin.rangeOf(volatility);
        (requirement, worth) = ScenarioMargin.requirement(legs, expiries, 3000e18, range);

        legs = new ScenarioMargin.Leg[](1);
        legs[0] = _leg(0, false, 55_000e18, -0.5e18);
        ScenarioMargin.Expiry[] memory near = new ScenarioMargin.Expiry[](1);
        near[0] = expiries[0];
        near[0].forward = 60_000 * ratios[0];
        (uint256 more, int256 moreWorth) = ScenarioMargin.requirement(legs, near, 60_000e18, range);
        return (requirement + more, worth + moreWorth);
    }

    function test_Maintenance_AddsUpUnderlyings() public {
        _writeBook();
        (uint256 requirement, int256 worth) = book.maintenance(takerAccount);
        (uint256 expected, int256 expectedWorth) =
            _expected([uint256(0.6e18), 0.65e18], [uint256(1e18), 1.01e18], 0.6e18);
        assertEq(requirement, expected);
        assertEq(worth, expectedWorth);
        assertGt(requirement, 0);
        address[] memory assets = book.underlyingsOf(takerAccount);
        assertEq(assets.length, 2);
        assertEq(assets[0], ETH);
        assertEq(assets[1], BTC);
    }

    function test_PastMaintenance_UsesTheInputsOfYesterdayAndTheSpotOfToday() public {
        _writeBook();
        inputs.setPast(ETH, NEAR, 0.9e18, 0.99e18);
        inputs.setPast(BTC, NEAR, 0.9e18, 0.99e18);
        inputs.setPast(ETH, FAR, 0.8e18, 1.02e18);
        (uint256 expected,) = _expected([uint256(0.9e18), 0.8e18], [uint256(0.99e18), 1.02e18], 0.5e18);
        assertEq(book.pastMaintenance(takerAccount), expected);
    }

    function test_InitialRequirement_UsesTheLargerVolatility() public {
        _writeBook();
        (uint256 expected,) = _expected([uint256(0.6e18), 0.65e18], [uint256(1e18), 1.01e18], 0.7e18);
        assertEq(book.initialRequirement(takerAccount), expected);
        inputs.setVolatilities(ETH, 0.8e18, 0.7e18, 0.5e18);
        inputs.setVolatilities(BTC, 0.8e18, 0.7e18, 0.5e18);
        (expected,) = _expected([uint256(0.6e18), 0.65e18], [uint256(1e18), 1.01e18], 0.8e18);
        assertEq(book.initialRequirement(takerAccount), expected);
    }

    function test_InitialRequirement_WhileSilent_IsTheLargerOfTwo() public {
        _writeBook();
        (uint256 last,) = _expected([uint256(0.6e18), 0.65e18], [uint256(1e18), 1.01e18], 0.7e18);
        (uint256 other,) = _expected([uint256(1e18), 1e18], [uint256(1e18), 1.01e18], 1.2e18);
        assertGt(other, last);
        assertEq(book.initialRequirement(takerAccount), last);
        inputs.setSilence(IRiskOracle.Stage.Stale);
        assertEq(book.initialRequirement(takerAccount), other);
        inputs.setSilence(IRiskOracle.Stage.Dead);
        assertEq(book.initialRequirement(takerAccount), other);

        // Fallback inputs that ask for less loosen nothing; and maintenance does not move by silence.
        inputs.setFallback(ETH, 0.1e18, 0.1e18);
        inputs.setFallback(BTC, 0.1e18, 0.1e18);
        assertEq(book.initialRequirement(takerAccount), last);
        (uint256 requirement,) = book.maintenance(takerAccount);
        (uint256 expected,) = _expected([uint256(0.6e18), 0.65e18], [uint256(1e18), 1.01e18], 0.6e18);
        assertEq(requirement, expected);
    }

    function test_Maintenance_PastExpiryWithoutAPrice_IsIntrinsicAtSpot() public {
        vault.setMarginOff(true);
        _give(takerAccount, ETH, true, 2800e18, NEAR, -2e18);
        vm.warp(NEAR);
        (uint256 requirement, int256 worth) = book.maintenance(takerAccount);
        assertEq(worth, -400e18);
        ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](1);
        legs[0] = _leg(0, true, 2800e18, -2e18);
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](1);
        expiries[0].forward = 3000e18;
        (uint256 expected,) = ScenarioMargin.requirement(legs, expiries, 3000e18, ScenarioMargin.rangeOf(0.6e18));
        assertEq(requirement, expected);
        assertEq(book.underlyingsOf(takerAccount).length, 1);
    }

    function test_RevertWhen_UnderlyingOfAnOpenLegHasNoPrice() public {
        _writeBook();
        hub.setPrice(BTC, 0);
        vm.expectRevert(abi.encodeWithSelector(MockHub.NoPrice.selector, BTC));
        book.maintenance(takerAccount);
        // An account without legs asks nobody.
        (uint256 requirement, int256 worth) = book.maintenance(_account(taker, 9));
        assertEq(requirement, 0);
        assertEq(worth, 0);
    }

    // ------------------------------------------------------------------------------------------------------ words

    function testFuzz_PackedLeg_GivesBackWhatWasPut(
        int96 amount,
        uint96 strike,
        uint40 expiry,
        uint8 underlying,
        bool call
    ) public pure {
        uint160 series = PackedLeg.seriesFrom(underlying, call, strike, expiry);
        uint256 word = PackedLeg.pack(series, amount);
        assertEq(word.amount(), amount);
        assertEq(word.strike(), strike);
        assertEq(word.expiry(), expiry);
        assertEq(word.underlying(), underlying);
        assertEq(word.isCall(), call);
        assertEq(word.series(), series);
        assertEq(word.pool(), PackedLeg.poolFrom(underlying, expiry));
        assertEq(word & 0xff, 0, "8 bits are spare");
        // The two's complement is compared.
        // forge-lint: disable-next-line(unsafe-typecast)
        assertEq(word >> 160, uint256(uint96(amount)));
        assertEq((word >> 64) & type(uint96).max, strike);
        assertEq((word >> 24) & type(uint40).max, expiry);
        assertEq((word >> 16) & 0xff, underlying);
        assertEq((word >> 8) & 0xff, call ? 1 : 0);
    }

    /// @dev Every call its own transaction, so that storage is cold and calldata is paid: what a caller pays. The fake vault keeps no books, so
    /// this is the book, the margin of both sides, and the signature.
    /// forge-config: default.isolate = true
    function test_Gas_Trade() public {
        IOptionBook.Offer memory offer = _offer();
        bytes memory signature = _sign(offer);
        vm.prank(taker);
        book.trade(offer, signature, _fill(takerAccount, 0.5e18));
        vm.snapshotGasLastCall("OptionBook", "trade, first leg of both");
        vm.prank(taker);
        book.trade(offer, signature, _fill(takerAccount, 0.25e18));
        vm.snapshotGasLastCall("OptionBook", "trade, same leg again");

        vault.setMarginOff(true);
        vm.prank(taker);
        book.trade(offer, signature, _fill(takerAccount, 0.25e18));
        vm.snapshotGasLastCall("OptionBook", "trade, same leg again, margin not asked");
        assertEq(_amount(takerAccount, _series(true, 3000e18)), 1e18);
    }
}
