// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SignedObservation} from "../types/Observation.sol";

/// @title The attested risk vector, its bounds, and the collateral factors derived from it
interface IRiskOracle {
    /// @dev How long the oracle has been silent. Live: within the heartbeat. Stale: initial margin also counts the fallback inputs. Dead: no new
    /// risk at all. Maintenance is the same in all three.
    enum Stage {
        Live,
        Stale,
        Dead
    }

    /// @dev Governance's bounds and constants for one asset. All fractions are scaled by 1e18 and, but for `tailMultiplier` and `jump`, have at most
    /// nine decimals (`rampPerDay`: eight).
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

    /// @dev Bounds of the option inputs of one asset, scaled by 1e18.
    /// @param impliedFloor smallest attestable implied volatility, at least 1
    /// @param impliedCap largest attestable implied volatility
    /// @param impliedStep largest relative change of an implied volatility in one report, both ways
    /// @param forwardStep largest change of a forward ratio in one report, absolute
    /// @param forwardFloor smallest attestable forward ratio, at least 1
    /// @param forwardCap largest attestable forward ratio
    struct OptionBounds {
        uint64 impliedFloor;
        uint64 impliedCap;
        uint64 impliedStep;
        uint64 forwardStep;
        uint64 forwardFloor;
        uint64 forwardCap;
    }

    /// @dev What governance approved in advance for a silent oracle, inside the bounds, scaled by 1e18.
    struct Fallback {
        uint64 volatility;
        uint64 slippage;
        uint64 impliedVolatility;
    }

    /// @dev What is attested for one asset, and the ramp that is running.
    /// @param volatility of the last whole report: the target of maintenance
    /// @param slippage of the last whole report
    /// @param initialVolatility what initial margin uses: at least `volatility`, higher after a tightening inside the epoch
    /// @param initialSlippage likewise
    /// @param lnThresholdAtUpdate ln LT in force at the last checkpoint, scaled by 1e18
    /// @param lnThresholdTarget where ln LT moves to, scaled by 1e18
    /// @param maintenanceVolatilityAtUpdate volatility of maintenance in force at the last checkpoint, scaled by 1e18
    /// @param updatedAt chain time of the last checkpoint (whole report, change of bounds or listing), in seconds: the ramp's start
    struct AssetState {
        uint64 volatility;
        uint64 slippage;
        uint64 initialVolatility;
        uint64 initialSlippage;
        int128 lnThresholdAtUpdate;
        int128 lnThresholdTarget;
        uint64 maintenanceVolatilityAtUpdate;
        uint64 updatedAt;
    }

    /// @dev The factors in force, scaled by 1e18.
    /// @param liquidationThreshold maintenance, ramped
    /// @param borrowFactor initial, at once; past the heartbeat the smaller of those at last and at fallback inputs
    /// @param bonus largest liquidation bonus
    /// @param maintenanceVolatility of the grid range of maintenance, ramped
    /// @param initialVolatility of the grid range of initial margin at last inputs: at least `maintenanceVolatility`. The fallback is not
    /// in it: more volatility is not more risk for every book, so past the heartbeat a second requirement is evaluated at `fallbackInputs`
    struct Factors {
        uint256 liquidationThreshold;
        uint256 borrowFactor;
        uint256 bonus;
        uint256 maintenanceVolatility;
        uint256 initialVolatility;
    }

    /// @dev Ages in seconds.
    /// @param age since the last whole report
    /// @param heartbeat largest age that is Live
    /// @param limit largest age that is Stale
    struct Silence {
        uint256 age;
        uint256 heartbeat;
        uint256 limit;
        Stage stage;
    }

