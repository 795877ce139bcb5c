// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {AttestationVerifier} from "../contracts/AttestationVerifier.sol";
import {AttestedHeaders} from "../contracts/AttestedHeaders.sol";
import {ChainHeaders} from "../contracts/ChainHeaders.sol";
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
import {IRiskOracle} from "../contracts/interfaces/IRiskOracle.sol";
import {IHeaderSource} from "../contracts/interfaces/IHeaderSource.sol";
import {IMarginVault} from "../contracts/interfaces/IMarginVault.sol";
import {IUniswapV3Factory} from "../contracts/interfaces/IUniswapV3.sol";
import {DeployChecks} from "./DeployChecks.sol";
import {DeployOutput} from "./DeployOutput.sol";
import {Roles} from "./Roles.sol";

/// @title Deploys the protocol on any number of chains, and connects them
/// @dev `run` on every chain, then `connect` on every chain that has others to lean on:
///
///   DEPLOY_CONFIG=a.json DEPLOY_OUTPUT=a-out.json                          forge script scripts/Deploy.s.sol
///   DEPLOY_CONFIG=a.json DEPLOY_OUTPUT=a-out.json DEPLOY_PEERS=b-out.json  forge script scripts/Deploy.s.sol --sig 'connect()'
///
/// `DEPLOY_CONFIG` names the parameters of the chain: the format of `scripts/devnet.json`, with `stable`, `multicall3`, `uniswapFactory`, `signers`,
/// `sequencerFeed` (0 on a chain without a sequencer), `governance.holder`, `.committee` and `.guardians`, and for each asset `token`, `feeds`
/// (three of `aggregator`, `decimals`, `maxAge`) and `fallbackFeed` (another, or aggregator 0), in place of the `feedDecimals` and `maxAge` of
/// stand-ins. `DEPLOY_OUTPUT` names the file of addresses that `run` writes and `connect` reads, `DEPLOY_PEERS` those of the other chains.
///
/// `run`, in this order: what is refused, the contracts, the table of `Roles`, the assets. `connect`: for each chain of `peers`, whose headers are
/// believed, and which of its tokens count here (those with a symbol that this chain knows). The last of the two ends with the hand-over, after which
/// the broadcaster holds nothing:
///   ADMIN      the timelock, which the governor alone proposes to
///   RISK_ADMIN the timelock at once, and the committee behind its delay
///   GUARDIAN   the guardians, who may also cancel what the committee has scheduled
/// Until then nobody should use the contracts; `connect` without its `run` before, or after a hand-over, reverts.
///
/// Refused is what `DeployChecks` refuses.
contract Deploy is DeployOutput, DeployChecks {
    /// @dev A token of another chain.
    struct Remote {
        uint256 chainId;
        address collateralVault;
        address token;
        uint8 decimals;
    }

    error AddressNotAsForeseen(address made, address foreseen);
    error PeerNotConfigured(uint256 chainId);

    function run() external virtual {
        runWith(vm.readFile(vm.envString("DEPLOY_CONFIG")), vm.envString("DEPLOY_OUTPUT"));
    }

    function connect() external virtual {
        connectWith(
            vm.readFile(vm.envString("DEPLOY_CONFIG")), vm.envString("DEPLOY_OUTPUT"), vm.envString("DEPLOY_PEERS", ",")
        );
    }

    /// @notice Deploys by the given parameters, hands over where there are no other chains, and writes to `output`.
    function runWith(string memory json, string memory output) public {
        Parameters memory parameters = readAddresses(json, read(json));

        vm.startBroadcast();
        Deployment memory deployed = deploy(parameters, broadcaster());
        if (readPeers(json).length == 0) handOver(parameters.governance, deployed.accessManager, broadcaster());
        vm.stopBroadcast();
        write(parameters, deployed, output);
    }

    /// @notice Connects what `runWith` wrote to `output` to the chains whose outputs are `peers`, and hands over.
    function connectWith(string memory json, string memory output, string[] memory peers) public {
        Parameters memory parameters = readAddresses(json, read(json));
        Deployment memory deployed = _readBack(vm.readFile(output));

        vm.startBroadcast();
        connectAll(parameters, deployed, readPeers(json), peers);
        handOver(parameters.governance, deployed.accessManager, broadcaster());
        vm.stopBroadcast();
    }

    /// @notice Deploys and configures everything; `admin` must be the caller of every transaction it makes, and keeps its roles.
    function deploy(Parameters memory parameters, address admin) public returns (Deployment memory deployed) {
        requireSeparated(parameters, admin);
        _deployOracles(parameters, deployed, admin);
        _deployMargin(parameters, deployed, admin);
        _deployGovernance(parameters.governance, deployed, admin);
        _assignFunctions(deployed);
        deployed.accessManager.grantRole(Roles.RISK_ADMIN, admin, 0);
        _configure(parameters, deployed);
        for (uint256 i = 0; i < parameters.assets.length; ++i) {
            _list(parameters.assets[i], deployed);
        }
    }

    /// @notice Believes the headers of other chains and counts their tokens. `outputs` are the files that `run` wrote there.
    function connectAll(
        Parameters memory parameters,
        Deployment memory deployed,
        Peer[] memory peers,
        string[] memory outputs
    ) public {
        for (uint256 i = 0; i < outputs.length; ++i) {
            string memory json = vm.readFile(outputs[i]);
            _connect(parameters, deployed, _peerOf(peers, vm.parseJsonUint(json, ".chainId")), json);
        }
    }

    /// @notice Gives committee and guardians their roles and takes the deployer's away.
    function handOver(Governance memory governance, AccessManager manager, address admin) public {
        requireIndependent(governance);

        manager.revokeRole(Roles.RISK_ADMIN, admin);
        if (governance.committee != address(0)) {
            manager.grantRole(Roles.RISK_ADMIN, governance.committee, governance.committeeDelay);
        }
        for (uint256 i = 0; i < governance.guardians.length; ++i) {
            manager.grantRole(Roles.GUARDIAN, governance.guardians[i], 0);
        }
        manager.renounceRole(Roles.ADMIN, admin);
    }

    // ------------------------------------------------------------------------------------------------- contracts

    /// @dev What needs no vault.
    function _deployOracles(Parameters memory parameters, Deployment memory deployed, address admin) private {
        AccessManager accessManager = new AccessManager(admin);
        address manager = address(accessManager);
        IERC20Metadata stable = IERC20Metadata(parameters.stable);
        deployed.accessManager = accessManager;
        deployed.oracleHub = new OracleHub(manager);
        deployed.attestationVerifier =
            new AttestationVerifier(manager, parameters.signers, parameters.tightenThreshold, parameters.threshold);
        deployed.riskOracle = new RiskOracle(
            manager,
            deployed.attestationVerifier,
            parameters.minInterval,
            parameters.heartbeat,
            parameters.silenceLimit,
            parameters.headroomLimit
        );
        deployed.guardian = new Guardian(manager);
        deployed.insuranceFund = new InsuranceFund(manager, stable);
        deployed.optionFund = new InsuranceFund(manager, stable);
        deployed.venue = new UniswapV3Venue(IUniswapV3Factory(parameters.uniswapFactory));
        deployed.marginAttestations = new MarginAttestations(
            manager,
            stable,
            deployed.oracleHub,
            IRiskOracle(address(deployed.riskOracle)),
            address(deployed.insuranceFund),
            parameters.minimumBond
        );
        deployed.attestedHeaders = new AttestedHeaders(manager, deployed.attestationVerifier);
        deployed.collateralVault = new CollateralVault(manager);
    }

    /// @dev Vault, option book and hub know each other for ever: the vault is told the addresses that the next two will have.
    function _deployMargin(Parameters memory parameters, Deployment memory deployed, address admin) private {
        uint256 nonce = vm.getNonce(admin);
        address optionBook = vm.computeCreateAddress(admin, nonce + 1);
        address marginHub = vm.computeCreateAddress(admin, nonce + 2);
        address manager = address(deployed.accessManager);

        deployed.marginVault = new MarginVault(
            IERC20Metadata(parameters.stable),
            manager,
            IMarginVault.Peers({
                oracleHub: deployed.oracleHub,
                riskOracle: deployed.riskOracle,
                guardian: deployed.guardian,
                optionBook: OptionBook(optionBook),
                attestations: deployed.marginAttestations,
                marginHub: MarginHub(marginHub),
                insurance: deployed.insuranceFund,
                optionFund: deployed.optionFund,
                venue: deployed.venue
            }),
            parameters.targetHealth,
            parameters.minimumDebt,
            parameters.shareName,
            parameters.shareSymbol
        );
        address vault = address(deployed.marginVault);
        deployed.optionBook =
            new OptionBook(manager, IMarginVault(vault), deployed.oracleHub, IRiskOracle(address(deployed.riskOracle)));
        deployed.marginHub = new MarginHub(
            manager,
            deployed.oracleHub,
            IRiskOracle(address(deployed.riskOracle)),
            IMarginVault(vault),
            parameters.finality
        );
        _requireForeseen(address(deployed.optionBook), optionBook);
        _requireForeseen(address(deployed.marginHub), marginHub);
        deployed.flashLiquidator = new FlashLiquidator(deployed.marginVault, deployed.venue);
    }

    function _requireForeseen(address made, address foreseen) private pure {
        if (made != foreseen) revert AddressNotAsForeseen(made, foreseen);
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

    // ---------------------------------------------------------------------------------------------- configuration

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

    function _configure(Parameters memory parameters, Deployment memory deployed) private {
        address vault = address(deployed.marginVault);
        deployed.insuranceFund.setVault(vault);
        deployed.optionFund.setVault(vault);
        deployed.marginAttestations.setConsumers(vault, address(deployed.optionBook));
        deployed.oracleHub.setSequencerFeed(parameters.sequencerFeed);
        deployed.oracleHub.setTiming(parameters.gracePeriod, parameters.outageMinimum, parameters.repayWindow);
        deployed.marginVault.setLimits(parameters.limits);
    }

    function _list(Asset memory asset, Deployment memory deployed) private {
        deployed.oracleHub.setFeeds(asset.token, asset.feeds);
        deployed.riskOracle.listAsset(asset.token, asset.bounds, asset.volatility, asset.slippage);
        deployed.riskOracle.setOptionBounds(asset.token, asset.optionBounds);
        deployed.riskOracle.setFallback(asset.token, asset.fallbackInputs);
        deployed.marginVault.listCollateral(asset.token, asset.decimals, asset.cap);
        if (asset.option.lot != 0) {
            deployed.optionBook.listUnderlying(asset.token, asset.option.lot, asset.option.strikeTick);
        }
        deployed.collateralVault.setToken(asset.token, asset.decimals, asset.liens.lockedCap, asset.liens.rateBase);
    }

    // --------------------------------------------------------------------------------------------- other chains

    function _connect(Parameters memory parameters, Deployment memory deployed, Peer memory peer, string memory json)
        private
    {
        IHeaderSource source = deployed.attestedHeaders;
        if (peer.blockSource != address(0)) source = new ChainHeaders(peer.chainId, peer.blockSource);
        deployed.collateralVault.setHub(peer.chainId, vm.parseJsonAddress(json, ".marginHub"), source);
        deployed.marginHub.setHeaderSource(peer.chainId, source);
        deployed.marginHub.setSourceChain(peer.chainId, peer.finalityLag, peer.expectedDelay, peer.valueCap);

        string[] memory symbols = vm.parseJsonStringArray(json, ".symbols");
        address[] memory tokens = vm.parseJsonAddressArray(json, ".tokens");
        uint256[] memory decimals = vm.parseJsonUintArray(json, ".decimals");
        Remote memory remote = Remote(peer.chainId, vm.parseJsonAddress(json, ".collateralVault"), address(0), 0);
        for (uint256 i = 0; i < symbols.length; ++i) {
            (remote.token, remote.decimals) = (tokens[i], SafeCast.toUint8(decimals[i]));
            for (uint256 j = 0; j < parameters.assets.length; ++j) {
                if (keccak256(bytes(parameters.assets[j].symbol)) != keccak256(bytes(symbols[i]))) continue;
                _count(deployed.marginHub, parameters.assets[j], remote);
            }
        }
    }

    /// @dev The caps are in units of this chain's token; the other's may have other decimals.
    function _count(MarginHub hub, Asset memory asset, Remote memory remote) private {
        hub.listRemote(
            remote.chainId,
            remote.collateralVault,
            remote.token,
            asset.token,
            remote.decimals,
            _rescaledDown(asset.liens.countedCap, asset.decimals, remote.decimals),
            _rescaledDown(asset.liens.growthPerDay, asset.decimals, remote.decimals),
            asset.feeds.maxPrice
        );
    }

    function _rescaledDown(uint256 units, uint8 from, uint8 to) private pure returns (uint128) {
        return SafeCast.toUint128(units * 10 ** to / 10 ** from);
    }

    function _peerOf(Peer[] memory peers, uint256 chainId) private pure returns (Peer memory) {
        for (uint256 i = 0; i < peers.length; ++i) {
            if (peers[i].chainId == chainId) return peers[i];
        }
        revert PeerNotConfigured(chainId);
    }

    /// @notice Who sends the transactions of the broadcast that has been started.
    function broadcaster() internal returns (address sender) {
        (, sender,) = vm.readCallers();
    }
}
