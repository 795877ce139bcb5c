// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title A price feed with its whole history, which anyone may write: for tests and local chains
/// @dev Rounds count from 1. Before the first answer every question reverts, as an aggregator without data does. An answer has 192 bits, and
/// a question reads two slots, as an aggregator's does; a proxy before one would read a third.
contract MockFeed is AggregatorV3Interface {
    using SafeCast for int256;

    struct Round {
        int192 answer;
        uint64 updatedAt;
    }

    error NoDataPresent(uint80 roundId);
    error FeedDown();
    error LengthMismatch(uint256 answers, uint256 times);

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);
    event DownSet(bool down);

    uint8 public immutable override decimals;
    string public override description;
    uint256 public constant override version = 4;

    /// @notice Whether every question reverts.
    bool public down;

    uint80 private _latest;
    mapping(uint80 roundId => Round) private _rounds;

    constructor(uint8 decimals_, string memory description_) {
        decimals = decimals_;
        description = description_;
    }

    /// @notice Answers now.
    function push(int256 answer) external {
        _push(answer, uint64(block.timestamp));
    }

    /// @notice Answers as if at another time, past or future.
    function pushAt(int256 answer, uint64 updatedAt) external {
        _push(answer, updatedAt);
    }

    /// @notice Writes a history in one transaction.
    function pushMany(int256[] calldata answers, uint64[] calldata updatedAt) external {
        if (answers.length != updatedAt.length) revert LengthMismatch(answers.length, updatedAt.length);
        for (uint256 i = 0; i < answers.length; ++i) {
            _push(answers[i], updatedAt[i]);
        }
    }

    /// @notice Takes the feed down or up again.
    function setDown(bool down_) external {
        down = down_;
        emit DownSet(down_);
    }

    /// @inheritdoc AggregatorV3Interface
    function getRoundData(uint80 roundId)
        external
        view
        override
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return _round(roundId);
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData()
        external
        view
        override
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        return _round(_latest);
    }

    /// @notice Number of the last round; 0 before the first.
    function latestRound() external view returns (uint256) {
        return _latest;
    }

    function _round(uint80 roundId) private view returns (uint80, int256, uint256, uint256, uint80) {
        if (down) revert FeedDown();
        if (roundId == 0 || roundId > _latest) revert NoDataPresent(roundId);
        Round memory round = _rounds[roundId];
        return (roundId, round.answer, round.updatedAt, round.updatedAt, roundId);
    }

    function _push(int256 answer, uint64 updatedAt) private {
        uint80 roundId = ++_latest;
        _rounds[roundId] = Round({answer: answer.toInt192(), updatedAt: updatedAt});
        emit AnswerUpdated(answer, roundId, updatedAt);
    }
}
