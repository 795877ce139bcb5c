// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {BaseTest} from "../BaseTest.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Replay: borrowers at their limit through the largest change of rules that is allowed, at constant prices
/// @dev Reports double volatility whenever they may, and the risk admin raises bonus, jump and ramp as far as bounds go. Ten borrowers, each with all
/// that he may borrow.
contract FullBorrowerReplay is BaseTest {
    bytes32[] private _loans;

    function setUp() public override {
        super.setUp();
        for (uint96 i = 0; i < 10; ++i) {
            bytes32 account = vault.accountId(alice, i + 10);
            _loans.push(account);
            _add(account, weth, 1e18);
            _borrow(account, _room(account));
        }
    }

    function liquidateOutside(bytes32 account) external {
        _liquidate(account);
    }

    /// @dev The next report and the next change of bounds, where the time has come for them.
    function _tighten(uint256 hour) private {
        uint64[5] memory volatilities = [uint64(0.6e18), 1.2e18, 2.4e18, 4e18, 4e18];
        if (hour % 6 == 0 && hour != 0) {
            uint256 place = hour / 6 > 4 ? 4 : hour / 6;
            risk.submit(_agreed(3, volatilities[place], place == 0 ? SLIPPAGE : uint64(0.02e18 + 0.07e18 * place)));
        }
        if (hour % 8 != 0 || hour / 8 > 2) return;
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(weth));
        bounds.jump = 0.5e18;
        bounds.bonus = uint64(0.06e18 + 0.01e18 * (hour / 8));
        bounds.tailMultiplier = 3e18;
        try risk.setBounds(address(weth), bounds) {}
        catch (bytes memory reason) {
            // What would go past the ramp's bound is refused, and that alone.
            assertEq(bytes4(reason), IRiskOracle.BoundsInvalid.selector);
        }
    }

    function test_Replay_LargestChange_NobodyLiquidatableWithinADay() public {
        for (uint256 hour = 0; hour <= 24; ++hour) {
            _tighten(hour);
            for (uint256 i = 0; i < _loans.length; ++i) {
                assertGe(vault.health(_loans[i]), WAD, "by the rule alone, within a day");
            }
            vm.expectPartialRevert(IMarginVault.AccountHealthy.selector);
            this.liquidateOutside(_loans[0]);
            if (hour != 24) _wait(1 hours);
        }
        assertLt(risk.factors(address(weth)).borrowFactor, 0.2e18, "the change was large");
    }

    /// @dev After that: what is liquidated of those who were sound a day before is, in any 24 hours, at most 2 % of debt.
    function test_Replay_LargestChange_LaterAtMostTheBudget() public {
        uint256 hours_ = 24 * 6;
        uint256[] memory drawn = new uint256[](hours_);
        uint256 debt = vault.totalDebt();
        uint256 refused = 0;
        for (uint256 hour = 0; hour < hours_; ++hour) {
            _tighten(hour);
            for (uint256 i = 0; i < _loans.length; ++i) {
                if (vault.liquidationPlan(_loans[i]).repay == 0) continue;
                vm.recordLogs();
                try this.liquidateOutside(_loans[i]) {
                    drawn[hour] += _drawn(vm.getRecordedLogs());
                } catch (bytes memory reason) {
                    assertEq(bytes4(reason), IMarginVault.RuleBudgetExhausted.selector);
                    ++refused;
                }
            }
            _wait(1 hours);
        }
        uint256 most = 0;
        for (uint256 start = 0; start + 24 <= hours_; ++start) {
            uint256 sum = 0;
            for (uint256 i = 0; i < 24; ++i) {
                sum += drawn[start + i];
            }
            if (sum > most) most = sum;
        }
        assertGt(refused, 0, "nobody ran into the budget: the replay shows nothing");
        assertLe(most, debt * 2 / 100);
    }

    function _drawn(Vm.Log[] memory logs) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMarginVault.RuleBudgetDrawn.selector) continue;
            (uint256 amount,) = abi.decode(logs[i].data, (uint256, uint256));
            sum += amount;
        }
    }
}
