// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOptionBook} from "../interfaces/IOptionBook.sol";
import {PackedLeg} from "./PackedLeg.sol";

/// @title The legs of an account while they are changed in memory
/// @dev Legs stand in order of arrival; equal series merge, a leg of amount zero vanishes and the last one takes its place.
library LegList {
    using PackedLeg for uint256;

    /// @dev The most legs an account may hold.
    uint256 internal constant MAX_LEGS = 64;

    /// @param account whose legs these are
    /// @param count legs now
    /// @param words the legs, of which the first `count` count
    /// @param stored what storage holds: the legs before any change
    struct List {
        bytes32 account;
        uint256 count;
        uint256[] words;
        uint256[] stored;
    }

    /// @notice A list to change, from the legs in storage.
    function open(bytes32 account, uint256[] memory stored) internal pure returns (List memory list) {
        list.account = account;
        list.count = stored.length;
        list.stored = stored;
        list.words = new uint256[](MAX_LEGS);
        for (uint256 i = 0; i < stored.length; ++i) {
            list.words[i] = stored[i];
        }
    }

    /// @notice Adds to the leg of a series; returns what its amount was and is.
    function add(List memory list, uint160 series, int256 delta) internal pure returns (int256 before, int256 current) {
        uint256 place = find(list, series);
        before = place == list.count ? int256(0) : list.words[place].amount();
        current = before + delta;
        if (current == before) return (before, current);
        // The smallest int96 has no counterpart above zero and is left out.
        if (current > type(int96).max || current < -type(int96).max) {
            revert IOptionBook.AmountOutOfRange(list.account, current);
        }

        if (current == 0) {
            removeAt(list, place);
            return (before, current);
        }
        if (place == list.count) {
            if (place == MAX_LEGS) revert IOptionBook.LegLimitReached(list.account, MAX_LEGS);
            ++list.count;
        }
        // casting to 'int96' is safe because the range was checked above
        // forge-lint: disable-next-line(unsafe-typecast)
        list.words[place] = PackedLeg.pack(series, int96(current));
    }

    /// @notice Takes a leg out; the last one takes its place.
    function removeAt(List memory list, uint256 place) internal pure {
        uint256 last = --list.count;
        list.words[place] = list.words[last];
        list.words[last] = 0;
    }

    /// @notice The place of a series, or the number of legs where there is none.
    function find(List memory list, uint160 series) internal pure returns (uint256) {
        for (uint256 i = 0; i < list.count; ++i) {
            if (list.words[i].series() == series) return i;
        }
        return list.count;
    }

    /// @notice The legs as they are now, without the room behind them.
    function close(List memory list) internal pure returns (uint256[] memory words) {
        words = new uint256[](list.count);
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = list.words[i];
        }
    }

    /// @notice Whether any of the first `count` legs is settled in a pool.
    function touches(uint256[] memory words, uint256 count, uint48 pool) internal pure returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            if (words[i].pool() == pool) return true;
        }
        return false;
    }
}
