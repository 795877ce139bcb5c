// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {MarginHub} from "../../../contracts/MarginHub.sol";
import {MarginVault} from "../../../contracts/MarginVault.sol";
import {OracleHub} from "../../../contracts/OracleHub.sol";
import {RiskOracle} from "../../../contracts/RiskOracle.sol";
import {IHeaderSource} from "../../../contracts/interfaces/IHeaderSource.sol";
import {BaseTest} from "../BaseTest.sol";
import {MockFeed} from "../mocks/MockFeed.sol";
import {MockToken} from "../mocks/MockToken.sol";

/// @title Chain B of the campaign over two chains: the whole protocol, with liens of chain A
contract CrossChainStack is BaseTest {
    /// @dev Feeds may be two hours old, and no step of the campaign takes an hour without waking the chain.
    uint256 private constant REFRESH_EVERY = 1 hours;
    uint256 private constant REPORT_EVERY = 20 hours;

    function connect(uint256 chainId, IHeaderSource headers, uint32 lag, uint32 delay) external {
        marginHub.setHeaderSource(chainId, headers);
        marginHub.setSourceChain(chainId, lag, delay, 1e30);
    }

    function listRemote(
        uint256 chainId,
        address collateralVault,
        address token,
        uint256 which,
        uint128 cap,
        uint128 growth
    ) external {
        (address asset, uint8 decimals) = which == 0 ? (address(weth), 18) : (address(wbtc), 8);
        marginHub.listRemote(chainId, collateralVault, token, asset, decimals, cap, growth, 1e24);
    }

    function parts() external view returns (MarginVault, MarginHub, OracleHub, RiskOracle, MockToken, MockToken) {
        return (vault, marginHub, hub, risk, weth, usdc);
    }

    /// @dev Everything of this chain is alive: feeds are fresh, nodes report. Only what crosses chains may be silent.
    function keepAlive() external {
        if (_due(address(weth)) || _due(address(wbtc))) _refresh();
        if (risk.silence().age > REPORT_EVERY) risk.submit(_agreed(3, VOLATILITY, SLIPPAGE));
    }

    function _due(address asset) private view returns (bool) {
        return hub.reading(asset).updatedAt + REFRESH_EVERY < vm.getBlockTimestamp();
    }

    /// @dev Multiplies a price by a factor scaled by 1e18, between a third and three times the price at the start.
    function movePrice(uint256 which, uint256 factor) external {
        (MockFeed feed, uint256 start) = which == 0 ? (wethFeed, uint256(3000e8)) : (wbtcFeed, uint256(60_000e8));
        uint256 price = FixedPointMathLib.clamp(uint256(_answer(feed)) * factor / WAD, start / 3, start * 3);
        // Test values are far under the limit of the type.
        // forge-lint: disable-next-line(unsafe-typecast)
        _setPrice(feed, int256(price));
    }

    function resetPrices() external {
        _setPrice(wethFeed, 3000e8);
        _setPrice(wbtcFeed, 60_000e8);
    }

    function addHere(bytes32 account, uint256 amount) external {
        _add(account, weth, amount);
    }

    function repayAll(bytes32 account) external {
        _repayFrom(address(this), account, type(uint256).max);
    }
}
