// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {AttestationVerifier} from "../../contracts/AttestationVerifier.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {AssetRisk, ExpiryRisk, Observation, SignedObservation} from "../../contracts/types/Observation.sol";
import {BaseTest} from "./BaseTest.sol";

contract AttestationVerifierTest is BaseTest {
    /// @dev Order of the secp256k1 group.
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function _addresses(uint256 count) private pure returns (address[] memory list) {
        list = new address[](count);
        for (uint160 i = 0; i < count; ++i) {
            list[i] = address(i + 1);
        }
    }

    // -------------------------------------------------------------------------------------------- refused sets

    function test_RevertWhen_SetSignersByStrangerOrRiskAdmin() public {
        manager.grantRole(RISK_ADMIN, alice, 0);
        address[] memory list = _addresses(4);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        verifier.setSigners(list, 2, 3);
    }

    function test_RevertWhen_FewerThanFourSigners() public {
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerCountTooSmall.selector, 3, 4));
        verifier.setSigners(_addresses(3), 2, 3);
        verifier.setSigners(_addresses(4), 2, 3);
        assertEq(verifier.signers().length, 4);
    }

    function test_RevertWhen_MoreThan31Signers() public {
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerCountTooLarge.selector, 32, 31));
        verifier.setSigners(_addresses(32), 11, 22);
        verifier.setSigners(_addresses(31), 11, 21);
        assertEq(verifier.signers().length, 31);
    }

    /// @dev n = 4 .. 13 with the smallest lawful thresholds, each also one too small and one past n.
    function test_RevertWhen_ThresholdsAreOutsideTheirLimits() public {
        uint256[10] memory leastTighten = [uint256(2), 2, 2, 3, 3, 3, 4, 4, 4, 5];
        uint256[10] memory leastThreshold = [uint256(3), 4, 4, 5, 6, 6, 7, 8, 8, 9];
        for (uint256 i = 0; i < 10; ++i) {
            uint256 n = i + 4;
            address[] memory list = _addresses(n);
            (uint256 tighten, uint256 whole) = (leastTighten[i], leastThreshold[i]);

            vm.expectRevert(
                abi.encodeWithSelector(IAttestationVerifier.ThresholdTooSmall.selector, tighten - 1, tighten)
            );
            verifier.setSigners(list, tighten - 1, whole);
            vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.ThresholdTooSmall.selector, whole - 1, whole));
            verifier.setSigners(list, tighten, whole - 1);
            vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.ThresholdTooLarge.selector, n + 1, n));
            verifier.setSigners(list, n + 1, whole);
            vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.ThresholdTooLarge.selector, n + 1, n));
            verifier.setSigners(list, tighten, n + 1);

            verifier.setSigners(list, n, n);
            verifier.setSigners(list, tighten, whole);
            assertEq(verifier.tightenThreshold(), tighten);
            assertEq(verifier.threshold(), whole);
        }
    }

    function test_RevertWhen_SignersUnsortedDuplicateOrZero() public {
        address[] memory list = _addresses(4);
        (list[1], list[2]) = (list[2], list[1]);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, list[1], list[2]));
        verifier.setSigners(list, 2, 3);

        list = _addresses(4);
        list[3] = list[2];
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, list[2], list[2]));
        verifier.setSigners(list, 2, 3);

        list = _addresses(4);
        list[0] = address(0);
        vm.expectRevert(IAttestationVerifier.SignerZero.selector);
        verifier.setSigners(list, 2, 3);
    }

    function test_SetSigners_ForgetsTheOldOnes() public {
        bytes32 digestBefore = verifier.signerSetDigest();
        bytes32 configBefore = risk.configDigest();
        verifier.setSigners(_addresses(5), 2, 4);
        for (uint256 i = 0; i < signerList.length; ++i) {
            assertFalse(verifier.isSigner(signerList[i]));
        }
        assertTrue(verifier.isSigner(address(5)));
        assertEq(verifier.signers(), _addresses(5));
        assertEq(verifier.signerSetDigest(), keccak256(abi.encode(_addresses(5), 2, 4)));
        assertNotEq(verifier.signerSetDigest(), digestBefore);
        assertNotEq(risk.configDigest(), configBefore);
    }

    // ------------------------------------------------------------------------------------------- refused quorums

    function test_RevertWhen_OneSignatureTooFew() public {
        SignedObservation[] memory signed = _agreed(2, VOLATILITY, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.QuorumTooSmall.selector, 2, 3));
        verifier.requireQuorum(signed, 3);
        verifier.requireQuorum(signed, 2);
    }

    function test_RevertWhen_SignaturesUnsorted() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        (signed[0], signed[1]) = (signed[1], signed[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, signerList[1], signerList[0])
        );
        verifier.requireQuorum(signed, 3);
    }

    function test_RevertWhen_OneSignerCountsTwice() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[2] = _sign(_observation(VOLATILITY + 1, SLIPPAGE), signerList[1]);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationVerifier.SignersNotSorted.selector, signerList[1], signerList[1])
        );
        verifier.requireQuorum(signed, 3);
    }

    function test_RevertWhen_SignerIsUnknown() public {
        (address stranger, uint256 key) = makeAddrAndKey("stranger");
        keyOf[stranger] = key;
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[1] = _sign(signed[1].observation, stranger);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignerUnknown.selector, stranger));
        verifier.requireQuorum(signed, 3);
    }

    function testFuzz_RevertWhen_SignatureHasAnotherLength(uint256 length) public {
        length = bound(length, 0, 200);
        vm.assume(length != 65);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[1].signature = new bytes(length);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureMalformed.selector, 1, length));
        verifier.requireQuorum(signed, 3);
    }

    function test_RevertWhen_SIsInTheUpperHalf() public {
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
        verifier.requireQuorum(signed, 3);
    }

    function testFuzz_RevertWhen_VIsNot27Or28(uint8 v) public {
        vm.assume(v != 27 && v != 28);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        signed[2].signature[64] = bytes1(v);
        vm.expectRevert(abi.encodeWithSelector(IAttestationVerifier.SignatureNotCanonical.selector, 2));
        verifier.requireQuorum(signed, 3);
    }

    /// @dev Whatever field is changed after signing, the signature is a stranger's.
    function testFuzz_RevertWhen_AnyFieldIsTampered(uint256 field, uint256 noise) public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        Observation memory o = signed[1].observation;
        bytes32 before = verifier.digestOf(o);
        _tamper(o, field % 11, noise);
        assertNotEq(verifier.digestOf(o), before);
        vm.expectPartialRevert(IAttestationVerifier.SignerUnknown.selector);
        verifier.requireQuorum(signed, 3);
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

    function testFuzz_RevertWhen_SignatureIsTampered(uint256 position, uint8 flip) public {
        vm.assume(flip != 0);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        position = bound(position, 0, 64);
        signed[1].signature[position] ^= bytes1(flip);
        vm.expectRevert();
        verifier.requireQuorum(signed, 3);
    }

    function testFuzz_RevertWhen_SignedForAnotherChain(uint64 chainId) public {
        vm.assume(chainId != block.chainid);
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        verifier.requireQuorum(signed, 3);
        vm.chainId(
            bound(chainId, 1, type(uint64).max - 1) == block.chainid ? 1 : bound(chainId, 1, type(uint64).max - 1)
        );
        vm.expectPartialRevert(IAttestationVerifier.SignerUnknown.selector);
        verifier.requireQuorum(signed, 3);
    }

    function test_RevertWhen_SignedForAnotherContract() public {
        SignedObservation[] memory signed = _agreed(3, VOLATILITY, SLIPPAGE);
        AttestationVerifier other = new AttestationVerifier(address(manager), signerList, 2, 3);
        vm.expectPartialRevert(IAttestationVerifier.SignerUnknown.selector);
        other.requireQuorum(signed, 3);
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
