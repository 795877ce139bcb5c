// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Black76} from "../../../contracts/libraries/Black76.sol";
import {NormalTail} from "../../../contracts/libraries/NormalTail.sol";
import {ScenarioMargin} from "../../../contracts/libraries/ScenarioMargin.sol";

/// @title The scenario margin as external functions, for tests alone
contract ScenarioHarness {
    function call(uint256 forward, uint256 strike, int256 lnMoneyness, uint256 deviation, uint256 inverse)
        external
        pure
        returns (uint256)
    {
        return Black76.call(forward, strike, lnMoneyness, deviation, inverse);
    }

    function density(int256 x) external pure returns (uint256) {
        return NormalTail.density(x);
    }

    function millsRatio(uint256 x) external pure returns (uint256) {
        return NormalTail.millsRatio(x);
    }

    function rangeOf(uint256 volatility) external pure returns (uint256) {
        return ScenarioMargin.rangeOf(volatility);
    }

    function spotSlope() external pure returns (uint256) {
        return ScenarioMargin.SPOT_SLOPE;
    }

    function grossNotionalUp(ScenarioMargin.Leg[] memory legs, uint256 spot) external pure returns (uint256) {
        return ScenarioMargin.grossNotionalUp(legs, spot);
    }

    function requirement(
        ScenarioMargin.Leg[] memory legs,
        ScenarioMargin.Expiry[] memory expiries,
        uint256 spot,
        uint256 range
    ) external pure returns (uint256 requirementUp, int256 markToMarket) {
        return ScenarioMargin.requirement(legs, expiries, spot, range);
    }

    /// @notice Many books in one call, for differential tests: requirement and mark to market of each, one after another.
    /// @param words for each book: spot, range, number of expiries, number of legs; for each expiry seconds, forward, fixed part, volatility,
    /// rate; for each leg expiry, whether it is a call, strike, amount (two's complement)
    function requirements(uint256[] memory words, uint256 books) external pure returns (int256[] memory results) {
        results = new int256[](2 * books);
        uint256 at = 0;
        for (uint256 i = 0; i < books; ++i) {
            uint256 start = at;
            ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](words[start + 2]);
            ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](words[start + 3]);
            at += 4;
            for (uint256 k = 0; k < expiries.length; ++k) {
                expiries[k] =
                    ScenarioMargin.Expiry(words[at], words[at + 1], words[at + 2], words[at + 3], words[at + 4]);
                at += 5;
            }
            for (uint256 k = 0; k < legs.length; ++k) {
                // casting to 'int256' is safe because the word is its two's complement
                // forge-lint: disable-next-line(unsafe-typecast)
                legs[k] = ScenarioMargin.Leg(words[at], words[at + 1] == 1, words[at + 2], int256(words[at + 3]));
                at += 4;
            }
            (uint256 needed, int256 marked) = ScenarioMargin.requirement(legs, expiries, words[start], words[start + 1]);
            // casting to 'int256' is safe because requirements have under 232 bits
            // forge-lint: disable-next-line(unsafe-typecast)
            (results[2 * i], results[2 * i + 1]) = (int256(needed), marked);
        }
    }
}
