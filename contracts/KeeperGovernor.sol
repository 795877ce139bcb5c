// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";

import {VotingToken} from "./VotingToken.sol";

/// @title Those who hold votes decide; the timelock acts, later
/// @dev SPECIFICATION
///
/// A proposal goes through these steps, each counted in seconds from the end of the one before:
///   propose     by anyone with `proposalThreshold` votes in the second before
///   delay       `votingDelay`: votes are counted as they stand at its end, so whoever wants to vote delegates until then
///   vote        `votingPeriod`: for, against, abstain. It passes where for > against and for + abstain >= `quorum`, a percentage of the supply
///   queue       by anyone, in the timelock
///   wait        the timelock's own delay, in which whoever disagrees can leave
///   execute     by anyone; the timelock makes the calls, in one transaction or not at all
///
/// What the timelock may. It is the admin of the AccessManager and holds the risk admin's role, both without a further delay: its own delay is the
/// delay. It is also what this contract obeys: its settings, its quorum and the timelock itself change only by a proposal.
///
/// What nobody may. The governor alone proposes to the timelock and alone cancels there; the timelock has no other admin than itself. The proposer can
/// cancel before the vote begins. The guardian can cancel nothing here: a stolen key could otherwise keep its own removal from being executed.
///
/// Assumption. Nobody buys a majority of the votes for the length of a vote. Against one who does, the delay of the timelock is the time to leave, and
/// what he can set is bounded by the limits that are written in the contracts.
contract KeeperGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl
{
    constructor(
        VotingToken token_,
        TimelockController timelock_,
        uint48 votingDelay_,
        uint32 votingPeriod_,
        uint256 proposalThreshold_,
        uint256 quorumPercent
    )
        Governor("KeeperOracle Governor")
        GovernorSettings(votingDelay_, votingPeriod_, proposalThreshold_)
        GovernorVotes(token_)
        GovernorVotesQuorumFraction(quorumPercent)
        GovernorTimelockControl(timelock_)
    {}

    // The library asks that each function that two of its parts define be settled here; every one goes to the next in line.

    /// @notice What has become of a proposal; what is queued and executed is asked of the timelock.
    function state(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(proposalId);
    }

    /// @notice True: nothing is executed without the timelock.
    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    /// @notice Votes that a proposer needs.
    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
