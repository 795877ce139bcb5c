// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

import {AttestationVerifier} from "../contracts/AttestationVerifier.sol";
import {AttestedHeaders} from "../contracts/AttestedHeaders.sol";
import {CollateralVault} from "../contracts/CollateralVault.sol";
import {FlashLiquidator} from "../contracts/FlashLiquidator.sol";
import {Guardian} from "../contracts/Guardian.sol";
import {InsuranceFund} from "../contracts/InsuranceFund.sol";
import {KeeperGovernor} from "../contracts/KeeperGovernor.sol";
import {MarginAttestations} from "../contracts/MarginAttestations.sol";
import {MarginHub} from "../contracts/MarginHub.sol";
import {MarginVault} from "../contracts/MarginVault.sol";
import {OptionBook} from "../contracts/OptionBook.sol";
import {OracleHub} from "../contracts/OracleHub.sol";
import {RiskOracle} from "../contracts/RiskOracle.sol";
import {UniswapV3Venue} from "../contracts/UniswapV3Venue.sol";
import {VotingToken} from "../contracts/VotingToken.sol";
import {IOracleHub} from "../contracts/interfaces/IOracleHub.sol";
import {DeployConfig} from "./DeployConfig.sol";

/// @title What a deployment made: the contracts of one chain, written to JSON
/// @dev Addresses stand under the names of the fields. `feeds` holds the first feed of each asset, `secondFeeds`, `thirdFeeds` and `fallbackFeeds` the
/// others; `symbols`, `tokens`, `decimals` and the feeds are in the order of the parameters.
abstract contract DeployOutput is DeployConfig {
    struct Deployment {
        AccessManager accessManager;
        OracleHub oracleHub;
        AttestationVerifier attestationVerifier;
        RiskOracle riskOracle;
        MarginVault marginVault;
        OptionBook optionBook;
        MarginAttestations marginAttestations;
        MarginHub marginHub;
        CollateralVault collateralVault;
        AttestedHeaders attestedHeaders;
        Guardian guardian;
        InsuranceFund insuranceFund;
        InsuranceFund optionFund;
        UniswapV3Venue venue;
        FlashLiquidator flashLiquidator;
        VotingToken votingToken;
        TimelockController timelock;
        KeeperGovernor governor;
    }

    /// @param key its name in the output
    /// @param contractName its name in `Roles`
    struct Placed {
        string key;
        string contractName;
        address at;
    }

    /// @notice Everything that was deployed, by name.
    function list(Deployment memory deployed) public pure returns (Placed[] memory placed) {
        placed = new Placed[](18);
        placed[0] = Placed("accessManager", "AccessManager", address(deployed.accessManager));
        placed[1] = Placed("oracleHub", "OracleHub", address(deployed.oracleHub));
        placed[2] = Placed("attestationVerifier", "AttestationVerifier", address(deployed.attestationVerifier));
        placed[3] = Placed("riskOracle", "RiskOracle", address(deployed.riskOracle));
        placed[4] = Placed("marginVault", "MarginVault", address(deployed.marginVault));
        placed[5] = Placed("optionBook", "OptionBook", address(deployed.optionBook));
        placed[6] = Placed("marginAttestations", "MarginAttestations", address(deployed.marginAttestations));
        placed[7] = Placed("marginHub", "MarginHub", address(deployed.marginHub));
        placed[8] = Placed("collateralVault", "CollateralVault", address(deployed.collateralVault));
        placed[9] = Placed("attestedHeaders", "AttestedHeaders", address(deployed.attestedHeaders));
        placed[10] = Placed("guardian", "Guardian", address(deployed.guardian));
        placed[11] = Placed("insuranceFund", "InsuranceFund", address(deployed.insuranceFund));
        placed[12] = Placed("optionFund", "InsuranceFund", address(deployed.optionFund));
        placed[13] = Placed("venue", "UniswapV3Venue", address(deployed.venue));
        placed[14] = Placed("flashLiquidator", "FlashLiquidator", address(deployed.flashLiquidator));
        placed[15] = Placed("votingToken", "VotingToken", address(deployed.votingToken));
        placed[16] = Placed("timelock", "TimelockController", address(deployed.timelock));
        placed[17] = Placed("governor", "KeeperGovernor", address(deployed.governor));
    }

    /// @notice Writes the addresses for the product to read, and for the scripts on other chains.
    function write(Parameters memory parameters, Deployment memory deployed, string memory path) public {
        string memory root = "deployment";
        vm.serializeUint(root, "chainId", block.chainid);
        vm.serializeUint(root, "deployedAtBlock", block.number);
        Placed[] memory placed = list(deployed);
        for (uint256 i = 0; i < placed.length; ++i) {
            vm.serializeAddress(root, placed[i].key, placed[i].at);
        }
        vm.serializeAddress(root, "stable", parameters.stable);
        vm.serializeAddress(root, "multicall3", parameters.multicall3);
        vm.serializeAddress(root, "uniswapFactory", parameters.uniswapFactory);
        vm.serializeAddress(root, "sequencerFeed", parameters.sequencerFeed);
        _writeFeeds(root, parameters);
        vm.writeJson(_writeTokens(root, parameters), path);
    }

    /// @dev What `connect` needs of this chain's own deployment.
    function _readBack(string memory json) internal pure returns (Deployment memory deployed) {
        deployed.accessManager = AccessManager(vm.parseJsonAddress(json, ".accessManager"));
        deployed.marginHub = MarginHub(vm.parseJsonAddress(json, ".marginHub"));
        deployed.collateralVault = CollateralVault(vm.parseJsonAddress(json, ".collateralVault"));
        deployed.attestedHeaders = AttestedHeaders(vm.parseJsonAddress(json, ".attestedHeaders"));
    }

    function _writeTokens(string memory root, Parameters memory parameters) private returns (string memory) {
        uint256 count = parameters.assets.length;
        address[] memory tokens = new address[](count);
        uint256[] memory decimals = new uint256[](count);
        string[] memory symbols = new string[](count);
        for (uint256 i = 0; i < count; ++i) {
            Asset memory asset = parameters.assets[i];
            (tokens[i], decimals[i], symbols[i]) = (asset.token, asset.decimals, asset.symbol);
        }
        vm.serializeAddress(root, "tokens", tokens);
        vm.serializeUint(root, "decimals", decimals);
        return vm.serializeString(root, "symbols", symbols);
    }

    function _writeFeeds(string memory root, Parameters memory parameters) private {
        string[4] memory keys = ["feeds", "secondFeeds", "thirdFeeds", "fallbackFeeds"];
        address[] memory feeds = new address[](parameters.assets.length);
        for (uint256 j = 0; j < keys.length; ++j) {
            for (uint256 i = 0; i < feeds.length; ++i) {
                IOracleHub.FeedSet memory set = parameters.assets[i].feeds;
                feeds[i] = j < 3 ? set.feeds[j].aggregator : set.fallbackFeed.aggregator;
            }
            vm.serializeAddress(root, keys[j], feeds);
        }
    }
}
