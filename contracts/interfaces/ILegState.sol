// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What attested requirements ask of the option book
interface ILegState {
    /// @dev An asset that options are written on; its place in the list stands in packed legs.
    struct Underlying {
        address asset;
        uint96 lot;
        uint96 strikeTick;
    }

    /// @notice What an attested requirement is bound to. `legsHash` = keccak256(abi.encodePacked(packed legs)).
    function legState(bytes32 account) external view returns (bytes32 legsHash, uint64 nonce, uint256 grossNotional);
    function underlyings() external view returns (Underlying[] memory);
}
