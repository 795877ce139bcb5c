// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {VaultLimits} from "../types/Ledger.sol";
import {LiquidationLimits} from "../types/LiquidationLimits.sol";
import {IGuardian} from "./IGuardian.sol";
import {IInsuranceFund} from "./IInsuranceFund.sol";
import {IMarginAttestations} from "./IMarginAttestations.sol";
import {IMarginHub} from "./IMarginHub.sol";
import {IOptionBook} from "./IOptionBook.sol";
import {IOracleHub} from "./IOracleHub.sol";
import {IRiskOracle} from "./IRiskOracle.sol";
import {ISwapVenue} from "./ISwapVenue.sol";

/// @title Accounts that borrow one stable token against several collaterals; lenders hold ERC-4626 shares
/// @dev An account is `owner << 96 | number`: a person may hold many. Values are in the unit of account, scaled by 1e18; one
/// whole stable token counts as one unit.
interface IMarginVault {
    /// @dev The contracts that the vault works with, fixed for ever.
    struct Peers {
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

    /// @param owner who may borrow and withdraw
    /// @param number the owner's own number for the account
    /// @param liquidations how many liquidations the account has had
    /// @param debt stable units owed now, interest included, rounded up
    /// @param credit stable units the clearing house owes the account; it never has both
    /// @param optionDebt stable units of the debt that came from settled options
    /// @param collateral token units by collateral, in the order of `collaterals()`
    /// @param debtShares shares of the borrow index: without an action of somebody on the account they stay, while `debt` grows
    /// @param hasLiens whether it has ever had a lien on another chain: only then `MarginHub` knows it
    struct Position {
        address owner;
        uint96 number;
        uint32 liquidations;
        uint256 debt;
        uint256 credit;
        uint256 optionDebt;
        uint256[] collateral;
        uint256 debtShares;
        bool hasLiens;
    }

    /// @param debt value owed
    /// @param collateralValue value of all collateral here, at oracle prices (one without a price at the largest its feed could say)
    /// @param borrowCapacity sum of value times borrow factor, credit and capacity on other chains: initial
    /// @param liquidationCapacity sum of value times liquidation threshold, credit, winnings and capacity on other chains: maintenance
    /// @param initialRequirement R for initial margin
    /// @param maintenanceRequirement R for liquidation
    /// @param markToMarket value of all option legs to the account
    /// @dev Debt and requirements are rounded up, all else down.
    struct Valuation {
        uint256 debt;
        uint256 collateralValue;
        uint256 borrowCapacity;
        uint256 liquidationCapacity;
        uint256 initialRequirement;
        uint256 maintenanceRequirement;
        int256 markToMarket;
    }

    /// @param repay stable units the liquidator pays, rounded up
    /// @param seize token units by collateral that it receives, rounded down
    /// @param bonusRate share of each collateral's largest bonus that applies at this health, scaled by 1e18
    /// @param healthBefore health now, scaled by 1e18
    /// @param wholePortfolio whether repaying does not restore the target because of options: see `portfolioPlan`
    struct LiquidationPlan {
        uint256 repay;
        uint256[] seize;
        uint256 bonusRate;
        uint256 healthBefore;
        bool wholePortfolio;
    }

    /// @param fraction of all legs, collateral, credit and debt that the taker gets, scaled by 1e18, rounded up
    /// @param debtTaken stable units of debt that go with it
    /// @param creditTaken stable units of credit that go with it
    /// @param payment stable units that the taker pays
    /// @param deficit stable units that the whole portfolio lacks, which the taker is credited; the account owes it as long as it keeps anything
    /// @param healthBefore health now; at 1 or more the rest is zero
    struct PortfolioPlan {
        uint256 fraction;
        uint256 debtTaken;
        uint256 creditTaken;
        uint256 payment;
        uint256 deficit;
        uint256 healthBefore;
    }

    /// @param lien the lien to seize
    /// @param maxRepay most stable units the caller will pay
    /// @param minUnits least token units of the lien, at least 1
    /// @param recipient who is paid on the other chain
    /// @param deadline last chain time, in seconds
    struct LienLimits {
        bytes32 lien;
        uint256 maxRepay;
        uint256 minUnits;
        address recipient;
        uint256 deadline;
    }

