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
}
