// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The part of the risk oracle that options are margined by
/// @dev Fractions and volatilities are scaled by 1e18.
interface IOptionInputs {
    /// @dev How long the risk reports have been silent: not, past the heartbeat, past the silence limit.
    enum Stage {
        Live,
        Stale,
        Dead
    }

    /// @dev Pre-approved inputs that tighten initial margin while reports are silent.
    struct Fallback {
        uint256 volatility;
        uint256 slippage;
        uint256 impliedVolatility;
    }

    function expiriesOf(address asset) external view returns (uint64[] memory);
    function optionInputs(address asset, uint64 expiry)
        external
        view
        returns (uint256 impliedVolatility, uint256 forwardRatio);
    function pastOptionInputs(address asset, uint64 expiry)
        external
        view
        returns (uint256 impliedVolatility, uint256 forwardRatio);
    function volatilities(address asset) external view returns (uint256 maintenance, uint256 initial);
    function pastFactors(address asset) external view returns (uint256 lt, uint256 maintenanceVolatility);
    function fallbackInputs(address asset) external view returns (Fallback memory);
    function silence() external view returns (Stage);
}
