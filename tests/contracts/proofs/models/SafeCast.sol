// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What OpenZeppelin's library of this name does, without assembly: for the proofs alone
library SafeCast {
    error DoesNotFit();

    function toInt256(uint256 value) internal pure returns (int256) {
        if (value > uint256(type(int256).max)) revert DoesNotFit();
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256(value);
    }

    function toUint256(int256 value) internal pure returns (uint256) {
        if (value < 0) revert DoesNotFit();
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint256(value);
    }
}
