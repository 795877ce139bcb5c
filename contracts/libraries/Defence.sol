// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IDefence} from "../interfaces/IDefence.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Mandates, SwapMandate, SwapOrder} from "../types/Defence.sol";
import {Collateral, Ledger, Terms} from "../types/Ledger.sol";
import {AccountChecks} from "./AccountChecks.sol";
import {Accounting} from "./Accounting.sol";
import {Budget} from "./Budget.sol";
import {DefenceMath} from "./DefenceMath.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MandateRules} from "./MandateRules.sol";
import {Valuation} from "./Valuation.sol";

/// @title Collateral swaps through the venue, by the owner or inside a mandate
/// @dev Linked, called by delegatecall, under the vault's guard.
///
/// SPECIFICATION. A swap sells a collateral of the account for another, or for stable, which pays its debt (the rest is credit). Options and, but for a
/// tip, debt stay as they are. In this order:
///   1. deadline, account, amount; the tokens are listed and differ; the account holds the amount
///   2. health is at least 1: under it the account belongs to liquidation, and a pool that its owner has moved must not be a way
///      out for the collateral (AccountUnderMaintenance). This holds for mandates too: an owner may use his own from any address
///   3. a caller that is not the owner: there is a mandate (SwapNotOptedIn), not expired, for this pair; health is at or under its
///      trigger (SwapNotDue); the amount is no more than restores its target at the worst price it accepts (SwapTooLarge)
///   4. the sale: all of the amount, for at least `minOut`, and at the oracle's prices (both must have one)
///      value received >= value given x (1 - maxSlippage), 1 % for the owner (SwapUnderOracle)
///   5. the cap of what is bought
///   6. a tip for the caller under a mandate, if the swap has restored the target even after it: otherwise many small swaps would
///      earn many tips. It is a debit, is never paid by opening a loan, and counts as loss
///   7. rule 8. By mandate: health has risen, and equity at the oracle's prices fell by at most 1 %, within what an account may lose in 24 hours, and
///      within the mandate's own budget. By the owner: nothing where nothing is owed; inside the initial requirement either health has risen
///      or the swap is new risk like any other; outside of it as by mandate
///
/// Between the sale and the booking of what it brought the account looks poorer than it is to whoever reads the vault from inside a
/// token's transfer; every entry is shut by the guard.
///
/// Limits of a mandate: 1 < trigger < target; slippage at most 1 %; loss at most 2 % of equity a window, half of it at once (`Budget`); a window of an
/// hour at least; a tip of at most 100 units of account. Bit i of a mask is collateral i, bit 15 of `allowedOut` is stable; a collateral that is
/// listed later is in no mask.
library Defence {
    using Budget for Budget.State;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;
    uint256 internal constant MAX_SLIPPAGE = 0.01e18;
    uint256 internal constant MAX_LOSS_BUDGET = 2 * AccountChecks.LOSS_SHARE;
    uint256 internal constant MAX_TIP = 100e18;
    uint16 internal constant STABLE_MASK = 0x8000;

    /// @dev An account at one moment, as maintenance sees it.
    struct Standing {
        uint256 capacity;
        uint256 owed;
        uint256 debt;
        uint256 health;
        int256 equity;
    }

    // ---------------------------------------------------------------------------------------------------- mandates

    function setSwapMandate(
        Ledger storage ledger,
        Mandates storage mandates,
        Terms memory terms,
        bytes32 account,
        SwapMandate calldata mandate
    ) external {
        Accounting.requireOwner(ledger, account);
        if (mandate.triggerHealth != 0) _requireValid(ledger, terms, account, mandate);

        mandates.swap[account] = mandate;
        emit IDefence.SwapMandateSet(account, mandate);
    }

    function _requireValid(Ledger storage ledger, Terms memory terms, bytes32 account, SwapMandate calldata mandate)
        private
        view
    {
        MandateRules.requireHealths(account, mandate.triggerHealth, mandate.targetHealth);
        MandateRules.requireLife(account, mandate.window, mandate.expiry);
        MandateRules.requireAtMost(account, "maxSlippage", mandate.maxSlippage, MAX_SLIPPAGE);
        MandateRules.requireAtMost(account, "lossBudget", mandate.lossBudget, MAX_LOSS_BUDGET);
        MandateRules.requireAtMost(account, "tip", mandate.tip * terms.stableScale, MAX_TIP);
        uint256 listed = 2 ** ledger.collaterals.length - 1;
        MandateRules.requireAtMost(account, "allowedIn", mandate.allowedIn, listed);
        MandateRules.requireAtMost(account, "allowedOut", mandate.allowedOut & ~STABLE_MASK, listed);
    }

    // -------------------------------------------------------------------------------------------------------- swap

    function swapCollateral(
        Ledger storage ledger,
        Mandates storage mandates,
        Terms memory terms,
        bytes32 account,
        SwapOrder calldata order
    ) external returns (uint256 amountOut) {
        _requireOrder(ledger, terms, account, order);
        Accounting.accrue(ledger);
        Standing memory before = standing(ledger, terms, account);
        if (before.health < WAD) revert IMarginVault.AccountUnderMaintenance(account, before.health);
        SwapMandate memory mandate;
        if (msg.sender != Accounting.ownerOf(account)) {
            mandate = mandates.swap[account];
            _requireMandate(ledger, terms, account, order, mandate, before);
        }

        bool byMandate = mandate.triggerHealth != 0;
        amountOut = _trade(ledger, terms, account, order, byMandate ? mandate.maxSlippage : MAX_SLIPPAGE);
        uint256 tip = byMandate ? _debitTip(ledger, terms, account, mandate) : 0;

        Standing memory later = standing(ledger, terms, account);
        if (byMandate) _requireInMandate(ledger, mandates, terms, account, before, later);
        else _requireOwners(ledger, terms, account, before, later);

        emit IDefence.CollateralSwapped(
            account,
            msg.sender,
            order.tokenIn,
            order.tokenOut,
            order.amountIn,
            amountOut,
            tip,
            before.health,
            later.health
        );
        if (tip != 0) terms.stable.safeTransfer(msg.sender, tip);
    }

    /// @notice The most that the mandate lets anyone sell now.
    function swapLimit(
        Ledger storage ledger,
        Mandates storage mandates,
        Terms memory terms,
        bytes32 account,
        address tokenIn,
        address tokenOut
    ) external view returns (uint256) {
        SwapMandate memory mandate = mandates.swap[account];
        if (mandate.triggerHealth == 0) revert IDefence.SwapNotOptedIn(account, msg.sender);
        Standing memory now_ = standing(ledger, terms, account);
        return _limitUp(ledger, terms, account, tokenIn, tokenOut, mandate, now_);
    }

    /// @dev Step 1.
    function _requireOrder(Ledger storage ledger, Terms memory terms, bytes32 account, SwapOrder calldata order)
        private
        view
    {
        if (block.timestamp > order.deadline) {
            revert IMarginVault.DeadlinePassed(order.deadline, block.timestamp);
        }
        Accounting.requireOpened(ledger, account);
        if (order.amountIn == 0) revert IMarginVault.AmountZero();
        if (order.tokenIn == order.tokenOut) revert IDefence.SwapTokensEqual(order.tokenIn);
        if (!ledger.collateralOf[order.tokenIn].listed) revert IMarginVault.CollateralUnknown(order.tokenIn);
        if (!_isStable(terms, order.tokenOut) && !ledger.collateralOf[order.tokenOut].listed) {
            revert IMarginVault.CollateralUnknown(order.tokenOut);
        }
        uint256 balance = ledger.balances[account][order.tokenIn];
        if (order.amountIn > balance) {
            revert IMarginVault.CollateralTooSmall(account, order.tokenIn, balance, order.amountIn);
        }
    }

    /// @dev Step 3.
    function _requireMandate(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        SwapOrder calldata order,
        SwapMandate memory mandate,
        Standing memory before
    ) private view {
        if (mandate.triggerHealth == 0) revert IDefence.SwapNotOptedIn(account, msg.sender);
        MandateRules.requireUnexpired(account, mandate.expiry);
        bool allowed = mandate.allowedIn & _maskOf(ledger, terms, order.tokenIn) != 0
            && mandate.allowedOut & _maskOf(ledger, terms, order.tokenOut) != 0;
        if (!allowed) revert IDefence.SwapPairNotAllowed(account, order.tokenIn, order.tokenOut);
        if (before.health > mandate.triggerHealth) {
            revert IDefence.SwapNotDue(account, before.health, mandate.triggerHealth);
        }
        uint256 limit = _limitUp(ledger, terms, account, order.tokenIn, order.tokenOut, mandate, before);
        if (order.amountIn > limit) revert IDefence.SwapTooLarge(account, order.amountIn, limit);
    }

    /// @dev Calculate: `DefenceMath.soldUp` in token units, the tip counted as debt, and no more than the account holds.
    function _limitUp(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        address tokenIn,
        address tokenOut,
        SwapMandate memory mandate,
        Standing memory now_
    ) private view returns (uint256) {
        uint256 balance = ledger.balances[account][tokenIn];
        uint256 missing =
            DefenceMath.missingUp(now_.capacity, now_.owed + mandate.tip * terms.stableScale, mandate.targetHealth);
        uint256 effectOut =
            _isStable(terms, tokenOut) ? mandate.targetHealth : terms.riskOracle.factors(tokenOut).liquidationThreshold;
        uint256 sold = DefenceMath.soldUp(
            missing, terms.riskOracle.factors(tokenIn).liquidationThreshold, effectOut, mandate.maxSlippage
        );
        // More than the account holds, and values that a token amount may not have, come to the same.
        if (sold >= valueUp(ledger, terms, tokenIn, balance)) return balance;
        uint256 unit = 10 ** ledger.collateralOf[tokenIn].decimals;
        return FixedPointMathLib.fullMulDivUp(sold, unit, terms.oracleHub.price(tokenIn));
    }

    /// @dev Steps 4 and 5: takes the sold token off the books, sells it, and books what really came in.
    function _trade(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        SwapOrder calldata order,
        uint256 maxSlippage
    ) private returns (uint256 amountOut) {
        uint256 given = valueUp(ledger, terms, order.tokenIn, order.amountIn);
        ledger.balances[account][order.tokenIn] -= order.amountIn;
        ledger.collateralOf[order.tokenIn].total -= order.amountIn.toUint112();

        amountOut = IERC20(order.tokenOut).balanceOf(address(this));
        IERC20(order.tokenIn).forceApprove(address(terms.venue), order.amountIn);
        terms.venue.swap(order.tokenIn, order.tokenOut, order.fee, order.amountIn, order.minOut, address(this));
        amountOut = IERC20(order.tokenOut).balanceOf(address(this)) - amountOut;

        uint256 received = _valueDown(ledger, terms, order.tokenOut, amountOut);
        uint256 least = FixedPointMathLib.mulWadUp(given, WAD - maxSlippage);
        if (received < least) revert IDefence.SwapUnderOracle(account, received, least);
        _book(ledger, terms, account, order.tokenOut, amountOut);
    }

    function _book(Ledger storage ledger, Terms memory terms, bytes32 account, address token, uint256 amount) private {
        if (_isStable(terms, token)) {
            ledger.cash += amount;
            Accounting.credit(ledger, account, amount);
            return;
        }
        Collateral storage collateral = ledger.collateralOf[token];
        uint256 total = collateral.total + amount;
        if (total > collateral.cap) revert IMarginVault.CollateralCapExceeded(token, total, collateral.cap);
        collateral.total = total.toUint112();
        ledger.balances[account][token] += amount;
    }

    /// @dev Step 6. Conservative where the tip comes out of credit: that lowers num by it, and here HT times it is asked for.
    function _debitTip(Ledger storage ledger, Terms memory terms, bytes32 account, SwapMandate memory mandate)
        private
        returns (uint256 tip)
    {
        tip = mandate.tip;
        if (tip == 0 || tip > ledger.cash) return 0;
        Standing memory sold = standing(ledger, terms, account);
        if (sold.debt == 0 && ledger.accountOf[account].credit < tip) return 0;
        if (DefenceMath.missingUp(sold.capacity, sold.owed + tip * terms.stableScale, mandate.targetHealth) != 0) {
            return 0;
        }
        ledger.cash -= tip;
        Accounting.debit(ledger, account, tip);
    }

    /// @dev Step 7, by mandate.
    function _requireInMandate(
        Ledger storage ledger,
        Mandates storage mandates,
        Terms memory terms,
        bytes32 account,
        Standing memory before,
        Standing memory later
    ) private {
        AccountChecks.requireImproved(ledger, terms, account, before.health, before.equity);
        if (later.equity >= before.equity) return;
        // casting to 'uint256' is safe because the difference is positive, and equity before is: a loss of it has just passed
        // forge-lint: disable-next-line(unsafe-typecast)
        (uint256 lost, uint256 owned) = (uint256(before.equity - later.equity), uint256(before.equity));
        SwapMandate storage mandate = mandates.swap[account];
        uint256 limit = FixedPointMathLib.mulWad(owned, mandate.lossBudget);
        (bool drawn, uint256 available) = mandates.swapLosses[account].tryDraw(lost, limit, mandate.window);
        if (!drawn) revert IDefence.SwapLossBudgetExhausted(account, lost, available);
    }

    /// @dev Step 7, by the owner.
    function _requireOwners(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        Standing memory before,
        Standing memory later
    ) private {
        uint256 owed = later.debt * terms.stableScale;
        if (ledger.accountOf[account].hasLegs) owed += terms.optionBook.initialRequirement(account);
        if (Valuation.initialCapacityDown(ledger, terms, account) < owed) {
            AccountChecks.requireImproved(ledger, terms, account, before.health, before.equity);
        } else if (later.health <= before.health) {
            AccountChecks.requireInitial(ledger, terms, account, msg.data[:0], 0);
        }
    }

    // ---------------------------------------------------------------------------------------------------- readings

    /// @notice An account after accrual or, in views, now.
    function standing(Ledger storage ledger, Terms memory terms, bytes32 account)
        internal
        view
        returns (Standing memory found)
    {
        found.debt = Accounting.debtNow(ledger, account);
        LiquidationMath.Book memory book = Valuation.bookOf(ledger, terms, account, found.debt);
        (, found.capacity) = LiquidationMath.totals(book.lots);
        found.capacity += book.credit + book.backing;
        found.owed = LiquidationMath.owed(book, found.debt);
        found.health = LiquidationMath.healthDown(found.capacity, found.owed);
        found.equity = Valuation.equityDown(ledger, terms, account, found.debt);
    }

    /// @notice Value of a collateral at the oracle's price, which it must have.
    function valueUp(Ledger storage ledger, Terms memory terms, address token, uint256 amount)
        internal
        view
        returns (uint256)
    {
        uint256 unit = 10 ** ledger.collateralOf[token].decimals;
        return FixedPointMathLib.fullMulDivUp(amount, terms.oracleHub.price(token), unit);
    }

    function _valueDown(Ledger storage ledger, Terms memory terms, address token, uint256 amount)
        private
        view
        returns (uint256)
    {
        if (_isStable(terms, token)) return amount * terms.stableScale;
        uint256 unit = 10 ** ledger.collateralOf[token].decimals;
        return FixedPointMathLib.fullMulDiv(amount, terms.oracleHub.price(token), unit);
    }

    function _isStable(Terms memory terms, address token) private pure returns (bool) {
        return token == address(terms.stable);
    }

    /// @dev The bit of a listed collateral, by its place in the list, or of stable.
    function _maskOf(Ledger storage ledger, Terms memory terms, address token) private view returns (uint256) {
        if (_isStable(terms, token)) return STABLE_MASK;
        uint256 place = 0;
        while (ledger.collaterals[place] != token) {
            ++place;
        }
        return 2 ** place;
    }
}
