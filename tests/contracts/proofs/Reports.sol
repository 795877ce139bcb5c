// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {ReportRules} from "../../../contracts/libraries/ReportRules.sol";

/// @title A whole report opens the epoch that it was signed for, which is the next one: never the same, never back
/// @custom:bug contracts/libraries/ReportRules.sol: `if (given != expected) revert` => `if (given > expected) revert`
contract EpochRisesByOne {
    function check(uint64 given, uint48 current) external pure {
        ReportRules.requireNextEpoch(given, current);
        uint256 opened = ReportRules.nextEpoch(current);
        assert(opened == given && opened == uint256(current) + 1);
    }
}

/// @title An observation of an epoch that was opened can never be used again
/// @dev `later` is any epoch from the opened one on: the one step above has no way back.
/// @custom:bug contracts/libraries/ReportRules.sol: `if (given != expected) revert` => `if (given < current) revert`
contract OpenedEpochIsNeverOpenedAgain {
    function check(uint64 given, uint48 current, uint48 later) external pure {
        ReportRules.requireNextEpoch(given, current);
        require(later >= ReportRules.nextEpoch(current));
        assert(!_passes(given, later));
    }

    function _passes(uint64 given, uint48 current) private pure returns (bool) {
        ReportRules.requireNextEpoch(given, current);
        return true;
    }
}

/// @title An accepted observation was made between the last report and now, and now is in its validity
/// @custom:bug contracts/libraries/ReportRules.sol: `if (observedAt < lastReportAt) revert` => `if (observedAt < notBefore) revert`
contract AcceptedObservationIsFresh {
    function check(uint64 notBefore, uint64 deadline, uint64 observedAt, uint40 lastReportAt, uint64 time)
        external
        pure
    {
        ReportRules.requireTimes(notBefore, deadline, observedAt, lastReportAt, time);
        assert(lastReportAt <= observedAt && observedAt <= time && notBefore <= time && time <= deadline);
    }
}

/// @title Live up to the heartbeat, Stale from there to the limit, Dead after it
/// @custom:bug contracts/libraries/ReportRules.sol: `if (age > silenceLimit) return` => `if (age > silenceLimit + 1) return`
contract SilenceHasThreeStages {
    function check(uint64 age, uint32 heartbeat, uint32 limit) external pure {
        require(heartbeat < limit);
        IRiskOracle.Stage stage = ReportRules.stage(age, heartbeat, limit);
        assert(
            (stage == IRiskOracle.Stage.Live) == (age <= heartbeat)
                && (stage == IRiskOracle.Stage.Stale) == (heartbeat < age && age <= limit)
                && (stage == IRiskOracle.Stage.Dead) == (age > limit)
        );
    }
}

/// @title Silence alone never revives the oracle
/// @custom:bug contracts/libraries/ReportRules.sol: `return age > heartbeat ? IRiskOracle.Stage.Stale` => `return age == heartbeat + 1 ? IRiskOracle.Stage.Stale`
contract SilenceOnlyWorsens {
    function check(uint64 earlier, uint64 later, uint32 heartbeat, uint32 limit) external pure {
        require(earlier <= later);
        assert(uint8(ReportRules.stage(earlier, heartbeat, limit)) <= uint8(ReportRules.stage(later, heartbeat, limit)));
    }
}

/// @title By silence alone the borrow factor never rises, and past the heartbeat it is at most that at the fallback inputs
/// @custom:bug contracts/libraries/ReportRules.sol: `FixedPointMathLib.min(atLast, atFallback)` => `atFallback`
contract SilenceNeverLoosens {
    function check(uint64 earlier, uint64 later, uint32 heartbeat, uint256 atLast, uint256 atFallback) external pure {
        require(earlier <= later);
        uint256 before = ReportRules.initialFactor(earlier, heartbeat, atLast, atFallback);
        uint256 afterwards = ReportRules.initialFactor(later, heartbeat, atLast, atFallback);
        assert(afterwards <= before && (later <= heartbeat || afterwards <= atFallback));
    }
}
