// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginHub} from "../../../contracts/interfaces/IMarginHub.sol";
import {Order, OrderKind} from "../../../contracts/types/Lien.sol";
import {CrossChainBase} from "../CrossChainBase.sol";
import {MockToken} from "../mocks/MockToken.sol";

/// @title Everything that owners, liquidators, relays and time do to three liens on two chains
/// @dev Headers are true; whether the chain or signers vouch for them changes. An action that cannot be done now does nothing.
contract CrossChainHandler is CrossChainBase {
    uint256 public constant LIENS = 3;

    uint256 public minted;
    uint256 public seizedOrdered;
    uint256 public releasedOrdered;
    uint256 public silenceBroken;
    uint256 public executions;
    uint64[4] private _counters;
    bool public counterFell;

    constructor() {
        setUp();
        for (uint256 i = 0; i < LIENS; ++i) {
            (MockToken token, uint128 amount) = i == 2 ? (wbtc, uint128(5e8)) : (weth, LOCKED);
            uint256 number = _lockFor(token, amount);
            if (token == weth) minted += amount;
            _count(number);
        }
    }

    // ---------------------------------------------------------------------------------------------------- actions

    function release(uint256 which, uint256 units) external {
        (bytes32 key, IMarginHub.RemoteLien memory lien) = _pick(which);
        if (lien.counted == 0 || lien.lastCounter - lien.endedCounter >= 4) return;
        uint128 amount = uint128(bound(units, 1, lien.counted / 4 + 1));
        if (which % LIENS != 2) releasedOrdered += amount;
        _release(key, amount);
    }

    function seize(uint256 which, uint256 units) external {
        (bytes32 key, IMarginHub.RemoteLien memory lien) = _pick(which);
        if (lien.counted == 0 || lien.lastCounter - lien.endedCounter >= 16) return;
        uint128 amount = uint128(bound(units, 1, lien.counted / 4 + 1));
        if (which % LIENS != 2) seizedOrdered += amount;
        vm.chainId(CHAIN_B);
        book.seize(key, amount, bob);
    }

    function swap(uint256 units) external {
        (bytes32 key, IMarginHub.RemoteLien memory lien) = _pick(0);
        (bytes32 outKey, IMarginHub.RemoteLien memory out) = _pick(2);
        bool busy = lien.swapCounter != 0 || lien.incoming != 0 || out.swapCounter != 0 || out.incoming != 0;
        if (busy || lien.counted < 1e18 || lien.lastCounter - lien.endedCounter >= 4) return;
        uint128 amount = uint128(bound(units, 1e15, lien.counted / 4));
        vm.chainId(CHAIN_B);
        vm.prank(alice);
        hub.requestSwap(key, amount, outKey, amount / 20e10 + 1, uint64(vm.getBlockTimestamp()) + 1 days, "");
    }

    function issueAndExecute(uint256 which, bool given) external {
        (bytes32 key, IMarginHub.RemoteLien memory lien) = _pick(which);
        uint256 number = which % LIENS + 1;
        uint64 next = collateralVault.lienOf(number).counter + 1;
        if (next > lien.lastCounter) return;
        if (hub.orderHashOf(key, next) == 0) {
            if (vm.getBlockTimestamp() < hub.pendingOf(key, next).issueAfter) skip(FINALITY);
            vm.chainId(CHAIN_B);
            hub.issueOrder(key, next);
        }
        _runOnA(number, hub.orderOf(key, next), given);
        _note(number);
    }

    function refresh(uint256 which) external {
        (, IMarginHub.RemoteLien memory lien) = _pick(which);
        uint256 number = which % LIENS + 1;
        uint256 out = lien.swapCounter != 0 ? 3 : 0;
        _bring(number, _lienProofFrom(_vaultSlots(), number, out));
    }

    function add(uint256 which, uint256 units) external {
        uint256 number = which % LIENS + 1;
        bool bitcoin = number == 3;
        uint128 amount = uint128(bound(units, 1, bitcoin ? 1e8 : 10e18));
        if (!bitcoin) minted += amount;
        _addTo(number, bitcoin ? wbtc : weth, amount);
    }

    function veto(uint256 which) external {
        uint256 number = which % LIENS + 1;
        bytes32 queued = collateralVault.queuedOf(number).orderHash;
        if (queued == 0 || vetoed[queued]) return;
        vetoed[queued] = true;
        vm.prank(alice);
        collateralVault.veto(number);
    }

    mapping(bytes32 orderHash => bool) public vetoed;

    /// @dev Nobody relays anything for a while.
    function silence(uint256 time) external {
        IMarginHub.Capacity memory before = hub.capacityOf(account);
        skip(bound(time, 1 minutes, 2 days));
        IMarginHub.Capacity memory later = hub.capacityOf(account);
        if (later.maintenance != before.maintenance || later.initial > before.initial) ++silenceBroken;
    }

    // ---------------------------------------------------------------------------------------------------- reading

    function keyOf(uint256 number) external view returns (bytes32) {
        return _key(number);
    }

    function parts()
        external
        view
        returns (address vault, address hub_, MockToken weth_, MockToken wbtc_, address alice_, address bob_)
    {
        return (address(collateralVault), address(hub), weth, wbtc, alice, bob);
    }

    function _pick(uint256 which) private view returns (bytes32 key, IMarginHub.RemoteLien memory lien) {
        key = _key(which % LIENS + 1);
        lien = hub.lienOf(key);
    }

    /// @dev Executes, ends, or takes out of the queue, whichever is the order's turn.
    function _runOnA(uint256 number, Order memory order, bool given) private {
        vm.chainId(CHAIN_A);
        uint64 readyAt = collateralVault.queuedOf(number).readyAt;
        if (order.kind == OrderKind.Swap) {
            wbtc.mint(address(this), order.minOut);
            wbtc.approve(address(collateralVault), order.minOut);
        }
        if (readyAt != 0 && !given) {
            if (vm.getBlockTimestamp() >= readyAt) collateralVault.executeQueued(order);
            return;
        }
        if (!given && vm.getBlockTimestamp() < collateralVault.provableFrom(number)) return;
        chainGiven = given;
        if (vm.getBlockTimestamp() > order.deadline) collateralVault.lapse(order, _orderProof(order));
        else _execute(order);
        chainGiven = false;
        ++executions;
    }

    function _note(uint256 number) private {
        uint64 counter = collateralVault.lienOf(number).counter;
        if (counter < _counters[number]) counterFell = true;
        _counters[number] = counter;
    }
}
