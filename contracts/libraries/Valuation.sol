// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IMarginHub} from "../interfaces/IMarginHub.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {Account, Ledger, Terms} from "../types/Ledger.sol";
import {Accounting} from "./Accounting.sol";
import {LiquidationMath} from "./LiquidationMath.sol";

/// @title What an account is worth: for initial margin and for liquidation
/// @dev Values are in units of account scaled by 1e18. A collateral without a price counts
///   for initial margin          nothing
///   for liquidation             at `maxPrice`, the largest its feed could say, and it is not seized
/// so a little of a token whose feed is dead can neither open nor shelter a position, nor hold anybody's collateral back. Inside the
/// repay window after an outage a collateral counts at its price and is not seized.
library Valuation {
    uint256 private constant WAD = 1e18;

    // ----------------------------------------------------------------------------------------------------- initial

    /// @notice What may be borrowed against: collateral at borrow factors, credit, and capacity from other chains; rounded down.
    function initialCapacityDown(Ledger storage ledger, Terms memory terms, bytes32 account)
        internal
        view
        returns (uint256 capacity)
    {
        uint256 listed = ledger.collaterals.length;
        for (uint256 i = 0; i < listed; ++i) {
            address token = ledger.collaterals[i];
            uint256 balance = ledger.balances[account][token];
            if (balance == 0) continue;
            IOracleHub.PriceReading memory reading = terms.oracleHub.reading(token);
            if (reading.status != IOracleHub.PriceStatus.Ok) continue;

            uint256 value =
                FixedPointMathLib.fullMulDiv(balance, reading.price, 10 ** ledger.collateralOf[token].decimals);
            capacity += FixedPointMathLib.fullMulDiv(value, terms.riskOracle.factors(token).borrowFactor, WAD);
        }
        Account storage state = ledger.accountOf[account];
        capacity += state.credit * terms.stableScale;
        if (state.hasLiens) capacity += terms.marginHub.capacityOf(account).initial;
    }

    // ------------------------------------------------------------------------------------------------- maintenance

    /// @notice The account as a liquidation sees it, with `debt` stable units owed.
    function bookOf(Ledger storage ledger, Terms memory terms, bytes32 account, uint256 debt)
        internal
        view
        returns (LiquidationMath.Book memory book)
    {
        book.debt = debt;
        book.stableScale = terms.stableScale;
        book.minimumDebt = terms.minimumDebt;
        book.targetHealth = terms.targetHealth;
        book.tip = ledger.limits.tip;
        (book.lots, book.pastCapacity) = lotsOf(ledger, terms, account);
        Account storage state = ledger.accountOf[account];
        book.credit = state.credit * terms.stableScale;
        if (state.hasLiens) {
            IMarginHub.Capacity memory remote = terms.marginHub.capacityOf(account);
            (book.backing, book.elsewhere) = (remote.maintenance, remote.value);
            book.pastCapacity += remote.past;
        }
        if (state.hasLegs) {
            (book.requirement, book.markToMarket) = terms.optionBook.maintenance(account);
            uint256 winnings = terms.optionBook.pendingClaims(account) * terms.stableScale;
            book.backing += winnings;
            book.pastCapacity += winnings;
        }
    }

    /// @notice The collaterals that an account holds, with their prices and factors, and what they hold up with the thresholds of 24
    /// hours ago, rounded down.
    function lotsOf(Ledger storage ledger, Terms memory terms, bytes32 account)
        internal
        view
        returns (LiquidationMath.Lot[] memory lots, uint256 pastCapacity)
    {
        uint256 listed = ledger.collaterals.length;
        lots = new LiquidationMath.Lot[](listed);
        uint256 count = 0;
        for (uint256 i = 0; i < listed; ++i) {
            address token = ledger.collaterals[i];
            uint256 balance = ledger.balances[account][token];
            if (balance == 0) continue;
            uint256 pastThreshold;
            (lots[count], pastThreshold) = _lot(ledger, terms, token, i, balance);
            uint256 value = LiquidationMath.valueDown(lots[count], balance);
            pastCapacity += FixedPointMathLib.fullMulDiv(value, pastThreshold, WAD);
            ++count;
        }
        assembly ("memory-safe") {
            mstore(lots, count) // Only shortens the array.
        }
    }

    function _lot(Ledger storage ledger, Terms memory terms, address token, uint256 index, uint256 balance)
        private
        view
        returns (LiquidationMath.Lot memory lot, uint256 pastThreshold)
    {
        IOracleHub.PriceReading memory reading = terms.oracleHub.liquidationReading(token);
        bool priced =
            reading.status == IOracleHub.PriceStatus.Ok || reading.status == IOracleHub.PriceStatus.RepayWindow;
        lot.index = index;
        lot.balance = balance;
        lot.unit = 10 ** ledger.collateralOf[token].decimals;
        lot.price = priced ? reading.price : terms.oracleHub.maxPriceOf(token);
        lot.seizable = reading.status == IOracleHub.PriceStatus.Ok
            && terms.guardian.liquidationBlockedUntil(token) <= block.timestamp;
        (lot.threshold, lot.bonus, pastThreshold) = terms.riskOracle.maintenanceFactors(token);
    }

    /// @notice Health of the same book with the factors and option inputs of 24 hours ago (rule 3), rounded down.
    function pastHealthDown(
        Ledger storage ledger,
        Terms memory terms,
        bytes32 account,
        LiquidationMath.Book memory book
    ) internal view returns (uint256) {
        uint256 requirement = ledger.accountOf[account].hasLegs
            ? terms.optionBook.pastMaintenance(account)
            : book.requirement;
        return LiquidationMath.healthDown(book.pastCapacity + book.credit, book.debt * book.stableScale + requirement);
    }

    /// @notice Maintenance health with `debt` stable units owed, rounded down; the largest number where nothing is owed or required.
    function healthDown(Ledger storage ledger, Terms memory terms, bytes32 account, uint256 debt)
        internal
        view
        returns (uint256)
    {
        if (debt == 0 && !ledger.accountOf[account].hasLegs) return type(uint256).max;
        LiquidationMath.Book memory book = bookOf(ledger, terms, account, debt);
        (, uint256 capacity) = LiquidationMath.totals(book.lots);
        return LiquidationMath.healthDown(capacity + book.credit + book.backing, LiquidationMath.owed(book, debt));
    }

    /// @notice Oracle equity: collateral at its price (nothing where it has none), value from other chains, credit, winnings and legs,
    /// less debt.
    function equityDown(Ledger storage ledger, Terms memory terms, bytes32 account, uint256 debt)
        internal
        view
        returns (int256 equity)
    {
        uint256 listed = ledger.collaterals.length;
        uint256 owned = 0;
        for (uint256 i = 0; i < listed; ++i) {
            address token = ledger.collaterals[i];
            uint256 balance = ledger.balances[account][token];
            if (balance == 0) continue;
            IOracleHub.PriceReading memory reading = terms.oracleHub.reading(token);
            if (reading.status != IOracleHub.PriceStatus.Ok) continue;
            owned += FixedPointMathLib.fullMulDiv(balance, reading.price, 10 ** ledger.collateralOf[token].decimals);
        }
        Account storage state = ledger.accountOf[account];
        owned += state.credit * terms.stableScale;
        if (state.hasLiens) owned += terms.marginHub.capacityOf(account).value;
        int256 marked = 0;
        if (state.hasLegs) {
            (, marked) = terms.optionBook.maintenance(account);
            owned += terms.optionBook.pendingClaims(account) * terms.stableScale;
        }
        // casting to 'int256' is safe because values are amounts of 128 bits times prices of 128 bits over units, far under 2^255
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256(owned) + marked - int256(debt * terms.stableScale);
    }

    /// @notice Value of everything but live options that stands behind an account, an unpriced collateral at the largest its feed could say.
    /// A lien without a price, and what is disputed of one, is in its maintenance capacity only.
    function coverUp(Ledger storage ledger, Terms memory terms, bytes32 account) internal view returns (uint256 value) {
        uint256 listed = ledger.collaterals.length;
        for (uint256 i = 0; i < listed; ++i) {
            address token = ledger.collaterals[i];
            uint256 balance = ledger.balances[account][token];
            if (balance == 0) continue;
            IOracleHub.PriceReading memory reading = terms.oracleHub.reading(token);
            uint256 price =
                reading.status == IOracleHub.PriceStatus.Ok ? reading.price : terms.oracleHub.maxPriceOf(token);
            value += FixedPointMathLib.fullMulDivUp(balance, price, 10 ** ledger.collateralOf[token].decimals);
        }
        Account storage state = ledger.accountOf[account];
        value += state.credit * terms.stableScale;
        if (state.hasLiens) {
            IMarginHub.Capacity memory remote = terms.marginHub.capacityOf(account);
            value += FixedPointMathLib.max(remote.value, remote.maintenance);
        }
        if (state.hasLegs) value += terms.optionBook.pendingClaims(account) * terms.stableScale;
    }
}
