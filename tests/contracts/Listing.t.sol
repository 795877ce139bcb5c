// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {VaultLimits} from "../../contracts/types/Ledger.sol";
import {BaseTest} from "./BaseTest.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title What governance sets in the vault, at both sides of each limit
contract ListingTest is BaseTest {
    function _made(uint8 decimals) private returns (MockToken token) {
        token = new MockToken("Token", "TKN", decimals);
        MockFeed feed = _newFeeds(8, "TKN / USD", 5e8);
        hub.setFeeds(address(token), _feedSet(feed));
        risk.listAsset(address(token), _bounds(0.35e18, 0.021309e18), VOLATILITY, SLIPPAGE);
    }

    function test_F27_ListCollateral_DecimalsAtTheirEnds() public {
        MockToken none = _made(0);
        MockToken most = _made(24);
        MockToken over = _made(25);
        vm.expectEmit(address(vault));
        emit IMarginVault.CollateralListed(address(none), 0, 7);
        vault.listCollateral(address(none), 0, 7);
        vault.listCollateral(address(most), 24, type(uint112).max);
        assertEq(vault.collateralDecimals(address(most)), 24);
        assertEq(vault.collateralCap(address(most)), type(uint112).max);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralDecimalsTooLarge.selector, address(over), 25, 24));
        vault.listCollateral(address(over), 25, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralDecimalsMismatch.selector, address(over), 24, 25));
        vault.listCollateral(address(over), 24, 1);
    }

    function test_RevertWhen_CapHasMoreBitsThanAreKept() public {
        MockToken token = _made(18);
        uint256 over = uint256(type(uint112).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 112, over));
        vault.listCollateral(address(token), 18, over);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 112, over));
        vault.setCap(address(weth), over);
    }

    function test_RevertWhen_CapIsSetByStrangerOrOfUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        vault.setCap(address(weth), 1);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralUnknown.selector, address(usdc)));
        vault.setCap(address(usdc), 1);
    }

    /// @dev What is over a lowered cap stays and can be taken out; nothing is added.
    function test_SetCap_UnderWhatIsHeld_StaysAndLeaves() public {
        _add(aliceAccount, weth, 10e18);
        vm.expectEmit(address(vault));
        emit IMarginVault.CapSet(address(weth), 5e18);
        vault.setCap(address(weth), 5e18);
        weth.mint(alice, 1);
        vm.startPrank(alice);
        weth.approve(address(vault), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.CollateralCapExceeded.selector, address(weth), 10e18 + 1, 5e18)
        );
        vault.addCollateral(aliceAccount, address(weth), 1);
        vault.withdrawCollateral(aliceAccount, address(weth), 5e18 + 1, alice, "");
        vault.addCollateral(aliceAccount, address(weth), 1);
        vm.stopPrank();
        vault.setCap(address(weth), 0);
        vm.prank(alice);
        vault.withdrawCollateral(aliceAccount, address(weth), 5e18, alice, "");
    }

    function test_RevertWhen_LimitsAreSetByStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        vault.setLimits(VaultLimits({ruleBudget: 0, volumeCap: 0, tip: 0, volumeWindow: 1}));
    }

    function test_SetLimits_AtAndPastTheirEnds() public {
        VaultLimits memory most =
            VaultLimits({ruleBudget: 0.02e18, volumeCap: 1e18, tip: 0.05e18, volumeWindow: type(uint32).max});
        vm.expectEmit(address(vault));
        emit IMarginVault.LimitsSet(most);
        vault.setLimits(most);
        assertEq(abi.encode(vault.limits()), abi.encode(most));
        vault.setLimits(VaultLimits({ruleBudget: 0, volumeCap: 0, tip: 0, volumeWindow: 1}));

        _refuseLimits(VaultLimits(0.02e18 + 1, 1e18, 0.05e18, 1), "ruleBudget", 0.02e18 + 1, 0.02e18);
        _refuseLimits(VaultLimits(0.02e18, 1e18 + 1, 0.05e18, 1), "volumeCap", 1e18 + 1, 1e18);
        _refuseLimits(VaultLimits(0.02e18, 1e18, 0.05e18 + 1, 1), "tip", 0.05e18 + 1, 0.05e18);
        _refuseLimits(VaultLimits(0.02e18, 1e18, 0.05e18, 0), "volumeWindow", 0, 1);
        assertEq(vault.limits().volumeWindow, 1, "nothing has changed");
    }

    function _refuseLimits(VaultLimits memory limits, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.LimitInvalid.selector, field, value, limit));
        vault.setLimits(limits);
    }
}
