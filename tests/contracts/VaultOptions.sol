// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOptionBook} from "../../contracts/interfaces/IOptionBook.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {PackedLeg} from "../../contracts/libraries/PackedLeg.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title The whole protocol with options on WETH, and accounts that trade them by signed offers
/// @dev Expiries in 10 and 40 days at an implied volatility of .60 and a forward ratio of 1. WBTC is what accounts stand on where WETH is to move.
abstract contract VaultOptions is BaseTest {
    using PackedLeg for uint256;

    uint40 internal constant NEAR = 1_800_864_000;
    uint40 internal constant FAR = 1_803_456_000;
    uint64 internal constant IMPLIED = 0.6e18;
    uint96 internal constant LOT = 0.01e18;

    bytes32 internal writer;
    bytes32 internal holder;
    bytes32 internal taker;
    uint256 private _nonce;

    function setUp() public virtual override {
        super.setUp();
        risk.setOptionBounds(address(weth), _optionBounds());
        risk.setFallback(
            address(weth), IRiskOracle.Fallback({volatility: 1e18, slippage: 0.05e18, impliedVolatility: 1.2e18})
        );
        risk.listExpiry(address(weth), NEAR, IMPLIED, 1e18);
        risk.listExpiry(address(weth), FAR, IMPLIED, 1e18);
        book.listUnderlying(address(weth), LOT, 1e18);
        writer = _open("writer");
        holder = _open("holder");
        taker = _open("taker");
    }

    /// @dev An account of somebody whose signature can be made.
    function _open(string memory name) internal returns (bytes32) {
        (address owner, uint256 key) = makeAddrAndKey(name);
        keyOf[owner] = key;
        vm.prank(owner);
        return vault.openAccount(1);
    }

    /// @dev `seller` writes to `buyer`, at stable units for one contract.
    function _trade(bytes32 seller, bytes32 buyer, bool call, uint96 strike, uint40 expiry, uint96 size, uint128 price)
        internal
    {
        IOptionBook.Offer memory offer = _offer(seller, call, strike, expiry, size, price);
        bytes memory signature = _signOffer(offer);
        IOptionBook.Fill memory fill;
        (fill.takerAccount, fill.size) = (buyer, size);
        vm.prank(vault.ownerOf(buyer));
        book.trade(offer, signature, fill);
    }

    function _offer(bytes32 seller, bool call, uint96 strike, uint40 expiry, uint96 size, uint128 price)
        internal
        returns (IOptionBook.Offer memory)
    {
        return IOptionBook.Offer({
            makerAccount: seller,
            underlying: address(weth),
            isCall: call,
            strike: strike,
            expiry: expiry,
            size: size,
            makerBuys: false,
            price: price,
            takerAccount: bytes32(0),
            nonce: ++_nonce,
            deadline: type(uint64).max
        });
    }

    function _signOffer(IOptionBook.Offer memory offer) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[vault.ownerOf(offer.makerAccount)], book.digestOf(offer));
        return abi.encodePacked(r, s, v);
    }

    function _amount(bytes32 account, bool call, uint96 strike, uint40 expiry) internal view returns (int256) {
        uint160 series = book.seriesOf(address(weth), call, strike, expiry);
        uint256[] memory words = book.legsOf(account);
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].series() == series) return words[i].amount();
        }
        return 0;
    }

    function _noLimits() internal view returns (IMarginVault.PortfolioLimits memory) {
        return IMarginVault.PortfolioLimits({
            maxPayment: type(uint256).max, maxFraction: WAD, deadline: vm.getBlockTimestamp()
        });
    }

    function _takePortfolio(bytes32 account) internal returns (uint256 fraction, uint256 payment) {
        IMarginVault.PortfolioLimits memory limits = _noLimits();
        vm.prank(vault.ownerOf(taker));
        return vault.liquidatePortfolio(account, taker, limits);
    }

    function _refusePortfolio(bytes32 account, bytes memory reason) internal {
        IMarginVault.PortfolioLimits memory limits = _noLimits();
        address owner = vault.ownerOf(taker);
        vm.expectRevert(reason);
        vm.prank(owner);
        vault.liquidatePortfolio(account, taker, limits);
    }

    /// @dev Records five times the same price of WETH before an expiry and makes it final.
    function _finalise(uint40 expiry, int256 answer) internal {
        vm.warp(expiry - 30 minutes);
        _setPrice(wethFeed, answer);
        for (uint256 i = 0; i < 5; ++i) {
            book.recordObservation(address(weth), expiry);
            skip(2 minutes);
        }
        vm.warp(expiry + 1);
        _refresh();
        book.finalise(address(weth), expiry);
    }

    function _settle(bytes32 account, uint40 expiry) internal {
        book.settle(account, address(weth), expiry);
    }

    function _claim(bytes32 account, uint40 expiry) internal {
        book.claim(account, address(weth), expiry);
    }

    function _endow(address fund, uint256 amount) internal {
        usdc.mint(fund, amount);
    }

    /// @dev In stable units: what there is less what is claimed of it, which is the lenders', whatever options do.
    function _assertConserved() internal view {
        IMarginVault.Books memory books = vault.books();
        uint256 own = books.cash + books.debt + books.optionDeficit;
        uint256 claims = vault.totalAssets() + books.credit + books.unsettled + books.reserve;
        assertApproxEqAbs(own, claims, 2, "the books do not add up");
        assertGe(usdc.balanceOf(address(vault)), books.cash, "cash that is not there");
    }
}
