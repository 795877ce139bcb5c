// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title The standard normal density and the Mills ratio of its tail
/// @dev Everything is scaled by 1e18. With n the density and N the distribution function
///
///   n(x) = e^(-x^2/2) / sqrt(2 pi)
///   M(x) = N(-x) / n(x),  x >= 0        so N(-x) = n(x) M(x) and N(x) = 1 - n(x) M(x)
///
/// M falls from sqrt(pi/2) slowly, like 1/x: one quotient of two polynomials holds it from 0 to 16, with a relative error under 3e-14.
/// `scripts/make-coefficients.mjs` makes the coefficients (of the contracts' own degrees, 7 over 8) and checks that these are they.
///
/// Options need N at two points, d1 and d2, but only one exponential: F n(d1) = K n(d2). That is why M is here and N is not.
library NormalTail {
    /// @notice The largest argument of `millsRatio`.
    uint256 internal constant MOST = 16e18;

    /// @dev 1/sqrt(2 pi).
    uint256 private constant PEAK = 398_942_280_401_432_678;

    /// @notice n(x) for |x| up to 1e20 (scaled: 1e38); zero from |x| = 9.2 on.
    function density(int256 x) internal pure returns (uint256) {
        // |x| <= 1e38, so the square has under 253 bits; e^(-y) is between 0 and 1e18.
        unchecked {
            // casting to 'uint256' is safe because an exponential is not negative
            // forge-lint: disable-next-line(unsafe-typecast)
            return uint256(FixedPointMathLib.expWad(-(x * x) / 2e18)) * PEAK / 1e18;
        }
    }

    /// @notice M(x). The caller sees to it that 0 <= x <= MOST: nothing is checked.
    function millsRatio(uint256 x) internal pure returns (uint256 ratio) {
        // All coefficients are positive. With x <= 16 the denominator is under 17^8 x 4e4 < 2^49, scaled 2^109, and the largest product under
        // 2^109 x 2^64 x 2^60: nothing overflows, and the denominator is never under its last coefficient.
        assembly ("memory-safe") {
            let wad := 1000000000000000000
            let p := add(20198719784867586011, div(mul(999999990313265049, x), wad))
            p := add(195787249737096817400, div(mul(p, x), wad))
            p := add(1162437854456129404753, div(mul(p, x), wad))
            p := add(4541373527788389491309, div(mul(p, x), wad))
            p := add(11700945549306560394104, div(mul(p, x), wad))
            p := add(18622019148790134884535, div(mul(p, x), wad))
            p := add(14630606745177218857962, div(mul(p, x), wad))
            let q := add(20198718802371160923, x)
            q := add(196787295525330376825, div(mul(q, x), wad))
            q := add(1182635265460664014403, div(mul(q, x), wad))
            q := add(4735186589786461563950, div(mul(q, x), wad))
            q := add(12822611169734701222208, div(mul(q, x), wad))
            q := add(22785985119783897406962, div(mul(q, x), wad))
            q := add(24172355105474933471300, div(mul(q, x), wad))
            q := add(11673535237155383009318, div(mul(q, x), wad))
            ratio := div(mul(p, wad), q)
        }
    }
}
