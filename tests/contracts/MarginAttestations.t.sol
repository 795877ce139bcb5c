// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {MarginAttestations} from "../../contracts/MarginAttestations.sol";
import {IMarginAttestations} from "../../contracts/interfaces/IMarginAttestations.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {LeafRecompute} from "../../contracts/libraries/LeafRecompute.sol";
import {AttestationTest} from "./AttestationTest.sol";
import {CallbackToken, TaxedToken} from "./mocks/HostileTokens.sol";
import {MockToken} from "./mocks/MockToken.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Bonds, roots, and when a leaf holds
/// forge-config: default.fuzz.runs = 300
/// forge-config: ci.fuzz.runs = 1200
contract MarginAttestationsTest is AttestationTest {
    // -------------------------------------------------------------------------------------------- construction

    function test_RevertWhen_ConstructedWithoutAnAddressOrBond() public {
        address manager = address(new AccessManager(address(this)));
        IERC20Metadata stable = IERC20Metadata(address(usdc));
        IOracleHub hub_ = IOracleHub(address(hub));
        vm.expectRevert(IMarginAttestations.AddressZero.selector);
        new MarginAttestations(manager, stable, IOracleHub(address(0)), IRiskOracle(address(risk)), insurance, 1);
        vm.expectRevert(IMarginAttestations.AddressZero.selector);
        new MarginAttestations(manager, stable, hub_, IRiskOracle(address(0)), insurance, 1);
        vm.expectRevert(IMarginAttestations.AddressZero.selector);
        new MarginAttestations(manager, stable, hub_, IRiskOracle(address(risk)), address(0), 1);
        vm.expectRevert(IMarginAttestations.AmountZero.selector);
        new MarginAttestations(manager, stable, hub_, IRiskOracle(address(risk)), insurance, 0);
    }

    function test_RevertWhen_StableHasTooManyDecimals() public {
        _deploy(new MockToken("Most", "MOST", 24), 1);
        address manager = address(new AccessManager(address(this)));
        IERC20Metadata over = IERC20Metadata(address(new MockToken("Over", "OVER", 25)));
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.StableDecimalsTooMany.selector, 25, 24));
        new MarginAttestations(manager, over, IOracleHub(address(hub)), IRiskOracle(address(risk)), insurance, 1);
    }

    function test_RevertWhen_ConsumersSetByAnyoneTwiceOrToZero() public {
        MarginAttestations fresh = _deploy(usdc, 1);
        vm.prank(poster);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, poster));
        fresh.setConsumers(address(1), address(2));
        vm.expectRevert(IMarginAttestations.AddressZero.selector);
        fresh.setConsumers(address(0), address(2));
        vm.expectRevert(IMarginAttestations.AddressZero.selector);
        fresh.setConsumers(address(1), address(0));
        vm.expectEmit();
        emit IMarginAttestations.ConsumersSet(address(1), address(2));
        fresh.setConsumers(address(1), address(2));
        assertEq(fresh.vault(), address(1));
        assertEq(fresh.optionBook(), address(2));
        vm.expectRevert(
            abi.encodeWithSelector(IMarginAttestations.ConsumersAlreadySet.selector, address(1), address(2))
        );
        fresh.setConsumers(address(3), address(4));
    }

    // ------------------------------------------------------------------------------------------------------ bonds

    function test_RevertWhen_BondZeroTooLargeOrShort() public {
        vm.expectRevert(IMarginAttestations.AmountZero.selector);
        attestations.postBond(0);
        uint256 most = type(uint104).max;
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.BondTooLarge.selector, most + 1, most));
        attestations.postBond(most + 1);

        TaxedToken taxed = new TaxedToken("TAX", 6, 100);
        MarginAttestations other = _deploy(taxed, 1);
        taxed.mint(address(this), 1000);
        taxed.approve(address(other), 1000);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.TransferShort.selector, 1000, 990));
        other.postBond(1000);
    }

    function test_PostBond_Anyone_AddsUp() public {
        usdc.mint(address(this), 5e6);
        usdc.approve(address(attestations), 5e6);
        attestations.postBond(2e6);
        vm.expectEmit();
        emit IMarginAttestations.BondPosted(address(this), 3e6, 5e6);
        attestations.postBond(3e6);
        assertEq(attestations.posterOf(address(this)).bond, 5e6);
        assertEq(usdc.balanceOf(address(attestations)), BOND + 5e6);
    }

    function test_PostBond_TokenCallsBack_Refused() public {
        CallbackToken token = new CallbackToken("CB", 6);
        MarginAttestations other = _deploy(token, 1);
        token.mint(address(this), 10);
        token.approve(address(other), 10);
        token.arm(address(other), abi.encodeCall(IMarginAttestations.withdrawBond, (5, address(this))));
        other.postBond(5);
        assertFalse(token.succeeded());
        assertEq(bytes4(token.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        token.arm(address(other), abi.encodeCall(IMarginAttestations.postBond, (5)));
        other.withdrawBond(5, address(this));
        assertFalse(token.succeeded());
        assertEq(bytes4(token.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    function test_RevertWhen_WithdrawalZeroOverTheBondOrToNobody() public {
        vm.startPrank(poster);
        vm.expectRevert(IMarginAttestations.AddressZero.selector);
        attestations.withdrawBond(1, address(0));
        vm.expectRevert(IMarginAttestations.AmountZero.selector);
        attestations.withdrawBond(0, poster);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.BondInsufficient.selector, poster, BOND + 1, BOND));
        attestations.withdrawBond(BOND + 1, poster);
        vm.stopPrank();
    }

    /// @dev Window and challenge period after the last root, to the second.
    function test_RevertWhen_BondWithdrawnBeforeTheChallengePeriodEnds() public {
        _post(_honest());
        skip(30 minutes);
        _post(_honest());
        uint256 earliest = vm.getBlockTimestamp() + 70 minutes;
        skip(70 minutes);
        vm.prank(poster);
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.BondLocked.selector, poster, earliest, earliest));
        attestations.withdrawBond(1, poster);

        skip(1);
        vm.expectEmit();
        emit IMarginAttestations.BondWithdrawn(poster, address(0xb0b), BOND - 1, 1);
        vm.prank(poster);
        attestations.withdrawBond(BOND - 1, address(0xb0b));
        assertEq(usdc.balanceOf(address(0xb0b)), BOND - 1);
        assertEq(attestations.posterOf(poster).bond, 1);
    }

    function test_WithdrawBond_NoRootPosted_AtOnce() public {
        vm.prank(poster);
        attestations.withdrawBond(BOND, poster);
        assertEq(usdc.balanceOf(poster), BOND);
    }

    // ------------------------------------------------------------------------------------------------------ roots

    function test_RevertWhen_RootZeroOrBondUnderMinimum() public {
        vm.prank(poster);
        vm.expectRevert(IMarginAttestations.RootZero.selector);
        attestations.postRoot(bytes32(0), 1);
        _bond(challenger, MINIMUM_BOND - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginAttestations.BondUnderMinimum.selector, challenger, MINIMUM_BOND - 1, MINIMUM_BOND
            )
        );
        vm.prank(challenger);
        attestations.postRoot(bytes32(uint256(1)), 1);
        _bond(challenger, 1);
        vm.prank(challenger);
        assertEq(attestations.postRoot(bytes32(uint256(1)), 1), 1);
    }

    function test_PostRoot_Bonded_RecordedUnderTheNextId() public {
        vm.expectEmit();
        emit IMarginAttestations.RootPosted(1, poster, bytes32(uint256(5)), 17);
        vm.startPrank(poster);
        assertEq(attestations.postRoot(bytes32(uint256(5)), 17), 1);
        assertEq(attestations.postRoot(bytes32(uint256(6)), 17), 2);
        vm.stopPrank();
        assertEq(attestations.rootCount(), 2);
        IMarginAttestations.Root memory root = attestations.rootOf(2);
        assertEq(root.root, bytes32(uint256(6)));
        assertEq(root.poster, poster);
        assertEq(root.postedAt, START);
        assertFalse(root.void);
        assertEq(attestations.posterOf(poster).lastRootAt, START);
    }

    // ----------------------------------------------------------------------------------------------- a leaf holds

    function test_Attested_HonestLeaf_HoldsAtItsOwnFigure() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory data = _post(leaf);
        assertGt(leaf.requirement, 100e18);
        _assertHolds(data, leaf.requirement);

        (uint64 rootId, IMarginAttestations.Leaf memory decoded) = attestations.decodeLeaf(data);
        assertEq(rootId, 1);
        assertEq(keccak256(abi.encode(decoded)), keccak256(abi.encode(leaf)));
    }

    function test_Attested_OtherAccount_NotInRoot() public {
        bytes memory data = _post(_honest());
        (,, bytes32 why) = attestations.attested(bytes32(uint256(account) + 1), data);
        assertEq(why, "NotInRoot");
    }

    /// @dev A leaf is bound to its contract and to its chain.
    function test_Attested_AnotherContract_NotInRoot() public {
        bytes memory data = _post(_honest());
        MarginAttestations other = _deploy(usdc, 1);
        other.setConsumers(address(vault), address(book));
        usdc.mint(address(this), 1);
        usdc.approve(address(other), 1);
        other.postBond(1);
        other.postRoot(attestations.rootOf(1).root, 1);
        (,, bytes32 why) = other.attested(account, data);
        assertEq(why, "NotInRoot");
        vm.chainId(5);
        (,, why) = attestations.attested(account, data);
        assertEq(why, "NotInRoot");
    }

    /// @dev One bit of the leaf or its proof changed, anywhere: it does not hold, and nothing reverts.
    function testFuzz_Attested_OneBitChanged_DoesNotHold(uint256 place, uint8 bit) public {
        bytes memory data = _post(_honest());
        place = bound(place, 0, data.length - 1);
        data[place] = data[place] ^ bytes1(uint8(1) << (bit % 8));
        (bool valid,, bytes32 why) = attestations.attested(account, data);
        assertFalse(valid);
        assertTrue(why == "Malformed" || why == "RootUnknown" || why == "NotInRoot");
    }

    function testFuzz_Attested_AnyBytes_NeverReverts(bytes memory data, uint256 length) public {
        bytes memory leaf = _post(_honest());
        _assertInvalid(
            data, data.length < 209 || data[116] == 0 || uint8(data[116]) > 8 ? bytes32("Malformed") : _why(data)
        );
        length = bound(length, 0, leaf.length - 1);
        assembly ("memory-safe") {
            mstore(leaf, length)
        }
        bytes32 why = _why(leaf);
        assertTrue(why == "Malformed" || why == "NotInRoot");
        _assertInvalid(leaf, why);
    }

    function test_Attested_Malformed_EveryShape() public {
        bytes memory leaf = _post(_honest());
        _assertInvalid("", "Malformed");
        _assertInvalid(bytes.concat(leaf, hex"00"), "Malformed");
        bytes memory deep = bytes.concat(leaf, new bytes(12 * 32));
        assertEq(_why(deep), "NotInRoot");
        _assertInvalid(bytes.concat(deep, new bytes(32)), "Malformed");
        leaf[116] = 0;
        _assertInvalid(leaf, "Malformed");
        leaf[116] = bytes1(uint8(9));
        _assertInvalid(bytes.concat(leaf, new bytes(32 * 32)), "Malformed");
    }

    function test_Attested_RootUnknownOrBondTooSmall() public {
        bytes memory leaf = _post(_honest());
        leaf[7] = bytes1(uint8(2));
        _assertInvalid(leaf, "RootUnknown");
        leaf[7] = bytes1(uint8(1));

        // A bond under the minimum, with a root that is young enough: only a challenge leaves that.
        IMarginAttestations.Leaf memory wrong = _honest();
        wrong.requirement = 0;
        bytes memory bad = _post(wrong);
        _challenge(bad);
        _assertInvalid(bad, "RootVoid");
        _assertInvalid(leaf, "BondTooSmall");
        _bond(poster, MINIMUM_BOND - 1);
        _assertInvalid(leaf, "BondTooSmall");
        _bond(poster, 1);
        _assertHolds(leaf, _honest().requirement);
    }

    function test_Attested_ObservedAfterRoot_DoesNotHold() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.observedAt += 1;
        bytes memory data = _post(leaf);
        _assertInvalid(data, "ObservedAfterRoot");
        skip(5);
        _assertInvalid(data, "ObservedAfterRoot");
    }

    /// @dev Ten minutes from its own time, however late its root was posted.
    function test_Attested_Expired_AfterTenMinutesOfItsOwnTime() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        skip(4 minutes);
        bytes memory data = _post(leaf);
        skip(6 minutes);
        _assertHolds(data, leaf.requirement);
        skip(1);
        _assertInvalid(data, "Expired");
    }

    function test_Attested_ExpiryNear_LastHourBeforeTheFirst() public {
        vm.warp(MONTH - 1 hours - 5 minutes);
        risk.report(7, uint64(vm.getBlockTimestamp()));
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory data = _post(leaf);
        skip(5 minutes);
        _assertHolds(data, leaf.requirement);
        skip(1);
        _assertInvalid(data, "ExpiryNear");
    }

    function test_Attested_LegsChanged_EvenThereAndBack() public {
        bytes memory data = _post(_honest());
        book.set(account, words);
        _assertInvalid(data, "LegsChanged");

        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.legsHash = keccak256("other legs");
        _assertInvalid(_post(leaf), "LegsChanged");
        leaf = _honest();
        leaf.legNonce -= 1;
        _assertInvalid(_post(leaf), "LegsChanged");
    }

    function test_Attested_Silent_PastTheHeartbeat() public {
        skip(26 hours - 5 minutes);
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory data = _post(leaf);
        skip(5 minutes);
        _assertHolds(data, leaf.requirement);
        skip(1);
        _assertInvalid(data, "Silent");
    }

    function test_Attested_InputsChanged_ByReportOrForUnknownAsset() public {
        bytes memory data = _post(_honest());
        risk.tighten();
        risk.set(_inputs(eth));
        _assertInvalid(data, "InputsChanged");

        IMarginAttestations.Leaf memory leaf = _honest();
        leaf.underlyings[0].asset = address(0x3000);
        _assertInvalid(_post(leaf), "InputsChanged");
    }

    /// @dev Up to 2 % either way it holds and counts the slope; past it, or without a price, it does not.
    function test_Attested_SpotMoved_TwoPercentEitherWay() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory data = _post(leaf);
        // 2 contracts x 60 x 2.26
        hub.set(eth, 3060e18);
        _assertHolds(data, leaf.requirement + 271.2e18);
        hub.set(eth, 2940e18);
        _assertHolds(data, leaf.requirement + 271.2e18);
        hub.set(eth, 3000e18 + 1);
        _assertHolds(data, leaf.requirement + 5);
        hub.set(eth, 3060e18 + 1);
        _assertInvalid(data, "SpotMoved");
        hub.set(eth, 2940e18 - 1);
        _assertInvalid(data, "SpotMoved");
        hub.set(eth, 0);
        _assertInvalid(data, "SpotMoved");
    }

    /// @dev What a leaf stands for is never under the requirement at the spot of its use, whatever legs.
    function testFuzz_Attested_SpotMoved_NeverUnderTheReference(uint256 spot, uint256 seed) public {
        uint256[] memory legs = new uint256[](bound(seed, 1, 6));
        for (uint256 i = 0; i < legs.length; ++i) {
            uint256 x = uint256(keccak256(abi.encode(seed, i)));
            legs[i] = _word(
                0,
                x % 2 == 0,
                uint96(1000e18 + (x >> 8) % 5000e18),
                (x >> 160) % 2 == 0 ? MONTH : QUARTER,
                int96(int256((x >> 168) % 20e18) - 10e18)
            );
        }
        _setLegs(legs);
        bytes memory data = _post(_honest());
        spot = bound(spot, 2940e18, 3060e18);
        hub.set(eth, spot);
        (, uint256 requirement, bytes32 why) = attestations.attested(account, data);
        assertEq(why, bytes32(0));
        assertGe(requirement + 1e9, _reference(0, spot));
    }

    function test_Attested_TwoUnderlyings_EachSpotCounts() public {
        uint256[] memory legs = new uint256[](2);
        legs[0] = _word(0, false, 3000e18, MONTH, -1e18);
        legs[1] = _word(1, true, 60_000e18, QUARTER, -0.5e18);
        _setLegs(legs);
        IMarginAttestations.Leaf memory leaf = _honestOnBoth();
        bytes memory data = _post(leaf);
        _assertHolds(data, leaf.requirement);
        hub.set(eth, 3010e18);
        hub.set(btc, 59_900e18);
        _assertHolds(data, leaf.requirement + 22.6e18 + 113e18);
        hub.set(btc, 58_000e18);
        _assertInvalid(data, "SpotMoved");
    }

    // --------------------------------------------------------------------------------------------------- consume

    function test_RevertWhen_ConsumedByAnyone() public {
        bytes memory data = _post(_honest());
        vm.expectRevert(abi.encodeWithSelector(IMarginAttestations.NotConsumer.selector, address(this)));
        attestations.consume(account, data, 1);
        vm.prank(address(book));
        (bool valid,) = attestations.consume(account, data, 1);
        assertTrue(valid);
    }

    /// @dev Half of the bond, over all roots of the poster, to the unit; it wears off evenly in 70 minutes.
    function test_Consume_RiskLimit_HalfOfTheBondOverAllRoots() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory first = _post(leaf);
        bytes memory second = _post(leaf);
        assertEq(attestations.riskRoom(poster), 50_000e6);
        assertFalse(_consume(first, 50_000e18 + 1));
        vm.expectEmit();
        emit IMarginAttestations.LeafUsed(1, account, leaf.requirement, 30_000e18, 30_000e6);
        assertTrue(_consume(first, 30_000e18));
        assertFalse(_consume(second, 20_000e18 + 1));
        assertTrue(_consume(second, 20_000e18));
        assertEq(attestations.riskRoom(poster), 0);
        assertTrue(_consume(first, 0));
        assertFalse(_consume(first, 1));

        skip(7 minutes);
        assertEq(attestations.riskRoom(poster), 5000e6);
        assertFalse(_consume(first, 5000e18 + 1));
        assertTrue(_consume(first, 5000e18));
        skip(70 minutes - 1);
        assertGt(50_000e6, attestations.riskRoom(poster));
        skip(1);
        assertEq(attestations.riskRoom(poster), 50_000e6);
        assertFalse(_consume(first, type(uint256).max));
    }

    /// @dev Risk is counted in the bond's own units, rounded up.
    function test_Consume_RiskLimit_StableDecimals() public {
        uint8[5] memory decimals = [0, 6, 8, 18, 24];
        for (uint256 i = 0; i < 5; ++i) {
            uint256 unit = 10 ** decimals[i];
            usdc = new MockToken("Stable", "S", decimals[i]);
            attestations = _deploy(usdc, 50_000 * unit);
            attestations.setConsumers(address(vault), address(book));
            _bond(poster, 100_000 * unit);
            bytes memory data = _post(_honest());
            assertTrue(_consume(data, 49_999e18));
            assertEq(attestations.riskRoom(poster), unit);
            assertFalse(_consume(data, 1e18 + 1));
            assertTrue(_consume(data, 0.5e18));
            assertEq(attestations.riskRoom(poster), decimals[i] == 0 ? 0 : unit / 2);
        }
    }

    /// @dev After a slash the risk that rode on the bond still counts against a new one.
    function test_Consume_RebondedAfterSlash_UsedStays() public {
        IMarginAttestations.Leaf memory leaf = _honest();
        bytes memory data = _post(leaf);
        assertTrue(_consume(data, 40_000e18));
        leaf.requirement += 1e18;
        _challenge(_post(leaf));
        assertEq(attestations.riskRoom(poster), 0);
        _bond(poster, BOND);
        assertEq(attestations.riskRoom(poster), 10_000e6);
    }

    // ------------------------------------------------------------------------------------------------------- gas

    /// @dev The same figure for 1 leg and for 64, since a leaf does not hold the legs.
    function test_Gas_Snapshot_FlatInLegs() public {
        string[3] memory names = ["1 leg", "64 legs", "64 legs on two underlyings"];
        uint256 flat = 0;
        for (uint256 i = 0; i < 3; ++i) {
            uint256[] memory legs = new uint256[](i == 0 ? 1 : 64);
            for (uint256 k = 0; k < legs.length; ++k) {
                legs[k] = _word(i == 2 ? uint8(k % 2) : 0, false, uint96(2000e18 + k * 10e18), MONTH, -1e18);
            }
            _setLegs(legs);
            bytes memory data = _post(i == 2 ? _honestOnBoth() : _honest());
            _consume(data, 1e18);
            _cool();
            vm.prank(address(vault));
            attestations.consume(account, data, 1e18);
            uint256 used = vm.lastCallGas().gasTotalUsed;
            vm.snapshotValue("MarginAttestations", string.concat("use of a leaf of 20 levels, cold: ", names[i]), used);
            vm.snapshotValue("MarginAttestations", string.concat("its calldata: ", names[i]), _calldataGas(data));
            if (i == 1) assertApproxEqAbs(used, flat, 300);
            flat = used;
        }
    }

    function test_BytecodeSize_Snapshot_UnderTheLimitWithRoom() public {
        vm.snapshotValue("BytecodeSize", "MarginAttestations", address(attestations).code.length);
        vm.snapshotValue("BytecodeSize", "LeafRecompute", address(LeafRecompute).code.length);
        assertLt(address(attestations).code.length, 20_000);
    }

    /// @dev Everything that a transaction without options would not have touched; the hub's price and the vault it would have.
    function _cool() private {
        vm.cool(address(attestations));
        vm.cool(address(book));
        vm.cool(address(risk));
    }

    function _calldataGas(bytes memory data) private pure returns (uint256 gas) {
        for (uint256 i = 0; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    // --------------------------------------------------------------------------------------------------- helpers

    function _consume(bytes memory data, uint256 addedRisk) private returns (bool valid) {
        vm.prank(address(vault));
        (valid,) = attestations.consume(account, data, addedRisk);
    }

    function _why(bytes memory data) private view returns (bytes32 why) {
        (,, why) = attestations.attested(account, data);
    }
}
