// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IOracleHub} from "./interfaces/IOracleHub.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {InterestRate} from "./libraries/InterestRate.sol";
import {LiquidationMath} from "./libraries/LiquidationMath.sol";

/// @title Accounts that borrow one stable token against several collaterals; lenders hold ERC-4626 shares
/// @dev SPECIFICATION
///
/// Accounts. id = owner << 96 | number. Anyone may add collateral to an account or repay it; only its owner borrows and withdraws.
///
/// Value (units of account, scaled by 1e18; one whole stable token is one unit by definition):
///   value_i             = balance_i price_i / 10^decimals_i                      rounded down
///   borrowCapacity      = sum value_i BF_i          initial                      rounded down
///   liquidationCapacity = sum value_i LT_i          maintenance                  rounded down
///   health              = liquidationCapacity / debt                             rounded down
/// Prices come from `OracleHub`, BF and LT from `RiskOracle`, and only for collateral that the account holds.
///
/// What must hold
///   after borrow, and after withdrawCollateral where debt is left:  borrowCapacity >= debt, debt >= minimumDebt, and the last whole risk
///     report is at most `heartbeat` old. Silence tightens only these two.
///   liquidate: health < 1. It executes `liquidationPlan` (arithmetic in `libraries/LiquidationMath.sol`): repay until target health,
///     close rather than leave dust, and after it health has risen, or the debt is gone, or the collateral is gone. Debt that no
///     collateral stands behind is written off at once and borne by the lenders.
///   repay and addCollateral ask no price and no health, and nothing pauses them. A repayment may leave dust.
///
/// Debt. Each account holds shares of one borrow index (scaled by 1e27, a share is 1e-9 stable unit at the start). Interest is simple from one accrual to
/// the next at the rate of `libraries/InterestRate.sol`. An account's debt is rounded up, the total down.
///
/// Lenders. totalAssets = cash + totalDebt, cash being counted and not measured, so tokens sent unasked change nothing. Six decimals of virtual shares
/// make the first-deposit attack a loss to the attacker. Withdrawal is limited by cash.
///
/// Assumptions. Tokens on the list neither charge on transfer nor rebase downwards (an inbound transfer that comes up short is refused); they
/// may call back, which the transient guard stops. The stable token is worth one unit.
///
/// Limits. 8 collaterals of 0 to 24 decimals, each with a cap; a stable of 0 to 18 decimals; target health 1 to 1.25, and at a listing no more than the
/// smallest LT/BF that the asset's bounds allow, so that a liquidation never asks for more than initial margin.
///
/// Roles. `listCollateral` is restricted (risk admin). There is no pause, no upgrade, and no way to take tokens that are not one's own.
contract MarginVault is IMarginVault, ERC4626, AccessManaged, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev One slot. `debtShares` are shares of the borrow index.
    struct Account {
        bool opened;
        uint32 liquidations;
        uint216 debtShares;
    }

    struct Collateral {
        bool listed;
        uint8 decimals;
        uint256 cap;
        uint256 total;
    }

    uint256 private constant WAD = 1e18;
    /// @dev units = shares x index / SHARE_SCALE.
    uint256 private constant SHARE_SCALE = 1e36;
    uint192 private constant INDEX_START = 1e27;
    uint256 private constant MAX_COLLATERALS = 8;
    uint8 private constant MAX_COLLATERAL_DECIMALS = 24;
    uint8 private constant MAX_STABLE_DECIMALS = 18;
    uint256 private constant TARGET_HEALTH_LIMIT = 1.25e18;
    uint8 private constant SHARE_DECIMALS_OFFSET = 6;
    uint256 private constant OWNER_SHIFT = 96;

    /// @notice Where prices come from.
    IOracleHub public immutable oracleHub;
    /// @notice Where factors come from.
    IRiskOracle public immutable riskOracle;
    /// @inheritdoc IMarginVault
    uint256 public immutable targetHealth;
    /// @inheritdoc IMarginVault
    uint256 public immutable minimumDebt;
    /// @dev Value of one stable unit.
    uint256 private immutable _stableScale;

    /// @inheritdoc IMarginVault
    uint256 public cash;
    /// @inheritdoc IMarginVault
    uint256 public totalDeficit;

    uint256 private _totalDebtShares;
    uint192 private _index = INDEX_START;
    uint64 private _accruedAt;

    address[] private _collaterals;
    bytes32[] private _accounts;
    mapping(address token => Collateral) private _collateralOf;
    mapping(bytes32 account => Account) private _accountOf;
    mapping(bytes32 account => mapping(address token => uint256 amount)) private _balances;

    constructor(
        IERC20Metadata stable,
        IOracleHub oracleHub_,
        IRiskOracle riskOracle_,
        address authority_,
        uint256 targetHealth_,
        uint256 minimumDebt_,
        string memory name_,
        string memory symbol_
    ) ERC20(name_, symbol_) ERC4626(stable) AccessManaged(authority_) {
        uint8 stableDecimals = stable.decimals();
        if (stableDecimals > MAX_STABLE_DECIMALS) {
            revert StableDecimalsTooLarge(address(stable), stableDecimals, MAX_STABLE_DECIMALS);
        }
        if (targetHealth_ < WAD || targetHealth_ > TARGET_HEALTH_LIMIT) {
            revert TargetHealthInvalid(targetHealth_, WAD, TARGET_HEALTH_LIMIT);
        }
        oracleHub = oracleHub_;
        riskOracle = riskOracle_;
        targetHealth = targetHealth_;
        minimumDebt = minimumDebt_;
        _stableScale = 10 ** (MAX_STABLE_DECIMALS - stableDecimals);
        _accruedAt = uint64(block.timestamp);
    }

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc IMarginVault
    function listCollateral(address token, uint8 decimals_, uint256 cap) external restricted {
        if (_collateralOf[token].listed) revert CollateralAlreadyListed(token);
        if (_collaterals.length == MAX_COLLATERALS) revert CollateralListFull(MAX_COLLATERALS);
        if (token == asset()) revert CollateralIsStable(token);
        if (decimals_ > MAX_COLLATERAL_DECIMALS) {
            revert CollateralDecimalsTooLarge(token, decimals_, MAX_COLLATERAL_DECIMALS);
        }
        uint8 actual = IERC20Metadata(token).decimals();
        if (actual != decimals_) revert CollateralDecimalsMismatch(token, decimals_, actual);
        uint256 headroom = riskOracle.minimumHeadroom(token);
        if (targetHealth > headroom) revert TargetHealthAboveHeadroom(token, targetHealth, headroom);
        if (oracleHub.feedsOf(token).feeds[0].aggregator == address(0)) revert IOracleHub.FeedUnknown(token);

        _collaterals.push(token);
        _collateralOf[token] = Collateral({listed: true, decimals: decimals_, cap: cap, total: 0});

        emit CollateralListed(token, decimals_, cap);
    }

    // ------------------------------------------------------------------------------------------------- accounts

    /// @inheritdoc IMarginVault
    function addCollateral(bytes32 account, address token, uint256 amount) external nonReentrant {
        Collateral storage collateral = _requireCollateral(token);
        address owner = _ownerOf(account);
        if (amount == 0) revert AmountZero();
        if (owner == address(0)) revert AccountUnknown(account);
        uint256 total = collateral.total + amount;
        if (total > collateral.cap) revert CollateralCapExceeded(token, total, collateral.cap);

        collateral.total = total;
        _balances[account][token] += amount;
        if (!_accountOf[account].opened) {
            _accountOf[account].opened = true;
            _accounts.push(account);
            emit AccountOpened(account, owner, _numberOf(account));
        }
        emit CollateralAdded(account, token, amount, msg.sender);

        _pull(IERC20(token), msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function withdrawCollateral(bytes32 account, address token, uint256 amount, address to) external nonReentrant {
        Collateral storage collateral = _requireCollateral(token);
        _requireOwner(account);
        if (amount == 0) revert AmountZero();
        uint256 balance = _balances[account][token];
        if (amount > balance) revert CollateralTooSmall(account, token, balance, amount);

        _accrue();
        _balances[account][token] = balance - amount;
        collateral.total -= amount;

        uint256 debt = _debtUp(_accountOf[account].debtShares, _index);
        if (debt != 0) _requireInitial(account, debt);

        emit CollateralWithdrawn(account, token, amount, to);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function borrow(bytes32 account, uint256 amount, address to) external nonReentrant {
        _requireOwner(account);
        if (amount == 0) revert AmountZero();
        uint256 available = cash;
        if (amount > available) revert LiquidityTooSmall(available, amount);

        _accrue();
        uint256 index = _index;
        uint256 minted = FixedPointMathLib.fullMulDivUp(amount, SHARE_SCALE, index);
        uint256 shares = _accountOf[account].debtShares + minted;
        _accountOf[account].debtShares = shares.toUint216();
        _totalDebtShares += minted;
        cash = available - amount;

        _requireInitial(account, _debtUp(shares, index));

        emit Borrowed(account, amount, to);
        IERC20(asset()).safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function repay(bytes32 account, uint256 amount) external nonReentrant returns (uint256 repaid) {
        if (amount == 0) revert AmountZero();
        if (!_accountOf[account].opened) revert AccountUnknown(account);

        _accrue();
        repaid = FixedPointMathLib.min(amount, _debtUp(_accountOf[account].debtShares, _index));
        if (repaid == 0) return 0;
        _reduceDebt(account, repaid);
        cash += repaid;

        emit Repaid(account, repaid, msg.sender);
        _pull(IERC20(asset()), msg.sender, repaid);
    }

    // ---------------------------------------------------------------------------------------------- liquidation

    /// @inheritdoc IMarginVault
    function liquidate(bytes32 account, uint256 maxRepay, uint256[] calldata minSeized, uint256 deadline)
        external
        nonReentrant
        returns (uint256 repaid, uint256[] memory seized)
    {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);
        if (minSeized.length != _collaterals.length) revert LengthMismatch(minSeized.length, _collaterals.length);
        if (!_accountOf[account].opened) revert AccountUnknown(account);

        _accrue();
        LiquidationMath.Outcome memory outcome;
        (outcome, seized) = _calculate(account, _debtUp(_accountOf[account].debtShares, _index));
        repaid = outcome.repay;
        _requireWanted(account, outcome, seized, maxRepay, minSeized);

        _act(account, outcome, seized);

        if (repaid != 0) _pull(IERC20(asset()), msg.sender, repaid);
        for (uint256 i = 0; i < seized.length; ++i) {
            if (seized[i] != 0) IERC20(_collaterals[i]).safeTransfer(msg.sender, seized[i]);
        }
    }

    /// @dev Calculate: the whole liquidation at prices and factors of now, and what it seizes in the order of `collaterals()`.
    function _calculate(bytes32 account, uint256 debt)
        private
        view
        returns (LiquidationMath.Outcome memory outcome, uint256[] memory seize)
    {
        LiquidationMath.Lot[] memory lots = _lots(account);
        outcome = LiquidationMath.calculate(
            LiquidationMath.Book({
                debt: debt, stableScale: _stableScale, minimumDebt: minimumDebt, targetHealth: targetHealth, lots: lots
            })
        );
        seize = new uint256[](_collaterals.length);
        for (uint256 i = 0; i < lots.length; ++i) {
            seize[lots[i].index] = outcome.seize[i];
        }
    }

    /// @dev Decide: the account may be liquidated, and the caller's limits hold.
    function _requireWanted(
        bytes32 account,
        LiquidationMath.Outcome memory outcome,
        uint256[] memory seized,
        uint256 maxRepay,
        uint256[] calldata minSeized
    ) private view {
        if (outcome.healthBefore >= WAD) revert AccountHealthy(account, outcome.healthBefore);
        if (outcome.repay > maxRepay) revert RepayLimitTooSmall(account, outcome.repay, maxRepay);
        for (uint256 i = 0; i < seized.length; ++i) {
            if (seized[i] < minSeized[i]) revert SeizureTooSmall(_collaterals[i], seized[i], minSeized[i]);
        }
    }

    /// @dev Act: moves debt and collateral on the books, checks that it helped, and realises what is lost.
    function _act(bytes32 account, LiquidationMath.Outcome memory outcome, uint256[] memory seized) private {
        for (uint256 i = 0; i < seized.length; ++i) {
            if (seized[i] == 0) continue;
            address token = _collaterals[i];
            _balances[account][token] -= seized[i];
            _collateralOf[token].total -= seized[i];
        }
        _reduceDebt(account, outcome.repay);
        cash += outcome.repay;
        ++_accountOf[account].liquidations;

        uint256 debtAfter = _debtUp(_accountOf[account].debtShares, _index);
        uint256 healthAfter = LiquidationMath.healthDown(outcome.capacityAfter, debtAfter * _stableScale);
        if (debtAfter != 0 && outcome.collateralLeft && healthAfter <= outcome.healthBefore) {
            revert LiquidationDidNotImprove(account, outcome.healthBefore, healthAfter);
        }

        emit Liquidated(account, msg.sender, outcome.repay, seized, outcome.healthBefore, healthAfter);
        if (debtAfter != 0 && !outcome.collateralLeft) {
            _reduceDebt(account, debtAfter);
            totalDeficit += debtAfter;
            emit DeficitRealised(account, debtAfter);
        }
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IMarginVault
    function liquidationPlan(bytes32 account) external view returns (LiquidationPlan memory plan) {
        LiquidationMath.Outcome memory outcome;
        (outcome, plan.seize) = _calculate(account, _debtNow(account));
        plan.repay = outcome.repay;
        plan.bonusRate = outcome.bonusRate;
        plan.healthBefore = outcome.healthBefore;
    }

    /// @inheritdoc IMarginVault
    function health(bytes32 account) external view returns (uint256) {
        uint256 debt = _debtNow(account);
        if (debt == 0) return type(uint256).max;
        (, uint256 capacity) = LiquidationMath.totals(_lots(account));
        return LiquidationMath.healthDown(capacity, debt * _stableScale);
    }

    /// @inheritdoc IMarginVault
    function valuation(bytes32 account) external view returns (Valuation memory) {
        return _valuation(account, _debtNow(account));
    }

    /// @inheritdoc IMarginVault
    function position(bytes32 account) external view returns (Position memory held) {
        held.owner = _ownerOf(account);
        held.number = _numberOf(account);
        held.liquidations = _accountOf[account].liquidations;
        held.debt = _debtNow(account);
        held.collateral = new uint256[](_collaterals.length);
        for (uint256 i = 0; i < held.collateral.length; ++i) {
            held.collateral[i] = _balances[account][_collaterals[i]];
        }
    }

    /// @inheritdoc IMarginVault
    function accounts(uint256 start, uint256 count) external view returns (bytes32[] memory page) {
        uint256 left = FixedPointMathLib.zeroFloorSub(_accounts.length, start);
        page = new bytes32[](FixedPointMathLib.min(left, count));
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _accounts[start + i];
        }
    }

    /// @inheritdoc IMarginVault
    function accountCount() external view returns (uint256) {
        return _accounts.length;
    }

    /// @inheritdoc IMarginVault
    function accountId(address owner, uint96 number) external pure returns (bytes32) {
        return bytes32(uint256(uint160(owner)) << OWNER_SHIFT | number);
    }

    /// @inheritdoc IMarginVault
    function collaterals() external view returns (address[] memory) {
        return _collaterals;
    }

    /// @inheritdoc IMarginVault
    function collateralDecimals(address token) external view returns (uint8) {
        return _requireCollateral(token).decimals;
    }

    /// @inheritdoc IMarginVault
    function collateralCap(address token) external view returns (uint256) {
        return _requireCollateral(token).cap;
    }

    /// @inheritdoc IMarginVault
    function totalDebt() public view returns (uint256) {
        return FixedPointMathLib.fullMulDiv(_totalDebtShares, _indexNow(), SHARE_SCALE);
    }

    /// @inheritdoc IMarginVault
    function fullBonusUnderHealth() external pure returns (uint256) {
        return LiquidationMath.FULL_BONUS_UNDER_HEALTH;
    }

    /// @inheritdoc IMarginVault
    function bonusFloor() external pure returns (uint256) {
        return LiquidationMath.BONUS_FLOOR;
    }

    // -------------------------------------------------------------------------------------------------- lenders

    /// @notice Stable units that belong to the lenders: cash, and what is owed with interest to now.
    function totalAssets() public view override returns (uint256) {
        return cash + totalDebt();
    }

    /// @notice Shares that `owner` could redeem now: its own, and no more than there is cash for.
    function maxRedeem(address owner) public view override returns (uint256) {
        return FixedPointMathLib.min(balanceOf(owner), convertToShares(cash));
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return SHARE_DECIMALS_OFFSET;
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override nonReentrant {
        super._deposit(caller, receiver, assets, shares);
    }

    function _withdraw(address caller, address receiver, address owner, uint256 assets, uint256 shares)
        internal
        override
        nonReentrant
    {
        super._withdraw(caller, receiver, owner, assets, shares);
    }

    /// @dev Cash grows after the transfer and right before the shares are minted, so that a token which calls back sees the old price
    /// of a share and not one in between.
    function _transferIn(address from, uint256 assets) internal override {
        _accrue();
        _pull(IERC20(asset()), from, assets);
        cash += assets;
    }

    function _transferOut(address to, uint256 assets) internal override {
        _accrue();
        cash -= assets;
        super._transferOut(to, assets);
    }

    // ------------------------------------------------------------------------------------------ debt and interest

    /// @dev The borrow index with interest to now.
    function _indexNow() private view returns (uint256) {
        uint256 index = _index;
        uint256 elapsed = block.timestamp - _accruedAt;
        if (elapsed == 0 || _totalDebtShares == 0) return index;

        uint256 debt = FixedPointMathLib.fullMulDiv(_totalDebtShares, index, SHARE_SCALE);
        uint256 rate = InterestRate.annualRateDown(InterestRate.utilisationDown(debt, cash));
        return InterestRate.grownDown(index, rate, elapsed);
    }

    function _accrue() private {
        if (block.timestamp == _accruedAt) return;
        _index = _indexNow().toUint192();
        _accruedAt = uint64(block.timestamp);
    }

    function _debtUp(uint256 shares, uint256 index) private pure returns (uint256) {
        return FixedPointMathLib.fullMulDivUp(shares, index, SHARE_SCALE);
    }

    function _debtNow(bytes32 account) private view returns (uint256) {
        return _debtUp(_accountOf[account].debtShares, _indexNow());
    }

    /// @dev Takes `amount` off an account's debt, after accrual; all shares where it is all of the debt, else rounded down.
    function _reduceDebt(bytes32 account, uint256 amount) private {
        uint256 index = _index;
        uint256 shares = _accountOf[account].debtShares;
        uint256 burnt =
            amount == _debtUp(shares, index) ? shares : FixedPointMathLib.fullMulDiv(amount, SHARE_SCALE, index);
        _accountOf[account].debtShares = (shares - burnt).toUint216();
        _totalDebtShares -= burnt;
    }

    // -------------------------------------------------------------------------------------------------- valuation

    /// @dev The collaterals that an account holds, with their prices and factors.
    function _lots(bytes32 account) private view returns (LiquidationMath.Lot[] memory lots) {
        uint256 listed = _collaterals.length;
        lots = new LiquidationMath.Lot[](listed);
        uint256 count = 0;
        for (uint256 i = 0; i < listed; ++i) {
            address token = _collaterals[i];
            uint256 balance = _balances[account][token];
            if (balance == 0) continue;

            IRiskOracle.Factors memory factors = riskOracle.factors(token);
            lots[count] = LiquidationMath.Lot({
                index: i,
                balance: balance,
                price: oracleHub.price(token),
                unit: 10 ** _collateralOf[token].decimals,
                threshold: factors.liquidationThreshold,
                bonus: factors.bonus
            });
            ++count;
        }
        assembly ("memory-safe") {
            mstore(lots, count) // Only shortens the array.
        }
    }

    function _valuation(bytes32 account, uint256 debt) private view returns (Valuation memory worth) {
        worth.debt = debt * _stableScale;
        uint256 listed = _collaterals.length;
        for (uint256 i = 0; i < listed; ++i) {
            address token = _collaterals[i];
            uint256 balance = _balances[account][token];
            if (balance == 0) continue;

            IRiskOracle.Factors memory factors = riskOracle.factors(token);
            uint256 unit = 10 ** _collateralOf[token].decimals;
            uint256 value = FixedPointMathLib.fullMulDiv(balance, oracleHub.price(token), unit);
            worth.collateralValue += value;
            worth.borrowCapacity += FixedPointMathLib.fullMulDiv(value, factors.borrowFactor, WAD);
            worth.liquidationCapacity += FixedPointMathLib.fullMulDiv(value, factors.liquidationThreshold, WAD);
        }
    }

    /// @dev New risk is taken only on a live risk report, within the initial requirement, and not in dust.
    function _requireInitial(bytes32 account, uint256 debt) private view {
        uint256 age = block.timestamp - riskOracle.lastReportAt();
        uint256 heartbeat = riskOracle.heartbeat();
        if (age > heartbeat) revert RiskReportTooOld(age, heartbeat);
        if (debt < minimumDebt) revert DebtBelowMinimum(account, debt, minimumDebt);

        Valuation memory worth = _valuation(account, debt);
        if (worth.borrowCapacity < worth.debt) {
            revert InitialRequirementViolated(account, worth.borrowCapacity, worth.debt);
        }
    }

    // ----------------------------------------------------------------------------------------------------- checks

    function _requireCollateral(address token) private view returns (Collateral storage collateral) {
        collateral = _collateralOf[token];
        if (!collateral.listed) revert CollateralUnknown(token);
    }

    function _requireOwner(bytes32 account) private view {
        if (!_accountOf[account].opened) revert AccountUnknown(account);
        if (msg.sender != _ownerOf(account)) revert NotAccountOwner(account, msg.sender);
    }

    function _ownerOf(bytes32 account) private pure returns (address) {
        // casting to 'uint160' is safe because the shift leaves 160 bits
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(uint256(account) >> OWNER_SHIFT));
    }

    function _numberOf(bytes32 account) private pure returns (uint96) {
        return uint96(uint256(account));
    }

    /// @dev Takes tokens in and refuses a transfer that comes up short.
    function _pull(IERC20 token, address from, uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received < amount) revert TransferShort(address(token), amount, received);
    }
}
