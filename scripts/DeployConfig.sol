// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Script} from "forge-std/Script.sol";

import {IOracleHub} from "../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../contracts/interfaces/IRiskOracle.sol";
import {VaultLimits} from "../contracts/types/Ledger.sol";

/// @title What a deployment is told: the parameters of one chain, read from JSON
/// @dev Numbers are decimal strings; fractions and prices are scaled by 1e18, `cap` and `minimumDebt` are in token units, times in seconds.
abstract contract DeployConfig is Script {
    struct Asset {
        string symbol;
        address token;
        uint8 decimals;
        uint256 cap;
        IOracleHub.FeedSet feeds;
        IRiskOracle.AssetBounds bounds;
        IRiskOracle.OptionBounds optionBounds;
        IRiskOracle.Fallback fallbackInputs;
        uint64 volatility;
        uint64 slippage;
        OptionTerms option;
        LienCaps liens;
    }

    /// @param lot least size of a leg, in contracts scaled by 1e18; zero where no options are listed on the asset
    /// @param strikeTick smallest step of strikes, scaled by 1e18
    struct OptionTerms {
        uint96 lot;
        uint96 strikeTick;
    }

    /// @param lockedCap most units that liens may lock on this chain
    /// @param rateBase the locked total at which the share that may leave at once stops to grow
    /// @param countedCap most units, locked on one other chain, that count on this one
    /// @param growthPerDay most units by which that may grow in a day
    struct LienCaps {
        uint128 lockedCap;
        uint128 rateBase;
        uint128 countedCap;
        uint128 growthPerDay;
    }

    /// @param chainId the other chain
    /// @param finalityLag seconds from its block to a proof here, at least
    /// @param expectedDelay seconds from an order here to its execution there
    /// @param valueCap most value there that counts here, scaled by 1e18
    /// @param blockSource where this chain itself gives hashes of that chain's blocks; zero where signers attest them
    struct Peer {
        uint256 chainId;
        uint32 finalityLag;
        uint32 expectedDelay;
        uint256 valueCap;
        address blockSource;
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
        address uniswapFactory;
        address sequencerFeed;
        uint32 gracePeriod;
        uint32 outageMinimum;
        uint32 repayWindow;
        address[] signers;
        uint256 tightenThreshold;
        uint256 threshold;
        uint32 minInterval;
        uint32 heartbeat;
        uint32 silenceLimit;
        uint256 headroomLimit;
        uint256 targetHealth;
        uint256 minimumDebt;
        string shareName;
        string shareSymbol;
        uint256 minimumBond;
        uint64 finality;
        VaultLimits limits;
        Governance governance;
        Asset[] assets;
    }

    /// @notice The parameters that do not name accounts or contracts.
    function read(string memory json) public view returns (Parameters memory parameters) {
        parameters.tightenThreshold = vm.parseJsonUint(json, ".tightenThreshold");
        parameters.threshold = vm.parseJsonUint(json, ".threshold");
        parameters.minInterval = uint32(vm.parseJsonUint(json, ".minInterval"));
        parameters.heartbeat = uint32(vm.parseJsonUint(json, ".heartbeat"));
        parameters.silenceLimit = uint32(vm.parseJsonUint(json, ".silenceLimit"));
        parameters.headroomLimit = vm.parseJsonUint(json, ".headroomLimit");
        parameters.gracePeriod = uint32(vm.parseJsonUint(json, ".gracePeriod"));
        parameters.outageMinimum = uint32(vm.parseJsonUint(json, ".outageMinimum"));
        parameters.repayWindow = uint32(vm.parseJsonUint(json, ".repayWindow"));
        parameters.targetHealth = vm.parseJsonUint(json, ".targetHealth");
        parameters.minimumDebt = vm.parseJsonUint(json, ".minimumDebt");
        parameters.shareName = vm.parseJsonString(json, ".shareName");
        parameters.shareSymbol = vm.parseJsonString(json, ".shareSymbol");
        parameters.minimumBond = vm.parseJsonUint(json, ".minimumBond");
        parameters.finality = uint64(vm.parseJsonUint(json, ".finality"));
        parameters.limits = VaultLimits({
            ruleBudget: uint64(vm.parseJsonUint(json, ".limits.ruleBudget")),
            volumeCap: uint64(vm.parseJsonUint(json, ".limits.volumeCap")),
            tip: uint64(vm.parseJsonUint(json, ".limits.tip")),
            volumeWindow: uint32(vm.parseJsonUint(json, ".limits.volumeWindow"))
        });
        parameters.governance = _readGovernance(json);

        uint256 count = 0;
        while (vm.keyExistsJson(json, _key(count, "symbol"))) ++count;
        parameters.assets = new Asset[](count);
        for (uint256 i = 0; i < count; ++i) {
            parameters.assets[i] = _readAsset(json, i);
        }
    }

    /// @notice Adds the accounts and the contracts that the file names.
    function readAddresses(string memory json, Parameters memory parameters) public pure returns (Parameters memory) {
        parameters.stable = vm.parseJsonAddress(json, ".stable");
        parameters.multicall3 = vm.parseJsonAddress(json, ".multicall3");
        parameters.uniswapFactory = vm.parseJsonAddress(json, ".uniswapFactory");
        parameters.sequencerFeed = vm.parseJsonAddress(json, ".sequencerFeed");
        parameters.signers = vm.parseJsonAddressArray(json, ".signers");
        parameters.governance.holder = vm.parseJsonAddress(json, ".governance.holder");
        parameters.governance.committee = vm.parseJsonAddress(json, ".governance.committee");
        parameters.governance.guardians = vm.parseJsonAddressArray(json, ".governance.guardians");
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            Asset memory asset = parameters.assets[i];
            asset.token = vm.parseJsonAddress(json, _key(i, "token"));
            for (uint256 j = 0; j < 3; ++j) {
                asset.feeds.feeds[j] = _readFeed(json, _key(i, string.concat("feeds[", vm.toString(j), "]")));
            }
            asset.feeds.fallbackFeed = _readFeed(json, _key(i, "fallbackFeed"));
        }
        return parameters;
    }

    /// @notice The other chains that the file names; none where it says nothing of them.
    function readPeers(string memory json) public view returns (Peer[] memory peers) {
        uint256 count = 0;
        while (vm.keyExistsJson(json, string.concat(".peers[", vm.toString(count), "].chainId"))) ++count;
        peers = new Peer[](count);
        for (uint256 i = 0; i < count; ++i) {
            string memory key = string.concat(".peers[", vm.toString(i), "].");
            peers[i] = Peer({
                chainId: vm.parseJsonUint(json, string.concat(key, "chainId")),
                finalityLag: uint32(vm.parseJsonUint(json, string.concat(key, "finalityLag"))),
                expectedDelay: uint32(vm.parseJsonUint(json, string.concat(key, "expectedDelay"))),
                valueCap: vm.parseJsonUint(json, string.concat(key, "valueCap")),
                blockSource: vm.parseJsonAddress(json, string.concat(key, "blockSource"))
            });
        }
    }

    function _readFeed(string memory json, string memory key) private pure returns (IOracleHub.Feed memory) {
        return IOracleHub.Feed({
            aggregator: vm.parseJsonAddress(json, string.concat(key, ".aggregator")),
            decimals: uint8(vm.parseJsonUint(json, string.concat(key, ".decimals"))),
            maxAge: uint32(vm.parseJsonUint(json, string.concat(key, ".maxAge")))
        });
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
        asset.feeds.deviation = uint64(_number(json, index, "deviation"));
        asset.feeds.minPrice = uint96(_number(json, index, "minPrice"));
        asset.feeds.maxPrice = uint96(_number(json, index, "maxPrice"));
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
        _readOptions(json, index, asset);
        asset.liens = LienCaps({
            lockedCap: uint128(_number(json, index, "liens.lockedCap")),
            rateBase: uint128(_number(json, index, "liens.rateBase")),
            countedCap: uint128(_number(json, index, "liens.countedCap")),
            growthPerDay: uint128(_number(json, index, "liens.growthPerDay"))
        });
    }

    function _readOptions(string memory json, uint256 index, Asset memory asset) private pure {
        asset.option = OptionTerms({
            lot: uint96(_number(json, index, "option.lot")),
            strikeTick: uint96(_number(json, index, "option.strikeTick"))
        });
        asset.optionBounds = IRiskOracle.OptionBounds({
            impliedFloor: uint64(_number(json, index, "optionBounds.impliedFloor")),
            impliedCap: uint64(_number(json, index, "optionBounds.impliedCap")),
            impliedStep: uint64(_number(json, index, "optionBounds.impliedStep")),
            forwardStep: uint64(_number(json, index, "optionBounds.forwardStep")),
            forwardFloor: uint64(_number(json, index, "optionBounds.forwardFloor")),
            forwardCap: uint64(_number(json, index, "optionBounds.forwardCap"))
        });
        asset.fallbackInputs = IRiskOracle.Fallback({
            volatility: uint64(_number(json, index, "fallback.volatility")),
            slippage: uint64(_number(json, index, "fallback.slippage")),
            impliedVolatility: uint64(_number(json, index, "fallback.impliedVolatility"))
        });
    }

    function _number(string memory json, uint256 index, string memory field) private pure returns (uint256) {
        return vm.parseJsonUint(json, _key(index, field));
    }

    function _key(uint256 index, string memory field) internal pure returns (string memory) {
        return string.concat(".assets[", vm.toString(index), "].", field);
    }
}
