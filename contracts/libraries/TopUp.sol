// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IDefence} from "../interfaces/IDefence.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Mandates, TopUpMandate} from "../types/Defence.sol";
import {Collateral, Ledger, Terms} from "../types/Ledger.sol";
import {AccountChecks} from "./AccountChecks.sol";
import {Accounting} from "./Accounting.sol";
import {Budget} from "./Budget.sol";
import {Defence} from "./Defence.sol";
import {DefenceMath} from "./DefenceMath.sol";
import {MandateRules} from "./MandateRules.sol";

/// @title Top-ups: what an owner lets anyone add to an account of his when its health is low
/// @dev Linked, called by delegatecall, under the vault's guard.
///
/// SPECIFICATION. A top-up moves one token, a collateral or stable that repays, from the owner's wallet (by its allowance to the vault) or from
/// another account of the same owner. In this order:
///   1. there is a mandate (TopUpNotOptedIn), not expired; health is under its trigger (TopUpNotDue), under 1 too
///   2. the amount is the least of: what restores the target (`DefenceMath`), what is left of the cap in its window, what the source has;
///      it is not zero (TopUpNothingToMove). Of stable it is at most the debt
///   3. the cap of a collateral that comes from a wallet
///   4. a source account that owes or holds options stays within its own initial requirement; stable from it is a debit, so it may borrow
///      for the other account
///   5. health has risen
///
/// Nobody but the account's owner gains or loses anything, so the caller is paid nothing and limited by nothing else.
///
/// Limits of a mandate: 1 < trigger < target, a window of an hour at least, four mandates an account. A cap is a `Budget`: half of it at once, all of it
/// within any window at most. Setting a mandate anew does not give back what its number has spent.
library TopUp {
    using Budget for Budget.State;
    using SafeCast for uint256;

    uint256 internal constant MAX_MANDATES = 4;

    /// @dev What a top-up is about to do.
    struct Move {
        uint256 needed;
        uint256 available;
        uint256 held;
        uint256 amount;
    }

    function setTopUpMandate(
        Ledger storage ledger,
        Mandates storage mandates,
        Terms memory terms,
        bytes32 account,
        uint256 index,
        TopUpMandate calldata mandate
    ) external {
        Accounting.requireOwner(ledger, account);
        if (index >= MAX_MANDATES) revert IDefence.MandateInvalid(account, "index", index, MAX_MANDATES - 1);
        if (mandate.triggerHealth != 0) _requireValid(ledger, terms, account, mandate);

        mandates.topUp[account][index] = mandate;
        emit IDefence.TopUpMandateSet(account, index, mandate);
    }

    function _requireValid(Ledger storage ledger, Terms memory terms, bytes32 account, TopUpMandate calldata mandate)
        private
        view
    {
        MandateRules.requireHealths(account, mandate.triggerHealth, mandate.targetHealth);
        MandateRules.requireLife(account, mandate.window, mandate.expiry);
        if (mandate.token != address(terms.stable) && !ledger.collateralOf[mandate.token].listed) {
            revert IMarginVault.CollateralUnknown(mandate.token);
        }
        if (mandate.source == bytes32(0)) return;
        Accounting.requireOwner(ledger, mandate.source);
        if (mandate.source == account) {
            revert IDefence.MandateInvalid(account, "source", uint256(mandate.source), uint256(account));
        }
    }

    function topUp(Ledger storage ledger, Mandates storage mandates, Terms memory terms, bytes32 account, uint256 index)
        external
        returns (uint256)
    {
        TopUpMandate memory mandate = mandates.topUp[account][index];
        if (mandate.triggerHealth == 0) revert IDefence.TopUpNotOptedIn(account, index);
        MandateRules.requireUnexpired(account, mandate.expiry);
        Accounting.accrue(ledger);
        Defence.Standing memory before = Defence.standing(ledger, terms, account);
        if (before.health >= mandate.triggerHealth) {
            revert IDefence.TopUpNotDue(account, before.health, mandate.triggerHealth);
        }
        Move memory move = _size(ledger, mandates, terms, account, index, mandate, before);

        mandates.topUpSpent[account][index].tryDraw(move.amount, mandate.capPerWindow, mandate.window);
        _move(ledger, terms, account, mandate, move.amount);

        _requireSource(ledger, terms, mandate.source);
        uint256 health = Defence.standing(ledger, terms, account).health;
        if (health <= before.health) revert IMarginVault.HealthNotImproved(account, before.health, health);

        emit IDefence.ToppedUp(
            account, index, msg.sender, mandate.source, mandate.token, move.amount, before.health, health
        );
        if (mandate.source == bytes32(0)) {
            Accounting.pull(IERC20(mandate.token), Accounting.ownerOf(account), move.amount);
        }
        return move.amount;
    }

    /// @notice What would restore the target now.
    function needed(
        Ledger storage ledger,
        Mandates storage mandates,
        Terms memory terms,
        bytes32 account,
        uint256 index
    ) external view returns (uint256) {
        TopUpMandate memory mandate = mandates.topUp[account][index];
        if (mandate.triggerHealth == 0) revert IDefence.TopUpNotOptedIn(account, index);
        return _neededUp(ledger, terms, mandate, Defence.standing(ledger, terms, account));
    }

    /// @notice What is left of the cap now.
    function available(Mandates storage mandates, bytes32 account, uint256 index) external view returns (uint256) {
        TopUpMandate memory mandate = mandates.topUp[account][index];
        if (mandate.triggerHealth == 0) revert IDefence.TopUpNotOptedIn(account, index);
        return mandates.topUpSpent[account][index].availableDown(mandate.capPerWindow, mandate.window);
    }

    // --------------------------------------------------------------------------------------------------- calculate

    function _size(
        Ledger storage ledger,
        Mandates storage mandates,
        Terms memory terms,
        bytes32 account,
        uint256 index,
        TopUpMandate memory mandate,
        Defence.Standing memory before
    ) private view returns (Move memory move) {
        move.needed = _neededUp(ledger, terms, mandate, before);
        move.available = mandates.topUpSpent[account][index].availableDown(mandate.capPerWindow, mandate.window);
        move.held = _held(ledger, terms, account, mandate);
        move.amount = FixedPointMathLib.min(move.needed, FixedPointMathLib.min(move.available, move.held));
        if (move.amount == 0) {
            revert IDefence.TopUpNothingToMove(account, move.needed, move.available, move.held);
        }
    }

    function _neededUp(
        Ledger storage ledger,
        Terms memory terms,
        TopUpMandate memory mandate,
        Defence.Standing memory now_
    ) private view returns (uint256) {
        uint256 missing = DefenceMath.missingUp(now_.capacity, now_.owed, mandate.targetHealth);
        if (mandate.token == address(terms.stable)) {
            return DefenceMath.repaymentUp(missing, mandate.targetHealth, terms.stableScale, now_.debt);
        }
        return DefenceMath.collateralUp(
            missing,
            terms.oracleHub.price(mandate.token),
            terms.riskOracle.factors(mandate.token).liquidationThreshold,
            10 ** ledger.collateralOf[mandate.token].decimals
        );
    }

    /// @dev Token units that the source has. An account has no limit of stable but its initial requirement.
    function _held(Ledger storage ledger, Terms memory terms, bytes32 account, TopUpMandate memory mandate)
        private
        view
        returns (uint256)
    {
        if (mandate.source == bytes32(0)) {
            address owner = Accounting.ownerOf(account);
            IERC20 token = IERC20(mandate.token);
            return FixedPointMathLib.min(token.balanceOf(owner), token.allowance(owner, address(this)));
        }
        if (mandate.token == address(terms.stable)) return type(uint256).max;
        return ledger.balances[mandate.source][mandate.token];
    }

    // --------------------------------------------------------------------------------------------------------- act

    /// @dev The books only; tokens from a wallet come in at the end.
    function _move(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        TopUpMandate memory mandate,
        uint256 amount
    ) private {
        bool fromWallet = mandate.source == bytes32(0);
        if (mandate.token == address(terms.stable)) {
            if (fromWallet) ledger.cash += amount;
            else Accounting.debit(ledger, mandate.source, amount);
            Accounting.credit(ledger, account, amount);
            return;
        }
        if (fromWallet) {
            Collateral storage collateral = ledger.collateralOf[mandate.token];
            uint256 total = collateral.total + amount;
            if (total > collateral.cap) {
                revert IMarginVault.CollateralCapExceeded(mandate.token, total, collateral.cap);
            }
            collateral.total = total.toUint112();
        } else {
            ledger.balances[mandate.source][mandate.token] -= amount;
        }
        ledger.balances[account][mandate.token] += amount;
    }

    /// @dev A source that owes nothing and holds no option is not asked, as when it withdraws.
    function _requireSource(Ledger storage ledger, Terms memory terms, bytes32 source) private {
        if (source != bytes32(0)) AccountChecks.requireInitial(ledger, terms, source, msg.data[:0], 0);
    }
}
