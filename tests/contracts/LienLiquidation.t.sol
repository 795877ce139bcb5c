// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {BaseTest} from "./BaseTest.sol";

/// @title Liquidation of an account that is secured on both chains
contract LienLiquidationTest is BaseTest {
    function setUp() public override {
        super.setUp();
        _add(aliceAccount, weth, 2e18);
        vm.prank(address(marginHub));
        vault.noteLien(aliceAccount);
        _setRemote(100_000e18);
        _borrow(aliceAccount, 90_000e6);
    }

    /// @dev What the liens count for, by the hub's own word.
    function _setRemote(uint256 worth) private {
        vm.mockCall(
            address(marginHub),
            abi.encodeCall(IMarginHub.capacityOf, (aliceAccount)),
            abi.encode(IMarginHub.Capacity({initial: worth, maintenance: worth, value: worth}))
        );
    }

    /// @dev Far under water, collateral sold at its price takes more from health than the debt it repays. It must go all the same, because
    /// the lien is seized only after it.
    function test_UnderWaterTheCollateralHereGoesAndTheLienStaysBehindTheDebt() public {
        _setRemote(40_000e18);
        uint256 health = vault.health(aliceAccount);
        assertLt(health, 0.6e18);
        (uint256 repaid, uint256[] memory seized) = _liquidate(aliceAccount);
        assertEq(seized[0], 2e18);
        assertEq(repaid, 6000e6);
        IMarginVault.Position memory position = vault.position(aliceAccount);
        assertEq(position.collateral[0], 0);
        assertEq(position.debt, 84_000e6);
        assertEq(vault.totalDeficit(), 0);
        assertLt(vault.health(aliceAccount), health);
    }

    /// @dev With nothing on the other chain either, what is left is realised at once.
    function test_WithNoLienLeftTheRestIsRealised() public {
        _setRemote(0);
        _liquidate(aliceAccount);
        assertEq(vault.position(aliceAccount).debt, 0);
        assertEq(vault.totalDeficit(), 84_000e6);
    }
}
