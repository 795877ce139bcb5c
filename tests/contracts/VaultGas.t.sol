// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LiquidationLimits} from "../../contracts/types/LiquidationLimits.sol";
import {VaultLeaves} from "./VaultLeaves.sol";
import {MockFeed} from "./mocks/MockFeed.sol";

/// @title What a whole transaction costs with three feeds an asset and a sequencer feed: nothing is warm, and its base cost is in it
/// forge-config: default.isolate = true
contract VaultGasTest is VaultLeaves {
    function setUp() public override {
        super.setUp();
        MockFeed sequencer = new MockFeed(0, "L2 sequencer");
        sequencer.pushAt(0, START - 1 days);
        hub.setSequencerFeed(address(sequencer));
        _add(holder, wbtc, 1000e8);
        _add(taker, wbtc, 1000e8);
        usdc.mint(liquidator, 1e15);
        vm.prank(liquidator);
        usdc.approve(address(vault), type(uint256).max);
        // Whoever liquidates often has held the tokens before.
        weth.mint(liquidator, 1);
        wbtc.mint(liquidator, 1);
    }

    function test_Gas_Liquidate() public {
        bytes32 mixed = vault.accountId(bob, 1);
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, _room(aliceAccount));
        _add(mixed, weth, 5e18);
        _add(mixed, wbtc, 0.25e8);
        _borrow(mixed, _room(mixed) - 1);
        _setPrice(wethFeed, 2700e8);
        _setPrice(wbtcFeed, 50_000e8);
        LiquidationLimits memory limits =
            LiquidationLimits({maxRepay: type(uint256).max, minSeized: new uint256[](2), deadline: START});
        vm.startPrank(liquidator);
        vault.liquidate(aliceAccount, limits, "");
        vm.snapshotGasLastCall("Liquidation", "whole transaction: 1 collateral, sequencer");
        vault.liquidate(mixed, limits, "");
        vm.snapshotGasLastCall("Liquidation", "whole transaction: 2 collaterals, sequencer");
        vm.stopPrank();
        assertGe(vault.health(mixed), TARGET_HEALTH);
        assertGe(vault.health(aliceAccount), TARGET_HEALTH);
    }

    function test_Gas_LiquidatePortfolio() public {
        _add(writer, wbtc, 0.1e8);
        _trade(writer, holder, true, 3000e18, FAR, 5e18, 0);
        _setPrice(wethFeed, 3500e8);
        _takePortfolio(writer);
        vm.snapshotGasLastCall("Liquidation", "whole transaction: portfolio of 1 leg");
        assertGe(vault.health(writer), TARGET_HEALTH);
    }

    /// @dev WETH is the collateral and the underlying, so its price is asked twice and cold once. The same withdrawal with a loan alone, with a loan and options by a leaf, and with them computed; 1 leg and 16.
    function test_Gas_Withdraw() public {
        _add(writer, weth, 100e18);
        _borrow(writer, 10_000e6);
        _withdrawBy(writer, weth, 0.01e18, "");
        _withdrawBy(writer, weth, 0.01e18, "");
        vm.snapshotGasLastCall("MarginVault", "whole transaction: withdraw, without options");
        _trade(writer, holder, true, 3000e18, FAR, 1e18, 0);
        _measure("1 leg");
        for (uint96 i = 1; i < 16; ++i) {
            _trade(writer, holder, true, (3000 + 20 * i) * 1e18, FAR, 1e18, 0);
        }
        _measure("16 legs");
        assertEq(book.legCount(writer), 16);
    }

    function _measure(string memory legs) private {
        bytes memory leaf = _attest(writer, book.initialRequirement(writer));
        _withdrawBy(writer, weth, 0.01e18, leaf);
        // The first use of a poster's bond writes a slot that is empty.
        _withdrawBy(writer, weth, 0.01e18, leaf);
        vm.snapshotGasLastCall("MarginVault", string.concat("whole transaction: withdraw by leaf, ", legs));
        _withdrawBy(writer, weth, 0.01e18, "");
        vm.snapshotGasLastCall("MarginVault", string.concat("whole transaction: withdraw computed, ", legs));
        (bool valid,,) = attestations.attested(writer, leaf);
        assertTrue(valid, "the leaf has served");
    }
}
