// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOracleHub} from "../contracts/interfaces/IOracleHub.sol";
import {MockFeed} from "../tests/contracts/mocks/MockFeed.sol";
import {MockToken} from "../tests/contracts/mocks/MockToken.sol";
import {Multicall3} from "../tests/contracts/mocks/Multicall3.sol";
import {Deploy} from "./Deploy.s.sol";
import {Roles} from "./Roles.sol";

/// @title Deploys stand-ins for tokens and feeds, and then the protocol as `Deploy` does, on a local chain
/// @dev Parameters come from the file named by `DEPLOY_CONFIG` (default `scripts/devnet.json`), the signers from `ORACLE_SIGNERS`, comma-separated; they are
/// sorted here. Output goes to the file named by `DEPLOY_OUTPUT`. Refuses any chain but 31337 and 31338: whoever finds it elsewhere could mint the
/// collateral.
///
/// Governance is deployed, but nothing is handed over: whoever deploys holds all votes and every role, without delay.
contract Devnet is Deploy {
    string private constant UNISWAP_FACTORY =
        "node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";

    error NotALocalChain(uint256 chainId);
    error NotCreated(string what);

    function run() external override {
        _requireLocal();
        string memory json = _config();
        Parameters memory parameters = read(json);
        parameters.signers = sorted(vm.envAddress("ORACLE_SIGNERS", ","));

        vm.startBroadcast();
        address sender = broadcaster();
        parameters = standIns(json, parameters);
        parameters.governance.holder = sender;
        Deployment memory deployed = deploy(parameters, sender);
        deployed.accessManager.grantRole(Roles.GUARDIAN, sender, 0);
        vm.stopBroadcast();
        write(parameters, deployed, vm.envString("DEPLOY_OUTPUT"));
    }

    /// @notice Connects the two local chains, and hands nothing over.
    function connect() external override {
        _requireLocal();
        string memory json = _config();
        Deployment memory deployed = _readBack(vm.readFile(vm.envString("DEPLOY_OUTPUT")));
        Parameters memory parameters = read(json);
        address[] memory tokens = vm.parseJsonAddressArray(vm.readFile(vm.envString("DEPLOY_OUTPUT")), ".tokens");
        for (uint256 i = 0; i < tokens.length; ++i) {
            parameters.assets[i].token = tokens[i];
        }

        vm.startBroadcast();
        connectAll(parameters, deployed, readPeers(json), vm.envString("DEPLOY_PEERS", ","));
        vm.stopBroadcast();
    }

    /// @notice Deploys tokens, three feeds and a fallback for each with one answer each, Multicall3, but no
    /// sequencer feed, and Uniswap's factory without a pool; returns the parameters with their addresses.
    function standIns(string memory json, Parameters memory parameters) public returns (Parameters memory) {
        parameters.stable = address(
            new MockToken(
                vm.parseJsonString(json, ".stableName"),
                vm.parseJsonString(json, ".stableSymbol"),
                uint8(vm.parseJsonUint(json, ".stableDecimals"))
            )
        );
        parameters.multicall3 = address(new Multicall3());
        parameters.uniswapFactory = _create(vm.getCode(UNISWAP_FACTORY));
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            Asset memory asset = parameters.assets[i];
            asset.token =
                address(new MockToken(vm.parseJsonString(json, _key(i, "name")), asset.symbol, asset.decimals));
            for (uint256 j = 0; j < 3; ++j) {
                asset.feeds.feeds[j] = _standInFeed(json, i, string.concat(", source ", vm.toString(j + 1)));
            }
            asset.feeds.fallbackFeed = _standInFeed(json, i, ", fallback");
        }
        return parameters;
    }

    function _standInFeed(string memory json, uint256 index, string memory source)
        private
        returns (IOracleHub.Feed memory)
    {
        uint8 decimals = uint8(vm.parseJsonUint(json, _key(index, "feedDecimals")));
        string memory symbol = vm.parseJsonString(json, _key(index, "symbol"));
        MockFeed feed = new MockFeed(decimals, string.concat(symbol, " / USD", source));
        feed.push(vm.parseJsonInt(json, _key(index, "initialAnswer")));
        return IOracleHub.Feed({
            aggregator: address(feed), decimals: decimals, maxAge: uint32(vm.parseJsonUint(json, _key(index, "maxAge")))
        });
    }

    /// @dev Uniswap's contracts are of an older compiler, so they come as bytes.
    function _create(bytes memory code) private returns (address made) {
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        if (made == address(0)) revert NotCreated(UNISWAP_FACTORY);
    }

    function _requireLocal() private view {
        if (block.chainid != 31337 && block.chainid != 31338) revert NotALocalChain(block.chainid);
    }

    function _config() private view returns (string memory) {
        return vm.readFile(vm.envOr("DEPLOY_CONFIG", string("scripts/devnet.json")));
    }

    /// @notice The same addresses in ascending order, which the verifier asks for.
    function sorted(address[] memory unsorted) public returns (address[] memory) {
        uint256[] memory numbers = new uint256[](unsorted.length);
        for (uint256 i = 0; i < unsorted.length; ++i) {
            numbers[i] = uint160(unsorted[i]);
        }
        numbers = vm.sort(numbers);
        for (uint256 i = 0; i < unsorted.length; ++i) {
            unsorted[i] = address(uint160(numbers[i]));
        }
        return unsorted;
    }
}
