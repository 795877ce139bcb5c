// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title One option leg in one word, and what follows from the word alone
/// @dev From high to low bits:
///
///   int96 amount (contracts, scaled by 1e18, negative short) | uint96 strike (units of account, scaled by 1e18) |
///   uint40 expiry (chain time, seconds) | uint8 underlying (place in the book's list) | uint8 call (1) or put (0) | 8 bits zero
///
/// The low 160 bits without the amount are the *series*; the 48 bits of expiry and underlying are the *pool* in which a series is settled.
/// The hash of an account's legs is keccak256(abi.encodePacked(words)), in the order in which the book holds them.
library PackedLeg {
    uint256 private constant WAD = 1e18;
    uint256 private constant AMOUNT_SHIFT = 160;
    uint256 private constant STRIKE_SHIFT = 64;
    uint256 private constant EXPIRY_SHIFT = 24;
    uint256 private constant UNDERLYING_SHIFT = 16;
    uint256 private constant CALL_SHIFT = 8;

    /// @notice The series of a leg, with the amount left out.
    function seriesFrom(uint8 underlying_, bool call, uint96 strike_, uint40 expiry_) internal pure returns (uint160) {
        uint256 word = (uint256(strike_) << STRIKE_SHIFT) | (uint256(expiry_) << EXPIRY_SHIFT)
            | (uint256(underlying_) << UNDERLYING_SHIFT) | (call ? uint256(1) << CALL_SHIFT : 0);
        return series(word);
    }

    /// @notice The pool in which options of an underlying and an expiry are settled.
    function poolFrom(uint8 underlying_, uint40 expiry_) internal pure returns (uint48) {
        return (uint48(expiry_) << 8) | underlying_;
    }

    /// @notice A leg from its series and its amount.
    function pack(uint160 series_, int96 amount_) internal pure returns (uint256) {
        // The amount's two's complement is moved to the top; widening keeps its low 96 bits as they are.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint256(int256(amount_)) << AMOUNT_SHIFT) | series_;
    }

    // Each of the following cuts a field of its own width out of the word.

    function amount(uint256 word) internal pure returns (int256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256(word) >> AMOUNT_SHIFT;
    }

    function series(uint256 word) internal pure returns (uint160) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint160(word);
    }

    function strike(uint256 word) internal pure returns (uint96) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint96(word >> STRIKE_SHIFT);
    }

    function expiry(uint256 word) internal pure returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(word >> EXPIRY_SHIFT);
    }

    function underlying(uint256 word) internal pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(word >> UNDERLYING_SHIFT);
    }

    function isCall(uint256 word) internal pure returns (bool) {
        return (word >> CALL_SHIFT) & 1 == 1;
    }

    function pool(uint256 word) internal pure returns (uint48) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint48(word >> UNDERLYING_SHIFT);
    }

    /// @notice What a leg is worth at expiry, exactly: units of account scaled by 1e36, negative for the writer.
    function payoff36(uint256 word, uint256 price) internal pure returns (int256) {
        uint256 strike_ = strike(word);
        uint256 perContract = isCall(word)
            ? FixedPointMathLib.zeroFloorSub(price, strike_)
            : FixedPointMathLib.zeroFloorSub(strike_, price);
        // Prices have at most 128 bits and amounts 96, so the product fits with room for every leg of an account.
        // forge-lint: disable-next-line(unsafe-typecast)
        return amount(word) * int256(perContract);
    }

    /// @notice sum |amount| strike, in units of account scaled by 1e18: a size that asks for no price.
    function grossNotionalUp(uint256[] memory words) internal pure returns (uint256 gross) {
        for (uint256 i = 0; i < words.length; ++i) {
            gross += FixedPointMathLib.abs(amount(words[i])) * strike(words[i]);
        }
        return FixedPointMathLib.divUp(gross, WAD);
    }

    /// @notice The hash that stands for an account's legs.
    function hash(uint256[] memory words) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(words));
    }
}
