// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ScenarioMargin} from "../../contracts/libraries/ScenarioMargin.sol";
import {ScenarioHarness} from "./mocks/ScenarioHarness.sol";

contract ScenarioMarginTest is Test {
    ScenarioHarness private math;

    function setUp() public {
        math = new ScenarioHarness();
    }

    function test_Requirement_ChecksOfTheRiskModel_Hold() public view {
        ScenarioMargin.Expiry[] memory expiries = new ScenarioMargin.Expiry[](1);
        expiries[0] = ScenarioMargin.Expiry(30 days, 3000e18, 0, 0.6e18, 0);
        ScenarioMargin.Leg[] memory legs = new ScenarioMargin.Leg[](1);
        legs[0] = ScenarioMargin.Leg(0, false, 3000e18, -1e18);
        (uint256 r, int256 m) = math.requirement(legs, expiries, 3000e18, 0.16e18);
        assertApproxEqAbs(int256(r) + m, 455.85e18, 0.005e18);
    }

    function _ladder(uint256 count)
        private
        pure
        returns (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries)
    {
        expiries = new ScenarioMargin.Expiry[](4);
        for (uint256 i = 0; i < 4; ++i) {
            expiries[i] = ScenarioMargin.Expiry((7 + 30 * i) * 1 days, 3000e18 + i * 10e18, 0, 0.6e18, 0.05e18);
        }
        legs = new ScenarioMargin.Leg[](count);
        for (uint256 i = 0; i < count; ++i) {
            legs[i] =
                ScenarioMargin.Leg(i % 4, i % 3 == 0, 2000e18 + i * 1800e18 / count, i % 2 == 0 ? int256(1e18) : -1e18);
        }
    }

    function test_Gas() public {
        uint256[3] memory counts = [uint256(1), 16, 64];
        for (uint256 i = 0; i < 3; ++i) {
            (ScenarioMargin.Leg[] memory legs, ScenarioMargin.Expiry[] memory expiries) = _ladder(counts[i]);
            uint256 before = gasleft();
            ScenarioMargin.requirement(legs, expiries, 3000e18, 0.16e18);
            emit log_named_uint("gas", before - gasleft());
        }
    }
}
