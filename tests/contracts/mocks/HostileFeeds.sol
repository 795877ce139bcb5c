// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A feed that once answered and now burns all the gas it is given
contract GasBurningFeed {
    function latestRoundData() external pure returns (uint80, int256, uint256, uint256, uint80) {
        assembly {
            invalid()
        }
    }
}

/// @title A feed whose answer has a hundred thousand bytes, the first five words of them in order
contract EndlessFeed {
    function latestRoundData() external view {
        assembly {
            mstore(0, 1)
            mstore(32, 300000000000)
            mstore(64, timestamp())
            mstore(96, timestamp())
            mstore(128, 1)
            return(0, 100000)
        }
    }
}
