// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Test} from "forge-std/Test.sol";

import {AttestedHeaders} from "../../contracts/AttestedHeaders.sol";
import {ChainHeaders} from "../../contracts/ChainHeaders.sol";
import {IAttestedHeaders} from "../../contracts/interfaces/IAttestedHeaders.sol";
import {IChainHeaders} from "../../contracts/interfaces/IChainHeaders.sol";
import {IHeaderSource} from "../../contracts/interfaces/IHeaderSource.sol";
import {L1BlockStub, SignerSet} from "./mocks/CrossChainMocks.sol";
import {TrieBuilder} from "./mocks/TrieBuilder.sol";

contract HeaderSourceTest is Test {
    uint64 private constant START = 1_800_000_000;
    uint256 private constant OTHER = 1;

    AttestedHeaders private attested;
    SignerSet private signerSet;
    AccessManager private manager;
    uint256[] private keys;

    function setUp() public {
        vm.warp(START);
        vm.chainId(10);
        _makeSigners();
        manager = new AccessManager(address(this));
        attested = new AttestedHeaders(address(manager), IAttestationVerifier(address(signerSet)));
    }

    function _makeSigners() private {
        uint256[] memory numbers = new uint256[](4);
        for (uint256 i = 0; i < 4; ++i) {
            numbers[i] = uint160(vm.addr(i + 1));
        }
        numbers = vm.sort(numbers);
        address[] memory signers = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            signers[i] = address(uint160(numbers[i]));
            for (uint256 k = 1; k <= 4; ++k) {
                if (vm.addr(k) == signers[i]) keys.push(k);
            }
        }
        signerSet = new SignerSet(signers);
    }

    function _attestation(uint64 number) private view returns (IAttestedHeaders.HeaderAttestation memory) {
        return IAttestedHeaders.HeaderAttestation({
            chainId: OTHER,
            number: number,
            blockHash: keccak256(abi.encode("hash", number)),
            stateRoot: keccak256(abi.encode("root", number)),
            timestamp: uint64(vm.getBlockTimestamp()) - 20 minutes + number,
            deadline: uint64(vm.getBlockTimestamp()) + 1 hours
        });
    }

    function _sign(IAttestedHeaders.HeaderAttestation memory attestation, uint256 count)
        private
        view
        returns (bytes[] memory signatures)
    {
        bytes32 digest = signerSet.digestOf(attested.structHashOf(attestation));
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
            signatures[i] = abi.encodePacked(r, s, v);
        }
    }

    function _attest(uint64 number) private returns (IAttestedHeaders.HeaderAttestation memory attestation) {
        attestation = _attestation(number);
        attested.attest(attestation, _sign(attestation, 3));
    }

    function _expectRefused(IAttestedHeaders.HeaderAttestation memory attestation, bytes memory reason) private {
        bytes[] memory signatures = _sign(attestation, 3);
        vm.expectRevert(reason);
        attested.attest(attestation, signatures);
    }

    // ----------------------------------------------------------------------------------------------- attested

    function test_AQuorumsHeaderIsKnown() public {
        IAttestedHeaders.HeaderAttestation memory attestation = _attest(5);
        IHeaderSource.Header memory header = attested.header(OTHER, abi.encode(uint64(5)));
        assertEq(header.number, 5);
        assertEq(header.stateRoot, attestation.stateRoot);
        assertEq(header.timestamp, attestation.timestamp);
        assertEq(header.knownSince, START);
        assertFalse(header.chainGiven);
        assertEq(attested.latestOf(OTHER), 5);
        // Older ones stay readable.
        _attest(9);
        assertEq(attested.header(OTHER, abi.encode(uint64(5))).stateRoot, attestation.stateRoot);
    }

    function test_RevertWhen_TwoSignOrStrangersDoOrAnotherChainIsMeant() public {
        IAttestedHeaders.HeaderAttestation memory attestation = _attestation(5);
        bytes[] memory signatures = _sign(attestation, 2);
        vm.expectRevert(abi.encodeWithSelector(SignerSet.NotSigned.selector, 2, 3));
        attested.attest(attestation, signatures);

        signatures = _sign(attestation, 3);
        attestation.chainId = 2;
        vm.expectRevert();
        attested.attest(attestation, signatures);
        // The contract itself is signed over: the same signatures are not another source's.
        attestation.chainId = OTHER;
        AttestedHeaders another = new AttestedHeaders(address(manager), IAttestationVerifier(address(signerSet)));
        vm.expectRevert();
        another.attest(attestation, signatures);
        attested.attest(attestation, signatures);
    }

    function test_RevertWhen_TheChainIsThisOne() public {
        IAttestedHeaders.HeaderAttestation memory attestation = _attestation(5);
        attestation.chainId = 10;
        _expectRefused(attestation, abi.encodeWithSelector(IAttestedHeaders.ChainIsOwn.selector, 10));
    }

    function test_RevertWhen_TheAttestationHasExpired() public {
        IAttestedHeaders.HeaderAttestation memory attestation = _attestation(5);
        bytes[] memory signatures = _sign(attestation, 3);
        vm.warp(attestation.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestedHeaders.AttestationExpired.selector, attestation.deadline, attestation.deadline + 1
            )
        );
        attested.attest(attestation, signatures);
        vm.warp(attestation.deadline);
        attested.attest(attestation, signatures);
    }

    function test_RevertWhen_TheNumberIsNotNewer() public {
        _attest(5);
        _attest(9);
        _expectRefused(_attestation(7), abi.encodeWithSelector(IAttestedHeaders.HeaderNotNewer.selector, OTHER, 7, 9));
        _expectRefused(_attestation(9), abi.encodeWithSelector(IAttestedHeaders.HeaderNotNewer.selector, OTHER, 9, 9));
    }

    function test_F18_RevertWhen_TheTimeIsNotLaterOrTooFarAhead() public {
        IAttestedHeaders.HeaderAttestation memory first = _attest(5);
        IAttestedHeaders.HeaderAttestation memory next = _attestation(6);
        next.timestamp = first.timestamp;
        _expectRefused(
            next,
            abi.encodeWithSelector(
                IAttestedHeaders.HeaderTimeNotLater.selector, OTHER, first.timestamp, first.timestamp
            )
        );
        next.timestamp = START + 15 minutes + 1;
        _expectRefused(
            next,
            abi.encodeWithSelector(
                IAttestedHeaders.HeaderFromFuture.selector, OTHER, next.timestamp, START + 15 minutes
            )
        );
        next.timestamp = START + 15 minutes;
        next.stateRoot = 0;
        _expectRefused(next, abi.encodeWithSelector(IAttestedHeaders.StateRootZero.selector, OTHER, 6));
        next.stateRoot = keccak256("root");
        attested.attest(next, _sign(next, 3));
    }

    function test_RevertWhen_AnUnknownHeaderIsAsked() public {
        vm.expectRevert(abi.encodeWithSelector(IAttestedHeaders.HeaderUnknown.selector, OTHER, 5));
        attested.header(OTHER, abi.encode(uint64(5)));
    }

    function test_AnAttestationIsTold() public {
        IAttestedHeaders.HeaderAttestation memory attestation = _attestation(5);
        vm.expectEmit(address(attested));
        emit IAttestedHeaders.HeaderAttested(
            OTHER, 5, attestation.blockHash, attestation.stateRoot, attestation.timestamp
        );
        attested.attest(attestation, _sign(attestation, 3));
    }

    function test_TwoHeadersOfOneNumberHaltTheChain() public {
        IAttestedHeaders.HeaderAttestation memory first = _attest(5);
        IAttestedHeaders.HeaderAttestation memory second = _attestation(5);
        second.stateRoot = keccak256("another root");
        second.blockHash = keccak256("another hash");
        _expectRefused(
            second,
            abi.encodeWithSelector(
                IAttestedHeaders.HeaderConflicts.selector, OTHER, 5, first.blockHash, second.blockHash
            )
        );

        bytes[] memory two = _sign(second, 2);
        vm.expectRevert(abi.encodeWithSelector(SignerSet.NotSigned.selector, 2, 3));
        attested.reportEquivocation(second, two);
        bytes[] memory same = _sign(first, 3);
        vm.expectRevert(abi.encodeWithSelector(IAttestedHeaders.HeaderAgrees.selector, OTHER, 5));
        attested.reportEquivocation(first, same);
        IAttestedHeaders.HeaderAttestation memory unknown = _attestation(6);
        bytes[] memory signatures = _sign(unknown, 3);
        vm.expectRevert(abi.encodeWithSelector(IAttestedHeaders.HeaderUnknown.selector, OTHER, 6));
        attested.reportEquivocation(unknown, signatures);

        // Evidence does not expire.
        signatures = _sign(second, 3);
        vm.warp(second.deadline + 30 days);
        vm.expectEmit(address(attested));
        emit IAttestedHeaders.EquivocationProved(OTHER, 5, first.blockHash, second.blockHash, address(this));
        attested.reportEquivocation(second, signatures);
        assertTrue(attested.isHalted(OTHER));
        bytes memory halted = abi.encodeWithSelector(IAttestedHeaders.ChainHalted.selector, OTHER);
        vm.expectRevert(halted);
        attested.header(OTHER, abi.encode(uint64(5)));
        _expectRefused(_attestation(6), halted);
        vm.expectRevert(halted);
        attested.reportEquivocation(second, signatures);
    }

    /// @dev Also the remedy for a stolen quorum that attested the largest number there is.
    function test_TheAdminRestartsAChainFromNothing() public {
        _attest(5);
        IAttestedHeaders.HeaderAttestation memory far = _attestation(6);
        far.number = type(uint64).max;
        attested.attest(far, _sign(far, 3));
        _expectRefused(
            _attestation(7),
            abi.encodeWithSelector(IAttestedHeaders.HeaderNotNewer.selector, OTHER, 7, type(uint64).max)
        );
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(0xbad)));
        vm.prank(address(0xbad));
        attested.restart(OTHER);

        vm.expectEmit(address(attested));
        emit IAttestedHeaders.ChainRestarted(OTHER, 1);
        attested.restart(OTHER);
        assertEq(attested.latestOf(OTHER), 0);
        vm.expectRevert(abi.encodeWithSelector(IAttestedHeaders.HeaderUnknown.selector, OTHER, 5));
        attested.header(OTHER, abi.encode(uint64(5)));
        _attest(7);
        assertEq(attested.latestOf(OTHER), 7);
    }

    // ---------------------------------------------------------------------------------------------- chain-given

    function _given() private returns (ChainHeaders source, L1BlockStub stub, bytes memory rlp) {
        stub = new L1BlockStub();
        source = new ChainHeaders(OTHER, address(stub));
        rlp = TrieBuilder.headerRlp(77, keccak256("root"), START - 60);
    }

    function test_ARecordedHashVouchesForItsHeader() public {
        (ChainHeaders source, L1BlockStub stub, bytes memory rlp) = _given();
        stub.set(77, keccak256(rlp));
        vm.expectEmit(address(source));
        emit IChainHeaders.BlockHashRecorded(77, keccak256(rlp));
        source.record();
        // The chain goes on; what was recorded stays.
        stub.set(78, keccak256("next"));
        source.record();
        IHeaderSource.Header memory header = source.header(OTHER, rlp);
        assertEq(header.number, 77);
        assertEq(header.stateRoot, keccak256("root"));
        assertEq(header.timestamp, START - 60);
        assertEq(header.knownSince, START);
        assertTrue(header.chainGiven);
    }

    function test_RevertWhen_TheHashIsNotRecordedOrAnother() public {
        (ChainHeaders source, L1BlockStub stub, bytes memory rlp) = _given();
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.BlockHashUnknown.selector, OTHER, 0));
        source.record();
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.BlockHashUnknown.selector, OTHER, 77));
        source.header(OTHER, rlp);
        stub.set(77, keccak256(rlp));
        source.record();
        bytes memory forged = TrieBuilder.headerRlp(77, keccak256("another root"), START - 60);
        vm.expectRevert(
            abi.encodeWithSelector(IChainHeaders.HeaderHashMismatch.selector, 77, keccak256(forged), keccak256(rlp))
        );
        source.header(OTHER, forged);
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.ChainNotGiven.selector, 2, OTHER));
        source.header(2, rlp);
    }

    function test_TheChainsOwnHeadersNeedNoRecord() public {
        ChainHeaders source = new ChainHeaders(10, address(0));
        bytes memory rlp = TrieBuilder.headerRlp(100, keccak256("own root"), START);
        vm.roll(300);
        vm.setBlockhash(100, keccak256(rlp));
        IHeaderSource.Header memory header = source.header(10, rlp);
        assertEq(header.number, 100);
        assertTrue(header.chainGiven);
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.NothingToRecord.selector, 10));
        source.record();
        // Past 256 blocks, and without the history contract, the chain gives nothing.
        vm.roll(400);
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.BlockHashUnknown.selector, 10, 100));
        source.header(10, rlp);
    }

    function test_RevertWhen_ASourceIsMadeWithoutItsContract() public {
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.BlockSourceMissing.selector, address(0)));
        new ChainHeaders(OTHER, address(0));
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.BlockSourceMissing.selector, address(5)));
        new ChainHeaders(OTHER, address(5));
        vm.expectRevert(abi.encodeWithSelector(IChainHeaders.BlockSourceMissing.selector, address(manager)));
        new ChainHeaders(10, address(manager));
    }
}
