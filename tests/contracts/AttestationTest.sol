// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Test} from "forge-std/Test.sol";

import {MarginAttestations} from "../../contracts/MarginAttestations.sol";
import {IMarginAttestations} from "../../contracts/interfaces/IMarginAttestations.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {LeafRecompute} from "../../contracts/libraries/LeafRecompute.sol";
import {PackedLeg} from "../../contracts/libraries/PackedLeg.sol";
import {ScenarioMargin} from "../../contracts/libraries/ScenarioMargin.sol";
import {FakeBook, FakeHub, FakeInputs, FakeVault} from "./mocks/AttestationFakes.sol";
import {MockToken} from "./mocks/MockToken.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title A world for attested requirements: two assets with two expiries each, one account with legs, one bonded poster
/// @dev ETH costs 3,000 and BTC 60,000. The account is short a 3000 put and long a 2700 put.
abstract contract AttestationTest is Test {
    uint256 internal constant WAD = 1e18;
    uint64 internal constant START = 1_800_000_000;
    uint256 internal constant MINIMUM_BOND = 50_000e6;
    uint256 internal constant BOND = 100_000e6;
    uint256 internal constant LEVELS = 20;
    uint64 internal constant MONTH = START + 30 days;
    uint64 internal constant QUARTER = START + 90 days;

    MarginAttestations internal attestations;
    MockToken internal usdc;
    FakeInputs internal risk;
    FakeHub internal hub;
    FakeBook internal book;
    FakeVault internal vault;

    address internal eth = address(0x1000);
    address internal btc = address(0x2000);
    address internal insurance = makeAddr("insurance");
    address internal poster = makeAddr("poster");
    address internal challenger = makeAddr("challenger");
    bytes32 internal account = bytes32(uint256(uint160(makeAddr("alice"))) << 96 | 1);

    uint256[] internal words;

    function setUp() public virtual {
        vm.warp(START);
        usdc = new MockToken("USD Coin", "USDC", 6);
        (risk, hub, book) = (new FakeInputs(), new FakeHub(), new FakeBook());
        attestations = _deploy(usdc, MINIMUM_BOND);
        vault = new FakeVault(attestations);
        attestations.setConsumers(address(vault), address(book));

        book.list(eth);
        book.list(btc);
        risk.report(7, START);
        risk.set(_inputs(eth));
        risk.set(_inputs(btc));
        hub.set(eth, 3000e18);
        hub.set(btc, 60_000e18);
        words.push(_word(0, false, 3000e18, MONTH, -1e18));
        words.push(_word(0, false, 2700e18, MONTH, 1e18));
        book.set(account, words);
        _bond(poster, BOND);
    }

    // --------------------------------------------------------------------------------------------------- set-up

    function _deploy(MockToken stable, uint256 minimumBond) internal returns (MarginAttestations) {
        return new MarginAttestations(
            address(new AccessManager(address(this))),
            IERC20Metadata(address(stable)),
            IOracleHub(address(hub)),
            IRiskOracle(address(risk)),
            insurance,
            minimumBond
        );
    }

    function _bond(address who, uint256 amount) internal {
        usdc.mint(who, amount);
        vm.startPrank(who);
        usdc.approve(address(attestations), amount);
        attestations.postBond(amount);
        vm.stopPrank();
    }

    function _inputs(address asset) internal pure returns (LeafRecompute.Inputs memory inputs) {
        inputs.asset = asset;
        (inputs.volatility, inputs.slippage) = (0.6e18, 0.02e18);
        (inputs.initialVolatility, inputs.initialSlippage) = (0.6e18, 0.02e18);
        (inputs.expiries, inputs.impliedVolatilities, inputs.forwardRatios) =
        (new uint64[](2), new uint64[](2), new uint64[](2));
        (inputs.expiries[0], inputs.impliedVolatilities[0], inputs.forwardRatios[0]) = (MONTH, 0.6e18, 1.002e18);
        (inputs.expiries[1], inputs.impliedVolatilities[1], inputs.forwardRatios[1]) = (QUARTER, 0.65e18, 1.01e18);
    }

    function _word(uint8 underlying, bool call, uint96 strike, uint64 expiry, int96 amount)
        internal
        pure
        returns (uint256)
    {
        return PackedLeg.pack(PackedLeg.seriesFrom(underlying, call, strike, uint40(expiry)), amount);
    }

    function _setLegs(uint256[] memory legs) internal {
        words = legs;
        book.set(account, legs);
    }

    // --------------------------------------------------------------------------------------------------- leaves

    /// @dev What an honest poster would write now of `words`, which are on ETH alone.
    function _honest() internal view returns (IMarginAttestations.Leaf memory leaf) {
        leaf = _header();
        leaf.underlyings = new IMarginAttestations.AttestedUnderlying[](1);
        uint256 needed;
        (leaf.underlyings[0], needed) = _underlying(0, eth);
        leaf.requirement = uint128(needed);
    }

    /// @dev The same of legs on both assets.
    function _honestOnBoth() internal view returns (IMarginAttestations.Leaf memory leaf) {
        leaf = _header();
        leaf.underlyings = new IMarginAttestations.AttestedUnderlying[](2);
        (uint256 first, uint256 second) = (0, 0);
        (leaf.underlyings[0], first) = _underlying(0, eth);
        (leaf.underlyings[1], second) = _underlying(1, btc);
        leaf.requirement = uint128(first + second);
    }

    function _header() private view returns (IMarginAttestations.Leaf memory leaf) {
        (leaf.legsHash, leaf.legNonce,) = book.legState(account);
        leaf.observedAt = uint64(vm.getBlockTimestamp());
        leaf.earliestExpiry = type(uint64).max;
        for (uint256 i = 0; i < words.length; ++i) {
            if (PackedLeg.expiry(words[i]) < leaf.earliestExpiry) leaf.earliestExpiry = PackedLeg.expiry(words[i]);
        }
        (leaf.epoch, leaf.tightenings, leaf.boundsVersion) = (risk.epoch(), risk.tightenings(), risk.boundsVersion());
    }

    function _underlying(uint8 index, address asset)
        private
        view
        returns (IMarginAttestations.AttestedUnderlying memory part, uint256 needed)
    {
        part.asset = asset;
        part.spot = uint128(hub.price(asset));
        part.volatility = 0.6e18;
        part.inputsHash = risk.inputsHash(asset);
        part.grossAmount = uint128(_grossAmount(index));
        needed = _reference(index, part.spot);
    }

    /// @dev The requirement of the legs on one underlying at a spot, valued now.
    function _reference(uint8 index, uint256 spot) internal view returns (uint256 needed) {
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](2);
        expiries[0] = ScenarioMargin.Expiry(MONTH - vm.getBlockTimestamp(), spot * 1002 / 1000, 0, 0.6e18, 0);
        expiries[1] = ScenarioMargin.Expiry(QUARTER - vm.getBlockTimestamp(), spot * 101 / 100, 0, 0.65e18, 0);
        ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](words.length);
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words[i];
            bool mine = PackedLeg.underlying(word) == index;
            legs[i] = ScenarioMargin.Leg({
                expiry: PackedLeg.expiry(word) == MONTH ? 0 : 1,
                call: PackedLeg.isCall(word),
                strike: PackedLeg.strike(word),
                amount: mine ? PackedLeg.amount(word) : int256(0)
            });
        }
        (needed,) = ScenarioMargin.requirement(legs, expiries, spot, ScenarioMargin.rangeOf(0.6e18));
    }

    function _grossAmount(uint8 index) internal view returns (uint256 gross) {
        for (uint256 i = 0; i < words.length; ++i) {
            if (PackedLeg.underlying(words[i]) != index) continue;
            int256 amount = PackedLeg.amount(words[i]);
            gross += uint256(amount < 0 ? -amount : amount);
        }
    }

    /// @dev Posts a root over a leaf, as the poster, and gives the leaf's bytes.
    function _post(IMarginAttestations.Leaf memory leaf) internal returns (bytes memory) {
        return _postAs(poster, leaf);
    }

    function _postAs(address who, IMarginAttestations.Leaf memory leaf) internal returns (bytes memory) {
        (bytes32 root, bytes32[] memory proof) = _tree(_body(leaf), LEVELS);
        vm.prank(who);
        uint64 rootId = attestations.postRoot(root, 2 ** LEVELS);
        return abi.encodePacked(rootId, _body(leaf), proof);
    }

    function _body(IMarginAttestations.Leaf memory leaf) internal pure returns (bytes memory body) {
        body = abi.encodePacked(
            leaf.legNonce,
            leaf.legsHash,
            leaf.observedAt,
            leaf.earliestExpiry,
            leaf.epoch,
            leaf.tightenings,
            leaf.boundsVersion,
            leaf.requirement,
            leaf.offset,
            uint8(leaf.underlyings.length)
        );
        for (uint256 i = 0; i < leaf.underlyings.length; ++i) {
            IMarginAttestations.AttestedUnderlying memory part = leaf.underlyings[i];
            body = bytes.concat(
                body, abi.encodePacked(part.asset, part.spot, part.grossAmount, part.volatility, part.inputsHash)
            );
        }
    }

    /// @dev A leaf of the account among others that nobody needs to know.
    function _tree(bytes memory body, uint256 levels) internal view returns (bytes32 root, bytes32[] memory proof) {
        bytes32 once = keccak256(abi.encodePacked(block.chainid, address(attestations), account, body));
        root = keccak256(abi.encodePacked(once));
        proof = new bytes32[](levels);
        for (uint256 i = 0; i < levels; ++i) {
            proof[i] = keccak256(abi.encode("other", i));
            root = root < proof[i]
                ? keccak256(abi.encodePacked(root, proof[i]))
                : keccak256(abi.encodePacked(proof[i], root));
        }
    }

    function _assertHolds(bytes memory leaf, uint256 expected) internal view {
        (bool valid, uint256 requirement, bytes32 why) = attestations.attested(account, leaf);
        assertEq(why, bytes32(0));
        assertTrue(valid);
        assertEq(requirement, expected);
    }

    /// @dev Neither a look nor a use; and a use changes nothing.
    function _assertInvalid(bytes memory leaf, bytes32 expected) internal {
        (bool valid, uint256 requirement, bytes32 why) = attestations.attested(account, leaf);
        assertEq(why, expected);
        assertFalse(valid);
        assertEq(requirement, 0);
        vm.prank(address(vault));
        (valid, requirement) = attestations.consume(account, leaf, 1e18);
        assertFalse(valid);
        assertEq(requirement, 0);
        assertEq(attestations.posterOf(poster).used, 0);
    }

    function _preimages(uint256 count) internal view returns (bytes[] memory inputs) {
        inputs = new bytes[](count);
        inputs[0] = risk.preimageOf(eth);
        if (count == 2) inputs[1] = risk.preimageOf(btc);
    }

    function _challenge(bytes memory leaf) internal {
        (, IMarginAttestations.Leaf memory decoded) = attestations.decodeLeaf(leaf);
        bytes[] memory inputs = _preimages(decoded.underlyings.length);
        vm.prank(challenger);
        attestations.challengeRequirement(account, leaf, words, inputs);
    }
}
