// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Ledger} from "../types/Ledger.sol";
import {Accounting} from "./Accounting.sol";
import {Budget} from "./Budget.sol";
import {LiquidationMath} from "./LiquidationMath.sol";

/// @title How much may be liquidated in a while, and for what cause
/// @dev Rule 3: an account that would be healthy with the factors and option inputs of 24 hours ago is liquidated because a rule moved: what is repaid
/// draws on `ruleBudget` of total debt within 24 hours.
/// Rule 9: against cascades, what is repaid draws on `volumeCap` of total debt within `volumeWindow`, but for an account with V/D < 1 + b + 2 %, which
/// cannot wait.
/// Both are leaky buckets (`Budget`): half of it at once. What this transaction itself has borrowed does not count as total debt.
library LiquidationBudgets {
    using Budget for Budget.State;

    uint256 private constant WAD = 1e18;
    uint256 internal constant RULE_WINDOW = 1 days;
    uint256 internal constant ROOM_TO_WAIT = 0.02e18;

    function draw(
        Ledger storage ledger,
        bytes32 account,
        LiquidationMath.Book memory book,
        LiquidationMath.Outcome memory outcome,
        uint256 pastHealth
    ) internal {
        drawRule(ledger, account, outcome.repay, pastHealth);
        if (ledger.limits.volumeCap != 0 && _canWait(book, outcome)) drawVolume(ledger, account, outcome.repay);
    }

    function drawRule(Ledger storage ledger, bytes32 account, uint256 repaid, uint256 pastHealth) internal {
        if (pastHealth < WAD) return;
        uint256 limit = FixedPointMathLib.mulWad(Accounting.settledDebtDown(ledger), ledger.limits.ruleBudget);
        (bool drawn, uint256 available) = ledger.ruleBudget.tryDraw(repaid, limit, RULE_WINDOW);
        if (!drawn) revert IMarginVault.RuleBudgetExhausted(account, pastHealth, repaid, available);
        emit IMarginVault.RuleBudgetDrawn(account, repaid, available - repaid);
    }

    function drawVolume(Ledger storage ledger, bytes32 account, uint256 repaid) internal {
        uint256 limit = FixedPointMathLib.mulWad(Accounting.settledDebtDown(ledger), ledger.limits.volumeCap);
        (bool drawn, uint256 available) = ledger.volumeBudget.tryDraw(repaid, limit, ledger.limits.volumeWindow);
        if (!drawn) revert IMarginVault.VolumeCapReached(account, repaid, available);
    }

    /// @dev V/D >= 1 + b + 2 %, b the largest bonus that applies.
    function _canWait(LiquidationMath.Book memory book, LiquidationMath.Outcome memory outcome)
        private
        pure
        returns (bool)
    {
        uint256 largest = 0;
        for (uint256 i = 0; i < book.lots.length; ++i) {
            largest = FixedPointMathLib.max(largest, book.lots[i].bonus);
        }
        uint256 debt = book.debt * book.stableScale;
        return outcome.total >= FixedPointMathLib.mulWadUp(debt, WAD + largest + ROOM_TO_WAIT);
    }
}
