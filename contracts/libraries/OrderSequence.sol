// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ICollateralVault} from "../interfaces/ICollateralVault.sol";

/// @title The order of a lien's orders: plain values, so that it can be proved
library OrderSequence {
    /// @notice Reverts unless an order's counter follows that of the lien's last ended order.
    function requireNext(uint256 number, uint64 given, uint64 ended) internal pure {
        uint64 expected = ended + 1;
        if (given != expected) revert ICollateralVault.OrderOutOfSequence(number, given, expected);
    }
}
