// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Accounts that borrow one stable token against several collaterals; lenders hold ERC-4626 shares
/// @dev An account is `owner << 96 | number`: a person may hold many. Values are in the unit of account, scaled by 1e18; one
/// whole stable token counts as one unit.
interface IMarginVault {
    /// @param owner who may borrow and withdraw
    /// @param number the owner's own number for the account
    /// @param liquidations how many liquidations the account has had
    /// @param debt stable units owed now, interest included, rounded up
    /// @param collateral token units by collateral, in the order of `collaterals()`
    struct Position {
        address owner;
        uint96 number;
        uint32 liquidations;
        uint256 debt;
        uint256[] collateral;
    }

    /// @param debt value owed
    /// @param collateralValue value of all collateral at oracle prices
    /// @param borrowCapacity sum of value times borrow factor: initial
    /// @param liquidationCapacity sum of value times liquidation threshold: maintenance
    /// @dev Debt is rounded up, all else down.
    struct Valuation {
        uint256 debt;
        uint256 collateralValue;
        uint256 borrowCapacity;
        uint256 liquidationCapacity;
    }

    /// @param repay stable units the liquidator pays, rounded up
    /// @param seize token units by collateral that it receives, rounded down
    /// @param bonusRate share of each collateral's largest bonus that applies at this health, scaled by 1e18
    /// @param healthBefore health now, scaled by 1e18
    struct LiquidationPlan {
        uint256 repay;
        uint256[] seize;
        uint256 bonusRate;
        uint256 healthBefore;
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
    event DeficitRealised(bytes32 indexed account, uint256 amount);

    error CollateralUnknown(address token);
    error CollateralAlreadyListed(address token);
    error CollateralListFull(uint256 limit);
    error CollateralIsStable(address token);
    error CollateralDecimalsTooLarge(address token, uint8 given, uint8 limit);
    error CollateralDecimalsMismatch(address token, uint8 configured, uint8 actual);
    error CollateralCapExceeded(address token, uint256 total, uint256 cap);
    error TargetHealthAboveHeadroom(address token, uint256 targetHealth, uint256 headroom);
    error TargetHealthInvalid(uint256 given, uint256 least, uint256 limit);
    error StableDecimalsTooLarge(address token, uint8 given, uint8 limit);
    error TransferShort(address token, uint256 expected, uint256 received);
    error AmountZero();
    error AccountUnknown(bytes32 account);
    error NotAccountOwner(bytes32 account, address caller);
    error CollateralTooSmall(bytes32 account, address token, uint256 balance, uint256 requested);
    error LiquidityTooSmall(uint256 available, uint256 requested);
    error InitialRequirementViolated(bytes32 account, uint256 borrowCapacity, uint256 debt);
    error DebtBelowMinimum(bytes32 account, uint256 debt, uint256 minimum);
    error RiskReportTooOld(uint256 age, uint256 heartbeat);
    error AccountHealthy(bytes32 account, uint256 health);
    error RepayLimitTooSmall(bytes32 account, uint256 repay, uint256 limit);
    error LiquidationDidNotImprove(bytes32 account, uint256 healthBefore, uint256 healthAfter);
    error SeizureTooSmall(address token, uint256 seized, uint256 minimum);
    error DeadlinePassed(uint256 deadline, uint256 currentTime);
    error LengthMismatch(uint256 given, uint256 expected);

    /// @notice Lists a collateral with pinned decimals (0 to 24) and a cap in token units. Restricted to the risk admin.
    function listCollateral(address token, uint8 decimals_, uint256 cap) external;

    /// @notice Adds collateral to any account; the first time opens it. Never pausable.
    function addCollateral(bytes32 account, address token, uint256 amount) external;

    /// @notice Takes collateral out; the account must stay within its initial requirement. Owner only.
    function withdrawCollateral(bytes32 account, address token, uint256 amount, address to) external;

    /// @notice Borrows stable; the account must stay within its initial requirement. Owner only.
    function borrow(bytes32 account, uint256 amount, address to) external;

    /// @notice Repays up to `amount` of any account's debt (type(uint256).max for all of it); nothing where there is none. Never
    /// pausable.
    function repay(bytes32 account, uint256 amount) external returns (uint256 repaid);

    /// @notice Executes `liquidationPlan` of an account whose health is under 1. Anyone may call.
    /// @param maxRepay most stable units the caller will pay for the whole plan
    /// @param minSeized least token units by collateral, in the order of `collaterals()`
    /// @param deadline last chain time, in seconds
    function liquidate(bytes32 account, uint256 maxRepay, uint256[] calldata minSeized, uint256 deadline)
        external
        returns (uint256 repaid, uint256[] memory seized);

    /// @notice What a liquidation would do now; `repay` is 0 where health is at least 1.
    function liquidationPlan(bytes32 account) external view returns (LiquidationPlan memory);

    /// @notice liquidationCapacity / debt, scaled by 1e18, rounded down; type(uint256).max without debt.
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
    /// @notice Stable units written off so far.
    function totalDeficit() external view returns (uint256);
    /// @notice Under-health at which the whole bonus applies, scaled by 1e18 (.05e18: at health .95).
    function fullBonusUnderHealth() external view returns (uint256);
    /// @notice Share of the bonus that applies at health 1, scaled by 1e18.
    function bonusFloor() external view returns (uint256);
}
