// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title A price feed of 8 decimals that has always just answered: campaigns move time far more often than prices
contract SteadyFeed is AggregatorV3Interface {
    uint8 public constant override decimals = 8;
    string public constant override description = "steady";
    uint256 public constant override version = 4;

    error FeedDown();

    int192 private _answer;
    bool private _down;

    constructor(int192 answer) {
        _answer = answer;
    }

    function set(int192 answer) external {
        _answer = answer;
    }

    function setDown(bool down) external {
        _down = down;
    }

    /// @inheritdoc AggregatorV3Interface
    function getRoundData(uint80) external view override returns (uint80, int256, uint256, uint256, uint80) {
        return latestRoundData();
    }

    /// @inheritdoc AggregatorV3Interface
    function latestRoundData() public view override returns (uint80, int256, uint256, uint256, uint80) {
        if (_down) revert FeedDown();
        return (1, _answer, block.timestamp, block.timestamp, 1);
    }
}
