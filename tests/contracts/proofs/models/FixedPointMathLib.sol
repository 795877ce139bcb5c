// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What Solady's library of this name does, without assembly: for the proofs alone
/// @dev A product of more than 256 bits reverts here and not there, so a proof says nothing about inputs with such products; the proofs
/// choose types under which there are none. exp, ln and sqrt are unknown functions of which only the facts in the requires are known. Those facts, and
/// the equality of everything else, are fuzzed against the real library in `ModelsTest`.
library FixedPointMathLib {
    uint256 private constant WAD = 1e18;
    int256 private constant ONE = 1e18;

    function fullMulDiv(uint256 x, uint256 y, uint256 d) internal pure returns (uint256) {
        return x * y / d;
    }

    function fullMulDivUp(uint256 x, uint256 y, uint256 d) internal pure returns (uint256) {
        return divUp(x * y, d);
    }

    function mulWad(uint256 x, uint256 y) internal pure returns (uint256) {
        return x * y / WAD;
    }

    function mulWadUp(uint256 x, uint256 y) internal pure returns (uint256) {
        return divUp(x * y, WAD);
    }

    function divUp(uint256 x, uint256 d) internal pure returns (uint256) {
        return x / d + (x % d == 0 ? 0 : 1);
    }

    function min(uint256 x, uint256 y) internal pure returns (uint256) {
        return x < y ? x : y;
    }

    function min(int256 x, int256 y) internal pure returns (int256) {
        return x < y ? x : y;
    }

    function max(uint256 x, uint256 y) internal pure returns (uint256) {
        return x > y ? x : y;
    }

    function zeroFloorSub(uint256 x, uint256 y) internal pure returns (uint256) {
        return x > y ? x - y : 0;
    }

    function dist(uint256 x, uint256 y) internal pure returns (uint256) {
        return x > y ? x - y : y - x;
    }

    function dist(int256 x, int256 y) internal pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return x > y ? uint256(x - y) : uint256(y - x);
    }

    function expWad(int256 x) internal pure returns (int256 r) {
        // forge-lint: disable-next-line(unsafe-typecast)
        r = int256(_unknown(1, x) / 2);
        require(x > 0 || r <= ONE, "e^x is at most 1 up to 0");
    }

    function lnWad(int256 x) internal pure returns (int256 r) {
        require(x > 0, "ln is of positive numbers");
        // forge-lint: disable-next-line(unsafe-typecast)
        r = int256(_unknown(2, x));
        require(x > ONE || r <= 0, "ln is at most 0 up to 1");
        require(x < ONE || r >= 0, "ln is at least 0 from 1");
    }

    function sqrt(uint256 x) internal pure returns (uint256) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return _unknown(3, int256(x));
    }

    /// @dev To the SMTChecker a hash is a function of which nothing is known but that it is one.
    function _unknown(uint256 name, int256 x) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(name, x)));
    }
}
