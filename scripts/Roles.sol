// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MarginVault} from "../contracts/MarginVault.sol";
import {IAttestationVerifier} from "../contracts/interfaces/IAttestationVerifier.sol";
import {IGuardian} from "../contracts/interfaces/IGuardian.sol";
import {IInsuranceFund} from "../contracts/interfaces/IInsuranceFund.sol";
import {IOracleHub} from "../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../contracts/interfaces/IRiskOracle.sol";

/// @title Who may call which restricted function: the whole table
/// @dev Every restricted function of every deployable stands here, those of the admin too; a test asks the contracts themselves which functions they
/// restrict and refuses a table that differs.
///
///   ADMIN       the timelock. Who reports (signers), where the reserves go, who has a role
///   RISK_ADMIN  the timelock, and a committee behind a delay. Bounds, feeds, listings, and the end of a stop before its time
///   GUARDIAN    a hot key. Raises a stop, and cancels what the committee has scheduled
///
/// The admin of every role is ADMIN. Signers hold none: whoever reports inside the bounds cannot set them.
library Roles {
    /// @param contractName the deployable, by the name of its file
    /// @param selector the restricted function
    /// @param role who may call it
    struct Assignment {
        string contractName;
        bytes4 selector;
        uint64 role;
    }

    uint64 internal constant ADMIN = 0;
    uint64 internal constant RISK_ADMIN = 1;
    uint64 internal constant GUARDIAN = 2;

    function table() internal pure returns (Assignment[] memory rows) {
        rows = new Assignment[](11);
        uint256 n = 0;
        rows[n++] = Assignment("AttestationVerifier", IAttestationVerifier.setSigners.selector, ADMIN);
        rows[n++] = Assignment("InsuranceFund", IInsuranceFund.setVault.selector, ADMIN);
        rows[n++] = Assignment("InsuranceFund", IInsuranceFund.announceWithdrawal.selector, ADMIN);
        rows[n++] = Assignment("InsuranceFund", IInsuranceFund.cancelWithdrawal.selector, ADMIN);
        rows[n++] = Assignment("OracleHub", IOracleHub.setFeed.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.listAsset.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.setBounds.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.setTiming.selector, RISK_ADMIN);
        rows[n++] = Assignment("MarginVault", MarginVault.listCollateral.selector, RISK_ADMIN);
        rows[n++] = Assignment("Guardian", IGuardian.lift.selector, RISK_ADMIN);
        rows[n++] = Assignment("Guardian", IGuardian.raise.selector, GUARDIAN);
    }

    /// @notice The functions of one contract that one role may call.
    function selectorsOf(string memory contractName, uint64 role) internal pure returns (bytes4[] memory selectors) {
        Assignment[] memory rows = table();
        bytes32 wanted = keccak256(bytes(contractName));
        selectors = new bytes4[](rows.length);
        uint256 count = 0;
        for (uint256 i = 0; i < rows.length; ++i) {
            if (rows[i].role == role && keccak256(bytes(rows[i].contractName)) == wanted) {
                selectors[count++] = rows[i].selector;
            }
        }
        assembly ("memory-safe") {
            mstore(selectors, count)
        }
    }
}