    /// @param maxPayment most stable units the taker will pay
    /// @param maxFraction largest fraction the taker will take, scaled by 1e18
    /// @param deadline last chain time, in seconds
    struct PortfolioLimits {
        uint256 maxPayment;
        uint256 maxFraction;
        uint256 deadline;
    }

    /// @dev The vault's books in stable units: cash + debt + optionDeficit = lenders' assets + credit + unsettled + reserve.
    struct Books {
        uint256 cash;
        uint256 debt;
        uint256 credit;
        uint256 unsettled;
        uint256 reserve;
        uint256 optionDeficit;
        uint256 deficit;
    }

    event CollateralListed(address indexed token, uint8 decimals, uint256 cap);
    event AccountOpened(bytes32 indexed account, address indexed owner, uint96 number);
    event CollateralAdded(bytes32 indexed account, address indexed token, uint256 amount, address indexed payer);
    event CollateralWithdrawn(bytes32 indexed account, address indexed token, uint256 amount, address indexed to);
    event Borrowed(bytes32 indexed account, uint256 amount, address indexed to);
    event Repaid(bytes32 indexed account, uint256 amount, address indexed payer);
    event Liquidated(
        bytes32 indexed account,
        address indexed liquidator,
        uint256 repaid,
        uint256[] seized,
        uint256 healthBefore,
        uint256 healthAfter
    );
    /// @notice A loan that nothing stood behind was written off: `amount` = paid by insurance + by the reserve + borne by lenders.
    event DeficitRealised(
        bytes32 indexed account, uint256 amount, uint256 byInsurance, uint256 byReserve, uint256 byLenders
    );
    /// @notice Options lost more than stood behind them: `amount` = paid by the option fund + left for winners to bear.
    event OptionLossRealised(bytes32 indexed account, uint256 amount, uint256 byFund, uint256 leftToWinners);
    event LienSeized(
        bytes32 indexed account,
        address indexed liquidator,
        bytes32 indexed lien,
        uint256 repaid,
        uint256 units,
        address recipient
    );
    event PortfolioTaken(
        bytes32 indexed account,
        bytes32 indexed taker,
        uint256 fraction,
        uint256 debtTaken,
        uint256 payment,
        uint256 deficit,
        uint256 healthBefore,
        uint256 healthAfter
    );
    event RuleBudgetDrawn(bytes32 indexed account, uint256 amount, uint256 left);
    event CapSet(address indexed token, uint256 cap);
    event LimitsSet(VaultLimits limits);
    event PremiumMoved(bytes32 indexed from, bytes32 indexed to, uint256 amount);
    event LossSettled(bytes32 indexed account, uint256 amount, uint256 uncovered);
    event GainCredited(bytes32 indexed account, uint256 amount);
    event OptionDeficitAbsorbed(uint256 claims, uint256 haircut);

