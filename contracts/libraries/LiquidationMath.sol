// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

/// @title How much a liquidation repays and what it seizes: the arithmetic only
/// @dev Values are in units of account and, like all ratios, scaled by 1e18.
///
///   D debt, R requirement of the options, MtM their value, V value of the collateral that may be seized, here and on other chains
///   num = sum of value_i LT_i + other backing (credit, unpaid winnings, capacity from other chains)
///   H = num / (D + R) health, HT target health
///   bonusRate(H) = bonusFloor + (1 - bonusFloor) min(1, (1 - H) / fullBonusUnderHealth)
///   b_i = min(bonus_i bonusRate, max(0, V/D - 1 - tip))        the bonus never makes a deficit
///
/// Repayment (`calculate`). Collaterals are taken in ascending (1 + b_i) LT_i, the ones that hold up least debt first; among equals the earlier in
/// the list; one that may not be seized now is passed over. From each: repay
///   x_i = min(D, (HT (D + R) - num) / (HT - (1 + b_i) LT_i), C_i / (1 + b_i)), C_i its value, and seize x_i (1 + b_i) of it. Then
/// D -= x_i, num is what the rest is worth; done when num >= HT (D + R) or nothing is left.
/// No dust: where a debt in (0, minimumDebt) would remain, everything is repaid as far as the collateral goes.
///
/// Fraction (`takeFraction`), where options are held and repaying everything does not restore HT: the taker gets phi of all legs, of all
/// collateral, of the credit and of the debt, and pays phi B into the account, first towards its debt, the rest as credit:
///   E = V + credit + MtM - D,  B = E (1 - portfolioDiscount bonusRate),  S = HT (D + R) - num
///   phi = S / (S + HT B)          where the payment only lowers debt
///       = S' / (S' + B)           S' = S - (HT - 1) D, where debt is gone and the rest of the payment is credit
///       = D / (D + B)             where less than the minimum debt would remain
/// With E at or under zero all of it goes without payment, and -E is the deficit. Collateral that may not be seized now, unpaid winnings and
/// what is on other chains is not in V and stays with the account: phi is then more than enough. R is proportional to the legs, as every term of it is.
/// The same as `RequirementLiquidation` in C#, the credit being a collateral with LT 1.
///
/// Rounding: repayments are whole stable units, rounded up; seizures are whole token units, rounded down, and the whole balance where the
/// collateral is the limit.
library LiquidationMath {
    using SafeCast for int256;
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;

    /// @dev Slack in the numerator for the rounding of values, in 1e-18 units of account.
    uint256 private constant ROUNDING = 2;

    /// @dev Share of the largest bonus that applies at health 1.
    uint256 internal constant BONUS_FLOOR = 0.5e18;

    /// @dev Under-health at which the whole bonus applies.
    uint256 internal constant FULL_BONUS_UNDER_HEALTH = 0.05e18;

    /// @dev Share of its net value that the taker of a fraction does not pay where the whole bonus applies.
    uint256 internal constant PORTFOLIO_DISCOUNT = 0.1e18;

    /// @dev One collateral of an account.
    /// @param index place in the list of collaterals
    /// @param seizable whether it has a price and nothing holds its liquidation back; else it only counts for health
    /// @param balance token units held
    /// @param price units of account for one whole token
    /// @param unit token units of one whole token
    /// @param threshold liquidation threshold
    /// @param bonus largest bonus; after `capBonuses` the one that applies
    struct Lot {
        uint256 index;
        bool seizable;
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
    /// @param tip share of debt that the bonus always leaves
    /// @param requirement R
    /// @param markToMarket value of all legs to the account
    /// @param credit value of what the clearing house owes the account
    /// @param backing what else counts for health in full: unpaid winnings and capacity from other chains
    /// @param elsewhere value of collateral on other chains: it pays for bonuses too, and is not taken here
    /// @param pastCapacity debt that lots, liens and unpaid winnings hold up with the factors of 24 hours ago: not part of any plan
    struct Book {
        uint256 debt;
        uint256 stableScale;
        uint256 minimumDebt;
        uint256 targetHealth;
        uint256 tip;
        uint256 requirement;
        int256 markToMarket;
        uint256 credit;
        uint256 backing;
        uint256 elsewhere;
        uint256 pastCapacity;
        Lot[] lots;
    }

    /// @param repay stable units
    /// @param seize token units, in the order of the lots
    /// @param bonusRate share of the largest bonuses that applies
    /// @param healthBefore health before anything was done
    /// @param total V
    /// @param capacityAfter num after it
    /// @param restored whether num is at least HT (D + R) after it
    /// @param collateralLeft whether any collateral, or anything else that backs the account, remains
    struct Outcome {
        uint256 repay;
        uint256[] seize;
        uint256 bonusRate;
        uint256 healthBefore;
        uint256 total;
        uint256 capacityAfter;
        bool restored;
        bool collateralLeft;
    }

    /// @dev All amounts of a taken fraction but those of the collaterals.
    /// @param fraction phi, rounded up
    /// @param debtTaken stable units of debt that go with it, rounded up
    /// @param creditTaken stable units of credit that go with it, rounded down
    /// @param payment stable units the taker pays, rounded up
    /// @param deficit stable units that the whole portfolio lacks, rounded up
    struct Fraction {
        uint256 fraction;
        uint256 debtTaken;
        uint256 creditTaken;
        uint256 payment;
        uint256 deficit;
    }

    /// @notice Calculates the whole liquidation; nothing where health is at least 1. Changes `book.lots`: their balances are what
    /// remains, their bonuses what applied.
    function calculate(Book memory book) internal pure returns (Outcome memory outcome) {
        uint256 capacity;
        (outcome.total, capacity) = totals(book.lots);
        outcome.total += book.elsewhere;
        capacity += book.credit + book.backing;
        outcome.seize = new uint256[](book.lots.length);
        outcome.healthBefore = healthDown(capacity, owed(book, book.debt));
        outcome.capacityAfter = capacity;
        outcome.collateralLeft = book.lots.length != 0 || book.backing != 0;
        outcome.restored = outcome.healthBefore >= WAD;
        if (outcome.restored) return outcome;

        outcome.bonusRate = bonusRateDown(outcome.healthBefore);
        capBonuses(book, outcome.bonusRate, outcome.total);
        walk(book, outcome, capacity);
    }

    /// @notice D + R for a debt of `debt` stable units.
    function owed(Book memory book, uint256 debt) internal pure returns (uint256) {
        return debt * book.stableScale + book.requirement;
    }

    /// @notice Value of the lots that may be seized, and the debt that all of them hold up, both rounded down lot by lot.
    function totals(Lot[] memory lots) internal pure returns (uint256 total, uint256 capacity) {
        for (uint256 i = 0; i < lots.length; ++i) {
            uint256 value = valueDown(lots[i], lots[i].balance);
            if (lots[i].seizable) total += value;
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
    function capBonuses(Book memory book, uint256 bonusRate, uint256 total) internal pure {
        Lot[] memory lots = book.lots;
        uint256 affordable = affordableBonusDown(total, book.debt * book.stableScale, book.tip);
        for (uint256 i = 0; i < lots.length; ++i) {
            lots[i].bonus = FixedPointMathLib.min(lots[i].bonus * bonusRate / WAD, affordable);
        }
    }

    /// @notice max(0, V/D - 1 - tip); nothing without debt.
    function affordableBonusDown(uint256 total, uint256 debtValue, uint256 tip) internal pure returns (uint256) {
        if (debtValue == 0) return 0;
        return FixedPointMathLib.zeroFloorSub(FixedPointMathLib.fullMulDiv(total, WAD, debtValue), WAD + tip);
    }

    /// @notice Takes lot after lot until the target is reached or nothing is left.
    function walk(Book memory book, Outcome memory outcome, uint256 capacity) internal pure {
        uint256[] memory order = cheapestFirst(book.lots);
        uint256 debt = book.debt;
        for (uint256 i = 0; i < order.length; ++i) {
            Lot memory lot = book.lots[order[i]];
            if (!lot.seizable) continue;
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
        outcome.restored = capacity >= targetUp(book, debt);
        outcome.collateralLeft = book.backing != 0 || anyLeft(book.lots);
    }

    /// @notice HT (D + R), rounded up.
    function targetUp(Book memory book, uint256 debt) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDivUp(owed(book, debt), book.targetHealth, WAD);
    }

    /// @notice Stable units to repay from this lot if it were large enough, rounded up; all of the debt where dust would remain.
    function neededUp(Book memory book, Lot memory lot, uint256 debt, uint256 capacity)
        internal
        pure
        returns (uint256 needed)
    {
        if (debt == 0) return 0;
        uint256 wanted = targetUp(book, debt);
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

    // ----------------------------------------------------------------------------------------------- the fraction

    /// @notice The least fraction of everything whose price restores the target. All collateral must be seizable, and `total` be its value;
    /// `capacity` is num. Health is under 1.
    function takeFraction(Book memory book, uint256 total, uint256 capacity) internal pure returns (Fraction memory) {
        uint256 health = healthDown(capacity, owed(book, book.debt));
        int256 equity = equityDown(book, total);
        if (equity <= 0) return _takeWhole(book, equity);

        uint256 price =
            FixedPointMathLib.mulWad(equity.toUint256(), WAD - PORTFOLIO_DISCOUNT * bonusRateDown(health) / WAD);
        if (price == 0) return _takeWhole(book, 0);
        uint256 phi = FixedPointMathLib.min(restoringFractionUp(book, targetUp(book, book.debt) - capacity, price), WAD);
        return Fraction({
            fraction: phi,
            debtTaken: FixedPointMathLib.mulWadUp(book.debt, phi),
            creditTaken: FixedPointMathLib.mulWad(book.credit, phi) / book.stableScale,
            payment: FixedPointMathLib.fullMulDivUp(price, phi, WAD * book.stableScale),
            deficit: 0
        });
    }

    /// @notice E = V + credit + MtM - D.
    function equityDown(Book memory book, uint256 total) internal pure returns (int256) {
        return (total + book.credit).toInt256() + book.markToMarket - (book.debt * book.stableScale).toInt256();
    }

    /// @notice phi for a shortfall S > 0 and a price B > 0 of the whole.
    function restoringFractionUp(Book memory book, uint256 shortfall, uint256 price) internal pure returns (uint256) {
        uint256 debt = book.debt * book.stableScale;
        uint256 closes = shareUp(debt, price);
        uint256 lowers = shareUp(shortfall, FixedPointMathLib.fullMulDiv(price, book.targetHealth, WAD));
        if (lowers < closes) {
            uint256 gone = FixedPointMathLib.mulWadUp(debt + price, lowers);
            // Two units for both roundings: of the debt that goes and of the payment.
            bool dust = debt < gone + (book.minimumDebt + 2) * book.stableScale;
            return dust ? closes : lowers;
        }
        uint256 spare = FixedPointMathLib.fullMulDiv(debt, book.targetHealth - WAD, WAD);
        return FixedPointMathLib.max(shareUp(FixedPointMathLib.zeroFloorSub(shortfall, spare), price), closes);
    }

    /// @notice part / (part + rest), rounded up.
    function shareUp(uint256 part, uint256 rest) internal pure returns (uint256) {
        return FixedPointMathLib.fullMulDivUp(part, WAD, part + rest);
    }

    function _takeWhole(Book memory book, int256 equity) private pure returns (Fraction memory) {
        return Fraction({
            fraction: WAD,
            debtTaken: book.debt,
            creditTaken: book.credit / book.stableScale,
            payment: 0,
            deficit: FixedPointMathLib.divUp((-equity).toUint256(), book.stableScale)
        });
    }
}
