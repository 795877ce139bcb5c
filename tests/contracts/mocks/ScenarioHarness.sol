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
}
