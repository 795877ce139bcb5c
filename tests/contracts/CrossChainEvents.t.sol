// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IHeaderSource} from "../../contracts/interfaces/IHeaderSource.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {LienCode} from "../../contracts/libraries/LienCode.sol";
import {Order} from "../../contracts/types/Lien.sol";
import {CrossChainBase} from "./CrossChainBase.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @dev What a relay and the pages follow: every change of a lien, on either chain, is told with its numbers.
contract CrossChainEventsTest is CrossChainBase {
    function test_Settings_AreTold() public {
        vm.expectEmit(address(hub));
        emit IMarginHub.HeaderSourceSet(CHAIN_A, IHeaderSource(address(headers)), 2);
        hub.setHeaderSource(CHAIN_A, headers);
        vm.expectEmit(address(hub));
        emit IMarginHub.SourceChainSet(CHAIN_A, LAG + 1, DELAY + 2, 3e18);
        hub.setSourceChain(CHAIN_A, LAG + 1, DELAY + 2, 3e18);

        bytes32 key = hub.remoteKeyOf(CHAIN_A, address(collateralVault), address(weth));
        IMarginHub.RemoteToken memory remote = hub.remoteOf(key);
        (remote.cap, remote.growthPerDay, remote.maxPrice) = (5e18, 2e18, 100_000e18);
        vm.expectEmit(address(hub));
        emit IMarginHub.RemoteListed(key, remote);
        _listRemote(address(weth), localWeth, 18, 5e18, 2e18);

        MockToken other = new MockToken("Other", "OTH", 6);
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.TokenSet(address(other), 6, 7e6, 8e6);
        collateralVault.setToken(address(other), 6, 7e6, 8e6);
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.HubSet(5, address(this), IHeaderSource(address(headers)));
        collateralVault.setHub(5, address(this), headers);
    }

    function test_LockAndAdd_AreTold() public {
        vm.chainId(CHAIN_A);
        weth.mint(alice, LOCKED);
        vm.startPrank(alice);
        weth.approve(address(collateralVault), LOCKED);
        vm.recordLogs();
        uint256 number = collateralVault.lock(address(weth), LOCKED, CHAIN_B, address(hub), account);
        vm.stopPrank();
        _assertTold(
            ICollateralVault.LienLocked.selector, bytes32(number), abi.encode(collateralVault.termsOf(number), LOCKED)
        );

        weth.mint(bob, 3);
        vm.startPrank(bob);
        weth.approve(address(collateralVault), 3);
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.LienAdded(number, 3, bob);
        collateralVault.add(number, 3);
        vm.stopPrank();
    }

    function test_CountAndDetach_AreTold() public {
        uint256 number = _lockFor(weth, LOCKED);
        vm.recordLogs();
        bytes32 key = _count(number);
        _assertTold(IMarginHub.LienAttached.selector, key, abi.encode(_lienId(number), collateralVault.termsOf(number)));

        uint64 counter = _release(key, LOCKED);
        _carryOut(key, counter);
        vm.recordLogs();
        _refresh(number);
        _assertTold(IMarginHub.OrderEnded.selector, key, abi.encode(false));
        vm.expectEmit(address(hub));
        emit IMarginHub.LienDetached(key, account);
        vm.prank(alice);
        hub.detachLien(key);
    }

    function test_Observation_IsTold() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        IMarginHub.LienProof memory proof = _forgedProof(number, 60e18, 0);
        uint64 made = uint64(vm.getBlockTimestamp());
        skip(LAG);
        vm.chainId(CHAIN_B);
        vm.expectEmit(address(hub));
        emit IMarginHub.LienObserved(key, account, blockNumber, made, 60e18, 60e18, 40e18);
        hub.refreshLien(key, proof);
    }

    function test_OrderFromRequestToPayment_IsTold() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        vm.chainId(CHAIN_B);
        vm.recordLogs();
        uint64 counter = _release(key, 5e18);
        uint64 issueAfter = uint64(vm.getBlockTimestamp()) + FINALITY;
        _assertTold(IMarginHub.OrderRequested.selector, key, abi.encode(hub.orderOf(key, counter), issueAfter));

        skip(FINALITY);
        bytes32 orderHash = LienCode.orderHash(hub.orderOf(key, counter));
        vm.expectEmit(address(hub));
        emit IMarginHub.OrderIssued(key, counter, orderHash);
        hub.issueOrder(key, counter);

        Order memory order = hub.orderOf(key, counter);
        chainGiven = true;
        ICollateralVault.OrderProof memory proof = _orderProof(order);
        vm.chainId(CHAIN_A);
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.OrderExecuted(number, counter, orderHash, order, 5e18, true);
        collateralVault.execute(order, proof);
    }

    function test_QueueAndVeto_AreTold() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        Order memory order = _issue(key, _release(key, 50e18));
        bytes32 orderHash = LienCode.orderHash(order);
        ICollateralVault.OrderProof memory proof = _orderProof(order);
        vm.chainId(CHAIN_A);
        uint64 readyAt = uint64(vm.getBlockTimestamp()) + 24 hours;
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.OrderQueued(number, order.counter, orderHash, order, readyAt);
        assertFalse(collateralVault.execute(order, proof));

        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.OrderVetoed(number, orderHash, guardian, readyAt);
        vm.prank(guardian);
        collateralVault.vetoByGuardian(number);
    }

    function test_Lapse_IsToldOnBothChains() public {
        (uint256 number, bytes32 key) = _lockAndCount(LOCKED);
        Order memory order = _issue(key, _release(key, 5e18));
        vm.warp(order.deadline + 1);
        chainGiven = true;
        ICollateralVault.OrderProof memory proof = _orderProof(order);
        vm.chainId(CHAIN_A);
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.OrderLapsed(number, order.counter, LienCode.orderHash(order));
        collateralVault.lapse(order, proof);

        vm.recordLogs();
        _refresh(number);
        _assertTold(IMarginHub.OrderEnded.selector, key, abi.encode(false));
    }

    /// @dev Of the logs recorded, one has this event about this subject and these values.
    function _assertTold(bytes32 selector, bytes32 subject, bytes memory data) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != selector || logs[i].topics.length < 2 || logs[i].topics[1] != subject) continue;
            assertEq(keccak256(logs[i].data), keccak256(data), "told with other values");
            return;
        }
        assertTrue(false, "not told");
    }
}
