// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Account, Ledger, Terms} from "../types/Ledger.sol";
import {InterestRate} from "./InterestRate.sol";

/// @title Who owes and owns how many stable units: debt, credit, reserve and losses
/// @dev SPECIFICATION
///
/// Debt. Each account holds shares of one borrow index (scaled by 1e27; units = shares index / 1e36, so a share is 1e-9 units at the start). Interest is
/// simple from one accrual to the next. An account's debt is rounded up, the total down.
///
/// Credit. What the clearing house owes an account. An account never has both: a credit pays its debt first, a debit takes its credit first.
/// Moving x from one account to another (`debit` here, `credit` there) leaves debt - credit over all accounts unchanged, to a unit.
///
/// Reserve. `RESERVE_SHARE` of interest, rounded down, is set aside for losses.
///
/// Conservation, in stable units:
///   lenders' assets = cash + total debt + option deficit - total credit - unsettled - reserve
/// The option deficit counts as an asset of the lenders because winners of coming expiries fill it; `unsettled` is what losers of an expiry have been
/// debited and its winners not yet credited.
///
/// Losses. A loan that nothing stands behind is paid by the insurance fund, then the reserve, then lenders. The part of it that came from
/// settled options, and whatever options lose beyond an account, is paid by the option fund, then it waits as option deficit for the winners
/// of the next expiry that closes.
library Accounting {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using TransientSlot for *;

    /// @dev units = shares x index / SHARE_SCALE.
    uint256 internal constant SHARE_SCALE = 1e36;
    uint192 internal constant INDEX_START = 1e27;
    uint256 internal constant WAD = 1e18;
    /// @dev Share of interest that goes to the reserve.
    uint256 internal constant RESERVE_SHARE = 0.1e18;
    /// @dev Debt taken within this transaction, in stable units: `keccak256("KeeperOracle.Accounting.taken") - 1`.
    bytes32 private constant TAKEN_SLOT = bytes32(uint256(keccak256("KeeperOracle.Accounting.taken")) - 1);

    // --------------------------------------------------------------------------------------------------- interest

    /// @notice The borrow index with interest to now.
    function indexNow(Ledger storage ledger) internal view returns (uint256) {
        uint256 index = ledger.index;
        uint256 elapsed = block.timestamp - ledger.accruedAt;
        uint256 shares = ledger.totalDebtShares;
        if (elapsed == 0 || shares == 0) return index;

        uint256 debt = FixedPointMathLib.fullMulDiv(shares, index, SHARE_SCALE);
        uint256 rate = InterestRate.annualRateDown(InterestRate.utilisationDown(debt, ledger.cash));
        return InterestRate.grownDown(index, rate, elapsed);
    }

    /// @notice Interest to now, into the index and the reserve.
    function accrue(Ledger storage ledger) internal {
        if (block.timestamp == ledger.accruedAt) return;
        uint256 index = indexNow(ledger);
        uint256 earned = _earnedDown(ledger, index);
        if (earned != 0) ledger.reserve += earned;
        ledger.index = index.toUint192();
        ledger.accruedAt = uint64(block.timestamp);
    }

    /// @notice The reserve with interest to now.
    function reserveNow(Ledger storage ledger) internal view returns (uint256) {
        return ledger.reserve + _earnedDown(ledger, indexNow(ledger));
    }

    function _earnedDown(Ledger storage ledger, uint256 index) private view returns (uint256) {
        uint256 interest = FixedPointMathLib.fullMulDiv(ledger.totalDebtShares, index - ledger.index, SHARE_SCALE);
        return interest * RESERVE_SHARE / WAD;
    }

    // ------------------------------------------------------------------------------------------------------ totals

    /// @notice Stable units owed by all accounts now.
    function totalDebtDown(Ledger storage ledger) internal view returns (uint256) {
        return FixedPointMathLib.fullMulDiv(ledger.totalDebtShares, indexNow(ledger), SHARE_SCALE);
    }

    /// @notice Total debt without what this transaction has added: what shares of it are taken of, so that a loan taken and repaid within
    /// one transaction cannot widen a limit.
    function settledDebtDown(Ledger storage ledger) internal view returns (uint256) {
        return FixedPointMathLib.zeroFloorSub(totalDebtDown(ledger), TAKEN_SLOT.asUint256().tload());
    }

    /// @notice What belongs to the lenders. Rounding may leave a claim a few units over what stands against it: then nothing.
    function lendersAssetsDown(Ledger storage ledger) internal view returns (uint256) {
        uint256 assets = ledger.cash + totalDebtDown(ledger) + ledger.optionDeficit;
        return FixedPointMathLib.zeroFloorSub(assets, ledger.totalCredit + ledger.unsettled + reserveNow(ledger));
    }

    // ---------------------------------------------------------------------------------------------- debt and credit

    /// @notice An account's debt now, rounded up.
    function debtNow(Ledger storage ledger, bytes32 account) internal view returns (uint256) {
        return unitsUp(ledger.accountOf[account].debtShares, indexNow(ledger));
    }

    function unitsUp(uint256 shares, uint256 index) internal pure returns (uint256) {
        return shares == 0 ? 0 : FixedPointMathLib.fullMulDivUp(shares, index, SHARE_SCALE);
    }

    /// @notice Takes `amount` from an account, after accrual: its credit first, the rest becomes debt.
    /// @return debt what the account owes then, rounded up
    function debit(Ledger storage ledger, bytes32 account, uint256 amount) internal returns (uint256 debt) {
        Account storage state = ledger.accountOf[account];
        uint256 owned = state.credit;
        if (owned != 0) {
            uint256 used = FixedPointMathLib.min(owned, amount);
            state.credit = (owned - used).toUint128();
            ledger.totalCredit -= used;
            amount -= used;
        }
        uint256 index = ledger.index;
        uint256 shares = state.debtShares;
        if (amount != 0) {
            uint256 minted = FixedPointMathLib.fullMulDivUp(amount, SHARE_SCALE, index);
            shares += minted;
            state.debtShares = shares.toUint192();
            ledger.totalDebtShares += minted;
            TAKEN_SLOT.asUint256().tstore(TAKEN_SLOT.asUint256().tload() + amount);
        }
        return unitsUp(shares, index);
    }

    /// @notice Gives `amount` to an account, after accrual: it pays debt first, the rest becomes credit.
    function credit(Ledger storage ledger, bytes32 account, uint256 amount) internal {
        uint256 paid = FixedPointMathLib.min(amount, unitsUp(ledger.accountOf[account].debtShares, ledger.index));
        if (paid != 0) reduceDebt(ledger, account, paid);
        uint256 rest = amount - paid;
        if (rest == 0) return;
        Account storage state = ledger.accountOf[account];
        state.credit = (state.credit + rest).toUint128();
        ledger.totalCredit += rest;
    }

    /// @notice Takes `amount` off an account's debt, after accrual; all shares where it is all of the debt, else rounded down. A
    /// repayment pays loans before what options lost.
    function reduceDebt(Ledger storage ledger, bytes32 account, uint256 amount) internal {
        uint256 index = ledger.index;
        Account storage state = ledger.accountOf[account];
        uint256 shares = state.debtShares;
        uint256 debt = unitsUp(shares, index);
        uint256 burnt = amount == debt ? shares : FixedPointMathLib.fullMulDiv(amount, SHARE_SCALE, index);
        state.debtShares = (shares - burnt).toUint192();
        ledger.totalDebtShares -= burnt;
        uint256 tagged = state.optionDebt;
        if (tagged > debt - amount) state.optionDebt = (debt - amount).toUint128();
    }

    // ------------------------------------------------------------------------------------------------------ losses

    /// @notice Writes off all of an account's debt, after accrual.
    function writeOff(Ledger storage ledger, Terms memory terms, bytes32 account, uint256 debt) internal {
        uint256 fromOptions = FixedPointMathLib.min(ledger.accountOf[account].optionDebt, debt);
        reduceDebt(ledger, account, debt);
        loseLoan(ledger, terms, account, debt - fromOptions);
        loseOption(ledger, terms, account, fromOptions);
    }

    /// @notice A loss of loans: insurance, then reserve, then lenders. The debt is gone from the books already.
    function loseLoan(Ledger storage ledger, Terms memory terms, bytes32 account, uint256 amount) internal {
        if (amount == 0) return;
        uint256 covered = FixedPointMathLib.min(terms.insurance.cover(amount), amount);
        ledger.cash += covered;
        uint256 reserved = FixedPointMathLib.min(ledger.reserve, amount - covered);
        ledger.reserve -= reserved;
        uint256 borne = amount - covered - reserved;
        ledger.totalDeficit += borne;
        emit IMarginVault.DeficitRealised(account, amount, covered, reserved, borne);
    }

    /// @notice A loss of options: the option fund, then winners to come. The debt is gone from the books already, or never was on them.
    function loseOption(Ledger storage ledger, Terms memory terms, bytes32 account, uint256 amount) internal {
        if (amount == 0) return;
        uint256 covered = FixedPointMathLib.min(terms.optionFund.cover(amount), amount);
        ledger.cash += covered;
        ledger.optionDeficit += amount - covered;
        emit IMarginVault.OptionLossRealised(account, amount, covered, amount - covered);
    }

    // ----------------------------------------------------------------------------------------------------- tokens

    /// @notice Takes tokens in and refuses a transfer that comes up short.
    function pull(IERC20 token, address from, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received < amount) revert IMarginVault.TransferShort(address(token), amount, received);
    }

    // ---------------------------------------------------------------------------------------------------- accounts

    uint256 internal constant OWNER_SHIFT = 96;

    function ownerOf(bytes32 account) internal pure returns (address) {
        // casting to 'uint160' is safe because the shift leaves 160 bits
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(uint256(account) >> OWNER_SHIFT));
    }

    function open(Ledger storage ledger, bytes32 account) internal {
        Account storage state = ledger.accountOf[account];
        if (state.opened) return;
        address owner = ownerOf(account);
        if (owner == address(0)) revert IMarginVault.AccountUnknown(account);
        state.opened = true;
        ledger.accounts.push(account);
        emit IMarginVault.AccountOpened(account, owner, uint96(uint256(account)));
    }

    function requireOpened(Ledger storage ledger, bytes32 account) internal view {
        if (!ledger.accountOf[account].opened) revert IMarginVault.AccountUnknown(account);
    }

    function requireOwner(Ledger storage ledger, bytes32 account) internal view {
        requireOpened(ledger, account);
        if (msg.sender != ownerOf(account)) revert IMarginVault.NotAccountOwner(account, msg.sender);
    }
}
