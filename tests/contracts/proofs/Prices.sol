// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MedianPrice} from "../../../contracts/libraries/MedianPrice.sol";

/// @dev Answers of two honest feeds and of a third that may say anything, in order.
abstract contract TwoHonestFeeds {
    function _answers(uint96 low, uint96 high, uint96 lie) internal pure returns (MedianPrice.Answers memory answers) {
        answers.count = 3;
        answers.lowest = lie < low ? lie : low;
        answers.middle = lie < low ? low : lie < high ? lie : high;
        answers.highest = lie < high ? high : lie;
    }
}

/// @title One liar among three feeds cannot move the price out of the range of the two honest ones
/// @custom:bug contracts/libraries/MedianPrice.sol: `if (answers.count > NEEDED) return answers.middle;` => ``
contract LiarCannotMoveThePrice is TwoHonestFeeds {
    function check(uint96 low, uint96 high, uint96 lie) external pure {
        require(low <= high);
        uint256 price = MedianPrice.priceDown(_answers(low, high, lie));
        assert(low <= price && price <= high);
    }
}

/// @title One liar among three feeds cannot take the price away while the two honest ones are within the deviation
/// @custom:bug contracts/libraries/MedianPrice.sol: `return (below < above ? below : above) * WAD` => `return (below < above ? above : below) * WAD`
contract LiarCannotStopThePrice is TwoHonestFeeds {
    uint256 private constant DEVIATION = 0.02e18;

    function check(uint96 low, uint96 high, uint96 lie) external pure {
        require(low <= high && uint256(high - low) * 1e18 <= DEVIATION * low);
        assert(MedianPrice.agree(_answers(low, high, lie), DEVIATION));
    }
}

/// @title A price of two feeds lies between their answers
/// @custom:bug contracts/libraries/MedianPrice.sol: `return answers.lowest + (answers.highest - answers.lowest) / 2;` => `return answers.lowest + answers.highest / 2;`
contract PriceOfTwoLiesBetweenThem {
    function check(uint96 low, uint96 high) external pure {
        require(low <= high);
        MedianPrice.Answers memory answers;
        (answers.count, answers.lowest, answers.highest) = (2, low, high);
        uint256 price = MedianPrice.priceDown(answers);
        assert(low <= price && price <= high);
    }
}
