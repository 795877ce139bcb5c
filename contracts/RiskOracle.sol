// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IAttestationVerifier} from "./interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {BoundsCheck} from "./libraries/BoundsCheck.sol";
import {FactorMath} from "./libraries/FactorMath.sol";
import {RawObservations} from "./libraries/RawObservations.sol";
import {ReportRules} from "./libraries/ReportRules.sol";
import {RiskGovernance} from "./libraries/RiskGovernance.sol";
import {RiskHistory} from "./libraries/RiskHistory.sol";
import {RiskLimits} from "./libraries/RiskLimits.sol";
import {RiskReports} from "./libraries/RiskReports.sol";
import {RiskSlots} from "./libraries/RiskSlots.sol";
import {SignedObservation} from "./types/Observation.sol";
import {AssetBook, AssetModel, Attested, Checkpoint, OptionInputs, RiskBook, RiskClock} from "./types/RiskBook.sol";

/// @title The attested risk vector, its bounds, and the collateral factors derived from it
/// @dev SPECIFICATION
///
/// What is attested, per asset: applied volatility sigma (annualised), slippage s, and per listed expiry implied volatility and forward / spot.
/// Everything else is derived here, by the formulas of `libraries/FactorMath.sol`, so coupled parameters cannot drift apart.
///
/// Two numbers (scaled by 1e18, z99 = 2.3263478740, k = m sqrt h):
///   maintenance  LT(t): ln LT moves from where it was at the last checkpoint (whole report, change of bounds, listing) towards the target
///                ln min(exp(-k sigma)(1-s)/(1+b), 1-jump) at `rampPerDay` per 86,400 s, both ways, and stops there.
///                Its volatility, for the range of option grids, moves towards sigma at the same clock: by rampPerDay / k a day. While only
///                sigma has changed that is the volatility which LT(t) is worth, (ln((1-s)/(1+b)) - ln LT) / k. It is ramped by itself, and not
///                taken from LT, because a rise of s or m lowers LT and would read as a *fall* of volatility, and because LT limited by
///                jump says nothing of volatility. Rounded up to nine decimals at a checkpoint.
///   initial      BF = min(LT(t), LTtarget(initial sigma, initial s)) exp(-z99 initial sigma sqrt(1 d))
///                volatility = max(initial sigma, volatility of maintenance)
/// `initial sigma`, `initial s` are the last report's, or higher ones from `tighten` inside the epoch. So initial moves at once and maintenance
/// by the ramp, and BF is always at least one bad day under LT. Option inputs are one number, and move at once inside their steps.
///
/// A whole report (`submit`) is checked in this order, and is applied whole or refused whole; nothing is clamped:
///   each observation   market, epoch = current + 1, config digest, notBefore <= now <= deadline, observedAt <= now,
///                      observedAt >= lastReportAt, one entry for every asset in the order of `assets()`, and in it one for every expiry
///                      in the order of `expiriesOf(asset)`
///   the report         minInterval since lastReportAt, quorum of `threshold` signatures,
///                      then per field the median (of an even count the larger of the two middle ones),
///                      then bounds: floor <= sigma <= cap, s <= slippageCap,
///                      then steps against the last whole report: sigma in [previous (1 - loosenStep), previous (1 + tightenStep)],
///                      |s - previous| <= slippageStep,
///                      then per expiry: bounds of both inputs, and unless it has passed |implied - previous| <= impliedStep previous,
///                      |ratio - previous| <= forwardStep
/// It opens the next epoch and clears any tightening.
///
/// `tighten` needs `tightenThreshold` signatures (f + 1: at least one honest) and has the same checks but for minInterval. Per field the *least*
/// tight of the observations counts, so liars alone cannot move it further than an honest signer would; an entry at or under the current
/// initial value reads as unchanged; cap and tightening steps (against the last whole report) are checked after. At least one entry must
/// tighten. The epoch stays, and a tighter one may follow. Option inputs stay: more implied volatility is not more risk for every book.
///
/// Config digest = keccak256(abi.encode(signerSetDigest, boundsVersion)): a change of signers, thresholds, bounds, assets, expiries or timing
/// voids every report signed before it.
///
/// History. A ring of 16 checkpoints (`libraries/RiskHistory.sol`) always reaches back 24 hours: whole reports are at least 2 hours apart, and
/// changes of an asset's bounds at least 8. `pastFactors` and `pastOptionInputs` are what was in force then; the volatility of a ramp that was
/// running is read with today's k, which is exact unless m or h changed in between.
///
/// `setBounds`. Maintenance goes on from where it is. A stored volatility under a raised floor moves up to the floor, as if reported: initial at
/// once, maintenance by the ramp. A cap under a stored value or under the fallback is refused, since moving down to it would loosen.
///
/// Silence. Past `heartbeat` since the last whole report BF is the smaller of those at last and at fallback inputs; past `silenceLimit` the stage
/// is Dead, and the vault takes no new risk. Maintenance does not see the stage: it only ends its ramp. Never looser by time alone, but for a
/// ramp that a whole report started.
///
/// Expiries. At most 8 per asset. One that has passed is attested on, at any value in its bounds, until anyone removes it, 7 days later.
///
/// Roles. Listing, bounds, fallback and timing are restricted (risk admin). Anyone carries a report and prunes. No role sets a volatility directly
/// except at listing.
contract RiskOracle is IRiskOracle, AccessManaged {
    using SafeCast for uint256;

    uint256 private constant HEADROOM_LEAST = 1e18;
    uint256 private constant HEADROOM_MOST = 1.25e18;

    /// @notice The signer set that reports are checked against.
    IAttestationVerifier public immutable verifier;

    /// @inheritdoc IRiskOracle
    uint256 public immutable headroomLimit;

    RiskBook private _book;

    constructor(
        address authority_,
        IAttestationVerifier verifier_,
        uint32 minInterval_,
        uint32 heartbeat_,
        uint32 silenceLimit_,
        uint256 headroomLimit_
    ) AccessManaged(authority_) {
        if (headroomLimit_ < HEADROOM_LEAST || headroomLimit_ > HEADROOM_MOST) {
            revert HeadroomLimitInvalid(headroomLimit_, HEADROOM_LEAST, HEADROOM_MOST);
        }
        verifier = verifier_;
        headroomLimit = headroomLimit_;
        RiskClock memory clock;
        clock.lastReportAt = block.timestamp.toUint40();
        _book.clock = RiskSlots.word(clock);
        RiskGovernance.setTiming(_book, minInterval_, heartbeat_, silenceLimit_);
    }

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc IRiskOracle
    function listAsset(address asset, AssetBounds calldata bounds_, uint64 volatility, uint64 slippage)
        external
        restricted
    {
        RiskGovernance.listAsset(_book, asset, bounds_, volatility, slippage, headroomLimit);
    }

    /// @inheritdoc IRiskOracle
    function setBounds(address asset, AssetBounds calldata bounds_) external restricted {
        RiskGovernance.setBounds(_book, asset, bounds_, headroomLimit);
    }

    /// @inheritdoc IRiskOracle
    function setOptionBounds(address asset, OptionBounds calldata bounds_) external restricted {
        RiskGovernance.setOptionBounds(_book, asset, bounds_);
    }

    /// @inheritdoc IRiskOracle
    function setFallback(address asset, Fallback calldata inputs) external restricted {
        RiskGovernance.setFallback(_book, asset, inputs);
    }

    /// @inheritdoc IRiskOracle
    function listExpiry(address asset, uint64 expiry, uint64 impliedVolatility, uint64 forwardRatio)
        external
        restricted
    {
        RiskGovernance.listExpiry(_book, asset, expiry, impliedVolatility, forwardRatio);
    }

    /// @inheritdoc IRiskOracle
    function pruneExpiries(address asset) external {
        RiskGovernance.pruneExpiries(_book, asset);
    }

    /// @inheritdoc IRiskOracle
    function setTiming(uint32 minInterval_, uint32 heartbeat_, uint32 silenceLimit_) external restricted {
        RiskGovernance.setTiming(_book, minInterval_, heartbeat_, silenceLimit_);
    }

    // --------------------------------------------------------------------------------------------------- reports

    /// @inheritdoc IRiskOracle
    function submit(SignedObservation[] calldata observations) external {
        _run(RiskReports.submit.selector, observations);
    }

    /// @inheritdoc IRiskOracle
    function tighten(SignedObservation[] calldata observations) external {
        _run(RiskReports.tighten.selector, observations);
    }

    /// @dev A call of the linked library, with the observations as the bytes they came in; written out, it is
    /// `RiskReports.submit(_book, verifier, observations)`.
    function _run(bytes4 selector, SignedObservation[] calldata observations) private {
        uint256 slot;
        assembly ("memory-safe") {
            slot := _book.slot
        }
        Address.functionDelegateCall(
            address(RiskReports),
            abi.encodePacked(selector, slot, abi.encode(verifier), uint256(96), RawObservations.bytesOf(observations))
        );
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IRiskOracle
    function factors(address asset) external view returns (Factors memory made) {
        (AssetBook storage entry, AssetModel memory model) = _listed(asset);
        RiskClock memory clock = _clock();
        Checkpoint memory from = RiskSlots.checkpoint(entry.ring[RiskHistory.head(clock, model)]);
        Attested memory attested = RiskSlots.attested(entry.attested);

        int256 maintenance = RiskHistory.lnAt(from, block.timestamp);
        made.liquidationThreshold = FactorMath.factorDown(maintenance);
        made.borrowFactor = _borrowFactorDown(model, maintenance, attested.initialVolatility, attested.initialSlippage);
        made.bonus = RiskSlots.limits(entry.limits).bonus * BoundsCheck.UNIT;
        made.maintenanceVolatility = RiskHistory.volatilityAtUp(from, model.lossPerVolatility, block.timestamp);
        made.initialVolatility = FixedPointMathLib.max(attested.initialVolatility, made.maintenanceVolatility);

        uint256 age = block.timestamp - clock.lastReportAt;
        uint256 atFallback = 0;
        if (age > clock.heartbeat) {
            Fallback memory approved = entry.fallbackInputs;
            atFallback = _borrowFactorDown(model, maintenance, approved.volatility, approved.slippage);
        }
        made.borrowFactor = ReportRules.initialFactor(age, clock.heartbeat, made.borrowFactor, atFallback);
    }

    /// @inheritdoc IRiskOracle
    function pastFactors(address asset)
        external
        view
        returns (uint256 liquidationThreshold, uint256 maintenanceVolatility)
    {
        (AssetBook storage entry, AssetModel memory model) = _listed(asset);
        (Checkpoint memory from, uint256 time) =
            (RiskSlots.checkpoint(entry.ring[_pastPosition(entry, model)]), _past());
        // Of an asset listed later than that, its listing.
        if (time < from.at) time = from.at;
        liquidationThreshold = FactorMath.factorDown(RiskHistory.lnAt(from, time));
        maintenanceVolatility = RiskHistory.volatilityAtUp(from, model.lossPerVolatility, time);
    }

    /// @inheritdoc IRiskOracle
    function maintenanceFactors(address asset)
        external
        view
        returns (uint256 liquidationThreshold, uint256 bonus, uint256 pastThreshold)
    {
        (AssetBook storage entry, AssetModel memory model) = _listed(asset);
        Checkpoint memory from = RiskSlots.checkpoint(entry.ring[RiskHistory.head(_clock(), model)]);
        liquidationThreshold = FactorMath.factorDown(RiskHistory.lnAt(from, block.timestamp));
        bonus = RiskSlots.limits(entry.limits).bonus * BoundsCheck.UNIT;

        uint256 time = _past();
        if (time < from.at) from = RiskSlots.checkpoint(entry.ring[_pastPosition(entry, model)]);
        pastThreshold = FactorMath.factorDown(RiskHistory.lnAt(from, FixedPointMathLib.max(time, from.at)));
    }

    /// @inheritdoc IRiskOracle
    function optionInputs(address asset, uint64 expiry) external view returns (uint256, uint256) {
        (AssetBook storage entry, AssetModel memory model) = _listed(asset);
        return _optionInputs(entry, asset, expiry, RiskHistory.head(_clock(), model));
    }

    /// @inheritdoc IRiskOracle
    function pastOptionInputs(address asset, uint64 expiry) external view returns (uint256, uint256) {
        (AssetBook storage entry, AssetModel memory model) = _listed(asset);
        return _optionInputs(entry, asset, expiry, _pastPosition(entry, model));
    }

    /// @inheritdoc IRiskOracle
    function fallbackInputs(address asset) external view returns (Fallback memory) {
        (AssetBook storage entry,) = _listed(asset);
        return entry.fallbackInputs;
    }

    /// @inheritdoc IRiskOracle
    function silence() external view returns (Silence memory made) {
        RiskClock memory clock = _clock();
        made.age = block.timestamp - clock.lastReportAt;
        made.heartbeat = clock.heartbeat;
        made.limit = clock.silenceLimit;
        made.stage = ReportRules.stage(made.age, made.heartbeat, made.limit);
    }

    /// @inheritdoc IRiskOracle
    function inputsHash(address asset) external view returns (bytes32) {
        (AssetBook storage entry, AssetModel memory model) = _listed(asset);
        RiskClock memory clock = _clock();
        uint256 newest = RiskHistory.head(clock, model);
        uint64[] memory expiries = entry.expiries;
        uint64[] memory implied = new uint64[](expiries.length);
        uint64[] memory ratios = new uint64[](expiries.length);
        for (uint256 i = 0; i < expiries.length; ++i) {
            OptionInputs memory inputs = entry.optionRing[expiries[i]][newest];
            (implied[i], ratios[i]) = (inputs.impliedVolatility, inputs.forwardRatio);
        }
        return keccak256(
            abi.encode(
                asset,
                uint256(clock.epoch),
                uint256(clock.tightenings),
                RiskSlots.attested(entry.attested),
                expiries,
                implied,
                ratios
            )
        );
    }

    /// @inheritdoc IRiskOracle
    function derive(address asset, uint64 volatility, uint64 slippage)
        external
        view
        returns (uint256 liquidationThreshold, uint256 borrowFactor)
    {
        (AssetBook storage entry, AssetModel memory model) = _listed(asset);
        RiskLimits.requireInBounds(asset, volatility, slippage, RiskSlots.limits(entry.limits));
        int256 target = RiskHistory.lnTarget(model, volatility, slippage);
        liquidationThreshold = FactorMath.factorDown(target);
        borrowFactor = FactorMath.borrowFactorDown(target, volatility);
    }

    /// @inheritdoc IRiskOracle
    function minimumHeadroom(address asset) external view returns (uint256) {
        (AssetBook storage entry,) = _listed(asset);
        return FactorMath.headroomDown(RiskSlots.limits(entry.limits).volatilityFloor * BoundsCheck.UNIT);
    }

    /// @inheritdoc IRiskOracle
    function assets() external view returns (address[] memory) {
        return _book.assets;
    }

    /// @inheritdoc IRiskOracle
    function expiriesOf(address asset) external view returns (uint64[] memory) {
        return _book.entries[asset].expiries;
    }

    /// @inheritdoc IRiskOracle
    function boundsOf(address asset) external view returns (AssetBounds memory) {
        AssetBook storage entry = _book.entries[asset];
        return BoundsCheck.unpacked(RiskSlots.limits(entry.limits), entry.constants);
    }

    /// @inheritdoc IRiskOracle
    function optionBoundsOf(address asset) external view returns (OptionBounds memory) {
        return _book.entries[asset].optionBounds;
    }

    /// @inheritdoc IRiskOracle
    function stateOf(address asset) external view returns (AssetState memory) {
        AssetBook storage entry = _book.entries[asset];
        Attested memory attested = RiskSlots.attested(entry.attested);
        AssetModel memory model = RiskSlots.model(entry.model);
        Checkpoint memory from = RiskSlots.checkpoint(entry.ring[RiskHistory.head(_clock(), model)]);
        return AssetState({
            volatility: attested.volatility,
            slippage: attested.slippage,
            initialVolatility: attested.initialVolatility,
            initialSlippage: attested.initialSlippage,
            lnThresholdAtUpdate: from.lnStart,
            lnThresholdTarget: from.lnTarget,
            // 2^32 units of 1e9 are under 2^62.
            // forge-lint: disable-next-line(unsafe-typecast)
            maintenanceVolatilityAtUpdate: uint64(from.volatilityStart * BoundsCheck.UNIT),
            updatedAt: from.at
        });
    }

    /// @inheritdoc IRiskOracle
    function epoch() external view returns (uint64) {
        return _clock().epoch;
    }

    /// @inheritdoc IRiskOracle
    function lastReportAt() external view returns (uint64) {
        return _clock().lastReportAt;
    }

    /// @inheritdoc IRiskOracle
    function minInterval() external view returns (uint32) {
        return _clock().minInterval;
    }

    /// @inheritdoc IRiskOracle
    function heartbeat() external view returns (uint32) {
        return _clock().heartbeat;
    }

    /// @inheritdoc IRiskOracle
    function silenceLimit() external view returns (uint32) {
        return _clock().silenceLimit;
    }

    /// @inheritdoc IRiskOracle
    function tightenings() external view returns (uint32) {
        return _clock().tightenings;
    }

    /// @inheritdoc IRiskOracle
    function boundsVersion() external view returns (uint64) {
        return _clock().boundsVersion;
    }

    /// @inheritdoc IRiskOracle
    function market() public view returns (bytes32) {
        return RiskReports.market();
    }

    /// @inheritdoc IRiskOracle
    function configDigest() public view returns (bytes32) {
        return RiskReports.configDigest(verifier.signerSetDigest(), _clock().boundsVersion);
    }

    // ---------------------------------------------------------------------------------------------- computations

    /// @dev BF at given inputs, held under the maintenance in force.
    function _borrowFactorDown(AssetModel memory model, int256 maintenance, uint256 volatility, uint256 slippage)
        private
        pure
        returns (uint256)
    {
        int256 target = RiskHistory.lnTarget(model, volatility, slippage);
        return FactorMath.borrowFactorDown(FixedPointMathLib.min(maintenance, target), volatility);
    }

    function _listed(address asset) private view returns (AssetBook storage entry, AssetModel memory model) {
        entry = _book.entries[asset];
        model = RiskSlots.model(entry.model);
        if (model.lossPerVolatility == 0) revert AssetUnknown(asset);
    }

    function _clock() private view returns (RiskClock memory) {
        return RiskSlots.clock(_book.clock);
    }

    function _past() private view returns (uint256) {
        return block.timestamp - RiskHistory.SPAN;
    }

    function _pastPosition(AssetBook storage entry, AssetModel memory model) private view returns (uint256) {
        return RiskHistory.positionAt(entry, RiskHistory.head(_clock(), model), _past());
    }

    /// @dev An unlisted expiry has no implied volatility: zero is never in bounds.
    function _optionInputs(AssetBook storage entry, address asset, uint64 expiry, uint256 position)
        private
        view
        returns (uint256, uint256)
    {
        OptionInputs memory inputs = entry.optionRing[expiry][position];
        if (inputs.impliedVolatility == 0) revert ExpiryUnknown(asset, expiry);
        return (inputs.impliedVolatility, inputs.forwardRatio);
    }
}
