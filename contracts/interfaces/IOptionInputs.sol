// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The part of the risk oracle that options are margined by
/// @dev Names and ABI are those of `IRiskOracle`, which may stand in its place. Fractions and volatilities are scaled by 1e18.
interface IOptionInputs {
    enum Stage {
        Live,
        Stale,
        Dead
    }

    struct Fallback {
        uint64 volatility;
        uint64 slippage;
        uint64 impliedVolatility;
    }

    struct Factors {
        uint256 liquidationThreshold;
        uint256 borrowFactor;
        uint256 bonus;
        uint256 maintenanceVolatility;
        uint256 initialVolatility;
    }

    struct Silence {
        uint256 age;
        uint256 heartbeat;
        uint256 limit;
        Stage stage;
    }

    function expiriesOf(address asset) external view returns (uint64[] memory);
    function factors(address asset) external view returns (Factors memory);
    function pastFactors(address asset)
        external
        view
        returns (uint256 liquidationThreshold, uint256 maintenanceVolatility);
    function optionInputs(address asset, uint64 expiry)
        external
        view
        returns (uint256 impliedVolatility, uint256 forwardRatio);
    function pastOptionInputs(address asset, uint64 expiry)
        external
        view
        returns (uint256 impliedVolatility, uint256 forwardRatio);
    function fallbackInputs(address asset) external view returns (Fallback memory);
    function silence() external view returns (Silence memory);
}
