// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Test} from "forge-std/Test.sol";

import {InsuranceFund} from "../../contracts/InsuranceFund.sol";
import {IInsuranceFund} from "../../contracts/interfaces/IInsuranceFund.sol";
import {CallbackToken, FalseToken, TaxedToken} from "./mocks/HostileTokens.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @dev The test stands for the vault and is the admin.
contract InsuranceFundTest is Test {
    uint256 private constant MONEY = 1_000e6;
    uint64 private constant START = 1_800_000_000;

    AccessManager private manager;
    MockToken private usdc;
    InsuranceFund private fund;
    address private giver = makeAddr("giver");
    address private treasury = makeAddr("treasury");
    address private stranger = makeAddr("stranger");

    function setUp() public {
        vm.warp(START);
        manager = new AccessManager(address(this));
        usdc = new MockToken("USD Coin", "USDC", 6);
        fund = _newFund(usdc);
    }

    // -------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_StableHasNoCode() public {
        vm.expectRevert(abi.encodeWithSelector(IInsuranceFund.StableWithoutCode.selector, stranger));
        new InsuranceFund(address(manager), IERC20(stranger));
    }

    function test_RevertWhen_StrangerUsesARestrictedFunction() public {
        vm.startPrank(stranger);
        bytes memory reason = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.expectRevert(reason);
        fund.setVault(address(this));
        vm.expectRevert(reason);
        fund.announceWithdrawal(stranger, 1);
        vm.expectRevert(reason);
        fund.cancelWithdrawal();
        vm.stopPrank();
    }

    function test_RevertWhen_VaultIsSetTwice() public {
        vm.expectRevert(abi.encodeWithSelector(IInsuranceFund.VaultAlreadySet.selector, address(this)));
        fund.setVault(address(usdc));
    }

    function test_RevertWhen_VaultHasNoCode() public {
        InsuranceFund other = new InsuranceFund(address(manager), usdc);
        vm.expectRevert(abi.encodeWithSelector(IInsuranceFund.VaultWithoutCode.selector, stranger));
        other.setVault(stranger);
    }

    function test_RevertWhen_AnyoneButTheVaultAsksForCover() public {
        _give(MONEY);
        vm.expectRevert(abi.encodeWithSelector(IInsuranceFund.CallerNotVault.selector, stranger, address(this)));
        vm.prank(stranger);
        fund.cover(1);
    }

    function test_RevertWhen_CoverIsAskedBeforeAVaultIsSet() public {
        InsuranceFund other = new InsuranceFund(address(manager), usdc);
        vm.expectRevert(abi.encodeWithSelector(IInsuranceFund.CallerNotVault.selector, address(this), address(0)));
        other.cover(1);
    }

    function test_RevertWhen_DepositZero() public {
        vm.expectRevert(IInsuranceFund.AmountZero.selector);
        fund.deposit(0);
    }

    function test_RevertWhen_DepositArrivesShort() public {
        TaxedToken taxed = new TaxedToken("TAX", 6, 100);
        InsuranceFund other = _newFund(taxed);
        taxed.mint(giver, MONEY);
        vm.startPrank(giver);
        taxed.approve(address(other), MONEY);
        vm.expectRevert(
            abi.encodeWithSelector(IInsuranceFund.TransferShort.selector, address(taxed), MONEY, MONEY * 99 / 100)
        );
        other.deposit(MONEY);
        vm.stopPrank();
    }

    function test_RevertWhen_TokenAnswersFalse() public {
        FalseToken lying = new FalseToken("NO", 6);
        InsuranceFund other = _newFund(lying);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(lying)));
        other.deposit(1);
    }

    function test_RevertWhen_WithdrawalAnnouncedToNobodyOrOfNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IInsuranceFund.RecipientUnusable.selector, address(0)));
        fund.announceWithdrawal(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IInsuranceFund.RecipientUnusable.selector, address(fund)));
        fund.announceWithdrawal(address(fund), 1);
        vm.expectRevert(IInsuranceFund.AmountZero.selector);
        fund.announceWithdrawal(treasury, 0);
    }

    function test_RevertWhen_NothingIsAnnounced() public {
        vm.expectRevert(IInsuranceFund.NoWithdrawalAnnounced.selector);
        fund.executeWithdrawal();
        vm.expectRevert(IInsuranceFund.NoWithdrawalAnnounced.selector);
        fund.cancelWithdrawal();
    }

    function test_RevertWhen_WithdrawalComesASecondEarly() public {
        _give(MONEY);
        fund.announceWithdrawal(treasury, MONEY);
        skip(7 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInsuranceFund.WithdrawalTooEarly.selector, START + 7 days - 1, START + 7 days)
        );
        fund.executeWithdrawal();
        skip(1);
        fund.executeWithdrawal();
        assertEq(usdc.balanceOf(treasury), MONEY);
    }

    function test_RevertWhen_WithdrawalComesASecondLate() public {
        _give(MONEY);
        fund.announceWithdrawal(treasury, MONEY);
        skip(8 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInsuranceFund.WithdrawalLapsed.selector, START + 8 days + 1, START + 8 days)
        );
        fund.executeWithdrawal();
        vm.warp(START + 8 days);
        fund.executeWithdrawal();
        assertEq(usdc.balanceOf(treasury), MONEY);
    }

    function test_RevertWhen_WithdrawalIsExecutedTwice() public {
        _give(MONEY);
        fund.announceWithdrawal(treasury, 1);
        skip(7 days);
        fund.executeWithdrawal();
        vm.expectRevert(IInsuranceFund.NoWithdrawalAnnounced.selector);
        fund.executeWithdrawal();
    }

    function test_RevertWhen_NewAnnouncementDoesNotInheritTheOldWait() public {
        _give(MONEY);
        fund.announceWithdrawal(treasury, 1);
        skip(7 days);
        fund.announceWithdrawal(treasury, MONEY);
        vm.expectRevert(
            abi.encodeWithSelector(IInsuranceFund.WithdrawalTooEarly.selector, START + 7 days, START + 14 days)
        );
        fund.executeWithdrawal();
    }

    function test_RevertWhen_CancelledWithdrawalIsExecuted() public {
        _give(MONEY);
        fund.announceWithdrawal(treasury, MONEY);
        vm.expectEmit(address(fund));
        emit IInsuranceFund.WithdrawalCancelled(treasury, MONEY);
        fund.cancelWithdrawal();
        skip(7 days);
        vm.expectRevert(IInsuranceFund.NoWithdrawalAnnounced.selector);
        fund.executeWithdrawal();
    }

    /// @dev The token calls the fund back in the middle of each movement; the guard refuses every entry.
    function test_RevertWhen_TokenCallsBack() public {
        CallbackToken calling = new CallbackToken("CALL", 6);
        InsuranceFund other = _newFund(calling);
        calling.mint(address(this), 3);
        calling.approve(address(other), 3);
        other.deposit(1);

        calling.arm(address(other), abi.encodeCall(IInsuranceFund.deposit, (1)));
        other.deposit(1);
        _assertRefused(calling);
        other.announceWithdrawal(treasury, 1);
        skip(7 days);
        calling.arm(address(other), abi.encodeCall(IInsuranceFund.executeWithdrawal, ()));
        other.cover(1);
        _assertRefused(calling);
        calling.arm(address(other), abi.encodeCall(IInsuranceFund.cover, (1)));
        other.executeWithdrawal();
        _assertRefused(calling);
        assertEq(calling.balanceOf(treasury), 1);
    }

    function _assertRefused(CallbackToken calling) private view {
        assertFalse(calling.succeeded());
        assertEq(
            calling.answer(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
    }

    // ---------------------------------------------------------------------------------------------------- money

    function test_Deposit_ByAnyone_Counts() public {
        usdc.mint(giver, MONEY);
        vm.startPrank(giver);
        usdc.approve(address(fund), MONEY);
        vm.expectEmit(address(fund));
        emit IInsuranceFund.Deposited(giver, MONEY);
        fund.deposit(MONEY);
        vm.stopPrank();
        assertEq(fund.balance(), MONEY);
        usdc.mint(address(fund), 5);
        assertEq(fund.balance(), MONEY + 5);
    }

    function test_Cover_UnderAtAndOverTheBalance_PaysWhatThereIs() public {
        _give(MONEY);
        vm.expectEmit(address(fund));
        emit IInsuranceFund.Covered(MONEY - 1, MONEY - 1);
        assertEq(fund.cover(MONEY - 1), MONEY - 1);
        assertEq(fund.cover(2), 1);
        assertEq(fund.cover(1), 0);
        assertEq(fund.cover(type(uint256).max), 0);
        assertEq(usdc.balanceOf(address(this)), MONEY);
        _give(MONEY);
        assertEq(fund.cover(0), 0);
        assertEq(fund.cover(MONEY), MONEY);
    }

    /// @dev The vault is told what it received, not what was sent.
    function test_Cover_TokenThatKeepsAPart_AnswersWhatArrived() public {
        TaxedToken taxed = new TaxedToken("TAX", 6, 100);
        InsuranceFund other = _newFund(taxed);
        taxed.mint(address(other), 100);
        assertEq(other.cover(100), 99);
        assertEq(taxed.balanceOf(address(this)), 99);
    }

    function test_Withdraw_ALossInTheMeantime_IsCoveredFirst() public {
        _give(MONEY);
        vm.expectEmit(address(fund));
        emit IInsuranceFund.WithdrawalAnnounced(treasury, MONEY, START + 7 days, START + 8 days);
        fund.announceWithdrawal(treasury, MONEY);
        skip(3 days);
        assertEq(fund.cover(MONEY * 3 / 4), MONEY * 3 / 4);
        skip(4 days);

        vm.expectEmit(address(fund));
        emit IInsuranceFund.Withdrawn(treasury, MONEY, MONEY / 4);
        vm.prank(stranger);
        assertEq(fund.executeWithdrawal(), MONEY / 4);
        assertEq(usdc.balanceOf(treasury), MONEY / 4);
        assertEq(fund.withdrawal().to, address(0));
    }

    /// @dev Nothing but deposits, covers and announced withdrawals moves the balance, and each by what it says.
    function testFuzz_Balance_AnySequence_IsInMinusOut(uint256 seed, uint8[16] memory actions) public {
        uint256 expected = 0;
        for (uint256 i = 0; i < actions.length; ++i) {
            uint256 amount = 1 + uint256(keccak256(abi.encode(seed, i))) % MONEY;
            if (actions[i] % 3 == 0) {
                _give(amount);
                expected += amount;
            } else if (actions[i] % 3 == 1) {
                uint256 covered = fund.cover(amount);
                assertEq(covered, amount < expected ? amount : expected);
                expected -= covered;
            } else {
                fund.announceWithdrawal(treasury, amount);
                skip(7 days);
                uint256 paid = fund.executeWithdrawal();
                assertEq(paid, amount < expected ? amount : expected);
                expected -= paid;
            }
            assertEq(fund.balance(), expected);
        }
    }

    function _newFund(MockToken stable) private returns (InsuranceFund made) {
        made = new InsuranceFund(address(manager), stable);
        vm.expectEmit(address(made));
        emit IInsuranceFund.VaultSet(address(this));
        made.setVault(address(this));
    }

    function _give(uint256 amount) private {
        usdc.mint(giver, amount);
        vm.startPrank(giver);
        usdc.approve(address(fund), amount);
        fund.deposit(amount);
        vm.stopPrank();
    }
}
