// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOptionBook} from "../../contracts/interfaces/IOptionBook.sol";
import {VaultOptions} from "./VaultOptions.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title What an account may do: the order of refusals, the initial requirement, and what improves an account
contract AccountChecksTest is VaultOptions {
    function setUp() public override {
        super.setUp();
        _add(writer, wbtc, 1e8);
        _add(holder, wbtc, 1e8);
    }

    function _withdraw(bytes32 account, uint256 amount) private {
        vm.prank(vault.ownerOf(account));
        vault.withdrawCollateral(account, address(wbtc), amount, address(this), "");
    }

    function withdrawOutside(bytes32 account, uint256 amount) external {
        _withdraw(account, amount);
    }

    function _refuse(bytes32 account, uint256 amount, bytes memory reason) private {
        vm.expectRevert(reason);
        this.withdrawOutside(account, amount);
    }

    // --------------------------------------------------------------------------------------------- initial, order

    /// @dev Guardian, then silence, then dust, then the requirement: an account that fails all of them hears of the first.
    function test_RevertWhen_Initial_InItsOrder() public {
        _borrow(writer, 1000e6);
        _repayFrom(lender, writer, 950e6);
        _wait(SILENCE_LIMIT + 1);
        guardian.raise(IGuardian.Level.NewRisk, address(0), 1 hours);
        _refuse(
            writer,
            1e8,
            abi.encodeWithSelector(IGuardian.NewRiskStopped.selector, uint64(vm.getBlockTimestamp() + 1 hours))
        );
        _wait(1 hours);
        uint256 age = vm.getBlockTimestamp() - risk.lastReportAt();
        _refuse(writer, 1e8, abi.encodeWithSelector(IMarginVault.RiskOracleSilent.selector, age, SILENCE_LIMIT));
        risk.submit(_agreed(3, VOLATILITY, SLIPPAGE));
        uint256 debt = vault.position(writer).debt;
        _refuse(writer, 1e8, abi.encodeWithSelector(IMarginVault.DebtBelowMinimum.selector, writer, debt, MINIMUM_DEBT));
        _borrow(writer, 50e6);
        debt = vault.position(writer).debt;
        _refuse(
            writer,
            1e8,
            abi.encodeWithSelector(IMarginVault.InitialRequirementViolated.selector, writer, 0, debt * 1e12)
        );
    }

    /// @dev Both sides: all that may go, and one unit more.
    function test_RevertWhen_Initial_IsMissedByOne() public {
        _trade(writer, holder, true, 3000e18, FAR, 10e18, 0);
        _borrow(writer, 10_000e6);
        uint256 low = 0;
        uint256 high = 1e8;
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            uint256 snapshot = vm.snapshotState();
            try this.withdrawOutside(writer, middle) {
                IMarginVault.Valuation memory worth = vault.valuation(writer);
                assertGe(worth.borrowCapacity, worth.debt + worth.initialRequirement);
                low = middle;
            } catch {
                high = middle;
            }
            vm.revertToState(snapshot);
        }
        assertGt(low, 0);
        _withdraw(writer, low);
        IMarginVault.Valuation memory after_ = vault.valuation(writer);
        assertLt(after_.borrowCapacity - after_.debt - after_.initialRequirement, 600e12, "a satoshi is worth .0006");
    }

    /// @dev An account that has no debt and no options is not asked, whatever has been stopped: also one that once held options.
    function test_Withdraw_WithoutDebtOrOptions_IsNotAsked() public {
        bytes32 former = _open("former");
        _add(former, wbtc, 1e8);
        _trade(former, holder, true, 3000e18, FAR, 1e18, 0);
        _trade(holder, former, true, 3000e18, FAR, 1e18, 0);
        assertEq(book.legCount(former), 0);
        _wait(SILENCE_LIMIT + 1);
        guardian.raise(IGuardian.Level.NewRisk, address(0), 1 hours);
        _setDown(wbtcFeed, true);
        _withdraw(former, 1e8);
        assertEq(wbtc.balanceOf(address(this)), 1e8);
    }

    /// @dev Credit counts in full, and can be borrowed where nothing is owed; a stop of new risk does not keep it either.
    function test_Borrow_OfCredit_IsNoRisk() public {
        bytes32 former = _open("former");
        _add(former, wbtc, 1e8);
        _trade(former, holder, true, 3000e18, FAR, 1e18, 500e6);
        _trade(holder, former, true, 3000e18, FAR, 1e18, 0);
        guardian.raise(IGuardian.Level.NewRisk, address(0), 1 hours);
        address owner = vault.ownerOf(former);
        vm.startPrank(owner);
        vault.borrow(former, 500e6, owner, "");
        vm.expectPartialRevert(IGuardian.NewRiskStopped.selector);
        vault.borrow(former, 200e6, owner, "");
        vm.stopPrank();
        assertEq(usdc.balanceOf(owner), 500e6);
        assertEq(vault.position(former).credit, 0);
        assertEq(vault.position(former).debt, 0);
        _assertConserved();
    }

    /// @dev Winnings that are not paid yet do not count for initial margin, and do for maintenance.
    function test_PendingWinnings_CountForMaintenanceOnly() public {
        bytes32 winner = _open("winner");
        _trade(writer, winner, true, 3000e18, NEAR, 1e18, 0);
        _finalise(NEAR, 4000e8);
        _settle(winner, NEAR);
        IMarginVault.Valuation memory worth = vault.valuation(winner);
        assertEq(worth.borrowCapacity, 0);
        assertEq(worth.liquidationCapacity, 1000e18);
        (, int256 equity) = vault.standing(winner);
        assertEq(equity, 1000e18);
    }

    // ------------------------------------------------------------------------------------------------ improvement

    function _reduce(bytes32 account, bytes32 from, uint96 size, uint128 price) private {
        IOptionBook.Offer memory offer = _offer(from, true, 3000e18, FAR, size, price);
        bytes memory signature = _signOffer(offer);
        IOptionBook.Fill memory fill;
        (fill.takerAccount, fill.size, fill.takerReduces) = (account, size, true);
        vm.prank(vault.ownerOf(account));
        book.trade(offer, signature, fill);
    }

    function reduceOutside(bytes32 account, bytes32 from, uint96 size, uint128 price) external {
        _reduce(account, from, size, price);
    }

    /// @dev Short 30 calls, and past initial by a fall of bitcoin, but not past maintenance.
    function _strained() private returns (uint128 fair) {
        _add(holder, wbtc, 100e8);
        _trade(writer, holder, true, 3000e18, FAR, 30e18, 0);
        IMarginVault.Valuation memory worth = vault.valuation(writer);
        // Midway between the two requirements.
        uint256 initial = worth.initialRequirement * WAD / worth.borrowCapacity;
        uint256 maintenance = worth.maintenanceRequirement * WAD / worth.liquidationCapacity;
        _setPrice(wbtcFeed, int256(60_000e8 * ((initial + maintenance) / 2) / WAD));
        worth = vault.valuation(writer);
        assertLt(worth.borrowCapacity, worth.initialRequirement);
        assertGe(vault.health(writer), WAD);
        return uint128(uint256(-worth.markToMarket) / 30e12);
    }

    function test_Reduce_AtTheFairPrice_IsAllowedUnderInitial() public {
        uint128 fair = _strained();
        uint256 before = vault.health(writer);
        _reduce(writer, holder, 5e18, fair);
        assertGt(vault.health(writer), before);
        _assertConserved();
    }

    /// @dev Without being said to reduce, the same trade asks for the initial requirement.
    function test_RevertWhen_UnderInitial_AndNotSaidToReduce() public {
        uint128 fair = _strained();
        IOptionBook.Offer memory offer = _offer(holder, true, 3000e18, FAR, 1e18, fair);
        bytes memory signature = _signOffer(offer);
        IOptionBook.Fill memory fill;
        (fill.takerAccount, fill.size) = (writer, 1e18);
        address owner = vault.ownerOf(writer);
        vm.expectPartialRevert(IMarginVault.InitialRequirementViolated.selector);
        vm.prank(owner);
        book.trade(offer, signature, fill);
    }

    function test_RevertWhen_UnderMaintenance() public {
        uint128 fair = _strained();
        _setPrice(wbtcFeed, 20_000e8);
        uint256 health = vault.health(writer);
        assertLt(health, WAD);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.AccountUnderMaintenance.selector, writer, health));
        this.reduceOutside(writer, holder, 1e18, fair);
    }

    /// @dev Paid too dear, health falls.
    function test_RevertWhen_HealthDoesNotRise() public {
        uint128 fair = _strained();
        vm.expectPartialRevert(IMarginVault.HealthNotImproved.selector);
        this.reduceOutside(writer, holder, 1e18, fair * 20);
    }

    /// @dev One percent of equity at once, at both sides; and no more than two in a day, one at once.
    function test_RevertWhen_MoreThanOnePercentIsLost() public {
        uint128 fair = _strained();
        (, int256 equity) = vault.standing(writer);
        uint256 limit = uint256(equity) / 100;
        // Over five contracts, in stable units of one.
        uint256 dear = fair + limit / 5e12;
        uint256 snapshot = vm.snapshotState();
        vm.expectPartialRevert(IMarginVault.LossTooLarge.selector);
        this.reduceOutside(writer, holder, 5e18, uint128(dear + 10));
        _reduce(writer, holder, 5e18, uint128(dear - 10));

        // What is left of the day's budget is nothing; half a day gives half a percent back.
        (, equity) = vault.standing(writer);
        vm.expectPartialRevert(IMarginVault.LossBudgetExhausted.selector);
        this.reduceOutside(writer, holder, 5e18, uint128(fair + uint256(equity) / 500 / 5e12));
        assertTrue(vm.revertToState(snapshot));
    }
}
