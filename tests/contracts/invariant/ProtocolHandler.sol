// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginVault} from "../../../contracts/MarginVault.sol";
import {OracleHub} from "../../../contracts/OracleHub.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {SignedObservation} from "../../../contracts/types/Observation.sol";
import {BaseTest} from "../BaseTest.sol";
import {MockFeed} from "../mocks/MockFeed.sol";
import {MockToken} from "../mocks/MockToken.sol";

/// @title Everything anyone can do to the protocol, in any order: borrowers, lenders, liquidators, markets, oracle nodes and governance
/// @dev It owns its own deployment. No call reverts: a refusal is caught only where the rules allow that refusal, anything else fails the run. What must
/// hold across one call is checked in `watched`; what must hold at rest is for the invariants.
contract ProtocolHandler is BaseTest {
    uint256 private constant ACCOUNTS = 4;
    /// @dev Of 1e18: the last places of exp and ln.
    uint256 private constant LN_SLACK = 8;

    /// @dev The state before a call.
    struct Watch {
        int256[2] ln;
        uint256 time;
        uint64 epoch;
        uint256 deficit;
        uint256 share;
    }

    bytes32[] private _accountIds;
    MockToken[2] private _tokens;
    MockFeed[2] private _feeds;

    uint256 public lentIn;
    uint256 public lentOut;
    uint256 public donated;

    /// @notice How often each kind of thing happened: a run in which nothing happens proves nothing.
    mapping(string what => uint256 times) public counted;
    mapping(address token => uint256 time) private _modelSetAt;

    function setUp() public override {
        super.setUp();
        lentIn = LENT;
        _tokens = [weth, wbtc];
        _feeds = [wethFeed, wbtcFeed];
        for (uint96 i = 0; i < ACCOUNTS; ++i) {
            _accountIds.push(vault.accountId(i % 2 == 0 ? alice : bob, i));
            _add(_accountIds[i], _tokens[i % 2], i % 2 == 0 ? 100e18 : 5e8);
        }
    }

    // -------------------------------------------------------------------------------------- what the invariants read

    function protocol() external view returns (MarginVault, RiskOracle, OracleHub) {
        return (vault, risk, hub);
    }

    function money() external view returns (MockToken stable, MockToken[2] memory tokens) {
        return (usdc, _tokens);
    }

    function accountIds() external view returns (bytes32[] memory) {
        return _accountIds;
    }

    // ------------------------------------------------------------------------------------------------- across a call

    /// @dev Maintenance drifts no faster than its ramp, epochs do not go back, a share of the lenders does not lose value but by a deficit.
    modifier watched() {
        Watch memory before = _watch();
        _;
        _checkSince(before);
    }

    function _watch() private view returns (Watch memory) {
        return Watch({
            ln: _lnThresholds(),
            time: vm.getBlockTimestamp(),
            epoch: risk.epoch(),
            deficit: vault.totalDeficit(),
            share: vault.convertToAssets(1e24)
        });
    }

    function _checkSince(Watch memory before) private view {
        _checkDrift(before.ln, vm.getBlockTimestamp() - before.time);
        assertGe(risk.epoch(), before.epoch, "an epoch went back");
        assertLe(risk.epoch(), before.epoch + 1, "an epoch was skipped");
        if (vault.totalDeficit() == before.deficit) {
            assertGe(vault.convertToAssets(1e24) + 1, before.share, "a share lost value without a deficit");
        }
    }

    function _checkDrift(int256[2] memory ln, uint256 elapsed) private view {
        int256[2] memory now_ = _lnThresholds();
        for (uint256 i = 0; i < 2; ++i) {
            uint256 rate = risk.boundsOf(address(_tokens[i])).rampPerDay;
            uint256 drift = FixedPointMathLib.dist(ln[i], now_[i]);
            assertLe(drift, rate * elapsed / 1 days + LN_SLACK, "maintenance drifted past its ramp");
        }
    }

    function _lnThresholds() private view returns (int256[2] memory ln) {
        for (uint256 i = 0; i < 2; ++i) {
            ln[i] = FixedPointMathLib.lnWad(int256(risk.factors(address(_tokens[i])).liquidationThreshold));
        }
    }

    // ------------------------------------------------------------------------------------------------------ borrowers

    /// @notice Adding collateral always succeeds.
    function addCollateral(uint256 who, uint256 which, uint256 amount) external watched {
        MockToken token = _tokens[which % 2];
        _add(_pick(who), token, bound(amount, 1, 100 * 10 ** token.decimals()));
        ++counted["addCollateral"];
    }

    /// @notice Repaying always succeeds.
    function repay(uint256 who, uint256 amount) external watched {
        bytes32 account = _pick(who);
        uint256 debt = vault.position(account).debt;
        amount = bound(amount, 1, debt + 10);
        assertEq(_repayFrom(lender, account, amount), amount < debt ? amount : debt);
        assertEq(vault.position(account).debt <= debt, true, "a repayment raised the debt");
        if (debt != 0) ++counted["repay"];
    }

    function borrow(uint256 who, uint256 amount) external watched {
        bytes32 account = _pick(who);
        uint256 cash = vault.cash();
        if (cash == 0) return;
        amount = bound(amount, 1, cash < 2_000_000e6 ? cash : 2_000_000e6);
        address owner = address(uint160(uint256(account) >> 96));
        vm.prank(owner);
        try vault.borrow(account, amount, owner, "") {
            _checkInitial(account);
            ++counted["borrow"];
        } catch (bytes memory refusal) {
            _allowRefusal(refusal);
        }
    }

    /// @notice Borrows all there is room for, so that runs reach the edge.
    function borrowAll(uint256 who) external watched {
        bytes32 account = _pick(who);
        if (!_priced()) return;
        IMarginVault.Valuation memory worth = vault.valuation(account);
        if (worth.borrowCapacity < worth.debt + 1e12) return;
        uint256 amount = FixedPointMathLib.min(_room(account), vault.cash());
        if (amount == 0) return;
        address owner = address(uint160(uint256(account) >> 96));
        vm.prank(owner);
        try vault.borrow(account, amount, owner, "") {
            _checkInitial(account);
            ++counted["borrow"];
        } catch (bytes memory refusal) {
            _allowRefusal(refusal);
        }
    }

    function withdrawCollateral(uint256 who, uint256 which, uint256 amount) external watched {
        bytes32 account = _pick(who);
        uint256 balance = vault.position(account).collateral[which % 2];
        if (balance == 0) return;
        amount = bound(amount, 1, balance);
        address owner = address(uint160(uint256(account) >> 96));
        vm.prank(owner);
        try vault.withdrawCollateral(account, address(_tokens[which % 2]), amount, owner, "") {
            if (vault.position(account).debt != 0) _checkInitial(account);
            ++counted["withdrawCollateral"];
        } catch (bytes memory refusal) {
            _allowRefusal(refusal);
        }
    }

    function _checkInitial(bytes32 account) private view {
        IMarginVault.Valuation memory worth = vault.valuation(account);
        assertGe(worth.borrowCapacity, worth.debt, "new risk outside the initial requirement");
        assertGe(worth.debt, MINIMUM_DEBT * 1e12, "new risk in dust");
        assertGt(vault.health(account), WAD, "new risk is already liquidatable");
        assertLe(vm.getBlockTimestamp() - risk.lastReportAt(), HEARTBEAT, "new risk on an old report");
    }

    /// @dev The refusals that borrowing and withdrawing may meet here; any other is a failure.
    function _allowRefusal(bytes memory refusal) private {
        // casting to 'bytes4' is safe because the selector of an error is its first four bytes
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 reason = bytes4(refusal);
        bool allowed = reason == IMarginVault.InitialRequirementViolated.selector
            || reason == IMarginVault.DebtBelowMinimum.selector || reason == IMarginVault.RiskOracleSilent.selector
            || (!_priced() && reason == IOracleHub.TooFewFeeds.selector);
        assertTrue(allowed, "an unexpected refusal");
        ++counted["refused"];
    }

    // ---------------------------------------------------------------------------------------------------- liquidators

    /// @notice With prices, an account under 1 can always be liquidated, and it then improves, closes, or is emptied.
    function liquidate(uint256 who) external watched {
        bytes32 account = _pick(who);
        if (!_priced()) return;
        uint256 before = vault.health(account);
        if (before >= WAD) return;
        IMarginVault.Valuation memory worth = vault.valuation(account);
        uint256 deficit = vault.totalDeficit();
        IMarginVault.LiquidationPlan memory plan = vault.liquidationPlan(account);

        (uint256 repaid, uint256[] memory seized) = _liquidate(account);
        assertEq(repaid, plan.repay, "not the plan");
        assertEq(seized, plan.seize, "not the plan");
        IMarginVault.Position memory held = vault.position(account);
        if (held.debt == 0) {
            if (worth.collateralValue >= worth.debt) assertEq(vault.totalDeficit(), deficit, "a deficit with cover");
        } else {
            assertGt(vault.health(account), before, "a liquidation made it worse");
            assertGe(vault.health(account) + 1e9, TARGET_HEALTH, "a liquidation stopped short");
        }
        ++counted["liquidate"];
        if (vault.totalDeficit() > deficit) ++counted["deficit"];
    }

    // -------------------------------------------------------------------------------------------------------- lenders

    function lend(uint256 amount) external watched {
        amount = bound(amount, 1, 1_000_000e6);
        lentIn += amount;
        _lend(amount);
        ++counted["lend"];
    }

    function unlend(uint256 shares) external watched {
        uint256 most = vault.maxRedeem(lender);
        if (most == 0) return;
        vm.prank(lender);
        lentOut += vault.redeem(bound(shares, 1, most), lender, lender);
        ++counted["unlend"];
    }

    function donate(uint256 amount) external watched {
        amount = bound(amount, 1, 1_000_000e6);
        donated += amount;
        usdc.mint(address(vault), amount);
    }

    // -------------------------------------------------------------------------------------------------------- markets

    function movePrice(uint256 which, uint256 factor) external watched {
        if (!_priced()) return;
        factor = bound(factor, 0.75e18, 1.3e18);
        uint256 moved = uint256(_answer(_feeds[which % 2])) * factor / WAD;
        _setPrice(_feeds[which % 2], int256(FixedPointMathLib.clamp(moved, 20e8, 900_000e8)));
        ++counted["movePrice"];
    }

    /// @notice Time passes and the feeds keep up.
    function wait(uint256 time) external watched {
        skip(bound(time, 1, 20 hours));
        _keepUp();
    }

    function outage(uint256 which) external watched {
        MockFeed feed = _feeds[which % 2];
        _setDown(feed, !feed.down());
        _keepUp();
    }

    // -------------------------------------------------------------------------------------- oracle nodes and governance

    /// @notice A whole report of honest signers inside the steps, and sometimes a fourth that lies, always goes through.
    function report(uint256 volatility, uint256 slippage, uint64 lie, bool liar) external watched {
        uint256 next = uint256(risk.lastReportAt()) + MIN_INTERVAL;
        if (vm.getBlockTimestamp() < next) {
            vm.warp(next);
            _keepUp();
        }
        (uint64 lowVolatility, uint64 highVolatility) = _volatilityRange();
        (uint64 lowSlippage, uint64 highSlippage) = _slippageRange();
        if (lowVolatility > highVolatility || lowSlippage > highSlippage) return;
        uint64 honest = uint64(bound(volatility, lowVolatility, highVolatility));
        risk.submit(_report(_values(honest, lie, liar), uint64(bound(slippage, lowSlippage, highSlippage))));
        assertEq(risk.stateOf(address(weth)).volatility, honest, "a liar moved the report");
        ++counted["report"];
    }

    function _values(uint64 honest, uint64 lie, bool liar) private pure returns (uint64[] memory values) {
        values = new uint64[](liar ? 4 : 3);
        for (uint256 i = 0; i < values.length; ++i) {
            values[i] = honest;
        }
        if (liar) values[lie % 4] = lie;
    }

    function tighten(uint256 volatility, uint64 lie) external watched {
        (, uint64 high) = _volatilityRange();
        uint64 highest = risk.stateOf(address(weth)).initialVolatility;
        uint64 other = risk.stateOf(address(wbtc)).initialVolatility;
        if (other > highest) highest = other;
        if (high <= highest) return;
        uint64 honest = uint64(bound(volatility, highest + 1, high));
        // The liar may only exaggerate, or there would be nothing to apply.
        uint64 liar = uint64(bound(lie, honest, type(uint64).max));
        (, uint64 slippage) = (0, risk.stateOf(address(weth)).slippage);
        SignedObservation[] memory signed = _report(_list2(honest, liar), slippage);
        risk.tighten(signed);
        assertEq(risk.stateOf(address(weth)).initialVolatility, honest, "a liar tightened alone");
        ++counted["tighten"];
    }

    /// @notice Governance changes the model; maintenance still moves only by the ramp.
    function setModel(uint256 which, uint256 tailMultiplier, uint256 jump) external watched {
        address token = address(_tokens[which % 2]);
        if (vm.getBlockTimestamp() < _modelSetAt[token] + 8 hours) return;
        _modelSetAt[token] = vm.getBlockTimestamp();
        IRiskOracle.AssetBounds memory bounds = risk.boundsOf(token);
        bounds.tailMultiplier = uint64(bound(tailMultiplier, 1e18, 4e18));
        bounds.jump = uint64(bound(jump, 0.05e18, 0.3e18));
        risk.setBounds(token, bounds);
        ++counted["setModel"];
    }

    /// @dev What a report may say of both assets at once.
    function _volatilityRange() private view returns (uint64 low, uint64 high) {
        high = type(uint64).max;
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetBounds memory bounds = risk.boundsOf(address(_tokens[i]));
            uint256 previous = risk.stateOf(address(_tokens[i])).volatility;
            uint256 least = FixedPointMathLib.divUp(previous * (WAD - bounds.loosenStep), WAD);
            uint256 most = previous * (WAD + bounds.tightenStep) / WAD;
            least = FixedPointMathLib.max(least, bounds.volatilityFloor);
            most = FixedPointMathLib.min(most, bounds.volatilityCap);
            low = uint64(FixedPointMathLib.max(low, least));
            high = uint64(FixedPointMathLib.min(high, most));
        }
    }

    function _slippageRange() private view returns (uint64 low, uint64 high) {
        uint256 previous = risk.stateOf(address(weth)).slippage;
        low = uint64(FixedPointMathLib.zeroFloorSub(previous, 0.1e18));
        high = uint64(FixedPointMathLib.min(previous + 0.1e18, 0.3e18));
    }

    // ---------------------------------------------------------------------------------------------------------- picks

    function _pick(uint256 who) private view returns (bytes32) {
        return _accountIds[who % ACCOUNTS];
    }

    /// @dev Every feed that is up answers again at its price.
    function _keepUp() private {
        for (uint256 i = 0; i < 2; ++i) {
            if (!_feeds[i].down()) _setPrice(_feeds[i], _answer(_feeds[i]));
        }
    }

    function _priced() private view returns (bool) {
        return !wethFeed.down() && !wbtcFeed.down();
    }
}
