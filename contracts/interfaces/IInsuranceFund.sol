// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Money that bears a loss before the lenders, or the winners, do
interface IInsuranceFund {
    /// @param to who will be paid; zero where nothing is announced
    /// @param amount stable units
    /// @param earliest when it may be executed
    /// @param latest the last second in which it may be executed
    struct Withdrawal {
        address to;
        uint256 amount;
        uint64 earliest;
        uint64 latest;
    }

    event VaultSet(address indexed vault);
    event Deposited(address indexed from, uint256 amount);
    event Covered(uint256 requested, uint256 covered);
    event WithdrawalAnnounced(address indexed to, uint256 amount, uint64 earliest, uint64 latest);
    event WithdrawalCancelled(address indexed to, uint256 amount);
    event Withdrawn(address indexed to, uint256 announced, uint256 paid);

    error StableWithoutCode(address stable);
    error VaultAlreadySet(address vault);
    error VaultWithoutCode(address vault);
    error CallerNotVault(address caller, address vault);
    error AmountZero();
    error RecipientUnusable(address to);
    error TransferShort(address token, uint256 expected, uint256 received);
    error NoWithdrawalAnnounced();
    error WithdrawalTooEarly(uint256 currentTime, uint256 earliest);
    error WithdrawalLapsed(uint256 currentTime, uint256 latest);

    /// @notice Names the vault whose losses are covered, once and for ever. Restricted to the admin.
    function setVault(address vault_) external;

    /// @notice Gives money to the fund; nothing is owed for it.
    function deposit(uint256 amount) external;

    /// @notice Pays the vault as much of `amount` as there is. Only the vault calls it. No lack of money makes it revert.
    /// @return covered stable units by which the vault's balance has grown
    function cover(uint256 amount) external returns (uint256 covered);

    /// @notice Announces a payment out of the fund, in place of one announced before. Restricted to the admin.
    function announceWithdrawal(address to, uint256 amount) external;

    /// @notice Takes an announcement back. Restricted to the admin.
    function cancelWithdrawal() external;

    /// @notice Pays what was announced, or what is left. Anyone may call it, in the day that follows the delay.
    function executeWithdrawal() external returns (uint256 paid);

    /// @notice The announced payment, all zero where there is none.
    function withdrawal() external view returns (Withdrawal memory);

    /// @notice What the fund holds.
    function balance() external view returns (uint256);

    function vault() external view returns (address);
}
