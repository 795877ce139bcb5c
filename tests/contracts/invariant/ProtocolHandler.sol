// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {IGuardian} from "../../../contracts/interfaces/IGuardian.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {MockToken} from "../mocks/MockToken.sol";
import {CampaignHandler} from "./CampaignHandler.sol";

// casting is safe throughout because figures are drawn inside the types they are cast to
// forge-lint: disable-start(unsafe-typecast)

/// @title Everything that people without options do to the vault, in any order: borrowers, lenders, liquidators, markets, nodes, guardian, governance
contract ProtocolHandler is CampaignHandler {
    uint256 private constant ACCOUNTS = 4;
    uint256 private constant RULE_BUDGET = 0.02e18;

    /// @dev The world before a call, and an account that the call does not concern.
    struct Watch {
        uint256 time;
        uint256 deficit;
        uint256 share;
        bytes32 bystander;
        uint256 debt;
        uint256[] collateral;
    }

    /// @dev An account before its liquidation.
    struct Before {
        uint256 health;
        uint256 pastHealth;
        uint256 debt;
        uint256 value;
        uint256 totalDebt;
        uint256 deficit;
        uint256 reserve;
        bool seizable;
        uint256[] collateral;
    }

    /// @dev A liquidation of an account that was healthy by the rules of the day before.
    struct Draw {
        uint256 at;
        uint256 repaid;
        uint256 limit;
    }

    bytes32[] private _accountIds;
    Draw[] private _draws;
    bytes32 private _touched;
    mapping(bytes32 account => uint256 time) private _fullAt;
    mapping(address token => uint256 time) private _modelSetAt;

    uint256 public lentIn;
    uint256 public lentOut;
    uint256 public donated;

    function setUp() public override {
        super.setUp();
        lentIn = LENT;
        for (uint96 i = 0; i < ACCOUNTS; ++i) {
            _accountIds.push(vault.accountId(i % 2 == 0 ? alice : bob, i));
            _add(_accountIds[i], _tokens[i % 2], i % 2 == 0 ? 100e18 : 5e8);
        }
        usdc.mint(lender, type(uint128).max);
        usdc.mint(liquidator, type(uint128).max);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(i == 0 ? lender : liquidator);
            usdc.approve(address(vault), type(uint256).max);
            risk.setOptionBounds(address(_tokens[i]), _optionBounds());
            risk.setFallback(address(_tokens[i]), IRiskOracle.Fallback(1.2e18, 0.1e18, 1e18));
        }
    }

    function theVault() external view returns (MarginVault) {
        return vault;
    }

    function accountIds() external view returns (bytes32[] memory) {
        return _accountIds;
    }

    /// @notice An account a turn, and until when rule changes alone may not have made it liquidatable.
    function shelteredNow() external view returns (bytes32 account, uint256 until) {
        account = _accountIds[_calls % ACCOUNTS];
        until = _fullAt[account] + 1 days;
    }

    // ------------------------------------------------------------------------------------------------- across a call

    modifier watched() {
        ++_calls;
        Watch memory before = _watch();
        _touched = 0;
        _;
        _checkSince(before);
    }

    function _watch() private view returns (Watch memory before) {
        before.time = vm.getBlockTimestamp();
        before.deficit = vault.totalDeficit();
        before.share = vault.convertToAssets(1e24);
        before.bystander = _accountIds[_calls % ACCOUNTS];
        IMarginVault.Position memory held = vault.position(before.bystander);
        (before.debt, before.collateral) = (held.debt, held.collateral);
    }

    function _checkSince(Watch memory before) private view {
        if (vault.totalDeficit() == before.deficit) {
            assertGe(vault.convertToAssets(1e24) + 1, before.share, "P14: a share lost value without a deficit");
        }
        if (_touched == before.bystander) return;
        IMarginVault.Position memory held = vault.position(before.bystander);
        assertEq(held.collateral, before.collateral, "P17: a bystander's collateral moved");
        if (vm.getBlockTimestamp() == before.time) assertEq(held.debt, before.debt, "P17: a bystander's debt moved");
        else assertGe(held.debt, before.debt, "P17: a bystander's debt fell by time");
    }

    // ------------------------------------------------------------------------------------------------------ borrowers

    /// @notice Adding collateral always succeeds.
    function addCollateral(uint256 who, uint256 which, uint256 amount) external watched {
        MockToken token = _tokens[which % 2];
        _add(_pick(who), token, _bound(amount, 1, 100 * 10 ** token.decimals()));
        ++counted["addCollateral"];
    }

    /// @notice Repaying always succeeds.
    function repay(uint256 who, uint256 amount) external watched {
        bytes32 account = _pick(who);
        uint256 debt = vault.position(account).debt;
        amount = _bound(amount, 1, debt + 10);
        vm.prank(lender);
        uint256 repaid = vault.repay(account, amount);
        assertEq(repaid, FixedPointMathLib.min(amount, debt), "P6: repaid something else");
        if (debt != 0) ++counted["repay"];
    }

    function borrow(uint256 who, uint256 amount) external watched {
        bytes32 account = _pick(who);
        uint256 most = FixedPointMathLib.min(vault.cash(), 500_000e6);
        if (most != 0) _tryBorrow(account, _bound(amount, 1, most));
    }

    /// @notice Borrows all there is room for, so that runs reach the edge.
    function borrowAll(uint256 who) external watched {
        bytes32 account = _pick(who);
        IMarginVault.Valuation memory worth = vault.valuation(account);
        // But for a few units, which debt may be rounded up by.
        if (worth.borrowCapacity < worth.debt + 4e12) return;
        uint256 amount = FixedPointMathLib.min((worth.borrowCapacity - worth.debt) / 1e12 - 3, vault.cash());
        if (amount != 0) _tryBorrow(account, amount);
    }

    function _tryBorrow(bytes32 account, uint256 amount) private {
        address owner = _ownerOf(account);
        vm.prank(owner);
        try vault.borrow(account, amount, owner, "") {
            _checkNewRisk(account);
            if (_priced()) _fullAt[account] = vm.getBlockTimestamp();
            ++counted["borrow"];
        } catch (bytes memory refusal) {
            _allowRefusalOfRisk(account, refusal);
        }
    }

    /// @notice Without debt nothing holds collateral back; with debt the initial requirement does.
    function withdrawCollateral(uint256 who, uint256 which, uint256 amount) external watched {
        bytes32 account = _pick(who);
        IMarginVault.Position memory held = vault.position(account);
        uint256 balance = held.collateral[which % 2];
        if (balance == 0) return;
        amount = _bound(amount, 1, balance);
        address owner = _ownerOf(account);
        vm.prank(owner);
        try vault.withdrawCollateral(account, address(_tokens[which % 2]), amount, owner, "") {
            if (held.debt != 0) _checkNewRisk(account);
            ++counted["withdrawCollateral"];
        } catch (bytes memory refusal) {
            assertGt(held.debt, 0, "P18: collateral of an account without debt is held back");
            _allowRefusalOfRisk(account, refusal);
        }
    }

    function _checkNewRisk(bytes32 account) private view {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        assertGe(worth.borrowCapacity, worth.debt, "P7: new risk outside the initial requirement");
        assertGe(worth.debt, MINIMUM_DEBT * 1e12, "P7: new risk in dust");
        if (_priced()) assertGt(vault.health(account), WAD, "P7: new risk is already liquidatable");
        assertLe(vm.getBlockTimestamp() - risk.lastReportAt(), SILENCE_LIMIT, "P8: new risk on a dead oracle");
        assertLe(guardian.newRiskBlockedUntil(), vm.getBlockTimestamp(), "P8: new risk in spite of the guardian");
    }

    /// @dev The refusals that borrowing and withdrawing may meet here, each only where its cause is.
    function _allowRefusalOfRisk(bytes32, bytes memory refusal) private {
        bytes4 name = _nameOf(refusal);
        bool stopped = guardian.newRiskBlockedUntil() > vm.getBlockTimestamp();
        bool dead = vm.getBlockTimestamp() - risk.lastReportAt() > SILENCE_LIMIT;
        bool allowed = name == IMarginVault.InitialRequirementViolated.selector
            || name == IMarginVault.DebtBelowMinimum.selector
            || (dead && name == IMarginVault.RiskOracleSilent.selector)
            || (stopped && name == IGuardian.NewRiskStopped.selector);
        _allowOnly(allowed, "P8", refusal);
    }

    // ---------------------------------------------------------------------------------------------------- liquidators

    /// @notice Prices fall until an account is a little or a lot under 1, and it is liquidated.
    function crash(uint256 who, uint256 depth) external watched {
        bytes32 account = _pick(who);
        uint256 health = vault.health(account);
        if (!_priced() || health > 3e18) return;
        depth = depth % 3 == 0 ? _bound(depth, 0.6e18, 0.98e18) : _bound(depth, 0.98e18, 0.999e18);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 fallen = _answerOf(_tokens[i]) * depth / health;
            _setPriceOf(_tokens[i], FixedPointMathLib.clamp(fallen, 100e8, 600_000e8));
        }
        ++counted["crash"];
        _liquidateNow(account);
    }

    /// @notice An account under 1 whose collateral has prices, and which no rule of the day protects, can always be liquidated.
    function liquidate(uint256 who) external watched {
        _liquidateNow(_pick(who));
    }

    function _liquidateNow(bytes32 account) private {
        Before memory before = _before(account);
        if (before.health >= WAD) return;
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(account);
        vm.prank(liquidator);
        try vault.liquidate(account, _anything(), "") returns (uint256 repaid, uint256[] memory seized) {
            assertEq(repaid, plan.repay, "P9: not the plan");
            assertEq(seized, plan.seize, "P9: not the plan");
            _checkLiquidated(account, before, repaid, seized);
            _checkRuleBudget(before, repaid);
            ++counted["liquidate"];
        } catch (bytes memory refusal) {
            bytes4 name = _nameOf(refusal);
            bool allowed = (before.pastHealth >= WAD && name == IMarginVault.RuleBudgetExhausted.selector)
                || (!before.seizable
                    && (name == IMarginVault.NothingSeizable.selector
                        || name == IMarginVault.LiquidationDidNotImprove.selector));
            _allowOnly(allowed, "P10", refusal);
            ++counted["liquidationRefused"];
        }
    }

    function _before(bytes32 account) private view returns (Before memory before) {
        before.health = vault.health(account);
        if (before.health >= WAD) return before;
        IMarginVault.Position memory held = vault.position(account);
        (before.debt, before.collateral) = (held.debt, held.collateral);
        before.seizable = true;
        uint256 pastCapacity = 0;
        for (uint256 i = 0; i < 2; ++i) {
            address token = address(_tokens[i]);
            if (held.collateral[i] == 0) continue;
            if (_isDown[_tokens[i]] || guardian.liquidationBlockedUntil(token) > vm.getBlockTimestamp()) {
                before.seizable = false;
            }
            uint256 value = _valueOf(i, held.collateral[i]);
            before.value += value;
            (uint256 threshold,) = risk.pastFactors(token);
            pastCapacity += value * threshold / WAD;
        }
        before.pastHealth = pastCapacity * WAD / (before.debt * 1e12);
        before.totalDebt = vault.totalDebt();
        before.deficit = vault.totalDeficit();
        before.reserve = vault.books().reserve;
    }

    /// @dev At the price, or at the largest that a feed which is down could say.
    function _valueOf(uint256 which, uint256 amount) private view returns (uint256) {
        uint256 price = _isDown[_tokens[which]] ? 1e24 : _answerOf(_tokens[which]) * 1e10;
        return amount * price / 10 ** _tokens[which].decimals();
    }

    function _checkLiquidated(bytes32 account, Before memory before, uint256 repaid, uint256[] memory seized) private {
        IMarginVault.Position memory held = vault.position(account);
        uint256 taken = 0;
        for (uint256 i = 0; i < 2; ++i) {
            taken += _valueOf(i, seized[i]);
            assertEq(held.collateral[i], before.collateral[i] - seized[i], "P9: seized and gone are two numbers");
        }
        uint256 spare = FixedPointMathLib.zeroFloorSub(before.value, before.debt * 1e12);
        assertLe(taken, repaid * 1e12 + spare + 1e12, "P12: a liquidator got more than the account owned");

        if (held.debt == 0) {
            if (before.value >= before.debt * 1e12 && before.seizable) {
                assertEq(vault.totalDeficit(), before.deficit, "P12: a deficit with cover");
            }
        } else {
            uint256 health = vault.health(account);
            if (_seizableLeft(held.collateral)) assertGt(health, before.health, "P10: a liquidation made it worse");
            if (before.seizable) assertGe(health + 1e9, TARGET_HEALTH, "P10: a liquidation stopped short");
            if (before.seizable) assertGe(held.debt, MINIMUM_DEBT, "P11: a liquidation left dust");
        }
        _checkOrderOfLosses(before);
    }

    /// @dev Whether any collateral that is left could be seized.
    function _seizableLeft(uint256[] memory held) private view returns (bool) {
        for (uint256 i = 0; i < 2; ++i) {
            bool stopped = guardian.liquidationBlockedUntil(address(_tokens[i])) > vm.getBlockTimestamp();
            if (held[i] != 0 && !_isDown[_tokens[i]] && !stopped) return true;
        }
        return false;
    }

    function _checkOrderOfLosses(Before memory before) private {
        uint256 reserve = vault.books().reserve;
        if (reserve < before.reserve) {
            assertEq(insurance.balance(), 0, "P13: the reserve paid before the insurance");
            ++counted["reserve"];
        }
        if (vault.totalDeficit() > before.deficit) {
            assertEq(insurance.balance(), 0, "P13: lenders paid before the insurance");
            assertEq(reserve, 0, "P13: lenders paid before the reserve");
            ++counted["deficit"];
        }
    }

    /// @dev Naive: all such liquidations of a day, summed.
    function _checkRuleBudget(Before memory before, uint256 repaid) private {
        if (before.pastHealth < WAD) return;
        uint256 time = vm.getBlockTimestamp();
        _draws.push(Draw(time, repaid, before.totalDebt * RULE_BUDGET / WAD));
        (uint256 sum, uint256 limit) = (0, 0);
        for (uint256 i = _draws.length; i > 0 && _draws[i - 1].at + 1 days >= time; --i) {
            sum += _draws[i - 1].repaid;
            limit = FixedPointMathLib.max(limit, _draws[i - 1].limit);
        }
        assertLe(sum, limit, "P15: a change of rules liquidated more than its budget");
        ++counted["ruleBudget"];
    }

    // -------------------------------------------------------------------------------------------------------- lenders

    function lend(uint256 amount) external watched {
        amount = _bound(amount, 1, 1_000_000e6);
        lentIn += amount;
        vm.prank(lender);
        vault.deposit(amount, lender);
        ++counted["lend"];
    }

    function unlend(uint256 shares) external watched {
        uint256 most = vault.maxRedeem(lender);
        if (most == 0) return;
        vm.prank(lender);
        lentOut += vault.redeem(_bound(shares, 1, most), lender, lender);
        ++counted["unlend"];
    }

    function donate(uint256 amount) external watched {
        amount = _bound(amount, 1, 1_000_000e6);
        donated += amount;
        usdc.mint(address(vault), amount);
        ++counted["donate"];
    }

    function insure(uint256 amount) external watched {
        usdc.mint(address(insurance), _bound(amount, 1, 20_000e6));
        ++counted["insure"];
    }

    // ------------------------------------------------------------------------------------------------------- markets

    function movePrice(uint256 which, uint256 factor) external watched {
        MockToken token = _tokens[which % 2];
        uint256 moved = _answerOf(token) * _bound(factor, 0.75e18, 1.3e18) / WAD;
        _setPriceOf(token, FixedPointMathLib.clamp(moved, 100e8, 600_000e8));
        ++counted["movePrice"];
    }

    function _setPriceOf(MockToken token, uint256 answer) private {
        _setAnswer(token, answer);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            delete _fullAt[_accountIds[i]];
        }
    }

    function outage(uint256 which) external watched {
        MockToken token = _tokens[which % 2];
        if (_isDown[token] || which % 8 < 2) {
            _setTokenDown(token, !_isDown[token]);
            ++counted["outage"];
        } else {
            _setTokenDown(weth, false);
            _setTokenDown(wbtc, false);
        }
    }

    /// @notice Time passes; where LT has arrived, silence leaves what an account may owe as it was.
    function wait(uint256 time) external watched {
        bytes32 account = _accountIds[(_calls + 1) % ACCOUNTS];
        uint256[2] memory before = _thresholds();
        uint256 capacity = vault.valuation(account).liquidationCapacity;
        skip(_bound(time, 1, 20 hours));
        uint256[2] memory current = _thresholds();
        if (before[0] == current[0] && before[1] == current[1]) {
            assertEq(vault.valuation(account).liquidationCapacity, capacity, "P20: silence moved maintenance");
        }
        ++counted["wait"];
    }

    function _thresholds() private view returns (uint256[2] memory values) {
        for (uint256 i = 0; i < 2; ++i) {
            values[i] = risk.factors(address(_tokens[i])).liquidationThreshold;
        }
    }

    // ------------------------------------------------------------------------------------ nodes, guardian, governance

    /// @notice A whole report inside the steps.
    function report(uint256 volatility, uint256 slippage) external watched {
        uint256 next = uint256(risk.lastReportAt()) + MIN_INTERVAL;
        if (vm.getBlockTimestamp() < next) vm.warp(next);
        (uint64 low, uint64 high) = _volatilityRange();
        uint256 previous = risk.stateOf(address(weth)).slippage;
        uint256 least = FixedPointMathLib.zeroFloorSub(previous, 0.1e18);
        uint256 most = FixedPointMathLib.min(previous + 0.1e18, 0.3e18);
        risk.submit(_agreed(3, uint64(_bound(volatility, low, high)), uint64(_bound(slippage, least, most))));
        ++counted["report"];
    }

    /// @dev Both assets are reported alike, so what the one allows the other does.
    function _volatilityRange() private view returns (uint64 low, uint64 high) {
        uint256 previous = risk.stateOf(address(weth)).volatility;
        low = uint64(FixedPointMathLib.max(FixedPointMathLib.divUp(previous * 0.9e18, WAD), 0.35e18));
        high = uint64(FixedPointMathLib.min(previous * 2, 4e18));
    }

    function setModel(uint256 which, uint256 tailMultiplier, uint256 jump) external watched {
        address token = address(_tokens[which % 2]);
        if (vm.getBlockTimestamp() < _modelSetAt[token] + 8 hours) return;
        _modelSetAt[token] = vm.getBlockTimestamp();
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(token);
        bounds.tailMultiplier = uint64(_bound(tailMultiplier, 1e18, 4e18));
        bounds.jump = uint64(_bound(jump, 0.05e18, 0.3e18));
        risk.setBounds(token, bounds);
        ++counted["setModel"];
    }

    /// @notice The guardian stops what it has an allowance for.
    function stop(uint256 level, uint256 which, uint256 duration) external watched {
        IGuardian.Level raised = IGuardian.Level(1 + level % 3);
        address asset = raised == IGuardian.Level.Liquidation ? address(_tokens[which % 2]) : address(0);
        uint256 running =
            raised == IGuardian.Level.NewRisk ? 0 : guardian.liquidationBlockedUntil(address(_tokens[which % 2]));
        running = FixedPointMathLib.max(running, guardian.newRiskBlockedUntil());
        uint256 left = guardian.allowanceLeft(raised, asset);
        if (running > vm.getBlockTimestamp() || left == 0) return;
        guardian.raise(raised, asset, uint64(_bound(duration, 1, FixedPointMathLib.min(left, 8 hours))));
        ++counted["stop"];
    }

    // ------------------------------------------------------------------------------------------------------- the end

    /// @notice Every kind of thing happens once more, from whatever state; then everybody leaves.
    function finish() external {
        _calm();
        this.stop(0, 0, 1 hours);
        skip(9 days);
        this.report(0.7e18, 0.03e18);
        this.setModel(0, 2.8e18, 0.15e18);
        this.lend(5_000_000e6);
        this.insure(1e6);
        this.donate(1);
        this.addCollateral(1, 1, 1);
        this.outage(1);
        this.outage(1);
        this.crash(1, 0);
        _fall();
        _leave();
    }

    /// @dev Prices as at the start, and none missing.
    function _calm() private {
        for (uint256 i = 0; i < 2; ++i) {
            _setTokenDown(_tokens[i], false);
            _setPriceOf(_tokens[i], i == 0 ? 3000e8 : 60_000e8);
        }
    }

    /// @dev A full loan, a fall that liquidates a part of it, and a fall that leaves a loss.
    function _fall() private {
        bytes32 account = _accountIds[0];
        this.repay(0, type(uint256).max);
        vm.prank(lender);
        vault.repay(account, type(uint256).max);
        _add(account, weth, 1000e18);
        this.withdrawCollateral(0, 0, 1);
        this.borrowAll(0);
        assertGt(vault.position(account).debt, MINIMUM_DEBT, "P8: a new loan is refused");
        this.wait(20 hours);
        this.repay(0, 1);
        while (vault.health(account) >= WAD) {
            _setPriceOf(weth, _answerOf(weth) * 97 / 100);
            _setPriceOf(wbtc, _answerOf(wbtc) * 97 / 100);
        }
        // Far enough for the rules of the day before, too.
        while (_before(account).pastHealth >= WAD) {
            _setPriceOf(weth, _answerOf(weth) * 97 / 100);
            _setPriceOf(wbtc, _answerOf(wbtc) * 97 / 100);
        }
        this.liquidate(0);
        _setPriceOf(weth, _answerOf(weth) / 20);
        _setPriceOf(wbtc, _answerOf(wbtc) / 20);
        this.liquidate(0);
        assertEq(vault.position(account).debt, 0, "P10: an account under water is not closed");
        assertEq(vault.position(account).collateral, new uint256[](2), "P10: an account under water is not emptied");
        this.movePrice(0, WAD);
        this.wait(1 hours);
    }

    function _leave() private {
        _calm();
        skip(9 days);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            bytes32 account = _accountIds[i];
            vm.prank(lender);
            vault.repay(account, type(uint256).max);
            uint256[] memory held = vault.position(account).collateral;
            for (uint256 k = 0; k < 2; ++k) {
                if (held[k] == 0) continue;
                vm.prank(_ownerOf(account));
                vault.withdrawCollateral(account, address(_tokens[k]), held[k], alice, "");
            }
        }
        uint256 shares = vault.maxRedeem(lender);
        uint256 kept = vault.convertToAssets(vault.balanceOf(lender) - shares);
        assertLe(kept, 1, "P19: a lender is kept");
        vm.prank(lender);
        lentOut += vault.redeem(shares, lender, lender);
        ++counted["unlend"];
        assertLe(vault.totalAssets(), 10, "P19: something of the lenders' is left");
        assertEq(vault.totalDebt(), 0, "P19: debt is left");
        for (uint256 k = 0; k < 2; ++k) {
            assertEq(_tokens[k].balanceOf(address(vault)), 0, "P19: collateral is left");
        }
    }

    function _pick(uint256 who) private returns (bytes32 account) {
        account = _accountIds[who % ACCOUNTS];
        _touched = account;
    }
}

// forge-lint: disable-end(unsafe-typecast)
