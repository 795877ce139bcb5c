// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What the hub needs of the risk oracle
interface IHubFactors {
    /// @dev All scaled by 1e18.
    struct Factors {
        uint256 liquidationThreshold;
        uint256 borrowFactor;
        uint256 bonus;
        uint256 maintenanceVolatility;
        uint256 initialVolatility;
    }

    /// @notice The factors of an asset now. Reverts where it is not listed.
    function factors(address asset) external view returns (Factors memory);
}

/// @title What the hub needs of the vault whose accounts the liens secure
interface IHubVault {
    /// @notice Reverts where the account is outside its initial requirement; never where it owes nothing.
    /// @param addedRisk value by which the request leans on `leaf`
    function requireInitial(bytes32 account, bytes calldata leaf, uint256 addedRisk) external;

    /// @notice Opens the account and has the vault ask this hub about it from now on.
    function noteLien(bytes32 account) external;
}
