// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title How much may pass in any window of time: a leaky bucket in one slot
/// @dev `limit` and `window` come from the caller at every draw, because limits are shares of totals that move.
///
///   capacity      = floor(limit / 2)
///   used(t)       = max(0, used(t0) - floor(capacity (t - t0) / window))          refill: one capacity a window
///   available(t)  = max(0, floor(capacity - used(t)))
///   a draw of x passes exactly where x <= available, and adds x to used
///
/// Claim. The draws inside any closed interval [T, T + window] sum to at most the largest `limit` among them; with a constant limit, to
/// at most `limit`.
/// Proof. Let draw i take x_i at t_i under capacity C_i, for i = 1..n the draws inside the interval, u_i `used` after draw i and d_i what leaked
/// between draw i - 1 and draw i. Then u_1 >= x_1 and u_i = u_(i-1) - d_i + x_i, so sum x_i <= u_n + sum_(i>=2) d_i. A draw passes only up to the
/// capacity: u_n <= C_n. A leak is at most C_i (t_i - t_(i-1)) / window, since it is reckoned at the capacity of the draw that it
/// precedes; with C the largest C_i, sum d_i <= C (t_n - t_1) / window <= C. So sum x_i <= C_n + C <= 2 C <= the largest limit.
/// A refused draw changes nothing and takes no part. A draw of 0 changes nothing either.
///
/// The burst is half the limit: who spends it waits a window for all of it again. A bucket never drawn from is full.
///
/// Rounding is against the spender: capacity, leak and what is available round down. `used` keeps 64 binary digits behind the point, so a stream of
/// tiny draws, each of which rounds the leak down, costs under 2^-64 units a draw and cannot starve the others, whatever the token's decimals.
///
/// A caller whose limit is a share of a total must see to it that nobody moves the total up for the length of a transaction: the limit
/// holds as it stands at the draw, and so does the leak since the draw before.
///
/// Limits. A capacity over 2^128 - 1 counts as 2^128 - 1, which keeps every product under 2^256: (2^128 2^64) 2^64. `window` is not zero.
///
/// OpenZeppelin's RateLimiter.RefillingBucket leaks in the same way. It is not used here because it keeps capacity and window in a slot of its own
/// which would have to be written before every draw, and because it keeps whole units, so that small draws hold the refill back.
library Budget {
    /// @dev One slot; all zero is a full bucket. `used` is scaled by 2^64.
    struct State {
        uint192 used;
        uint64 at;
    }

    /// @dev Multiplied by and not shifted, so that the proofs can follow it.
    uint256 private constant FRACTION = 2 ** 64;
    uint256 private constant CAPACITY_LIMIT = type(uint128).max;

    /// @notice Draws `amount` where that much is available, and says whether it did. Where it did not nothing has changed, and the
    /// caller reverts with the error of its own rule, with `available` in it.
    /// @param limit the most that any `window` lets through, as it stands now
    /// @param window seconds, not zero
    /// @return drawn whether the draw passed
    /// @return available what was available before the draw
    function tryDraw(State storage state, uint256 amount, uint256 limit, uint256 window)
        internal
        returns (bool drawn, uint256 available)
    {
        uint256 capacity = capacityDown(limit);
        uint256 used = usedUp(state.used, capacity, block.timestamp - state.at, window);
        available = roomDown(used, capacity);
        if (amount > available) return (false, available);
        if (amount == 0) return (true, available);

        // casting to 'uint192' is safe because used + amount <= capacity < 2^128, scaled by 2^64
        // forge-lint: disable-next-line(unsafe-typecast)
        state.used = uint192(used + amount * FRACTION);
        state.at = uint64(block.timestamp);
        return (true, available);
    }

    /// @notice What one draw could take now, rounded down.
    function availableDown(State storage state, uint256 limit, uint256 window) internal view returns (uint256) {
        uint256 capacity = capacityDown(limit);
        return roomDown(usedUp(state.used, capacity, block.timestamp - state.at, window), capacity);
    }

    /// @notice What a full bucket holds.
    function capacityDown(uint256 limit) internal pure returns (uint256) {
        uint256 half = limit / 2;
        return half > CAPACITY_LIMIT ? CAPACITY_LIMIT : half;
    }

    /// @notice What counts as used `elapsed` seconds after `used` did; both scaled by 2^64, rounded up.
    function usedUp(uint256 used, uint256 capacity, uint256 elapsed, uint256 window) internal pure returns (uint256) {
        uint256 leaked = capacity * FRACTION * elapsed / window;
        return used > leaked ? used - leaked : 0;
    }

    /// @notice What a bucket of which `used`, scaled by 2^64, is used has room for, rounded down.
    function roomDown(uint256 used, uint256 capacity) internal pure returns (uint256) {
        uint256 scaled = capacity * FRACTION;
        return scaled > used ? (scaled - used) / FRACTION : 0;
    }
}
