// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestationVerifier} from "../contracts/interfaces/IAttestationVerifier.sol";
import {IAttestedHeaders} from "../contracts/interfaces/IAttestedHeaders.sol";
import {ICollateralVault} from "../contracts/interfaces/ICollateralVault.sol";
import {IGuardian} from "../contracts/interfaces/IGuardian.sol";
import {IInsuranceFund} from "../contracts/interfaces/IInsuranceFund.sol";
import {IMarginAttestations} from "../contracts/interfaces/IMarginAttestations.sol";
import {IMarginHub} from "../contracts/interfaces/IMarginHub.sol";
import {IMarginVault} from "../contracts/interfaces/IMarginVault.sol";
import {IOptionBook} from "../contracts/interfaces/IOptionBook.sol";
import {IOracleHub} from "../contracts/interfaces/IOracleHub.sol";
import {IRiskOracle} from "../contracts/interfaces/IRiskOracle.sol";

/// @title Who may call which restricted function: the whole table
/// @dev Every restricted function of every deployable stands here, those of the admin too; a test asks the contracts themselves which functions they
/// restrict and refuses a table that differs.
///
///   ADMIN       the timelock. Who reports (signers), whose headers are believed, where the reserves go, who has a role
///   RISK_ADMIN  the timelock, and a committee behind a delay. Bounds, feeds, listings, and the end of a stop before its time
///   GUARDIAN    a hot key. Raises a stop, leaves a bad feed for the fallback, vetoes a queued order of another chain, and cancels what the
///               committee has scheduled
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
        rows = new Assignment[](30);
        uint256 n = 0;
        rows[n++] = Assignment("AttestationVerifier", IAttestationVerifier.rotateSigners.selector, ADMIN);
        rows[n++] = Assignment("AttestationVerifier", IAttestationVerifier.setValidUntil.selector, ADMIN);
        rows[n++] = Assignment("AttestedHeaders", IAttestedHeaders.restart.selector, ADMIN);
        rows[n++] = Assignment("CollateralVault", ICollateralVault.setHub.selector, ADMIN);
        rows[n++] = Assignment("InsuranceFund", IInsuranceFund.setVault.selector, ADMIN);
        rows[n++] = Assignment("InsuranceFund", IInsuranceFund.announceWithdrawal.selector, ADMIN);
        rows[n++] = Assignment("InsuranceFund", IInsuranceFund.cancelWithdrawal.selector, ADMIN);
        rows[n++] = Assignment("MarginAttestations", IMarginAttestations.setConsumers.selector, ADMIN);
        rows[n++] = Assignment("MarginHub", IMarginHub.setHeaderSource.selector, ADMIN);

        rows[n++] = Assignment("CollateralVault", ICollateralVault.setToken.selector, RISK_ADMIN);
        rows[n++] = Assignment("Guardian", IGuardian.lift.selector, RISK_ADMIN);
        rows[n++] = Assignment("MarginHub", IMarginHub.setSourceChain.selector, RISK_ADMIN);
        rows[n++] = Assignment("MarginHub", IMarginHub.listRemote.selector, RISK_ADMIN);
        rows[n++] = Assignment("MarginVault", IMarginVault.listCollateral.selector, RISK_ADMIN);
        rows[n++] = Assignment("MarginVault", IMarginVault.setCap.selector, RISK_ADMIN);
        rows[n++] = Assignment("MarginVault", IMarginVault.setLimits.selector, RISK_ADMIN);
        rows[n++] = Assignment("OptionBook", IOptionBook.listUnderlying.selector, RISK_ADMIN);
        rows[n++] = Assignment("OracleHub", IOracleHub.setFeeds.selector, RISK_ADMIN);
        rows[n++] = Assignment("OracleHub", IOracleHub.restoreFeed.selector, RISK_ADMIN);
        rows[n++] = Assignment("OracleHub", IOracleHub.setSequencerFeed.selector, RISK_ADMIN);
        rows[n++] = Assignment("OracleHub", IOracleHub.setTiming.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.listAsset.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.setBounds.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.setOptionBounds.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.setFallback.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.listExpiry.selector, RISK_ADMIN);
        rows[n++] = Assignment("RiskOracle", IRiskOracle.setTiming.selector, RISK_ADMIN);

        rows[n++] = Assignment("CollateralVault", ICollateralVault.vetoByGuardian.selector, GUARDIAN);
        rows[n++] = Assignment("Guardian", IGuardian.raise.selector, GUARDIAN);
        rows[n++] = Assignment("OracleHub", IOracleHub.useFallback.selector, GUARDIAN);
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
