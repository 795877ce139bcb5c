// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

/// @title What a storage slot of a contract held after a block, from `eth_getProof`
/// @dev Both tries are keyed by the hash of the key. The account's leaf is RLP [nonce, balance, storage root, code hash], the slot's leaf
/// the RLP of the value without leading zeros. Only what is there can be proved: a slot that holds zero is not in the trie, so
/// callers prove slots that are never zero. The two that walk tries are linked, not built into every caller.
library StorageProof {
    uint256 private constant ACCOUNT_FIELDS = 4;
    uint256 private constant STORAGE_ROOT_FIELD = 2;

    error AccountMalformed(address account, uint256 fields);

    /// @notice The storage root of `account` under a state root. Reverts where the proof does not hold.
    function storageRoot(bytes32 stateRoot, address account, bytes[] memory accountProof)
        external
        pure
        returns (bytes32)
    {
        bytes memory key = abi.encodePacked(keccak256(abi.encodePacked(account)));
        Memory.Slice[] memory fields = RLP.decodeList(TrieProof.traverse(stateRoot, key, accountProof));
        if (fields.length != ACCOUNT_FIELDS) revert AccountMalformed(account, fields.length);
        return RLP.readBytes32(fields[STORAGE_ROOT_FIELD]);
    }

    /// @notice The value of a slot under a storage root, never zero. Reverts where the proof does not hold.
    function slotValue(bytes32 root, bytes32 slot, bytes[] memory slotProof) external pure returns (bytes32) {
        bytes memory key = abi.encodePacked(keccak256(abi.encodePacked(slot)));
        return bytes32(RLP.decodeUint256(TrieProof.traverse(root, key, slotProof)));
    }

    /// @notice The slot of `mapping(bytes32 or integer => ...)` declared at `position`, for `key`.
    function mappingSlot(bytes32 key, uint256 position) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(key, position)));
    }
}
