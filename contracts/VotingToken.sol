// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {ERC6372Utils} from "@openzeppelin/contracts/utils/ERC6372Utils.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title What is voted with: a fixed supply, minted once
/// @dev SPECIFICATION
///
/// Supply. All of it goes to one holder at construction; nothing mints or burns afterwards, and there is no owner. Eighteen decimals.
///
/// Votes. Who holds tokens has no votes until he delegates, to himself or to another. Votes are counted as they stood at a time in the past, and time
/// is in seconds (ERC-6372 mode "timestamp"), so that the same periods hold on chains with different block times.
///
/// Roles. None.
contract VotingToken is ERC20, ERC20Permit, ERC20Votes {
    error HolderZero();
    error SupplyZero();

    constructor(string memory name_, string memory symbol_, address holder, uint256 supply)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
    {
        if (holder == address(0)) revert HolderZero();
        if (supply == 0) revert SupplyZero();

        _mint(holder, supply);
    }

    /// @notice Chain time in seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice What the clock counts, as ERC-6372 writes it.
    // The standard gives this name.
    // forge-lint: disable-next-line(mixed-case-function)
    function CLOCK_MODE() public view override returns (string memory) {
        return ERC6372Utils.timestampClockMode(clock());
    }

    /// @notice The number that the next signature of `owner` must carry, for permits and for delegations.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
