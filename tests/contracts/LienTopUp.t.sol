// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IDefence} from "../../contracts/interfaces/IDefence.sol";
import {LienTopUpMandate} from "../../contracts/types/Lien.sol";
import {CrossChainBase} from "./CrossChainBase.sol";
import {TaxedToken} from "./mocks/HostileTokens.sol";

/// @dev Alice lets one keeper add up to 10 WETH a day to her lien, 5 at once.
contract LienTopUpTest is CrossChainBase {
    address private keeper = makeAddr("keeper");
    uint256 private lien;

    function setUp() public override {
        super.setUp();
        lien = _lockFor(weth, LOCKED);
        weth.mint(alice, 1000e18);
        vm.prank(alice);
        weth.approve(address(collateralVault), type(uint256).max);
        _set(_mandate());
    }

    function _mandate() private view returns (LienTopUpMandate memory) {
        return LienTopUpMandate({
            keeper: keeper,
            triggerHealth: 1.1e18,
            window: 1 days,
            targetHealth: 1.2e18,
            expiry: START + 30 days,
            capPerWindow: 10e18
        });
    }

    function _set(LienTopUpMandate memory mandate) private {
        vm.prank(alice);
        collateralVault.setTopUpMandate(lien, mandate);
    }

    function _topUp(uint128 amount) private {
        vm.prank(keeper);
        collateralVault.topUp(lien, amount);
    }

    function _refuse(uint128 amount, bytes memory reason) private {
        vm.expectRevert(reason);
        _topUp(amount);
    }

    // ---------------------------------------------------------------------------------------------------- mandates

    function test_AMandateIsSetToldAndTakenBackByTheLiensOwnerAlone() public {
        LienTopUpMandate memory mandate = _mandate();
        mandate.capPerWindow = 6e18;
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.LienTopUpMandateSet(lien, account, mandate);
        _set(mandate);
        assertEq(keccak256(abi.encode(collateralVault.topUpMandateOf(lien))), keccak256(abi.encode(mandate)));
        assertEq(collateralVault.topUpAvailable(lien), 3e18);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotLienOwner.selector, lien, keeper, alice));
        vm.prank(keeper);
        collateralVault.setTopUpMandate(lien, mandate);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotLienOwner.selector, 9, alice, address(0)));
        vm.prank(alice);
        collateralVault.setTopUpMandate(9, mandate);

        LienTopUpMandate memory none;
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.LienTopUpMandateSet(lien, account, none);
        mandate.capPerWindow = 0;
        _set(mandate);
        assertEq(collateralVault.topUpMandateOf(lien).keeper, address(0));
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.LienTopUpNotOptedIn.selector, lien));
        collateralVault.topUpAvailable(lien);
        _refuse(1e18, abi.encodeWithSelector(ICollateralVault.LienTopUpNotOptedIn.selector, lien));
    }

    function _refuseMandate(LienTopUpMandate memory mandate, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IDefence.MandateInvalid.selector, account, field, value, limit));
        _set(mandate);
    }

    function test_RevertWhen_AMandateMakesNoSense() public {
        LienTopUpMandate memory mandate = _mandate();
        mandate.keeper = address(0);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.KeeperZero.selector, lien));
        _set(mandate);
        mandate = _mandate();
        mandate.triggerHealth = 1e18;
        _refuseMandate(mandate, "triggerHealth", 1e18, 1e18);
        mandate = _mandate();
        mandate.targetHealth = 1.1e18;
        _refuseMandate(mandate, "targetHealth", 1.1e18, 1.1e18);
        mandate = _mandate();
        mandate.window = 1 hours - 1;
        _refuseMandate(mandate, "window", 1 hours - 1, 1 hours);
        mandate = _mandate();
        mandate.expiry = uint64(vm.getBlockTimestamp()) - 1;
        _refuseMandate(mandate, "expiry", mandate.expiry, vm.getBlockTimestamp());
    }

    // ----------------------------------------------------------------------------------------------------- top-ups

    function test_TheKeeperAddsTheOwnersTokensToTheOwnersLien() public {
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.LienToppedUp(lien, account, keeper, 2e18, 3e18);
        vm.expectEmit(address(collateralVault));
        emit ICollateralVault.LienAdded(lien, 2e18, alice);
        _topUp(2e18);
        vm.snapshotGasLastCall("CrossChain", "topUp");
        assertEq(weth.balanceOf(alice), 998e18);
        assertEq(weth.balanceOf(keeper), 0);
        assertEq(collateralVault.lienOf(lien).amount, LOCKED + 2e18);
        assertEq(collateralVault.tokenOf(address(weth)).total, LOCKED + 2e18);
        assertEq(weth.balanceOf(address(collateralVault)), LOCKED + 2e18);
        assertEq(collateralVault.topUpAvailable(lien), 3e18);
        // It counts on the hub, and leaves by the owner's orders like everything else.
        bytes32 key = _count(lien);
        assertEq(hub.lienOf(key).counted, LOCKED + 2e18);
        _carryOut(key, _release(key, LOCKED + 2e18));
        assertEq(weth.balanceOf(alice), LOCKED + 1000e18);
    }

    function test_RevertWhen_AnybodyButTheKeeperToppedUp() public {
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotLienKeeper.selector, lien, bob, keeper));
        vm.prank(bob);
        collateralVault.topUp(lien, 1e18);
        vm.expectRevert(abi.encodeWithSelector(ICollateralVault.NotLienKeeper.selector, lien, alice, keeper));
        vm.prank(alice);
        collateralVault.topUp(lien, 1e18);
    }

    function test_RevertWhen_TheMandateHasExpired() public {
        vm.warp(START + 30 days);
        _topUp(1e18);
        vm.warp(START + 30 days + 1);
        _refuse(
            1e18,
            abi.encodeWithSelector(IDefence.MandateExpired.selector, account, START + 30 days, START + 30 days + 1)
        );
    }

    function test_RevertWhen_NothingOrMoreThanTheTokensCapIsAdded() public {
        _refuse(0, abi.encodeWithSelector(ICollateralVault.AmountZero.selector));
        collateralVault.setToken(address(weth), 18, LOCKED + 1e18, LOCKED);
        _refuse(
            1e18 + 1,
            abi.encodeWithSelector(
                ICollateralVault.TokenCapExceeded.selector, address(weth), LOCKED + 1e18 + 1, LOCKED + 1e18
            )
        );
        _topUp(1e18);
    }

    function test_RevertWhen_TheCapIsSpent() public {
        _refuse(
            5e18 + 1, abi.encodeWithSelector(ICollateralVault.LienTopUpBudgetExhausted.selector, lien, 5e18 + 1, 5e18)
        );
        _topUp(5e18);
        // To set it anew gives nothing back.
        _set(_mandate());
        _refuse(1, abi.encodeWithSelector(ICollateralVault.LienTopUpBudgetExhausted.selector, lien, 1, 0));
        skip(12 hours);
        assertEq(collateralVault.topUpAvailable(lien), 2.5e18);
        _topUp(2.5e18);
    }

    /// @dev A keeper whose key is stolen spends the cap into the owner's own lien, and no more, whatever he tries.
    function testFuzz_InAnyWindowNoMoreThanTheCapMoves(uint256 seed) public {
        uint256 start = vm.getBlockTimestamp();
        uint256 moved = 0;
        for (uint256 i = 0; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint128 amount = uint128(bound(seed, 1, 6e18));
            skip((seed >> 200) % 3 hours);
            if (vm.getBlockTimestamp() > start + 1 days) break;
            if (amount > collateralVault.topUpAvailable(lien)) {
                vm.expectPartialRevert(ICollateralVault.LienTopUpBudgetExhausted.selector);
                _topUp(amount);
            } else {
                _topUp(amount);
                moved += amount;
            }
        }
        assertLe(moved, 10e18);
        assertEq(weth.balanceOf(alice), 1000e18 - moved);
        assertEq(collateralVault.lienOf(lien).amount, LOCKED + moved);
        assertEq(weth.balanceOf(keeper), 0);
    }

    function test_RevertWhen_TheOwnersAllowanceOrWalletIsTooSmall() public {
        vm.prank(alice);
        weth.approve(address(collateralVault), 1e18);
        _refuse(
            2e18,
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(collateralVault), 1e18, 2e18
            )
        );
        vm.startPrank(alice);
        weth.approve(address(collateralVault), type(uint256).max);
        assertTrue(weth.transfer(bob, 999e18));
        vm.stopPrank();
        _refuse(2e18, abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 1e18, 2e18));
        // What was refused has not been spent.
        assertEq(collateralVault.topUpAvailable(lien), 5e18);
    }

    /// @dev One in a hundred is taken, rounded down: of 99 units nothing.
    function test_RevertWhen_TheTokenArrivesShort() public {
        TaxedToken taxed = new TaxedToken("TAX", 18, 100);
        collateralVault.setToken(address(taxed), 18, 1e30, 1e30);
        taxed.mint(alice, 200);
        vm.startPrank(alice);
        taxed.approve(address(collateralVault), 200);
        lien = collateralVault.lock(address(taxed), 99, CHAIN_B, address(hub), account);
        vm.stopPrank();
        LienTopUpMandate memory mandate = _mandate();
        mandate.capPerWindow = 200;
        _set(mandate);
        _refuse(100, abi.encodeWithSelector(ICollateralVault.TransferShort.selector, address(taxed), 99, 100));
    }
}
