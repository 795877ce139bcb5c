// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {FlashLiquidator} from "../../../contracts/FlashLiquidator.sol";
import {MarginVault} from "../../../contracts/MarginVault.sol";
import {IMarginVault} from "../../../contracts/interfaces/IMarginVault.sol";
import {SwapMandate, TopUpMandate} from "../../../contracts/types/Defence.sol";
import {BaseTest} from "../BaseTest.sol";
import {MockToken} from "../mocks/MockToken.sol";

/// @title The whole protocol beside three real pools, somebody who moves them around every action, and an onlooker's books of losses
/// @dev Accounts: Alice's first has mandates, her second is its source, Bob's allows nobody anything.
abstract contract DefenceWorld is BaseTest {
    /// @dev So much at a time, and the limit that held then.
    struct Entry {
        uint64 time;
        uint256 amount;
        uint256 limit;
    }

    /// @dev An account at one moment, at the oracle's prices.
    struct Shot {
        uint256 health;
        int256 equity;
        IMarginVault.Position position;
    }

    uint256 internal constant ACCOUNTS = 3;
    uint32 internal constant WINDOW = 1 days;
    uint256 internal constant LOSS_BUDGET = 0.015e18;
    uint96 internal constant TIP = 2e6;

    FlashLiquidator internal flash;
    MockToken[3] internal tokens;
    bytes32[3] internal holders;
    address internal keeper = makeAddr("keeper");
    address internal attacker = makeAddr("attacker");
    mapping(string what => uint256 times) public counted;
    mapping(bytes32 account => Entry[]) internal _dailyLosses;
    mapping(bytes32 account => Entry[]) internal _mandateLosses;
    mapping(uint256 index => Entry[]) internal _toppedUp;

    function setUp() public virtual override {
        super.setUp();
        flash = new FlashLiquidator(vault, venue);
        tokens = [weth, wbtc, usdc];
        _newPool(weth, 10_000e18, usdc, 30_000_000e6, LOW_FEE);
        _newPool(weth, 10_000e18, wbtc, 500e8, LOW_FEE);
        _newPool(wbtc, 500e8, usdc, 30_000_000e6, LOW_FEE);
        holders = [aliceAccount, vault.accountId(alice, 2), vault.accountId(bob, 1)];
        for (uint256 who = 0; who < ACCOUNTS; ++who) {
            _add(holders[who], weth, 20e18);
            _add(holders[who], wbtc, 0.5e8);
        }
        vm.startPrank(alice);
        usdc.approve(address(vault), type(uint256).max);
        weth.approve(address(vault), type(uint256).max);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------------------------------------------- mandates

    function _swapMandate() internal view returns (SwapMandate memory) {
        return SwapMandate({
            triggerHealth: 1.1e18,
            targetHealth: 1.15e18,
            maxSlippage: 0.01e18,
            // Test values are far under the limit of the type.
            // forge-lint: disable-next-line(unsafe-typecast)
            lossBudget: uint64(LOSS_BUDGET),
            window: WINDOW,
            expiry: uint64(vm.getBlockTimestamp() + 30 days),
            allowedIn: 3,
            allowedOut: 0x8003,
            tip: TIP
        });
    }

    /// @dev 0: WETH from the wallet; 1: stable from the wallet; 2: WBTC from the other account; 3: stable from the other account.
    function _topUpMandate(uint256 index) internal view returns (TopUpMandate memory) {
        return TopUpMandate({
            source: index < 2 ? bytes32(0) : holders[1],
            token: address([weth, usdc, wbtc, usdc][index]),
            triggerHealth: 1.08e18,
            window: WINDOW,
            targetHealth: 1.12e18,
            expiry: uint64(vm.getBlockTimestamp() + 30 days),
            capPerWindow: _capOf(index)
        });
    }

    function _capOf(uint256 index) internal pure returns (uint128) {
        return [uint128(2e18), 5000e6, 0.1e8, 4000e6][index];
    }

    // ------------------------------------------------------------------------------------------------- the attacker

    /// @dev Moves the pool of a pair; gives what he got, to be sold back afterwards.
    function _pushPool(MockToken tokenIn, MockToken tokenOut, uint256 share) internal returns (uint256 got) {
        uint256 amount = tokenIn.balanceOf(_poolOf(tokenIn, tokenOut)) * share / WAD;
        return amount == 0 ? 0 : _push(attacker, tokenIn, tokenOut, LOW_FEE, amount);
    }

    function _poolOf(MockToken a, MockToken b) internal view returns (address) {
        return factory.getPool(address(a), address(b), LOW_FEE);
    }

    function _sellBack(MockToken tokenIn, MockToken tokenOut, uint256 got) internal {
        if (got == 0) return;
        vm.startPrank(attacker);
        tokenOut.approve(address(venue), got);
        venue.swap(address(tokenOut), address(tokenIn), LOW_FEE, got, 0, attacker);
        vm.stopPrank();
    }

    /// @dev Brings a pool to the oracle's price: sells what it values too highly until r_in p_in = r_out p_out.
    function _arbitrage(MockToken a, MockToken b) internal {
        address pool = _poolOf(a, b);
        (uint256 worthA, uint256 worthB) = (_value(a, a.balanceOf(pool)), _value(b, b.balanceOf(pool)));
        if (worthA > worthB) (a, b, worthA, worthB) = (b, a, worthB, worthA);
        uint256 more = FixedPointMathLib.sqrt(worthA * worthB) - worthA;
        uint256 units = more * WAD / _value(a, WAD);
        if (units != 0) _push(attacker, a, b, LOW_FEE, units);
    }

    /// @dev At the oracle's price.
    function _value(MockToken token, uint256 amount) internal view returns (uint256) {
        if (token == usdc) return amount * 1e12;
        return FixedPointMathLib.fullMulDiv(amount, hub.price(address(token)), 10 ** token.decimals());
    }

    // ------------------------------------------------------------------------------------------------- the onlooker

    function _shot(bytes32 account) internal view returns (Shot memory shot) {
        (shot.health, shot.equity) = vault.standing(account);
        shot.position = vault.position(account);
    }

    /// @dev Equity that was lost, at the oracle's prices; nothing where it rose.
    function _lost(Shot memory before, Shot memory later) internal pure returns (uint256) {
        return later.equity >= before.equity ? 0 : uint256(before.equity - later.equity);
    }

    function _owned(Shot memory shot) internal pure returns (uint256) {
        return shot.equity > 0 ? uint256(shot.equity) : 0;
    }

    /// @dev What the entries of the window that ends now add up to is at most the largest limit among them.
    function _note(Entry[] storage entries, uint256 amount, uint256 limit, string memory message) internal {
        if (amount == 0) return;
        uint64 time = uint64(vm.getBlockTimestamp());
        entries.push(Entry({time: time, amount: amount, limit: limit}));
        (uint256 sum, uint256 largest) = (0, 0);
        for (uint256 i = entries.length; i > 0; --i) {
            Entry memory entry = entries[i - 1];
            if (entry.time + WINDOW < time) break;
            sum += entry.amount;
            largest = FixedPointMathLib.max(largest, entry.limit);
        }
        assertLe(sum, largest, message);
    }

    /// @dev Alive: feeds are fresh, nodes report.
    function _pass(uint256 time) internal {
        _wait(time);
        if (risk.silence().age > 20 hours) risk.submit(_agreed(3, VOLATILITY, SLIPPAGE));
    }

    function parts() external view returns (MarginVault, FlashLiquidator, MockToken[3] memory, address) {
        return (vault, flash, tokens, address(venue));
    }

    function holder(uint256 who) external view returns (bytes32) {
        return holders[who];
    }
}
