// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface IOptionBook {
    function legCount(bytes32 account) external view returns (uint256);
    function underlyingsOf(bytes32 account) external view returns (address[] memory);
    function initialRequirement(bytes32 account) external view returns (uint256);
    function maintenance(bytes32 account) external view returns (uint256 requirement, int256 markToMarket);
    function pastMaintenance(bytes32 account) external view returns (uint256 requirement);
    function pendingClaims(bytes32 account) external view returns (uint256);
    function takeFraction(bytes32 from, bytes32 to, uint256 fraction) external;
}
