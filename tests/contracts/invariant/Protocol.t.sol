// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {StdInvariant} from "forge-std/StdInvariant.sol";
import {Test} from "forge-std/Test.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {ProtocolHandler} from "./ProtocolHandler.sol";

/// @title What holds whatever anyone does, in sentences
/// @dev Each invariant is a campaign of its own, so sentences that are read together are asserted together.
contract ProtocolInvariants is StdInvariant, Test {
    ProtocolHandler private handler;
    MarginVault private vault;
    RiskOracle private risk;
    MockToken private stable;
    MockToken[2] private tokens;

    function setUp() public {
        handler = new ProtocolHandler();
        handler.setUp();
        (vault, risk,) = handler.protocol();
        (stable, tokens) = handler.money();

        bytes4[] memory selectors = new bytes4[](17);
        selectors[0] = handler.addCollateral.selector;
        selectors[1] = handler.repay.selector;
        selectors[2] = handler.borrow.selector;
        selectors[3] = handler.borrowAll.selector;
        selectors[4] = handler.withdrawCollateral.selector;
        selectors[5] = handler.liquidate.selector;
        selectors[6] = handler.lend.selector;
        selectors[7] = handler.unlend.selector;
        selectors[8] = handler.donate.selector;
        selectors[9] = handler.movePrice.selector;
        selectors[10] = handler.wait.selector;
        selectors[11] = handler.outage.selector;
        selectors[12] = handler.report.selector;
        selectors[13] = handler.tighten.selector;
        selectors[14] = handler.setModel.selector;
        // Twice, so that runs meet full loans and falling prices more often than they would.
        selectors[15] = handler.borrowAll.selector;
        selectors[16] = handler.movePrice.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// @notice Sum of assets plus deficit equals sum of claims; every token is accounted for.
    function invariant_WhatTheVaultHoldsIsWhatItOwes() public view {
        assertEq(stable.balanceOf(address(vault)), vault.cash() + handler.donated(), "cash is counted to the unit");
        assertEq(vault.totalAssets(), vault.cash() + vault.totalDebt(), "lenders own cash and claims");
        assertLe(vault.convertToAssets(vault.totalSupply()), vault.totalAssets(), "shares claim no more than there is");
        assertGe(
            vault.totalAssets() + vault.totalDeficit() + handler.lentOut() + 1,
            handler.lentIn(),
            "what was lent is there, taken out, or written off"
        );
        _checkAccounts();
    }

    function _checkAccounts() private view {
        bytes32[] memory accounts = handler.accountIds();
        assertEq(vault.accountCount(), accounts.length, "every account is in the list once");
        uint256 debts = 0;
        uint256[2] memory held;
        for (uint256 i = 0; i < accounts.length; ++i) {
            IMarginVault.Position memory position = vault.position(accounts[i]);
            debts += position.debt;
            held[0] += position.collateral[0];
            held[1] += position.collateral[1];
            if (position.collateral[0] == 0 && position.collateral[1] == 0) {
                assertEq(position.debt, 0, "no debt without collateral");
            }
        }
        assertGe(debts, vault.totalDebt(), "accounts owe what lenders claim");
        assertLe(debts, vault.totalDebt() + accounts.length, "and a unit of rounding each at most");
        assertEq(tokens[0].balanceOf(address(vault)), held[0], "collateral is there");
        assertEq(tokens[1].balanceOf(address(vault)), held[1], "collateral is there");
    }

    /// @notice Stored parameters are inside their bounds; initial is stricter than maintenance by a day's room at least.
    function invariant_ParametersStayInsideTheirBounds() public view {
        for (uint256 i = 0; i < 2; ++i) {
            address token = address(tokens[i]);
            IRiskOracle.AssetState memory state = risk.stateOf(token);
            IRiskOracle.AssetBounds memory bounds = risk.boundsOf(token);
            assertGe(state.volatility, bounds.volatilityFloor);
            assertLe(state.initialVolatility, bounds.volatilityCap);
            assertLe(state.initialSlippage, bounds.slippageCap);
            assertGe(state.initialVolatility, state.volatility, "initial never aims looser than maintenance");
            assertGe(state.initialSlippage, state.slippage, "initial never aims looser than maintenance");
            assertLe(state.updatedAt, block.timestamp);

            IRiskOracle.Factors memory factors = risk.factors(token);
            assertLt(factors.liquidationThreshold, 1e18);
            assertGe(
                factors.liquidationThreshold * 1e18 + 4e18,
                factors.borrowFactor * risk.minimumHeadroom(token),
                "BF is a bad day under LT"
            );
            assertGe(
                risk.minimumHeadroom(token), vault.targetHealth(), "a liquidation asks no more than initial margin"
            );
        }
    }

    /// @dev A fixed walk through everything, so that a handler which never acts is noticed.
    function test_Handler_ReachesEveryAction() public {
        handler.borrowAll(0);
        handler.borrowAll(1);
        handler.repay(1, 5e6);
        handler.tighten(1.1e18, 2e18);
        handler.report(0.65e18, 0.03e18, 5e18, true);
        handler.setModel(0, 3e18, 0.2e18);
        handler.addCollateral(2, 1, 1e8);
        handler.withdrawCollateral(2, 1, 1);
        handler.lend(5e6);
        handler.unlend(5e6);
        handler.donate(5e6);
        handler.wait(1 hours);
        handler.outage(0);
        handler.borrowAll(3);
        handler.outage(0);
        handler.movePrice(0, 0.85e18);
        handler.liquidate(0);
        handler.movePrice(1, 0.75e18);
        handler.movePrice(1, 0.75e18);
        handler.liquidate(1);
        handler.borrow(1, 1);
        string[12] memory acted = [
            "borrow",
            "repay",
            "tighten",
            "report",
            "setModel",
            "addCollateral",
            "withdrawCollateral",
            "lend",
            "unlend",
            "movePrice",
            "liquidate",
            "refused"
        ];
        for (uint256 i = 0; i < acted.length; ++i) {
            assertGt(handler.counted(acted[i]), 0, acted[i]);
        }
        assertEq(handler.counted("liquidate"), 2);
        assertEq(handler.counted("deficit"), 1);
        invariant_WhatTheVaultHoldsIsWhatItOwes();
        invariant_ParametersStayInsideTheirBounds();
    }
}
