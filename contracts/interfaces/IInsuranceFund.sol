// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface IInsuranceFund {
    function cover(uint256 amount) external returns (uint256 covered);
}