    error CollateralUnknown(address token);
    error CollateralAlreadyListed(address token);
    error CollateralListFull(uint256 limit);
    error CollateralIsStable(address token);
    error CollateralDecimalsTooLarge(address token, uint8 given, uint8 limit);
    error CollateralDecimalsMismatch(address token, uint8 configured, uint8 actual);
    error CollateralCapExceeded(address token, uint256 total, uint256 cap);
    error TargetHealthInvalid(uint256 given, uint256 least, uint256 limit);
    error StableDecimalsTooLarge(address token, uint8 given, uint8 limit);
    error TransferShort(address token, uint256 expected, uint256 received);
    error AmountZero();
    error AccountUnknown(bytes32 account);
    error NotAccountOwner(bytes32 account, address caller);
    error CollateralTooSmall(bytes32 account, address token, uint256 balance, uint256 requested);
    error LiquidityTooSmall(uint256 available, uint256 requested);
    error InitialRequirementViolated(bytes32 account, uint256 capacity, uint256 required);
    error DebtBelowMinimum(bytes32 account, uint256 debt, uint256 minimum);
    error RiskOracleSilent(uint256 age, uint256 limit);
    error AccountUnderMaintenance(bytes32 account, uint256 health);
    error HealthNotImproved(bytes32 account, uint256 healthBefore, uint256 healthAfter);
    error LossTooLarge(bytes32 account, uint256 lost, uint256 limit);
    error LossBudgetExhausted(bytes32 account, uint256 lost, uint256 available);
    error CallerNotPeer(address caller, address peer);
    error LimitInvalid(bytes32 field, uint256 value, uint256 limit);
    error OptionRiskDominates(bytes32 account, uint256 health);
    error NoOptionRisk(bytes32 account);
    error RepaymentSuffices(bytes32 account, uint256 health);
    error NothingSeizable(bytes32 account);
    error CollateralNotSeizable(bytes32 account, address token);
    error CollateralHereFirst(bytes32 account, uint256 collateral);
    error LienOfAnotherAccount(bytes32 lien, bytes32 account, bytes32 given);
    error LienSeizureTooSmall(bytes32 lien, uint256 units, uint256 minimum);
    error TakerIsAccount(bytes32 account);
    error PaymentLimitTooSmall(bytes32 account, uint256 payment, uint256 limit);
    error FractionLimitTooSmall(bytes32 account, uint256 fraction, uint256 limit);
    /// @notice Rule 3: with the factors of 24 hours ago the account would be healthy, and the budget for such liquidations is spent.
    error RuleBudgetExhausted(bytes32 account, uint256 pastHealth, uint256 repay, uint256 available);
    error VolumeCapReached(bytes32 account, uint256 repay, uint256 available);
    error AccountHealthy(bytes32 account, uint256 health);
    error RepayLimitTooSmall(bytes32 account, uint256 repay, uint256 limit);
    error LiquidationDidNotImprove(bytes32 account, uint256 healthBefore, uint256 healthAfter);
    error SeizureTooSmall(address token, uint256 seized, uint256 minimum);
    error DeadlinePassed(uint256 deadline, uint256 currentTime);
    error LengthMismatch(uint256 given, uint256 expected);

    /// @notice Lists a collateral with pinned decimals (0 to 24) and a cap in token units. Restricted to the risk admin.
    function listCollateral(address token, uint8 decimals_, uint256 cap) external;

    /// @notice Changes the cap of a collateral, in token units; what is over a lowered cap may stay. Restricted to the risk admin.
    function setCap(address token, uint256 cap) external;

    /// @notice Sets rule budget, volume cap and tip. Restricted to the risk admin.
    function setLimits(VaultLimits calldata limits_) external;

    /// @notice Opens an account of the caller without collateral, so that it may hold options or be credited.
    function openAccount(uint96 number) external returns (bytes32 account);

    /// @notice Adds collateral to any account; the first time opens it. Never pausable.
    function addCollateral(bytes32 account, address token, uint256 amount) external;

    /// @notice Takes collateral out; the account must stay within its initial requirement. Owner only.
    /// @param leaf an attested requirement of the account's options (see `MarginAttestations`), or empty to have it computed
    function withdrawCollateral(bytes32 account, address token, uint256 amount, address to, bytes calldata leaf)
        external;

    /// @notice Borrows stable, of the account's credit first; it must stay within its initial requirement. Owner only.
    /// @param leaf as for `withdrawCollateral`
    function borrow(bytes32 account, uint256 amount, address to, bytes calldata leaf) external;

    /// @notice Repays up to `amount` of any account's debt (type(uint256).max for all of it); nothing where there is none. Never
    /// pausable.
    function repay(bytes32 account, uint256 amount) external returns (uint256 repaid);

    /// @notice Executes `liquidationPlan` of an account whose health is under 1. Anyone may call. With `data`, the caller is called
    /// (`ILiquidationCallback`) after it has the collateral and before it pays.
    function liquidate(bytes32 account, LiquidationLimits calldata limits_, bytes calldata data)
        external
        returns (uint256 repaid, uint256[] memory seized);

    /// @notice Repays an account whose health is under 1 against a lien on another chain, once no collateral here can be seized, and orders the
    /// seizure there. Anyone may call.
    function liquidateLien(bytes32 account, LienLimits calldata limits_)
        external
        returns (uint256 repaid, uint256 units);

