// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LienId, LienTerms, Order} from "../types/Lien.sol";
import {StorageProof} from "./StorageProof.sol";

/// @title How liens and orders are named, hashed and stored: what both chains must agree on
/// @dev Storage that the other chain reads, part of the protocol like an ABI:
///
///   CollateralVault, position 1   mapping(uint256 number => Lien)
///                                   slot + 0   termsHash
///                                   slot + 1   counter << 128 | amount
///                    position 2   mapping(uint256 number => mapping(uint64 counter => bytes32 orderHash)), what was carried out
///   MarginHub,       position 1   mapping(bytes32 lienKey => mapping(uint64 counter => bytes32 orderHash)), what was issued
///
/// None of these slots is zero once it means something: a lien has an amount or a counter.
library LienCode {
    uint256 internal constant LIENS_POSITION = 1;
    uint256 internal constant EXECUTED_POSITION = 2;
    uint256 internal constant ORDERS_POSITION = 1;

    bytes32 private constant TERMS_TYPEHASH =
        keccak256("LienTerms(address owner,address token,uint256 hubChainId,address hub,bytes32 account)");
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(uint256 chainId,address collateralVault,uint256 number,uint256 hubChainId,address hub,uint64 counter,uint8 kind,uint128 units,address to,uint256 lienOut,uint128 minOut,uint64 deadline)"
    );

    function lienKey(LienId memory id) internal pure returns (bytes32) {
        return keccak256(abi.encode(id));
    }

    function termsHash(LienTerms memory terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(TERMS_TYPEHASH, terms));
    }

    function orderHash(Order memory order) internal pure returns (bytes32) {
        return keccak256(abi.encode(ORDER_TYPEHASH, order));
    }

    /// @notice Slot of the terms; the state is in the next one.
    function termsSlot(uint256 number) internal pure returns (bytes32) {
        return bytes32(StorageProof.mappingSlot(bytes32(number), LIENS_POSITION));
    }

    function stateSlot(uint256 number) internal pure returns (bytes32) {
        return bytes32(StorageProof.mappingSlot(bytes32(number), LIENS_POSITION) + 1);
    }

    function executedSlot(uint256 number, uint64 counter) internal pure returns (bytes32) {
        uint256 outer = StorageProof.mappingSlot(bytes32(number), EXECUTED_POSITION);
        return bytes32(StorageProof.mappingSlot(bytes32(uint256(counter)), outer));
    }

    function orderSlot(bytes32 key, uint64 counter) internal pure returns (bytes32) {
        uint256 outer = StorageProof.mappingSlot(key, ORDERS_POSITION);
        return bytes32(StorageProof.mappingSlot(bytes32(uint256(counter)), outer));
    }

    /// @notice Amount and counter of a state slot.
    function unpackState(bytes32 value) internal pure returns (uint128 amount, uint64 counter) {
        amount = uint128(uint256(value));
        counter = uint64(uint256(value) >> 128);
    }
}
