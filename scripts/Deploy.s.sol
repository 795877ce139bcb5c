// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Script} from "forge-std/Script.sol";

import {AttestationVerifier} from "../contracts/AttestationVerifier.sol";
import {MarginVault} from "../contracts/MarginVault.sol";
import {OracleHub} from "../contracts/OracleHub.sol";
import {RiskOracle} from "../contracts/RiskOracle.sol";
import {IOracleHub} from "../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../contracts/interfaces/IRiskOracle.sol";

/// @title Deploys the protocol on the chain it runs on
/// @dev Parameters are read from the JSON file named by `DEPLOY_CONFIG` (the format of `scripts/devnet.json`, with `stable`, `multicall3`, `signers`,
/// `sequencerFeed` (0 on a chain without a sequencer), and for each asset `token`, `feeds` (three of `aggregator`, `decimals`, `maxAge`) and
/// `fallbackFeed` (another, or aggregator 0), in place of the `feedDecimals` and `maxAge` of stand-ins), and the addresses are written to the JSON file named by `DEPLOY_OUTPUT`. Numbers in it are decimal strings;
/// fractions and prices are scaled by 1e18, `cap` and `minimumDebt` are in token units, times in seconds.
///
/// Roles in this cut: the broadcaster is admin (signer set, roles) and also holds role 1, risk admin (feeds, assets, bounds, timing, collaterals), and
/// role 2, guardian (fallback feed).
contract Deploy is Script {
    struct Asset {
        string symbol;
        address token;
        uint8 decimals;
        uint256 cap;
        IOracleHub.FeedSet feeds;
        IRiskOracle.AssetBounds bounds;
        uint64 volatility;
        uint64 slippage;
    }

    struct Parameters {
        address stable;
        address multicall3;
        address sequencerFeed;
        uint32 gracePeriod;
        uint32 outageMinimum;
        uint32 repayWindow;
        address[] signers;
        uint256 tightenThreshold;
        uint256 threshold;
        uint32 minInterval;
        uint32 heartbeat;
        uint256 targetHealth;
        uint256 minimumDebt;
        string shareName;
        string shareSymbol;
        Asset[] assets;
    }

    struct Deployment {
        AccessManager accessManager;
        OracleHub oracleHub;
        AttestationVerifier attestationVerifier;
        RiskOracle riskOracle;
        MarginVault marginVault;
    }

    uint64 public constant RISK_ADMIN = 1;
    uint64 public constant GUARDIAN = 2;

    function run() external virtual {
        string memory json = vm.readFile(vm.envString("DEPLOY_CONFIG"));
        Parameters memory parameters = readAddresses(json, read(json));

        vm.startBroadcast();
        Deployment memory deployed = deploy(parameters, broadcaster());
        vm.stopBroadcast();
        write(parameters, deployed, vm.envString("DEPLOY_OUTPUT"));
    }

    /// @notice Deploys and configures everything; `admin` must be the caller of every transaction it makes.
    function deploy(Parameters memory parameters, address admin) public returns (Deployment memory deployed) {
        AccessManager manager = new AccessManager(admin);
        deployed.accessManager = manager;
        deployed.oracleHub = new OracleHub(address(manager));
        deployed.attestationVerifier = new AttestationVerifier(
            address(manager), parameters.signers, parameters.tightenThreshold, parameters.threshold
        );
        deployed.riskOracle = new RiskOracle(
            address(manager), deployed.attestationVerifier, parameters.minInterval, parameters.heartbeat
        );
        deployed.marginVault = new MarginVault(
            IERC20Metadata(parameters.stable),
            deployed.oracleHub,
            deployed.riskOracle,
            address(manager),
            parameters.targetHealth,
            parameters.minimumDebt,
            parameters.shareName,
            parameters.shareSymbol
        );

        _grantRoles(deployed, admin);
        deployed.oracleHub.setSequencerFeed(parameters.sequencerFeed);
        deployed.oracleHub.setTiming(parameters.gracePeriod, parameters.outageMinimum, parameters.repayWindow);
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            Asset memory asset = parameters.assets[i];
            deployed.oracleHub.setFeeds(asset.token, asset.feeds);
            deployed.riskOracle.listAsset(asset.token, asset.bounds, asset.volatility, asset.slippage);
            deployed.marginVault.listCollateral(asset.token, asset.decimals, asset.cap);
        }
    }

    /// @notice Who sends the transactions of the broadcast that has been started.
    function broadcaster() internal returns (address sender) {
        (, sender,) = vm.readCallers();
    }

    /// @notice The parameters that do not name other contracts.
    function read(string memory json) public view returns (Parameters memory parameters) {
        parameters.tightenThreshold = vm.parseJsonUint(json, ".tightenThreshold");
        parameters.threshold = vm.parseJsonUint(json, ".threshold");
        parameters.minInterval = uint32(vm.parseJsonUint(json, ".minInterval"));
        parameters.heartbeat = uint32(vm.parseJsonUint(json, ".heartbeat"));
        parameters.gracePeriod = uint32(vm.parseJsonUint(json, ".gracePeriod"));
        parameters.outageMinimum = uint32(vm.parseJsonUint(json, ".outageMinimum"));
        parameters.repayWindow = uint32(vm.parseJsonUint(json, ".repayWindow"));
        parameters.targetHealth = vm.parseJsonUint(json, ".targetHealth");
        parameters.minimumDebt = vm.parseJsonUint(json, ".minimumDebt");
        parameters.shareName = vm.parseJsonString(json, ".shareName");
        parameters.shareSymbol = vm.parseJsonString(json, ".shareSymbol");

        uint256 count = 0;
        while (vm.keyExistsJson(json, _key(count, "symbol"))) ++count;
        parameters.assets = new Asset[](count);
        for (uint256 i = 0; i < count; ++i) {
            parameters.assets[i] = _readAsset(json, i);
        }
    }

    /// @notice Adds what a parameter file for `Deploy` says of contracts that exist.
    function readAddresses(string memory json, Parameters memory parameters) public pure returns (Parameters memory) {
        parameters.stable = vm.parseJsonAddress(json, ".stable");
        parameters.multicall3 = vm.parseJsonAddress(json, ".multicall3");
        parameters.sequencerFeed = vm.parseJsonAddress(json, ".sequencerFeed");
        parameters.signers = vm.parseJsonAddressArray(json, ".signers");
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

    function _readFeed(string memory json, string memory key) private pure returns (IOracleHub.Feed memory) {
        return IOracleHub.Feed({
            aggregator: vm.parseJsonAddress(json, string.concat(key, ".aggregator")),
            decimals: uint8(vm.parseJsonUint(json, string.concat(key, ".decimals"))),
            maxAge: uint32(vm.parseJsonUint(json, string.concat(key, ".maxAge")))
        });
    }

    /// @notice Writes the addresses for the product to read: `feeds` holds the first feed of each asset, `secondFeeds`, `thirdFeeds` and
    /// `fallbackFeeds` the others.
    function write(Parameters memory parameters, Deployment memory deployed, string memory path) public {
        uint256 count = parameters.assets.length;
        address[] memory tokens = new address[](count);
        string[] memory symbols = new string[](count);
        for (uint256 i = 0; i < count; ++i) {
            tokens[i] = parameters.assets[i].token;
            symbols[i] = parameters.assets[i].symbol;
        }
        string memory root = "deployment";
        vm.serializeUint(root, "chainId", block.chainid);
        vm.serializeUint(root, "deployedAtBlock", block.number);
        vm.serializeAddress(root, "accessManager", address(deployed.accessManager));
        vm.serializeAddress(root, "oracleHub", address(deployed.oracleHub));
        vm.serializeAddress(root, "attestationVerifier", address(deployed.attestationVerifier));
        vm.serializeAddress(root, "riskOracle", address(deployed.riskOracle));
        vm.serializeAddress(root, "marginVault", address(deployed.marginVault));
        vm.serializeAddress(root, "stable", parameters.stable);
        vm.serializeAddress(root, "multicall3", parameters.multicall3);
        vm.serializeAddress(root, "tokens", tokens);
        _writeFeeds(root, parameters);
        vm.writeJson(vm.serializeString(root, "symbols", symbols), path);
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
        vm.serializeAddress(root, "sequencerFeed", parameters.sequencerFeed);
    }

    /// @dev rotateSigners and setValidUntil stay with the admin role, so that nobody but the admin changes who reports.
    function _grantRoles(Deployment memory deployed, address admin) private {
        bytes4[] memory hub = new bytes4[](4);
        hub[0] = IOracleHub.setFeeds.selector;
        hub[1] = IOracleHub.restoreFeed.selector;
        hub[2] = IOracleHub.setSequencerFeed.selector;
        hub[3] = IOracleHub.setTiming.selector;
        bytes4[] memory safer = new bytes4[](1);
        safer[0] = IOracleHub.useFallback.selector;
        bytes4[] memory risk = new bytes4[](3);
        risk[0] = IRiskOracle.listAsset.selector;
        risk[1] = IRiskOracle.setBounds.selector;
        risk[2] = IRiskOracle.setTiming.selector;
        bytes4[] memory vault = new bytes4[](1);
        vault[0] = MarginVault.listCollateral.selector;

        AccessManager manager = deployed.accessManager;
        manager.labelRole(RISK_ADMIN, "RISK_ADMIN");
        manager.setTargetFunctionRole(address(deployed.oracleHub), hub, RISK_ADMIN);
        manager.labelRole(GUARDIAN, "GUARDIAN");
        manager.setTargetFunctionRole(address(deployed.oracleHub), safer, GUARDIAN);
        manager.setTargetFunctionRole(address(deployed.riskOracle), risk, RISK_ADMIN);
        manager.setTargetFunctionRole(address(deployed.marginVault), vault, RISK_ADMIN);
        manager.grantRole(RISK_ADMIN, admin, 0);
        manager.grantRole(GUARDIAN, admin, 0);
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
    }

    function _number(string memory json, uint256 index, string memory field) private pure returns (uint256) {
        return vm.parseJsonUint(json, _key(index, field));
    }

    function _key(uint256 index, string memory field) internal pure returns (string memory) {
        return string.concat(".assets[", vm.toString(index), "].", field);
    }
}
