// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {IInsuranceFund} from "../../contracts/interfaces/IInsuranceFund.sol";
import {IOptionBook} from "../../contracts/interfaces/IOptionBook.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Defence} from "../../contracts/libraries/Defence.sol";
import {Terms} from "../../contracts/types/Ledger.sol";
import {UniswapFixture} from "./UniswapFixture.sol";
import {DefenceHarness} from "./mocks/DefenceHarness.sol";
import {EmptyFund, SetBreaker, SetFactors, SetOptions, SetPrices, SetVenue} from "./mocks/DefenceMocks.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title An account in need: 10 WETH at 3,000, LT .75, BF .68, against a debt that the test chooses; WBTC has LT .85, and all trade on a real venue
abstract contract DefenceFixture is UniswapFixture {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant ETH = 1e18;
    uint256 internal constant BTC = 1e8;
    uint256 internal constant USD = 1e6;
    /// @dev Value of one stable unit.
    uint256 internal constant SCALE = 1e12;
    uint256 internal constant MINIMUM_DEBT = 100e6;
    uint112 internal constant CAP = 1e28;

    MockToken internal usdc;
    MockToken internal weth;
    MockToken internal wbtc;
    SetPrices internal prices;
    SetFactors internal factors;
    SetBreaker internal breaker;
    SetOptions internal options;
    SetVenue internal exact;
    DefenceHarness internal vault;

    address internal alice = makeAddr("alice");
    address internal keeper = makeAddr("keeper");
    address internal attacker = makeAddr("attacker");
    bytes32 internal account;
    bytes32 internal savings;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        _deployUniswap();
        usdc = new MockToken("USD Coin", "USDC", 6);
        weth = new MockToken("Wrapped Ether", "WETH", 18);
        wbtc = new MockToken("Wrapped BTC", "WBTC", 8);
        (prices, factors, breaker, options) = (new SetPrices(), new SetFactors(), new SetBreaker(), new SetOptions());
        exact = new SetVenue();
        vault = new DefenceHarness(_terms());

        _list(weth, 18, 3000e18, 0.75e18, 0.68e18);
        _list(wbtc, 8, 60_000e18, 0.85e18, 0.79e18);
        _newPool(weth, 10_000 * ETH, usdc, 30_000_000 * USD, LOW_FEE);
        _newPool(weth, 10_000 * ETH, wbtc, 500 * BTC, LOW_FEE);

        account = bytes32(uint256(uint160(alice)) << 96 | 1);
        savings = bytes32(uint256(uint160(alice)) << 96 | 2);
        usdc.mint(address(this), 10_000_000 * USD);
        usdc.approve(address(vault), type(uint256).max);
        vault.lend(10_000_000 * USD);
        _add(account, weth, 10 * ETH);
    }

    function _terms() private returns (Terms memory terms) {
        terms.stable = IERC20(address(usdc));
        terms.stableScale = SCALE;
        terms.targetHealth = 1.03e18;
        terms.minimumDebt = MINIMUM_DEBT;
        terms.oracleHub = IOracleHub(address(prices));
        terms.riskOracle = IRiskOracle(address(factors));
        terms.guardian = IGuardian(address(breaker));
        terms.optionBook = IOptionBook(address(options));
        terms.insurance = IInsuranceFund(address(new EmptyFund()));
        terms.optionFund = terms.insurance;
        terms.venue = venue;
    }

    function _list(MockToken token, uint8 decimals, uint256 price, uint256 threshold, uint256 borrowFactor) internal {
        vault.list(address(token), decimals, CAP);
        prices.set(address(token), price);
        factors.set(address(token), threshold, borrowFactor);
    }

    function _add(bytes32 to, MockToken token, uint256 amount) internal {
        token.mint(address(this), amount);
        token.approve(address(vault), amount);
        vault.add(to, address(token), amount);
    }

    function _standing() internal view returns (Defence.Standing memory) {
        return vault.standing(account);
    }

    function _health() internal view returns (uint256) {
        return _standing().health;
    }

    function _equity() internal view returns (int256) {
        return _standing().equity;
    }

    /// @dev Debt in stable units at which the account's health is `health`, rounded down, so that health is that or a little more.
    function _owe(uint256 health) internal {
        vault.debit(account, _standing().capacity * WAD / health / SCALE);
    }

    /// @dev Every token that the books say is here is here.
    function _assertConserved() internal view {
        assertEq(weth.balanceOf(address(vault)), vault.totalOf(address(weth)), "WETH");
        assertEq(wbtc.balanceOf(address(vault)), vault.totalOf(address(wbtc)), "WBTC");
        assertEq(usdc.balanceOf(address(vault)), vault.cash(), "USDC");
        assertEq(
            vault.balanceOf(account, address(weth)) + vault.balanceOf(savings, address(weth)),
            vault.totalOf(address(weth)),
            "WETH of accounts"
        );
        assertEq(weth.allowance(address(vault), address(venue)), 0, "approval");
    }
}
