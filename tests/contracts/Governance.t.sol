// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Test} from "forge-std/Test.sol";

import {KeeperGovernor} from "../../contracts/KeeperGovernor.sol";
import {VotingToken} from "../../contracts/VotingToken.sol";
import {IAttestationVerifier} from "../../contracts/interfaces/IAttestationVerifier.sol";
import {IGuardian} from "../../contracts/interfaces/IGuardian.sol";
import {IInsuranceFund} from "../../contracts/interfaces/IInsuranceFund.sol";
import {IRiskOracle} from "../../contracts/interfaces/IRiskOracle.sol";
import {Deploy} from "../../scripts/Deploy.s.sol";
import {DeployChecks} from "../../scripts/DeployChecks.sol";
import {DeployConfig} from "../../scripts/DeployConfig.sol";
import {Devnet} from "../../scripts/Devnet.s.sol";
import {Roles} from "../../scripts/Roles.sol";

/// @title What a production deployment looks like after the hand-over
abstract contract DeployedTest is Test {
    uint64 internal constant START = 1_800_000_000;
    string internal constant CONFIG = "scripts/devnet.json";

    Deploy internal script;
    /// @dev Encoded, since nested arrays of structs do not fit in storage.
    bytes private _parameters;
    Deploy.Deployment internal deployed;

    address internal holder = makeAddr("holder");
    address internal committee = makeAddr("committee");
    address internal guardian = makeAddr("guardian");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(START);
        script = Deploy(vm.deployCode("Deploy.s.sol:Deploy"));
        _setParameters();
        deployed = script.deploy(_given(), address(script));
        script.handOver(_given().governance, deployed.accessManager, address(script));
    }

    function _given() internal view returns (Deploy.Parameters memory) {
        return abi.decode(_parameters, (DeployConfig.Parameters));
    }

    function _setParameters() private {
        Devnet local = Devnet(vm.deployCode("Devnet.s.sol:Devnet"));
        Deploy.Parameters memory p = local.standIns(vm.readFile(CONFIG), local.read(vm.readFile(CONFIG)));
        p.signers = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            p.signers[i] = makeAddr(string.concat("signer", vm.toString(i)));
        }
        p.governance.holder = holder;
        p.governance.committee = committee;
        p.governance.guardians = new address[](1);
        p.governance.guardians[0] = guardian;
        p.signers = _sorted(p.signers);
        _parameters = abi.encode(p);
    }

    function _sorted(address[] memory unsorted) internal returns (address[] memory) {
        return Devnet(vm.deployCode("Devnet.s.sol:Devnet")).sorted(unsorted);
    }

    function _weth() internal view returns (address) {
        return _given().assets[0].token;
    }

    /// @dev The bounds of the first asset with another cap on volatility, which any holder of the role may set.
    function _newBounds() internal view returns (IRiskOracle.AssetBounds memory bounds) {
        bounds = deployed.riskOracle.boundsOf(_weth());
        bounds.volatilityCap = 3e18;
    }
}

