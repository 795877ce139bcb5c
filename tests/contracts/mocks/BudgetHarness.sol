// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Budget} from "../../../contracts/libraries/Budget.sol";

/// @title One budget with an outside
contract BudgetHarness {
    using Budget for Budget.State;

    Budget.State public state;

    function tryDraw(uint256 amount, uint256 limit, uint256 window) external returns (bool drawn, uint256 available) {
        return state.tryDraw(amount, limit, window);
    }

    function availableNow(uint256 limit, uint256 window) external view returns (uint256) {
        return state.availableDown(limit, window);
    }

    function capacity(uint256 limit) external pure returns (uint256) {
        return Budget.capacityDown(limit);
    }
}
