// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface IGuardian {
    function requireNewRisk() external view;
    function liquidationBlockedUntil(address asset) external view returns (uint64);
}
