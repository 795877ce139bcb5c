// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IHeaderSource} from "./IHeaderSource.sol";

/// @title Headers that a quorum of signers attests
interface IAttestedHeaders is IHeaderSource {
    /// @dev What is signed, with the address of this contract before it.
    /// @param chainId the chain of the block
    /// @param number its number
    /// @param blockHash its hash
    /// @param stateRoot its state root
    /// @param timestamp its time, in seconds
    /// @param deadline last time of this chain at which the attestation may be brought, in seconds
    struct HeaderAttestation {
        uint256 chainId;
        uint64 number;
        bytes32 blockHash;
        bytes32 stateRoot;
        uint64 timestamp;
        uint64 deadline;
    }

    event HeaderAttested(
        uint256 indexed chainId, uint64 indexed number, bytes32 blockHash, bytes32 stateRoot, uint64 timestamp
    );
    /// @notice A quorum signed two headers of one number: the chain is halted until the admin restarts it.
    event EquivocationProved(
        uint256 indexed chainId, uint64 indexed number, bytes32 knownHash, bytes32 conflictingHash, address reporter
    );
    /// @notice Every header known of the chain is forgotten, and it may be attested again.
    event ChainRestarted(uint256 indexed chainId, uint64 generation);

    error ChainHalted(uint256 chainId);
    error ChainIsOwn(uint256 chainId);
    error HeaderUnknown(uint256 chainId, uint64 number);
    error HeaderNotNewer(uint256 chainId, uint64 number, uint64 latest);
    error HeaderConflicts(uint256 chainId, uint64 number, bytes32 knownHash, bytes32 givenHash);
    error HeaderAgrees(uint256 chainId, uint64 number);
    error HeaderTimeNotLater(uint256 chainId, uint64 timestamp, uint64 latest);
    error HeaderFromFuture(uint256 chainId, uint64 timestamp, uint256 limit);
    error AttestationExpired(uint64 deadline, uint256 currentTime);
    error StateRootZero(uint256 chainId, uint64 number);

    /// @notice Records a header newer than every one known of its chain. Anyone may call.
    function attest(HeaderAttestation calldata attestation, bytes[] calldata signatures) external;

    /// @notice Shows a quorum's second header of a number already known, which halts the chain. Anyone may call.
    function reportEquivocation(HeaderAttestation calldata attestation, bytes[] calldata signatures) external;

    /// @notice Forgets every header of a chain, after a halt or after stolen keys attested a number far ahead. Restricted to the
    /// admin.
    function restart(uint256 chainId) external;

    /// @notice Number of the newest header known of a chain; 0 where there is none.
    function latestOf(uint256 chainId) external view returns (uint64);
    function isHalted(uint256 chainId) external view returns (bool);
    /// @notice What the signers sign as the EIP-712 struct hash, under the domain of the verifier.
    function structHashOf(HeaderAttestation calldata attestation) external view returns (bytes32);
}
