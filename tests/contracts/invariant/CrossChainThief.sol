// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginHub} from "../../../contracts/interfaces/IMarginHub.sol";
import {LienCode} from "../../../contracts/libraries/LienCode.sol";
import {Order, OrderKind} from "../../../contracts/types/Lien.sol";
import {CrossChainWorld} from "./CrossChainWorld.sol";

/// @title Somebody with every signer's key for a day, on both chains; somebody watches, and vetoes what he queues
/// @dev His forged liens have the counters of the true ones.
abstract contract CrossChainThief is CrossChainWorld {
    uint256 private constant REST = 4 days;

    uint256 public stolenUntil;

    /// @dev An order that the hub never issued, for the thief himself.
    function forgeOrder(uint256 which, uint256 units) external {
        uint256 number = which % LIENS + 1;
        _onB();
        _steal();
        if (collateralVault.queuedOf(number).orderHash != 0) return;
        if (vm.getBlockTimestamp() < collateralVault.provableFrom(number)) return;
        uint128 amount = collateralVault.lienOf(number).amount;
        if (amount == 0) return;

        // Small ones pass at once, large ones are queued.
        Order memory forged = _forged(number, uint128(bound(units, 1, units % 2 == 0 ? amount / 100 + 1 : amount)));
        bytes32 orderHash = LienCode.orderHash(forged);
        // Nobody can veto one and the same order a third time.
        if (_vetoedByOwner[orderHash]) return;
        touched[number] = true;
        forgedAt[number][forged.counter] = orderHash;
        if (_carry(forged, false, orderHash)) {
            ++counted["forged order paid"];
        } else {
            forgedAt[number][forged.counter] = 0;
            _watch(number, orderHash);
            ++counted["forged order vetoed"];
        }
    }

    /// @dev A state of a lien that its chain never had.
    function forgeLien(uint256 which, uint256 units) external {
        uint256 number = which % LIENS + 1;
        _onB();
        _steal();
        touched[number] = true;
        address token = address(_tokenOf(number));
        uint256 amount = bound(units, 0, uint256(collateralVault.lienOf(number).amount) * 5 + 10);
        bytes32 state = bytes32(uint256(collateralVault.lienOf(number).counter) << 128 | amount);
        IMarginHub.LienProof memory proof = _proofOf(number, state);
        skip(LAG);
        _onB();
        uint256 before = _countedIn(token);
        _observe(number, proof, false);
        uint256 later = _countedIn(token);
        if (later > before) admittedByForgery[token] += later - before;
        ++counted["forged lien"];
    }

    /// @dev A day, and not again for some days: the keys are changed.
    function _steal() private {
        if (vm.getBlockTimestamp() < stolenUntil) return;
        if (vm.getBlockTimestamp() < stolenUntil + REST) _pass(stolenUntil + REST - vm.getBlockTimestamp());
        stolenUntil = vm.getBlockTimestamp() + 24 hours;
    }

    function _forged(uint256 number, uint128 units) private view returns (Order memory) {
        return Order({
            lien: _lienId(number),
            hubChainId: CHAIN_B,
            hub: address(hub),
            counter: collateralVault.lienOf(number).counter + 1,
            kind: OrderKind.Seize,
            units: units,
            to: thief,
            lienOut: 0,
            minOut: 0,
            deadline: type(uint64).max
        });
    }

    function _watch(uint256 number, bytes32 orderHash) private {
        if (_vetoedByGuardian[orderHash]) {
            _vetoedByOwner[orderHash] = true;
            vm.prank(alice);
            collateralVault.veto(number);
        } else {
            _vetoedByGuardian[orderHash] = true;
            vm.prank(guardian);
            collateralVault.vetoByGuardian(number);
        }
    }
}
