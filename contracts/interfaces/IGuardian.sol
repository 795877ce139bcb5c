// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The breaker: what is stopped, until when, and how much more may be
interface IGuardian {
    /// @dev From free to halted. `NewRisk` and `Halt` concern everything, `Liquidation` one asset.
    enum Level {
        None,
        NewRisk,
        Liquidation,
        Halt
    }

    event Raised(Level indexed level, address indexed asset, uint64 until, uint64 used);
    event Lifted(Level indexed level, address indexed asset, uint64 wouldHaveEndedAt, uint64 used);

    error LevelNotRaisable(Level level);
    error LevelWantsAsset(Level level);
    error LevelConcernsEverything(Level level, address asset);
    error DurationZero();
    error StopStillRunning(Level level, address asset, uint256 until);
    error AllowanceExceeded(Level level, address asset, uint256 duration, uint256 left, uint256 wholeAgainAt);
    error NothingToLift(Level level, address asset);
    error NewRiskStopped(uint256 until);
    error LiquidationStopped(address asset, uint256 until);

    /// @notice Stops something for `duration` seconds. Restricted to the guardian.
    /// @param asset the asset that may not be liquidated; zero for the levels that concern everything
    function raise(Level level, address asset, uint64 duration) external;

    /// @notice Ends a stop before its time; what was not used of it goes back to the allowance. Restricted to the risk admin.
    function lift(Level level, address asset) external;

    /// @notice Reverts while new risk is stopped. Borrowing, withdrawing under debt and writing options ask this; repaying and
    /// adding collateral never do.
    function requireNewRisk() external view;

    /// @notice Reverts while liquidation, the seizure of `asset`, is stopped.
    function requireLiquidation(address asset) external view;

    /// @notice When new risk is free again; a time that has passed means that it is free.
    function newRiskBlockedUntil() external view returns (uint64);

    /// @notice When liquidation of `asset` is free again; a time that has passed means that it is free.
    function liquidationBlockedUntil(address asset) external view returns (uint64);

    /// @notice The highest level in force for `asset`.
    function levelOf(address asset) external view returns (Level);

    /// @notice The longest stop of that kind that the allowance leaves room for now, whether or not one is running.
    function allowanceLeft(Level level, address asset) external view returns (uint256);
}
