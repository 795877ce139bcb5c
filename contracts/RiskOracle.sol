// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IAttestationVerifier} from "./interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {BoundsCheck} from "./libraries/BoundsCheck.sol";
import {FactorMath} from "./libraries/FactorMath.sol";
import {Median} from "./libraries/Median.sol";
import {AssetRisk, Observation, SignedObservation} from "./types/Observation.sol";

/// @title The attested risk vector, its bounds, and the collateral factors derived from it
/// @dev SPECIFICATION
///
/// What is attested, per asset: applied volatility sigma (annualised) and slippage s. Everything else is derived here, by the formulas
/// of `libraries/FactorMath.sol`, so coupled parameters cannot drift apart.
///
/// Two numbers (scaled by 1e18, z99 = 2.3263478740):
///   maintenance  LT(t): ln LT moves from where it was when the last whole report was applied towards the target
///                ln min(exp(-m sigma sqrt h)(1-s)/(1+b), 1-jump) at `rampPerDay` per 86,400 s, both ways, and stops there
///   initial      BF = min(LT(t), LTtarget(initial sigma, initial s)) exp(-z99 initial sigma sqrt(1 d))
/// `initial sigma`, `initial s` are the last report's, or higher ones from `tighten` inside the epoch. So initial moves at once and maintenance
/// by the ramp, and BF is always at least one bad day under LT.
///
/// A whole report (`submit`) is checked in this order, and is applied whole or refused whole; nothing is clamped:
///   each observation   market, epoch = current + 1, config digest, notBefore <= now <= deadline, observedAt <= now,
///                      observedAt >= lastReportAt, one entry for every asset in the order of `assets()`
///   the report         minInterval since lastReportAt, quorum of `threshold` signatures,
///                      then per field the median (of an even count the larger of the two middle ones),
///                      then bounds: floor <= sigma <= cap, s <= slippageCap,
///                      then steps against the last whole report: sigma in [previous (1 - loosenStep), previous (1 + tightenStep)],
///                      |s - previous| <= slippageStep
/// It opens the next epoch and clears any tightening.
///
/// `tighten` needs `tightenThreshold` signatures (f + 1: at least one honest) and has the same checks but for minInterval. Per field the *least*
/// tight of the observations counts, so liars alone cannot move it further than an honest signer would; an entry at or under the current
/// initial value reads as unchanged; cap and tightening steps (against the last whole report) are checked after. At least one entry must
/// tighten. The epoch stays, and a tighter one may follow.
///
/// Config digest = keccak256(abi.encode(signerSetDigest, boundsVersion)): a change of bounds, assets or timing voids every report signed
/// before it; one of signers or thresholds does so when the overlap with the previous signer set ends. A report is of one set.
///
/// `setBounds`. Maintenance goes on from where it is. A stored value under a raised floor moves up to the floor, as if reported: initial at
/// once, maintenance by the ramp. A cap under a stored value is refused, since moving down to it would loosen.
///
/// Liveness. Without reports nothing here changes but the ramp, which stops at its target; readers see the age in `lastReportAt`.
///
/// Roles. `listAsset`, `setBounds`, `setTiming` are restricted (risk admin). Anyone carries a report. No role sets a volatility directly
/// except at listing.
contract RiskOracle is IRiskOracle, AccessManaged {
    using SafeCast for int256;

    uint256 private constant WAD = 1e18;
    uint256 private constant MAX_ASSETS = 16;

    /// @notice The signer set that reports are checked against.
    IAttestationVerifier public immutable verifier;

    /// @inheritdoc IRiskOracle
    uint64 public epoch;
    /// @inheritdoc IRiskOracle
    uint64 public lastReportAt;
    /// @inheritdoc IRiskOracle
    uint32 public minInterval;
    /// @inheritdoc IRiskOracle
    uint32 public heartbeat;
    /// @inheritdoc IRiskOracle
    uint64 public boundsVersion;

    address[] private _assets;
    mapping(address asset => AssetBounds) private _bounds;
    mapping(address asset => AssetState) private _states;

    constructor(address authority_, IAttestationVerifier verifier_, uint32 minInterval_, uint32 heartbeat_)
        AccessManaged(authority_)
    {
        verifier = verifier_;
        lastReportAt = uint64(block.timestamp);
        _setTiming(minInterval_, heartbeat_);
    }

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc IRiskOracle
    function listAsset(address asset, AssetBounds calldata bounds_, uint64 volatility, uint64 slippage)
        external
        restricted
    {
        if (_isListed(asset)) revert AssetAlreadyListed(asset);
        if (_assets.length == MAX_ASSETS) revert AssetListFull(MAX_ASSETS);
        BoundsCheck.requireValid(asset, bounds_);
        _requireInBounds(asset, volatility, slippage, bounds_);

        _assets.push(asset);
        _bounds[asset] = bounds_;
        _store(asset, volatility, slippage, _lnTarget(bounds_, volatility, slippage));
        uint256 version = ++boundsVersion;

        emit BoundsSet(asset, bounds_, version);
        emit AssetListed(asset, volatility, slippage);
    }

    /// @inheritdoc IRiskOracle
    function setBounds(address asset, AssetBounds calldata bounds_) external restricted {
        _requireListed(asset);
        BoundsCheck.requireValid(asset, bounds_);
        AssetState memory state = _states[asset];
        uint64 volatility = _atLeast(state.volatility, bounds_.volatilityFloor);
        uint64 initialVolatility = _atLeast(state.initialVolatility, bounds_.volatilityFloor);
        _requireInBounds(asset, volatility, state.slippage, bounds_);
        _requireInBounds(asset, initialVolatility, state.initialSlippage, bounds_);

        // The ramp up to now is the old bounds'; what follows is the new ones'.
        _states[asset] = AssetState({
            volatility: volatility,
            slippage: state.slippage,
            initialVolatility: initialVolatility,
            initialSlippage: state.initialSlippage,
            lnThresholdAtUpdate: _lnThresholdNow(_bounds[asset], state).toInt128(),
            updatedAt: uint64(block.timestamp)
        });
        _bounds[asset] = bounds_;
        uint256 version = ++boundsVersion;

        emit BoundsSet(asset, bounds_, version);
        if (volatility != state.volatility) {
            emit RiskUpdated(epoch, asset, state.volatility, volatility, state.slippage, state.slippage);
        }
    }

    /// @inheritdoc IRiskOracle
    function setTiming(uint32 minInterval_, uint32 heartbeat_) external restricted {
        _setTiming(minInterval_, heartbeat_);
    }

    // --------------------------------------------------------------------------------------------------- reports

    /// @inheritdoc IRiskOracle
    function submit(SignedObservation[] calldata observations) external {
        address[] memory listed = _assets;
        bytes32 setDigest = _checkObservations(observations, listed);
        uint256 earliest = uint256(lastReportAt) + minInterval;
        if (block.timestamp < earliest) revert ReportTooEarly(block.timestamp, earliest);
        verifier.requireQuorum(observations, setDigest, IAttestationVerifier.Quorum.Whole);

        uint64 opened = epoch + 1;
        epoch = opened;
        lastReportAt = uint64(block.timestamp);
        for (uint256 i = 0; i < listed.length; ++i) {
            _applyMedian(opened, i, listed[i], observations);
        }
    }

    /// @inheritdoc IRiskOracle
    function tighten(SignedObservation[] calldata observations) external {
        address[] memory listed = _assets;
        bytes32 setDigest = _checkObservations(observations, listed);
        verifier.requireQuorum(observations, setDigest, IAttestationVerifier.Quorum.Tighten);

        bool tightened = false;
        for (uint256 i = 0; i < listed.length; ++i) {
            if (_applyLeastTight(i, listed[i], observations)) tightened = true;
        }
        if (!tightened) revert NothingTightens(epoch);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IRiskOracle
    function factors(address asset) external view returns (Factors memory) {
        _requireListed(asset);
        AssetBounds memory bounds_ = _bounds[asset];
        AssetState memory state = _states[asset];

        int256 maintenance = _lnThresholdNow(bounds_, state);
        int256 initial =
            FixedPointMathLib.min(maintenance, _lnTarget(bounds_, state.initialVolatility, state.initialSlippage));
        return Factors({
            liquidationThreshold: FactorMath.factorDown(maintenance),
            borrowFactor: FactorMath.borrowFactorDown(initial, state.initialVolatility),
            bonus: bounds_.bonus
        });
    }

    /// @inheritdoc IRiskOracle
    function derive(address asset, uint64 volatility, uint64 slippage)
        external
        view
        returns (uint256 liquidationThreshold, uint256 borrowFactor)
    {
        _requireListed(asset);
        AssetBounds memory bounds_ = _bounds[asset];
        _requireInBounds(asset, volatility, slippage, bounds_);

        int256 lnTarget = _lnTarget(bounds_, volatility, slippage);
        liquidationThreshold = FactorMath.factorDown(lnTarget);
        borrowFactor = FactorMath.borrowFactorDown(lnTarget, volatility);
    }

    /// @inheritdoc IRiskOracle
    function minimumHeadroom(address asset) external view returns (uint256) {
        _requireListed(asset);
        return FactorMath.headroomDown(_bounds[asset].volatilityFloor);
    }

    /// @inheritdoc IRiskOracle
    function assets() external view returns (address[] memory) {
        return _assets;
    }

    /// @inheritdoc IRiskOracle
    function boundsOf(address asset) external view returns (AssetBounds memory) {
        return _bounds[asset];
    }

    /// @inheritdoc IRiskOracle
    function stateOf(address asset) external view returns (AssetState memory) {
        return _states[asset];
    }

    /// @inheritdoc IRiskOracle
    function market() public view returns (bytes32) {
        return bytes32((block.chainid << 160) | uint160(address(this)));
    }

    /// @inheritdoc IRiskOracle
    function configDigest() public view returns (bytes32) {
        return _configDigestOf(verifier.signerSetDigest());
    }

    // --------------------------------------------------------------------------------------------------- checks

    /// @dev All observations are for one signer set, which is returned: the current one, or the previous one in its overlap.
    function _checkObservations(SignedObservation[] calldata observations, address[] memory listed)
        private
        view
        returns (bytes32 setDigest)
    {
        bytes32 market_ = market();
        bytes32 digest;
        (setDigest, digest) = _signedFor(observations);
        for (uint256 i = 0; i < observations.length; ++i) {
            Observation calldata observation = observations[i].observation;
            _checkIdentity(observation, market_, digest);
            _checkTimes(observation);
            _checkVector(observation.vector, listed);
        }
    }

    /// @dev The accepted signer set that the first observation was signed for, and the config digest that all must carry then.
    function _signedFor(SignedObservation[] calldata observations)
        private
        view
        returns (bytes32 setDigest, bytes32 digest)
    {
        bytes32 previous;
        (setDigest, previous) = verifier.acceptedSetDigests();
        digest = _configDigestOf(setDigest);
        if (previous == 0 || observations.length == 0) return (setDigest, digest);

        bytes32 other = _configDigestOf(previous);
        if (observations[0].observation.configDigest == other) return (previous, other);
    }

    function _configDigestOf(bytes32 setDigest) private view returns (bytes32) {
        return keccak256(abi.encode(setDigest, uint256(boundsVersion)));
    }

    function _checkIdentity(Observation calldata observation, bytes32 market_, bytes32 digest) private view {
        if (observation.market != market_) revert WrongMarket(observation.market, market_);
        uint256 expected = uint256(epoch) + 1;
        if (observation.epoch != expected) revert EpochOutOfOrder(observation.epoch, expected);
        if (observation.configDigest != digest) revert ConfigDigestMismatch(observation.configDigest, digest);
    }

    function _checkTimes(Observation calldata observation) private view {
        uint256 currentTime = block.timestamp;
        if (currentTime < observation.notBefore) revert ObservationNotYetValid(observation.notBefore, currentTime);
        if (currentTime > observation.deadline) revert ObservationExpired(observation.deadline, currentTime);
        if (observation.observedAt > currentTime) revert ObservationFromFuture(observation.observedAt, currentTime);
        if (observation.observedAt < lastReportAt) revert ObservationOutdated(observation.observedAt, lastReportAt);
    }

    function _checkVector(AssetRisk[] calldata vector, address[] memory listed) private pure {
        if (vector.length != listed.length) revert VectorIncomplete(vector.length, listed.length);
        for (uint256 i = 0; i < listed.length; ++i) {
            if (vector[i].asset != listed[i]) revert VectorAssetMismatch(i, vector[i].asset, listed[i]);
        }
    }

    function _requireInBounds(address asset, uint256 volatility, uint256 slippage, AssetBounds memory bounds_)
        private
        pure
    {
        if (volatility < bounds_.volatilityFloor || volatility > bounds_.volatilityCap) {
            revert VolatilityOutOfBounds(asset, volatility, bounds_.volatilityFloor, bounds_.volatilityCap);
        }
        if (slippage > bounds_.slippageCap) revert SlippageOutOfBounds(asset, slippage, bounds_.slippageCap);
    }

    /// @dev The tightening side of the steps, which both kinds of report have.
    function _requireTighteningStep(
        address asset,
        uint256 volatility,
        uint256 slippage,
        AssetState memory previous,
        AssetBounds memory bounds_
    ) private pure {
        uint256 volatilityLimit =
            uint256(previous.volatility) * (WAD + bounds_.tightenStep) / WAD;
        if (volatility > volatilityLimit) {
            revert VolatilityStepTooLarge(asset, previous.volatility, volatility, volatilityLimit);
        }
        uint256 slippageLimit = uint256(previous.slippage) + bounds_.slippageStep;
        if (slippage > slippageLimit) {
            revert SlippageStepTooLarge(asset, previous.slippage, slippage, slippageLimit);
        }
    }

    function _requireLooseningStep(
        address asset,
        uint256 volatility,
        uint256 slippage,
        AssetState memory previous,
        AssetBounds memory bounds_
    ) private pure {
        uint256 volatilityLimit = FixedPointMathLib.divUp(
            uint256(previous.volatility) * (WAD - bounds_.loosenStep), WAD
        );
        if (volatility < volatilityLimit) {
            revert VolatilityStepTooLarge(asset, previous.volatility, volatility, volatilityLimit);
        }
        uint256 slippageLimit = FixedPointMathLib.zeroFloorSub(previous.slippage, bounds_.slippageStep);
        if (slippage < slippageLimit) {
            revert SlippageStepTooLarge(asset, previous.slippage, slippage, slippageLimit);
        }
    }

    function _requireListed(address asset) private view {
        if (!_isListed(asset)) revert AssetUnknown(asset);
    }

    // -------------------------------------------------------------------------------------------------- changes

    /// @dev Median, bounds, steps, then the new state of one asset of a whole report.
    function _applyMedian(uint64 opened, uint256 index, address asset, SignedObservation[] calldata observations)
        private
    {
        AssetBounds memory bounds_ = _bounds[asset];
        AssetState memory previous = _states[asset];
        (uint64 volatility, uint64 slippage) = _median(index, observations);
        _requireInBounds(asset, volatility, slippage, bounds_);
        _requireTighteningStep(asset, volatility, slippage, previous, bounds_);
        _requireLooseningStep(asset, volatility, slippage, previous, bounds_);

        _store(asset, volatility, slippage, _lnThresholdNow(bounds_, previous));

        emit RiskUpdated(opened, asset, previous.volatility, volatility, previous.slippage, slippage);
    }

    /// @dev The least tight observation of one asset, where it tightens. Maintenance is untouched.
    function _applyLeastTight(uint256 index, address asset, SignedObservation[] calldata observations)
        private
        returns (bool)
    {
        AssetBounds memory bounds_ = _bounds[asset];
        AssetState memory previous = _states[asset];
        (uint64 volatility, uint64 slippage) = _leastTight(index, observations);
        volatility = _atLeast(volatility, previous.initialVolatility);
        slippage = _atLeast(slippage, previous.initialSlippage);
        if (volatility == previous.initialVolatility && slippage == previous.initialSlippage) return false;
        _requireInBounds(asset, volatility, slippage, bounds_);
        _requireTighteningStep(asset, volatility, slippage, previous, bounds_);

        _states[asset].initialVolatility = volatility;
        _states[asset].initialSlippage = slippage;

        emit InitialTightened(epoch, asset, previous.initialVolatility, volatility, previous.initialSlippage, slippage);
        return true;
    }

    /// @dev A state in which initial and maintenance aim at the same vector, and the ramp starts now.
    function _store(address asset, uint64 volatility, uint64 slippage, int256 lnThreshold) private {
        _states[asset] = AssetState({
            volatility: volatility,
            slippage: slippage,
            initialVolatility: volatility,
            initialSlippage: slippage,
            lnThresholdAtUpdate: lnThreshold.toInt128(),
            updatedAt: uint64(block.timestamp)
        });
    }

    function _setTiming(uint32 minInterval_, uint32 heartbeat_) private {
        if (minInterval_ == 0 || heartbeat_ <= minInterval_) revert TimingInvalid(minInterval_, heartbeat_);

        minInterval = minInterval_;
        heartbeat = heartbeat_;
        uint256 version = ++boundsVersion;

        emit TimingSet(minInterval_, heartbeat_, version);
    }

    // ---------------------------------------------------------------------------------------------- computations

    function _median(uint256 index, SignedObservation[] calldata observations)
        private
        pure
        returns (uint64 volatility, uint64 slippage)
    {
        uint64[] memory volatilities = new uint64[](observations.length);
        uint64[] memory slippages = new uint64[](observations.length);
        for (uint256 i = 0; i < observations.length; ++i) {
            AssetRisk calldata entry = observations[i].observation.vector[index];
            volatilities[i] = entry.volatility;
            slippages[i] = entry.slippage;
        }
        volatility = Median.upperMedian(volatilities);
        slippage = Median.upperMedian(slippages);
    }

    function _leastTight(uint256 index, SignedObservation[] calldata observations)
        private
        pure
        returns (uint64 volatility, uint64 slippage)
    {
        volatility = type(uint64).max;
        slippage = type(uint64).max;
        for (uint256 i = 0; i < observations.length; ++i) {
            AssetRisk calldata entry = observations[i].observation.vector[index];
            if (entry.volatility < volatility) volatility = entry.volatility;
            if (entry.slippage < slippage) slippage = entry.slippage;
        }
    }

    function _lnTarget(AssetBounds memory bounds_, uint256 volatility, uint256 slippage) private pure returns (int256) {
        return FactorMath.lnThreshold(
            volatility, slippage, bounds_.tailMultiplier, bounds_.horizon, bounds_.bonus, bounds_.jump
        );
    }

    /// @dev ln LT in force now.
    function _lnThresholdNow(AssetBounds memory bounds_, AssetState memory state) private view returns (int256) {
        return FactorMath.ramp(
            state.lnThresholdAtUpdate,
            _lnTarget(bounds_, state.volatility, state.slippage),
            bounds_.rampPerDay,
            block.timestamp - state.updatedAt
        );
    }

    function _isListed(address asset) private view returns (bool) {
        // A listed asset has a state with a time, and chain time is never zero.
        return _states[asset].updatedAt != 0;
    }

    function _atLeast(uint64 value, uint64 least) private pure returns (uint64) {
        return value < least ? least : value;
    }
}
