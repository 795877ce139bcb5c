// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What the option book asks of the vault, its central counterparty
/// @dev Amounts are stable units. Everything that moves money is for the book alone. Nothing here may revert because of what an adversary
/// does to an account: `settleLoss` and `creditGain` find every account, and no price is asked.
interface IOptionClearing {
    /// @notice Moves a premium between two accounts, as internal credit: what the buyer has no credit for becomes debt.
    function movePremium(bytes32 from, bytes32 to, uint256 amount) external;

    /// @notice Debits a writer: credit first, then debt. Returns what nothing of the account stands behind.
    function settleLoss(bytes32 account, uint256 amount) external returns (uint256 uncovered);

    /// @notice Credits a holder an internal balance.
    function creditGain(bytes32 account, uint256 amount) external;

    /// @notice Called once for each pool, when all its accounts are settled and before any of its `claims` is credited: what option writers
    /// left unpaid and the option fund could not pay, at most `claims`. The pool's winners bear it pro rata.
    function absorbOptionDeficit(uint256 claims) external returns (uint256 haircut);

    /// @notice Health (scaled by 1e18) and oracle equity (units of account, scaled by 1e18) of an account now.
    function standing(bytes32 account) external view returns (uint256 health, int256 equity);

    /// @notice Reverts unless the account meets its initial requirement; `leaf` is an attested requirement or empty, and `addedRisk` the value
    /// (units of account, scaled by 1e18) by which the trade leans on it.
    function requireInitial(bytes32 account, bytes calldata leaf, uint256 addedRisk) external;

    /// @notice Reverts unless health rose and equity fell by no more than rule 8 allows.
    function requireImproved(bytes32 account, uint256 healthBefore, int256 equityBefore) external;

    /// @notice Value of one stable unit, scaled by 1e18.
    function stableScale() external view returns (uint256);

    /// @notice The owner of an account.
    function ownerOf(bytes32 account) external pure returns (address);
}
