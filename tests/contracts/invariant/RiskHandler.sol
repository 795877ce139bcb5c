// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IAttestationVerifier} from "../../../contracts/interfaces/IAttestationVerifier.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {FactorMath} from "../../../contracts/libraries/FactorMath.sol";
import {AssetRisk, ExpiryRisk, Observation, SignedObservation} from "../../../contracts/types/Observation.sol";
import {CampaignHandler} from "./CampaignHandler.sol";

// casting is safe throughout because figures are drawn inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Oracle nodes, a liar among them, forgers, governance and time, in any order
/// @dev Keeps what the oracle should know in the plainest form: every checkpoint and every option input for ever, to be searched from the end.
contract RiskHandler is CampaignHandler {
    /// @dev Of 1e18: the last places of exp and ln.
    uint256 private constant LN_SLACK = 8;
    uint256 private constant EXPIRIES_KEPT = 2;
    uint256 private constant FORGERIES = 16;

    /// @dev One node's figures: volatility and slippage by asset, then by expiry of WETH.
    struct Drawn {
        uint64[2] volatility;
        uint64[2] slippage;
        uint64[] implied;
        uint64[] ratio;
    }

    struct Past {
        uint256 at;
        int256 lnStart;
        int256 lnEnd;
        uint256 ramp;
    }

    struct PastInputs {
        uint256 at;
        uint256 implied;
        uint256 ratio;
    }

    struct Room {
        uint256 at;
        uint256 borrowFactor;
    }

    /// @dev How things stood after the last call, which is how they stand before the next.
    struct Watch {
        int256[2] ln;
        uint256 ramp;
        uint256 time;
        uint64 epoch;
    }

    Watch private _last;
    Past[][2] private _past;
    mapping(uint64 expiry => PastInputs[]) private _pastInputs;
    Room[][2] private _rooms;
    mapping(address token => uint256 time) private _modelSetAt;
    uint64 private _opened;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 2; ++i) {
            risk.setOptionBounds(address(_tokens[i]), _optionBounds());
            risk.setFallback(address(_tokens[i]), IRiskOracle.Fallback(1.5e18, 0.1e18, 1e18));
        }
        _listExpiry(30 days);
        _listExpiry(60 days);
        _remember();
    }

    function oracle() external view returns (RiskOracle) {
        return risk;
    }

    // ------------------------------------------------------------------------------------------------- across a call

    modifier watched() {
        ++_calls;
        _;
        _remember();
    }

    function _ln(uint256 which) private view returns (int256) {
        return FixedPointMathLib.lnWad(int256(risk.factors(address(_tokens[which])).liquidationThreshold));
    }

    /// @dev Compares with the last call, and writes down a new checkpoint and a new borrow factor.
    function _remember() private {
        Watch memory before = _last;
        Watch memory current;
        (current.time, current.epoch) = (vm.getBlockTimestamp(), risk.epoch());
        assertEq(current.epoch, _opened, "R7: the epoch counts whole reports and nothing else");
        assertLe(current.epoch, before.epoch + 1, "R7: an epoch was skipped");
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetState memory state = risk.stateOf(address(_tokens[i]));
            IRiskOracle.Factors memory factors = risk.factors(address(_tokens[i]));
            uint256 ramp = risk.boundsOf(address(_tokens[i])).rampPerDay;
            current.ramp = FixedPointMathLib.max(current.ramp, ramp);
            current.ln[i] = FixedPointMathLib.lnWad(int256(factors.liquidationThreshold));
            if (before.time != 0) {
                uint256 drift = FixedPointMathLib.dist(before.ln[i], current.ln[i]);
                uint256 most = before.ramp * (current.time - before.time) / 1 days;
                assertLe(drift, most + LN_SLACK, "R5: maintenance drifted past its ramp");
            }
            Past memory made = Past(state.updatedAt, state.lnThresholdAtUpdate, state.lnThresholdTarget, ramp);
            if (_past[i].length == 0 || !_same(_past[i][_past[i].length - 1], made)) _past[i].push(made);
            uint256 count = _rooms[i].length;
            if (count == 0 || _rooms[i][count - 1].borrowFactor != factors.borrowFactor) {
                _rooms[i].push(Room(current.time, factors.borrowFactor));
            } else {
                // It may be borrowed at until now.
                _rooms[i][count - 1].at = current.time;
            }
        }
        _last = current;
    }

    function _same(Past memory a, Past memory b) private pure returns (bool) {
        return a.at == b.at && a.lnStart == b.lnStart && a.lnEnd == b.lnEnd && a.ramp == b.ramp;
    }

    // ------------------------------------------------------------------------------------- what the invariant compares

    /// @notice ln LT of 24 hours ago by the record, and at listing where that is later.
    function lnBefore(uint256 which) external view returns (int256) {
        uint256 time = vm.getBlockTimestamp() - 1 days;
        Past[] storage record = _past[which];
        uint256 i = record.length - 1;
        while (i > 0 && record[i].at > time) --i;
        Past memory from = record[i];
        uint256 elapsed = FixedPointMathLib.zeroFloorSub(time, from.at);
        uint256 moved =
            FixedPointMathLib.min(from.ramp * elapsed / 1 days, FixedPointMathLib.dist(from.lnStart, from.lnEnd));
        return from.lnEnd < from.lnStart ? from.lnStart - int256(moved) : from.lnStart + int256(moved);
    }

    /// @notice Option inputs of 24 hours ago by the record, and at listing where that is later.
    function inputsBefore(uint64 expiry) external view returns (uint256 implied, uint256 ratio) {
        uint256 time = vm.getBlockTimestamp() - 1 days;
        PastInputs[] storage record = _pastInputs[expiry];
        uint256 i = record.length - 1;
        while (i > 0 && record[i].at > time) --i;
        return (record[i].implied, record[i].ratio);
    }

    /// @notice The largest borrow factor at which anyone can have borrowed in the last 24 hours.
    function largestRoom(uint256 which) external view returns (uint256 factor) {
        Room[] storage record = _rooms[which];
        for (uint256 i = record.length; i > 0; --i) {
            if (record[i - 1].at + 1 days < vm.getBlockTimestamp()) break;
            factor = FixedPointMathLib.max(factor, record[i - 1].borrowFactor);
        }
    }

    // -------------------------------------------------------------------------------------------------- honest nodes

    /// @notice A whole report of nodes that saw nearly the same, and sometimes a fourth that lies, always goes through.
    function report(uint256 seed, uint64 lie, bool liar) external watched {
        _waitForTurn();
        Drawn[] memory drawn = _spread(seed, liar ? 4 : 3);
        Drawn memory low = drawn[0];
        Drawn memory high = drawn[2];
        // The fourth is the liar, wherever it sorts.
        if (liar) drawn[3] = _lying(drawn[0], lie);
        risk.submit(_signAll(drawn, liar ? lie % 4 : 0));
        ++_opened;
        _checkApplied(low, high, liar ? low : drawn[1]);
        _rememberInputs();
        ++counted["report"];
        if (liar) ++counted["lie"];
    }

    /// @dev Between the honest figures, whatever the liar said; and without a liar the middle ones.
    function _checkApplied(Drawn memory low, Drawn memory high, Drawn memory middle) private view {
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetState memory state = risk.stateOf(address(_tokens[i]));
            assertGe(state.volatility, low.volatility[i], "R9: under every honest volatility");
            assertLe(state.volatility, high.volatility[i], "R9: over every honest volatility");
            assertEq(state.slippage, middle.slippage[i], "R1: a field was left out");
            assertEq(state.initialVolatility, state.volatility, "R1: a tightening outlived its epoch");
            assertEq(state.initialSlippage, state.slippage, "R1: a tightening outlived its epoch");
        }
        uint64[] memory expiries = risk.expiriesOf(address(weth));
        for (uint256 i = 0; i < expiries.length; ++i) {
            (uint256 implied, uint256 ratio) = risk.optionInputs(address(weth), expiries[i]);
            assertEq(implied, middle.implied[i], "R1: an expiry was left out");
            assertEq(ratio, middle.ratio[i], "R1: an expiry was left out");
        }
    }

    /// @notice Two signers tighten initial margin as far as the less strict of them says, and nothing else.
    function tighten(uint256 seed, uint256 further) external watched {
        Drawn memory honest = _steps(seed, true);
        uint256[2] memory factor;
        int256[2] memory ln;
        uint256[2] memory expected;
        bool tightens = false;
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetState memory state = risk.stateOf(address(_tokens[i]));
            (factor[i], ln[i]) = (risk.factors(address(_tokens[i])).borrowFactor, _ln(i));
            expected[i] = FixedPointMathLib.max(honest.volatility[i], state.initialVolatility);
            tightens = tightens || honest.volatility[i] > state.initialVolatility
                || honest.slippage[i] > state.initialSlippage;
        }
        if (!tightens) return;
        Drawn[] memory drawn = new Drawn[](2);
        (drawn[0], drawn[1]) = (honest, _copy(honest));
        for (uint256 i = 0; i < 2; ++i) {
            drawn[1].volatility[i] = uint64(_bound(further, honest.volatility[i], type(uint64).max));
            drawn[1].slippage[i] = uint64(_bound(further, honest.slippage[i], type(uint64).max));
        }
        bytes32 options = keccak256(abi.encode(_options()));
        risk.tighten(_signAll(drawn, further % 2));
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetState memory state = risk.stateOf(address(_tokens[i]));
            assertLe(risk.factors(address(_tokens[i])).borrowFactor, factor[i], "R10: a tightening loosened");
            assertEq(_ln(i), ln[i], "R10: a tightening moved maintenance");
            assertEq(state.initialVolatility, expected[i], "R10: not what the less strict asked");
        }
        assertEq(keccak256(abi.encode(_options())), options, "R10: a tightening moved option inputs");
        ++counted["tighten"];
    }

    // ------------------------------------------------------------------------------------------------------- forgers

    /// @notice A report with one thing wrong is refused by the name of that rule and changes nothing.
    function forge(uint256 kind, uint256 seed) external watched {
        kind = kind % FORGERIES;
        if (kind != 15) _waitForTurn();
        else if (vm.getBlockTimestamp() >= uint256(risk.lastReportAt()) + MIN_INTERVAL) return;
        Drawn memory drawn = _steps(seed, false);
        (bytes4 first, bytes4 second) = _spoilFigures(kind, drawn);
        Observation memory observation = _observe(drawn);
        if (first == 0) first = _spoilHead(kind, observation);
        SignedObservation[] memory signed = new SignedObservation[](kind == 8 ? 2 : 3);
        for (uint256 i = 0; i < signed.length; ++i) {
            signed[i] = _sign(observation, signerList[kind == 9 && i == 2 ? 1 : i]);
        }
        if (kind == 10) signed[1].signature[10] ^= 0x01;

        bytes32 before = _everything();
        try risk.submit(signed) {
            assertTrue(false, "R8: a forged report went through");
        } catch (bytes memory refusal) {
            bytes4 name = _nameOf(refusal);
            if (kind == 10) {
                // A bent signature recovers a stranger, or nobody, or sorts elsewhere.
                assertTrue(
                    name == IAttestationVerifier.SignerUnknown.selector
                        || name == IAttestationVerifier.SignersNotSorted.selector
                        || name == IAttestationVerifier.SignatureNotCanonical.selector,
                    "R8: refused for another reason"
                );
            } else {
                assertTrue(name == first || name == second, "R8: refused for another reason");
            }
        }
        assertEq(_everything(), before, "R1: a refused report changed something");
        ++counted["forge"];
    }

    /// @dev Figures of the *last* asset or expiry are spoilt, so that everything before them was right.
    function _spoilFigures(uint256 kind, Drawn memory drawn) private view returns (bytes4, bytes4) {
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(wbtc));
        if (kind == 11) {
            drawn.volatility[1] = bounds.volatilityCap + 1;
            return (IRiskOracle.VolatilityOutOfBounds.selector, 0);
        }
        if (kind == 12) {
            uint256 previous = risk.stateOf(address(wbtc)).volatility;
            drawn.volatility[1] = uint64(previous * (WAD - bounds.loosenStep) / WAD - 1);
            return (IRiskOracle.VolatilityStepTooLarge.selector, IRiskOracle.VolatilityOutOfBounds.selector);
        }
        if (kind == 13) {
            drawn.slippage[1] = bounds.slippageCap + 1;
            return (IRiskOracle.SlippageOutOfBounds.selector, 0);
        }
        if (kind == 14) {
            drawn.implied[drawn.implied.length - 1] = risk.optionBoundsOf(address(weth)).impliedCap + 1;
            return (IRiskOracle.ImpliedOutOfBounds.selector, 0);
        }
        return (0, 0);
    }

    function _spoilHead(uint256 kind, Observation memory observation) private view returns (bytes4) {
        uint64 time = uint64(vm.getBlockTimestamp());
        if (kind == 0) --observation.epoch;
        else if (kind == 1) ++observation.epoch;
        if (kind < 2) return IRiskOracle.EpochOutOfOrder.selector;
        if (kind == 2) {
            observation.market = bytes32(uint256(observation.market) ^ (1 << 160));
            return IRiskOracle.WrongMarket.selector;
        }
        if (kind == 3) {
            observation.configDigest = keccak256(abi.encode(observation.configDigest));
            return IRiskOracle.ConfigDigestMismatch.selector;
        }
        if (kind == 4) {
            observation.deadline = time - 1;
            return IRiskOracle.ObservationExpired.selector;
        }
        if (kind == 5) {
            observation.notBefore = time + 1;
            return IRiskOracle.ObservationNotYetValid.selector;
        }
        if (kind == 6) {
            observation.observedAt = time + 1;
            return IRiskOracle.ObservationFromFuture.selector;
        }
        if (kind == 7) {
            observation.observedAt = risk.lastReportAt() - 1;
            return IRiskOracle.ObservationOutdated.selector;
        }
        if (kind == 8) return IAttestationVerifier.QuorumTooSmall.selector;
        if (kind == 9) return IAttestationVerifier.SignersNotSorted.selector;
        return IRiskOracle.ReportTooEarly.selector;
    }

    /// @dev All that a report may change.
    function _everything() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                risk.stateOf(address(weth)),
                risk.stateOf(address(wbtc)),
                risk.inputsHash(address(weth)),
                risk.inputsHash(address(wbtc)),
                risk.lastReportAt(),
                risk.boundsVersion()
            )
        );
    }

    // -------------------------------------------------------------------------------------------- time and governance

    /// @notice Time alone loosens nothing but by a ramp that a report started, and silence does not touch maintenance.
    function wait(uint256 time) external watched {
        uint256[2] memory factor;
        int256[2] memory ln;
        bool[2] memory arrived;
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.Factors memory made = risk.factors(address(_tokens[i]));
            (factor[i], ln[i]) = (made.borrowFactor, _ln(i));
            arrived[i] =
                made.liquidationThreshold == FactorMath.factorDown(risk.stateOf(address(_tokens[i])).lnThresholdTarget);
        }
        skip(_bound(time, 1, 30 hours));
        for (uint256 i = 0; i < 2; ++i) {
            if (_ln(i) <= ln[i]) {
                assertLe(risk.factors(address(_tokens[i])).borrowFactor, factor[i], "R11: initial got looser by time");
            }
            if (arrived[i]) assertEq(_ln(i), ln[i], "R12: silence moved maintenance");
        }
        ++counted["wait"];
        if (risk.silence().stage != IRiskOracle.Stage.Live) ++counted["silence"];
    }

    /// @notice Governance changes the model; maintenance still moves only by the ramp.
    function setModel(uint256 which, uint256 tailMultiplier, uint256 jump, uint256 ramp) external watched {
        address token = address(_tokens[which % 2]);
        uint256 next = _modelSetAt[token] + 8 hours;
        if (vm.getBlockTimestamp() < next) {
            if (counted["setModel"] != 0) return;
            vm.warp(next);
        }
        _modelSetAt[token] = vm.getBlockTimestamp();
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(token);
        bounds.tailMultiplier = uint64(_bound(tailMultiplier, 1e18, 4e18));
        bounds.jump = uint64(_bound(jump, 0.05e18, 0.3e18));
        uint256 most = FactorMath.oneDayRoomDown(bounds.volatilityFloor) / 2;
        bounds.rampPerDay = uint64(_bound(ramp, most / 4, most) / 1e10 * 1e10);
        risk.setBounds(token, bounds);
        ++counted["setModel"];
    }

    function setFallback(uint256 which, uint256 volatility, uint256 slippage) external watched {
        address token = address(_tokens[which % 2]);
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(token);
        risk.setFallback(
            token,
            IRiskOracle.Fallback({
                volatility: uint64(_bound(volatility, bounds.volatilityFloor, bounds.volatilityCap)),
                slippage: uint64(_bound(slippage, 0, bounds.slippageCap)),
                impliedVolatility: 1e18
            })
        );
        ++counted["setFallback"];
    }

    /// @notice Expiries that passed a week ago go, new ones come.
    function roll(uint256 ahead) external watched {
        uint64[] memory expiries = risk.expiriesOf(address(weth));
        bool old = false;
        for (uint256 i = 0; i < expiries.length; ++i) {
            old = old || expiries[i] + 7 days <= vm.getBlockTimestamp();
        }
        if (old) {
            risk.pruneExpiries(address(weth));
            ++counted["prune"];
        }
        if (risk.expiriesOf(address(weth)).length <= EXPIRIES_KEPT) _listExpiry(_bound(ahead, 1 days, 90 days));
        ++counted["roll"];
    }

    /// @notice Every kind of thing that this run has not met happens now: from any state each of them can.
    function finish() external {
        this.wait(30 hours);
        this.report(1, 1, false);
        this.report(2, 7, true);
        for (uint256 i = 0; i < 4; ++i) {
            this.forge(_calls + 5 * i, i);
        }
        this.report(type(uint256).max, 0, false);
        this.setFallback(0, 2e18, 0.2e18);
        if (counted["setModel"] == 0) this.setModel(0, 3e18, 0.2e18, 1);
        this.roll(30 days);
        // One of many draws lies over what initial margin has now, unless it is at the cap already.
        for (uint256 i = 0; i < 8 && counted["tighten"] == 0; ++i) {
            this.tighten(type(uint256).max - i, i);
        }
        this.wait(80 hours);
        this.wait(30 hours);
    }

    // --------------------------------------------------------------------------------------------------------- draws

    function _waitForTurn() private {
        uint256 next = uint256(risk.lastReportAt()) + MIN_INTERVAL;
        if (vm.getBlockTimestamp() < next) vm.warp(next);
    }

    /// @dev Three that differ by at most .1 %, ascending; only volatility differs, so the middle of the rest is what all say.
    function _spread(uint256 seed, uint256 count) private view returns (Drawn[] memory drawn) {
        drawn = new Drawn[](count);
        Drawn memory middle = _steps(seed, false);
        for (uint256 i = 0; i < count; ++i) {
            drawn[i] = _copy(middle);
        }
        for (uint256 k = 0; k < 2; ++k) {
            (uint256 low, uint256 high) = _volatilityRange(k);
            uint256 value = middle.volatility[k];
            drawn[0].volatility[k] = uint64(FixedPointMathLib.max(low, value - value / 1000));
            drawn[2].volatility[k] = uint64(FixedPointMathLib.min(high, value + value / 1000));
        }
    }

    /// @dev Figures inside bounds and steps; only tighter ones where asked.
    function _steps(uint256 seed, bool tighter) private view returns (Drawn memory drawn) {
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetState memory state = risk.stateOf(address(_tokens[i]));
            IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(_tokens[i]));
            (uint256 low, uint256 high) = _volatilityRange(i);
            if (tighter) low = FixedPointMathLib.min(high, state.initialVolatility);
            drawn.volatility[i] = uint64(_draw(seed, i, low, high));
            low = tighter ? state.initialSlippage : FixedPointMathLib.zeroFloorSub(state.slippage, bounds.slippageStep);
            high = FixedPointMathLib.min(state.slippage + bounds.slippageStep, bounds.slippageCap);
            drawn.slippage[i] = uint64(_draw(seed, i + 2, low, high));
        }
        (drawn.implied, drawn.ratio) = _optionSteps(seed);
    }

    function _volatilityRange(uint256 which) private view returns (uint256 low, uint256 high) {
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(_tokens[which]));
        uint256 previous = risk.stateOf(address(_tokens[which])).volatility;
        low = FixedPointMathLib.max(
            FixedPointMathLib.divUp(previous * (WAD - bounds.loosenStep), WAD), bounds.volatilityFloor
        );
        high = FixedPointMathLib.min(previous * (WAD + bounds.tightenStep) / WAD, bounds.volatilityCap);
    }

    function _optionSteps(uint256 seed) private view returns (uint64[] memory implied, uint64[] memory ratio) {
        uint64[] memory expiries = risk.expiriesOf(address(weth));
        IRiskOracle.OptionBounds memory bounds = risk.optionBoundsOf(address(weth));
        (implied, ratio) = (new uint64[](expiries.length), new uint64[](expiries.length));
        for (uint256 i = 0; i < expiries.length; ++i) {
            (uint256 volatility, uint256 forward) = risk.optionInputs(address(weth), expiries[i]);
            implied[i] = uint64(
                _draw(
                    seed,
                    i + 4,
                    FixedPointMathLib.max(
                        FixedPointMathLib.divUp(volatility * (WAD - bounds.impliedStep), WAD), bounds.impliedFloor
                    ),
                    FixedPointMathLib.min(volatility * (WAD + bounds.impliedStep) / WAD, bounds.impliedCap)
                )
            );
            ratio[i] = uint64(
                _draw(
                    seed,
                    i + 8,
                    FixedPointMathLib.max(forward - bounds.forwardStep, bounds.forwardFloor),
                    FixedPointMathLib.min(forward + bounds.forwardStep, bounds.forwardCap)
                )
            );
        }
    }

    function _draw(uint256 seed, uint256 salt, uint256 low, uint256 high) private pure returns (uint256) {
        if (seed == type(uint256).max) return high;
        return low + uint256(keccak256(abi.encode(seed, salt))) % (high - low + 1);
    }

    function _copy(Drawn memory from) private pure returns (Drawn memory to) {
        for (uint256 i = 0; i < 2; ++i) {
            (to.volatility[i], to.slippage[i]) = (from.volatility[i], from.slippage[i]);
        }
        (to.implied, to.ratio) = (from.implied, from.ratio);
    }

    function _lying(Drawn memory from, uint64 lie) private pure returns (Drawn memory to) {
        to.volatility = [lie, type(uint64).max - lie];
        to.slippage = [type(uint64).max - lie, lie];
        (to.implied, to.ratio) = (new uint64[](from.implied.length), new uint64[](from.ratio.length));
        for (uint256 i = 0; i < to.implied.length; ++i) {
            (to.implied[i], to.ratio[i]) = (lie, type(uint64).max - lie);
        }
    }

    function _observe(Drawn memory drawn) private view returns (Observation memory observation) {
        uint64 time = uint64(vm.getBlockTimestamp());
        observation = Observation({
            market: risk.market(),
            epoch: risk.epoch() + 1,
            configDigest: risk.configDigest(),
            observedAt: time,
            notBefore: time,
            deadline: time + 10 minutes,
            inputsRoot: keccak256("inputs"),
            vector: _vector(drawn, risk.expiriesOf(address(weth)))
        });
    }

    function _vector(Drawn memory drawn, uint64[] memory expiries) private view returns (AssetRisk[] memory vector) {
        vector = new AssetRisk[](2);
        for (uint256 i = 0; i < 2; ++i) {
            ExpiryRisk[] memory made = new ExpiryRisk[](i == 0 ? expiries.length : 0);
            for (uint256 k = 0; k < made.length; ++k) {
                made[k] = ExpiryRisk(expiries[k], drawn.implied[k], drawn.ratio[k]);
            }
            vector[i] = AssetRisk(address(_tokens[i]), drawn.volatility[i], drawn.slippage[i], made);
        }
    }

    /// @dev Signers in order; the figures are dealt to them from a place on.
    function _signAll(Drawn[] memory drawn, uint256 from) private view returns (SignedObservation[] memory signed) {
        signed = new SignedObservation[](drawn.length);
        Observation memory first = _observe(drawn[0]);
        uint64[] memory expiries = risk.expiriesOf(address(weth));
        for (uint256 i = 0; i < drawn.length; ++i) {
            Observation memory made = Observation({
                market: first.market,
                epoch: first.epoch,
                configDigest: first.configDigest,
                observedAt: first.observedAt,
                notBefore: first.notBefore,
                deadline: first.deadline,
                inputsRoot: first.inputsRoot,
                vector: _vector(drawn[(i + from) % drawn.length], expiries)
            });
            signed[i] = _sign(made, signerList[i]);
        }
    }

    function _options() private view returns (uint256[] memory all) {
        uint64[] memory expiries = risk.expiriesOf(address(weth));
        all = new uint256[](expiries.length * 2);
        for (uint256 i = 0; i < expiries.length; ++i) {
            (all[2 * i], all[2 * i + 1]) = risk.optionInputs(address(weth), expiries[i]);
        }
    }

    function _rememberInputs() private {
        uint64[] memory expiries = risk.expiriesOf(address(weth));
        for (uint256 i = 0; i < expiries.length; ++i) {
            (uint256 implied, uint256 ratio) = risk.optionInputs(address(weth), expiries[i]);
            _pastInputs[expiries[i]].push(PastInputs(vm.getBlockTimestamp(), implied, ratio));
        }
    }

    function _listExpiry(uint256 ahead) private {
        uint64 expiry = uint64(vm.getBlockTimestamp() + ahead);
        if (_pastInputs[expiry].length != 0) return;
        risk.listExpiry(address(weth), expiry, 0.6e18, 1e18);
        _pastInputs[expiry].push(PastInputs(vm.getBlockTimestamp(), 0.6e18, 1e18));
    }
}

// forge-lint: disable-end(unsafe-typecast)
