// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

import {IOracleHub} from "../interfaces/IOracleHub.sol";

/// @title The untrusted door: the last round of a Chainlink AggregatorV3 feed, or that there is none
/// @dev A feed may revert, have no code, answer malformed words, answer without end, or burn its gas: each of these is "not answered" and
/// costs at most `FEED_GAS`; no more than five words of an answer are copied.
///
/// A caller must not be able to choose "not answered" by sending too little gas. A call that does not succeed with less left than the
/// 64th part that the EVM keeps back of a full allowance may have been starved, so that reverts for the whole transaction.
library FeedReader {
    struct Round {
        bool answered;
        uint80 roundId;
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
    }

    /// @dev A proxy with an aggregator behind it takes about 15,000, an adapter over several feeds under 100,000.
    uint256 internal constant FEED_GAS = 200_000;
    uint256 private constant KEPT_BACK = FEED_GAS / 63;
    uint256 private constant PRICE_DECIMALS = 18;
    /// @dev latestRoundData answers five words.
    uint256 private constant ROUND_DATA_LENGTH = 160;

    /// @notice Asks for the latest round.
    function latestRound(address feed) internal view returns (Round memory round) {
        bytes4 selector = AggregatorV3Interface.latestRoundData.selector;
        uint256 allowance = FEED_GAS;
        uint256 length = ROUND_DATA_LENGTH;
        bool answered;
        uint256 roundId;
        int256 answer;
        uint256 startedAt;
        uint256 updatedAt;
        assembly ("memory-safe") {
            // Memory past the free pointer serves for question and answer, and is given up again.
            let words := mload(0x40)
            mstore(words, selector)
            answered := staticcall(allowance, feed, words, 4, words, length)
            answered := and(answered, iszero(lt(returndatasize(), length)))
            roundId := mload(words)
            answer := mload(add(words, 32))
            startedAt := mload(add(words, 64))
            updatedAt := mload(add(words, 96))
        }
        if (!answered) {
            uint256 left = gasleft();
            if (left < KEPT_BACK) revert IOracleHub.GasTooLow(left, KEPT_BACK);
            return round;
        }
        if (roundId > type(uint80).max) return round;

        round.answered = true;
        // casting to 'uint80' is safe because larger round ids were refused above
        // forge-lint: disable-next-line(unsafe-typecast)
        round.roundId = uint80(roundId);
        round.answer = answer;
        round.startedAt = startedAt;
        round.updatedAt = updatedAt;
    }

    /// @notice The price of one feed, scaled by 1e18, and what is wrong with it, in the order that `OracleHub` states.
    function look(IOracleHub.Feed storage feed, uint256 minPrice, uint256 maxPrice)
        internal
        view
        returns (IOracleHub.PriceStatus status, uint256 price, Round memory round)
    {
        (address aggregator, uint256 decimals, uint256 maxAge) = (feed.aggregator, feed.decimals, feed.maxAge);
        round = latestRound(aggregator);
        if (!round.answered) return (IOracleHub.PriceStatus.FeedReverted, 0, round);
        if (round.answer <= 0) return (IOracleHub.PriceStatus.NotPositive, 0, round);
        price = _scaleDown(uint256(round.answer), decimals);
        if (round.updatedAt > block.timestamp) {
            status = IOracleHub.PriceStatus.FromFuture;
        } else if (block.timestamp - round.updatedAt > maxAge) {
            status = IOracleHub.PriceStatus.Stale;
        } else if (price <= minPrice || price >= maxPrice) {
            status = IOracleHub.PriceStatus.OutOfBounds;
        }
    }

    /// @dev To 18 decimals, rounded down; an answer too large to scale saturates and is then out of bounds.
    function _scaleDown(uint256 answer, uint256 feedDecimals) private pure returns (uint256) {
        // No power overflows, since a feed has at most 36 decimals, and the product is asked about first.
        unchecked {
            if (feedDecimals > PRICE_DECIMALS) return answer / 10 ** (feedDecimals - PRICE_DECIMALS);
            uint256 scale = 10 ** (PRICE_DECIMALS - feedDecimals);
            return answer > type(uint256).max / scale ? type(uint256).max : answer * scale;
        }
    }
}
