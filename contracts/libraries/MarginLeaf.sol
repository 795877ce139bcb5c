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

    /// @notice The fields of a leaf whose bytes `bodyEnd` found well-formed.
    function read(bytes calldata data) internal pure returns (IMarginAttestations.Leaf memory leaf) {
        leaf.legNonce = uint64(bytes8(data[8:16]));
        leaf.legsHash = bytes32(data[16:48]);
        leaf.observedAt = uint64(bytes8(data[48:56]));
        leaf.earliestExpiry = uint64(bytes8(data[56:64]));
        leaf.epoch = uint64(bytes8(data[64:72]));
        leaf.tightenings = uint32(bytes4(data[72:76]));
        leaf.boundsVersion = uint64(bytes8(data[76:84]));
        leaf.requirement = uint128(bytes16(data[84:100]));
        leaf.offset = uint128(bytes16(data[100:COUNT_AT]));
        leaf.underlyings = new IMarginAttestations.AttestedUnderlying[](uint8(data[COUNT_AT]));
        for (uint256 i = 0; i < leaf.underlyings.length; ++i) {
            bytes calldata part = data[HEAD_END + i * UNDERLYING_LENGTH:];
            leaf.underlyings[i] = IMarginAttestations.AttestedUnderlying({
                asset: address(bytes20(part[:20])),
                spot: uint128(bytes16(part[20:36])),
                grossAmount: uint128(bytes16(part[36:52])),
                volatility: uint64(bytes8(part[52:60])),
                inputsHash: bytes32(part[60:92])
            });
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
