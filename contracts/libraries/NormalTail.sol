// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The standard normal density and the Mills ratio of its tail
/// @dev Everything is scaled by 1e18. With n the density and N the distribution function
///
///   n(x) = e^(-x^2/2) / sqrt(2 pi)
///   M(x) = N(-x) / n(x),  x >= 0        so N(-x) = n(x) M(x) and N(x) = 1 - n(x) M(x)
///
/// M falls from sqrt(pi/2) slowly, like 1/x: one quotient of two polynomials holds it from 0 to 16, with a relative error under 3e-12.
/// `scripts/make-coefficients.mjs` makes the coefficients (of the contracts' own degrees, 6 over 7) and checks that these are they.
///
/// Options need N at two points, d1 and d2, but only one exponential: F n(d1) = K n(d2). That is why M is here and N is not.
library NormalTail {
    /// @notice The largest argument of `millsRatio`.
    uint256 internal constant MOST = 16e18;

    /// @dev 1/sqrt(2 pi).
    uint256 private constant PEAK = 398_942_280_401_432_678;

    /// @notice n(x) for |x| up to 1e20 (scaled: 1e38); zero from |x| = 9.1 on.
    function density(int256 x) internal pure returns (uint256 value) {
        // y = x^2/2 has under 253 bits. y = k ln 2 - r with |r| <= ln(2)/2, so e^-y = 2^-k e^r, and e^r is Pade's quotient of degrees 4 over 4,
        //   (a + b)/(a - b),  a = 1680 + 180 r^2 + r^4,  b = r (840 + 20 r^2)
        // with a relative error under 3e-12. a > 1680 and |b| < 300: numerator and denominator are positive.
        assembly ("memory-safe") {
            let wad := 1000000000000000000
            let y := div(mul(x, x), 2000000000000000000)
            let k := div(add(y, 346573590279972655), 693147180559945309)
            let r := sub(mul(k, 693147180559945309), y)
            let square := div(mul(r, r), wad)
            let a := add(add(1680000000000000000000, mul(180, square)), div(mul(square, square), wad))
            let b := sdiv(mul(r, add(840000000000000000000, mul(20, square))), wad)
            value := shr(k, div(mul(PEAK, add(a, b)), sub(a, b)))
        }
    }

    /// @notice M(x). The caller sees to it that 0 <= x <= MOST: nothing is checked.
    function millsRatio(uint256 x) internal pure returns (uint256 ratio) {
        // All coefficients are positive. With x <= 16 the denominator is under 2^36, scaled 2^96, and the largest product under
        // 2^96 x 2^64: nothing overflows, and the denominator is never under its last coefficient.
        assembly ("memory-safe") {
            let wad := 1000000000000000000
            let p := add(16311060372798736825, div(mul(1000000077346104338, x), wad))
            p := add(126792850746259652730, div(mul(p, x), wad))
            p := add(589758152489643588334, div(mul(p, x), wad))
            p := add(1725655455577216014409, div(mul(p, x), wad))
            p := add(3040720808036167248619, div(mul(p, x), wad))
            p := add(2627494592598096662306, div(mul(p, x), wad))
            let q := add(16311067139026616204, x)
            q := add(127792583101578423976, div(mul(q, x), wad))
            q := add(606075602791943553576, div(mul(q, x), wad))
            q := add(1850344752778544368941, div(mul(q, x), wad))
            q := add(3599071620118356838477, div(mul(q, x), wad))
            q := add(4098859196413457591199, div(mul(q, x), wad))
            q := add(2096437369022606841742, div(mul(q, x), wad))
            ratio := div(mul(p, wad), q)
        }
    }
}
