// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StopRules} from "../../../contracts/libraries/StopRules.sol";

/// @title A stop that is allowed keeps its episode inside the allowance
/// @dev One step: whatever other stops used of the allowance counts too.
/// @custom:bug contracts/libraries/StopRules.sol: `return FixedPointMathLib.zeroFloorSub(allowance, used);` => `return allowance;`
contract EpisodeKeepsItsAllowance {
    function check(uint64 time, uint64 until, uint64 used, uint64 other, uint64 duration) external pure {
        uint256 sofar = StopRules.usedAt(time, until, used, 7 days) + other;
        require(duration > 0 && duration <= StopRules.left(6 hours, sofar));
        assert(sofar + duration <= 6 hours);
    }
}

/// @title An asset's allowance is whole again one rest after its last stop ended, and not before
/// @custom:bug contracts/libraries/StopRules.sol: `return time < until + rest ? used : 0;` => `return time < until ? used : 0;`
contract AllowanceWaitsForTheRest {
    function check(uint64 time, uint64 until, uint64 used) external pure {
        require(used > 0);
        assert((StopRules.usedAt(time, until, used, 7 days) == 0) == (time >= uint256(until) + 7 days));
    }
}

/// @title What a halt keeps an asset from liquidation is, with earlier halts and stops of its own, inside the allowance
/// @custom:bug contracts/libraries/StopRules.sol: `left(allowance, before + own)` => `left(allowance, before)`
contract HaltKeepsTheAllowanceOfTheAsset {
    function check(uint64 since, uint64 until, uint64 used, uint64 own) external pure {
        require(since <= until && until - since <= used);
        uint256 blocked = StopRules.haltUntil(since, until, used, own, 6 hours) - since;
        uint256 before = used - (until - since);
        assert(blocked == 0 || before + own + blocked <= 6 hours);
    }
}
