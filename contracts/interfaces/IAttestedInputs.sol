// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What attested requirements ask of the risk oracle
interface IAttestedInputs {
    /// @dev Scaled by 1e18.
    struct Factors {
        uint256 liquidationThreshold;
        uint256 borrowFactor;
        uint256 bonus;
        uint256 maintenanceVolatility;
        uint256 initialVolatility;
    }

    /// @notice keccak256(abi.encode(asset, uint256 epoch, uint256 tightenings, volatility, slippage, initialVolatility, initialSlippage, uint64[] expiries,
    /// uint64[] impliedVolatilities, uint64[] forwardRatios)), the four as uint64.
    function inputsHash(address asset) external view returns (bytes32);
    /// @notice The factors of an asset; `initialVolatility` sets the range for initial margin.
    function factors(address asset) external view returns (Factors memory);
    function epoch() external view returns (uint64);
    function tightenings() external view returns (uint32);
    function boundsVersion() external view returns (uint64);
    function lastReportAt() external view returns (uint64);
    function heartbeat() external view returns (uint32);
}
