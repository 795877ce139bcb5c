// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {OptionBook} from "../../contracts/OptionBook.sol";
import {IOptionBook} from "../../contracts/interfaces/IOptionBook.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {PackedLeg} from "../../contracts/libraries/PackedLeg.sol";
import {FakeClearing} from "./mocks/FakeClearing.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MockHub, MockOptionInputs} from "./mocks/MockOptionInputs.sol";

/// @title An option book with a fake vault, two underlyings and helpers that read as sentences
/// @dev ETH costs 3,000, BTC 60,000; two expiries each, in 10 and 30 days; the stable has 6 decimals. This contract is risk admin.
abstract contract OptionTest is Test {
    using PackedLeg for uint256;

    uint256 internal constant WAD = 1e18;
    uint64 internal constant START = 1_800_000_000;
    uint40 internal constant NEAR = 1_800_864_000;
    uint40 internal constant FAR = 1_802_592_000;
    address internal constant ETH = address(0xE74);
    address internal constant BTC = address(0xB7C);
    uint96 internal constant LOT = 0.01e18;
    uint96 internal constant TICK = 1e18;
    uint128 internal constant PRICE = 100e6;
    uint64 internal constant RISK_ADMIN = 1;

    AccessManager internal manager;
    MockHub internal hub;
    MockOptionInputs internal inputs;
    FakeClearing internal vault;
    OptionBook internal book;
    MockFeed internal fallbackFeed;

    address internal maker;
    uint256 internal makerKey;
    address internal taker = makeAddr("taker");
    bytes32 internal makerAccount;
    bytes32 internal takerAccount;
    uint256 private _nonce;

    function setUp() public virtual {
        vm.warp(START);
        (maker, makerKey) = makeAddrAndKey("maker");
        makerAccount = _account(maker, 1);
        takerAccount = _account(taker, 1);
        hub = new MockHub();
        inputs = new MockOptionInputs();
        manager = new AccessManager(address(this));
        manager.grantRole(RISK_ADMIN, address(this), 0);
        _list(ETH, 3000e18);
        _list(BTC, 60_000e18);
        _deploy(1e12);
        vault.put(makerAccount, 1_000_000e6);
        vault.put(takerAccount, 1_000_000e6);
    }

    function _list(address asset, uint256 price) internal {
        hub.setPrice(asset, price);
        inputs.setVolatilities(asset, 0.6e18, 0.7e18, 0.5e18);
        inputs.setFallback(asset, 1.2e18, 1e18);
        inputs.list(asset, NEAR, 0.6e18, 1e18);
        inputs.list(asset, FAR, 0.65e18, 1.01e18);
    }

    function _deploy(uint256 stableScale) internal {
        vault = new FakeClearing(stableScale);
        book = new OptionBook(
            address(manager), IMarginVault(address(vault)), IOracleHub(address(hub)), IRiskOracle(address(inputs))
        );
        vault.setBook(book);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IOptionBook.listUnderlying.selector;
        manager.setTargetFunctionRole(address(book), selectors, RISK_ADMIN);
        book.listUnderlying(ETH, LOT, TICK);
        book.listUnderlying(BTC, LOT, TICK);
    }

    function _setFallbackFeed() internal {
        fallbackFeed = new MockFeed(8, "ETH / USD, fallback");
        IOracleHub.FeedSet memory set;
        set.fallbackFeed = IOracleHub.Feed({aggregator: address(fallbackFeed), decimals: 8, maxAge: 1 hours});
        set.minPrice = 1e18;
        set.maxPrice = 1e24;
        hub.setFeeds(ETH, set);
    }

    function _account(address owner, uint96 number) internal pure returns (bytes32) {
        return bytes32((uint256(uint160(owner)) << 96) | number);
    }

    /// @dev The maker sells one ETH call to whoever takes it.
    function _offer() internal returns (IOptionBook.Offer memory) {
        return IOptionBook.Offer({
            makerAccount: makerAccount,
            underlying: ETH,
            isCall: true,
            strike: 3000e18,
            expiry: NEAR,
            size: 1e18,
            makerBuys: false,
            price: PRICE,
            takerAccount: bytes32(0),
            nonce: ++_nonce,
            deadline: type(uint64).max
        });
    }

    function _fill(bytes32 account, uint96 size) internal pure returns (IOptionBook.Fill memory fill) {
        fill.takerAccount = account;
        fill.size = size;
    }

    function _sign(IOptionBook.Offer memory offer) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(makerKey, book.digestOf(offer));
        return abi.encodePacked(r, s, v);
    }

    function _take(IOptionBook.Offer memory offer, bytes32 account, uint96 size) internal {
        bytes memory signature = _sign(offer);
        vm.prank(vault.ownerOf(account));
        book.trade(offer, signature, _fill(account, size));
    }

    function _refuse(IOptionBook.Offer memory offer, bytes memory signature, uint96 size, bytes memory reason)
        internal
    {
        vm.expectRevert(reason);
        vm.prank(taker);
        book.trade(offer, signature, _fill(takerAccount, size));
    }

    /// @dev The account buys from the maker (or writes to him, where `amount` is negative) at a price of zero.
    function _give(bytes32 account, address asset, bool call, uint96 strike, uint40 expiry, int96 amount) internal {
        IOptionBook.Offer memory offer = _offer();
        (offer.underlying, offer.isCall, offer.strike, offer.expiry, offer.price) = (asset, call, strike, expiry, 0);
        offer.makerBuys = amount < 0;
        offer.size = uint96(amount < 0 ? -amount : amount);
        _take(offer, account, offer.size);
    }

    function _amount(bytes32 account, uint160 series) internal view returns (int256) {
        uint256[] memory words = book.legsOf(account);
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i].series() == series) return words[i].amount();
        }
        return 0;
    }

    function _series(bool call, uint96 strike) internal view returns (uint160) {
        return book.seriesOf(ETH, call, strike, NEAR);
    }

    /// @dev Records five times the same price and makes it final.
    function _finalise(address asset, uint40 expiry, uint256 price) internal {
        hub.setPrice(asset, price);
        vm.warp(expiry - 30 minutes);
        for (uint256 i = 0; i < 5; ++i) {
            book.recordObservation(asset, expiry);
            skip(2 minutes);
        }
        vm.warp(expiry + 1);
        book.finalise(asset, expiry);
    }
}
