// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {AttestationVerifier} from "../../contracts/AttestationVerifier.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {AssetRisk, ExpiryRisk, Observation, SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";

contract AttestationVerifierTest is BaseTest {
    /// @dev Order of the secp256k1 group.
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    IAttestationVerifier.Quorum private constant TIGHTEN = IAttestationVerifier.Quorum.Tighten;
    IAttestationVerifier.Quorum private constant WHOLE = IAttestationVerifier.Quorum.Whole;
    /// @dev Of any other message.
    bytes32 private constant STRUCT_HASH = keccak256("a header");

    /// @dev Digest of the set that `setUp` makes.
    bytes32 private _setDigest;

    function setUp() public override {
        super.setUp();
        _setDigest = verifier.signerSetDigest();
    }

    function _addresses(uint256 count) private pure returns (address[] memory list) {
        list = new address[](count);
        for (uint160 i = 0; i < count; ++i) {
            list[i] = address(i + 1);
        }
    }

    // -------------------------------------------------------------------------------------------- refused sets

    function test_RevertWhen_RotationByStrangerOrRiskAdmin() public {
        manager.grantRole(RISK_ADMIN, alice, 0);
        address[] memory list = _addresses(4);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        verifier.rotateSigners(list, 2, 3, 0);
    }

    function test_F54_RevertWhen_FewerThanFourSigners() public {
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerCountTooSmall.selector, 3, 4));
        verifier.rotateSigners(_addresses(3), 2, 3, 0);
        verifier.rotateSigners(_addresses(4), 2, 3, 0);
        assertEq(verifier.signers().length, 4);
    }

    function test_RevertWhen_MoreThan31Signers() public {
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerCountTooLarge.selector, 32, 31));
        verifier.rotateSigners(_addresses(32), 11, 22, 0);
        verifier.rotateSigners(_addresses(31), 11, 21, 0);
        assertEq(verifier.signers().length, 31);
    }

    /// @dev n = 4 .. 13 with the smallest lawful thresholds, each also one too small and one past n.
    function test_F54_RevertWhen_ThresholdsAreOutsideTheirLimits() public {
        uint256[10] memory leastTighten = [uint256(2), 2, 2, 3, 3, 3, 4, 4, 4, 5];
        uint256[10] memory leastThreshold = [uint256(3), 4, 4, 5, 6, 6, 7, 8, 8, 9];
        for (uint256 i = 0; i < 10; ++i) {
            uint256 n = i + 4;
            address[] memory list = _addresses(n);
            (uint256 tighten, uint256 whole) = (leastTighten[i], leastThreshold[i]);

            vm.expectRevert(
                abi.encodeWithSelector(IAttestationVerifier.ThresholdTooSmall.selector, tighten - 1, tighten)
            );
            verifier.rotateSigners(list, tighten - 1, whole, 0);
            vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.ThresholdTooSmall.selector, whole - 1, whole));
            verifier.rotateSigners(list, tighten, whole - 1, 0);
            vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.ThresholdTooLarge.selector, n + 1, n));
            verifier.rotateSigners(list, n + 1, whole, 0);
            vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.ThresholdTooLarge.selector, n + 1, n));
            verifier.rotateSigners(list, tighten, n + 1, 0);

            verifier.rotateSigners(list, n, n, 0);
            verifier.rotateSigners(list, tighten, whole, 0);
            assertEq(verifier.tightenThreshold(), tighten);
            assertEq(verifier.threshold(), whole);
        }
    }

    function test_RevertWhen_SignersUnsortedDuplicateOrZero() public {
        address[] memory list = _addresses(4);
        (list[1], list[2]) = (list[2], list[1]);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, list[1], list[2]));
        verifier.rotateSigners(list, 2, 3, 0);

        list = _addresses(4);
        list[3] = list[2];
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, list[2], list[2]));
        verifier.rotateSigners(list, 2, 3, 0);

        list = _addresses(4);
        list[0] = address(0);
        vm.expectRevert(IAttestationVerifier.SignerZero.selector);
        verifier.rotateSigners(list, 2, 3, 0);
    }

    function test_RevertWhen_OverlapIsOverAWeek() public {
        address[] memory list = _addresses(4);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.OverlapTooLong.selector, 7 days + 1, 7 days));
        verifier.rotateSigners(list, 2, 3, 7 days + 1);
        verifier.rotateSigners(list, 2, 3, 7 days);
        assertEq(verifier.previousValidUntil(), START + 7 days);
    }

    function test_RevertWhen_ValidUntilIsPastOrByStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        verifier.setValidUntil(0);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.ValidUntilPassed.selector, START - 1, START));
        verifier.setValidUntil(START - 1);

        vm.expectEmit(address(verifier));
        emit IAttestationVerifier.ValidUntilSet(_setDigest, START);
        verifier.setValidUntil(START);
        assertEq(verifier.validUntil(), START);
        verifier.setValidUntil(0);
        assertEq(verifier.validUntil(), 0);
    }

    // -------------------------------------------------------------------------------------------------- rotation

    function _expectAccepted(bytes32 current, bytes32 previous) private view {
        (bytes32 first, bytes32 second) = verifier.acceptedSetDigests();
        assertEq(first, current);
        assertEq(second, previous);
        assertEq(verifier.signerSetDigest(), current);
    }

    /// @dev A new set of `from` .. `from + 3` of eight signers with keys, sorted.
    function _otherSet(uint256 from) private returns (address[] memory list) {
        delete signerList;
        _makeSigners(8);
        list = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            list[i] = signerList[from + i];
        }
    }

    function _signStruct(address[] memory by) private view returns (bytes[] memory signatures) {
        (, string memory name, string memory version, uint256 chainId, address target,,) = verifier.eip712Domain();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256(bytes(version)),
                chainId,
                target
            )
        );
        signatures = new bytes[](by.length);
        for (uint256 i = 0; i < by.length; ++i) {
            (uint8 v, bytes32 r, bytes32 s) =
                vm.sign(keyOf[by[i]], keccak256(abi.encodePacked(hex"1901", domain, STRUCT_HASH)));
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    function _three(address[] memory from, uint256 a, uint256 b, uint256 c) private pure returns (address[] memory by) {
        by = new address[](3);
        (by[0], by[1], by[2]) = (from[a], from[b], from[c]);
    }

    function test_RotateSigners_NoOverlap_ForgetsTheOldOnes() public {
        bytes32 configBefore = risk.configDigest();
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes[] memory signatures = _signStruct(_three(signerList, 0, 1, 2));
        bytes32 digest = keccak256(abi.encode(_addresses(5), 2, 4));
        vm.expectEmit(address(verifier));
        emit IAttestationVerifier.SignersRotated(digest, _addresses(5), 2, 4, 0, 0);
        verifier.rotateSigners(_addresses(5), 2, 4, 0);
        for (uint256 i = 0; i < signerList.length; ++i) {
            assertFalse(verifier.isSigner(signerList[i]));
        }
        assertTrue(verifier.isSigner(address(5)));
        assertEq(verifier.signers(), _addresses(5));
        assertNotEq(digest, _setDigest);
        assertNotEq(risk.configDigest(), configBefore);
        _expectAccepted(digest, 0);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerSetUnknown.selector, _setDigest));
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, signerList[0]));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
    }

    function test_RotateSigners_Overlap_OldSetSignsUntilItsLastSecond() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes[] memory signatures = _signStruct(_three(signerList, 0, 1, 2));
        uint64 end = uint64(vm.getBlockTimestamp() + 10 minutes);
        vm.expectEmit(address(verifier));
        emit IAttestationVerifier.SignersRotated(
            keccak256(abi.encode(_addresses(5), 2, 4)), _addresses(5), 2, 4, _setDigest, end
        );
        verifier.rotateSigners(_addresses(5), 2, 4, 10 minutes);
        bytes32 current = verifier.signerSetDigest();
        assertEq(verifier.previousValidUntil(), end);

        vm.warp(end);
        _expectAccepted(current, _setDigest);
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
        uint256 snapshot = vm.snapshotState();
        risk.submit(signed);
        assertEq(risk.epoch(), 1, "a report signed before the rotation is applied after it");
        vm.revertToState(snapshot);

        vm.warp(end + 1);
        _expectAccepted(current, 0);
        bytes memory expired =
            abi.encodeWithSelector(IAttestationVerifier.SignerSetExpired.selector, _setDigest, end, end + 1);
        vm.expectRevert(expired);
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        vm.expectRevert(expired);
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
        vm.expectPartialRevert(IRiskOracle.ConfigDigestMismatch.selector);
        risk.submit(signed);
    }

    function test_RotateSigners_Twice_OnlyOnePreviousSet() public {
        bytes[] memory signatures = _signStruct(_three(signerList, 0, 1, 2));
        verifier.rotateSigners(_addresses(5), 2, 4, 7 days);
        bytes32 second = verifier.signerSetDigest();
        verifier.rotateSigners(_addresses(6), 2, 4, 1 days);
        _expectAccepted(verifier.signerSetDigest(), second);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, signerList[0]));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
    }

    /// @dev The way to drop a previous set before its overlap ends.
    function test_RotateSigners_OntoItself_LeavesNoPrevious() public {
        verifier.rotateSigners(_addresses(5), 2, 4, 7 days);
        bytes32 current = verifier.signerSetDigest();
        verifier.rotateSigners(_addresses(5), 2, 4, 7 days);
        _expectAccepted(current, 0);
        assertEq(verifier.previousValidUntil(), 0);
    }

    /// @dev Back and forth: a set that was once replaced is known again when it is current again, with its own members.
    function test_RotateSigners_BackToAnOlderSet_SignsAgain() public {
        address[] memory old = signerList;
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        verifier.rotateSigners(_addresses(5), 2, 4, 0);
        verifier.rotateSigners(old, 2, 3, 0);
        assertFalse(verifier.isSigner(address(1)));
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function test_RotateSigners_OwnExpiryIsEarlier_EndsThen() public {
        verifier.setValidUntil(START + 100);
        verifier.rotateSigners(_addresses(5), 2, 4, 101);
        assertEq(verifier.previousValidUntil(), START + 100);
        assertEq(verifier.validUntil(), 0, "a new set has no expiry");
    }

    function test_RotateSigners_OwnExpiryIsLater_EndsWithTheOverlap() public {
        verifier.setValidUntil(START + 100);
        verifier.rotateSigners(_addresses(5), 2, 4, 99);
        assertEq(verifier.previousValidUntil(), START + 99);
    }

    function test_RotateSigners_CurrentIsExpired_LeavesNoPrevious() public {
        verifier.setValidUntil(START);
        skip(1);
        verifier.rotateSigners(_addresses(5), 2, 4, 7 days);
        _expectAccepted(verifier.signerSetDigest(), 0);
    }

    function test_RevertWhen_CurrentSetIsExpired() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes[] memory signatures = _signStruct(_three(signerList, 0, 1, 2));
        verifier.setValidUntil(START + 60);
        skip(60);
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
        skip(1);
        bytes memory expired =
            abi.encodeWithSelector(IAttestationVerifier.SignerSetExpired.selector, _setDigest, START + 60, START + 61);
        vm.expectRevert(expired);
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        vm.expectRevert(expired);
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
        vm.expectRevert(expired);
        risk.tighten(signed);
    }

    function test_RevertWhen_SetIsUnknownOrZero() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerSetUnknown.selector, bytes32(0)));
        verifier.requireQuorum(signed, 0, WHOLE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerSetUnknown.selector, bytes32(uint256(1))));
        verifier.requireQuorum(signed, bytes32(uint256(1)), WHOLE);
    }

    /// @dev Two of the old set and one of the new make no quorum, though each is known to one of them.
    function test_RevertWhen_TwoSetsAreMixed() public {
        address[] memory next = _otherSet(4);
        address[] memory first = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            first[i] = signerList[i];
        }
        verifier.rotateSigners(first, 2, 3, 0);
        bytes32 firstDigest = verifier.signerSetDigest();
        verifier.rotateSigners(next, 2, 3, 1 days);
        bytes[] memory signatures = _signStruct(_three(signerList, 2, 3, 4));
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, signerList[2]));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
        signatures = _signStruct(_three(signerList, 3, 4, 5));
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, signerList[3]));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);

        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[2] = _sign(signed[2].observation, signerList[4]);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, signerList[4]));
        verifier.requireQuorum(signed, firstDigest, WHOLE);
    }

    /// @dev A report is of one set: observations for the old and the new one do not go together, whichever comes first.
    function test_RevertWhen_OneReportNamesTwoSets() public {
        skip(MIN_INTERVAL);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes32 old = risk.configDigest();
        address[] memory same = signerList;
        verifier.rotateSigners(same, 2, 4, 1 days);
        bytes32 current = risk.configDigest();
        SignedObservation memory kept = signed[1];
        signed[1] = _sign(_observation(VOLATILITY, SLIPPAGE), signerList[1]);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ConfigDigestMismatch.selector, current, old));
        risk.submit(signed);

        (signed[0], signed[1]) = (_sign(_observation(VOLATILITY, SLIPPAGE), signerList[0]), kept);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.ConfigDigestMismatch.selector, old, current));
        risk.submit(signed);
    }

    /// @dev Sets that share three of four: whichever quorum of either signs, it counts, and a shared signer counts once.
    function test_RequireQuorumOver_SharedSigners_EitherSetWhole() public {
        address[] memory next = _otherSet(1);
        address[] memory first = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            first[i] = signerList[i];
        }
        verifier.rotateSigners(first, 2, 3, 0);
        verifier.rotateSigners(next, 2, 3, 1 days);
        verifier.requireQuorumOver(STRUCT_HASH, _signStruct(_three(signerList, 1, 2, 4)), WHOLE);
        verifier.requireQuorumOver(STRUCT_HASH, _signStruct(_three(signerList, 0, 1, 2)), WHOLE);
        verifier.requireQuorumOver(STRUCT_HASH, _signStruct(_three(signerList, 1, 2, 3)), WHOLE);
        bytes[] memory twice = _signStruct(_three(signerList, 1, 1, 2));
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, signerList[1], signerList[1])
        );
        verifier.requireQuorumOver(STRUCT_HASH, twice, WHOLE);
        bytes[] memory mixed = _signStruct(_three(signerList, 0, 1, 4));
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, signerList[0]));
        verifier.requireQuorumOver(STRUCT_HASH, mixed, WHOLE);
    }

    /// @dev The thresholds are those of the set that signs.
    function test_RequireQuorum_PreviousSet_ItsOwnThresholds() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        bytes[] memory signatures = _signStruct(_three(signerList, 0, 1, 2));
        address[] memory old = signerList;
        verifier.rotateSigners(old, 4, 4, 1 days);
        bytes32 stricter = verifier.signerSetDigest();
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        bytes memory short = abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 3, 4);
        vm.expectRevert(short);
        verifier.requireQuorum(signed, stricter, WHOLE);
        vm.expectRevert(short);
        verifier.requireQuorum(signed, stricter, TIGHTEN);
        vm.expectRevert(short);
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
    }

    // ------------------------------------------------------------------------------------- quorums over other messages

    function test_RevertWhen_OtherMessage_ShortUnsortedOrForAnother() public {
        bytes[] memory signatures = _signStruct(_three(signerList, 0, 1, 2));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
        vm.expectPartialRevert(IAttestationVerifier.SignerUnknown.selector);
        verifier.requireQuorumOver(keccak256("another header"), signatures, WHOLE);

        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, signerList[1], signerList[0])
        );
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);

        bytes[] memory two = new bytes[](2);
        (two[0], two[1]) = (signatures[1], signatures[0]);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 2, 3));
        verifier.requireQuorumOver(STRUCT_HASH, two, WHOLE);
        verifier.requireQuorumOver(STRUCT_HASH, two, TIGHTEN);
        bytes[] memory one = new bytes[](1);
        one[0] = two[0];
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 1, 2));
        verifier.requireQuorumOver(STRUCT_HASH, one, TIGHTEN);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 0, 2));
        verifier.requireQuorumOver(STRUCT_HASH, new bytes[](0), TIGHTEN);
    }

    function test_RevertWhen_OtherMessage_SignatureIsNotCanonical() public {
        bytes[] memory signatures = _signStruct(_three(signerList, 0, 1, 2));
        bytes memory kept = signatures[1];
        signatures[1] = new bytes(64);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureMalformed.selector, 1, 64));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);

        (bytes32 r, bytes32 s) = (_word(kept, 0), _word(kept, 32));
        uint8 v = uint8(kept[64]);
        signatures[1] = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureNotCanonical.selector, 1));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);

        signatures[1] = abi.encodePacked(r, s, v - 27);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureNotCanonical.selector, 1));
        verifier.requireQuorumOver(STRUCT_HASH, signatures, WHOLE);
    }

    function _word(bytes memory data, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), offset))
        }
    }

    // ------------------------------------------------------------------------------------------- refused quorums

    function test_F52_RevertWhen_OneSignatureTooFew() public {
        SignedObservation[] memory signed = _agreed(2, VOLATILITY, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 2, 3));
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        verifier.requireQuorum(signed, _setDigest, TIGHTEN);
    }

    function test_F52_RevertWhen_SignaturesUnsorted() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        (signed[0], signed[1]) = (signed[1], signed[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, signerList[1], signerList[0])
        );
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function test_F52_RevertWhen_OneSignerCountsTwice() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[2] = _sign(_observation(VOLATILITY + 1, SLIPPAGE), signerList[1]);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, signerList[1], signerList[1])
        );
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function test_RevertWhen_SignerIsUnknown() public {
        (address stranger, uint256 key) = makeAddrAndKey("stranger");
        keyOf[stranger] = key;
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[1] = _sign(signed[1].observation, stranger);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, stranger));
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function testFuzz_RevertWhen_SignatureHasAnotherLength(uint256 length) public {
        length = bound(length, 0, 200);
        vm.assume(length != 65);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[1].signature = new bytes(length);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureMalformed.selector, 1, length));
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function test_F52_RevertWhen_SIsInTheUpperHalf() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[signerList[0]], verifier.digestOf(signed[0].observation));
        bytes32 mirrored = bytes32(CURVE_ORDER - uint256(s));
        assertEq(
            ecrecover(verifier.digestOf(signed[0].observation), v == 27 ? 28 : 27, r, mirrored),
            signerList[0],
            "the mirrored signature recovers to the same signer"
        );
        signed[0].signature = abi.encodePacked(r, mirrored, v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureNotCanonical.selector, 0));
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function testFuzz_RevertWhen_VIsNot27Or28(uint8 v) public {
        vm.assume(v != 27 && v != 28);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[2].signature[64] = bytes1(v);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureNotCanonical.selector, 2));
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    /// @dev Whatever field is changed after signing, the signature is a stranger's.
    function testFuzz_F52_RevertWhen_AnyFieldIsTampered(uint256 field, uint256 noise) public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        Observation memory o = signed[1].observation;
        bytes32 before = verifier.digestOf(o);
        _tamper(o, field % 11, noise);
        assertNotEq(verifier.digestOf(o), before);
        vm.expectPartialRevert(IAttestationVerifier.SignerUnknown.selector);
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function _tamper(Observation memory o, uint256 field, uint256 noise) private pure {
        uint64 flip = uint64(bound(noise, 1, type(uint64).max));
        if (field == 0) o.market ^= bytes32(uint256(flip));
        if (field == 1) o.epoch ^= flip;
        if (field == 2) o.configDigest ^= bytes32(uint256(flip));
        if (field == 3) o.observedAt ^= flip;
        if (field == 4) o.notBefore ^= flip;
        if (field == 5) o.deadline ^= flip;
        if (field == 6) o.inputsRoot ^= bytes32(uint256(flip));
        if (field == 7) o.vector[0].volatility ^= flip;
        if (field == 8) o.vector[1].slippage ^= flip;
        if (field == 9) o.vector[0].asset = address(uint160(o.vector[0].asset) ^ flip);
        if (field == 10) {
            AssetRisk[] memory shorter = new AssetRisk[](1);
            shorter[0] = o.vector[noise % 2];
            o.vector = shorter;
        }
    }

    function testFuzz_F52_RevertWhen_SignatureIsTampered(uint256 position, uint8 flip) public {
        vm.assume(flip != 0);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        position = bound(position, 0, 64);
        signed[1].signature[position] ^= bytes1(flip);
        vm.expectRevert();
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function testFuzz_F52_RevertWhen_SignedForAnotherChain(uint64 chainId) public {
        vm.assume(chainId != block.chainid);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        verifier.requireQuorum(signed, _setDigest, WHOLE);
        vm.chainId(
            bound(chainId, 1, type(uint64).max - 1) == block.chainid ? 1 : bound(chainId, 1, type(uint64).max - 1)
        );
        vm.expectPartialRevert(IAttestationVerifier.SignerUnknown.selector);
        verifier.requireQuorum(signed, _setDigest, WHOLE);
    }

    function test_F52_RevertWhen_SignedForAnotherContract() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        AttestationVerifier other = new AttestationVerifier(address(manager), signerList, 2, 3);
        bytes32 digest = other.signerSetDigest();
        vm.expectPartialRevert(IAttestationVerifier.SignerUnknown.selector);
        other.requireQuorum(signed, digest, WHOLE);
    }

    // ---------------------------------------------------------------------------------------------------- digest

    function _expiriesHash(ExpiryRisk[] memory entries) private pure returns (bytes32) {
        bytes32 kind = keccak256("ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)");
        return keccak256(
            bytes.concat(
                keccak256(abi.encode(kind, entries[0].expiry, entries[0].impliedVolatility, entries[0].forwardRatio)),
                keccak256(abi.encode(kind, entries[1].expiry, entries[1].impliedVolatility, entries[1].forwardRatio))
            )
        );
    }

    /// @dev The digest written out by hand, apart from the contract's own code.
    function test_DigestOf_FollowsEip712() public view {
        Observation memory o = _observation(VOLATILITY, SLIPPAGE);
        o.vector[0].expiries = new ExpiryRisk[](2);
        o.vector[0].expiries[0] = ExpiryRisk({expiry: START + 1, impliedVolatility: 0.7e18, forwardRatio: 1.01e18});
        o.vector[0].expiries[1] = ExpiryRisk({expiry: START + 2, impliedVolatility: 0.8e18, forwardRatio: 0.99e18});
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("KeeperOracle"),
                keccak256("1"),
                block.chainid,
                address(verifier)
            )
        );
        bytes32 entryType = keccak256(
            "AssetRisk(address asset,uint64 volatility,uint64 slippage,ExpiryRisk[] expiries)ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)"
        );
        bytes32 expiries = _expiriesHash(o.vector[0].expiries);
        bytes32 none = keccak256("");
        bytes32 vector = keccak256(
            bytes.concat(
                keccak256(
                    abi.encode(entryType, o.vector[0].asset, o.vector[0].volatility, o.vector[0].slippage, expiries)
                ),
                keccak256(abi.encode(entryType, o.vector[1].asset, o.vector[1].volatility, o.vector[1].slippage, none))
            )
        );
        bytes32 body = keccak256(
            abi.encode(
                keccak256(
                    "Observation(bytes32 market,uint64 epoch,bytes32 configDigest,uint64 observedAt,uint64 notBefore,uint64 deadline,bytes32 inputsRoot,AssetRisk[] vector)AssetRisk(address asset,uint64 volatility,uint64 slippage,ExpiryRisk[] expiries)ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)"
                ),
                o.market,
                o.epoch,
                o.configDigest,
                o.observedAt,
                o.notBefore,
                o.deadline,
                o.inputsRoot,
                vector
            )
        );
        assertEq(verifier.digestOf(o), keccak256(abi.encodePacked(hex"1901", domain, body)));
    }
}
