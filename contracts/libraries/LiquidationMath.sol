// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title How much a liquidation repays and what it seizes: the arithmetic only
/// @dev Values are in units of account and, like all ratios, scaled by 1e18.
///
///   D debt, V value of all collateral, num = sum of value_i LT_i, H = num / D health, HT target health
///   bonusRate(H) = bonusFloor + (1 - bonusFloor) min(1, (1 - H) / fullBonusUnderHealth)
///   b_i = min(bonus_i bonusRate, max(0, V/D - 1))        the bonus never makes a deficit
///
/// Collaterals are taken in ascending (1 + b_i) LT_i, the ones that hold up least debt first; among equals the earlier in the list.
/// From each: repay x_i = min(D, (HT D - num) / (HT - (1 + b_i) LT_i), C_i / (1 + b_i)), C_i its value, and seize x_i (1 + b_i) of it. Then
/// D -= x_i, num is what the rest is worth; done when num >= HT D or nothing is left.
///
/// No dust: where a debt in (0, minimumDebt) would remain, everything is repaid as far as the collateral goes.
///
/// Rounding: repayments are whole stable units, rounded up; seizures are whole token units, rounded down, and the whole balance where the
/// collateral is the limit.
library LiquidationMath {
    uint256 private constant WAD = 1e18;

    /// @dev Slack in the numerator for the rounding of values, in 1e-18 units of account.
    uint256 private constant ROUNDING = 2;

    /// @dev Share of the largest bonus that applies at health 1.
    uint256 internal constant BONUS_FLOOR = 0.5e18;

    /// @dev Under-health at which the whole bonus applies.
    uint256 internal constant FULL_BONUS_UNDER_HEALTH = 0.05e18;

    /// @dev One collateral of an account.
    /// @param index place in the list of collaterals
    /// @param balance token units held
    /// @param price units of account for one whole token
    /// @param unit token units of one whole token
    /// @param threshold liquidation threshold
    /// @param bonus largest bonus; after `capBonuses` the one that applies
    struct Lot {
        uint256 index;
        uint256 balance;
        uint256 price;
        uint256 unit;
        uint256 threshold;
        uint256 bonus;
    }

    /// @dev The account and the rules that hold for it.
    /// @param debt stable units
    /// @param stableScale value of one stable unit
    /// @param minimumDebt stable units
    /// @param targetHealth HT
    struct Book {
        uint256 debt;
        uint256 stableScale;
        uint256 minimumDebt;
        uint256 targetHealth;
        Lot[] lots;
    }

    /// @param repay stable units
    /// @param seize token units, in the order of the lots
    /// @param bonusRate share of the largest bonuses that applies
    /// @param healthBefore health before anything was done
    /// @param capacityAfter debt that the remaining collateral holds up
    /// @param collateralLeft whether any collateral remains
    struct Outcome {
        uint256 repay;
        uint256[] seize;
        uint256 bonusRate;
        uint256 healthBefore;
        uint256 capacityAfter;
        bool collateralLeft;
    }

    /// @notice Calculates the whole liquidation; nothing where health is at least 1. Changes `book.lots`: their balances are what
    /// remains, their bonuses what applied.
    function calculate(Book memory book) internal pure returns (Outcome memory outcome) {
        (uint256 total, uint256 capacity) = totals(book.lots);
        outcome.seize = new uint256[](book.lots.length);
        outcome.healthBefore = healthDown(capacity, book.debt * book.stableScale);
        outcome.capacityAfter = capacity;
        outcome.collateralLeft = book.lots.length != 0;
        if (outcome.healthBefore >= WAD) return outcome;

        outcome.bonusRate = bonusRateDown(outcome.healthBefore);
        capBonuses(book.lots, outcome.bonusRate, total, book.debt * book.stableScale);
        walk(book, outcome, capacity);
    }

    /// @notice value of all lots, and the debt they hold up, both rounded down lot by lot.
    function totals(Lot[] memory lots) internal pure returns (uint256 total, uint256 capacity) {
        for (uint256 i = 0; i < lots.length; ++i) {
            uint256 value = valueDown(lots[i], lots[i].balance);
            total += value;
            capacity += FixedPointMathLib.fullMulDiv(value, lots[i].threshold, WAD);
        }
    }

    /// @notice capacity / debt, rounded down; without debt the largest number.
    function healthDown(uint256 capacity, uint256 debtValue) internal pure returns (uint256) {
        return debtValue == 0 ? type(uint256).max : FixedPointMathLib.fullMulDiv(capacity, WAD, debtValue);
    }

    /// @notice Share of the largest bonus that applies at a health under 1.
    function bonusRateDown(uint256 health) internal pure returns (uint256) {
        uint256 depth = FixedPointMathLib.min(WAD, (WAD - health) * WAD / FULL_BONUS_UNDER_HEALTH);
        return BONUS_FLOOR + (WAD - BONUS_FLOOR) * depth / WAD;
    }

    /// @notice Sets each lot's bonus to the one that applies: no more than the collateral can pay for all of the debt.
    function capBonuses(Lot[] memory lots, uint256 bonusRate, uint256 total, uint256 debtValue) internal pure {
        uint256 affordable = affordableBonusDown(total, debtValue);
        for (uint256 i = 0; i < lots.length; ++i) {
            lots[i].bonus = FixedPointMathLib.min(lots[i].bonus * bonusRate / WAD, affordable);
        }
    }

    /// @notice The bonus that the collateral can pay on all of the debt: max(0, V/D - 1).
    function affordableBonusDown(uint256 total, uint256 debtValue) internal pure returns (uint256) {
        return FixedPointMathLib.zeroFloorSub(FixedPointMathLib.fullMulDiv(total, WAD, debtValue), WAD);
    }

    /// @notice Takes lot after lot until the target is reached or nothing is left.
    function walk(Book memory book, Outcome memory outcome, uint256 capacity) internal pure {
        uint256[] memory order = cheapestFirst(book.lots);
        uint256 debt = book.debt;
        for (uint256 i = 0; i < order.length; ++i) {
            Lot memory lot = book.lots[order[i]];
            uint256 needed = neededUp(book, lot, debt, capacity);
            if (needed == 0) break;

            (uint256 repay, uint256 seize) = take(lot, FixedPointMathLib.min(needed, debt), book.stableScale);
            uint256 before = capacityDown(lot);
            debt -= FixedPointMathLib.min(repay, debt);
            lot.balance -= seize;
            capacity = capacity - before + capacityDown(lot);
            outcome.seize[order[i]] = seize;
        }
        outcome.repay = book.debt - debt;
        outcome.capacityAfter = capacity;
        outcome.collateralLeft = anyLeft(book.lots);
    }

    /// @notice Stable units to repay from this lot if it were large enough, rounded up; all of the debt where dust would remain.
    function neededUp(Book memory book, Lot memory lot, uint256 debt, uint256 capacity)
        internal
        pure
        returns (uint256 needed)
    {
        if (debt == 0) return 0;
        uint256 wanted = FixedPointMathLib.fullMulDivUp(debt * book.stableScale, book.targetHealth, WAD);
        if (capacity < wanted) {
            uint256 holding = heldUp(lot);
            if (holding >= book.targetHealth) return debt;
            uint256 value =
                FixedPointMathLib.fullMulDivUp(wanted - capacity + ROUNDING, WAD, book.targetHealth - holding);
            needed = FixedPointMathLib.divUp(value, book.stableScale);
        }
        if (needed >= debt || debt - needed < book.minimumDebt) return debt;
    }

    /// @notice Repays up to `repay` stable units out of one lot: what is repaid, rounded up, and what is seized, rounded down.
    function take(Lot memory lot, uint256 repay, uint256 stableScale) internal pure returns (uint256, uint256) {
        uint256 value = valueDown(lot, lot.balance);
        uint256 limit =
            FixedPointMathLib.divUp(FixedPointMathLib.fullMulDivUp(value, WAD, WAD + lot.bonus), stableScale);
        if (repay >= limit) return (limit, lot.balance);

        uint256 worth = FixedPointMathLib.fullMulDiv(repay * stableScale, WAD + lot.bonus, WAD);
        return (repay, FixedPointMathLib.min(FixedPointMathLib.fullMulDiv(worth, lot.unit, lot.price), lot.balance));
    }

    /// @notice Places of the lots by ascending (1 + b) LT; among equals the earlier first.
    function cheapestFirst(Lot[] memory lots) internal pure returns (uint256[] memory order) {
        order = new uint256[](lots.length);
        for (uint256 i = 0; i < lots.length; ++i) {
            uint256 j = i;
            for (; j > 0 && heldUp(lots[order[j - 1]]) > heldUp(lots[i]); --j) {
                order[j] = order[j - 1];
            }
            order[j] = i;
        }
    }

    /// @notice (1 + b) LT, rounded up: the capacity that goes with one unit of debt repaid.
    function heldUp(Lot memory lot) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDivUp(WAD + lot.bonus, lot.threshold, WAD);
    }

    /// @notice Value of an amount of a lot's token, rounded down.
    function valueDown(Lot memory lot, uint256 amount) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDiv(amount, lot.price, lot.unit);
    }

    function capacityDown(Lot memory lot) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDiv(valueDown(lot, lot.balance), lot.threshold, WAD);
    }

    function anyLeft(Lot[] memory lots) internal pure returns (bool) {
        for (uint256 i = 0; i < lots.length; ++i) {
            if (lots[i].balance != 0) return true;
        }
        return false;
    }
}
