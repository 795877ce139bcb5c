// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface IMarginAttestations {
    function consume(bytes32 account, bytes calldata leaf, uint256 addedRisk)
        external
        returns (bool valid, uint256 requirement);
}
