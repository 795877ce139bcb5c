// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {AttestationVerifier} from "../contracts/AttestationVerifier.sol";
import {Guardian} from "../contracts/Guardian.sol";
import {InsuranceFund} from "../contracts/InsuranceFund.sol";
import {KeeperGovernor} from "../contracts/KeeperGovernor.sol";
import {MarginVault} from "../contracts/MarginVault.sol";
import {OracleHub} from "../contracts/OracleHub.sol";
import {RiskOracle} from "../contracts/RiskOracle.sol";
import {VotingToken} from "../contracts/VotingToken.sol";
import {DeployConfig} from "./DeployConfig.sol";
import {Roles} from "./Roles.sol";

/// @title Deploys the protocol on the chain it runs on
/// @dev Parameters are read from the JSON file named by `DEPLOY_CONFIG` (the format of `scripts/devnet.json`, with `stable`, `multicall3`, `signers`,
/// `governance.holder`, `governance.committee`, `governance.guardians`, and for each asset `token` and `feed`); the addresses are written to the
/// JSON file named by `DEPLOY_OUTPUT`.
///
/// In this order: what is refused, the contracts, the table of `Roles`, the assets, and at last the hand-over, after which the broadcaster holds nothing:
///   ADMIN      the timelock, which the governor alone proposes to
///   RISK_ADMIN the timelock at once, and the committee behind its delay
///   GUARDIAN   the guardians, who may also cancel what the committee has scheduled
///
/// Refused: a signer who holds a role or all votes, a guardian who is also committee or holder, and delays under those below. Governance can
/// undo the separation later by granting roles, in public and behind its delay; nobody else can.
contract Deploy is DeployConfig {
    struct Deployment {
        AccessManager accessManager;
        OracleHub oracleHub;
        AttestationVerifier attestationVerifier;
        RiskOracle riskOracle;
        MarginVault marginVault;
        Guardian guardian;
        InsuranceFund insuranceFund;
        InsuranceFund optionFund;
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

    uint256 public constant MIN_TIMELOCK_DELAY = 2 days;
    uint256 public constant MIN_COMMITTEE_DELAY = 1 days;
    uint256 public constant MIN_VOTING_DELAY = 1 hours;
    uint256 public constant MIN_VOTING_PERIOD = 1 days;

    error SignerHoldsRole(address signer, string role);
    error GuardianHoldsRole(address guardian, string role);
    error GuardiansMissing();
    error DelayTooShort(string name, uint256 given, uint256 needed);

    function run() external virtual {
        Parameters memory parameters = readWhole(vm.readFile(vm.envString("DEPLOY_CONFIG")));

        vm.startBroadcast();
        Deployment memory deployed = deploy(parameters, broadcaster());
        handOver(parameters, deployed, broadcaster());
        vm.stopBroadcast();
        write(parameters, deployed, vm.envString("DEPLOY_OUTPUT"));
    }

    /// @notice Deploys and configures everything; `admin` must be the caller of every transaction it makes, and keeps its roles.
    function deploy(Parameters memory parameters, address admin) public returns (Deployment memory deployed) {
        requireSeparated(parameters, admin);
        _deployProtocol(parameters, deployed, admin);
        _deployGovernance(parameters.governance, deployed, admin);
        _assignFunctions(deployed);
        deployed.accessManager.grantRole(Roles.RISK_ADMIN, admin, 0);

        deployed.insuranceFund.setVault(address(deployed.marginVault));
        deployed.optionFund.setVault(address(deployed.marginVault));
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            Asset memory asset = parameters.assets[i];
            deployed.oracleHub.setFeed(asset.token, asset.feed);
            deployed.riskOracle.listAsset(asset.token, asset.bounds, asset.volatility, asset.slippage);
            deployed.marginVault.listCollateral(asset.token, asset.decimals, asset.cap);
        }
    }

    /// @notice Gives committee and guardians their roles and takes the deployer's away.
    function handOver(Parameters memory parameters, Deployment memory deployed, address admin) public {
        Governance memory governance = parameters.governance;
        requireIndependent(governance);
        AccessManager manager = deployed.accessManager;

        manager.revokeRole(Roles.RISK_ADMIN, admin);
        if (governance.committee != address(0)) {
            manager.grantRole(Roles.RISK_ADMIN, governance.committee, governance.committeeDelay);
        }
        for (uint256 i = 0; i < governance.guardians.length; ++i) {
            manager.grantRole(Roles.GUARDIAN, governance.guardians[i], 0);
        }
        manager.renounceRole(Roles.ADMIN, admin);
    }

    // -------------------------------------------------------------------------------------------------- refusals

    /// @notice Nobody both sets bounds and reports inside them.
    function requireSeparated(Parameters memory parameters, address admin) public pure {
        Governance memory governance = parameters.governance;
        for (uint256 i = 0; i < parameters.signers.length; ++i) {
            address signer = parameters.signers[i];
            if (signer == admin) revert SignerHoldsRole(signer, "deployer");
            if (signer == governance.committee) revert SignerHoldsRole(signer, "committee");
            if (signer == governance.holder) revert SignerHoldsRole(signer, "holder");
            for (uint256 j = 0; j < governance.guardians.length; ++j) {
                if (signer == governance.guardians[j]) revert SignerHoldsRole(signer, "guardian");
            }
        }
    }

    /// @notice A guardian holds nothing else, and what can loosen is slow.
    function requireIndependent(Governance memory governance) public pure {
        if (governance.guardians.length == 0) revert GuardiansMissing();
        for (uint256 i = 0; i < governance.guardians.length; ++i) {
            address guardian = governance.guardians[i];
            if (guardian == governance.committee) revert GuardianHoldsRole(guardian, "committee");
            if (guardian == governance.holder) revert GuardianHoldsRole(guardian, "holder");
        }
        _requireAtLeast("timelock", governance.timelockDelay, MIN_TIMELOCK_DELAY);
        _requireAtLeast("voting delay", governance.votingDelay, MIN_VOTING_DELAY);
        _requireAtLeast("voting period", governance.votingPeriod, MIN_VOTING_PERIOD);
        if (governance.committee != address(0)) {
            _requireAtLeast("committee", governance.committeeDelay, MIN_COMMITTEE_DELAY);
        }
    }

    function _requireAtLeast(string memory name, uint256 given, uint256 needed) private pure {
        if (given < needed) revert DelayTooShort(name, given, needed);
    }

    // ------------------------------------------------------------------------------------------------- contracts

    function _deployProtocol(Parameters memory parameters, Deployment memory deployed, address admin) private {
        address manager = address(new AccessManager(admin));
        IERC20Metadata stable = IERC20Metadata(parameters.stable);
        deployed.accessManager = AccessManager(manager);
        deployed.oracleHub = new OracleHub(manager);
        deployed.attestationVerifier =
            new AttestationVerifier(manager, parameters.signers, parameters.tightenThreshold, parameters.threshold);
        deployed.riskOracle =
            new RiskOracle(manager, deployed.attestationVerifier, parameters.minInterval, parameters.heartbeat);
        deployed.guardian = new Guardian(manager);
        deployed.insuranceFund = new InsuranceFund(manager, stable);
        deployed.optionFund = new InsuranceFund(manager, stable);
        deployed.marginVault = new MarginVault(
            stable,
            deployed.oracleHub,
            deployed.riskOracle,
            manager,
            parameters.targetHealth,
            parameters.minimumDebt,
            parameters.shareName,
            parameters.shareSymbol
        );
    }

    /// @dev The timelock has no proposer but the governor, anyone may execute, and its only admin is itself.
    function _deployGovernance(Governance memory governance, Deployment memory deployed, address admin) private {
        VotingToken token =
            new VotingToken(governance.tokenName, governance.tokenSymbol, governance.holder, governance.supply);
        TimelockController timelock =
            new TimelockController(governance.timelockDelay, new address[](0), new address[](1), admin);
        KeeperGovernor governor = new KeeperGovernor(
            token,
            timelock,
            governance.votingDelay,
            governance.votingPeriod,
            governance.proposalThreshold,
            governance.quorumPercent
        );
        timelock.grantRole(timelock.PROPOSER_ROLE(), address(governor));
        timelock.grantRole(timelock.CANCELLER_ROLE(), address(governor));
        timelock.renounceRole(timelock.DEFAULT_ADMIN_ROLE(), admin);

        (deployed.votingToken, deployed.timelock, deployed.governor) = (token, timelock, governor);
    }

    /// @dev The table of `Roles`, the labels, and the timelock's roles.
    function _assignFunctions(Deployment memory deployed) private {
        AccessManager manager = deployed.accessManager;
        manager.labelRole(Roles.RISK_ADMIN, "RISK_ADMIN");
        manager.labelRole(Roles.GUARDIAN, "GUARDIAN");
        manager.setRoleGuardian(Roles.RISK_ADMIN, Roles.GUARDIAN);
        Placed[] memory placed = list(deployed);
        for (uint256 i = 0; i < placed.length; ++i) {
            for (uint64 role = Roles.ADMIN; role <= Roles.GUARDIAN; ++role) {
                bytes4[] memory selectors = Roles.selectorsOf(placed[i].contractName, role);
                if (selectors.length != 0) manager.setTargetFunctionRole(placed[i].at, selectors, role);
            }
        }
        manager.grantRole(Roles.ADMIN, address(deployed.timelock), 0);
        manager.grantRole(Roles.RISK_ADMIN, address(deployed.timelock), 0);
    }

    // --------------------------------------------------------------------------------------------------- output

    /// @notice Everything that was deployed, by name.
    function list(Deployment memory deployed) public pure returns (Placed[] memory placed) {
        placed = new Placed[](11);
        placed[0] = Placed("accessManager", "AccessManager", address(deployed.accessManager));
        placed[1] = Placed("oracleHub", "OracleHub", address(deployed.oracleHub));
        placed[2] = Placed("attestationVerifier", "AttestationVerifier", address(deployed.attestationVerifier));
        placed[3] = Placed("riskOracle", "RiskOracle", address(deployed.riskOracle));
        placed[4] = Placed("marginVault", "MarginVault", address(deployed.marginVault));
        placed[5] = Placed("guardian", "Guardian", address(deployed.guardian));
        placed[6] = Placed("insuranceFund", "InsuranceFund", address(deployed.insuranceFund));
        placed[7] = Placed("optionFund", "InsuranceFund", address(deployed.optionFund));
        placed[8] = Placed("votingToken", "VotingToken", address(deployed.votingToken));
        placed[9] = Placed("timelock", "TimelockController", address(deployed.timelock));
        placed[10] = Placed("governor", "KeeperGovernor", address(deployed.governor));
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
        Placed[] memory placed = list(deployed);
        for (uint256 i = 0; i < placed.length; ++i) {
            vm.serializeAddress(root, placed[i].key, placed[i].at);
        }
        vm.serializeAddress(root, "stable", parameters.stable);
        vm.serializeAddress(root, "multicall3", parameters.multicall3);
        vm.serializeAddress(root, "tokens", tokens);
        vm.serializeAddress(root, "feeds", feeds);
        vm.writeJson(vm.serializeString(root, "symbols", symbols), path);
    }

    /// @notice Who sends the transactions of the broadcast that has been started.
    function broadcaster() internal returns (address sender) {
        (, sender,) = vm.readCallers();
    }
}
