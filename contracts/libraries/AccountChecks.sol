// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {Account, Ledger, Terms} from "../types/Ledger.sol";
import {Accounting} from "./Accounting.sol";
import {Budget} from "./Budget.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {Valuation} from "./Valuation.sol";

/// @title What an account may do: the initial requirement, and what counts as improving it
/// @dev Linked, called by delegatecall.
///
/// Initial. New risk (borrowing, withdrawing, trading) needs, in this order: no guardian against it, an oracle that has reported within its silence
/// limit, debt that is zero or no dust, and
///   sum of value BF + credit + capacity from other chains >= D + R
/// R from a valid attested leaf where one is given, else from the option book. An account that owes nothing and holds no option is not asked.
///
/// Improvement (rule 8). An account at or over maintenance may do what does not meet that, where its health rises and its oracle equity falls by at most
/// 1 %; all that an account loses this way within 24 hours is at most 2 % of its equity.
library AccountChecks {
    using Budget for Budget.State;
    using SafeCast for int256;

    uint256 private constant WAD = 1e18;
    /// @dev Share of equity that one improving action may lose, and twice that within `LOSS_WINDOW`.
    uint256 internal constant LOSS_SHARE = 0.01e18;
    uint256 internal constant LOSS_WINDOW = 1 days;

    /// @notice Reverts where the account may not take new risk. `addedRisk` is the value by which the action leans on an attested leaf.
    function requireInitial(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        bytes calldata leaf,
        uint256 addedRisk
    ) external {
        if (ledger.accountOf[account].debtShares == 0 && !_holdsLegs(ledger, terms, account)) {
            return;
        }
        terms.guardian.requireNewRisk();
        IRiskOracle.Silence memory silence = terms.riskOracle.silence();
        if (silence.stage == IRiskOracle.Stage.Dead) {
            revert IMarginVault.RiskOracleSilent(silence.age, silence.limit);
        }
        uint256 debt = Accounting.unitsUp(ledger.accountOf[account].debtShares, ledger.index);
        if (debt != 0 && debt < terms.minimumDebt) {
            revert IMarginVault.DebtBelowMinimum(account, debt, terms.minimumDebt);
        }
        requireCovered(ledger, terms, account, debt, _requirement(ledger, terms, account, leaf, addedRisk));
    }

    /// @dev An account that once held options and holds none now is not kept from its collateral by a guardian or a silent oracle.
    function _holdsLegs(Ledger storage ledger, Terms memory terms, bytes32 account) private view returns (bool) {
        return ledger.accountOf[account].hasLegs && terms.optionBook.legCount(account) != 0;
    }

    /// @notice Reverts where the account is under its initial requirement: for who takes over a liquidated portfolio.
    function requireTaker(Ledger storage ledger, Terms memory terms, bytes32 account) external view {
        uint256 debt = Accounting.unitsUp(ledger.accountOf[account].debtShares, ledger.index);
        if (debt != 0 && debt < terms.minimumDebt) {
            revert IMarginVault.DebtBelowMinimum(account, debt, terms.minimumDebt);
        }
        requireCovered(ledger, terms, account, debt, _initialRequirement(ledger, terms, account));
    }

    /// @notice Reverts where an action that does not meet the initial requirement did not improve the account either.
    function requireImproved(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        uint256 healthBefore,
        int256 equityBefore
    ) external {
        if (healthBefore < WAD) {
            revert IMarginVault.AccountUnderMaintenance(account, healthBefore);
        }
        uint256 debt = Accounting.debtNow(ledger, account);
        uint256 healthAfter = Valuation.healthDown(ledger, terms, account, debt);
        if (healthAfter <= healthBefore) revert IMarginVault.HealthNotImproved(account, healthBefore, healthAfter);

        int256 change = Valuation.equityDown(ledger, terms, account, debt) - equityBefore;
        if (change >= 0) return;
        uint256 lost = (-change).toUint256();
        uint256 owned = equityBefore > 0 ? equityBefore.toUint256() : 0;
        uint256 limit = FixedPointMathLib.mulWad(owned, LOSS_SHARE);
        if (lost > limit) revert IMarginVault.LossTooLarge(account, lost, limit);
        drawLoss(ledger, account, lost, limit * 2);
    }

    /// @notice Draws a loss of value on what the account may lose within `LOSS_WINDOW`.
    function drawLoss(Ledger storage ledger, bytes32 account, uint256 lost, uint256 limit) internal {
        (bool drawn, uint256 available) = ledger.accountOf[account].losses.tryDraw(lost, limit, LOSS_WINDOW);
        if (!drawn) revert IMarginVault.LossBudgetExhausted(account, lost, available);
    }

    function requireCovered(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        uint256 debt,
        uint256 requirement
    ) internal view {
        uint256 owed = debt * terms.stableScale + requirement;
        if (owed == 0) return;
        uint256 capacity = Valuation.initialCapacityDown(ledger, terms, account);
        if (capacity < owed) revert IMarginVault.InitialRequirementViolated(account, capacity, owed);
    }

    function _requirement(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        bytes calldata leaf,
        uint256 addedRisk
    ) private returns (uint256 requirement) {
        if (leaf.length != 0 && ledger.accountOf[account].hasLegs) {
            bool valid;
            (valid, requirement) = terms.attestations.consume(account, leaf, addedRisk);
            if (valid) return requirement;
        }
        return _initialRequirement(ledger, terms, account);
    }

    function _initialRequirement(Ledger storage ledger, Terms memory terms, bytes32 account)
        private
        view
        returns (uint256)
    {
        return ledger.accountOf[account].hasLegs ? terms.optionBook.initialRequirement(account) : 0;
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @notice Health and oracle equity now.
    function standing(Ledger storage ledger, Terms memory terms, bytes32 account)
        external
        view
        returns (uint256 maintenance, int256 equity)
    {
        uint256 debt = Accounting.debtNow(ledger, account);
        maintenance = Valuation.healthDown(ledger, terms, account, debt);
        equity = Valuation.equityDown(ledger, terms, account, debt);
    }

    function health(Ledger storage ledger, Terms memory terms, bytes32 account) external view returns (uint256) {
        return Valuation.healthDown(ledger, terms, account, Accounting.debtNow(ledger, account));
    }

    function valuation(Ledger storage ledger, Terms memory terms, bytes32 account)
        external
        view
        returns (IMarginVault.Valuation memory worth)
    {
        uint256 debt = Accounting.debtNow(ledger, account);
        LiquidationMath.Book memory book = Valuation.bookOf(ledger, terms, account, debt);
        (, uint256 capacity) = LiquidationMath.totals(book.lots);
        for (uint256 i = 0; i < book.lots.length; ++i) {
            worth.collateralValue += LiquidationMath.valueDown(book.lots[i], book.lots[i].balance);
        }
        worth.debt = debt * terms.stableScale;
        worth.borrowCapacity = Valuation.initialCapacityDown(ledger, terms, account);
        worth.liquidationCapacity = capacity + book.credit + book.backing;
        worth.initialRequirement = _initialRequirement(ledger, terms, account);
        worth.maintenanceRequirement = book.requirement;
        worth.markToMarket = book.markToMarket;
    }
}
