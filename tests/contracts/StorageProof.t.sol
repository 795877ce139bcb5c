// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {Test} from "forge-std/Test.sol";

import {StorageProof} from "../../contracts/libraries/StorageProof.sol";
import {TrieBuilder} from "./mocks/TrieBuilder.sol";

contract StorageProofTest is Test {
    function _slots(uint256 count) private pure returns (TrieBuilder.Entry[] memory slots) {
        slots = new TrieBuilder.Entry[](count);
        for (uint256 i = 0; i < count; ++i) {
            slots[i] = TrieBuilder.slotEntry(bytes32(i), bytes32(i * i + 1));
        }
    }

    function _key(uint256 slot) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes32(slot)));
    }

    function _expect(TrieProof.ProofError failure) private {
        vm.expectRevert(abi.encodeWithSelector(TrieProof.TrieProofTraversalError.selector, failure));
    }

    function test_SlotsOfTriesOfEverySizeAreProved() public pure {
        uint256[4] memory sizes = [uint256(1), 2, 3, 17];
        for (uint256 s = 0; s < sizes.length; ++s) {
            TrieBuilder.Entry[] memory slots = _slots(sizes[s]);
            bytes32 root = TrieBuilder.root(slots);
            for (uint256 i = 0; i < sizes[s]; ++i) {
                bytes32 value = StorageProof.slotValue(root, bytes32(i), TrieBuilder.proof(slots, _key(i)));
                assertEq(uint256(value), i * i + 1);
            }
        }
    }

    function testFuzz_AnyValueAndAccountIsProved(address account, bytes32 slot, bytes32 value, bytes32 other)
        public
        pure
    {
        vm.assume(value != 0 && slot != other && account != address(1));
        TrieBuilder.Entry[] memory slots = new TrieBuilder.Entry[](2);
        slots[0] = TrieBuilder.slotEntry(slot, value);
        slots[1] = TrieBuilder.slotEntry(other, bytes32(uint256(1)));
        TrieBuilder.Entry[] memory accounts = new TrieBuilder.Entry[](2);
        accounts[0] = TrieBuilder.accountEntry(account, TrieBuilder.root(slots));
        accounts[1] = TrieBuilder.accountEntry(address(1), keccak256("other"));

        bytes32 root =
            StorageProof.storageRoot(TrieBuilder.root(accounts), account, TrieBuilder.proof(accounts, accounts[0].key));
        assertEq(root, TrieBuilder.root(slots));
        assertEq(StorageProof.slotValue(root, slot, TrieBuilder.proof(slots, slots[0].key)), value);
    }

    function test_RevertWhen_TheRootIsAnother() public {
        TrieBuilder.Entry[] memory slots = _slots(3);
        bytes[] memory proof = TrieBuilder.proof(slots, _key(1));
        _expect(TrieProof.ProofError.INVALID_ROOT);
        StorageProof.slotValue(keccak256("another root"), bytes32(uint256(1)), proof);
    }

    function test_RevertWhen_TheSlotIsNotInTheTrie() public {
        TrieBuilder.Entry[] memory slots = _slots(1);
        bytes[] memory proof = TrieBuilder.proof(slots, _key(0));
        bytes32 root = TrieBuilder.root(slots);
        _expect(TrieProof.ProofError.INVALID_PATH_REMAINDER);
        StorageProof.slotValue(root, bytes32(uint256(9)), proof);
    }

    function test_RevertWhen_TheProofIsEmptyOrCutOrLong() public {
        TrieBuilder.Entry[] memory slots = _slots(17);
        bytes32 root = TrieBuilder.root(slots);
        bytes[] memory proof = TrieBuilder.proof(slots, _key(1));
        assertGt(proof.length, 1);

        _expect(TrieProof.ProofError.INVALID_PROOF);
        StorageProof.slotValue(root, bytes32(uint256(1)), new bytes[](0));

        bytes[] memory cut = new bytes[](proof.length - 1);
        bytes[] memory long = new bytes[](proof.length + 1);
        for (uint256 i = 0; i < proof.length; ++i) {
            long[i] = proof[i];
            if (i < cut.length) cut[i] = proof[i];
        }
        long[proof.length] = proof[0];
        _expect(TrieProof.ProofError.INVALID_PROOF);
        StorageProof.slotValue(root, bytes32(uint256(1)), cut);
        _expect(TrieProof.ProofError.INVALID_EXTRA_PROOF_ELEMENT);
        StorageProof.slotValue(root, bytes32(uint256(1)), long);
    }

    /// @dev One bit anywhere in any node spoils the proof.
    function testFuzz_RevertWhen_AnyBitOfTheProofIsFlipped(uint256 node, uint256 place, uint8 bit) public {
        TrieBuilder.Entry[] memory slots = _slots(4);
        bytes32 root = TrieBuilder.root(slots);
        bytes[] memory proof = TrieBuilder.proof(slots, _key(1));
        node = bound(node, 0, proof.length - 1);
        place = bound(place, 0, proof[node].length - 1);
        proof[node][place] ^= bytes1(uint8(1) << (bit % 8));
        vm.expectRevert();
        StorageProof.slotValue(root, bytes32(uint256(1)), proof);
    }

    function test_RevertWhen_AnAccountHasFiveFields() public {
        bytes32 root;
        bytes[] memory proof;
        address account = address(0xabc);
        (root, proof) = _oddAccount(account);
        vm.expectRevert(abi.encodeWithSelector(StorageProof.AccountMalformed.selector, account, 5));
        StorageProof.storageRoot(root, account, proof);
    }

    function _oddAccount(address account) private pure returns (bytes32 root, bytes[] memory proof) {
        TrieBuilder.Entry[] memory accounts = new TrieBuilder.Entry[](1);
        // A list of five zeros.
        accounts[0] = TrieBuilder.Entry({key: keccak256(abi.encodePacked(account)), value: hex"c58080808080"});
        return (TrieBuilder.root(accounts), TrieBuilder.proof(accounts, accounts[0].key));
    }
}
