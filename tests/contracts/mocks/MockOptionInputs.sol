// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IRiskOracle} from "../../../contracts/interfaces/IRiskOracle.sol";
import {IOracleHub} from "../../../contracts/interfaces/IOracleHub.sol";

/// @title A hub whose prices are set by hand, and its pre-approved feeds
contract MockHub {
    error NoPrice(address asset);

    mapping(address asset => uint256) private _prices;
    mapping(address asset => IOracleHub.FeedSet) private _sets;
    mapping(address asset => uint256 place) private _inUse;
    mapping(address asset => bool) private _known;

    function setPrice(address asset, uint256 price_) external {
        _prices[asset] = price_;
        _known[asset] = true;
    }

    function setFeeds(address asset, IOracleHub.FeedSet calldata set) external {
        _sets[asset] = set;
    }

    function useFallback(address asset, uint256 index) external {
        IOracleHub.FeedSet storage set = _sets[asset];
        IOracleHub.Feed memory replaced = set.feeds[index];
        set.feeds[index] = set.fallbackFeed;
        set.fallbackFeed = replaced;
        _inUse[asset] = index + 1;
    }

    function price(address asset) external view returns (uint256) {
        if (_prices[asset] == 0) revert NoPrice(asset);
        return _prices[asset];
    }

    function reading(address asset) external view returns (IOracleHub.PriceReading memory made) {
        if (!_known[asset]) made.status = IOracleHub.PriceStatus.UnknownAsset;
        else if (_prices[asset] == 0) made.status = IOracleHub.PriceStatus.Stale;
        made.price = _prices[asset];
    }

    function feedsOf(address asset) external view returns (IOracleHub.FeedSet memory) {
        return _sets[asset];
    }

    function fallbackInUse(address asset) external view returns (bool inUse, uint256 index) {
        uint256 place = _inUse[asset];
        return place == 0 ? (false, 0) : (true, place - 1);
    }
}

/// @title A risk oracle whose option inputs are set by hand
contract MockOptionInputs {
    error AssetUnknown(address asset);
    error ExpiryUnknown(address asset, uint64 expiry);

    struct Inputs {
        uint256 impliedVolatility;
        uint256 forwardRatio;
    }

    struct Volatilities {
        uint256 maintenance;
        uint256 initial;
        uint256 past;
    }

    IRiskOracle.Stage private _stage;
    mapping(address asset => uint64[]) private _expiries;
    mapping(address asset => mapping(uint64 expiry => Inputs)) private _inputs;
    mapping(address asset => mapping(uint64 expiry => Inputs)) private _past;
    mapping(address asset => Volatilities) private _volatilities;
    mapping(address asset => IRiskOracle.Fallback) private _fallbacks;

    function setSilence(IRiskOracle.Stage stage) external {
        _stage = stage;
    }

    function setVolatilities(address asset, uint256 maintenance, uint256 initial, uint256 past) external {
        _volatilities[asset] = Volatilities({maintenance: maintenance, initial: initial, past: past});
    }

    function setFallback(address asset, uint64 volatility, uint64 impliedVolatility) external {
        _fallbacks[asset] =
            IRiskOracle.Fallback({volatility: volatility, slippage: 0, impliedVolatility: impliedVolatility});
    }

    function list(address asset, uint64 expiry, uint256 impliedVolatility, uint256 forwardRatio) external {
        _expiries[asset].push(expiry);
        _inputs[asset][expiry] = Inputs(impliedVolatility, forwardRatio);
    }

    function setPast(address asset, uint64 expiry, uint256 impliedVolatility, uint256 forwardRatio) external {
        _past[asset][expiry] = Inputs(impliedVolatility, forwardRatio);
    }

    function expiriesOf(address asset) external view returns (uint64[] memory) {
        return _expiries[asset];
    }

    function optionInputs(address asset, uint64 expiry) external view returns (uint256, uint256) {
        Inputs memory inputs = _inputs[asset][expiry];
        if (inputs.forwardRatio == 0) revert ExpiryUnknown(asset, expiry);
        return (inputs.impliedVolatility, inputs.forwardRatio);
    }

    function pastOptionInputs(address asset, uint64 expiry) external view returns (uint256, uint256) {
        Inputs memory inputs = _past[asset][expiry];
        if (inputs.forwardRatio == 0) revert ExpiryUnknown(asset, expiry);
        return (inputs.impliedVolatility, inputs.forwardRatio);
    }

    function factors(address asset) external view returns (IRiskOracle.Factors memory made) {
        Volatilities memory set = _volatilities[asset];
        if (set.maintenance == 0) revert AssetUnknown(asset);
        (made.maintenanceVolatility, made.initialVolatility) = (set.maintenance, set.initial);
    }

    function silence() external view returns (IRiskOracle.Silence memory made) {
        made.stage = _stage;
    }

    function pastFactors(address asset) external view returns (uint256, uint256) {
        return (0, _volatilities[asset].past);
    }

    function fallbackInputs(address asset) external view returns (IRiskOracle.Fallback memory) {
        return _fallbacks[asset];
    }
}
