// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IOptionBook} from "../interfaces/IOptionBook.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {PackedLeg} from "./PackedLeg.sol";
import {ScenarioMargin} from "./ScenarioMargin.sol";

/// @title The requirement of an account's legs, from prices and attested inputs
/// @dev SPECIFICATION
///
/// Per underlying, and summed (rule 15). Units of account, scaled by 1e18.
///
///   open legs    (without a final price)  `ScenarioMargin` at spot from the hub, forward = spot x forward ratio, no fixed forward, rate 0. From
///                expiry until there is a final price: time 0, forward = spot, so intrinsic value, with the scenarios of spot still on top
///   fixed        sum of amount x payoff at the final price, rounded down: what settlement will bring
///   R            max(0, R of the open legs - fixed)
///   MtM          MtM of the open legs + fixed
///
///                range of the grid        implied volatility, forward ratio
///   Maintenance  maintenance volatility   attested
///   Past         that of 24 h ago         of 24 h ago, as the risk oracle has them
///   Initial      the larger of both       attested
///   Fallback     fallback volatility      fallback implied volatility, attested forward ratio
///
/// At maintenance gains and losses count from the moment their price is final, so that settlement, which anyone may call, makes nobody
/// liquidatable who was not: a gain moves from R to the account's claims, a loss from R to its debt. At initial a gain does not count
/// before it is credited, since its haircut is not known.
///
/// Prices are asked only for underlyings with open legs; one without a price reverts with the hub's reason.
///
/// `assess` is external, for linking: the book's bytecode stays small.
library OptionMargin {
    using PackedLeg for uint256;

    enum Basis {
        Maintenance,
        Past,
        Initial,
        Fallback
    }

    /// @param words the account's legs
    /// @param assets the underlyings
    struct Book {
        uint256[] words;
        address[] assets;
        IOracleHub hub;
        IRiskOracle inputs;
        Basis basis;
    }

    /// @dev The legs of one underlying. Both lists are longer than what is in them.
    struct Part {
        ScenarioMargin.Leg[] legs;
        uint256 legCount;
        uint256[] expiries;
        uint256 expiryCount;
        int256 fixed36;
    }

    uint256 private constant WAD = 1e18;
    int256 private constant SIGNED_WAD = 1e18;

    /// @notice The requirement, rounded up, and what the legs are worth, rounded down, over all underlyings.
    function assess(Book memory book, mapping(uint48 pool => IOptionBook.Pool) storage pools)
        external
        view
        returns (uint256 requirementUp, int256 markToMarket)
    {
        for (uint256 i = 0; i < book.assets.length; ++i) {
            Part memory part = _part(book.words, i, pools);
            if (part.legCount == 0 && part.fixed36 == 0) continue;
            (uint256 needed, int256 worth) = _assessPart(book, i, part);
            requirementUp += needed;
            markToMarket += worth;
        }
    }

    /// @dev Sorts the legs of an underlying into open ones, with their expiries, and those with a final price.
    function _part(uint256[] memory words, uint256 underlying, mapping(uint48 pool => IOptionBook.Pool) storage pools)
        private
        view
        returns (Part memory part)
    {
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words[i];
            if (word.underlying() != underlying) continue;
            uint256 price = word.expiry() > block.timestamp ? 0 : pools[word.pool()].price;
            if (price != 0) {
                part.fixed36 += word.payoff36(price);
                continue;
            }
            if (part.legCount == 0) {
                part.legs = new ScenarioMargin.Leg[](words.length - i);
                part.expiries = new uint256[](words.length - i);
            }
            part.legs[part.legCount++] = ScenarioMargin.Leg({
                expiry: _place(part, word.expiry()), call: word.isCall(), strike: word.strike(), amount: word.amount()
            });
        }
    }

    /// @dev The place of an expiry in the list, where it is put if it is not there: legs of one expiry cover each other.
    function _place(Part memory part, uint256 expiry) private pure returns (uint256 place) {
        while (place < part.expiryCount && part.expiries[place] != expiry) ++place;
        if (place == part.expiryCount) part.expiries[part.expiryCount++] = expiry;
    }

    function _assessPart(Book memory book, uint256 underlying, Part memory part)
        private
        view
        returns (uint256 requirementUp, int256 markToMarket)
    {
        int256 settled = part.fixed36 / SIGNED_WAD;
        if (part.fixed36 % SIGNED_WAD < 0) --settled;
        if (part.legCount != 0) {
            (requirementUp, markToMarket) = _assessOpen(book, book.assets[underlying], part);
        }
        markToMarket += settled;
        if (settled < 0) {
            requirementUp += FixedPointMathLib.abs(settled);
        } else if (book.basis == Basis.Maintenance || book.basis == Basis.Past) {
            requirementUp = FixedPointMathLib.zeroFloorSub(requirementUp, FixedPointMathLib.abs(settled));
        }
    }

    function _assessOpen(Book memory book, address asset, Part memory part)
        private
        view
        returns (uint256 requirementUp, int256 markToMarket)
    {
        uint256 spot = book.hub.price(asset);
        uint256 range = ScenarioMargin.rangeOf(_volatility(book.inputs, asset, book.basis));
        return ScenarioMargin.requirement(_legs(part), _expiries(book, asset, part, spot), spot, range);
    }

    function _legs(Part memory part) private pure returns (ScenarioMargin.Leg[] memory legs) {
        legs = new ScenarioMargin.Leg[](part.legCount);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = part.legs[i];
        }
    }

    function _expiries(Book memory book, address asset, Part memory part, uint256 spot)
        private
        view
        returns (ScenarioMargin.Expiry[] memory expiries)
    {
        expiries = new ScenarioMargin.Expiry[](part.expiryCount);
        for (uint256 i = 0; i < expiries.length; ++i) {
            expiries[i] = _expiry(book, asset, part.expiries[i], spot);
        }
    }

    function _volatility(IRiskOracle inputs, address asset, Basis basis) private view returns (uint256 volatility) {
        if (basis == Basis.Fallback) return inputs.fallbackInputs(asset).volatility;
        if (basis == Basis.Past) {
            (, volatility) = inputs.pastFactors(asset);
            return volatility;
        }
        IRiskOracle.Factors memory factors = inputs.factors(asset);
        if (basis == Basis.Maintenance) return factors.maintenanceVolatility;
        return FixedPointMathLib.max(factors.maintenanceVolatility, factors.initialVolatility);
    }

    function _expiry(Book memory book, address asset, uint256 expiry, uint256 spot)
        private
        view
        returns (ScenarioMargin.Expiry memory made)
    {
        if (expiry <= block.timestamp) {
            made.forward = spot;
            return made;
        }
        // casting to 'uint64' is safe because expiries have 40 bits
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 at = uint64(expiry);
        (uint256 volatility, uint256 ratio) =
            book.basis == Basis.Past ? book.inputs.pastOptionInputs(asset, at) : book.inputs.optionInputs(asset, at);
        if (book.basis == Basis.Fallback) volatility = book.inputs.fallbackInputs(asset).impliedVolatility;

        made.timeToExpiry = expiry - block.timestamp;
        made.forward = FixedPointMathLib.fullMulDiv(spot, ratio, WAD);
        made.impliedVolatility = volatility;
    }
}
