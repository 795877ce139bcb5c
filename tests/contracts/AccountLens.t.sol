// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccountLens} from "../../contracts/AccountLens.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOptionBook} from "../../contracts/interfaces/IOptionBook.sol";
import {VaultLiens} from "./VaultLiens.sol";

/// @title What the lens packs is what the views say
contract AccountLensTest is VaultLiens {
    uint256 private constant HEAD = 16;
    uint256 private constant ROW = 161 + 2 * 16;

    AccountLens private _lens;
    uint256 private _at;

    /// @dev Four accounts: of a borrower, of a writer of options with a lien, of the holder, and an empty one.
    function setUp() public override {
        super.setUp();
        _lens = new AccountLens();
        _add(writer, wbtc, 3e8);
        _add(writer, weth, 7e18);
        _add(holder, weth, 5e18);
        _borrow(holder, 1000e6);
        _trade(writer, holder, true, 3000e18, NEAR, 2e18, 100e6);
        _lien(writer, 4e18);
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 9000e6);
        _wait(3 days);
    }

    function _read(uint256 start, uint256 count) private view returns (bytes memory) {
        return _lens.accounts(vault, book, marginHub, start, count);
    }

    function test_Accounts_PacksWhatTheViewsSay() public {
        vm.mockCall(address(book), abi.encodeCall(IOptionBook.pendingClaims, (holder)), abi.encode(45_679011));
        uint256 count = vault.accountCount();
        assertEq(count, 4);
        bytes memory packed = _read(0, count);
        assertEq(packed.length, HEAD + count * ROW);
        assertEq(_next(packed, 8), count);
        assertEq(_next(packed, 4), count);
        assertEq(_next(packed, 4), 2);
        bytes32[] memory ids = vault.accounts(0, count);
        for (uint256 i = 0; i < count; ++i) {
            _assertRow(packed, ids[i]);
        }
        assertEq(_at, packed.length);
        assertGt(vault.position(aliceAccount).debtShares, 0);
        assertEq(book.legCount(writer), 1);
        assertGt(marginHub.capacityOf(writer).value, 0);
    }

    function test_Accounts_GivesTheRangeAndNoMore() public view {
        bytes memory all = _read(0, 4);
        bytes memory middle = _read(1, 2);
        assertEq(middle.length, HEAD + 2 * ROW);
        for (uint256 i = 0; i < 2 * ROW; ++i) {
            assertEq(middle[HEAD + i], all[HEAD + ROW + i]);
        }
        assertEq(_read(3, 10).length, HEAD + ROW);
        assertEq(_read(4, 10), abi.encodePacked(uint64(4), uint32(0), uint32(2)));
        assertEq(_read(0, 0), abi.encodePacked(uint64(4), uint32(0), uint32(2)));
    }

    function test_RevertWhen_NumberIsTooWide() public {
        IMarginHub.Capacity memory capacity;
        capacity.value = type(uint128).max;
        bytes memory call = abi.encodeCall(IMarginHub.capacityOf, (writer));
        vm.mockCall(address(marginHub), call, abi.encode(capacity));
        _read(0, 4);

        capacity.value += 1;
        vm.mockCall(address(marginHub), call, abi.encode(capacity));
        vm.expectRevert(abi.encodeWithSelector(AccountLens.NumberTooWide.selector, writer, 1 << 128));
        _read(0, 4);
    }

    function test_RevertWhen_AViewReverts() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, writer);
        vm.mockCallRevert(address(marginHub), abi.encodeCall(IMarginHub.capacityOf, (writer)), refusal);
        vm.expectRevert(refusal);
        _read(0, 4);
    }

    /// @dev So that it can be put at any address by a state override.
    function test_Code_StandsAnywhere() public {
        address elsewhere = makeAddr("elsewhere");
        vm.etch(elsewhere, type(AccountLens).runtimeCode);
        assertEq(AccountLens(elsewhere).accounts(vault, book, marginHub, 0, 4), _read(0, 4));
    }

    function _assertRow(bytes memory packed, bytes32 account) private {
        IMarginVault.Position memory held = vault.position(account);
        assertEq(bytes32(_next(packed, 32)), account);
        assertEq(_next(packed, 4), held.liquidations);
        assertEq(_next(packed, 1), held.hasLiens ? 1 : 0);
        assertEq(_next(packed, 24), held.debtShares);
        assertEq(_next(packed, 16), held.credit);
        assertEq(_next(packed, 16), held.optionDebt);
        assertEq(_next(packed, 16), held.collateral[0]);
        assertEq(_next(packed, 16), held.collateral[1]);
        assertEq(_next(packed, 4), book.legCount(account));
        assertEq(_next(packed, 16), book.pendingClaims(account));
        IMarginHub.Capacity memory capacity = marginHub.capacityOf(account);
        assertEq(_next(packed, 16), capacity.initial);
        assertEq(_next(packed, 16), capacity.maintenance);
        assertEq(_next(packed, 16), capacity.value);
    }

    /// @dev The number in the next `width` bytes.
    function _next(bytes memory packed, uint256 width) private returns (uint256 number) {
        for (uint256 i = 0; i < width; ++i) {
            number = number << 8 | uint8(packed[_at++]);
        }
    }
}
