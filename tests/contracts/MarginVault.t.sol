// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {LiquidationLimits} from "../../contracts/types/LiquidationLimits.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../contracts/MarginVault.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {BaseTest} from "./BaseTest.sol";
import {CallbackToken, FalseToken, TaxedToken} from "./mocks/HostileTokens.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Accounts, collateral, borrowing and lending; liquidation has its own file
contract MarginVaultTest is BaseTest {
    /// @dev Lists any token as collateral at the price of WETH.
    function _listToken(MockToken token, uint256 cap) private {
        hub.setFeeds(address(token), _feedSet(wethFeed));
        risk.listAsset(address(token), _bounds(0.35e18, 0.021309e18), VOLATILITY, SLIPPAGE);
        vault.listCollateral(address(token), token.decimals(), cap);
    }

    // ------------------------------------------------------------------------------------------ refused settings

    function _refuseVault(MockToken stable, uint256 targetHealth, bytes memory refusal) private {
        vm.expectRevert(refusal);
        new MarginVault(IERC20Metadata(address(stable)), address(manager), _peers(), targetHealth, 0, "L", "L");
    }

    function test_RevertWhen_TargetHealthIsOutsideItsLimits() public {
        bytes4 refusal = IMarginVault.TargetHealthInvalid.selector;
        _refuseVault(usdc, WAD - 1, abi.encodeWithSelector(refusal, WAD - 1, WAD, HEADROOM_LIMIT));
        _refuseVault(usdc, HEADROOM_LIMIT + 1, abi.encodeWithSelector(refusal, HEADROOM_LIMIT + 1, WAD, HEADROOM_LIMIT));
        assertEq(_newVault(usdc, WAD, 0).targetHealth(), WAD);
        assertEq(_newVault(usdc, HEADROOM_LIMIT, 0).targetHealth(), HEADROOM_LIMIT);
    }

    function test_RevertWhen_StableHasTooManyDecimals() public {
        MockToken fine = new MockToken("Fine", "FINE", 19);
        _refuseVault(
            fine, WAD, abi.encodeWithSelector(IMarginVault.StableDecimalsTooLarge.selector, address(fine), 19, 18)
        );
        assertEq(_newVault(new MockToken("Wad", "WAD", 18), WAD, 0).decimals(), 24);
    }

    function test_RevertWhen_CollateralListedByStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        vault.listCollateral(address(1), 18, 1);
    }

    function test_RevertWhen_CollateralListedTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralAlreadyListed.selector, address(weth)));
        vault.listCollateral(address(weth), 18, 1);
    }

    function test_RevertWhen_StableListedAsCollateral() public {
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralIsStable.selector, address(usdc)));
        vault.listCollateral(address(usdc), 6, 1);
    }

    function test_RevertWhen_NinthCollateral() public {
        for (uint256 i = 0; i < 6; ++i) {
            _listToken(new MockToken("T", "T", 18), 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralListFull.selector, 8));
        vault.listCollateral(address(1), 18, 1);
    }

    function test_RevertWhen_CollateralDecimalsAreWrongOrTooMany() public {
        MockToken fine = new MockToken("Fine", "FINE", 25);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralDecimalsTooLarge.selector, address(fine), 25, 24));
        vault.listCollateral(address(fine), 25, 1);

        MockToken other = new MockToken("Other", "OTHER", 18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.CollateralDecimalsMismatch.selector, address(other), 8, 18));
        vault.listCollateral(address(other), 8, 1);
    }

    function test_RevertWhen_CollateralHasNoRiskOrNoFeed() public {
        MockToken token = new MockToken("T", "T", 18);
        vm.expectRevert(abi.encodeWithSelector(IRiskOracle.AssetUnknown.selector, address(token)));
        vault.listCollateral(address(token), 18, 1);
        risk.listAsset(address(token), _bounds(0.35e18, 0.021309e18), VOLATILITY, SLIPPAGE);
        vm.expectRevert(abi.encodeWithSelector(IOracleHub.FeedUnknown.selector, address(token)));
        vault.listCollateral(address(token), 18, 1);
        hub.setFeeds(address(token), _feedSet(wethFeed));
        vault.listCollateral(address(token), 18, 1);
        assertEq(vault.collaterals()[2], address(token));
    }

    // ---------------------------------------------------------------------------------------- refused collateral

    function test_RevertWhen_CollateralIsUnknown() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginVault.CollateralUnknown.selector, address(1));
        vm.expectRevert(refusal);
        vault.addCollateral(aliceAccount, address(1), 1);
        vm.expectRevert(refusal);
        vault.withdrawCollateral(aliceAccount, address(1), 1, alice, "");
        vm.expectRevert(refusal);
        vault.collateralDecimals(address(1));
        vm.expectRevert(refusal);
        vault.collateralCap(address(1));
    }

    function test_RevertWhen_AmountIsZero() public {
        _add(aliceAccount, weth, 1e18);
        vm.startPrank(alice);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.addCollateral(aliceAccount, address(weth), 0);
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.withdrawCollateral(aliceAccount, address(weth), 0, alice, "");
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.borrow(aliceAccount, 0, alice, "");
        vm.expectRevert(IMarginVault.AmountZero.selector);
        vault.repay(aliceAccount, 0);
    }

    function test_RevertWhen_AccountIsUnknown() public {
        bytes memory refusal = abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, aliceAccount);
        vm.startPrank(alice);
        vm.expectRevert(refusal);
        vault.withdrawCollateral(aliceAccount, address(weth), 1, alice, "");
        vm.expectRevert(refusal);
        vault.borrow(aliceAccount, 1, alice, "");
        vm.expectRevert(refusal);
        vault.repay(aliceAccount, 1);
        vm.expectRevert(refusal);
        vault.liquidate(
            aliceAccount, LiquidationLimits({maxRepay: 1, minSeized: new uint256[](2), deadline: START}), ""
        );
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnknown.selector, bytes32(uint256(7))));
        vault.addCollateral(bytes32(uint256(7)), address(weth), 1);
    }

    function test_RevertWhen_CallerIsNotTheOwner() public {
        _add(aliceAccount, weth, 1e18);
        bytes memory refusal = abi.encodeWithSelector(IMarginVault.NotAccountOwner.selector, aliceAccount, bob);
        vm.startPrank(bob);
        vm.expectRevert(refusal);
        vault.withdrawCollateral(aliceAccount, address(weth), 1, bob, "");
        vm.expectRevert(refusal);
        vault.borrow(aliceAccount, MINIMUM_DEBT, bob, "");
    }

    function test_RevertWhen_CollateralCapIsPassed() public {
        uint256 cap = vault.collateralCap(address(wbtc));
        bytes32 bobs = vault.accountId(bob, 0);
        _add(aliceAccount, wbtc, cap);
        wbtc.mint(bob, 1);
        vm.startPrank(bob);
        wbtc.approve(address(vault), 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.CollateralCapExceeded.selector, address(wbtc), cap + 1, cap)
        );
        vault.addCollateral(bobs, address(wbtc), 1);
        vm.stopPrank();
        vm.prank(alice);
        vault.withdrawCollateral(aliceAccount, address(wbtc), 1, alice, "");
        _add(bobs, wbtc, 1);
        assertEq(vault.accountCount(), 2);
    }

    function test_RevertWhen_WithdrawingMoreThanThereIs() public {
        _add(aliceAccount, weth, 1e18);
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.CollateralTooSmall.selector, aliceAccount, address(weth), 1e18, 1e18 + 1
            )
        );
        vault.withdrawCollateral(aliceAccount, address(weth), 1e18 + 1, alice, "");
        vault.withdrawCollateral(aliceAccount, address(weth), 1e18, bob, "");
        assertEq(weth.balanceOf(bob), 1e18);
    }

    // ---------------------------------------------------------------------------------------- refused borrowing

    function test_RevertWhen_BorrowingMoreThanThereIsCash() public {
        _add(aliceAccount, weth, 100_000e18);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.LiquidityTooSmall.selector, LENT, LENT + 1));
        vault.borrow(aliceAccount, LENT + 1, alice, "");
        vault.borrow(aliceAccount, LENT, alice, "");
        assertEq(vault.cash(), 0);
    }

    function test_RevertWhen_BorrowingPastTheInitialRequirement() public {
        _add(aliceAccount, weth, 10e18);
        uint256 room = _room(aliceAccount);
        uint256 capacity = vault.valuation(aliceAccount).borrowCapacity;
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMarginVault.InitialRequirementViolated.selector, aliceAccount, capacity, (room + 1) * 1e12
            )
        );
        vault.borrow(aliceAccount, room + 1, alice, "");
        vault.borrow(aliceAccount, room, alice, "");
        assertEq(usdc.balanceOf(alice), room);
        assertGt(vault.health(aliceAccount), 1.07e18, "a bad day away from liquidation");
    }

    function test_RevertWhen_DebtWouldBeDust() public {
        _add(aliceAccount, weth, 10e18);
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.DebtBelowMinimum.selector, aliceAccount, MINIMUM_DEBT - 1, MINIMUM_DEBT)
        );
        vault.borrow(aliceAccount, MINIMUM_DEBT - 1, alice, "");
        vault.borrow(aliceAccount, MINIMUM_DEBT, alice, "");
        vault.borrow(aliceAccount, 1, alice, "");
        assertEq(vault.position(aliceAccount).debt, MINIMUM_DEBT + 1);
    }

    function test_RevertWhen_WithdrawingPastTheInitialRequirement() public {
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 10_000e6);
        vm.startPrank(alice);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vault.withdrawCollateral(aliceAccount, address(weth), 6e18, alice, "");
        vault.withdrawCollateral(aliceAccount, address(weth), 5e18, alice, "");
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vault.withdrawCollateral(aliceAccount, address(weth), 5e18, alice, "");
        assertEq(vault.position(aliceAccount).collateral[0], 5e18);
    }

    function test_RevertWhen_WithdrawingOverDust() public {
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 1000e6);
        _repayFrom(bob, aliceAccount, 950e6);
        vm.prank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IMarginVault.DebtBelowMinimum.selector, aliceAccount, 50e6, MINIMUM_DEBT)
        );
        vault.withdrawCollateral(aliceAccount, address(weth), 1, alice, "");
    }

    function test_RevertWhen_TheOracleHasBeenSilentForASecondTooLong() public {
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 1000e6);
        _wait(SILENCE_LIMIT);
        vm.startPrank(alice);
        vault.borrow(aliceAccount, 1e6, alice, "");
        vault.withdrawCollateral(aliceAccount, address(weth), 1, alice, "");
        vm.stopPrank();
        _wait(1);

        bytes memory refusal =
            abi.encodeWithSelector(IMarginVault.RiskOracleSilent.selector, SILENCE_LIMIT + 1, SILENCE_LIMIT);
        vm.startPrank(alice);
        vm.expectRevert(refusal);
        vault.borrow(aliceAccount, 1e6, alice, "");
        vm.expectRevert(refusal);
        vault.withdrawCollateral(aliceAccount, address(weth), 1, alice, "");
        vm.stopPrank();

        _add(aliceAccount, weth, 1e18);
        assertGt(_repayFrom(alice, aliceAccount, type(uint256).max), 1001e6);
        vm.prank(alice);
        vault.withdrawCollateral(aliceAccount, address(weth), 11e18 - 1, alice, "");
        assertEq(weth.balanceOf(alice), 11e18, "without debt silence holds nothing back");
    }

    /// @dev Past the heartbeat initial margin is that of the fallback; maintenance does not move.
    function test_Borrow_PastTheHeartbeat_AgainstTheFallbackOnly() public {
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 1000e6);
        _wait(HEARTBEAT);
        IMarginVault.Valuation memory last = vault.valuation(aliceAccount);
        _wait(1);
        IMarginVault.Valuation memory silent = vault.valuation(aliceAccount);
        assertLt(silent.borrowCapacity, last.borrowCapacity);
        assertEq(silent.liquidationCapacity, last.liquidationCapacity);

        vm.startPrank(alice);
        uint256 room = (silent.borrowCapacity - silent.debt) / 1e12;
        vm.expectRevert();
        vault.borrow(aliceAccount, room + 2, alice, "");
        vault.borrow(aliceAccount, room - 1, alice, "");
        vm.stopPrank();
    }

    function test_RevertWhen_ThereIsNoPrice_ButRepayAndAddGoOn() public {
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 1000e6);
        _setDown(wethFeed, true);
        vm.startPrank(alice);
        bytes4 refusal = IMarginVault.InitialRequirementViolated.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, aliceAccount, 0, 1001e18));
        vault.borrow(aliceAccount, 1e6, alice, "");
        vm.expectRevert(abi.encodeWithSelector(refusal, aliceAccount, 0, 1000e18));
        vault.withdrawCollateral(aliceAccount, address(weth), 1, alice, "");
        // At the largest price the feed could say it is healthy, and it could not be seized anyway.
        vm.expectPartialRevert(IMarginVault.AccountHealthy.selector);
        vault.liquidate(aliceAccount, LiquidationLimits(type(uint256).max, new uint256[](2), START), "");
        vm.stopPrank();

        _add(aliceAccount, weth, 1e18);
        assertEq(_repayFrom(alice, aliceAccount, 500e6), 500e6);
        assertEq(vault.position(aliceAccount).debt, 500e6);
    }

    /// @dev A feed that is down stops only those who hold its token.
    function test_Borrow_OtherCollateralHasNoPrice_Allowed() public {
        _add(aliceAccount, weth, 10e18);
        _setDown(wbtcFeed, true);
        _borrow(aliceAccount, 1000e6);
        assertEq(usdc.balanceOf(alice), 1000e6);
    }

    // ------------------------------------------------------------------------------------------- hostile tokens

    function test_RevertWhen_CollateralChargesOnTransfer() public {
        TaxedToken taxed = new TaxedToken("TAX", 18, 100);
        _listToken(taxed, 1e24);
        taxed.mint(alice, 1e18);
        vm.startPrank(alice);
        taxed.approve(address(vault), 1e18);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.TransferShort.selector, address(taxed), 1e18, 0.99e18));
        vault.addCollateral(aliceAccount, address(taxed), 1e18);
    }

    function test_RevertWhen_StableChargesOnTransfer() public {
        TaxedToken taxed = new TaxedToken("TAX", 6, 1);
        MarginVault taxedVault = _newVault(taxed, WAD, 0);
        taxed.mint(lender, 1e6);
        vm.startPrank(lender);
        taxed.approve(address(taxedVault), 1e6);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.TransferShort.selector, address(taxed), 1e6, 1e6 - 100));
        taxedVault.deposit(1e6, lender);
    }

    function test_RevertWhen_TokenAnswersFalse() public {
        FalseToken token = new FalseToken("FALSE", 18);
        _listToken(token, 1e24);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        vault.addCollateral(aliceAccount, address(token), 1e18);
    }

    /// @dev A collateral that calls back in the middle of its own transfer, into every entry.
    function test_RevertWhen_TokenCallsBack() public {
        CallbackToken token = new CallbackToken("BACK", 18);
        _listToken(token, 1e24);
        _add(aliceAccount, weth, 1e18);
        bytes[7] memory entries = [
            abi.encodeCall(vault.addCollateral, (aliceAccount, address(weth), 1)),
            abi.encodeCall(vault.withdrawCollateral, (aliceAccount, address(weth), 1, address(token), "")),
            abi.encodeCall(vault.borrow, (aliceAccount, MINIMUM_DEBT, address(token), "")),
            abi.encodeCall(vault.repay, (aliceAccount, 1)),
            abi.encodeCall(
                vault.liquidate, (aliceAccount, LiquidationLimits(1, new uint256[](3), type(uint256).max), "")
            ),
            abi.encodeWithSelector(bytes4(keccak256("deposit(uint256,address)")), 0, address(token)),
            abi.encodeWithSelector(
                bytes4(keccak256("redeem(uint256,address,address)")), 0, address(token), address(token)
            )
        ];
        for (uint256 i = 0; i < entries.length; ++i) {
            token.arm(address(vault), entries[i]);
            _add(aliceAccount, token, 1e18);
            assertFalse(token.succeeded());
            assertEq(
                token.answer(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
            );
        }
        assertEq(vault.position(aliceAccount).collateral[2], 7e18);
    }

    /// @dev What a stable that calls back can read in the middle of a deposit: the price of a share before it.
    function test_Deposit_ReadInTheMiddle_SharePriceUnmoved() public {
        CallbackToken stable = new CallbackToken("BACK", 6);
        MarginVault made = _newVault(stable, WAD, 0);
        stable.mint(lender, 3e6);
        vm.startPrank(lender);
        stable.approve(address(made), 3e6);
        made.deposit(1e6, lender);
        uint256 price = made.convertToAssets(1e12);
        stable.arm(address(made), abi.encodeWithSignature("convertToAssets(uint256)", 1e12));
        made.deposit(2e6, lender);
        assertEq(abi.decode(stable.answer(), (uint256)), price);
        made.redeem(1e12, lender, lender);
        assertEq(abi.decode(stable.answer(), (uint256)), price);
    }

    // ------------------------------------------------------------------------------------------------- accounts

    function test_BorrowAndWithdraw_AreTold() public {
        _lend(10_000e6);
        _add(aliceAccount, weth, 2e18);
        vm.startPrank(alice);
        vm.expectEmit(address(vault));
        emit IMarginVault.Borrowed(aliceAccount, 500e6, bob);
        vault.borrow(aliceAccount, 500e6, bob, "");
        vm.expectEmit(address(vault));
        emit IMarginVault.CollateralWithdrawn(aliceAccount, address(weth), 1e18, bob);
        vault.withdrawCollateral(aliceAccount, address(weth), 1e18, bob, "");
    }

    function test_AddCollateral_FirstTime_OpensTheAccount() public {
        weth.mint(bob, 2e18);
        vm.startPrank(bob);
        weth.approve(address(vault), 2e18);
        vm.expectEmit(address(vault));
        emit IMarginVault.AccountOpened(aliceAccount, alice, 1);
        vm.expectEmit(address(vault));
        emit IMarginVault.CollateralAdded(aliceAccount, address(weth), 1e18, bob);
        vault.addCollateral(aliceAccount, address(weth), 1e18);
        vault.addCollateral(aliceAccount, address(weth), 1e18);

        assertEq(vault.accountCount(), 1);
        IMarginVault.Position memory held = vault.position(aliceAccount);
        assertEq(held.owner, alice);
        assertEq(held.number, 1);
        assertEq(held.collateral[0], 2e18);
        assertEq(held.collateral[1], 0);
        assertEq(held.debt, 0);
        assertEq(vault.health(aliceAccount), type(uint256).max);
    }

    function test_Accounts_Pages_EndAtTheEnd() public {
        for (uint96 i = 0; i < 5; ++i) {
            _add(vault.accountId(alice, i), weth, 1);
        }
        bytes32[] memory page = vault.accounts(1, 3);
        assertEq(page.length, 3);
        assertEq(page[0], vault.accountId(alice, 1));
        assertEq(vault.accounts(3, 3).length, 2);
        assertEq(vault.accounts(5, 3).length, 0);
        assertEq(vault.accounts(type(uint256).max, type(uint256).max).length, 0);
        assertEq(vault.accounts(0, type(uint256).max).length, 5);
    }

    function testFuzz_AccountId_HoldsOwnerAndNumber(address owner, uint96 number) public view {
        bytes32 id = vault.accountId(owner, number);
        assertEq(uint256(id), uint256(uint160(owner)) << 96 | number);
        IMarginVault.Position memory held = vault.position(id);
        assertEq(held.owner, owner);
        assertEq(held.number, number);
    }

    // ------------------------------------------------------------------------------------------------- valuation

    function test_Valuation_SeveralDecimals_SameValue() public {
        uint8[5] memory decimals = [0, 6, 8, 18, 24];
        for (uint96 i = 0; i < decimals.length; ++i) {
            MockToken token = new MockToken("T", "T", decimals[i]);
            _listToken(token, type(uint112).max);
            bytes32 account = vault.accountId(bob, i);
            _add(account, token, 7 * 10 ** decimals[i]);
            IMarginVault.Valuation memory worth = vault.valuation(account);
            assertEq(worth.collateralValue, 21_000e18);
            IRiskOracle.Factors memory factors = risk.factors(address(token));
            assertEq(worth.borrowCapacity, 21_000 * factors.borrowFactor);
            assertEq(worth.liquidationCapacity, 21_000 * factors.liquidationThreshold);
        }
    }

    function test_Valuation_StableDecimals_DebtScaledUp() public {
        uint8[4] memory decimals = [0, 6, 8, 18];
        for (uint256 i = 0; i < decimals.length; ++i) {
            MockToken stable = new MockToken("S", "S", decimals[i]);
            MarginVault made = _newVault(stable, TARGET_HEALTH, 100 * 10 ** decimals[i]);
            made.listCollateral(address(weth), 18, 1e24);
            stable.mint(address(this), 1_000_000 * 10 ** decimals[i]);
            stable.approve(address(made), type(uint256).max);
            made.deposit(1_000_000 * 10 ** decimals[i], lender);
            weth.mint(address(this), 1e18);
            weth.approve(address(made), 1e18);
            bytes32 account = made.accountId(address(this), 0);
            made.addCollateral(account, address(weth), 1e18);
            made.borrow(account, 1000 * 10 ** decimals[i], bob, "");
            assertEq(made.valuation(account).debt, 1000e18);
            assertEq(made.health(account), made.valuation(account).liquidationCapacity / 1000);
        }
    }

    // ------------------------------------------------------------------------------------------ debt and interest

    function test_Repay_MoreThanTheDebt_TakesTheDebt() public {
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 1000e6);
        usdc.mint(bob, 5000e6);
        vm.startPrank(bob);
        usdc.approve(address(vault), 5000e6);
        vm.expectEmit(address(vault));
        emit IMarginVault.Repaid(aliceAccount, 1000e6, bob);
        assertEq(vault.repay(aliceAccount, 5000e6), 1000e6);
        assertEq(usdc.balanceOf(bob), 4000e6);
        assertEq(vault.repay(aliceAccount, 5000e6), 0, "nothing owed, nothing taken");
        assertEq(vault.totalDebt(), 0);
        assertEq(vault.cash(), LENT);
    }

    function test_Interest_AtTheKink_FourPercentAYear() public {
        _add(aliceAccount, weth, 10_000e18);
        _borrow(aliceAccount, LENT * 8 / 10);
        skip(365 days);
        uint256 expected = LENT * 8 / 10 * 104 / 100;
        assertApproxEqAbs(vault.totalDebt(), expected, 1);
        assertApproxEqAbs(vault.position(aliceAccount).debt, expected, 1);
        assertGe(vault.position(aliceAccount).debt, vault.totalDebt());
        assertApproxEqAbs(vault.books().reserve, LENT * 8 / 10 * 4 / 1000, 1, "a tenth of interest is set aside");
        assertEq(vault.totalAssets(), vault.cash() + vault.totalDebt() - vault.books().reserve);
        assertApproxEqAbs(vault.maxWithdraw(lender), vault.cash(), 1);
    }

    /// @dev Interest that has run is settled before cash moves, so that a lender who comes or goes does not change it afterwards.
    function test_Interest_LenderComesOrGoes_PastInterestUnmoved() public {
        _add(aliceAccount, weth, 10_000e18);
        _borrow(aliceAccount, LENT / 2);
        skip(100 days);
        uint256 owed = vault.totalDebt();
        uint256 most = vault.maxWithdraw(lender);
        vm.prank(lender);
        vault.withdraw(most, lender, lender);
        assertEq(vault.totalDebt(), owed);

        skip(100 days);
        owed = vault.totalDebt();
        _lend(LENT);
        assertEq(vault.totalDebt(), owed);
    }

    /// @dev Views show interest to now, and an accrual changes nothing they show.
    function testFuzz_Interest_ViewsAgreeWithAccrual(uint256 amount, uint256 time) public {
        amount = bound(amount, MINIMUM_DEBT, LENT);
        time = bound(time, 0, 365 days);
        _add(aliceAccount, weth, 50_000e18);
        _borrow(aliceAccount, amount);
        skip(time);
        uint256 total = vault.totalDebt();
        uint256 debt = vault.position(aliceAccount).debt;
        assertEq(_repayFrom(bob, aliceAccount, type(uint256).max), debt);
        assertGe(debt, total);
        assertLe(debt, total + 1);
        assertEq(vault.totalDebt(), 0);
        assertGe(vault.totalAssets(), LENT, "lenders never lose to rounding");
    }

    /// @dev What a reader keeps of an account (its shares) and of the market (the index) gives its debt at any time, to the unit.
    function testFuzz_Position_SharesTimesIndex_IsTheDebt(uint256 amount, uint256 time, uint256 repaid) public {
        amount = bound(amount, MINIMUM_DEBT, LENT);
        _add(aliceAccount, weth, 50_000e18);
        assertEq(vault.position(aliceAccount).debtShares, 0);
        _borrow(aliceAccount, amount);
        uint256 shares = vault.position(aliceAccount).debtShares;
        skip(bound(time, 0, 365 days));
        IMarginVault.Position memory held = vault.position(aliceAccount);
        assertEq(held.debtShares, shares, "shares stay while interest runs");
        assertEq(held.debt, FixedPointMathLib.fullMulDivUp(shares, vault.borrowIndex(), 1e36));
        assertFalse(held.hasLiens);

        _repayFrom(bob, aliceAccount, bound(repaid, 1, held.debt));
        held = vault.position(aliceAccount);
        assertEq(held.debt, FixedPointMathLib.fullMulDivUp(held.debtShares, vault.borrowIndex(), 1e36));
    }

    // ---------------------------------------------------------------------------------------------------- lenders

    function test_RevertWhen_LenderTakesMoreThanThereIsCash() public {
        _add(aliceAccount, weth, 10_000e18);
        _borrow(aliceAccount, LENT - 100e6);
        uint256 most = vault.maxWithdraw(lender);
        assertLe(most, 100e6);
        assertGe(most, 100e6 - 1);
        vm.startPrank(lender);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxWithdraw.selector, lender, 100e6 + 1, most));
        vault.withdraw(100e6 + 1, lender, lender);
        uint256 shares = vault.balanceOf(lender);
        uint256 mostShares = vault.maxRedeem(lender);
        vm.expectRevert(abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxRedeem.selector, lender, shares, mostShares));
        vault.redeem(shares, lender, lender);
        vault.redeem(mostShares, lender, lender);
        assertEq(usdc.balanceOf(lender), most);
    }

    function test_Deposit_TokensSentUnasked_ChangeNothing() public {
        uint256 before = vault.convertToAssets(1e12);
        usdc.mint(address(vault), 1_000_000e6);
        assertEq(vault.convertToAssets(1e12), before);
        assertEq(vault.cash(), LENT);
        assertEq(vault.totalAssets(), LENT);
    }

    /// @dev The first depositor cannot take from the second by any donation: what is sent unasked is not counted.
    function testFuzz_Deposit_FirstDepositorAttack_DoesNotPay(uint256 donation, uint256 victimDeposit) public {
        donation = bound(donation, 0, 1e15);
        victimDeposit = bound(victimDeposit, 1, 1e15);
        MarginVault made = _newVault(usdc, WAD, 0);
        usdc.mint(bob, donation + 1);
        usdc.mint(alice, victimDeposit);
        vm.startPrank(bob);
        usdc.approve(address(made), 1);
        made.deposit(1, bob);
        assertTrue(usdc.transfer(address(made), donation));
        vm.stopPrank();
        vm.startPrank(alice);
        usdc.approve(address(made), victimDeposit);
        uint256 shares = made.deposit(victimDeposit, alice);
        assertEq(made.redeem(shares, alice, alice), victimDeposit);
    }

    /// @dev Every call its own transaction, so that storage is cold and calldata is paid: what a caller pays.
    /// forge-config: default.isolate = true
    function test_Gas_AddAndBorrow() public {
        weth.mint(alice, 20e18);
        vm.startPrank(alice);
        weth.approve(address(vault), 20e18);
        vault.addCollateral(aliceAccount, address(weth), 10e18);
        vm.snapshotGasLastCall("MarginVault", "addCollateral, opening");
        vault.addCollateral(aliceAccount, address(weth), 10e18);
        vm.snapshotGasLastCall("MarginVault", "addCollateral, again");
        vault.borrow(aliceAccount, 1000e6, alice, "");
        vm.snapshotGasLastCall("MarginVault", "borrow, 1 collateral");
        assertEq(usdc.balanceOf(alice), 1000e6);
    }
}
