// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IGuardian} from "./interfaces/IGuardian.sol";
import {StopRules} from "./libraries/StopRules.sol";

/// @title The breaker: a key that can stop a little, for a little while
/// @dev SPECIFICATION
///
/// Levels. Each expires by itself.
///   1 NewRisk      nobody takes new risk                                         allowance 3 days,  rest 1 day
///   2 Liquidation  one asset may not be seized                                   allowance 6 hours, rest 7 days
///   3 Halt         both, for every asset                                         allowance 6 hours, rest 7 days
/// Repaying and adding collateral never ask here, at no level.
///
/// Episodes. The stops of one kind (NewRisk; Liquidation of one asset; Halt) that follow one another with less than the rest between the end
/// of one and the start of the next form an episode. All stops of an episode together last at most the allowance: so there may be one
/// long stop or several short ones, and the allowance is whole again one rest after the *last* stop has ended. A stop cannot be prolonged, and not
/// be raised again while it runs.
///
/// An asset has one allowance for both kinds of stop that keep it from being liquidated:
///   a Liquidation stop may last           6 h - used in its running episode - used in the running episode of halts
///   a halt keeps an asset from liquidation 6 h - used in the asset's episode that ran when the halt began - used by earlier halts of the episode
/// and no longer, even where it goes on for other assets and for new risk. So a halt can always be raised over a stop of one asset, without a list
/// of assets anywhere.
///
/// Claim. In any 7 days an asset is kept from liquidation for at most 6 hours, whatever the guardian's key does.
/// Proof. Take 7 days W. Two stops of one kind and different episodes lie at least 7 days apart, so W meets stops of at most one episode of
/// the asset and one of halts. Take the last stop raised that W meets, at time t. Any other stop that W meets ended after W began, so
/// less than 7 days before t: its episode ran at t and was counted whole, and the last one got, or for a halt took effect for, at most what
/// was left of 6 h.
///
/// NewRisk: between two episodes there is at least a day without level 1, and an episode has at most three days with it. A halt stops new risk too,
/// on top of that, within its own allowance.
///
/// Assumption. Whoever asks `requireNewRisk` does not ask it where an account without debt withdraws, so a stop never traps collateral.
///
/// Roles. `raise` is restricted to the guardian, who therefore can loosen nothing: lifting a stop early is restricted to the risk admin. A stop
/// lifted early counts with the time for which it held. If the key of the guardian is stolen, what is lost is at most the time above.
contract Guardian is IGuardian, AccessManaged {
    /// @dev The last stop of a kind and its episode; one slot.
    /// @param since when the last stop was raised
    /// @param until when it ends, or ended
    /// @param used seconds of all stops of the episode, the last one whole
    struct Episode {
        uint64 since;
        uint64 until;
        uint64 used;
    }

    uint256 private constant NEW_RISK_ALLOWANCE = 3 days;
    uint256 private constant NEW_RISK_REST = 1 days;
    uint256 private constant LIQUIDATION_ALLOWANCE = 6 hours;
    uint256 private constant LIQUIDATION_REST = 7 days;

    Episode private _newRisk;
    Episode private _halt;
    mapping(address asset => Episode episode) private _liquidation;

    constructor(address authority_) AccessManaged(authority_) {}

    // --------------------------------------------------------------------------------------------------- stops

    /// @inheritdoc IGuardian
    function raise(Level level, address asset, uint64 duration) external restricted {
        Episode storage episode = _episodeOf(level, asset);
        if (duration == 0) revert DurationZero();
        uint256 running = level == Level.Liquidation ? liquidationBlockedUntil(asset) : episode.until;
        if (running > block.timestamp) revert StopStillRunning(level, asset, running);
        uint256 left = allowanceLeft(level, asset);
        if (duration > left) revert AllowanceExceeded(level, asset, duration, left, _wholeAgainAt(level, asset));

        // casting to 'uint64' is safe because an episode is at most three days
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 used = uint64(_usedAt(episode, block.timestamp, _restOf(level))) + duration;
        uint64 until = uint64(block.timestamp) + duration;
        episode.since = uint64(block.timestamp);
        episode.until = until;
        episode.used = used;

        emit Raised(level, asset, until, used);
    }

    /// @inheritdoc IGuardian
    function lift(Level level, address asset) external restricted {
        Episode storage episode = _episodeOf(level, asset);
        uint64 until = episode.until;
        if (until <= block.timestamp) revert NothingToLift(level, asset);

        uint64 used = episode.used - (until - uint64(block.timestamp));
        episode.until = uint64(block.timestamp);
        episode.used = used;

        emit Lifted(level, asset, until, used);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IGuardian
    function requireNewRisk() external view {
        uint256 until = newRiskBlockedUntil();
        if (until > block.timestamp) revert NewRiskStopped(until);
    }

    /// @inheritdoc IGuardian
    function requireLiquidation(address asset) external view {
        uint256 until = liquidationBlockedUntil(asset);
        if (until > block.timestamp) revert LiquidationStopped(asset, until);
    }

    /// @inheritdoc IGuardian
    function levelOf(address asset) external view returns (Level) {
        if (_halt.until > block.timestamp) return Level.Halt;
        if (_liquidation[asset].until > block.timestamp) return Level.Liquidation;
        return _newRisk.until > block.timestamp ? Level.NewRisk : Level.None;
    }

    /// @inheritdoc IGuardian
    function newRiskBlockedUntil() public view returns (uint64) {
        uint64 until = _newRisk.until;
        return until > _halt.until ? until : _halt.until;
    }

    /// @inheritdoc IGuardian
    function liquidationBlockedUntil(address asset) public view returns (uint64) {
        uint64 own = _liquidation[asset].until;
        uint64 halted = _haltUntilFor(asset);
        return own > halted ? own : halted;
    }

    /// @inheritdoc IGuardian
    function allowanceLeft(Level level, address asset) public view returns (uint256) {
        uint256 used = _usedAt(_episodeOf(level, asset), block.timestamp, _restOf(level));
        if (level == Level.NewRisk) return StopRules.left(NEW_RISK_ALLOWANCE, used);
        if (level == Level.Liquidation) used += _usedAt(_halt, block.timestamp, LIQUIDATION_REST);
        return StopRules.left(LIQUIDATION_ALLOWANCE, used);
    }

    // --------------------------------------------------------------------------------------------- computations

    /// @dev Until when the last halt keeps this asset from liquidation: less long than it lasts where the asset had stops of its own.
    function _haltUntilFor(address asset) private view returns (uint64) {
        Episode memory halt = _halt;
        uint256 own = _usedAt(_liquidation[asset], halt.since, LIQUIDATION_REST);
        // casting to 'uint64' is safe because it is no larger than `halt.until`
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(StopRules.haltUntil(halt.since, halt.until, halt.used, own, LIQUIDATION_ALLOWANCE));
    }

    /// @dev Seconds used in the episode that ran at `time`; zero once the rest is over.
    function _usedAt(Episode storage episode, uint256 time, uint256 rest) private view returns (uint256) {
        return StopRules.usedAt(time, episode.until, episode.used, rest);
    }

    /// @dev When all of the allowance is there, if nothing else is raised.
    function _wholeAgainAt(Level level, address asset) private view returns (uint256 time) {
        time = uint256(_episodeOf(level, asset).until) + _restOf(level);
        if (level == Level.Liquidation) {
            time = FixedPointMathLib.max(time, uint256(_halt.until) + LIQUIDATION_REST);
        }
    }

    function _restOf(Level level) private pure returns (uint256) {
        return level == Level.NewRisk ? NEW_RISK_REST : LIQUIDATION_REST;
    }

    function _episodeOf(Level level, address asset) private view returns (Episode storage) {
        if (level == Level.None) revert LevelNotRaisable(level);
        if (level == Level.Liquidation) {
            if (asset == address(0)) revert LevelWantsAsset(level);
            return _liquidation[asset];
        }
        if (asset != address(0)) revert LevelConcernsEverything(level, asset);
        return level == Level.NewRisk ? _newRisk : _halt;
    }
}
