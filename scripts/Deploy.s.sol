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
/// and for each asset `token` and `feed`), and the addresses are written to the JSON file named by `DEPLOY_OUTPUT`. Numbers in it are decimal strings;
/// fractions and prices are scaled by 1e18, `cap` and `minimumDebt` are in token units, times in seconds.
///
/// Roles in this cut: the broadcaster is admin (signer set, roles) and also holds role 1, risk admin (feeds, assets, bounds, timing, collaterals).
contract Deploy is Script {
    struct Asset {
        string symbol;
        address token;
        uint8 decimals;
        uint256 cap;
        IOracleHub.FeedConfig feed;
        IRiskOracle.AssetBounds bounds;
        IRiskOracle.OptionBounds optionBounds;
        IRiskOracle.Fallback fallbackInputs;
        uint64 volatility;
        uint64 slippage;
    }

    struct Parameters {
        address stable;
        address multicall3;
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

    function run() external virtual {
        string memory json = vm.readFile(vm.envString("DEPLOY_CONFIG"));
        Parameters memory parameters = read(json);
        parameters.stable = vm.parseJsonAddress(json, ".stable");
        parameters.multicall3 = vm.parseJsonAddress(json, ".multicall3");
        parameters.signers = vm.parseJsonAddressArray(json, ".signers");
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            parameters.assets[i].token = vm.parseJsonAddress(json, _key(i, "token"));
            parameters.assets[i].feed.feed = vm.parseJsonAddress(json, _key(i, "feed"));
        }

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
            address(manager),
            deployed.attestationVerifier,
            parameters.minInterval,
            parameters.heartbeat,
            parameters.silenceLimit,
            parameters.headroomLimit
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
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            Asset memory asset = parameters.assets[i];
            deployed.oracleHub.setFeed(asset.token, asset.feed);
            deployed.riskOracle.listAsset(asset.token, asset.bounds, asset.volatility, asset.slippage);
            deployed.riskOracle.setOptionBounds(asset.token, asset.optionBounds);
            deployed.riskOracle.setFallback(asset.token, asset.fallbackInputs);
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
        parameters.silenceLimit = uint32(vm.parseJsonUint(json, ".silenceLimit"));
        parameters.headroomLimit = vm.parseJsonUint(json, ".headroomLimit");
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

    /// @notice Writes the addresses for the product to read.
    function write(Parameters memory parameters, Deployment memory deployed, string memory path) public {
        uint256 count = parameters.assets.length;
        address[] memory tokens = new address[](count);
        address[] memory feeds = new address[](count);
        string[] memory symbols = new string[](count);
        for (uint256 i = 0; i < count; ++i) {
            tokens[i] = parameters.assets[i].token;
            feeds[i] = parameters.assets[i].feed.feed;
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
        vm.serializeAddress(root, "feeds", feeds);
        vm.writeJson(vm.serializeString(root, "symbols", symbols), path);
    }

    /// @dev setSigners stays with the admin role, so that nobody but the admin changes who reports.
    function _grantRoles(Deployment memory deployed, address admin) private {
        bytes4[] memory hub = new bytes4[](1);
        hub[0] = IOracleHub.setFeed.selector;
        bytes4[] memory risk = new bytes4[](6);
        risk[0] = IRiskOracle.listAsset.selector;
        risk[1] = IRiskOracle.setBounds.selector;
        risk[2] = IRiskOracle.setTiming.selector;
        risk[3] = IRiskOracle.setOptionBounds.selector;
        risk[4] = IRiskOracle.setFallback.selector;
        risk[5] = IRiskOracle.listExpiry.selector;
        bytes4[] memory vault = new bytes4[](1);
        vault[0] = MarginVault.listCollateral.selector;

        AccessManager manager = deployed.accessManager;
        manager.labelRole(RISK_ADMIN, "RISK_ADMIN");
        manager.setTargetFunctionRole(address(deployed.oracleHub), hub, RISK_ADMIN);
        manager.setTargetFunctionRole(address(deployed.riskOracle), risk, RISK_ADMIN);
        manager.setTargetFunctionRole(address(deployed.marginVault), vault, RISK_ADMIN);
        manager.grantRole(RISK_ADMIN, admin, 0);
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
