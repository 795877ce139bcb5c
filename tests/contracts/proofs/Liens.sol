// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {OrderSequence} from "../../../contracts/libraries/OrderSequence.sol";

/// @title The counter of a lien moves by one order at a time: none is left out, none comes twice
/// @custom:bug contracts/libraries/OrderSequence.sol: `if (given != expected) revert` => `if (given < expected) revert`
contract LienCounterIsSequential {
    function check(uint64 given, uint64 ended) external pure {
        OrderSequence.requireNext(1, given, ended);
        assert(given == uint256(ended) + 1);
    }
}
