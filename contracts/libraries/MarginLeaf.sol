// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IMarginAttestations} from "../interfaces/IMarginAttestations.sol";

/// @title The packed bytes of an attested requirement
/// @dev The layout is in `IMarginAttestations`. `bodyEnd` answers zero where the bytes are not exactly a root id, a body and a proof: it never
/// reverts, since a bad leaf must not stop the action that brings it.
library MarginLeaf {
    /// @dev As many underlyings as the option book lists.
    uint256 internal constant MAX_UNDERLYINGS = 8;
    /// @dev Four thousand million accounts.
    uint256 internal constant MAX_LEVELS = 32;

    uint256 private constant ID_LENGTH = 8;
    uint256 private constant COUNT_AT = 116;
    uint256 private constant HEAD_END = 117;
    uint256 private constant UNDERLYING_LENGTH = 92;

    /// @notice Where a leaf's body ends and its proof begins; zero where the bytes are no leaf.
    function bodyEnd(bytes calldata data) internal pure returns (uint256 end) {
        if (data.length < HEAD_END) return 0;
        uint256 count = uint8(data[COUNT_AT]);
        if (count == 0 || count > MAX_UNDERLYINGS) return 0;
        end = HEAD_END + count * UNDERLYING_LENGTH;
        if (data.length < end || data.length > end + 32 * MAX_LEVELS || (data.length - end) % 32 != 0) return 0;
    }

    /// @notice The root that a leaf names.
    function rootIdOf(bytes calldata data) internal pure returns (uint64) {
        return uint64(bytes8(data[:ID_LENGTH]));
    }

    /// @notice The root that a leaf's body and proof lead to. The leaf is hashed twice, so that no inner node of a tree is a leaf.
    function rootFrom(bytes32 account, bytes calldata data, uint256 end) internal view returns (bytes32) {
        bytes32 once = keccak256(abi.encodePacked(block.chainid, address(this), account, data[ID_LENGTH:end]));
        return MerkleProof.processProofCalldata(_words(data[end:]), keccak256(abi.encodePacked(once)));
    }

    /// @notice The fields of a leaf whose bytes `bodyEnd` found well-formed: places are not checked again.
    function read(bytes calldata data) internal pure returns (IMarginAttestations.Leaf memory leaf) {
        // Casts are safe because each field is read in its own width.
        // forge-lint: disable-start(unsafe-typecast)
        leaf.legNonce = uint64(_field(data, 8, 64));
        leaf.legsHash = bytes32(_field(data, 16, 256));
        leaf.observedAt = uint64(_field(data, 48, 64));
        leaf.earliestExpiry = uint64(_field(data, 56, 64));
        leaf.epoch = uint64(_field(data, 64, 64));
        leaf.tightenings = uint32(_field(data, 72, 32));
        leaf.boundsVersion = uint64(_field(data, 76, 64));
        leaf.requirement = uint128(_field(data, 84, 128));
        leaf.offset = uint128(_field(data, 100, 128));
        leaf.underlyings = new IMarginAttestations.AttestedUnderlying[](_field(data, COUNT_AT, 8));
        for (uint256 i = 0; i < leaf.underlyings.length; ++i) {
            uint256 at = HEAD_END + i * UNDERLYING_LENGTH;
            IMarginAttestations.AttestedUnderlying memory part = leaf.underlyings[i];
            part.asset = address(uint160(_field(data, at, 160)));
            part.spot = uint128(_field(data, at + 20, 128));
            part.grossAmount = uint128(_field(data, at + 36, 128));
            part.volatility = uint64(_field(data, at + 52, 64));
            part.inputsHash = bytes32(_field(data, at + 60, 256));
        }
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @dev The number of `bits` bits that starts at a byte.
    function _field(bytes calldata data, uint256 at, uint256 bits) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, bits), calldataload(add(data.offset, at)))
        }
    }

    /// @dev The bytes, a whole number of words, as words.
    function _words(bytes calldata data) private pure returns (bytes32[] calldata words) {
        assembly ("memory-safe") {
            words.offset := data.offset
            words.length := shr(5, data.length)
        }
    }
}
