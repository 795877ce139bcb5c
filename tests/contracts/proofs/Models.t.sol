// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {FixedPointMathLib as Real} from "solady/utils/FixedPointMathLib.sol";

import {FixedPointMathLib as Model} from "./models/FixedPointMathLib.sol";

/// @title What the proofs assume of Solady's arithmetic is so
contract ModelsTest is Test {
    int256 private constant WAD = 1e18;

    function testFuzz_Products_ModelEqualsReal(uint128 x, uint128 y, uint128 d) public pure {
        uint256 divisor = bound(d, 1, type(uint128).max);
        assertEq(Model.fullMulDiv(x, y, divisor), Real.fullMulDiv(x, y, divisor));
        assertEq(Model.fullMulDivUp(x, y, divisor), Real.fullMulDivUp(x, y, divisor));
        assertEq(Model.divUp(x, divisor), Real.divUp(x, divisor));
    }

    function testFuzz_Choices_ModelEqualsReal(uint256 x, uint256 y, int128 a, int128 b) public pure {
        assertEq(Model.min(x, y), Real.min(x, y));
        assertEq(Model.max(x, y), Real.max(x, y));
        assertEq(Model.zeroFloorSub(x, y), Real.zeroFloorSub(x, y));
        assertEq(Model.min(int256(a), int256(b)), Real.min(int256(a), int256(b)));
        assertEq(Model.dist(x, y), Real.dist(x, y));
        assertEq(Model.dist(int256(a), int256(b)), Real.dist(int256(a), int256(b)));
    }

    function testFuzz_Exponential_IsAtMostOneUpToZero(int256 x) public pure {
        int256 result = Real.expWad(bound(x, type(int256).min, 0));
        assertGe(result, 0);
        assertLe(result, WAD);
    }

    function testFuzz_Logarithm_HasTheSignOfItsArgumentLessOne(int256 x) public pure {
        assertLe(Real.lnWad(bound(x, 1, WAD)), 0);
        assertGe(Real.lnWad(bound(x, WAD, type(int256).max)), 0);
    }
}