    event AssetListed(address indexed asset, uint64 volatility, uint64 slippage);
    event BoundsSet(address indexed asset, AssetBounds bounds, uint256 boundsVersion);
    event TimingSet(uint32 minInterval, uint32 heartbeat, uint32 silenceLimit, uint256 boundsVersion);
    event OptionBoundsSet(address indexed asset, OptionBounds bounds, uint256 boundsVersion);
    event FallbackSet(address indexed asset, Fallback inputs);
    event ExpiryListed(
        address indexed asset,
        uint64 indexed expiry,
        uint64 impliedVolatility,
        uint64 forwardRatio,
        uint256 boundsVersion
    );
    event ExpiryPruned(address indexed asset, uint64 indexed expiry, uint256 boundsVersion);
    /// @notice A whole report was applied; one per expiry, with what it replaced.
    event OptionInputsUpdated(
        uint64 indexed epoch,
        address indexed asset,
        uint64 indexed expiry,
        uint64 previousImplied,
        uint64 implied,
        uint64 previousRatio,
        uint64 ratio
    );
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
    error BoundsTooFine(address asset, bytes32 field, uint256 value, uint256 unit);
    error BoundsChangeTooEarly(address asset, uint256 currentTime, uint256 earliest);
    error HeadroomTooSmall(address asset, uint256 headroom, uint256 limit);
    error HeadroomLimitInvalid(uint256 limit, uint256 least, uint256 most);
    error IntervalTooShort(uint256 minInterval, uint256 least);
    error TimingNotAscending(uint256 minInterval, uint256 heartbeat, uint256 silenceLimit);
    error ExpiryPassed(uint64 expiry, uint256 currentTime);
    error ExpiryAlreadyListed(address asset, uint64 expiry);
    error ExpiryListFull(address asset, uint256 limit);
    error ExpiryUnknown(address asset, uint64 expiry);
    error NothingToPrune(address asset);
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
    error ExpiriesIncomplete(address asset, uint256 given, uint256 expected);
    error ExpiryMismatch(address asset, uint256 index, uint64 given, uint64 expected);
    error VolatilityOutOfBounds(address asset, uint256 volatility, uint256 floor, uint256 cap);
    error SlippageOutOfBounds(address asset, uint256 slippage, uint256 cap);
    error VolatilityStepTooLarge(address asset, uint256 previous, uint256 proposed, uint256 limit);
    error SlippageStepTooLarge(address asset, uint256 previous, uint256 proposed, uint256 limit);
    error ImpliedOutOfBounds(address asset, uint64 expiry, uint256 implied, uint256 floor, uint256 cap);
    error ForwardOutOfBounds(address asset, uint64 expiry, uint256 ratio, uint256 floor, uint256 cap);
    error ImpliedStepTooLarge(address asset, uint64 expiry, uint256 previous, uint256 proposed, uint256 limit);
    error ForwardStepTooLarge(address asset, uint64 expiry, uint256 previous, uint256 proposed, uint256 limit);
    error NothingTightens(uint256 epoch);

    /// @notice Lists an asset with its bounds and first attested values; its fallback is at the caps until set. Restricted to the risk admin.
    function listAsset(address asset, AssetBounds calldata bounds_, uint64 volatility, uint64 slippage) external;

    /// @notice Replaces an asset's bounds, at most once in 8 hours per asset. Maintenance still moves only by the ramp. A stored volatility
    /// under a raised floor moves up to it; bounds that exclude any other stored value or the fallback are refused. Restricted to the risk
    /// admin.
    function setBounds(address asset, AssetBounds calldata bounds_) external;

    /// @notice Replaces the bounds of an asset's option inputs; bounds that exclude a stored input are refused. A fallback without an implied
    /// volatility inside them is moved to their cap. Restricted to the risk admin.
    function setOptionBounds(address asset, OptionBounds calldata bounds_) external;

    /// @notice Approves in advance what initial margin is also measured at once the oracle is silent. Restricted to the risk admin.
    function setFallback(address asset, Fallback calldata inputs) external;

    /// @notice Lists an expiry with its first inputs, scaled by 1e18; at most 8 per asset. Restricted to the risk admin.
    function listExpiry(address asset, uint64 expiry, uint64 impliedVolatility, uint64 forwardRatio) external;

    /// @notice Removes the expiries that are at least 7 days past. Anyone may call.
    function pruneExpiries(address asset) external;

    /// @notice Sets the least time between whole reports (at least 2 hours), the age past which initial margin counts the fallback too, and the
    /// age past which no new risk is taken, in seconds and strictly ascending. Restricted.
    function setTiming(uint32 minInterval_, uint32 heartbeat_, uint32 silenceLimit_) external;

