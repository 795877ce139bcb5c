// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {ILiquidationCallback} from "../interfaces/ILiquidationCallback.sol";
import {IMarginHub} from "../interfaces/IMarginHub.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {LiquidationLimits} from "../types/LiquidationLimits.sol";
import {Ledger, Terms} from "../types/Ledger.sol";
import {Accounting} from "./Accounting.sol";
import {LiquidationBudgets} from "./LiquidationBudgets.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {Valuation} from "./Valuation.sol";

/// @title Liquidation by repayment: of collateral held here, and of collateral under a lien on another chain
/// @dev Linked, called by delegatecall. Calculate (`LiquidationMath`), decide, act are three steps.
///
/// Decide, in this order: health under 1; something may be seized; where options are held and repaying does not restore the target, the portfolio must go
/// (`PortfolioLiquidation`); the caller's limits; the rule budget; the volume cap (`LiquidationBudgets`).
/// Act: the books change, health must have risen, or the debt is gone, or nothing that may be seized is left; debt with nothing behind it is realised
/// as a loss. So dust that may not be seized holds nothing else back.
/// Then the seized tokens go out, a caller that gave data is called, and the repayment comes in.
///
/// Collateral on another chain is seized by an order once nothing is left to seize here: it takes longer, its bonus carries the delay.
library Liquidation {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;

    /// @notice What a liquidation would do now.
    function plan(Ledger storage ledger, Terms memory terms, bytes32 account)
        external
        view
        returns (IMarginVault.LiquidationPlan memory result)
    {
        LiquidationMath.Book memory book = Valuation.bookOf(ledger, terms, account, Accounting.debtNow(ledger, account));
        LiquidationMath.Outcome memory outcome = LiquidationMath.calculate(book);
        result.repay = outcome.repay;
        result.seize = _byCollateral(ledger, book, outcome);
        result.bonusRate = outcome.bonusRate;
        result.healthBefore = outcome.healthBefore;
        result.wholePortfolio = _dominated(book, outcome);
    }

    /// @notice Executes the plan.
    function liquidate(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        LiquidationLimits calldata limits,
        bytes calldata data
    ) external returns (uint256 repaid, uint256[] memory seized) {
        if (block.timestamp > limits.deadline) {
            revert IMarginVault.DeadlinePassed(limits.deadline, block.timestamp);
        }
        if (limits.minSeized.length != ledger.collaterals.length) {
            revert IMarginVault.LengthMismatch(limits.minSeized.length, ledger.collaterals.length);
        }
        Accounting.requireOpened(ledger, account);
        Accounting.accrue(ledger);

        LiquidationMath.Book memory book = Valuation.bookOf(ledger, terms, account, Accounting.debtNow(ledger, account));
        uint256 pastHealth = Valuation.pastHealthDown(ledger, terms, account, book);
        LiquidationMath.Outcome memory outcome = LiquidationMath.calculate(book);
        seized = _byCollateral(ledger, book, outcome);
        repaid = outcome.repay;
        _requireWanted(ledger, account, book, outcome, seized, limits);
        LiquidationBudgets.draw(ledger, account, book, outcome, pastHealth);

        _act(ledger, terms, account, book, outcome, seized);
        _exchange(ledger, terms, account, repaid, seized, data);
    }

    /// @notice Repays against one lien on another chain and orders its seizure there, for `recipient`.
    function liquidateLien(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        IMarginVault.LienLimits calldata limits
    ) external returns (uint256 repaid, uint256 units) {
        if (block.timestamp > limits.deadline) {
            revert IMarginVault.DeadlinePassed(limits.deadline, block.timestamp);
        }
        Accounting.requireOpened(ledger, account);
        Accounting.accrue(ledger);

        LiquidationMath.Book memory book = Valuation.bookOf(ledger, terms, account, Accounting.debtNow(ledger, account));
        uint256 pastHealth = Valuation.pastHealthDown(ledger, terms, account, book);
        _useLien(terms, account, limits.lien, book);
        LiquidationMath.Outcome memory outcome = LiquidationMath.calculate(book);
        repaid = outcome.repay;
        units = outcome.seize[0];
        if (outcome.healthBefore >= WAD) revert IMarginVault.AccountHealthy(account, outcome.healthBefore);
        if (repaid > limits.maxRepay) revert IMarginVault.RepayLimitTooSmall(account, repaid, limits.maxRepay);
        if (units == 0 || units < limits.minUnits) {
            revert IMarginVault.LienSeizureTooSmall(limits.lien, units, limits.minUnits);
        }
        LiquidationBudgets.draw(ledger, account, book, outcome, pastHealth);

        _reduce(ledger, account, repaid);
        terms.marginHub.orderSeizure(limits.lien, units.toUint128(), limits.recipient);
        emit IMarginVault.LienSeized(account, msg.sender, limits.lien, repaid, units, limits.recipient);
        _realise(ledger, terms, account, _anythingLeft(ledger, terms, account));
        if (repaid != 0) Accounting.pull(terms.stable, msg.sender, repaid);
    }

    // ----------------------------------------------------------------------------------------------------- decide

    function _requireWanted(
        Ledger storage ledger,
        bytes32 account,
        LiquidationMath.Book memory book,
        LiquidationMath.Outcome memory outcome,
        uint256[] memory seized,
        LiquidationLimits calldata limits
    ) private view {
        if (outcome.healthBefore >= WAD) {
            revert IMarginVault.AccountHealthy(account, outcome.healthBefore);
        }
        if (_dominated(book, outcome)) revert IMarginVault.OptionRiskDominates(account, outcome.healthBefore);
        if (outcome.repay == 0 && outcome.collateralLeft) revert IMarginVault.NothingSeizable(account);
        if (outcome.repay > limits.maxRepay) {
            revert IMarginVault.RepayLimitTooSmall(account, outcome.repay, limits.maxRepay);
        }
        for (uint256 i = 0; i < seized.length; ++i) {
            if (seized[i] < limits.minSeized[i]) {
                revert IMarginVault.SeizureTooSmall(ledger.collaterals[i], seized[i], limits.minSeized[i]);
            }
        }
    }

    /// @dev Options are held, and what can be repaid does not restore the target.
    function _dominated(LiquidationMath.Book memory book, LiquidationMath.Outcome memory outcome)
        private
        pure
        returns (bool)
    {
        return !outcome.restored && (book.requirement != 0 || book.markToMarket != 0);
    }

    /// @dev Replaces the collaterals by the lien: nothing that could be seized here may be left.
    function _useLien(Terms memory terms, bytes32 account, bytes32 lien, LiquidationMath.Book memory book)
        private
        view
    {
        uint256 held = 0;
        for (uint256 i = 0; i < book.lots.length; ++i) {
            if (book.lots[i].seizable) revert IMarginVault.CollateralHereFirst(account, book.lots[i].index);
            held += LiquidationMath.capacityDown(book.lots[i]);
        }
        IMarginHub.SeizureQuote memory quote = terms.marginHub.quoteSeizure(lien);
        if (quote.account != account) revert IMarginVault.LienOfAnotherAccount(lien, quote.account, account);
        if (
            terms.oracleHub.liquidationReading(quote.asset).status != IOracleHub.PriceStatus.Ok
                || terms.guardian.liquidationBlockedUntil(quote.asset) > block.timestamp
        ) {
            revert IMarginVault.CollateralNotSeizable(account, quote.asset);
        }
        LiquidationMath.Lot[] memory lots = new LiquidationMath.Lot[](1);
        lots[0] = LiquidationMath.Lot({
            index: 0,
            seizable: true,
            balance: quote.units,
            price: quote.price,
            unit: quote.unit,
            threshold: quote.threshold,
            bonus: quote.bonus
        });
        book.elsewhere =
            FixedPointMathLib.zeroFloorSub(book.elsewhere, LiquidationMath.valueDown(lots[0], lots[0].balance));
        book.backing = FixedPointMathLib.zeroFloorSub(book.backing + held, LiquidationMath.capacityDown(lots[0]));
        book.lots = lots;
    }

    // -------------------------------------------------------------------------------------------------------- act

    function _act(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        LiquidationMath.Book memory book,
        LiquidationMath.Outcome memory outcome,
        uint256[] memory seized
    ) private {
        for (uint256 i = 0; i < seized.length; ++i) {
            if (seized[i] == 0) continue;
            address token = ledger.collaterals[i];
            ledger.balances[account][token] -= seized[i];
            // casting to 'uint112' is safe because a balance is part of the total
            // forge-lint: disable-next-line(unsafe-typecast)
            ledger.collateralOf[token].total -= uint112(seized[i]);
        }
        uint256 debtAfter = _reduce(ledger, account, outcome.repay);
        uint256 healthAfter = LiquidationMath.healthDown(outcome.capacityAfter, LiquidationMath.owed(book, debtAfter));
        if (debtAfter != 0 && _seizableLeft(book) && healthAfter <= outcome.healthBefore) {
            revert IMarginVault.LiquidationDidNotImprove(account, outcome.healthBefore, healthAfter);
        }
        emit IMarginVault.Liquidated(account, msg.sender, outcome.repay, seized, outcome.healthBefore, healthAfter);
        _realise(ledger, terms, account, outcome.collateralLeft);
    }

    function _reduce(Ledger storage ledger, bytes32 account, uint256 repaid) private returns (uint256 debtAfter) {
        if (repaid != 0) Accounting.reduceDebt(ledger, account, repaid);
        ledger.cash += repaid;
        ++ledger.accountOf[account].liquidations;
        return Accounting.debtNow(ledger, account);
    }

    function _realise(Ledger storage ledger, Terms memory terms, bytes32 account, bool backed) private {
        uint256 debt = Accounting.debtNow(ledger, account);
        if (debt != 0 && !backed) Accounting.writeOff(ledger, terms, account, debt);
    }

    /// @dev Whether anything still stands behind an account whose collateral here is not seizable.
    function _anythingLeft(Ledger storage ledger, Terms memory terms, bytes32 account) private view returns (bool) {
        return Valuation.coverUp(ledger, terms, account) != 0;
    }

    /// @dev The lots hold what remains after `calculate`.
    function _seizableLeft(LiquidationMath.Book memory book) private pure returns (bool) {
        for (uint256 i = 0; i < book.lots.length; ++i) {
            if (book.lots[i].seizable && book.lots[i].balance != 0) return true;
        }
        return false;
    }

    function _exchange(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        uint256 repaid,
        uint256[] memory seized,
        bytes calldata data
    ) private {
        for (uint256 i = 0; i < seized.length; ++i) {
            if (seized[i] != 0) IERC20(ledger.collaterals[i]).safeTransfer(msg.sender, seized[i]);
        }
        if (data.length != 0) {
            ILiquidationCallback(msg.sender).onLiquidation(account, repaid, ledger.collaterals, seized, data);
        }
        if (repaid != 0) Accounting.pull(terms.stable, msg.sender, repaid);
    }

    function _byCollateral(
        Ledger storage ledger,
        LiquidationMath.Book memory book,
        LiquidationMath.Outcome memory outcome
    ) private view returns (uint256[] memory seized) {
        seized = new uint256[](ledger.collaterals.length);
        for (uint256 i = 0; i < book.lots.length; ++i) {
            seized[book.lots[i].index] = outcome.seize[i];
        }
    }
}
