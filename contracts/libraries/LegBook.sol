// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IOptionBook} from "../interfaces/IOptionBook.sol";
import {LegList} from "./LegList.sol";
import {PackedLeg} from "./PackedLeg.sol";

/// @title The legs of all accounts in storage, and what is counted with them: hash, nonce, pools, open interest
/// @dev Every change goes through `_store`, which writes only the words that differ, moves the nonce once, and counts the account in and out of
/// pools. Amounts of a series add up to zero over all accounts, because both sides of a trade and of a transfer are written here.
/// The functions that change are external, for linking: the book's bytecode stays small.
library LegBook {
    using LegList for LegList.List;
    using PackedLeg for uint256;
    using SafeCast for int256;
    using SafeCast for uint256;

    /// @param nonce changes of legs so far
    /// @param gross sum |amount| strike, rounded up
    struct Account {
        bytes32 legsHash;
        uint64 nonce;
        uint8 legs;
        uint184 gross;
    }

    /// @param interest contracts held long, by series
    struct Store {
        mapping(bytes32 account => Account) accounts;
        mapping(bytes32 account => uint256[64]) words;
        mapping(uint48 pool => IOptionBook.Pool) pools;
        mapping(uint160 series => uint256 amount) interest;
    }

    int256 private constant WAD = 1e18;

    /// @notice Adds to a leg: it ends at zero or at least one lot, and has only shrunk where the trade was said to reduce.
    function trade(Store storage store, bytes32 account, uint160 series, int256 delta, uint256 lot, bool reduces)
        external
    {
        LegList.List memory list = LegList.open(account, wordsOf(store, account));
        (int256 before, int256 current) = list.add(series, delta);
        uint256 size = FixedPointMathLib.abs(current);
        if (current != 0 && size < lot) revert IOptionBook.LegUnderLot(account, current, lot);
        bool turned = current != 0 && (current > 0) != (before > 0);
        if (reduces && (turned || size >= FixedPointMathLib.abs(before))) {
            revert IOptionBook.LegNotReduced(account, before, current);
        }
        _countInterest(store, series, before, current);
        _store(store, list);
    }

    /// @notice Moves a fraction of every leg, each amount rounded towards zero, so that both sides add up to what they were.
    function move(Store storage store, bytes32 from, bytes32 to, uint256 fraction) external {
        LegList.List memory given = LegList.open(from, wordsOf(store, from));
        LegList.List memory taken = LegList.open(to, wordsOf(store, to));
        int256 share = fraction.toInt256();
        // What is stored does not move in the list, while the changed words do.
        for (uint256 i = 0; i < given.stored.length; ++i) {
            uint160 series = given.stored[i].series();
            int256 moved = given.stored[i].amount() * share / WAD;
            (int256 before, int256 current) = given.add(series, -moved);
            _countInterest(store, series, before, current);
            (before, current) = taken.add(series, moved);
            _countInterest(store, series, before, current);
        }
        _store(store, given);
        _store(store, taken);
    }

    /// @notice Takes all legs of a pool out of an account. Returns how many, and what they pay at a price: units of account scaled by 1e36.
    /// Open interest stays as it was at expiry.
    function takeOut(Store storage store, bytes32 account, uint48 pool, uint256 price)
        external
        returns (uint256 taken, int256 net36)
    {
        LegList.List memory list = LegList.open(account, wordsOf(store, account));
        // From the end, since the last leg moves into the place of one that goes.
        for (uint256 i = list.count; i > 0; --i) {
            uint256 word = list.words[i - 1];
            if (word.pool() != pool) continue;
            net36 += word.payoff36(price);
            list.removeAt(i - 1);
        }
        taken = list.stored.length - list.count;
        _store(store, list);
    }

    /// @notice The legs of an account, in their order.
    function wordsOf(Store storage store, bytes32 account) internal view returns (uint256[] memory words) {
        words = new uint256[](store.accounts[account].legs);
        uint256[64] storage slots = store.words[account];
        for (uint256 i = 0; i < words.length; ++i) {
            words[i] = slots[i];
        }
    }

    function _store(Store storage store, LegList.List memory list) private {
        if (!_writeWords(store.words[list.account], list)) return;
        _countPools(store, list);

        uint256[] memory words = list.close();
        Account storage held = store.accounts[list.account];
        bytes32 hash = PackedLeg.hash(words);
        uint64 nonce = ++held.nonce;
        held.legsHash = hash;
        held.legs = words.length.toUint8();
        held.gross = PackedLeg.grossNotionalUp(words).toUint184();
        emit IOptionBook.LegsChanged(list.account, nonce, hash, words.length);
    }

    function _writeWords(uint256[64] storage slots, LegList.List memory list) private returns (bool changed) {
        uint256 before = list.stored.length;
        uint256 most = FixedPointMathLib.max(list.count, before);
        for (uint256 i = 0; i < most; ++i) {
            // Behind the last leg the list's words are zero.
            uint256 word = list.words[i];
            if (i < before && list.stored[i] == word) continue;
            changed = true;
            slots[i] = word;
        }
    }

    /// @dev Each pool that the account entered or left, once: at its first leg in the one list, if it has none in the other.
    function _countPools(Store storage store, LegList.List memory list) private {
        uint256 before = list.stored.length;
        for (uint256 i = 0; i < list.count; ++i) {
            uint48 pool = list.words[i].pool();
            if (LegList.touches(list.stored, before, pool) || LegList.touches(list.words, i, pool)) continue;
            ++store.pools[pool].accounts;
        }
        for (uint256 i = 0; i < before; ++i) {
            uint48 pool = list.stored[i].pool();
            if (LegList.touches(list.words, list.count, pool) || LegList.touches(list.stored, i, pool)) continue;
            --store.pools[pool].accounts;
        }
    }

    function _countInterest(Store storage store, uint160 series, int256 before, int256 current) private {
        uint256 added = FixedPointMathLib.max(current, 0).toUint256();
        uint256 gone = FixedPointMathLib.max(before, 0).toUint256();
        if (added != gone) store.interest[series] = store.interest[series] + added - gone;
    }
}
