// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {CollateralVault} from "../../../contracts/CollateralVault.sol";
import {MarginHub} from "../../../contracts/MarginHub.sol";
import {IMarginHub} from "../../../contracts/interfaces/IMarginHub.sol";
import {OrderKind} from "../../../contracts/types/Lien.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {CrossChainHandler} from "./CrossChainHandler.sol";

/// @title What holds across the two chains, whatever is done in whatever order
contract CrossChainInvariants is Test {
    CrossChainHandler private handler;
    CollateralVault private vault;
    MarginHub private hub;
    MockToken private weth;
    MockToken private wbtc;
    address private alice;
    address private bob;

    function setUp() public {
        handler = new CrossChainHandler();
        address vaultAddress;
        address hubAddress;
        (vaultAddress, hubAddress, weth, wbtc, alice, bob) = handler.parts();
        (vault, hub) = (CollateralVault(vaultAddress), MarginHub(hubAddress));

        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = handler.release.selector;
        selectors[1] = handler.seize.selector;
        selectors[2] = handler.swap.selector;
        selectors[3] = handler.issueAndExecute.selector;
        selectors[4] = handler.refresh.selector;
        selectors[5] = handler.add.selector;
        selectors[6] = handler.veto.selector;
        selectors[7] = handler.silence.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    /// @dev One campaign for all five: making tries is dear.
    /// forge-config: default.invariant.runs = 24
    /// forge-config: default.invariant.depth = 48
    /// forge-config: ci.invariant.runs = 120
    /// forge-config: ci.invariant.depth = 60
    function invariant_BothChainsAgree() public view {
        _checkWhatCountsHereIsLockedThere();
        _checkTotalsAreSums();
        _checkTokensAreConserved();
        _checkOneSequenceOnBothSides();
        _checkSilenceMovesNoMaintenance();
    }

    /// @dev Units that count here and units of orders that may still be carried out there never exceed what is locked there.
    function _checkWhatCountsHereIsLockedThere() private view {
        for (uint256 number = 1; number <= handler.LIENS(); ++number) {
            bytes32 key = handler.keyOf(number);
            IMarginHub.RemoteLien memory lien = hub.lienOf(key);
            uint256 open = 0;
            for (uint64 c = vault.lienOf(number).counter + 1; c <= lien.lastCounter; ++c) {
                IMarginHub.PendingOrder memory pending = hub.pendingOf(key, c);
                if (!pending.ended) open += pending.units;
            }
            assertLe(uint256(lien.counted) + lien.disputed + open, vault.lienOf(number).amount);
        }
    }

    /// @dev A token's total is the sum of what is counted of it and what swaps are to bring.
    function _checkTotalsAreSums() private view {
        IMarginHub.RemoteLien memory first = hub.lienOf(handler.keyOf(1));
        IMarginHub.RemoteLien memory third = hub.lienOf(handler.keyOf(3));
        uint256 counted = uint256(first.counted) + hub.lienOf(handler.keyOf(2)).counted;
        uint256 promised = first.swapCounter == 0 ? 0 : hub.pendingOf(handler.keyOf(1), first.swapCounter).minOut;
        assertEq(hub.remoteOf(first.remoteKey).total, counted);
        assertEq(hub.remoteOf(third.remoteKey).total, third.counted + promised);
        assertEq(third.incoming, first.swapCounter == 0 ? 0 : 1);
    }

    /// @dev The vault holds exactly what the liens say, and nothing is lost or made on the way out.
    function _checkTokensAreConserved() private view {
        uint256 locked = uint256(vault.lienOf(1).amount) + vault.lienOf(2).amount;
        assertEq(weth.balanceOf(address(vault)), locked);
        assertEq(vault.tokenOf(address(weth)).total, locked);
        assertEq(wbtc.balanceOf(address(vault)), vault.lienOf(3).amount);
        assertEq(vault.tokenOf(address(wbtc)).total, vault.lienOf(3).amount);
        uint256 outside = weth.balanceOf(alice) + weth.balanceOf(bob) + weth.balanceOf(address(handler));
        assertEq(locked + outside, handler.minted());
        // Nobody is paid more than was ordered for him.
        assertLe(weth.balanceOf(bob), handler.seizedOrdered());
        assertLe(weth.balanceOf(alice), handler.releasedOrdered());
    }

    /// @dev Only orders that the hub issued end a counter, one after another, and the hub never runs behind its own knowledge.
    function _checkOneSequenceOnBothSides() private view {
        for (uint256 number = 1; number <= handler.LIENS(); ++number) {
            bytes32 key = handler.keyOf(number);
            IMarginHub.RemoteLien memory lien = hub.lienOf(key);
            uint64 counter = vault.lienOf(number).counter;
            assertLe(lien.endedCounter, counter);
            assertLe(counter, lien.lastCounter);
            for (uint64 c = 1; c <= counter; ++c) {
                assertEq(vault.executedHash(number, c), hub.orderHashOf(key, c));
            }
        }
        assertFalse(handler.counterFell());
    }

    /// @dev Silence lowers initial at most, and never maintenance.
    function _checkSilenceMovesNoMaintenance() private view {
        assertEq(handler.silenceBroken(), 0);
    }
}
