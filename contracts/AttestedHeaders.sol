// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IAttestationVerifier} from "./interfaces/IAttestationVerifier.sol";
import {IAttestedHeaders} from "./interfaces/IAttestedHeaders.sol";
import {IHeaderSource} from "./interfaces/IHeaderSource.sol";

/// @title Headers of other chains that a quorum of signers attests
/// @dev SPECIFICATION
///
/// Struct hash, signed under the EIP-712 domain of the verifier (which binds this chain and that contract):
///   HeaderAttestation(address source,uint256 chainId,uint64 number,bytes32 blockHash,bytes32 stateRoot,uint64 timestamp,uint64 deadline)
/// with `source` = this contract. What a signer states by it: the block is final on its chain by the rule that the operator publishes for that
/// chain. The contract cannot know finality; readers demand an age besides.
///
/// `attest` is checked in this order: the chain is another one and not halted; the attestation has not expired; the number is new and
/// larger than every known one of the chain (one that contradicts a known header is refused as such); the time is later than the newest
/// known one's and at most MAX_AHEAD past this chain's clock; the state root is not zero; the quorum for everything but tightening has signed.
///
/// `reportEquivocation`: the same quorum signed another hash, root or time for a known number, expired or not. That proves that keys are stolen
/// or that a chain reorganised what was called final; in either case no header of that chain may move anything. So the whole chain is
/// halted, for reading and for attesting, and not only the path at once: silence costs initial margin only, a wrong header costs collateral.
///
/// `restart` (admin, behind the timelock) ends a halt, and undoes a stolen quorum's attestation of a number so far ahead that honest ones
/// would be refused as not newer. It opens a new generation in which no header is known yet. Readers that keep a largest number of their
/// own are told by the same proposal (`MarginHub.setHeaderSource`).
///
/// A locator is abi.encode(uint64 number).
contract AttestedHeaders is IAttestedHeaders, AccessManaged {
    struct KnownHeader {
        bytes32 blockHash;
        bytes32 stateRoot;
        uint64 timestamp;
        uint64 knownSince;
    }

    struct Chain {
        uint64 generation;
        uint64 latest;
        bool halted;
        mapping(uint64 generation => mapping(uint64 number => KnownHeader)) headers;
    }

    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "HeaderAttestation(address source,uint256 chainId,uint64 number,bytes32 blockHash,bytes32 stateRoot,uint64 timestamp,uint64 deadline)"
    );

    /// @notice How far another chain's clock may be ahead of this one's, in seconds.
    uint256 public constant MAX_AHEAD = 15 minutes;

    /// @notice The signer set.
    IAttestationVerifier public immutable verifier;

    mapping(uint256 chainId => Chain) private _chains;

    constructor(address authority_, IAttestationVerifier verifier_) AccessManaged(authority_) {
        verifier = verifier_;
    }

    /// @inheritdoc IAttestedHeaders
    function attest(HeaderAttestation calldata attestation, bytes[] calldata signatures) external {
        Chain storage chain = _requireRunning(attestation.chainId);
        if (block.timestamp > attestation.deadline) {
            revert AttestationExpired(attestation.deadline, block.timestamp);
        }
        _requireNewer(chain, attestation);
        verifier.requireQuorumOver(structHashOf(attestation), signatures, IAttestationVerifier.Quorum.Whole);

        chain.latest = attestation.number;
        chain.headers[chain.generation][attestation.number] = KnownHeader({
            blockHash: attestation.blockHash,
            stateRoot: attestation.stateRoot,
            timestamp: attestation.timestamp,
            knownSince: uint64(block.timestamp)
        });

        emit HeaderAttested(
            attestation.chainId, attestation.number, attestation.blockHash, attestation.stateRoot, attestation.timestamp
        );
    }

    /// @inheritdoc IAttestedHeaders
    function reportEquivocation(HeaderAttestation calldata attestation, bytes[] calldata signatures) external {
        Chain storage chain = _requireRunning(attestation.chainId);
        KnownHeader storage known = chain.headers[chain.generation][attestation.number];
        if (known.stateRoot == 0) revert HeaderUnknown(attestation.chainId, attestation.number);
        if (!_conflicts(known, attestation)) revert HeaderAgrees(attestation.chainId, attestation.number);
        verifier.requireQuorumOver(structHashOf(attestation), signatures, IAttestationVerifier.Quorum.Whole);

        chain.halted = true;

        emit EquivocationProved(
            attestation.chainId, attestation.number, known.blockHash, attestation.blockHash, msg.sender
        );
    }

    /// @inheritdoc IAttestedHeaders
    function restart(uint256 chainId) external restricted {
        Chain storage chain = _chains[chainId];
        uint64 generation = ++chain.generation;
        chain.latest = 0;
        chain.halted = false;

        emit ChainRestarted(chainId, generation);
    }

    /// @inheritdoc IHeaderSource
    function header(uint256 chainId, bytes calldata locator) external view returns (Header memory) {
        Chain storage chain = _requireRunning(chainId);
        uint64 number = abi.decode(locator, (uint64));
        KnownHeader storage known = chain.headers[chain.generation][number];
        if (known.stateRoot == 0) revert HeaderUnknown(chainId, number);
        return Header({
            number: number,
            timestamp: known.timestamp,
            knownSince: known.knownSince,
            stateRoot: known.stateRoot,
            chainGiven: false
        });
    }

    /// @inheritdoc IAttestedHeaders
    function latestOf(uint256 chainId) external view returns (uint64) {
        return _chains[chainId].latest;
    }

    /// @inheritdoc IAttestedHeaders
    function isHalted(uint256 chainId) external view returns (bool) {
        return _chains[chainId].halted;
    }

    /// @inheritdoc IAttestedHeaders
    function structHashOf(HeaderAttestation calldata attestation) public view returns (bytes32) {
        return keccak256(
            abi.encode(
                ATTESTATION_TYPEHASH,
                address(this),
                attestation.chainId,
                attestation.number,
                attestation.blockHash,
                attestation.stateRoot,
                attestation.timestamp,
                attestation.deadline
            )
        );
    }

    function _requireRunning(uint256 chainId) private view returns (Chain storage chain) {
        if (chainId == block.chainid) revert ChainIsOwn(chainId);
        chain = _chains[chainId];
        if (chain.halted) revert ChainHalted(chainId);
    }

    function _requireNewer(Chain storage chain, HeaderAttestation calldata attestation) private view {
        (uint256 chainId, uint64 number) = (attestation.chainId, attestation.number);
        KnownHeader storage same = chain.headers[chain.generation][number];
        if (same.stateRoot != 0 && _conflicts(same, attestation)) {
            revert HeaderConflicts(chainId, number, same.blockHash, attestation.blockHash);
        }
        uint64 latest = chain.latest;
        if (number <= latest) revert HeaderNotNewer(chainId, number, latest);
        uint64 latestTime = chain.headers[chain.generation][latest].timestamp;
        if (attestation.timestamp <= latestTime) {
            revert HeaderTimeNotLater(chainId, attestation.timestamp, latestTime);
        }
        uint256 limit = block.timestamp + MAX_AHEAD;
        if (attestation.timestamp > limit) revert HeaderFromFuture(chainId, attestation.timestamp, limit);
        if (attestation.stateRoot == 0) revert StateRootZero(chainId, number);
    }

    function _conflicts(KnownHeader storage known, HeaderAttestation calldata attestation) private view returns (bool) {
        return known.blockHash != attestation.blockHash || known.stateRoot != attestation.stateRoot
            || known.timestamp != attestation.timestamp;
    }
}
