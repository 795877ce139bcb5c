// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IInsuranceFund} from "./interfaces/IInsuranceFund.sol";

/// @title Money that bears a loss before the lenders, or the winners, do
/// @dev SPECIFICATION
///
/// One stable token, one vault. Two instances stand beside a vault: the insurance fund, which covers bad debt before the lenders bear it, and the option
/// fund, which covers what a writer cannot pay before the winners bear it.
///
///   deposit   anyone; nothing is owed for it, there are no shares
///   cover     only the vault; pays min(requested, balance) to the vault, and answers what has arrived there
///   withdraw  announced by the admin, executable by anyone from 7 days after the announcement for one day, then lapsed. One announcement at a
///             time: a new one takes the place of the old and waits its own 7 days. It pays min(announced, balance): a loss that
///             occurs in the meantime is covered first
///
/// So nobody empties the fund before a loss that he sees coming within a week, and an announcement is not an option to be kept: it
/// holds for one day in eight, in public.
///
/// Balance. What the token says this contract holds; tokens sent unasked are a deposit without an event. Arrivals are measured as differences of balances,
/// at both ends, so a token that keeps a part of a transfer never makes a vault count more than it received.
///
/// Assumptions. The stable token may call back (every entry has the transient guard), and does not refuse a transfer to the vault: `cover` reverts where
/// the token does, and never for lack of money.
///
/// Roles. `setVault`, `announceWithdrawal`, `cancelWithdrawal` are restricted to the admin, which is the timelock. No hot key moves anything here.
contract InsuranceFund is IInsuranceFund, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint64 private constant WITHDRAWAL_DELAY = 7 days;
    uint64 private constant WITHDRAWAL_WINDOW = 1 days;

    /// @notice The token that the fund holds and pays in.
    IERC20 public immutable stable;

    /// @inheritdoc IInsuranceFund
    address public vault;

    Withdrawal private _withdrawal;

    constructor(address authority_, IERC20 stable_) AccessManaged(authority_) {
        if (address(stable_).code.length == 0) revert StableWithoutCode(address(stable_));
        stable = stable_;
    }

    // -------------------------------------------------------------------------------------------------- in and out

    /// @inheritdoc IInsuranceFund
    function setVault(address vault_) external restricted {
        if (vault != address(0)) revert VaultAlreadySet(vault);
        if (vault_.code.length == 0) revert VaultWithoutCode(vault_);

        vault = vault_;

        emit VaultSet(vault_);
    }

    /// @inheritdoc IInsuranceFund
    function deposit(uint256 amount) external nonReentrant {
        if (amount == 0) revert AmountZero();

        emit Deposited(msg.sender, amount);

        uint256 before = balance();
        stable.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = balance() - before;
        if (received < amount) revert TransferShort(address(stable), amount, received);
    }

    /// @inheritdoc IInsuranceFund
    function cover(uint256 amount) external nonReentrant returns (uint256 covered) {
        if (msg.sender != vault) revert CallerNotVault(msg.sender, vault);
        uint256 paid = _atMostBalance(amount);
        if (paid == 0) return 0;

        uint256 before = stable.balanceOf(msg.sender);
        stable.safeTransfer(msg.sender, paid);
        covered = stable.balanceOf(msg.sender) - before;

        emit Covered(amount, covered);
    }

    /// @inheritdoc IInsuranceFund
    function announceWithdrawal(address to, uint256 amount) external restricted {
        if (to == address(0) || to == address(this)) revert RecipientUnusable(to);
        if (amount == 0) revert AmountZero();

        uint64 earliest = uint64(block.timestamp) + WITHDRAWAL_DELAY;
        uint64 latest = earliest + WITHDRAWAL_WINDOW;
        _withdrawal = Withdrawal({to: to, amount: amount, earliest: earliest, latest: latest});

        emit WithdrawalAnnounced(to, amount, earliest, latest);
    }

    /// @inheritdoc IInsuranceFund
    function cancelWithdrawal() external restricted {
        Withdrawal memory announced = _requireAnnounced();

        delete _withdrawal;

        emit WithdrawalCancelled(announced.to, announced.amount);
    }

    /// @inheritdoc IInsuranceFund
    function executeWithdrawal() external nonReentrant returns (uint256 paid) {
        Withdrawal memory announced = _requireAnnounced();
        if (block.timestamp < announced.earliest) revert WithdrawalTooEarly(block.timestamp, announced.earliest);
        if (block.timestamp > announced.latest) revert WithdrawalLapsed(block.timestamp, announced.latest);

        delete _withdrawal;
        paid = _atMostBalance(announced.amount);

        emit Withdrawn(announced.to, announced.amount, paid);
        stable.safeTransfer(announced.to, paid);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IInsuranceFund
    function withdrawal() external view returns (Withdrawal memory) {
        return _withdrawal;
    }

    /// @inheritdoc IInsuranceFund
    function balance() public view returns (uint256) {
        return stable.balanceOf(address(this));
    }

    function _requireAnnounced() private view returns (Withdrawal memory announced) {
        announced = _withdrawal;
        if (announced.to == address(0)) revert NoWithdrawalAnnounced();
    }

    function _atMostBalance(uint256 amount) private view returns (uint256) {
        uint256 held = balance();
        return amount < held ? amount : held;
    }
}