    /// @notice Applies a whole report: median per field of at least `threshold` observations, all or nothing. Anyone may call.
    function submit(SignedObservation[] calldata observations) external;

    /// @notice Tightens initial margin inside the epoch: the least tight of at least `tightenThreshold` observations counts,
    /// looser entries read as unchanged. Anyone may call.
    function tighten(SignedObservation[] calldata observations) external;

    /// @notice The factors of an asset now.
    function factors(address asset) external view returns (Factors memory);

    /// @notice What a liquidation asks of an asset, in one call: the threshold now, the largest bonus, and the threshold of 24 hours ago as
    /// `pastFactors` gives it; all scaled by 1e18.
    function maintenanceFactors(address asset)
        external
        view
        returns (uint256 liquidationThreshold, uint256 bonus, uint256 pastThreshold);

    /// @notice Maintenance of an asset 24 hours ago, scaled by 1e18: its LT and the volatility of its grid range. Of an asset listed later than that,
    /// at listing.
    function pastFactors(address asset)
        external
        view
        returns (uint256 liquidationThreshold, uint256 maintenanceVolatility);

    /// @notice The last attested inputs of an expiry, scaled by 1e18.
    function optionInputs(address asset, uint64 expiry)
        external
        view
        returns (uint256 impliedVolatility, uint256 forwardRatio);

    /// @notice The inputs of an expiry 24 hours ago; of one listed later than that, at listing.
    function pastOptionInputs(address asset, uint64 expiry)
        external
        view
        returns (uint256 impliedVolatility, uint256 forwardRatio);

    /// @notice What initial margin is also measured at past the heartbeat.
    function fallbackInputs(address asset) external view returns (Fallback memory);

    /// @notice How long the oracle has been silent.
    function silence() external view returns (Silence memory);

    /// @notice Binds a margin leaf to exactly the inputs it was computed from:
    /// keccak256(abi.encode(asset, uint256 epoch, uint256 tightenings, volatility, slippage, initialVolatility, initialSlippage, uint64[] expiries,
    /// uint64[] impliedVolatilities, uint64[] forwardRatios)), the four as uint64.
    function inputsHash(address asset) external view returns (bytes32);

    /// @notice Maintenance and initial derived from a vector inside the asset's bounds, without the ramp, both scaled by 1e18.
    function derive(address asset, uint64 volatility, uint64 slippage)
        external
        view
        returns (uint256 liquidationThreshold, uint256 borrowFactor);

    /// @notice The smallest LT/BF the bounds allow, scaled by 1e18: no target health may be above it.
    function minimumHeadroom(address asset) external view returns (uint256);

    function assets() external view returns (address[] memory);
    /// @notice The expiries of an asset in the order in which they are attested.
    function expiriesOf(address asset) external view returns (uint64[] memory);
    function optionBoundsOf(address asset) external view returns (OptionBounds memory);
    /// @notice No bounds allow a headroom under this, scaled by 1e18: a target health at or under it is right for ever.
    function headroomLimit() external view returns (uint256);
    function boundsOf(address asset) external view returns (AssetBounds memory);
    function stateOf(address asset) external view returns (AssetState memory);
    /// @notice Epoch of the last whole report.
    function epoch() external view returns (uint64);
    /// @notice Chain time of the last whole report, in seconds.
    function lastReportAt() external view returns (uint64);
    function minInterval() external view returns (uint32);
    function heartbeat() external view returns (uint32);
    function silenceLimit() external view returns (uint32);
    /// @notice Counts accepted tightenings.
    function tightenings() external view returns (uint32);
    /// @notice Counts every change of assets, expiries, bounds or timing.
    function boundsVersion() external view returns (uint64);
    /// @notice `chainId << 160 | address(this)`.
    function market() external view returns (bytes32);
    /// @notice Hash of signer set, thresholds and bounds version, which every observation must carry:
    /// keccak256(abi.encode(bytes32 signerSetDigest, uint256 boundsVersion)).
    function configDigest() external view returns (bytes32);
}