/// @title From a proposal to changed bounds, and no faster
contract GovernanceTest is DeployedTest {
    VotingToken private token;
    KeeperGovernor private governor;
    TimelockController private timelock;

    address[] private targets;
    uint256[] private values;
    bytes[] private calls;
    string private constant TEXT = "A lower cap of volatility";

    function setUp() public override {
        super.setUp();
        (token, governor, timelock) = (deployed.votingToken, deployed.governor, deployed.timelock);
        vm.prank(holder);
        token.delegate(holder);
        skip(1);
        _prepare(address(deployed.riskOracle), abi.encodeCall(IRiskOracle.setBounds, (_weth(), _newBounds())));
    }

    // -------------------------------------------------------------------------------------------------- refusals

    function test_RevertWhen_ProposerHasTooFewVotes() public {
        uint256 threshold = governor.proposalThreshold();
        address poor = makeAddr("poor");
        vm.prank(holder);
        assertTrue(token.transfer(poor, threshold - 1));
        vm.prank(poor);
        token.delegate(poor);
        skip(1);
        vm.expectRevert(
            abi.encodeWithSelector(IGovernor.GovernorInsufficientProposerVotes.selector, poor, threshold - 1, threshold)
        );
        vm.prank(poor);
        governor.propose(targets, values, calls, TEXT);

        vm.prank(holder);
        assertTrue(token.transfer(poor, 1));
        skip(1);
        vm.prank(poor);
        governor.propose(targets, values, calls, TEXT);
    }

    function test_RevertWhen_VotedBeforeTheDelayOrAfterThePeriod() public {
        uint256 id = _propose();
        skip(governor.votingDelay());
        _expectState(id, IGovernor.ProposalState.Pending);
        vm.prank(holder);
        governor.castVote(id, 1);
        skip(1 + governor.votingPeriod());
        _expectState(id, IGovernor.ProposalState.Defeated);
        vm.prank(holder);
        governor.castVote(id, 1);
    }

    function test_Cancel_WhilePending_ByTheProposerAlone() public {
        uint256 id = _propose();
        bytes32 text = keccak256(bytes(TEXT));
        vm.expectPartialRevert(IGovernor.GovernorUnableToCancel.selector);
        vm.prank(makeAddr("stranger"));
        governor.cancel(targets, values, calls, text);
        vm.prank(holder);
        governor.cancel(targets, values, calls, text);
        assertEq(uint8(governor.state(id)), uint8(IGovernor.ProposalState.Canceled));
    }

    function test_RevertWhen_QueuedBeforeTheVoteEnds() public {
        uint256 id = _propose();
        skip(governor.votingDelay() + 1);
        vm.prank(holder);
        governor.castVote(id, 1);
        skip(governor.votingPeriod() - 1);
        _expectState(id, IGovernor.ProposalState.Active);
        governor.queue(targets, values, calls, keccak256(bytes(TEXT)));
        skip(1);
        governor.queue(targets, values, calls, keccak256(bytes(TEXT)));
    }

    function test_RevertWhen_QuorumIsMissedByOneVote() public {
        uint256 quorum = token.totalSupply() * 4 / 100;
        address voter = makeAddr("voter");
        vm.prank(holder);
        assertTrue(token.transfer(voter, quorum - 1));
        vm.prank(voter);
        token.delegate(voter);
        skip(1);
        uint256 id = _propose();
        skip(governor.votingDelay() + 1);
        vm.prank(voter);
        governor.castVote(id, 1);
        skip(governor.votingPeriod());
        _expectState(id, IGovernor.ProposalState.Defeated);
        governor.queue(targets, values, calls, keccak256(bytes(TEXT)));
    }

    function test_F53_RevertWhen_ExecutedASecondBeforeTheTimelockAllows() public {
        _proposeAndVote();
        governor.queue(targets, values, calls, keccak256(bytes(TEXT)));
        skip(timelock.getMinDelay() - 1);
        bytes32 id = _operationId();
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockUnexpectedOperationState.selector,
                id,
                bytes32(2 ** uint256(TimelockController.OperationState.Ready))
            )
        );
        governor.execute(targets, values, calls, keccak256(bytes(TEXT)));
        skip(1);
        governor.execute(targets, values, calls, keccak256(bytes(TEXT)));
    }

    function test_RevertWhen_AnyoneElseProposesToOrCancelsInTheTimelock() public {
        _proposeAndVote();
        governor.queue(targets, values, calls, keccak256(bytes(TEXT)));
        bytes32 id = _operationId();
        address[5] memory callers = [guardian, committee, holder, address(script), _given().signers[0]];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.startPrank(callers[i]);
            vm.expectPartialRevert(bytes4(keccak256("AccessControlUnauthorizedAccount(address,bytes32)")));
            timelock.cancel(id);
            vm.expectPartialRevert(bytes4(keccak256("AccessControlUnauthorizedAccount(address,bytes32)")));
            timelock.schedule(targets[0], 0, calls[0], 0, 0, 30 days);
            vm.stopPrank();
        }
    }

    function test_RevertWhen_SettingsAreChangedByAnyoneButTheTimelock() public {
        vm.startPrank(holder);
        bytes memory reason = abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, holder);
        vm.expectRevert(reason);
        governor.setVotingDelay(0);
        vm.expectRevert(reason);
        governor.updateQuorumNumerator(0);
        vm.expectRevert(reason);
        governor.updateTimelock(timelock);
        vm.stopPrank();
    }

    function test_RevertWhen_TheCommitteeDoesNotWait() public {
        address weth = _weth();
        IRiskOracle.AssetBounds memory bounds = _newBounds();
        bytes memory data = abi.encodeCall(IRiskOracle.setBounds, (weth, bounds));
        IAccessManager manager = deployed.accessManager;
        bytes32 id = manager.hashOperation(committee, address(deployed.riskOracle), data);
        vm.startPrank(committee);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotScheduled.selector, id));
        deployed.riskOracle.setBounds(weth, bounds);
        manager.schedule(address(deployed.riskOracle), data, 0);
        skip(1 days - 1);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotReady.selector);
        manager.execute(address(deployed.riskOracle), data);
        skip(1);
        manager.execute(address(deployed.riskOracle), data);
        vm.stopPrank();
        assertEq(deployed.riskOracle.boundsOf(weth).volatilityCap, 3e18);
    }

    function test_F53_RevertWhen_TheGuardianHasCancelledWhatTheCommitteeScheduled() public {
        bytes memory data = abi.encodeCall(IRiskOracle.setBounds, (_weth(), _newBounds()));
        IAccessManager manager = deployed.accessManager;
        vm.prank(committee);
        manager.schedule(address(deployed.riskOracle), data, 0);
        vm.prank(guardian);
        manager.cancel(committee, address(deployed.riskOracle), data);
        skip(1 days);
        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        vm.prank(committee);
        manager.execute(address(deployed.riskOracle), data);
    }

    function test_RevertWhen_TokenHasNoHolderOrNoSupply() public {
        vm.expectRevert(VotingToken.HolderZero.selector);
        new VotingToken("V", "V", address(0), 1);
        vm.expectRevert(VotingToken.SupplyZero.selector);
        new VotingToken("V", "V", holder, 0);
    }

    // --------------------------------------------------------------------------------------------------- the path

    function test_FullPath_ProposeVoteQueueExecute_ChangesBounds() public {
        uint64 versionBefore = deployed.riskOracle.boundsVersion();
        _proposeAndVote();
        governor.queue(targets, values, calls, keccak256(bytes(TEXT)));
        skip(timelock.getMinDelay());
        assertEq(deployed.riskOracle.boundsOf(_weth()).volatilityCap, 4e18);

        vm.prank(stranger);
        governor.execute(targets, values, calls, keccak256(bytes(TEXT)));
        assertEq(deployed.riskOracle.boundsOf(_weth()).volatilityCap, 3e18);
        assertEq(deployed.riskOracle.boundsVersion(), versionBefore + 1);
    }

    function test_FullPath_ReplacesTheSigners() public {
        address[] memory signers = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            signers[i] = makeAddr(string.concat("new signer", vm.toString(i)));
        }
        signers = _sorted(signers);
        _prepare(
            address(deployed.attestationVerifier),
            abi.encodeCall(IAttestationVerifier.rotateSigners, (signers, 2, 3, 0))
        );
        _runProposal();
        assertEq(deployed.attestationVerifier.signers(), signers);
    }

    /// @dev A guardian whose key is stolen cannot keep the vote from removing it.
    function test_FullPath_RemovesAGuardian() public {
        _prepare(address(deployed.accessManager), abi.encodeCall(IAccessManager.revokeRole, (Roles.GUARDIAN, guardian)));
        _runProposal();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        vm.prank(guardian);
        deployed.guardian.raise(IGuardian.Level.NewRisk, address(0), 1);
    }

    function test_FullPath_AnnouncesAWithdrawalFromTheFund_WhichWaitsAgain() public {
        _prepare(address(deployed.insuranceFund), abi.encodeCall(IInsuranceFund.announceWithdrawal, (stranger, 1e6)));
        _runProposal();
        assertEq(deployed.insuranceFund.withdrawal().earliest, vm.getBlockTimestamp() + 7 days);
    }

    function test_Token_FixedSupply_CountsByTime() public view {
        assertEq(token.totalSupply(), _given().governance.supply);
        assertEq(token.balanceOf(holder), token.totalSupply());
        assertEq(token.clock(), vm.getBlockTimestamp());
        assertEq(token.CLOCK_MODE(), "mode=timestamp");
        assertEq(governor.clock(), token.clock());
        assertEq(governor.CLOCK_MODE(), token.CLOCK_MODE());
        assertEq(governor.quorum(vm.getBlockTimestamp() - 1), token.totalSupply() * 4 / 100);
        assertTrue(governor.proposalNeedsQueuing(0));
    }

    /// @dev Votes count as they stood when the delay ended: what is bought or moved later does not vote.
    function test_Votes_MovedAfterTheSnapshot_DoNotVoteTwice() public {
        uint256 id = _propose();
        skip(governor.votingDelay() + 1);
        vm.prank(holder);
        governor.castVote(id, 1);
        uint256 all = token.totalSupply();
        vm.prank(holder);
        assertTrue(token.transfer(stranger, all));
        vm.startPrank(stranger);
        token.delegate(stranger);
        skip(1);
        governor.castVote(id, 1);
        vm.stopPrank();
        (, uint256 forVotes,) = governor.proposalVotes(id);
        assertEq(forVotes, all);
    }

    function test_Permit_SignedByTheHolder_MovesTheAllowanceAndTheNonce() public {
        (address owner, uint256 key) = makeAddrAndKey("signing owner");
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 inner = keccak256(abi.encode(typeHash, owner, stranger, 5, token.nonces(owner), START + 1 days));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked("\x19\x01", token.DOMAIN_SEPARATOR(), inner)));
        token.permit(owner, stranger, 5, START + 1 days, v, r, s);
        assertEq(token.allowance(owner, stranger), 5);
        assertEq(token.nonces(owner), 1);
    }

    // ---------------------------------------------------------------------------------------------------- helpers

    function _prepare(address target, bytes memory data) private {
        targets = new address[](1);
        values = new uint256[](1);
        calls = new bytes[](1);
        (targets[0], calls[0]) = (target, data);
    }

    function _propose() private returns (uint256 id) {
        vm.prank(holder);
        id = governor.propose(targets, values, calls, TEXT);
    }

    function _proposeAndVote() private {
        uint256 id = _propose();
        skip(governor.votingDelay() + 1);
        vm.prank(holder);
        governor.castVote(id, 1);
        skip(governor.votingPeriod());
    }

    function _runProposal() private {
        _proposeAndVote();
        governor.queue(targets, values, calls, keccak256(bytes(TEXT)));
        skip(timelock.getMinDelay());
        governor.execute(targets, values, calls, keccak256(bytes(TEXT)));
    }

    function _operationId() private view returns (bytes32) {
        bytes32 salt = bytes20(address(governor)) ^ keccak256(bytes(TEXT));
        return timelock.hashOperationBatch(targets, values, calls, 0, salt);
    }

    function _expectState(uint256 id, IGovernor.ProposalState current) private {
        assertEq(uint8(governor.state(id)), uint8(current));
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
    }
}

