// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMarginHub} from "./interfaces/IMarginHub.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IOptionBook} from "./interfaces/IOptionBook.sol";

/// @title Many accounts of a vault in one answer, packed: for whoever reads all of them at a block
/// @dev SPECIFICATION
///
/// It is never deployed: `eth_call` takes its runtime code for an address where nothing stands (state override). So it has no constructor, no
/// immutable, no storage and no linked library, trusts nobody and is trusted by nobody on the chain. It calls views only, and says what they say.
///
/// `accounts` gives a head and one row for each account, numbers big-endian and without gaps:
///   head   8 bytes   accounts in the vault
///          4         rows that follow
///          4         collaterals of a row
///   row   32         account: owner, then the owner's number for it
///          4         liquidations
///          1         1 where it has ever had a lien on another chain, else 0
///         24         debt, in shares of the borrow index
///         16         credit, in stable units
///         16         debt that came from settled options, in stable units
///         16 each    collateral, in token units, in the vault's order
///          4         option legs
///         16         winnings not yet credited, in stable units
///         16 each    capacity on other chains for initial margin and for maintenance, and its value: scaled by 1e18; zeros without a lien
///
/// Limits. A number of more bits than it has room for is refused with its account, never cut off: such an account is read by itself. A
/// view that reverts ends the whole range with its own error. About 35,000 gas for an account: ranges of some hundred stay far under the gas
/// that nodes give a call, which they must, for a call that ends there is told by different nodes in different words.
contract AccountLens {
    uint256 private constant HEAD_BYTES = 16;
    uint256 private constant ROW_BYTES = 161;
    uint256 private constant SHARE_BYTES = 24;
    uint256 private constant AMOUNT_BYTES = 16;
    uint256 private constant COUNT_BYTES = 4;

    error NumberTooWide(bytes32 account, uint256 value);

    /// @notice `count` accounts from `start` in the order they were opened; fewer at the end.
    /// @param book the option book of the vault
    /// @param hub the margin hub of the vault
    function accounts(IMarginVault vault, IOptionBook book, IMarginHub hub, uint256 start, uint256 count)
        external
        view
        returns (bytes memory packed)
    {
        bytes32[] memory ids = vault.accounts(start, count);
        uint256 collaterals = vault.collaterals().length;
        uint256 size = HEAD_BYTES + ids.length * (ROW_BYTES + AMOUNT_BYTES * collaterals);
        // Each number is written as a whole word, whose zeros the next one overwrites: the last one needs room for them.
        packed = new bytes(size + 32);
        uint256 at = _put(packed, 0, 8, vault.accountCount(), 0);
        at = _put(packed, at, COUNT_BYTES, ids.length, 0);
        at = _put(packed, at, COUNT_BYTES, collaterals, 0);
        for (uint256 i = 0; i < ids.length; ++i) {
            IMarginVault.Position memory held = vault.position(ids[i]);
            IMarginHub.Capacity memory capacity;
            if (held.hasLiens) capacity = hub.capacityOf(ids[i]);
            at = _putPosition(packed, at, ids[i], held);
            at = _put(packed, at, COUNT_BYTES, book.legCount(ids[i]), ids[i]);
            at = _put(packed, at, AMOUNT_BYTES, book.pendingClaims(ids[i]), ids[i]);
            at = _putCapacity(packed, at, ids[i], capacity);
        }
        assembly ("memory-safe") {
            mstore(packed, size)
        }
    }

    function _putPosition(bytes memory packed, uint256 at, bytes32 account, IMarginVault.Position memory held)
        private
        pure
        returns (uint256)
    {
        at = _put(packed, at, 32, uint256(account), account);
        at = _put(packed, at, COUNT_BYTES, held.liquidations, account);
        at = _put(packed, at, 1, held.hasLiens ? 1 : 0, account);
        at = _put(packed, at, SHARE_BYTES, held.debtShares, account);
        at = _put(packed, at, AMOUNT_BYTES, held.credit, account);
        at = _put(packed, at, AMOUNT_BYTES, held.optionDebt, account);
        for (uint256 i = 0; i < held.collateral.length; ++i) {
            at = _put(packed, at, AMOUNT_BYTES, held.collateral[i], account);
        }
        return at;
    }

    function _putCapacity(bytes memory packed, uint256 at, bytes32 account, IMarginHub.Capacity memory capacity)
        private
        pure
        returns (uint256)
    {
        at = _put(packed, at, AMOUNT_BYTES, capacity.initial, account);
        at = _put(packed, at, AMOUNT_BYTES, capacity.maintenance, account);
        return _put(packed, at, AMOUNT_BYTES, capacity.value, account);
    }

    /// @dev Writes the last `width` bytes of a value; returns where the next one goes.
    function _put(bytes memory packed, uint256 at, uint256 width, uint256 value, bytes32 account)
        private
        pure
        returns (uint256)
    {
        uint256 bits = 8 * width;
        if (bits < 256 && value >> bits != 0) revert NumberTooWide(account, value);
        assembly ("memory-safe") {
            mstore(add(add(packed, 0x20), at), shl(sub(256, bits), value))
        }
        return at + width;
    }
}
