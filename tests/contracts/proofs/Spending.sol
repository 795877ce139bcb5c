// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Budget} from "../../../contracts/libraries/Budget.sol";

/// @dev A bucket in any state at all. The units are small and the window is a day.
abstract contract AnyBucket {
    uint256 internal constant FRACTION = 2 ** 64;
    uint256 internal constant WINDOW = 1 days;
    uint256 internal constant LIMIT = 2_000_000e6;

    Budget.State internal bucket;

    function _set(uint192 used, uint64 at) internal {
        bucket.used = used;
        bucket.at = at;
        require(at <= block.timestamp && used <= LIMIT / 2 * FRACTION);
    }
}

/// @title The draws of any window sum to at most the limit
/// @dev One step of the induction over the draws of a window that began at `start`. What was drawn in it is, by assumption, at most `used` plus what
/// can have leaked since: the same holds after one more draw, and that bounds the sum by the limit while the window lasts.
/// @custom:bug contracts/libraries/Budget.sol: `if (amount > available) return (false, available);` => ``
contract WindowLetsThroughAtMostTheLimit is AnyBucket {
    function check(uint192 used, uint64 at, uint64 start, uint128 drawnBefore, uint128 amount) external {
        _set(used, at);
        require(start <= at && block.timestamp <= start + WINDOW);
        require(drawnBefore * FRACTION * WINDOW <= used * WINDOW + LIMIT / 2 * FRACTION * (at - start));
        (bool passed,) = Budget.tryDraw(bucket, amount, LIMIT, WINDOW);
        uint256 drawn = drawnBefore + (passed ? uint256(amount) : 0);
        assert(drawn <= LIMIT);
    }
}

/// @title A draw keeps what the next step of that induction assumes
/// @custom:bug contracts/libraries/Budget.sol: `state.at = uint64(block.timestamp);` => ``
contract DrawnIsUsedOrLeaked is AnyBucket {
    function check(uint192 used, uint64 at, uint64 start, uint128 drawnBefore, uint128 amount) external {
        _set(used, at);
        require(start <= at && amount > 0);
        require(drawnBefore * FRACTION * WINDOW <= used * WINDOW + LIMIT / 2 * FRACTION * (at - start));
        (bool passed,) = Budget.tryDraw(bucket, amount, LIMIT, WINDOW);
        uint256 drawn = drawnBefore + (passed ? uint256(amount) : 0);
        assert(drawn * FRACTION * WINDOW <= bucket.used * WINDOW + LIMIT / 2 * FRACTION * (bucket.at - start));
    }
}

/// @title A bucket never holds more than its capacity
/// @custom:bug contracts/libraries/Budget.sol: `if (amount > available) return` => `if (amount / 2 > available) return`
contract BucketNeverOverflows is AnyBucket {
    function check(uint192 used, uint64 at, uint128 amount) external {
        _set(used, at);
        Budget.tryDraw(bucket, amount, LIMIT, WINDOW);
        assert(bucket.used <= LIMIT / 2 * FRACTION);
    }
}

/// @title A refused draw changes nothing
/// @custom:bug contracts/libraries/Budget.sol: `if (amount > available) return (false, available);` => `if (amount > available) { state.at = 0; return (false, available); }`
contract RefusedDrawChangesNothing is AnyBucket {
    function check(uint192 used, uint64 at, uint128 amount) external {
        _set(used, at);
        (bool passed,) = Budget.tryDraw(bucket, amount, LIMIT, WINDOW);
        assert(passed || (bucket.used == used && bucket.at == at));
    }
}