    /// @notice Executes `portfolioPlan`: where option risk dominates, a fraction of everything goes to `taker`, an account of the caller. What may not
    /// be seized now, unpaid winnings and liens stay.
    function liquidatePortfolio(bytes32 account, bytes32 taker, PortfolioLimits calldata limits_)
        external
        returns (uint256 fraction, uint256 payment);

    /// @notice Moves a premium between accounts. The option book only, which then asks for the initial requirement of both.
    function movePremium(bytes32 from, bytes32 to, uint256 amount) external;
    /// @notice Debits what options lost at expiry, as far as something stands behind the account; reverts for no state of the account. The option
    /// book only.
    function settleLoss(bytes32 account, uint256 amount) external returns (uint256 uncovered);
    /// @notice Credits winnings. The option book only.
    function creditGain(bytes32 account, uint256 amount) external;
    /// @notice Takes what options lost and no fund paid off the winnings of an expiry. The option book only.
    function absorbOptionDeficit(uint256 claims) external returns (uint256 haircut);
    /// @notice Reverts where the account may not take new risk. The option book and the hub only.
    /// @param addedRisk value by which the action leans on `leaf`
    function requireInitial(bytes32 account, bytes calldata leaf, uint256 addedRisk) external;
    /// @notice Reverts unless health rose and equity fell by no more than rule 8 allows. The option book only.
    function requireImproved(bytes32 account, uint256 healthBefore, int256 equityBefore) external;
    /// @notice Marks an account that has a lien, and opens it. The hub only.
    function noteLien(bytes32 account) external;

    /// @notice What a liquidation would do now; `repay` is 0 where health is at least 1.
    function liquidationPlan(bytes32 account) external view returns (LiquidationPlan memory);

    /// @notice The fraction that `liquidatePortfolio` would take now; meant for accounts of which `liquidationPlan` says `wholePortfolio`.
    function portfolioPlan(bytes32 account) external view returns (PortfolioPlan memory);

    /// @notice Health, and equity at oracle prices (value of collateral, credit, winnings and legs less debt).
    function standing(bytes32 account) external view returns (uint256 health, int256 equity);

    function books() external view returns (Books memory);
    function limits() external view returns (VaultLimits memory);
    function ownerOf(bytes32 account) external pure returns (address);
    function isOpened(bytes32 account) external view returns (bool);
    /// @notice Value of one stable unit, scaled by 1e18.
    function stableScale() external view returns (uint256);

    /// @notice liquidationCapacity / (debt + requirement), scaled by 1e18, rounded down; type(uint256).max where nothing is owed.
    function health(bytes32 account) external view returns (uint256);

    function valuation(bytes32 account) external view returns (Valuation memory);

    /// @notice What the account holds, without asking any price.
    function position(bytes32 account) external view returns (Position memory);

    /// @notice `count` accounts from `start` in the order they were opened; fewer at the end.
    function accounts(uint256 start, uint256 count) external view returns (bytes32[] memory);
    function accountCount() external view returns (uint256);
    function accountId(address owner, uint96 number) external pure returns (bytes32);
    function collaterals() external view returns (address[] memory);
    function collateralDecimals(address token) external view returns (uint8);
    function collateralCap(address token) external view returns (uint256);
    /// @notice Health that a liquidation restores, scaled by 1e18.
    function targetHealth() external view returns (uint256);
    /// @notice Least debt an open loan may have, in stable units.
    function minimumDebt() external view returns (uint256);
    /// @notice Stable units in the vault that are the lenders', not counting what was sent to it unasked.
    function cash() external view returns (uint256);
    /// @notice Stable units owed by all accounts now.
    function totalDebt() external view returns (uint256);
    /// @notice The borrow index with interest to now, scaled by 1e27: an account owes debtShares x index / 1e36 stable units, rounded up.
    function borrowIndex() external view returns (uint256);
    /// @notice Stable units written off so far.
    function totalDeficit() external view returns (uint256);
    /// @notice Under-health at which the whole bonus applies, scaled by 1e18 (.05e18: at health .95).
    function fullBonusUnderHealth() external view returns (uint256);
    /// @notice Share of the bonus that applies at health 1, scaled by 1e18.
    function bonusFloor() external view returns (uint256);
}
