// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {Ledger, Terms} from "../types/Ledger.sol";
import {Accounting} from "./Accounting.sol";
import {AccountChecks} from "./AccountChecks.sol";
import {LiquidationBudgets} from "./LiquidationBudgets.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {Valuation} from "./Valuation.sol";

/// @title Liquidation of a fraction of everything, where option risk dominates
/// @dev Linked, called by delegatecall. The taker names an account of its own in this vault: it takes phi of all legs, collateral, credit and debt over, pays
/// for it (arithmetic in `LiquidationMath`), and must end within its initial requirement. Nothing leaves the vault.
///
/// Every underlying of the account must have a price outside any repay window, and no guardian against it. What cannot change hands now stays with the
/// account: collateral that may not be seized, winnings not yet paid, liens on other chains. So none of them shelters the rest.
///
/// A portfolio that is worth less than nothing goes whole: the taker takes all of the debt and is credited what it lacks. Where something stays, the account
/// owes that, and repayment against what stays is for `Liquidation`; where nothing does, it is a loss. It is of options as far as the
/// legs or settled options caused it, and of loans beyond.
library PortfolioLiquidation {
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;

    function quote(Ledger storage ledger, Terms memory terms, bytes32 account)
        external
        view
        returns (IMarginVault.PortfolioPlan memory plan)
    {
        LiquidationMath.Book memory book = Valuation.bookOf(ledger, terms, account, Accounting.debtNow(ledger, account));
        (uint256 total, uint256 capacity) = _totals(book);
        plan.healthBefore = LiquidationMath.healthDown(capacity, LiquidationMath.owed(book, book.debt));
        if (plan.healthBefore >= WAD) return plan;
        LiquidationMath.Fraction memory taken = LiquidationMath.takeFraction(book, total, capacity);
        plan.fraction = taken.fraction;
        plan.debtTaken = taken.debtTaken;
        plan.creditTaken = taken.creditTaken;
        plan.payment = taken.payment;
        plan.deficit = taken.deficit;
    }

    function liquidate(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        bytes32 taker,
        IMarginVault.PortfolioLimits calldata limits
    ) external returns (LiquidationMath.Fraction memory taken) {
        if (block.timestamp > limits.deadline) {
            revert IMarginVault.DeadlinePassed(limits.deadline, block.timestamp);
        }
        Accounting.requireOpened(ledger, account);
        Accounting.requireOwner(ledger, taker);
        if (account == taker) revert IMarginVault.TakerIsAccount(account);
        Accounting.accrue(ledger);

        LiquidationMath.Book memory book = Valuation.bookOf(ledger, terms, account, Accounting.debtNow(ledger, account));
        uint256 pastHealth = Valuation.pastHealthDown(ledger, terms, account, book);
        uint256 healthBefore;
        (taken, healthBefore) = _decide(terms, account, book);
        if (taken.payment > limits.maxPayment) {
            revert IMarginVault.PaymentLimitTooSmall(account, taken.payment, limits.maxPayment);
        }
        if (taken.fraction > limits.maxFraction) {
            revert IMarginVault.FractionLimitTooSmall(account, taken.fraction, limits.maxFraction);
        }
        LiquidationBudgets.drawRule(ledger, account, _freedUp(book, taken.fraction), pastHealth);

        _move(ledger, terms, account, taker, book, taken);
        uint256 healthAfter = Valuation.healthDown(ledger, terms, account, Accounting.debtNow(ledger, account));
        // Of a whole portfolio that lacks something, what stays may hold up less than before; then the options are closed.
        if (taken.deficit == 0 && healthAfter <= healthBefore) {
            revert IMarginVault.LiquidationDidNotImprove(account, healthBefore, healthAfter);
        }
        AccountChecks.requireTaker(ledger, terms, taker);
        emit IMarginVault.PortfolioTaken(
            account, taker, taken.fraction, taken.debtTaken, taken.payment, taken.deficit, healthBefore, healthAfter
        );
    }

    function _decide(Terms memory terms, bytes32 account, LiquidationMath.Book memory book)
        private
        view
        returns (LiquidationMath.Fraction memory taken, uint256 health)
    {
        (uint256 total, uint256 capacity) = _totals(book);
        health = LiquidationMath.healthDown(capacity, LiquidationMath.owed(book, book.debt));
        if (health >= WAD) revert IMarginVault.AccountHealthy(account, health);
        if (book.requirement == 0 && book.markToMarket == 0) revert IMarginVault.NoOptionRisk(account);
        _requirePriced(terms, account);
        taken = LiquidationMath.takeFraction(book, total, capacity);
        if (LiquidationMath.calculate(book).restored) revert IMarginVault.RepaymentSuffices(account, health);
    }

    /// @dev All legs can change hands now.
    function _requirePriced(Terms memory terms, bytes32 account) private view {
        address[] memory underlyings = terms.optionBook.underlyingsOf(account);
        for (uint256 i = 0; i < underlyings.length; ++i) {
            IOracleHub.PriceStatus status = terms.oracleHub.liquidationReading(underlyings[i]).status;
            if (
                status != IOracleHub.PriceStatus.Ok
                    || terms.guardian.liquidationBlockedUntil(underlyings[i]) > block.timestamp
            ) {
                revert IMarginVault.CollateralNotSeizable(account, underlyings[i]);
            }
        }
    }

    function _move(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        bytes32 taker,
        LiquidationMath.Book memory book,
        LiquidationMath.Fraction memory taken
    ) private {
        for (uint256 i = 0; i < book.lots.length; ++i) {
            if (!book.lots[i].seizable) continue;
            address token = ledger.collaterals[book.lots[i].index];
            uint256 units = FixedPointMathLib.mulWad(ledger.balances[account][token], taken.fraction);
            ledger.balances[account][token] -= units;
            ledger.balances[taker][token] += units;
        }
        ledger.accountOf[taker].hasLegs = true;
        terms.optionBook.takeFraction(account, taker, taken.fraction);
        ++ledger.accountOf[account].liquidations;
        _settle(ledger, terms, account, taker, book, taken);
    }

    /// @dev The taker owes what it takes over and pays, the account is paid; of a whole portfolio, the taker is credited what it lacks, which the
    /// account owes, or nobody.
    function _settle(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        bytes32 taker,
        LiquidationMath.Book memory book,
        LiquidationMath.Fraction memory taken
    ) private {
        uint256 tagged = ledger.accountOf[account].optionDebt;
        if (taken.debtTaken != 0) {
            Accounting.reduceDebt(ledger, account, taken.debtTaken);
            Accounting.debit(ledger, taker, taken.debtTaken);
        }
        if (taken.creditTaken != 0) {
            Accounting.debit(ledger, account, taken.creditTaken);
            Accounting.credit(ledger, taker, taken.creditTaken);
        }
        if (taken.payment != 0) {
            Accounting.debit(ledger, taker, taken.payment);
            Accounting.credit(ledger, account, taken.payment);
        }
        if (taken.deficit == 0) return;
        Accounting.credit(ledger, taker, taken.deficit);
        uint256 owedByLegs =
            book.markToMarket < 0 ? FixedPointMathLib.divUp(uint256(-book.markToMarket), book.stableScale) : 0;
        uint256 fromOptions = FixedPointMathLib.min(taken.deficit, owedByLegs + tagged);
        if (Valuation.coverUp(ledger, terms, account) == 0) {
            Accounting.loseLoan(ledger, terms, account, taken.deficit - fromOptions);
            Accounting.loseOption(ledger, terms, account, fromOptions);
        } else {
            Accounting.debit(ledger, account, taken.deficit);
            ledger.accountOf[account].optionDebt = fromOptions.toUint128();
        }
    }

    function _totals(LiquidationMath.Book memory book) private pure returns (uint256 total, uint256 capacity) {
        (total, capacity) = LiquidationMath.totals(book.lots);
        capacity += book.credit + book.backing;
    }

    /// @dev phi (D + R) in stable units: what the liquidation relieves the account of.
    function _freedUp(LiquidationMath.Book memory book, uint256 fraction) private pure returns (uint256) {
        return FixedPointMathLib.divUp(
            FixedPointMathLib.mulWadUp(LiquidationMath.owed(book, book.debt), fraction), book.stableScale
        );
    }
}
