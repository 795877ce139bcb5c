// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultLimits} from "../../contracts/types/Ledger.sol";
import {BaseTest} from "./BaseTest.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title How much may be liquidated for a change of rules, and in a while
/// @dev Every call is a transaction of its own: what a transaction itself borrows does not count as debt.
/// forge-config: default.isolate = true
contract LiquidationBudgetsTest is BaseTest {
    bytes32 private bobAccount;
    bytes32 private bigAccount;

    /// @dev 1,000,000 of debt that nothing touches, and Alice and Bob at the edge of what they may borrow on 10 WETH.
    function setUp() public override {
        super.setUp();
        bobAccount = vault.accountId(bob, 1);
        bigAccount = vault.accountId(makeAddr("big"), 1);
        _add(bigAccount, wbtc, 100e8);
        _borrow(bigAccount, 1_000_000e6);
        _add(aliceAccount, weth, 10e18);
        _add(bobAccount, weth, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
        _borrow(bobAccount, _room(bobAccount));
    }

    function liquidateOutside(bytes32 account) external {
        _liquidate(account);
    }

    function borrowAndLiquidate(uint256 amount, bytes32 account) external {
        _borrow(bigAccount, amount);
        _liquidate(account);
        _repayFrom(lender, bigAccount, amount);
    }

    /// @dev Volatility rises far, and the ramp brings maintenance down until Alice and Bob are under water by the rule alone.
    function _underWaterByRule() private {
        for (uint256 i = 0; i < 12; ++i) {
            skip(MIN_INTERVAL);
            _refresh();
            risk.submit(_agreed(3, 1.2e18, SLIPPAGE));
        }
        for (uint256 i = 0; i < 96 && vault.health(aliceAccount) >= WAD; ++i) {
            _wait(1 hours);
        }
        assertLt(vault.health(aliceAccount), WAD);
    }

    // ---------------------------------------------------------------------------------------------------- rule 3

    function test_RevertWhen_TheRuleBudgetIsZero() public {
        vault.setLimits(VaultLimits({ruleBudget: 0, volumeCap: 0, tip: 0, volumeWindow: 1 hours}));
        _underWaterByRule();
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.liquidateOutside(aliceAccount);
        // A day later the old rules count no more.
        _wait(1 days);
        _liquidate(aliceAccount);
    }

    function test_RevertWhen_TheRuleBudgetIsMissedByALittle() public {
        _underWaterByRule();
        uint256 repay = vault.liquidationPlan(aliceAccount).repay;
        // Half of the budget can be drawn at once.
        uint256 share = repay * 2 * WAD / vault.totalDebt();
        uint256 snapshot = vm.snapshotState();
        vault.setLimits(VaultLimits(uint64(share * 9999 / 10_000), 0, 0, 1 hours));
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.liquidateOutside(aliceAccount);
        assertTrue(vm.revertToState(snapshot));
        vault.setLimits(VaultLimits(uint64(share * 10_001 / 10_000), 0, 0, 1 hours));
        _liquidate(aliceAccount);
        // It is spent now, and comes back evenly.
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.liquidateOutside(bobAccount);
    }

    function test_RevertWhen_ALoanOfTheSameTransactionWidensTheBudget() public {
        _underWaterByRule();
        uint256 repay = vault.liquidationPlan(aliceAccount).repay;
        uint256 share = repay * 2 * WAD / vault.totalDebt();
        vault.setLimits(VaultLimits(uint64(share * 9 / 10), 0, 0, 1 hours));
        vm.expectPartialRevert(IMarginVault.RuleBudgetExhausted.selector);
        this.borrowAndLiquidate(1_000_000e6, aliceAccount);
        _borrow(bigAccount, 1_000_000e6);
        _liquidate(aliceAccount);
    }

    /// @dev A price that falls draws on no budget: the old rules would liquidate too.
    function test_Liquidate_ByPrice_DrawsOnNoRuleBudget() public {
        vault.setLimits(VaultLimits({ruleBudget: 0, volumeCap: 0, tip: 0, volumeWindow: 1 hours}));
        _setPrice(wethFeed, 2700e8);
        _liquidate(aliceAccount);
        assertGe(vault.health(aliceAccount), TARGET_HEALTH);
    }

    // ----------------------------------------------------------------------------------------------- volume cap

    function test_RevertWhen_TheVolumeCapIsReached() public {
        _setPrice(wethFeed, 2750e8);
        uint256 repay = vault.liquidationPlan(aliceAccount).repay;
        uint256 share = repay * 3 * WAD / vault.totalDebt();
        vault.setLimits(VaultLimits(0.02e18, uint64(share), 0, 1 hours));
        _liquidate(aliceAccount);
        vm.expectPartialRevert(IMarginVault.VolumeCapReached.selector);
        this.liquidateOutside(bobAccount);
        // A third of it comes back in a third of the window.
        _wait(50 minutes);
        _liquidate(bobAccount);
    }

    /// @dev Whoever has little left to lose cannot wait: V/D < 1 + b + 2 %, at both sides.
    function test_Liquidate_TooDeepToWait_IgnoresTheVolumeCap() public {
        vault.setLimits(VaultLimits({ruleBudget: 0.02e18, volumeCap: 1, tip: 0, volumeWindow: 1 hours}));
        uint256 debt = vault.position(aliceAccount).debt;
        // At this depth the whole bonus of 5 % applies.
        uint256 edge = debt * 1e12 * 1.07e18 / 10e18;
        _setPrice(wethFeed, int256(edge / 1e10 + 1));
        vm.expectPartialRevert(IMarginVault.VolumeCapReached.selector);
        this.liquidateOutside(aliceAccount);
        _setPrice(wethFeed, int256(edge / 1e10 - 1));
        _liquidate(aliceAccount);
    }

    /// @dev A tip is what the bonus always leaves of the cover.
    function test_Liquidate_Tip_StaysOutOfTheBonus() public {
        uint256 debt = vault.position(aliceAccount).debt;
        _setPrice(wethFeed, int256(debt * 1.03e18 / 10e18 / 1e4 * 1e6));
        uint256 snapshot = vm.snapshotState();
        (uint256 repaid, uint256[] memory seized) = _liquidate(aliceAccount);
        assertApproxEqRel(_value(seized[0]), repaid * 1.03e12, 1e13, "the whole cover is the bonus");
        assertTrue(vm.revertToState(snapshot));
        vault.setLimits(VaultLimits({ruleBudget: 0.02e18, volumeCap: 0, tip: 0.02e18, volumeWindow: 1 hours}));
        (repaid, seized) = _liquidate(aliceAccount);
        assertApproxEqRel(_value(seized[0]), repaid * 1.01e12, 1e13);
    }

    function _value(uint256 amount) private view returns (uint256) {
        return amount * hub.price(address(weth)) / WAD;
    }
}
