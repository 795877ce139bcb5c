// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Account, Ledger, Terms} from "../types/Ledger.sol";
import {Accounting} from "./Accounting.sol";
import {Valuation} from "./Valuation.sol";

/// @title The vault as central counterparty of the options
/// @dev Linked, called by delegatecall, for the option book only. No tokens move: premiums and payoffs are debits and credits.
///
/// Settlement of an expiry. A loser is debited what stands behind it, its other options included; the rest of its loss is lost by options at once
/// (`Accounting.loseOption`). Options without a price stand behind any loss: what they are worth is for liquidation to find out. What losers
/// are debited, and what options lose, waits as `unsettled` for the winners. When the last account of the expiry is settled, `absorbOptionDeficit` takes what
/// no fund has paid off the winnings, pro rata, and winners are credited the rest. So what writers and the option fund cannot pay is borne
/// by winners and never by lenders.
library Clearing {
    using SafeCast for uint256;

    /// @notice A premium from one account to another.
    function movePremium(Ledger storage ledger, bytes32 from, bytes32 to, uint256 amount) external {
        Accounting.requireOpened(ledger, from);
        Accounting.requireOpened(ledger, to);
        Accounting.accrue(ledger);
        ledger.accountOf[from].hasLegs = true;
        ledger.accountOf[to].hasLegs = true;
        Accounting.debit(ledger, from, amount);
        Accounting.credit(ledger, to, amount);
        emit IMarginVault.PremiumMoved(from, to, amount);
    }

    /// @notice Debits a settled loss as far as something stands behind it.
    function settleLoss(Ledger storage ledger, Terms memory terms, bytes32 account, uint256 amount)
        external
        returns (uint256 uncovered)
    {
        Accounting.accrue(ledger);
        uint256 debt = Accounting.debtNow(ledger, account);
        uint256 cover = Valuation.coverUp(ledger, terms, account);
        uint256 owed = (debt + amount) * terms.stableScale;
        if (owed > cover) {
            uncovered = FixedPointMathLib.min(amount, (owed - cover) / terms.stableScale);
            uncovered = _lessLegs(terms, account, uncovered);
        }

        ledger.unsettled += amount;
        uint256 debtAfter = Accounting.debit(ledger, account, amount - uncovered);
        Account storage state = ledger.accountOf[account];
        state.optionDebt = FixedPointMathLib.min(
                debtAfter, state.optionDebt + FixedPointMathLib.zeroFloorSub(debtAfter, debt)
            ).toUint128();
        emit IMarginVault.LossSettled(account, amount, uncovered);
        Accounting.loseOption(ledger, terms, account, uncovered);
    }

    /// @dev What is still uncovered with the options that the account keeps. They are asked last, being dear.
    function _lessLegs(Terms memory terms, bytes32 account, uint256 uncovered) private view returns (uint256) {
        try terms.optionBook.maintenance(account) returns (uint256, int256 marked) {
            if (marked <= 0) return uncovered;
            // casting to 'uint256' is safe because it is positive
            // forge-lint: disable-next-line(unsafe-typecast)
            uint256 worth = FixedPointMathLib.divUp(uint256(marked), terms.stableScale);
            return FixedPointMathLib.zeroFloorSub(uncovered, worth);
        } catch {
            return 0;
        }
    }

    /// @notice Credits settled winnings.
    function creditGain(Ledger storage ledger, bytes32 account, uint256 amount) external {
        Accounting.accrue(ledger);
        ledger.unsettled -= amount;
        Accounting.credit(ledger, account, amount);
        emit IMarginVault.GainCredited(account, amount);
    }

    /// @notice Takes what no fund has paid off the winnings of an expiry.
    function absorbOptionDeficit(Ledger storage ledger, uint256 claims) external returns (uint256 haircut) {
        haircut = FixedPointMathLib.min(ledger.optionDeficit, claims);
        ledger.optionDeficit -= haircut;
        ledger.unsettled -= haircut;
        emit IMarginVault.OptionDeficitAbsorbed(claims, haircut);
    }
}
