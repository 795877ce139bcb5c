// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {ILiquidationCallback} from "../../contracts/interfaces/ILiquidationCallback.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {LiquidationLimits} from "../../contracts/types/LiquidationLimits.sol";
import {BaseTest} from "./BaseTest.sol";
import {MockFeed} from "./mocks/MockFeed.sol";
import {MockToken} from "./mocks/MockToken.sol";
import {CallbackToken} from "./mocks/HostileTokens.sol";

// casting is safe throughout because tests draw figures far inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Who bears what a liquidation does not bring, what cannot be seized, and what a liquidator can do in the middle
contract LossesTest is BaseTest {
    MockToken private dead;
    MockFeed private deadFeed;

    function setUp() public override {
        super.setUp();
        dead = new MockToken("Dead", "DEAD", 18);
        deadFeed = _newFeeds(8, "DEAD / USD", 10e8);
        _list(address(dead), deadFeed, 18, 0.35e18, 0.021309e18);
        _add(aliceAccount, weth, 10e18);
        _borrow(aliceAccount, 20_000e6);
    }

    function liquidateOutside(bytes32 account) external {
        _liquidate(account);
    }

    // ------------------------------------------------------------------------------------------- insurance first

    /// @dev A loss of 5,000: insurance, then reserve, then lenders, each as far as it goes.
    function test_WriteOff_InsuranceThenReserveThenLenders() public {
        bytes32 other = vault.accountId(bob, 1);
        _add(other, wbtc, 100e8);
        _borrow(other, 4_000_000e6);
        _wait(365 days);
        uint256 reserve = vault.books().reserve;
        assertGt(reserve, 1000e6);
        uint256 debt = vault.position(aliceAccount).debt;
        _setPrice(wethFeed, 1500e8);
        // Shares of debt are burnt rounded down, so that one unit more is left.
        uint256 lost = debt + 1 - 15_000e6;
        uint256 insured = lost - reserve / 2;
        uint256 snapshot = vm.snapshotState();

        // Enough with half of the reserve.
        usdc.mint(address(insurance), insured);
        uint256 assets = vault.totalAssets();
        _liquidateLosing(lost, insured, lost - insured, 0);
        assertApproxEqAbs(vault.totalAssets(), assets, 2);
        assertEq(vault.books().reserve, reserve - (lost - insured));
        assertEq(vault.totalDeficit(), 0);
        vm.revertToState(snapshot);

        // Nothing but the reserve, then lenders.
        _drainReserveTo(lost);
        _assertBooks();
    }

    function _drainReserveTo(uint256 lost) private {
        uint256 reserve = vault.books().reserve;
        uint256 assets = vault.totalAssets();
        uint256 reserved = reserve < lost ? reserve : lost;
        _liquidateLosing(lost, 0, reserved, lost - reserved);
        assertEq(vault.totalDeficit(), lost - reserved);
        assertApproxEqAbs(vault.totalAssets(), assets - (lost - reserved), 2);
        assertEq(vault.books().reserve, reserve - reserved);
    }

    function _liquidateLosing(uint256 lost, uint256 insured, uint256 reserved, uint256 borne) private {
        usdc.mint(liquidator, 15_000e6);
        LiquidationLimits memory limits = LiquidationLimits(type(uint256).max, new uint256[](3), vm.getBlockTimestamp());
        vm.startPrank(liquidator);
        usdc.approve(address(vault), 15_000e6);
        vm.expectEmit(address(vault));
        emit IMarginVault.DeficitRealised(aliceAccount, lost, insured, reserved, borne);
        vault.liquidate(aliceAccount, limits, "");
        vm.stopPrank();
    }

    function _assertBooks() private view {
        IMarginVault.Books memory books = vault.books();
        assertApproxEqAbs(
            books.cash + books.debt + books.optionDeficit,
            vault.totalAssets() + books.credit + books.unsettled + books.reserve,
            2
        );
    }

    // --------------------------------------------------------------------------------------- what cannot be seized

    /// @dev Collateral without a price counts at the largest its feed could say: a price of 1e6 for one token here.
    function test_F19_Unpriced_NothingForInitial_TheMostForMaintenance() public {
        _add(aliceAccount, dead, 1e18);
        IMarginVault.Valuation memory before = vault.valuation(aliceAccount);
        _setDown(deadFeed, true);
        IMarginVault.Valuation memory worth = vault.valuation(aliceAccount);
        uint256 threshold = risk.factors(address(dead)).liquidationThreshold;
        uint256 factor = risk.factors(address(dead)).borrowFactor;
        assertEq(worth.borrowCapacity, before.borrowCapacity - 10 * factor);
        assertEq(
            worth.liquidationCapacity,
            before.liquidationCapacity - 10 * threshold + hub.maxPriceOf(address(dead)) * threshold / WAD
        );
        (, int256 equity) = vault.standing(aliceAccount);
        assertEq(equity, 10_000e18, "and nothing for equity");
    }

    /// @dev With nothing that may be seized there is nothing to do, at both sides: the last unit of what may be, and none.
    function test_RevertWhen_NothingCanBeSeized() public {
        _add(aliceAccount, dead, 1);
        _setPrice(wethFeed, 1500e8);
        _setDown(deadFeed, true);
        guardian.raise(IGuardian.Level.Liquidation, address(weth), 1 hours);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingSeizable.selector, aliceAccount));
        this.liquidateOutside(aliceAccount);
        _wait(1 hours);
        _setDown(deadFeed, true);
        _liquidate(aliceAccount);
        assertEq(vault.position(aliceAccount).collateral[0], 0);
    }

    /// @dev Deep under water, a unit of a token with a dead feed does not hold the rest back, though health falls as the rest goes. The debt
    /// stays until somebody knows what the unit is worth; then it is realised.
    function test_Liquidate_UnpricedDust_SheltersNothing() public {
        _add(aliceAccount, dead, 1);
        _setDown(deadFeed, true);
        _setPrice(wethFeed, 1500e8);
        uint256 before = vault.health(aliceAccount);
        uint256 assets = vault.totalAssets();
        (uint256 repaid, uint256[] memory seized) = _liquidate(aliceAccount);
        assertEq(seized[0], 10e18);
        assertEq(seized[2], 0);
        assertLt(vault.health(aliceAccount), before);
        assertEq(vault.position(aliceAccount).debt, 20_000e6 - repaid);
        assertEq(vault.totalDeficit(), 0);
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingSeizable.selector, aliceAccount));
        this.liquidateOutside(aliceAccount);

        _setDown(deadFeed, false);
        (uint256 rest,) = _liquidate(aliceAccount);
        assertEq(vault.position(aliceAccount).debt, 0);
        assertEq(vault.totalDeficit(), 20_000e6 - repaid - rest);
        assertApproxEqAbs(vault.totalAssets(), assets - vault.totalDeficit(), 2);
    }

    /// @dev A stop of one collateral leaves the other to be seized.
    function test_Liquidate_OneCollateralStopped_OtherGoes() public {
        _add(aliceAccount, wbtc, 0.01e8);
        _setPrice(wethFeed, 2400e8);
        guardian.raise(IGuardian.Level.Liquidation, address(weth), 1 hours);
        (, uint256[] memory seized) = _liquidate(aliceAccount);
        assertEq(seized[0], 0);
        assertEq(seized[1], 0.01e8);
    }

    /// @dev In the repay window a collateral counts at its price and is not seized; repaying works.
    function test_RevertWhen_InTheRepayWindow() public {
        _setDown(wethFeed, true);
        hub.markOutage(address(weth));
        skip(15 minutes);
        hub.markOutage(address(weth));
        _setDown(wethFeed, false);
        _setPrice(wethFeed, 2500e8);
        assertLt(vault.health(aliceAccount), WAD, "it counts at its price");
        vm.expectRevert(abi.encodeWithSelector(IMarginVault.NothingSeizable.selector, aliceAccount));
        this.liquidateOutside(aliceAccount);
        uint256 snapshot = vm.snapshotState();
        _repayFrom(alice, aliceAccount, 5000e6);
        assertGe(vault.health(aliceAccount), WAD);
        vm.revertToState(snapshot);
        skip(1 hours - 1);
        _setPrice(wethFeed, 2500e8);
        vm.expectPartialRevert(IMarginVault.NothingSeizable.selector);
        this.liquidateOutside(aliceAccount);
        skip(1);
        _liquidate(aliceAccount);
    }

    // ---------------------------------------------------------------------------------------------- the callback

    function test_Liquidate_Callback_HasTheCollateralBeforeItPays() public {
        _setPrice(wethFeed, 2500e8);
        Borrower helper = new Borrower(vault, usdc);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        helper.liquidate(aliceAccount, abi.encode(uint256(0)));
        assertEq(helper.seen(), plan.seize[0]);
        assertEq(helper.repaid(), plan.repay);
        assertEq(usdc.balanceOf(address(helper)), 0);
        assertFalse(helper.reentered());
    }

    /// @dev In the middle of it nothing of the vault that moves value can be called, and a share has its price.
    function test_RevertWhen_CallbackReenters() public {
        _setPrice(wethFeed, 2500e8);
        Borrower helper = new Borrower(vault, usdc);
        uint256 share = vault.convertToAssets(1e12);
        helper.liquidate(aliceAccount, abi.encode(uint256(1)));
        assertEq(helper.refusals(), 8, "every entry refuses");
        assertEq(helper.share(), share);
        assertEq(vault.convertToAssets(1e12), share);
    }

    function test_RevertWhen_CallbackDoesNotPay() public {
        _setPrice(wethFeed, 2500e8);
        Borrower helper = new Borrower(vault, usdc);
        vm.expectRevert();
        helper.liquidate(aliceAccount, abi.encode(uint256(2)));
        assertEq(vault.position(aliceAccount).collateral[0], 10e18);
    }

    /// @dev A collateral that calls back while it is seized finds the guard.
    function test_RevertWhen_SeizedTokenCallsBack() public {
        CallbackToken hostile = new CallbackToken("HOST", 18);
        _list(address(hostile), _newFeeds(8, "HOST / USD", 3000e8), 18, 0.35e18, 0.021309e18);
        bytes32 account = vault.accountId(bob, 1);
        _add(account, hostile, 10e18);
        _borrow(account, 20_000e6);
        _wait(1);
        bytes memory call = abi.encodeCall(
            vault.liquidate, (account, LiquidationLimits(type(uint256).max, new uint256[](4), block.timestamp), "")
        );
        hostile.arm(address(vault), call);
        IMarginVault.LiquidationPlan memory plan;
        _hostilePrice(hostile, 2500e8);
        plan = vault.liquidationPlan(account);
        (uint256 repaid,) = _liquidate(account);
        assertEq(repaid, plan.repay);
        assertFalse(hostile.succeeded());
        assertEq(bytes4(hostile.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
    }

    function _hostilePrice(MockToken token, int256 answer) private {
        _setPrice(MockFeed(hub.feedsOf(address(token)).feeds[0].aggregator), answer);
    }

    // ------------------------------------------------------------------------------------- decimals of all kinds

    /// @dev Whatever the decimals of stable and collateral, the plan is what is executed, nothing is made, and the loss is exact.
    function test_Liquidate_Decimals_PlanIsWhatHappens() public {
        uint8[2] memory stables = [6, 18];
        uint8[4] memory tokens = [0, 6, 18, 24];
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                uint256 snapshot = vm.snapshotState();
                _checkDecimals(stables[i], tokens[j], 8000e8);
                vm.revertToState(snapshot);
                snapshot = vm.snapshotState();
                _checkDecimals(stables[i], tokens[j], 5000e8);
                vm.revertToState(snapshot);
            }
        }
    }

    function _checkDecimals(uint8 stableDecimals, uint8 decimals, int256 answer) private {
        usdc = new MockToken("Stable", "STB", stableDecimals);
        uint256 unit = 10 ** stableDecimals;
        vault = _newVault(usdc, TARGET_HEALTH, 100 * unit);
        _lend(10_000_000 * unit);
        MockToken token = new MockToken("Token", "TKN", decimals);
        MockFeed feed = _newFeeds(8, "TKN / USD", 10_000e8);
        _list(address(token), feed, decimals, 0.35e18, 0.021309e18);
        _add(aliceAccount, token, 10 * 10 ** decimals);
        _borrow(aliceAccount, 65_000 * unit);
        _setPrice(feed, answer);
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(aliceAccount);
        assertLt(plan.healthBefore, WAD);
        uint256 assets = vault.totalAssets();
        (uint256 repaid, uint256[] memory seized) = _liquidate(aliceAccount);
        assertEq(repaid, plan.repay);
        assertEq(seized, plan.seize);
        uint256 value = seized[0] * uint256(answer) * 1e10 / 10 ** decimals;
        assertLe(value, repaid * (1e18 / unit) * 1.05e18 / WAD, "more than the bonus");
        uint256 left = vault.position(aliceAccount).debt;
        assertEq(left + repaid + vault.totalDeficit(), 65_000 * unit);
        assertEq(vault.totalAssets(), assets - vault.totalDeficit());
        if (left != 0) assertGe(vault.health(aliceAccount), TARGET_HEALTH);
        else if (answer == 5000e8) assertEq(vault.totalDeficit(), 15_000 * unit);
    }
}

