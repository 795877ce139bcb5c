// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {AttestationVerifier} from "../../contracts/AttestationVerifier.sol";
import {MarginVault} from "../../contracts/MarginVault.sol";
import {OracleHub} from "../../contracts/OracleHub.sol";
import {RiskOracle} from "../../contracts/RiskOracle.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {IOracleHub} from "../../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Deploy} from "../../scripts/Deploy.s.sol";
import {Devnet} from "../../scripts/Devnet.s.sol";
import {MockToken} from "./mocks/MockToken.sol";

/// @title The deployment scripts, run as the command line runs them
contract DeployTest is Test {
    string private constant OUTPUT = "artifacts/devnet/deploy-test.json";

    function setUp() public {
        vm.createDir("artifacts/devnet", true);
        vm.warp(1_800_000_000);
        // Not in order: the script sorts them.
        string memory signers = string.concat(
            vm.toString(address(0x44)),
            ",",
            vm.toString(address(0x11)),
            ",",
            vm.toString(address(0x33)),
            ",",
            vm.toString(address(0x22))
        );
        vm.setEnv("ORACLE_SIGNERS", signers);
        vm.setEnv("DEPLOY_OUTPUT", OUTPUT);
        vm.setEnv("DEPLOY_CONFIG", "scripts/devnet.json");
    }

    function _deployed(string memory key) private view returns (address) {
        return vm.parseJsonAddress(vm.readFile(OUTPUT), key);
    }

    function test_RevertWhen_DevnetRunsElsewhere() public {
        Devnet script = Devnet(vm.deployCode("Devnet.s.sol:Devnet"));
        uint256[4] memory chains = [uint256(1), 31_336, 31_339, 8453];
        for (uint256 i = 0; i < chains.length; ++i) {
            vm.chainId(chains[i]);
            vm.expectRevert(abi.encodeWithSelector(Devnet.NotALocalChain.selector, chains[i]));
            script.run();
        }
    }

    function test_Devnet_DemoParameters_GiveAWorkingProtocol() public {
        Devnet script = Devnet(vm.deployCode("Devnet.s.sol:Devnet"));
        script.run();

        _checkOracles();
        _checkVault();
        _checkRoles();
        assertEq(vm.parseJsonUint(vm.readFile(OUTPUT), ".chainId"), block.chainid);
    }

    function _checkOracles() private view {
        RiskOracle risk = RiskOracle(_deployed(".riskOracle"));
        OracleHub hub = OracleHub(_deployed(".oracleHub"));
        AttestationVerifier verifier = AttestationVerifier(_deployed(".attestationVerifier"));
        address[] memory tokens = vm.parseJsonAddressArray(vm.readFile(OUTPUT), ".tokens");
        assertEq(tokens.length, 2);
        assertEq(risk.assets(), tokens);
        assertEq(hub.price(tokens[0]), 3000e18);
        assertEq(hub.price(tokens[1]), 60_000e18);
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(uint8(hub.feedReading(tokens[0], i).status), uint8(IOracleHub.PriceStatus.Ok));
        }
        assertEq(hub.feedsOf(tokens[1]).deviation, 0.02e18);
        assertEq(hub.sequencerFeed(), address(0));
        assertEq(hub.gracePeriod(), 1 hours);
        assertEq(hub.outageMinimum(), 15 minutes);
        assertEq(hub.repayWindow(), 1 hours);
        assertEq(address(risk.verifier()), address(verifier));
        assertEq(verifier.signers()[0], address(0x11));
        assertEq(verifier.signers()[3], address(0x44));
        assertEq(verifier.tightenThreshold(), 2);
        assertEq(verifier.threshold(), 3);
        assertEq(risk.minInterval(), 6 hours);
        assertEq(risk.heartbeat(), 26 hours);
        for (uint256 i = 0; i < 2; ++i) {
            IRiskOracle.AssetBounds memory bounds = risk.boundsOf(tokens[i]);
            // Just under half of a day's room at the floor.
            uint256 limit = 2.326347874e18 * uint256(bounds.volatilityFloor) / 1e18 * 52342392259021370 / 2e18;
            assertLe(bounds.rampPerDay, limit);
            assertGt(bounds.rampPerDay, limit * 999 / 1000);
            assertGt(risk.factors(tokens[i]).borrowFactor, 0.7e18);
        }
    }

    function _checkVault() private view {
        MarginVault vault = MarginVault(_deployed(".marginVault"));
        assertEq(vault.asset(), _deployed(".stable"));
        assertEq(MockToken(vault.asset()).decimals(), 6);
        assertEq(address(vault.oracleHub()), _deployed(".oracleHub"));
        assertEq(address(vault.riskOracle()), _deployed(".riskOracle"));
        assertEq(vault.collaterals(), vm.parseJsonAddressArray(vm.readFile(OUTPUT), ".tokens"));
        assertEq(vault.collateralDecimals(vault.collaterals()[1]), 8);
        assertEq(address(vault.optionBook()), _deployed(".optionBook"));
        assertEq(address(vault.marginHub()), _deployed(".marginHub"));
        assertEq(address(vault.attestations()), _deployed(".marginAttestations"));
        assertEq(address(vault.guardian()), _deployed(".guardian"));
        assertEq(address(vault.insurance()), _deployed(".insuranceFund"));
        assertEq(address(vault.optionFund()), _deployed(".optionFund"));
        assertEq(address(vault.venue()), _deployed(".venue"));
        assertEq(vault.targetHealth(), 1.03e18);
        assertEq(vault.minimumDebt(), 100e6);
    }

    /// @dev The deployer of a local chain holds every role, but they are apart: a risk admin cannot choose who reports.
    function _checkRoles() private {
        IAccessManager manager = IAccessManager(_deployed(".accessManager"));
        address verifier = _deployed(".attestationVerifier");
        address riskAdmin = makeAddr("risk admin");
        vm.prank(DEFAULT_SENDER);
        manager.grantRole(1, riskAdmin, 0);

        _checkCall(manager, riskAdmin, verifier, IAttestationVerifier.rotateSigners.selector, false);
        _checkCall(manager, DEFAULT_SENDER, verifier, IAttestationVerifier.rotateSigners.selector, true);
        _checkCall(manager, riskAdmin, verifier, IAttestationVerifier.setValidUntil.selector, false);
        _checkHubRoles(manager, riskAdmin);
        _checkCall(manager, riskAdmin, _deployed(".riskOracle"), IRiskOracle.listAsset.selector, true);
        _checkCall(manager, riskAdmin, _deployed(".riskOracle"), IRiskOracle.setBounds.selector, true);
        _checkCall(manager, riskAdmin, _deployed(".riskOracle"), IRiskOracle.setTiming.selector, true);
        _checkCall(manager, riskAdmin, _deployed(".marginVault"), MarginVault.listCollateral.selector, true);
        _checkCall(manager, address(0x11), _deployed(".riskOracle"), IRiskOracle.setBounds.selector, false);
        _checkCall(manager, DEFAULT_SENDER, _deployed(".guardian"), IGuardian.raise.selector, true);
    }

    /// @dev The guardian only goes towards the fallback, and the risk admin does everything else.
    function _checkHubRoles(IAccessManager manager, address riskAdmin) private {
        address hub = _deployed(".oracleHub");
        address guardian = makeAddr("guardian");
        vm.prank(DEFAULT_SENDER);
        manager.grantRole(2, guardian, 0);
        bytes4[4] memory selectors = [
            IOracleHub.setFeeds.selector,
            IOracleHub.restoreFeed.selector,
            IOracleHub.setSequencerFeed.selector,
            IOracleHub.setTiming.selector
        ];
        for (uint256 i = 0; i < selectors.length; ++i) {
            _checkCall(manager, riskAdmin, hub, selectors[i], true);
            _checkCall(manager, guardian, hub, selectors[i], false);
        }
        _checkCall(manager, guardian, hub, IOracleHub.useFallback.selector, true);
        _checkCall(manager, riskAdmin, hub, IOracleHub.useFallback.selector, false);
    }

    /// @dev A parameter file of real contracts: feeds of different sources, decimals and ages.
    function test_ReadAddresses_ParameterFile_FeedByFeed() public {
        Deploy script = Deploy(vm.deployCode("Deploy.s.sol:Deploy"));
        Deploy.Parameters memory parameters;
        parameters.assets = new Deploy.Asset[](1);
        string memory feeds = '[{"aggregator":"0x0000000000000000000000000000000000000001","decimals":"8","maxAge":"3900"},'
            '{"aggregator":"0x0000000000000000000000000000000000000002","decimals":"18","maxAge":"86700"},'
            '{"aggregator":"0x0000000000000000000000000000000000000003","decimals":"6","maxAge":"60"}]';
        string memory json = string.concat(
            '{"stable":"0x0000000000000000000000000000000000000011","multicall3":"0x0000000000000000000000000000000000000012",',
            '"uniswapFactory":"0x0000000000000000000000000000000000000016",',
            '"governance":{"holder":"0x0000000000000000000000000000000000000017","committee":"0x0000000000000000000000000000000000000018","guardians":["0x0000000000000000000000000000000000000019"]},',
            '"sequencerFeed":"0x0000000000000000000000000000000000000013","signers":["0x0000000000000000000000000000000000000014"],',
            '"assets":[{"token":"0x0000000000000000000000000000000000000015","feeds":',
            feeds,
            ',"fallbackFeed":{"aggregator":"0x0000000000000000000000000000000000000000","decimals":"0","maxAge":"0"}}]}'
        );
        parameters = script.readAddresses(json, parameters);
        IOracleHub.FeedSet memory set = parameters.assets[0].feeds;
        assertEq(parameters.assets[0].token, address(0x15));
        assertEq(parameters.sequencerFeed, address(0x13));
        assertEq(parameters.signers[0], address(0x14));
        assertEq(parameters.uniswapFactory, address(0x16));
        assertEq(parameters.governance.holder, address(0x17));
        assertEq(parameters.governance.committee, address(0x18));
        assertEq(parameters.governance.guardians[0], address(0x19));
        assertEq(set.feeds[1].aggregator, address(2));
        assertEq(set.feeds[1].decimals, 18);
        assertEq(set.feeds[2].maxAge, 60);
        assertEq(set.fallbackFeed.aggregator, address(0));
    }

    function _checkCall(IAccessManager manager, address caller, address target, bytes4 selector, bool expected)
        private
        view
    {
        (bool allowed,) = manager.canCall(caller, target, selector);
        assertEq(allowed, expected);
    }

    /// @dev The same through `Deploy`, with every address in the parameter file, and a different output.
    function test_Deploy_ParameterFile_NamesEveryAddress() public {
        Devnet local = Devnet(vm.deployCode("Devnet.s.sol:Devnet"));
        Deploy.Parameters memory parameters = local.read(vm.readFile("scripts/devnet.json"));
        parameters = local.standIns(vm.readFile("scripts/devnet.json"), parameters);
        parameters.signers = vm.parseJsonAddressArray(
            '{"s":["0x0000000000000000000000000000000000000011","0x0000000000000000000000000000000000000022","0x0000000000000000000000000000000000000033","0x0000000000000000000000000000000000000044"]}',
            ".s"
        );
        Deploy script = Deploy(vm.deployCode("Deploy.s.sol:Deploy"));
        parameters.governance.holder = makeAddr("holder");
        Deploy.Deployment memory deployed = script.deploy(parameters, address(script));
        assertEq(deployed.marginVault.asset(), parameters.stable);
        assertEq(
            keccak256(abi.encode(deployed.oracleHub.feedsOf(parameters.assets[1].token))),
            keccak256(abi.encode(parameters.assets[1].feeds))
        );
        assertEq(deployed.attestationVerifier.signers(), parameters.signers);

        string memory path = "artifacts/devnet/deploy-test-other.json";
        script.write(parameters, deployed, path);
        string memory json = vm.readFile(path);
        assertEq(vm.parseJsonAddress(json, ".marginVault"), address(deployed.marginVault));
        assertEq(vm.parseJsonAddress(json, ".multicall3"), parameters.multicall3);
        IOracleHub.FeedSet memory set = parameters.assets[1].feeds;
        assertEq(vm.parseJsonAddressArray(json, ".feeds")[1], set.feeds[0].aggregator);
        assertEq(vm.parseJsonAddressArray(json, ".secondFeeds")[1], set.feeds[1].aggregator);
        assertEq(vm.parseJsonAddressArray(json, ".thirdFeeds")[1], set.feeds[2].aggregator);
        assertEq(vm.parseJsonAddressArray(json, ".fallbackFeeds")[1], set.fallbackFeed.aggregator);
        assertEq(vm.parseJsonAddress(json, ".sequencerFeed"), address(0));
        assertEq(vm.parseJsonStringArray(json, ".symbols")[1], "WBTC");
    }

    /// @dev The chain's limit is 24,576 bytes; how much of it is used is a snapshot, so that growth is noticed.
    function test_Size_EveryDeployable_FitsTheChain() public {
        string[16] memory names = [
            "OracleHub",
            "AttestationVerifier",
            "RiskOracle",
            "MarginVault",
            "OptionBook",
            "MarginAttestations",
            "MarginHub",
            "CollateralVault",
            "AttestedHeaders",
            "ChainHeaders",
            "Guardian",
            "InsuranceFund",
            "UniswapV3Venue",
            "FlashLiquidator",
            "VotingToken",
            "KeeperGovernor"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            _checkSize(names[i]);
        }
    }

    /// @dev Linked libraries are contracts too.
    function test_Size_EveryLinkedLibrary_FitsTheChain() public {
        string[13] memory names = [
            "AccountChecks",
            "Clearing",
            "Defence",
            "LegBook",
            "LienAccounting",
            "LienSwaps",
            "Liquidation",
            "Listing",
            "OptionMargin",
            "PortfolioLiquidation",
            "RiskGovernance",
            "RiskReports",
            "TopUp"
        ];
        for (uint256 i = 0; i < names.length; ++i) {
            _checkSize(names[i]);
        }
    }

    function _checkSize(string memory name) private {
        uint256 size = vm.getDeployedCode(string.concat(name, ".sol:", name)).length;
        vm.snapshotValue("BytecodeSize", name, size);
        assertLe(size, 24_576, name);
    }
}
