// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {ISwapVenue} from "../../../contracts/interfaces/ISwapVenue.sol";
import {MockToken} from "./MockToken.sol";

/// @title Prices that the test sets; none at zero
contract SetPrices {
    error NoPrice(address asset);

    uint256 public constant MAX_PRICE = 1e24;
    mapping(address asset => uint256) private _prices;

    function set(address asset, uint256 price_) external {
        _prices[asset] = price_;
    }

    function price(address asset) external view returns (uint256) {
        if (_prices[asset] == 0) revert NoPrice(asset);
        return _prices[asset];
    }

    function reading(address asset) public view returns (IOracleHub.PriceReading memory found) {
        found.price = _prices[asset];
        found.status = found.price == 0 ? IOracleHub.PriceStatus.Stale : IOracleHub.PriceStatus.Ok;
    }

    function liquidationReading(address asset) external view returns (IOracleHub.PriceReading memory) {
        return reading(asset);
    }

    function maxPriceOf(address) external pure returns (uint256) {
        return MAX_PRICE;
    }
}

/// @title Factors and silence that the test sets
contract SetFactors {
    mapping(address asset => IRiskOracle.Factors) private _factors;
    IRiskOracle.Stage private _stage;

    function set(address asset, uint256 liquidationThreshold, uint256 borrowFactor) external {
        _factors[asset].liquidationThreshold = liquidationThreshold;
        _factors[asset].borrowFactor = borrowFactor;
    }

    function setStage(IRiskOracle.Stage stage) external {
        _stage = stage;
    }

    function factors(address asset) external view returns (IRiskOracle.Factors memory) {
        return _factors[asset];
    }

    function setBonus(address asset, uint256 bonus) external {
        _factors[asset].bonus = bonus;
    }

    /// @dev The rules never change here.
    function pastFactors(address asset) external view returns (uint256, uint256) {
        return (_factors[asset].liquidationThreshold, 0);
    }

    function maintenanceFactors(address asset) external view returns (uint256, uint256, uint256) {
        IRiskOracle.Factors storage found = _factors[asset];
        return (found.liquidationThreshold, found.bonus, found.liquidationThreshold);
    }

    function silence() external view returns (IRiskOracle.Silence memory found) {
        found.stage = _stage;
    }
}

/// @title A guardian that stops new risk when the test says so
contract SetBreaker {
    error NewRiskStopped(uint256 until);

    uint64 public newRiskBlockedUntil;

    function set(uint64 until) external {
        newRiskBlockedUntil = until;
    }

    function requireNewRisk() external view {
        if (newRiskBlockedUntil > block.timestamp) revert NewRiskStopped(newRiskBlockedUntil);
    }

    function liquidationBlockedUntil(address) external pure returns (uint64) {
        return 0;
    }
}

/// @title Option requirements that the test sets, the same for every account that holds options
contract SetOptions {
    uint256 public requirement;

    function set(uint256 requirement_) external {
        requirement = requirement_;
    }

    function initialRequirement(bytes32) external view returns (uint256) {
        return requirement;
    }

    function maintenance(bytes32) external view returns (uint256, int256) {
        return (requirement, 0);
    }

    function pendingClaims(bytes32) external pure returns (uint256) {
        return 0;
    }
}

/// @title A fund with nothing in it
contract EmptyFund {
    function cover(uint256) external pure returns (uint256) {
        return 0;
    }
}

/// @title Pays exactly what the test sets, for both sides of a limit to the unit
contract SetVenue is ISwapVenue {
    uint256 private _amountOut;

    function set(uint256 amountOut) external {
        _amountOut = amountOut;
    }

    function swap(address tokenIn, address tokenOut, uint24, uint256 amountIn, uint256 minOut, address recipient)
        external
        returns (uint256)
    {
        if (_amountOut < minOut) revert OutputTooSmall(tokenOut, _amountOut, minOut);
        require(IERC20(tokenIn).transferFrom(msg.sender, address(this), amountIn), "transferFrom");
        MockToken(tokenOut).mint(recipient, _amountOut);
        return _amountOut;
    }
}