/// @title Who can do what after the hand-over: the table, and every way around it
contract RolesTest is DeployedTest {
    uint64 private constant PUBLIC_ROLE = type(uint64).max;
    uint256 private constant PROBE_GAS = 1_000_000;

    // ------------------------------------------------------------------------------------------------- the table

    /// @dev Asks each contract, function by function, whether it restricts a stranger: those and no others stand in the table.
    function test_Table_HoldsExactlyTheRestrictedFunctions() public {
        Deploy.Placed[] memory placed = script.list(deployed);
        uint256 found = 0;
        for (uint256 i = 0; i < placed.length; ++i) {
            // The manager is what the others ask; token, timelock and governor have no manager.
            if (!_isManaged(placed[i].at)) continue;
            bytes4[] memory restricted = _restrictedOf(placed[i]);
            for (uint256 j = 0; j < restricted.length; ++j) {
                uint64 role = _roleInTable(placed[i].contractName, restricted[j]);
                assertEq(deployed.accessManager.getTargetFunctionRole(placed[i].at, restricted[j]), role);
                assertLe(role, Roles.GUARDIAN);
                ++found;
            }
        }
        // Two instances of the fund share their three rows.
        assertEq(found, Roles.table().length + 3);
    }

    function _isManaged(address target) private view returns (bool) {
        (bool answered, bytes memory words) = target.staticcall(abi.encodeCall(IAccessManaged.authority, ()));
        if (!answered || words.length != 32) return false;
        assertEq(abi.decode(words, (address)), address(deployed.accessManager));
        return true;
    }

    function _restrictedOf(Deploy.Placed memory placed) private returns (bytes4[] memory restricted) {
        string memory path =
            string.concat("artifacts/contracts/", placed.contractName, ".sol/", placed.contractName, ".json");
        string memory json = vm.readFile(path);
        string[] memory signatures = vm.parseJsonKeys(json, ".methodIdentifiers");
        restricted = new bytes4[](signatures.length);
        uint256 count = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            bytes4 selector = bytes4(keccak256(bytes(signatures[i])));
            // Only the manager itself calls it, for an admin that calls `updateAuthority`.
            if (selector == IAccessManaged.setAuthority.selector) continue;
            if (_isRestricted(placed.at, selector)) restricted[count++] = selector;
        }
        assembly ("memory-safe") {
            mstore(restricted, count)
        }
    }

    /// @dev Zeroes decode as arguments of every type; a static call lets nothing happen that should be refused and is not.
    function _isRestricted(address target, bytes4 selector) private returns (bool) {
        vm.prank(stranger);
        (bool answered, bytes memory answer) =
            target.staticcall{gas: PROBE_GAS}(abi.encodePacked(selector, new bytes(1_024)));
        if (answered) return false;
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        return keccak256(answer) == keccak256(refusal);
    }

    function _roleInTable(string memory contractName, bytes4 selector) private pure returns (uint64) {
        Roles.Assignment[] memory rows = Roles.table();
        for (uint256 i = 0; i < rows.length; ++i) {
            if (
                rows[i].selector == selector && keccak256(bytes(rows[i].contractName)) == keccak256(bytes(contractName))
            ) {
                return rows[i].role;
            }
        }
        revert(string.concat("restricted, but not in the table: ", contractName, vm.toString(selector)));
    }

    // ---------------------------------------------------------------------------------------------- reachability

    /// @dev With every hot key, a thief may do what the table gives the guardian, which only makes safer, and nothing else that is restricted.
    function test_F53_HotKeys_MayCallWhatTheGuardianMay_AndNothingElse() public view {
        Deploy.Placed[] memory placed = script.list(deployed);
        Roles.Assignment[] memory rows = Roles.table();
        address[] memory hot = _hotKeys();
        uint256 allowed = 0;
        for (uint256 k = 0; k < hot.length; ++k) {
            for (uint256 i = 0; i < placed.length; ++i) {
                for (uint256 j = 0; j < rows.length; ++j) {
                    (bool immediate, uint32 delay) =
                        deployed.accessManager.canCall(hot[k], placed[i].at, rows[j].selector);
                    assertEq(delay, 0);
                    if (!immediate) continue;
                    assertEq(hot[k], guardian);
                    assertEq(rows[j].role, Roles.GUARDIAN);
                    assertEq(placed[i].contractName, rows[j].contractName);
                    ++allowed;
                }
            }
        }
        // A stop, a fallback feed, a veto.
        assertEq(allowed, 3);
    }

    /// @dev Roles from which another can be granted: the closure of what hot keys hold, under "is admin of", has no admin in it.
    function test_F53_HotKeys_ReachNoOtherRole() public view {
        IAccessManager manager = deployed.accessManager;
        address[] memory hot = _hotKeys();
        for (uint64 role = Roles.ADMIN; role <= Roles.GUARDIAN; ++role) {
            assertEq(manager.getRoleAdmin(role), Roles.ADMIN);
            for (uint256 k = 0; k < hot.length; ++k) {
                (bool member,) = manager.hasRole(role, hot[k]);
                assertEq(member, role == Roles.GUARDIAN && hot[k] == guardian);
            }
        }
        assertEq(manager.getRoleAdmin(PUBLIC_ROLE), Roles.ADMIN);
    }

    /// @dev The manager's own functions, the timelock's and the tokens' are tried with every key that is not the timelock.
    function test_F53_RevertWhen_AnyKeyTouchesRoles() public {
        address[] memory keys = _allKeys();
        for (uint256 k = 0; k < keys.length; ++k) {
            bytes[] memory attempts = _attempts(keys[k]);
            for (uint256 i = 0; i < attempts.length; ++i) {
                vm.prank(keys[k]);
                (bool succeeded,) = address(deployed.accessManager).call(attempts[i]);
                assertFalse(succeeded);
            }
            _assertNothingInTheTimelock(keys[k]);
        }
    }

    function _attempts(address thief) private view returns (bytes[] memory attempts) {
        address target = address(deployed.riskOracle);
        bytes4[] memory selectors = Roles.selectorsOf("RiskOracle", Roles.RISK_ADMIN);
        attempts = new bytes[](9);
        attempts[0] = abi.encodeCall(IAccessManager.grantRole, (Roles.ADMIN, thief, 0));
        attempts[1] = abi.encodeCall(IAccessManager.grantRole, (Roles.RISK_ADMIN, thief, 0));
        attempts[2] = abi.encodeCall(IAccessManager.revokeRole, (Roles.ADMIN, address(deployed.timelock)));
        attempts[3] = abi.encodeCall(IAccessManager.setRoleAdmin, (Roles.RISK_ADMIN, Roles.GUARDIAN));
        attempts[4] = abi.encodeCall(IAccessManager.setRoleGuardian, (Roles.RISK_ADMIN, PUBLIC_ROLE));
        attempts[5] = abi.encodeCall(IAccessManager.setTargetFunctionRole, (target, selectors, PUBLIC_ROLE));
        attempts[6] = abi.encodeCall(IAccessManager.setTargetClosed, (target, true));
        attempts[7] = abi.encodeCall(IAccessManager.updateAuthority, (target, thief));
        attempts[8] = abi.encodeCall(IAccessManager.setGrantDelay, (Roles.ADMIN, 0));
    }

    function _assertNothingInTheTimelock(address account) private view {
        TimelockController timelock = deployed.timelock;
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), account));
        assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), account));
        assertFalse(timelock.hasRole(timelock.CANCELLER_ROLE(), account));
    }

    function test_F53_HandOver_DeployerHoldsNothing_TimelockHoldsAll() public view {
        IAccessManager manager = deployed.accessManager;
        for (uint64 role = Roles.ADMIN; role <= Roles.GUARDIAN; ++role) {
            (bool member,) = manager.hasRole(role, address(script));
            assertFalse(member);
        }
        (bool admin, uint32 adminDelay) = manager.hasRole(Roles.ADMIN, address(deployed.timelock));
        (bool riskAdmin, uint32 riskDelay) = manager.hasRole(Roles.RISK_ADMIN, address(deployed.timelock));
        assertTrue(admin && riskAdmin);
        assertEq(adminDelay + riskDelay, 0);
        (bool slow, uint32 delay) = manager.hasRole(Roles.RISK_ADMIN, committee);
        assertTrue(slow);
        assertEq(delay, 1 days);
        (bool committeeIsAdmin,) = manager.hasRole(Roles.ADMIN, committee);
        assertFalse(committeeIsAdmin);
        assertEq(manager.getRoleGuardian(Roles.RISK_ADMIN), Roles.GUARDIAN);
        assertEq(manager.getRoleGuardian(Roles.ADMIN), Roles.ADMIN);
        assertTrue(deployed.timelock.hasRole(bytes32(0), address(deployed.timelock)));
        assertEq(deployed.insuranceFund.vault(), address(deployed.marginVault));
        assertEq(deployed.optionFund.vault(), address(deployed.marginVault));
    }

    // -------------------------------------------------------------------------------------- refused deployments

    function test_RevertWhen_ASignerHoldsARole() public {
        address signer = _given().signers[2];
        Deploy.Parameters memory p = _given();
        p.governance.committee = signer;
        _expectSignerRefused(p, address(script), signer, "committee");
        p = _given();
        p.governance.holder = signer;
        _expectSignerRefused(p, address(script), signer, "holder");
        p = _given();
        p.governance.guardians[0] = signer;
        _expectSignerRefused(p, address(script), signer, "guardian");
        p = _given();
        _expectSignerRefused(p, signer, signer, "deployer");
    }

    function test_RevertWhen_AGuardianHoldsAnotherRole() public {
        Deploy.Governance memory g = _given().governance;
        g.committee = guardian;
        vm.expectRevert(abi.encodeWithSelector(DeployChecks.GuardianHoldsRole.selector, guardian, "committee"));
        script.requireIndependent(g);
        g = _given().governance;
        g.holder = guardian;
        vm.expectRevert(abi.encodeWithSelector(DeployChecks.GuardianHoldsRole.selector, guardian, "holder"));
        script.requireIndependent(g);
        g = _given().governance;
        g.guardians = new address[](0);
        vm.expectRevert(DeployChecks.GuardiansMissing.selector);
        script.requireIndependent(g);
    }

    function test_RevertWhen_ADelayIsASecondTooShort() public {
        Deploy.Governance memory g = _given().governance;
        g.timelockDelay = 2 days - 1;
        _expectTooShort(g, "timelock", 2 days - 1, 2 days);
        g = _given().governance;
        g.votingDelay = 1 hours - 1;
        _expectTooShort(g, "voting delay", 1 hours - 1, 1 hours);
        g = _given().governance;
        g.votingPeriod = 1 days - 1;
        _expectTooShort(g, "voting period", 1 days - 1, 1 days);
        g = _given().governance;
        g.committeeDelay = 1 days - 1;
        _expectTooShort(g, "committee", 1 days - 1, 1 days);
        // Without a committee its delay is nobody's.
        g.committee = address(0);
        script.requireIndependent(g);
    }

    function _expectSignerRefused(Deploy.Parameters memory p, address admin, address signer, string memory role)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(DeployChecks.SignerHoldsRole.selector, signer, role));
        script.requireSeparated(p, admin);
    }

    function _expectTooShort(Deploy.Governance memory g, string memory name, uint256 given, uint256 needed) private {
        vm.expectRevert(abi.encodeWithSelector(DeployChecks.DelayTooShort.selector, name, given, needed));
        script.requireIndependent(g);
    }

    // ---------------------------------------------------------------------------------------------------- helpers

    function _hotKeys() private view returns (address[] memory hot) {
        hot = new address[](6);
        for (uint256 i = 0; i < 4; ++i) {
            hot[i] = _given().signers[i];
        }
        (hot[4], hot[5]) = (guardian, stranger);
    }

    function _allKeys() private view returns (address[] memory keys) {
        address[] memory hot = _hotKeys();
        keys = new address[](9);
        for (uint256 i = 0; i < hot.length; ++i) {
            keys[i] = hot[i];
        }
        (keys[6], keys[7], keys[8]) = (committee, holder, address(script));
    }
}
