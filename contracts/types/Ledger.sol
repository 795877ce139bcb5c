// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IGuardian} from "../interfaces/IGuardian.sol";
import {IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {IMarginAttestations} from "../interfaces/IMarginAttestations.sol";
import {IMarginHub} from "../interfaces/IMarginHub.sol";
import {IOptionBook} from "../interfaces/IOptionBook.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {ISwapVenue} from "../interfaces/ISwapVenue.sol";
import {Budget} from "../libraries/Budget.sol";

/// @dev One account; the first slot serves an account that only borrows. Debt and credit are never both positive.
/// @param opened whether it is in the list
/// @param hasLegs whether it has ever held an option: only then the option book is asked
/// @param hasLiens whether it has ever had a lien on another chain: only then the hub is asked
/// @param liquidations how many it has had
/// @param debtShares shares of the borrow index
/// @param credit stable units the clearing house owes it
/// @param optionDebt stable units of its debt that came from settled options: a loss of it is the option fund's and the winners', never the lenders'
/// @param losses what its owner has lost in improving trades and swaps, against a limit per day
struct Account {
    bool opened;
    bool hasLegs;
    bool hasLiens;
    uint32 liquidations;
    uint192 debtShares;
    uint128 credit;
    uint128 optionDebt;
    Budget.State losses;
}

/// @param total token units held by all accounts
struct Collateral {
    bool listed;
    uint8 decimals;
    uint112 cap;
    uint112 total;
}

/// @dev What governance sets for liquidations; one slot, fractions scaled by 1e18.
/// @param ruleBudget share of total debt that a change of rules may make liquidated in 24 hours (rule 3), at most 2 %
/// @param volumeCap share of total debt liquidated within `volumeWindow`; 0 for no cap
/// @param tip share of debt that a bonus always leaves
/// @param volumeWindow seconds
struct VaultLimits {
    uint64 ruleBudget;
    uint64 volumeCap;
    uint64 tip;
    uint32 volumeWindow;
}

/// @dev Everything the vault remembers. Big functions stand in linked libraries that take it by reference.
struct Ledger {
    /// @dev Stable units in the vault that are accounted for.
    uint256 cash;
    /// @dev Stable units of earned interest set aside for losses.
    uint256 reserve;
    uint256 totalDebtShares;
    /// @dev Stable units owed to accounts.
    uint256 totalCredit;
    /// @dev Stable units debited for settled options and not yet credited to their winners.
    uint256 unsettled;
    /// @dev Stable units lost by options that neither the option fund nor winners have borne yet.
    uint256 optionDeficit;
    /// @dev Stable units written off by lenders so far.
    uint256 totalDeficit;
    uint192 index;
    uint64 accruedAt;
    VaultLimits limits;
    Budget.State ruleBudget;
    Budget.State volumeBudget;
    address[] collaterals;
    bytes32[] accounts;
    mapping(address token => Collateral) collateralOf;
    mapping(bytes32 account => Account) accountOf;
    mapping(bytes32 account => mapping(address token => uint256 amount)) balances;
}

/// @dev The vault's constants, for its libraries, which cannot see immutables.
/// @param stableScale value of one stable unit
/// @param targetHealth health that a liquidation restores
/// @param minimumDebt stable units
struct Terms {
    IERC20 stable;
    uint256 stableScale;
    uint256 targetHealth;
    uint256 minimumDebt;
    IOracleHub oracleHub;
    IRiskOracle riskOracle;
    IGuardian guardian;
    IOptionBook optionBook;
    IMarginAttestations attestations;
    IMarginHub marginHub;
    IInsuranceFund insurance;
    IInsuranceFund optionFund;
    ISwapVenue venue;
}
