// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A feed with decimals, whose rounds have four words and not five
contract MalformedFeed {
    function decimals() external pure returns (uint8) {
        return 8;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256) {
        return (1, 3000e8, block.timestamp, block.timestamp);
    }
}
