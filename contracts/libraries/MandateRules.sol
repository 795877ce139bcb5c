// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDefence} from "../interfaces/IDefence.sol";

/// @title What every mandate of an owner must keep to, on either chain
library MandateRules {
    uint256 private constant WAD = 1e18;
    uint256 internal constant MIN_WINDOW = 1 hours;

    /// @notice 1 < trigger < target.
    function requireHealths(bytes32 account, uint256 trigger, uint256 target) internal pure {
        if (trigger <= WAD) revert IDefence.MandateInvalid(account, "triggerHealth", trigger, WAD);
        if (target <= trigger) revert IDefence.MandateInvalid(account, "targetHealth", target, trigger);
    }

    /// @notice A window that is not too short, and an end that has not come.
    function requireLife(bytes32 account, uint256 window, uint256 expiry) internal view {
        if (window < MIN_WINDOW) revert IDefence.MandateInvalid(account, "window", window, MIN_WINDOW);
        if (expiry < block.timestamp) revert IDefence.MandateInvalid(account, "expiry", expiry, block.timestamp);
    }

    function requireAtMost(bytes32 account, bytes32 field, uint256 value, uint256 limit) internal pure {
        if (value > limit) revert IDefence.MandateInvalid(account, field, value, limit);
    }

    function requireUnexpired(bytes32 account, uint256 expiry) internal view {
        if (block.timestamp > expiry) revert IDefence.MandateExpired(account, expiry, block.timestamp);
    }
}