/// @dev A liquidator without money, which gets it in the callback.
contract Borrower is ILiquidationCallback {
    IMarginVault private immutable _vault;
    MockToken private immutable _stable;
    uint256 public seen;
    uint256 public repaid;
    uint256 public refusals;
    uint256 public share;
    bool public reentered;

    constructor(IMarginVault vault, MockToken stable) {
        (_vault, _stable) = (vault, stable);
    }

    function liquidate(bytes32 account, bytes calldata data) external {
        uint256[] memory least = new uint256[](_vault.collaterals().length);
        _vault.liquidate(account, LiquidationLimits(type(uint256).max, least, block.timestamp), data);
    }

    function onLiquidation(
        bytes32 account,
        uint256 repay,
        address[] calldata tokens,
        uint256[] calldata,
        bytes calldata data
    ) external {
        seen = MockToken(tokens[0]).balanceOf(address(this));
        repaid = repay;
        uint256 kind = abi.decode(data, (uint256));
        if (kind == 2) return;
        if (kind == 1) _reenter(account, tokens[0]);
        _stable.mint(address(this), repay);
        _stable.approve(address(_vault), repay);
    }

    function _reenter(bytes32 account, address token) private {
        LiquidationLimits memory limits = LiquidationLimits(type(uint256).max, new uint256[](3), block.timestamp);
        IMarginVault.LienLimits memory lien;
        IMarginVault.PortfolioLimits memory portfolio;
        _try(abi.encodeCall(_vault.liquidate, (account, limits, "")));
        _try(abi.encodeCall(_vault.liquidateLien, (account, lien)));
        _try(abi.encodeCall(_vault.liquidatePortfolio, (account, account, portfolio)));
        _try(abi.encodeCall(_vault.repay, (account, 1)));
        _try(abi.encodeCall(_vault.borrow, (account, 1, address(this), "")));
        _try(abi.encodeCall(_vault.addCollateral, (account, token, 1)));
        _try(abi.encodeCall(_vault.withdrawCollateral, (account, token, 1, address(this), "")));
        _stable.mint(address(this), 100);
        _stable.approve(address(_vault), 100);
        _try(abi.encodeCall(IERC4626.deposit, (100, address(this))));
        share = IERC4626(address(_vault)).convertToAssets(1e12);
    }

    function _try(bytes memory call) private {
        (bool succeeded, bytes memory answer) = address(_vault).call(call);
        if (succeeded) reentered = true;
        else if (bytes4(answer) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector) ++refusals;
    }
}
