// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

interface IMarginHub {
    struct Capacity {
        uint256 initial;
        uint256 maintenance;
        uint256 value;
    }

    struct SeizureQuote {
        bytes32 account;
        uint256 units;
        uint256 price;
        uint256 unit;
        uint256 threshold;
        uint256 bonus;
    }

    function capacityOf(bytes32 account) external view returns (Capacity memory);
    function quoteSeizure(bytes32 lien) external view returns (SeizureQuote memory);
    function orderSeizure(bytes32 lien, uint256 units, address recipient) external;
}
