// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SignedObservation} from "../types/Observation.sol";

/// @title The attested risk vector, its bounds, and the collateral factors derived from it
interface IRiskOracle {
    /// @dev Governance's bounds and constants for one asset. All fractions are scaled by 1e18.
    /// @param volatilityFloor smallest attestable volatility
    /// @param volatilityCap largest attestable volatility
    /// @param slippageCap largest attestable slippage
    /// @param tightenStep largest relative rise of volatility in one report (1e18 = may double)
    /// @param loosenStep largest relative fall of volatility in one report
    /// @param slippageStep largest change of slippage in one report, absolute
    /// @param tailMultiplier ES multiplier m of the modelled loss (2.6652142e18 = normal at 99 %)
    /// @param bonus largest liquidation bonus b
    /// @param jump floor on the loss the threshold must leave room for: LT <= 1 - jump
    /// @param rampPerDay fixed rate of the maintenance ramp: change of ln LT in 24 h, at most half of ln(LT/BF) at the floor
    /// @param horizon liquidation horizon h in seconds
    struct AssetBounds {
        uint64 volatilityFloor;
        uint64 volatilityCap;
        uint64 slippageCap;
        uint64 tightenStep;
        uint64 loosenStep;
        uint64 slippageStep;
        uint64 tailMultiplier;
        uint64 bonus;
        uint64 jump;
        uint64 rampPerDay;
        uint32 horizon;
    }

    /// @dev What is attested for one asset, and where its ramp started.
    /// @param volatility of the last whole report: the target of maintenance
    /// @param slippage of the last whole report
    /// @param initialVolatility what initial margin uses: at least `volatility`, higher after a tightening inside the epoch
    /// @param initialSlippage likewise
    /// @param lnThresholdAtUpdate ln LT in force when the last whole report was applied, scaled by 1e18
    /// @param updatedAt chain time of the last whole report (or of listing), in seconds: the ramp's start
    struct AssetState {
        uint64 volatility;
        uint64 slippage;
        uint64 initialVolatility;
        uint64 initialSlippage;
        int128 lnThresholdAtUpdate;
        uint64 updatedAt;
    }

    /// @dev The factors in force, scaled by 1e18.
    /// @param liquidationThreshold maintenance, ramped
    /// @param borrowFactor initial, at once
    /// @param bonus largest liquidation bonus
    struct Factors {
        uint256 liquidationThreshold;
        uint256 borrowFactor;
        uint256 bonus;
    }

    event AssetListed(address indexed asset, uint64 volatility, uint64 slippage);
    event BoundsSet(address indexed asset, AssetBounds bounds, uint256 boundsVersion);
    event TimingSet(uint32 minInterval, uint32 heartbeat, uint256 boundsVersion);
    /// @notice A whole report was applied; one per asset, with what it replaced. Also for an asset whose stored volatility a raised
    /// floor moved up, with the epoch unchanged.
    event RiskUpdated(
        uint64 indexed epoch,
        address indexed asset,
        uint64 previousVolatility,
        uint64 volatility,
        uint64 previousSlippage,
        uint64 slippage
    );
    /// @notice Initial margin was tightened inside an epoch; one per asset that moved.
    event InitialTightened(
        uint64 indexed epoch,
        address indexed asset,
        uint64 previousVolatility,
        uint64 volatility,
        uint64 previousSlippage,
        uint64 slippage
    );

    error AssetUnknown(address asset);
    error AssetAlreadyListed(address asset);
    error AssetListFull(uint256 limit);
    error BoundsInvalid(address asset, bytes32 field, uint256 value, uint256 limit);
    error TimingInvalid(uint256 minInterval, uint256 heartbeat);
    error WrongMarket(bytes32 given, bytes32 expected);
    error ConfigDigestMismatch(bytes32 given, bytes32 expected);
    error EpochOutOfOrder(uint256 given, uint256 expected);
    error ReportTooEarly(uint256 currentTime, uint256 earliest);
    error ObservationNotYetValid(uint256 notBefore, uint256 currentTime);
    error ObservationExpired(uint256 deadline, uint256 currentTime);
    error ObservationOutdated(uint256 observedAt, uint256 lastReportAt);
    error ObservationFromFuture(uint256 observedAt, uint256 currentTime);
    error VectorIncomplete(uint256 given, uint256 expected);
    error VectorAssetMismatch(uint256 index, address given, address expected);
    error VolatilityOutOfBounds(address asset, uint256 volatility, uint256 floor, uint256 cap);
    error SlippageOutOfBounds(address asset, uint256 slippage, uint256 cap);
    error VolatilityStepTooLarge(address asset, uint256 previous, uint256 proposed, uint256 limit);
    error SlippageStepTooLarge(address asset, uint256 previous, uint256 proposed, uint256 limit);
    error NothingTightens(uint256 epoch);

    /// @notice Lists an asset with its bounds and first attested values. Restricted to the risk admin.
    function listAsset(address asset, AssetBounds calldata bounds_, uint64 volatility, uint64 slippage) external;

    /// @notice Replaces an asset's bounds. Maintenance still moves only by the ramp. A stored volatility under a raised floor moves up
    /// to it; a cap under a stored value is refused. Restricted to the risk admin.
    function setBounds(address asset, AssetBounds calldata bounds_) external;

    /// @notice Sets the least time between whole reports and the age past which no new risk is taken. Restricted.
    function setTiming(uint32 minInterval_, uint32 heartbeat_) external;

    /// @notice Applies a whole report: median per field of at least `threshold` observations, all or nothing. Anyone may call.
    function submit(SignedObservation[] calldata observations) external;

    /// @notice Tightens initial margin inside the epoch: the least tight of at least `tightenThreshold` observations counts,
    /// looser entries read as unchanged. Anyone may call.
    function tighten(SignedObservation[] calldata observations) external;

    /// @notice The factors of an asset now.
    function factors(address asset) external view returns (Factors memory);

    /// @notice Maintenance and initial derived from a vector inside the asset's bounds, without the ramp, both scaled by 1e18.
    function derive(address asset, uint64 volatility, uint64 slippage)
        external
        view
        returns (uint256 liquidationThreshold, uint256 borrowFactor);

    /// @notice The smallest LT/BF the bounds allow, scaled by 1e18: no target health may be above it.
    function minimumHeadroom(address asset) external view returns (uint256);

    function assets() external view returns (address[] memory);
    function boundsOf(address asset) external view returns (AssetBounds memory);
    function stateOf(address asset) external view returns (AssetState memory);
    /// @notice Epoch of the last whole report.
    function epoch() external view returns (uint64);
    /// @notice Chain time of the last whole report, in seconds.
    function lastReportAt() external view returns (uint64);
    function minInterval() external view returns (uint32);
    function heartbeat() external view returns (uint32);
    /// @notice Counts every change of assets, bounds or timing.
    function boundsVersion() external view returns (uint64);
    /// @notice `chainId << 160 | address(this)`.
    function market() external view returns (bytes32);
    /// @notice Hash of signer set, thresholds and bounds version, which every observation must carry:
    /// keccak256(abi.encode(bytes32 signerSetDigest, uint256 boundsVersion)).
    function configDigest() external view returns (bytes32);
}
