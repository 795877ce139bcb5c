// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BlockHeader} from "@openzeppelin/contracts/utils/BlockHeader.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// @title Small Merkle-Patricia tries and their proofs, made as a node makes them: for tests alone
/// @dev Keys are hashes, all different. Paths are so long that every node has 32 bytes or more, so none is put inside its parent.
library TrieBuilder {
    struct Entry {
        bytes32 key;
        bytes value;
    }

    error NodeTooShort(uint256 length);

    /// @notice The entry of a storage slot.
    function slotEntry(bytes32 slot, bytes32 value) internal pure returns (Entry memory) {
        return Entry({key: keccak256(abi.encodePacked(slot)), value: RLP.encode(uint256(value))});
    }

    /// @notice The entry of an account with this storage root.
    function accountEntry(address account, bytes32 storageRoot) internal pure returns (Entry memory) {
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(1));
        fields[1] = RLP.encode(uint256(0));
        fields[2] = RLP.encode(storageRoot);
        fields[3] = RLP.encode(keccak256("code"));
        return Entry({key: keccak256(abi.encodePacked(account)), value: RLP.encode(fields)});
    }

    /// @notice A block header of today's length with these fields and others that say nothing.
    function headerRlp(uint256 number, bytes32 stateRoot, uint256 timestamp) internal pure returns (bytes memory) {
        bytes[] memory fields = new bytes[](21);
        for (uint256 i = 0; i < 21; ++i) {
            fields[i] = RLP.encode(keccak256(abi.encode(i)));
        }
        fields[uint8(BlockHeader.HeaderField.StateRoot)] = RLP.encode(stateRoot);
        fields[uint8(BlockHeader.HeaderField.Number)] = RLP.encode(number);
        fields[uint8(BlockHeader.HeaderField.Timestamp)] = RLP.encode(timestamp);
        return RLP.encode(fields);
    }

    function root(Entry[] memory entries) internal pure returns (bytes32) {
        return keccak256(_node(entries, 0));
    }

    /// @notice The nodes from the root to the leaf of `key`, or as far as its path goes.
    function proof(Entry[] memory entries, bytes32 key) internal pure returns (bytes[] memory nodes) {
        bytes[] memory found = new bytes[](64);
        uint256 count = 0;
        uint256 depth = 0;
        while (true) {
            found[count++] = _node(entries, depth);
            if (entries.length < 2) break;
            uint256 shared = _shared(entries, depth);
            if (shared > depth) {
                depth = shared;
                continue;
            }
            entries = _child(entries, depth, _nibble(key, depth));
            if (entries.length == 0) break;
            ++depth;
        }
        nodes = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            nodes[i] = found[i];
        }
    }

    /// @dev Leaf, extension or branch over entries that agree up to `depth`.
    function _node(Entry[] memory entries, uint256 depth) private pure returns (bytes memory node) {
        if (entries.length == 1) {
            node = _pair(_compact(entries[0].key, depth, 64, true), RLP.encode(entries[0].value));
        } else {
            uint256 shared = _shared(entries, depth);
            if (shared > depth) {
                node = _pair(_compact(entries[0].key, depth, shared, false), _link(_node(entries, shared)));
            } else {
                bytes[] memory children = new bytes[](17);
                for (uint8 i = 0; i < 16; ++i) {
                    Entry[] memory below = _child(entries, depth, i);
                    children[i] = below.length == 0 ? RLP.encode(bytes("")) : _link(_node(below, depth + 1));
                }
                children[16] = RLP.encode(bytes(""));
                node = RLP.encode(children);
            }
        }
        if (node.length < 32) revert NodeTooShort(node.length);
    }

    function _pair(bytes memory path, bytes memory item) private pure returns (bytes memory) {
        bytes[] memory items = new bytes[](2);
        (items[0], items[1]) = (RLP.encode(path), item);
        return RLP.encode(items);
    }

    function _link(bytes memory node) private pure returns (bytes memory) {
        return RLP.encode(keccak256(node));
    }

    /// @dev Nibbles [from, to) of a key with the hex prefix.
    function _compact(bytes32 key, uint256 from, uint256 to, bool leaf) private pure returns (bytes memory out) {
        uint256 count = to - from;
        uint8 flag = leaf ? 2 : 0;
        out = new bytes(count / 2 + 1);
        if (count % 2 == 1) {
            out[0] = bytes1((flag + 1) * 16 + _nibble(key, from));
            ++from;
        } else {
            out[0] = bytes1(flag * 16);
        }
        for (uint256 i = 1; from < to; ++i) {
            out[i] = bytes1(_nibble(key, from) * 16 + _nibble(key, from + 1));
            from += 2;
        }
    }

    function _shared(Entry[] memory entries, uint256 depth) private pure returns (uint256) {
        while (true) {
            uint8 first = _nibble(entries[0].key, depth);
            for (uint256 i = 1; i < entries.length; ++i) {
                if (_nibble(entries[i].key, depth) != first) return depth;
            }
            ++depth;
        }
        return depth;
    }

    function _child(Entry[] memory entries, uint256 depth, uint8 nibble) private pure returns (Entry[] memory below) {
        uint256 count = 0;
        for (uint256 i = 0; i < entries.length; ++i) {
            if (_nibble(entries[i].key, depth) == nibble) ++count;
        }
        below = new Entry[](count);
        count = 0;
        for (uint256 i = 0; i < entries.length; ++i) {
            if (_nibble(entries[i].key, depth) == nibble) below[count++] = entries[i];
        }
    }

    function _nibble(bytes32 key, uint256 depth) private pure returns (uint8) {
        uint8 pair = uint8(key[depth / 2]);
        return depth % 2 == 0 ? pair >> 4 : pair & 15;
    }
}
