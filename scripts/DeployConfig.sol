// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Script} from "forge-std/Script.sol";

import {IOracleHub} from "../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../contracts/interfaces/IRiskOracle.sol";

/// @title What a deployment is told: the parameters of one chain, read from JSON
/// @dev Numbers are decimal strings; fractions and prices are scaled by 1e18, `cap` and `minimumDebt` are in token units, times in seconds.
abstract contract DeployConfig is Script {
    struct Asset {
        string symbol;
        address token;
        uint8 decimals;
        uint256 cap;
        IOracleHub.FeedConfig feed;
        IRiskOracle.AssetBounds bounds;
        uint64 volatility;
        uint64 slippage;
    }

    /// @param holder who gets all voting tokens
    /// @param timelockDelay seconds between the end of a vote's queueing and its execution
    /// @param committee who acts as risk admin behind `committeeDelay`; zero where only the timelock does
    /// @param guardians hot keys that may raise a stop
    struct Governance {
        string tokenName;
        string tokenSymbol;
        uint256 supply;
        address holder;
        uint48 votingDelay;
        uint32 votingPeriod;
        uint256 proposalThreshold;
        uint256 quorumPercent;
        uint256 timelockDelay;
        address committee;
        uint32 committeeDelay;
        address[] guardians;
    }

    struct Parameters {
        address stable;
        address multicall3;
        address[] signers;
        uint256 tightenThreshold;
        uint256 threshold;
        uint32 minInterval;
        uint32 heartbeat;
        uint256 targetHealth;
        uint256 minimumDebt;
        string shareName;
        string shareSymbol;
        Governance governance;
        Asset[] assets;
    }

    /// @notice The parameters that do not name accounts or contracts.
    function read(string memory json) public view returns (Parameters memory parameters) {
        parameters.tightenThreshold = vm.parseJsonUint(json, ".tightenThreshold");
        parameters.threshold = vm.parseJsonUint(json, ".threshold");
        parameters.minInterval = uint32(vm.parseJsonUint(json, ".minInterval"));
        parameters.heartbeat = uint32(vm.parseJsonUint(json, ".heartbeat"));
        parameters.targetHealth = vm.parseJsonUint(json, ".targetHealth");
        parameters.minimumDebt = vm.parseJsonUint(json, ".minimumDebt");
        parameters.shareName = vm.parseJsonString(json, ".shareName");
        parameters.shareSymbol = vm.parseJsonString(json, ".shareSymbol");
        parameters.governance = _readGovernance(json);

        uint256 count = 0;
        while (vm.keyExistsJson(json, _key(count, "symbol"))) ++count;
        parameters.assets = new Asset[](count);
        for (uint256 i = 0; i < count; ++i) {
            parameters.assets[i] = _readAsset(json, i);
        }
    }

    /// @notice The same with the accounts and contracts that the file names.
    function readWhole(string memory json) public view returns (Parameters memory parameters) {
        parameters = read(json);
        parameters.stable = vm.parseJsonAddress(json, ".stable");
        parameters.multicall3 = vm.parseJsonAddress(json, ".multicall3");
        parameters.signers = vm.parseJsonAddressArray(json, ".signers");
        parameters.governance.holder = vm.parseJsonAddress(json, ".governance.holder");
        parameters.governance.committee = vm.parseJsonAddress(json, ".governance.committee");
        parameters.governance.guardians = vm.parseJsonAddressArray(json, ".governance.guardians");
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            parameters.assets[i].token = vm.parseJsonAddress(json, _key(i, "token"));
            parameters.assets[i].feed.feed = vm.parseJsonAddress(json, _key(i, "feed"));
        }
    }

    function _readGovernance(string memory json) private pure returns (Governance memory governance) {
        governance.tokenName = vm.parseJsonString(json, ".governance.tokenName");
        governance.tokenSymbol = vm.parseJsonString(json, ".governance.tokenSymbol");
        governance.supply = vm.parseJsonUint(json, ".governance.supply");
        governance.votingDelay = uint48(vm.parseJsonUint(json, ".governance.votingDelay"));
        governance.votingPeriod = uint32(vm.parseJsonUint(json, ".governance.votingPeriod"));
        governance.proposalThreshold = vm.parseJsonUint(json, ".governance.proposalThreshold");
        governance.quorumPercent = vm.parseJsonUint(json, ".governance.quorumPercent");
        governance.timelockDelay = vm.parseJsonUint(json, ".governance.timelockDelay");
        governance.committeeDelay = uint32(vm.parseJsonUint(json, ".governance.committeeDelay"));
    }

    function _readAsset(string memory json, uint256 index) private pure returns (Asset memory asset) {
        asset.symbol = vm.parseJsonString(json, _key(index, "symbol"));
        asset.decimals = uint8(_number(json, index, "decimals"));
        asset.cap = _number(json, index, "cap");
        asset.volatility = uint64(_number(json, index, "volatility"));
        asset.slippage = uint64(_number(json, index, "slippage"));
        asset.feed = IOracleHub.FeedConfig({
            feed: address(0),
            feedDecimals: uint8(_number(json, index, "feedDecimals")),
            maxAge: uint32(_number(json, index, "maxAge")),
            minPrice: uint128(_number(json, index, "minPrice")),
            maxPrice: uint128(_number(json, index, "maxPrice"))
        });
        asset.bounds = IRiskOracle.AssetBounds({
            volatilityFloor: uint64(_number(json, index, "bounds.volatilityFloor")),
            volatilityCap: uint64(_number(json, index, "bounds.volatilityCap")),
            slippageCap: uint64(_number(json, index, "bounds.slippageCap")),
            tightenStep: uint64(_number(json, index, "bounds.tightenStep")),
            loosenStep: uint64(_number(json, index, "bounds.loosenStep")),
            slippageStep: uint64(_number(json, index, "bounds.slippageStep")),
            tailMultiplier: uint64(_number(json, index, "bounds.tailMultiplier")),
            bonus: uint64(_number(json, index, "bounds.bonus")),
            jump: uint64(_number(json, index, "bounds.jump")),
            rampPerDay: uint64(_number(json, index, "bounds.rampPerDay")),
            horizon: uint32(_number(json, index, "bounds.horizon"))
        });
    }

    function _number(string memory json, uint256 index, string memory field) private pure returns (uint256) {
        return vm.parseJsonUint(json, _key(index, field));
    }

    function _key(uint256 index, string memory field) internal pure returns (string memory) {
        return string.concat(".assets[", vm.toString(index), "].", field);
    }
}
