// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {StdInvariant} from "forge-std/StdInvariant.sol";
import {Test} from "forge-std/Test.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {FactorMath} from "../../../contracts/libraries/FactorMath.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {AttackerHandler} from "./AttackerHandler.sol";

/// @title What a thief of every off-chain key can not do in 24 hours
/// @dev Sentences (rule of the specification in brackets; h: asserted in the handler across a call, i: here)
///   A1   (4, 3) Of accounts that were healthy before, at most 2 % of total debt is liquidated                     i
///   A2   (4)    No asset is kept from liquidation for more than 6 hours                                           i
///   A3   (4, 2) LT loosens by no more than its ramp, BF by no more than the ramp and the steps of the reports     i
///   A4   (4, 12) No stolen key opens a restricted door, and none has a role but the guardian's                    h, i
///   A5   (4, 2) Who has borrowed to the full before is still over maintenance                                     i
///   A6   (4)    What the thief borrows is covered by what he leaves, at the borrow factor of the moment           h
///   A7   (4)    Lenders lose nothing                                                                              h, i
///   A8   (4, 6) On false leaves at most half a bond is taken, and whoever finds one takes the bond away           h
///   A9   (4, 14) Adding and repaying always succeed, and who owes nothing can always leave                        h
///   A10  (4, 12) The guardian's key moves no price                                                                h
///   A11  (4, 5) There are no more reports than intervals, and none outside bounds and steps                       h, i
///   A12  (4, 14) When the day is over honest borrowers leave with all their collateral, and rotated keys are dead   h
contract AttackerInvariants is StdInvariant, Test {
    uint256 private constant SLACK = 16;

    AttackerHandler private handler;
    MarginVault private vault;
    RiskOracle private risk;
    AccessManager private manager;
    MockToken[2] private tokens;
    bytes32[] private victims;
    address[] private signers;

    function setUp() public {
        handler = new AttackerHandler();
        handler.setUp();
        (vault, risk, manager) = handler.parts();
        (, tokens) = handler.money();
        victims = handler.victims();
        signers = handler.signers();
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = handler.wait.selector;
        selectors[1] = handler.lie.selector;
        selectors[2] = handler.squeeze.selector;
        selectors[3] = handler.raise.selector;
        selectors[4] = handler.useFallback.selector;
        selectors[5] = handler.liquidateVictim.selector;
        selectors[6] = handler.take.selector;
        selectors[7] = handler.lieOnLeaf.selector;
        selectors[8] = handler.probe.selector;
        selectors[9] = handler.honest.selector;
        selectors[10] = handler.liquidateVictim.selector;
        selectors[11] = handler.wait.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// @notice A1 to A12.
    /// forge-config: ci.invariant.runs = 500
    /// forge-config: ci.invariant.depth = 100
    function invariant_SignaturesAreNoBounds() public view {
        assertLe(handler.liquidated(), handler.largestDebt() / 50, "A1: more than 2 % was wrongly liquidated");
        assertEq(vault.totalDeficit(), 0, "A7: lenders bear a deficit");
        uint256 elapsed = block.timestamp - handler.began();
        assertLe(handler.reports(), elapsed / risk.minInterval() + 1, "A11: more reports than intervals");
        for (uint256 i = 0; i < 2; ++i) {
            assertLe(handler.blocked(address(tokens[i])), 6 hours, "A2: liquidation was blocked for too long");
            _checkLoosening(address(tokens[i]), elapsed);
        }
        if (handler.due()) _checkDear();
    }

    function afterInvariant() public {
        handler.finish();
        invariant_SignaturesAreNoBounds();
        _checkDear();
        string[8] memory kinds = ["wait", "lie", "squeeze", "raise", "useFallback", "probe", "honest", "refused"];
        for (uint256 i = 0; i < kinds.length; ++i) {
            assertGt(handler.counted(kinds[i]), 0, string.concat("this never happened: ", kinds[i]));
        }
        handler.leave();
    }

    function _checkDear() private view {
        // The others hold options, whose inputs move at once: A1 is what protects them.
        for (uint256 i = 0; i < 3; ++i) {
            assertGe(vault.health(victims[i]), 1e18, "A5: a full loan is liquidatable");
        }
        for (uint64 role = 0; role < 2; ++role) {
            for (uint256 i = 0; i < signers.length; ++i) {
                _checkNoRole(role, signers[i]);
            }
            _checkNoRole(role, handler.thief());
        }
    }

    function _checkNoRole(uint64 role, address who) private view {
        (bool has,) = manager.hasRole(role, who);
        assertFalse(has, "A4: a hot key has a role of governance");
    }

    function _checkLoosening(address token, uint256 elapsed) private view {
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(token);
        IRiskOracle.Factors memory factors = risk.factors(token);
        // casting to 'int256' is safe because a ramp is at most .16 a day
        // forge-lint: disable-next-line(unsafe-typecast)
        int256 most = handler.lnThresholdThen(token) + int256(uint256(bounds.rampPerDay) * elapsed / 1 days);
        assertLe(factors.liquidationThreshold, FactorMath.factorDown(most) + SLACK, "A3: LT loosened past its ramp");
        uint256 volatility = 0.6e18;
        for (uint256 i = 0; i < handler.reports(); ++i) {
            volatility = volatility * (1e18 - bounds.loosenStep) / 1e18;
        }
        volatility = FixedPointMathLib.max(volatility, bounds.volatilityFloor);
        assertLe(
            factors.borrowFactor,
            FactorMath.borrowFactorDown(most, volatility) + SLACK,
            "A3: BF loosened past ramp and steps"
        );
    }
}
