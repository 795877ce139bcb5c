// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DeployConfig} from "./DeployConfig.sol";

/// @title What a deployment refuses
/// @dev A signer who holds a role or all votes, a guardian who is also committee or holder, and delays under those below. Governance can undo
/// the separation later by granting roles, in public and behind its delay; nobody else can.
abstract contract DeployChecks is DeployConfig {
    uint256 public constant MIN_TIMELOCK_DELAY = 2 days;
    uint256 public constant MIN_COMMITTEE_DELAY = 1 days;
    uint256 public constant MIN_VOTING_DELAY = 1 hours;
    uint256 public constant MIN_VOTING_PERIOD = 1 days;

    error SignerHoldsRole(address signer, string role);
    error GuardianHoldsRole(address guardian, string role);
    error GuardiansMissing();
    error DelayTooShort(string name, uint256 given, uint256 needed);

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
}
