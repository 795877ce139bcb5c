// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {NormalTail} from "./NormalTail.sol";

/// @title Black-76, undiscounted, with one exponential and no logarithm for each value
/// @dev Everything is scaled by 1e18. Call c and put p on a forward F with strike K, L = ln(F/K), v = sigma sqrt(T):
///
///   d1 = L/v + v/2,  d2 = d1 - v        c = F N(d1) - K N(d2),  p = c - F + K
///
/// F n(d1) = K n(d2), so with M the Mills ratio of the normal tail
///
///   d1 < 0          c = F n(d1) [M(-d1) - M(-d2)]
///   d2 >= 0         p = F n(d1) [M(d2) - M(d1)]
///   d2 < 0 <= d1    c = F - F n(d1) [M(d1) + M(-d2)]
///
/// The option out of the money is what is computed; the other one follows by parity, exactly. Past 8 deviations (d1 < -8, d2 > 8, or d1 > 8 in
/// the last line) the value is the intrinsic one, within 2e-14 of F. At v = 0 it is the intrinsic value.
///
/// Limits, which the caller keeps: F and K from 1e8 to 2^97, L = lnWad(F) - lnWad(K), v <= 1e22, `inverse` = 1e36/v, v >= 1e6, or
/// zero where v is to count as zero. Error against the 60-digit vectors: under 2e-12 of F.
///
/// The argument of M stays inside its domain: |L| <= ln(2^97/1e8) < 49 and d1^2 - d2^2 = 2 L, so where one of the two is at most 8 the
/// other is at most sqrt(64 + 98) < 13.
library Black76 {
    /// @dev Deviations past which an option is its intrinsic value.
    int256 private constant FAR = 8e18;
    uint256 private constant WAD = 1e18;
    uint256 private constant SQUARE = 1e36;

    /// @notice Value of a call, undiscounted.
    /// @param lnMoneyness L = ln(forward/strike)
    /// @param deviation v
    /// @param inverse 1/v, or zero for the intrinsic value
    function call(uint256 forward, uint256 strike, int256 lnMoneyness, uint256 deviation, uint256 inverse)
        internal
        pure
        returns (uint256)
    {
        // |L| < 49e18 and inverse <= 1e30: the product has under 166 bits; d1, d2 and their squares are far inside a word. Forwards are under
        // 2^98, densities under 2^59, ratios and sums of two under 2^62: the products of three have under 219 bits.
        // casting to 'int256' and 'uint256' is safe because of these limits and of the signs that the branches establish
        // forge-lint: disable-start(unsafe-typecast)
        unchecked {
            uint256 intrinsic = forward > strike ? forward - strike : 0;
            if (inverse == 0) return intrinsic;
            int256 d1 = lnMoneyness * int256(inverse) / int256(WAD) + int256(deviation / 2);
            int256 d2 = d1 - int256(deviation);
            if (d1 < -FAR || d2 > FAR) return intrinsic;

            if (d1 < 0) {
                uint256 nearer = NormalTail.millsRatio(uint256(-d1));
                uint256 farther = NormalTail.millsRatio(uint256(-d2));
                return nearer > farther ? forward * NormalTail.density(d1) * (nearer - farther) / SQUARE : 0;
            }
            if (d2 >= 0) {
                uint256 nearer = NormalTail.millsRatio(uint256(d2));
                uint256 farther = NormalTail.millsRatio(uint256(d1));
                uint256 put = nearer > farther ? forward * NormalTail.density(d1) * (nearer - farther) / SQUARE : 0;
                // A put is worth at least strike - forward; what is rounded here may be a little less.
                return put + forward > strike ? put + forward - strike : 0;
            }
            if (d1 > FAR) return forward;
            uint256 both = NormalTail.millsRatio(uint256(d1)) + NormalTail.millsRatio(uint256(-d2));
            uint256 missing = forward * NormalTail.density(d1) * both / SQUARE;
            return missing < forward ? forward - missing : 0;
        }
        // forge-lint: disable-end(unsafe-typecast)
    }
}
