// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Block headers of other chains that may be believed
interface IHeaderSource {
    /// @param number block number
    /// @param timestamp of the block, in seconds of its own chain
    /// @param knownSince time of this chain from which the header could be used here, in seconds
    /// @param stateRoot root of the state trie after the block
    /// @param chainGiven whether this chain itself vouches for the block hash; otherwise signers do
    struct Header {
        uint64 number;
        uint64 timestamp;
        uint64 knownSince;
        bytes32 stateRoot;
        bool chainGiven;
    }

    /// @notice The header that `locator` names. Reverts where it is not known.
    /// @param locator what the source needs to find or to check it; its form is the source's own
    function header(uint256 chainId, bytes calldata locator) external view returns (Header memory);
}
