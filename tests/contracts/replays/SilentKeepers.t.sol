// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {VaultOptions} from "../VaultOptions.sol";

/// @title Replay: keepers, oracle nodes and relay dead for two days
contract SilentKeepersReplay is VaultOptions {
    function setUp() public override {
        super.setUp();
        risk.setFallback(
            address(wbtc), IRiskOracle.Fallback({volatility: 0.9e18, slippage: 0.05e18, impliedVolatility: 0})
        );
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
        _add(writer, wbtc, 1e8);
        _add(holder, wbtc, 10e8);
        _trade(writer, holder, true, 3000e18, FAR, 40e18, 0);
    }

    function borrowOutside(uint256 amount) external {
        _borrow(aliceAccount, amount);
    }

    /// @dev The silence by itself liquidates nobody: maintenance, of loans and of options, does not move with it.
    function test_F16_Replay_TwoDaysOfSilence_NobodyIsLiquidated() public {
        uint256 threshold = risk.factors(address(weth)).liquidationThreshold;
        for (uint256 hour = 0; hour < 48; ++hour) {
            _wait(1 hours);
            assertEq(risk.factors(address(weth)).liquidationThreshold, threshold);
            assertEq(risk.factors(address(weth)).maintenanceVolatility, VOLATILITY);
            assertGe(vault.health(aliceAccount), WAD);
            assertGe(vault.health(writer), WAD);
            assertEq(vault.liquidationPlan(aliceAccount).repay, 0);
            assertFalse(vault.liquidationPlan(writer).wholePortfolio);
        }
        // A price that falls still liquidates: that needs nobody's report.
        _setPrice(wethFeed, 2600e8);
        _liquidate(aliceAccount);
        assertGe(vault.health(aliceAccount), TARGET_HEALTH);
    }

    /// @dev New risk: at last inputs, then at the stricter of last and fallback, then none; and the first report heals it.
    function test_F16_Replay_TwoDaysOfSilence_NewRiskAgainstTheFallback_ThenNone_ThenHealed() public {
        _add(aliceAccount, weth, 1e18);
        uint256 live = vault.valuation(aliceAccount).borrowCapacity;
        uint256 required = vault.valuation(writer).initialRequirement;
        _wait(HEARTBEAT);
        assertEq(vault.valuation(aliceAccount).borrowCapacity, live);
        _wait(1);
        IMarginVault.Valuation memory stale = vault.valuation(aliceAccount);
        (, uint256 factor) = risk.derive(address(weth), 1e18, 0.05e18);
        assertEq(stale.borrowCapacity, 11 * 3000 * factor);
        assertLt(stale.borrowCapacity, live);
        assertGt(vault.valuation(writer).initialRequirement, required);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        this.borrowOutside(100e6);
        _add(aliceAccount, weth, 5e18);
        _borrow(aliceAccount, 100e6);

        _wait(SILENCE_LIMIT - HEARTBEAT - 1);
        _borrow(aliceAccount, 100e6);
        _wait(1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.RiskOracleSilent.selector, SILENCE_LIMIT + 1, SILENCE_LIMIT)
        );
        this.borrowOutside(100e6);
        assertEq(_repayFrom(alice, aliceAccount, 100e6), 100e6);

        risk.submit(_agreed(3, VOLATILITY, SLIPPAGE));
        assertEq(vault.valuation(aliceAccount).borrowCapacity, live / 11 * 16 + live % 11 * 16 / 11);
        _borrow(aliceAccount, 100e6);
    }
}
