// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The price that two of three feeds stand behind
/// @dev With d the deviation, a fraction scaled by 1e18, and the usable answers sorted:
///   three   price = the middle one; agreed where min(middle - lowest, highest - middle) <= d x middle
///   two     price = lowest + floor((highest - lowest) / 2); agreed where highest - lowest <= d x lowest
///   fewer   no price
/// So an agreed price lies between two answers that are within d of each other, and one liar among three can neither move it out
/// of the range of the honest two nor, while these are within d, take it away.
///
/// Answers are under 2^96, so no product here overflows.
library MedianPrice {
    uint256 internal constant NEEDED = 2;
    uint256 private constant WAD = 1e18;

    /// @dev Up to three answers in order. With two, `middle` is not set; with one, all three are the same.
    struct Answers {
        uint256 count;
        uint256 lowest;
        uint256 middle;
        uint256 highest;
    }

    /// @notice Sorts one more answer in.
    function add(Answers memory answers, uint256 answer) internal pure {
        uint256 count = answers.count++;
        if (count == 0) {
            answers.lowest = answer;
            answers.middle = answer;
            answers.highest = answer;
        } else if (answer < answers.lowest) {
            answers.middle = answers.lowest;
            answers.lowest = answer;
        } else if (answer > answers.highest) {
            answers.middle = answers.highest;
            answers.highest = answer;
        } else {
            answers.middle = answer;
        }
    }

    /// @notice The middle answer, or the midpoint of two, rounded down.
    function priceDown(Answers memory answers) internal pure returns (uint256) {
        if (answers.count > NEEDED) return answers.middle;
        return answers.lowest + (answers.highest - answers.lowest) / 2;
    }

    /// @notice Whether two answers next to each other are within `deviation`, given that there are two.
    function agree(Answers memory answers, uint256 deviation) internal pure returns (bool) {
        if (answers.count > NEEDED) {
            uint256 below = answers.middle - answers.lowest;
            uint256 above = answers.highest - answers.middle;
            return (below < above ? below : above) * WAD <= deviation * answers.middle;
        }
        return (answers.highest - answers.lowest) * WAD <= deviation * answers.lowest;
    }

    /// @notice How far the answers lie apart: (highest - lowest) / lowest, scaled by 1e18, rounded up, saturating.
    function spreadUp(Answers memory answers) internal pure returns (uint64) {
        if (answers.count < NEEDED) return 0;
        uint256 lowest = answers.lowest;
        uint256 spread = ((answers.highest - lowest) * WAD + lowest - 1) / lowest;
        // casting to 'uint64' is safe because anything larger saturates
        // forge-lint: disable-next-line(unsafe-typecast)
        return spread > type(uint64).max ? type(uint64).max : uint64(spread);
    }
}
