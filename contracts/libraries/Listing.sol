// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {Collateral, Ledger, Terms, VaultLimits} from "../types/Ledger.sol";

/// @title What governance sets in the vault
/// @dev Linked, called by delegatecall. Limits: 8 collaterals of 0 to 24 decimals, pinned and checked against the token; rule budget at most 2 %, volume cap
/// at most 100 %, tip at most 5 % of debt, a volume window of at least a second.
library Listing {
    using SafeCast for uint256;

    uint256 private constant WAD = 1e18;
    uint256 private constant MAX_COLLATERALS = 8;
    uint8 private constant MAX_COLLATERAL_DECIMALS = 24;
    uint256 private constant RULE_BUDGET_LIMIT = 0.02e18;
    uint256 private constant TIP_LIMIT = 0.05e18;

    function list(Ledger storage ledger, Terms memory terms, address token, uint8 decimals, uint256 cap) external {
        if (ledger.collateralOf[token].listed) revert IMarginVault.CollateralAlreadyListed(token);
        if (ledger.collaterals.length == MAX_COLLATERALS) revert IMarginVault.CollateralListFull(MAX_COLLATERALS);
        if (token == address(terms.stable)) revert IMarginVault.CollateralIsStable(token);
        if (decimals > MAX_COLLATERAL_DECIMALS) {
            revert IMarginVault.CollateralDecimalsTooLarge(token, decimals, MAX_COLLATERAL_DECIMALS);
        }
        uint8 actual = IERC20Metadata(token).decimals();
        if (actual != decimals) revert IMarginVault.CollateralDecimalsMismatch(token, decimals, actual);
        terms.riskOracle.factors(token); // Refuses an unknown asset.
        if (terms.oracleHub.maxPriceOf(token) == 0) revert IOracleHub.FeedUnknown(token);

        ledger.collaterals.push(token);
        ledger.collateralOf[token] = Collateral({listed: true, decimals: decimals, cap: cap.toUint112(), total: 0});
        emit IMarginVault.CollateralListed(token, decimals, cap);
    }

    function setCap(Ledger storage ledger, address token, uint256 cap) external {
        Collateral storage collateral = ledger.collateralOf[token];
        if (!collateral.listed) revert IMarginVault.CollateralUnknown(token);
        collateral.cap = cap.toUint112();
        emit IMarginVault.CapSet(token, cap);
    }

    function setLimits(Ledger storage ledger, VaultLimits calldata limits) external {
        _atMost("ruleBudget", limits.ruleBudget, RULE_BUDGET_LIMIT);
        _atMost("volumeCap", limits.volumeCap, WAD);
        _atMost("tip", limits.tip, TIP_LIMIT);
        if (limits.volumeWindow == 0) revert IMarginVault.LimitInvalid("volumeWindow", 0, 1);
        ledger.limits = limits;
        emit IMarginVault.LimitsSet(limits);
    }

    function _atMost(bytes32 field, uint256 value, uint256 limit) private pure {
        if (value > limit) revert IMarginVault.LimitInvalid(field, value, limit);
    }
}
