// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Budget} from "../../../contracts/libraries/Budget.sol";

/// @title What was drawn in a window is at most what is used and what can have leaked since it began
/// @dev One step of an induction over the draws: `drawn` units passed until the last draw, `before` seconds after the window began, and `used` is what
/// that draw left. Another draw, `elapsed` seconds later, keeps the inequality.
/// @custom:bug contracts/libraries/Budget.sol: `uint256 leaked = capacity * FRACTION * elapsed / window;` => `uint256 leaked = 2 * capacity * FRACTION * elapsed / window;`
contract DrawnIsUsedOrLeaked {
    uint256 private constant FRACTION = 2 ** 64;
    uint256 private constant WINDOW = 1 days;
    uint256 private constant CAPACITY = 1_000_000e6;

    function check(uint128 used, uint32 before, uint32 elapsed, uint64 drawn, uint64 amount) external pure {
        require(uint256(drawn) * FRACTION * WINDOW <= uint256(used) * WINDOW + CAPACITY * FRACTION * before);
        uint256 left = Budget.usedUp(used, CAPACITY, elapsed, WINDOW) + uint256(amount) * FRACTION;
        uint256 allowed = left * WINDOW + CAPACITY * FRACTION * (uint256(before) + elapsed);
        assert((uint256(drawn) + amount) * FRACTION * WINDOW <= allowed);
    }
}

/// @title A window lets through at most the limit, which is twice the capacity
/// @dev The end of that induction: the last draw passed, and no more than a window has gone by.
/// @custom:bug contracts/libraries/Budget.sol: `return scaled > used ? (scaled - used) / FRACTION : 0;` => `return scaled > used ? scaled / FRACTION : 0;`
contract WindowLetsThroughAtMostTheLimit {
    uint256 private constant FRACTION = 2 ** 64;
    uint256 private constant WINDOW = 1 days;
    uint256 private constant CAPACITY = 1_000_000e6;

    function check(uint128 used, uint32 gone, uint64 drawn, uint64 amount) external pure {
        require(used <= CAPACITY * FRACTION && gone <= WINDOW && amount <= Budget.roomDown(used, CAPACITY));
        uint256 left = uint256(used) + uint256(amount) * FRACTION;
        require(uint256(drawn) * FRACTION * WINDOW <= left * WINDOW + CAPACITY * FRACTION * gone);
        assert(drawn <= 2 * CAPACITY);
    }
}

/// @title A draw of no more than the room never overfills the bucket
/// @custom:bug contracts/libraries/Budget.sol: `return scaled > used ? (scaled - used) / FRACTION : 0;` => `return scaled > used ? (scaled - used) / FRACTION + 1 : 0;`
contract BucketNeverOverflows {
    function check(uint128 used, uint64 amount) external pure {
        uint256 capacity = 1_000_000e6;
        require(used <= capacity * 2 ** 64 && amount <= Budget.roomDown(used, capacity));
        assert(uint256(used) + uint256(amount) * 2 ** 64 <= capacity * 2 ** 64);
    }
}

/// @title A refused draw changes nothing
/// @custom:bug contracts/libraries/Budget.sol: `if (amount > available) return (false, available);` => `if (amount > available) { state.at = 0; return (false, available); }`
contract RefusedDrawChangesNothing {
    Budget.State private bucket;

    function check(uint192 used, uint64 at, uint128 amount) external {
        bucket.used = used;
        bucket.at = at;
        (bool passed,) = Budget.tryDraw(bucket, amount, 2_000_000e6, 1 days);
        assert(passed || (bucket.used == used && bucket.at == at));
    }
}
