// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {ChainHeaders} from "../../contracts/ChainHeaders.sol";
import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {MarginHub} from "../../contracts/MarginHub.sol";
import {IMarginHub} from "../../contracts/interfaces/IMarginHub.sol";
import {Deploy} from "../../scripts/Deploy.s.sol";
import {Devnet} from "../../scripts/Devnet.s.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title Two chains deployed from parameter files, connected, and handed over, as the command line does it
contract ConnectTest is Test {
    uint256 private constant HERE = 10;
    uint256 private constant THERE = 20;
    string private constant FOLDER = "artifacts/devnet/";
    string private constant ZERO = "0x0000000000000000000000000000000000000000";

    Deploy private script;
    Devnet private local;
    address private guardian = makeAddr("guardian");
    address private committee = makeAddr("committee");
    address private holder = makeAddr("holder");
    /// @dev Any contract will do.
    address private blockSource;

    function setUp() public {
        vm.createDir(FOLDER, true);
        vm.warp(1_800_000_000);
        script = Deploy(vm.deployCode("Deploy.s.sol:Deploy"));
        local = Devnet(vm.deployCode("Devnet.s.sol:Devnet"));
        blockSource = address(new MockToken("Not a block source", "X", 18));
    }

    // -------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_APeerIsNotInTheParameters() public {
        (string memory here, string memory hereOut) = _run(HERE, "refused-here", ZERO, true);
        (, string memory stranger) = _run(30, "refused-stranger", ZERO, false);
        vm.chainId(HERE);
        vm.expectRevert(abi.encodeWithSelector(Deploy.PeerNotConfigured.selector, 30));
        script.connectWith(here, hereOut, _one(stranger));
    }

    function test_RevertWhen_ConnectedAfterTheHandOver() public {
        (string memory here, string memory hereOut) = _run(HERE, "twice-here", ZERO, true);
        (, string memory thereOut) = _run(THERE, "twice-there", ZERO, false);
        vm.chainId(HERE);
        script.connectWith(here, hereOut, _one(thereOut));
        vm.expectPartialRevert(bytes4(keccak256("AccessManagedUnauthorized(address)")));
        script.connectWith(here, hereOut, _one(thereOut));
    }

    // ---------------------------------------------------------------------------------------------------- chains

    function test_Run_WithoutPeers_HandsOver() public {
        (, string memory output) = _run(HERE, "alone", ZERO, false);
        _assertHandedOver(output);
    }

    function test_Connect_AttestedHeaders_BelievesCountsAndHandsOver() public {
        (string memory here, string memory hereOut) = _run(HERE, "attested-here", ZERO, true);
        (, string memory thereOut) = _run(THERE, "attested-there", ZERO, true);
        (bool admin,) = _manager(hereOut).hasRole(0, DEFAULT_SENDER);
        assertTrue(admin);

        vm.chainId(HERE);
        script.connectWith(here, hereOut, _one(thereOut));

        MarginHub hub = MarginHub(_read(hereOut, ".marginHub"));
        IMarginHub.SourceChain memory chain = hub.sourceChainOf(THERE);
        assertEq(address(chain.source), _read(hereOut, ".attestedHeaders"));
        assertEq(chain.finalityLag, 900);
        assertEq(chain.expectedDelay, 1200);
        assertEq(chain.valueCap, 1e26);
        assertEq(
            address(CollateralVault(_read(hereOut, ".collateralVault")).sourceOf(THERE, _read(thereOut, ".marginHub"))),
            _read(hereOut, ".attestedHeaders")
        );
        _assertCounted(hub, hereOut, thereOut, 0, 18, 100_000e18, 10_000e18);
        _assertCounted(hub, hereOut, thereOut, 1, 8, 5_000e8, 500e8);
        _assertHandedOver(hereOut);
    }

    function test_Connect_BlockSource_BelievesTheChainItself() public {
        (string memory here, string memory hereOut) = _run(HERE, "given-here", vm.toString(blockSource), true);
        (, string memory thereOut) = _run(THERE, "given-there", ZERO, false);
        vm.chainId(HERE);
        script.connectWith(here, hereOut, _one(thereOut));

        ChainHeaders source = ChainHeaders(address(MarginHub(_read(hereOut, ".marginHub")).sourceChainOf(THERE).source));
        assertEq(source.sourceChainId(), THERE);
        assertEq(source.blockSource(), blockSource);
    }

    /// @dev The other chain's WBTC has 10 decimals: caps count the same tokens in its units.
    function test_Connect_OtherDecimals_CapsAreRescaled() public {
        (string memory here, string memory hereOut) = _run(HERE, "decimals-here", ZERO, true);
        (, string memory thereOut) = _run(THERE, "decimals-there", ZERO, false);
        string memory path = string.concat(FOLDER, "connect-decimals-other.json");
        vm.writeFile(path, vm.readFile(thereOut));
        vm.writeJson("[18,10]", path, ".decimals");
        vm.chainId(HERE);
        script.connectWith(here, hereOut, _one(path));
        _assertCounted(MarginHub(_read(hereOut, ".marginHub")), hereOut, thereOut, 1, 10, 5_000e10, 500e10);
    }

    // ---------------------------------------------------------------------------------------------------- helpers

    /// @dev Deploys on a chain; `peers` says whether the parameters name the other two.
    function _run(uint256 chainId, string memory name, string memory source, bool peers)
        private
        returns (string memory json, string memory output)
    {
        vm.chainId(chainId);
        json = _parameters(source, peers);
        output = string.concat(FOLDER, "connect-", name, ".json");
        script.runWith(json, output);
    }

    /// @dev The parameters of the local chains, with the addresses that a file of real contracts has.
    function _parameters(string memory source, bool peers) private returns (string memory json) {
        json = vm.readFile("scripts/devnet.json");
        Deploy.Parameters memory made = local.standIns(json, local.read(json));
        json = vm.replace(json, '"31337"', peers ? '"20"' : '"1"');
        json = vm.replace(
            json, '"blockSource": "0x0000000000000000000000000000000000000000"', _field("blockSource", source)
        );
        if (!peers) json = vm.replace(json, '"peers"', '"nobody"');
        json = vm.replace(json, '"tokenName"', string.concat(_people(), ',"tokenName"'));
        json = vm.replace(json, '"stableSymbol"', string.concat(_contracts(made), ',"stableSymbol"'));
        for (uint256 i = 0; i < made.assets.length; ++i) {
            string memory symbol = _field("symbol", made.assets[i].symbol);
            string memory spaced = vm.replace(symbol, ":", ": ");
            json = vm.replace(json, spaced, string.concat(symbol, ",", _asset(made.assets[i])));
        }
    }

    function _people() private view returns (string memory) {
        return string.concat(
            _field("holder", vm.toString(holder)),
            ",",
            _field("committee", vm.toString(committee)),
            ',"guardians":["',
            vm.toString(guardian),
            '"]'
        );
    }

    function _contracts(Deploy.Parameters memory made) private returns (string memory) {
        address[] memory signers = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            signers[i] = makeAddr(string.concat("signer", vm.toString(i)));
        }
        signers = local.sorted(signers);
        string memory list = "";
        for (uint256 i = 0; i < 4; ++i) {
            list = string.concat(list, i == 0 ? '"' : ',"', vm.toString(signers[i]), '"');
        }
        return string.concat(
            _field("stable", vm.toString(made.stable)),
            ",",
            _field("multicall3", vm.toString(made.multicall3)),
            ",",
            _field("uniswapFactory", vm.toString(made.uniswapFactory)),
            ",",
            _field("sequencerFeed", ZERO),
            ',"signers":[',
            list,
            "]"
        );
    }

    function _asset(Deploy.Asset memory asset) private pure returns (string memory json) {
        json = string.concat(_field("token", vm.toString(asset.token)), ',"feeds":[');
        for (uint256 i = 0; i < 3; ++i) {
            json = string.concat(json, i == 0 ? "" : ",", _feed(asset.feeds.feeds[i].aggregator));
        }
        json = string.concat(json, '],"fallbackFeed":', _feed(asset.feeds.fallbackFeed.aggregator));
    }

    function _feed(address aggregator) private pure returns (string memory) {
        return string.concat("{", _field("aggregator", vm.toString(aggregator)), ',"decimals":"8","maxAge":"7200"}');
    }

    function _field(string memory name, string memory value) private pure returns (string memory) {
        return string.concat('"', name, '":"', value, '"');
    }

    function _one(string memory path) private pure returns (string[] memory list) {
        list = new string[](1);
        list[0] = path;
    }

    function _read(string memory path, string memory key) private view returns (address) {
        return vm.parseJsonAddress(vm.readFile(path), key);
    }

    function _manager(string memory output) private view returns (IAccessManager) {
        return AccessManager(_read(output, ".accessManager"));
    }

    function _assertCounted(
        MarginHub hub,
        string memory hereOut,
        string memory thereOut,
        uint256 index,
        uint8 decimals,
        uint128 cap,
        uint128 growth
    ) private view {
        address token = vm.parseJsonAddressArray(vm.readFile(thereOut), ".tokens")[index];
        IMarginHub.RemoteToken memory remote =
            hub.remoteOf(hub.remoteKeyOf(THERE, _read(thereOut, ".collateralVault"), token));
        assertEq(remote.asset, vm.parseJsonAddressArray(vm.readFile(hereOut), ".tokens")[index]);
        assertEq(remote.decimals, decimals);
        assertEq(remote.cap, cap);
        assertEq(remote.growthPerDay, growth);
        assertGt(remote.maxPrice, 0);
    }

    function _assertHandedOver(string memory output) private view {
        IAccessManager manager = _manager(output);
        for (uint64 role = 0; role < 3; ++role) {
            (bool member,) = manager.hasRole(role, DEFAULT_SENDER);
            assertFalse(member);
        }
        (bool timelock,) = manager.hasRole(0, _read(output, ".timelock"));
        assertTrue(timelock);
        (bool guards,) = manager.hasRole(2, guardian);
        assertTrue(guards);
    }
}
