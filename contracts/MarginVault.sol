// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IDefence} from "./interfaces/IDefence.sol";
import {IGuardian} from "./interfaces/IGuardian.sol";
import {IInsuranceFund} from "./interfaces/IInsuranceFund.sol";
import {IMarginAttestations} from "./interfaces/IMarginAttestations.sol";
import {IMarginHub} from "./interfaces/IMarginHub.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IOptionBook} from "./interfaces/IOptionBook.sol";
import {IOracleHub} from "./interfaces/IOracleHub.sol";
import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {ISwapVenue} from "./interfaces/ISwapVenue.sol";
import {AccountChecks} from "./libraries/AccountChecks.sol";
import {Accounting} from "./libraries/Accounting.sol";
import {Clearing} from "./libraries/Clearing.sol";
import {Defence} from "./libraries/Defence.sol";
import {Liquidation} from "./libraries/Liquidation.sol";
import {LiquidationMath} from "./libraries/LiquidationMath.sol";
import {Listing} from "./libraries/Listing.sol";
import {PortfolioLiquidation} from "./libraries/PortfolioLiquidation.sol";
import {TopUp} from "./libraries/TopUp.sol";
import {Mandates, SwapMandate, SwapOrder, TopUpMandate} from "./types/Defence.sol";
import {LiquidationLimits} from "./types/LiquidationLimits.sol";
import {Account, Collateral, Ledger, VaultLimits, Terms} from "./types/Ledger.sol";

/// @title Accounts that borrow one stable token against several collaterals and trade options; lenders hold ERC-4626 shares
/// @dev SPECIFICATION
///
/// Accounts. id = owner << 96 | number. Anyone may add collateral to an account or repay it; only its owner borrows and withdraws. An account that the
/// clearing house owes something has credit, which `borrow` takes first; it never has credit and debt together.
///
/// Value (units of account, scaled by 1e18; one whole stable token is one unit by definition):
///   value_i   = balance_i price_i / 10^decimals_i                                              rounded down
///   initial   : sum value_i BF_i + credit + capacity on other chains >= D + R_initial
///   maintenance: health = (sum value_i LT_i + credit + winnings + capacity on other chains) / (D + R_maintenance)
/// Prices come from `OracleHub`, BF and LT from `RiskOracle`, R from `OptionBook` or, for initial checks only, from an attested leaf, capacity
/// from `MarginHub`. A collateral without a price counts nothing for initial, and its largest possible price for maintenance.
///
/// Where things stand
///   `libraries/Accounting`            debt, credit, reserve, losses, and the conservation law
///   `libraries/Valuation`             what an account is worth; `libraries/AccountChecks` what it may do (initial, improvement)
///   `libraries/Liquidation`           by repayment; `PortfolioLiquidation` of a fraction of everything; `LiquidationMath` the arithmetic;
///                                     `LiquidationBudgets` rule budget and volume cap
///   `libraries/Listing`               what governance sets
///   `libraries/Defence`, `TopUp`      collateral swaps and top-ups, by the owner or inside what he allowed
///   `libraries/Clearing`              premiums and settlement of options
///   `types/Ledger`                    all that is remembered
/// The libraries are linked and called by delegatecall: their state is this contract's, and they have no other caller.
///
/// What must hold
///   after borrow, withdrawCollateral, and what the option book and the hub ask for: the initial requirement.
///   liquidate: health < 1. After it health has risen, or the debt is gone, or nothing is left behind it.
///   repay and addCollateral ask no price, no health, no report and no guardian. A repayment may leave dust.
///
/// Lenders. Their assets are what `Accounting` says; cash is counted and not measured, so tokens sent unasked change nothing. Six decimals of virtual shares
/// make the first-deposit attack a loss to the attacker. Withdrawal is limited by cash.
///
/// Assumptions. Tokens on the list neither charge on transfer nor rebase downwards (an inbound transfer that comes up short is refused); they
/// may call back, which the transient guard stops. The stable token is worth one unit.
///
/// Limits. 8 collaterals of 0 to 24 decimals, each with a cap; a stable of 0 to 18 decimals; target health 1 to the least LT/BF that the risk oracle's bounds
/// can ever allow, so that a liquidation never asks for more than initial margin.
///
/// Roles. `listCollateral`, `setCap`, `setLimits` are restricted (risk admin). There is no pause, no upgrade, and no way to take tokens that are not
/// one's own.
contract MarginVault is IMarginVault, IDefence, ERC4626, AccessManaged, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;
    uint8 private constant MAX_STABLE_DECIMALS = 18;
    uint8 private constant SHARE_DECIMALS_OFFSET = 6;

    /// @notice Where prices come from.
    IOracleHub public immutable oracleHub;
    /// @notice Where factors come from.
    IRiskOracle public immutable riskOracle;
    /// @notice Who may hold new risk or liquidation back for a while.
    IGuardian public immutable guardian;
    /// @notice The options of all accounts.
    IOptionBook public immutable optionBook;
    /// @notice Requirements computed off-chain, bonded and open to challenge.
    IMarginAttestations public immutable attestations;
    /// @notice Collateral on other chains.
    IMarginHub public immutable marginHub;
    /// @notice First to pay for a loan that nothing stands behind.
    IInsuranceFund public immutable insurance;
    /// @notice First to pay for what options lose beyond an account.
    IInsuranceFund public immutable optionFund;
    /// @notice Where collateral is swapped.
    ISwapVenue public immutable venue;
    /// @inheritdoc IMarginVault
    uint256 public immutable targetHealth;
    /// @inheritdoc IMarginVault
    uint256 public immutable minimumDebt;
    /// @inheritdoc IMarginVault
    uint256 public immutable stableScale;

    Ledger private _ledger;
    Mandates private _mandates;

    modifier onlyPeer(address peer) {
        if (msg.sender != peer) revert CallerNotPeer(msg.sender, peer);
        _;
    }

    constructor(
        IERC20Metadata stable,
        address authority_,
        Peers memory peers,
        uint256 targetHealth_,
        uint256 minimumDebt_,
        string memory name_,
        string memory symbol_
    ) ERC20(name_, symbol_) ERC4626(stable) AccessManaged(authority_) {
        uint8 stableDecimals = stable.decimals();
        if (stableDecimals > MAX_STABLE_DECIMALS) {
            revert StableDecimalsTooLarge(address(stable), stableDecimals, MAX_STABLE_DECIMALS);
        }
        uint256 headroom = peers.riskOracle.headroomLimit();
        if (targetHealth_ < WAD || targetHealth_ > headroom) revert TargetHealthInvalid(targetHealth_, WAD, headroom);
        oracleHub = peers.oracleHub;
        riskOracle = peers.riskOracle;
        guardian = peers.guardian;
        optionBook = peers.optionBook;
        attestations = peers.attestations;
        marginHub = peers.marginHub;
        insurance = peers.insurance;
        optionFund = peers.optionFund;
        venue = peers.venue;
        targetHealth = targetHealth_;
        minimumDebt = minimumDebt_;
        stableScale = 10 ** (MAX_STABLE_DECIMALS - stableDecimals);
        _ledger.index = Accounting.INDEX_START;
        _ledger.accruedAt = uint64(block.timestamp);
        _ledger.limits = VaultLimits({ruleBudget: 0.02e18, volumeCap: 0, tip: 0, volumeWindow: 1 hours});
    }

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc IMarginVault
    function listCollateral(address token, uint8 decimals_, uint256 cap) external restricted {
        Listing.list(_ledger, _terms(), token, decimals_, cap);
    }

    /// @inheritdoc IMarginVault
    function setCap(address token, uint256 cap) external restricted {
        Listing.setCap(_ledger, token, cap);
    }

    /// @inheritdoc IMarginVault
    function setLimits(VaultLimits calldata limits_) external restricted {
        Listing.setLimits(_ledger, limits_);
    }

    // ------------------------------------------------------------------------------------------------- accounts

    /// @inheritdoc IMarginVault
    function openAccount(uint96 number) external returns (bytes32 account) {
        account = accountId(msg.sender, number);
        Accounting.open(_ledger, account);
    }

    /// @inheritdoc IMarginVault
    function addCollateral(bytes32 account, address token, uint256 amount) external nonReentrant {
        Collateral storage collateral = _requireCollateral(token);
        if (amount == 0) revert AmountZero();
        uint256 total = collateral.total + amount;
        if (total > collateral.cap) revert CollateralCapExceeded(token, total, collateral.cap);

        Accounting.open(_ledger, account);
        // casting to 'uint112' is safe because the total is at most the cap, which has as many bits
        // forge-lint: disable-next-line(unsafe-typecast)
        collateral.total = uint112(total);
        _ledger.balances[account][token] += amount;
        emit CollateralAdded(account, token, amount, msg.sender);

        Accounting.pull(IERC20(token), msg.sender, amount);
    }

    /// @inheritdoc IMarginVault
    function withdrawCollateral(bytes32 account, address token, uint256 amount, address to, bytes calldata leaf)
        external
        nonReentrant
    {
        Collateral storage collateral = _requireCollateral(token);
        Accounting.requireOwner(_ledger, account);
        if (amount == 0) revert AmountZero();
        uint256 balance = _ledger.balances[account][token];
        if (amount > balance) revert CollateralTooSmall(account, token, balance, amount);

        Accounting.accrue(_ledger);
        _ledger.balances[account][token] = balance - amount;
        // casting to 'uint112' is safe because a balance is part of the total
        // forge-lint: disable-next-line(unsafe-typecast)
        collateral.total -= uint112(amount);

        uint256 added = leaf.length == 0 ? 0 : _valueUp(token, amount, collateral.decimals);
        AccountChecks.requireInitial(_ledger, _terms(), account, leaf, added);

        emit CollateralWithdrawn(account, token, amount, to);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function borrow(bytes32 account, uint256 amount, address to, bytes calldata leaf) external nonReentrant {
        Accounting.requireOwner(_ledger, account);
        if (amount == 0) revert AmountZero();
        uint256 available = _ledger.cash;
        if (amount > available) revert LiquidityTooSmall(available, amount);

        Accounting.accrue(_ledger);
        _ledger.cash = available - amount;
        Accounting.debit(_ledger, account, amount);
        AccountChecks.requireInitial(_ledger, _terms(), account, leaf, amount * stableScale);

        emit Borrowed(account, amount, to);
        IERC20(asset()).safeTransfer(to, amount);
    }

    /// @inheritdoc IMarginVault
    function repay(bytes32 account, uint256 amount) external nonReentrant returns (uint256 repaid) {
        if (amount == 0) revert AmountZero();
        Accounting.requireOpened(_ledger, account);

        Accounting.accrue(_ledger);
        repaid = FixedPointMathLib.min(amount, Accounting.debtNow(_ledger, account));
        if (repaid == 0) return 0;
        Accounting.reduceDebt(_ledger, account, repaid);
        _ledger.cash += repaid;

        emit Repaid(account, repaid, msg.sender);
        Accounting.pull(IERC20(asset()), msg.sender, repaid);
    }

    // ---------------------------------------------------------------------------------------------- liquidation

    /// @inheritdoc IMarginVault
    function liquidate(bytes32 account, LiquidationLimits calldata limits_, bytes calldata data)
        external
        nonReentrant
        returns (uint256 repaid, uint256[] memory seized)
    {
        return Liquidation.liquidate(_ledger, _terms(), account, limits_, data);
    }

    /// @inheritdoc IMarginVault
    function liquidateLien(bytes32 account, LienLimits calldata limits_)
        external
        nonReentrant
        returns (uint256 repaid, uint256 units)
    {
        return Liquidation.liquidateLien(_ledger, _terms(), account, limits_);
    }

    /// @inheritdoc IMarginVault
    function liquidatePortfolio(bytes32 account, bytes32 taker, PortfolioLimits calldata limits_)
        external
        nonReentrant
        returns (uint256 fraction, uint256 payment)
    {
        LiquidationMath.Fraction memory taken =
            PortfolioLiquidation.liquidate(_ledger, _terms(), account, taker, limits_);
        return (taken.fraction, taken.payment);
    }

    // --------------------------------------------------------------------------------------------------- defence

    /// @inheritdoc IDefence
    function swapCollateral(bytes32 account, SwapOrder calldata order) external nonReentrant returns (uint256) {
        return Defence.swapCollateral(_ledger, _mandates, _terms(), account, order);
    }

    /// @inheritdoc IDefence
    function setSwapMandate(bytes32 account, SwapMandate calldata mandate) external {
        Defence.setSwapMandate(_ledger, _mandates, _terms(), account, mandate);
    }

    /// @inheritdoc IDefence
    function topUp(bytes32 account, uint256 index) external nonReentrant returns (uint256) {
        return TopUp.topUp(_ledger, _mandates, _terms(), account, index);
    }

    /// @inheritdoc IDefence
    function setTopUpMandate(bytes32 account, uint256 index, TopUpMandate calldata mandate) external {
        TopUp.setTopUpMandate(_ledger, _mandates, _terms(), account, index, mandate);
    }

    /// @inheritdoc IDefence
    function swapLimit(bytes32 account, address tokenIn, address tokenOut) external view returns (uint256) {
        return Defence.swapLimit(_ledger, _mandates, _terms(), account, tokenIn, tokenOut);
    }

    /// @inheritdoc IDefence
    function topUpNeeded(bytes32 account, uint256 index) external view returns (uint256) {
        return TopUp.needed(_ledger, _mandates, _terms(), account, index);
    }

    /// @inheritdoc IDefence
    function topUpAvailable(bytes32 account, uint256 index) external view returns (uint256) {
        return TopUp.available(_mandates, account, index);
    }

    /// @inheritdoc IDefence
    function swapMandateOf(bytes32 account) external view returns (SwapMandate memory) {
        return _mandates.swap[account];
    }

    /// @inheritdoc IDefence
    function topUpMandateOf(bytes32 account, uint256 index) external view returns (TopUpMandate memory) {
        return _mandates.topUp[account][index];
    }

    // -------------------------------------------------------------------------------------- for option book and hub

    /// @inheritdoc IMarginVault
    function movePremium(bytes32 from, bytes32 to, uint256 amount) external nonReentrant onlyPeer(address(optionBook)) {
        Clearing.movePremium(_ledger, from, to, amount);
    }

    /// @inheritdoc IMarginVault
    function settleLoss(bytes32 account, uint256 amount)
        external
        nonReentrant
        onlyPeer(address(optionBook))
        returns (uint256 uncovered)
    {
        return Clearing.settleLoss(_ledger, _terms(), account, amount);
    }

    /// @inheritdoc IMarginVault
    function creditGain(bytes32 account, uint256 amount) external nonReentrant onlyPeer(address(optionBook)) {
        Clearing.creditGain(_ledger, account, amount);
    }

    /// @inheritdoc IMarginVault
    function absorbOptionDeficit(uint256 claims)
        external
        nonReentrant
        onlyPeer(address(optionBook))
        returns (uint256 haircut)
    {
        return Clearing.absorbOptionDeficit(_ledger, claims);
    }

    /// @inheritdoc IMarginVault
    function requireInitial(bytes32 account, bytes calldata leaf, uint256 addedRisk) external nonReentrant {
        if (msg.sender != address(optionBook) && msg.sender != address(marginHub)) {
            revert CallerNotPeer(msg.sender, address(marginHub));
        }
        Accounting.accrue(_ledger);
        AccountChecks.requireInitial(_ledger, _terms(), account, leaf, addedRisk);
    }

    /// @inheritdoc IMarginVault
    function requireImproved(bytes32 account, uint256 healthBefore, int256 equityBefore)
        external
        nonReentrant
        onlyPeer(address(optionBook))
    {
        Accounting.accrue(_ledger);
        AccountChecks.requireImproved(_ledger, _terms(), account, healthBefore, equityBefore);
    }

    /// @inheritdoc IMarginVault
    function noteLien(bytes32 account) external nonReentrant onlyPeer(address(marginHub)) {
        Accounting.open(_ledger, account);
        _ledger.accountOf[account].hasLiens = true;
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IMarginVault
    function liquidationPlan(bytes32 account) external view returns (LiquidationPlan memory) {
        return Liquidation.plan(_ledger, _terms(), account);
    }

    /// @inheritdoc IMarginVault
    function portfolioPlan(bytes32 account) external view returns (PortfolioPlan memory) {
        return PortfolioLiquidation.quote(_ledger, _terms(), account);
    }

    /// @inheritdoc IMarginVault
    function health(bytes32 account) external view returns (uint256) {
        return AccountChecks.health(_ledger, _terms(), account);
    }

    /// @inheritdoc IMarginVault
    function standing(bytes32 account) external view returns (uint256, int256) {
        return AccountChecks.standing(_ledger, _terms(), account);
    }

    /// @inheritdoc IMarginVault
    function valuation(bytes32 account) external view returns (Valuation memory) {
        return AccountChecks.valuation(_ledger, _terms(), account);
    }

    /// @inheritdoc IMarginVault
    function position(bytes32 account) external view returns (Position memory held) {
        Account storage state = _ledger.accountOf[account];
        held.owner = ownerOf(account);
        held.number = uint96(uint256(account));
        held.liquidations = state.liquidations;
        held.debt = Accounting.debtNow(_ledger, account);
        held.credit = state.credit;
        held.optionDebt = state.optionDebt;
        held.collateral = new uint256[](_ledger.collaterals.length);
        for (uint256 i = 0; i < held.collateral.length; ++i) {
            held.collateral[i] = _ledger.balances[account][_ledger.collaterals[i]];
        }
        held.debtShares = state.debtShares;
        held.hasLiens = state.hasLiens;
    }

    /// @inheritdoc IMarginVault
    function books() external view returns (Books memory) {
        return Books({
            cash: _ledger.cash,
            debt: Accounting.totalDebtDown(_ledger),
            credit: _ledger.totalCredit,
            unsettled: _ledger.unsettled,
            reserve: Accounting.reserveNow(_ledger),
            optionDeficit: _ledger.optionDeficit,
            deficit: _ledger.totalDeficit
        });
    }

    /// @inheritdoc IMarginVault
    function limits() external view returns (VaultLimits memory) {
        return _ledger.limits;
    }

    /// @inheritdoc IMarginVault
    function accounts(uint256 start, uint256 count) external view returns (bytes32[] memory page) {
        uint256 left = FixedPointMathLib.zeroFloorSub(_ledger.accounts.length, start);
        page = new bytes32[](FixedPointMathLib.min(left, count));
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _ledger.accounts[start + i];
        }
    }

    /// @inheritdoc IMarginVault
    function accountCount() external view returns (uint256) {
        return _ledger.accounts.length;
    }

    /// @inheritdoc IMarginVault
    function accountId(address owner, uint96 number) public pure returns (bytes32) {
        return bytes32(uint256(uint160(owner)) << Accounting.OWNER_SHIFT | number);
    }

    /// @inheritdoc IMarginVault
    function ownerOf(bytes32 account) public pure returns (address) {
        return Accounting.ownerOf(account);
    }

    /// @inheritdoc IMarginVault
    function isOpened(bytes32 account) external view returns (bool) {
        return _ledger.accountOf[account].opened;
    }

    /// @inheritdoc IMarginVault
    function collaterals() external view returns (address[] memory) {
        return _ledger.collaterals;
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
    function cash() external view returns (uint256) {
        return _ledger.cash;
    }

    /// @inheritdoc IMarginVault
    function totalDebt() public view returns (uint256) {
        return Accounting.totalDebtDown(_ledger);
    }

    /// @inheritdoc IMarginVault
    function borrowIndex() external view returns (uint256) {
        return Accounting.indexNow(_ledger);
    }

    /// @inheritdoc IMarginVault
    function totalDeficit() external view returns (uint256) {
        return _ledger.totalDeficit;
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

    /// @notice Stable units that belong to the lenders, with interest to now.
    function totalAssets() public view override returns (uint256) {
        return Accounting.lendersAssetsDown(_ledger);
    }

    /// @notice Shares that `owner` could redeem now: its own, and no more than there is cash for.
    function maxRedeem(address owner) public view override returns (uint256) {
        return FixedPointMathLib.min(balanceOf(owner), convertToShares(_ledger.cash));
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
        Accounting.accrue(_ledger);
        Accounting.pull(IERC20(asset()), from, assets);
        _ledger.cash += assets;
    }

    function _transferOut(address to, uint256 assets) internal override {
        Accounting.accrue(_ledger);
        _ledger.cash -= assets;
        super._transferOut(to, assets);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _terms() private view returns (Terms memory) {
        return Terms({
            stable: IERC20(asset()),
            stableScale: stableScale,
            targetHealth: targetHealth,
            minimumDebt: minimumDebt,
            oracleHub: oracleHub,
            riskOracle: riskOracle,
            guardian: guardian,
            optionBook: optionBook,
            attestations: attestations,
            marginHub: marginHub,
            insurance: insurance,
            optionFund: optionFund,
            venue: venue
        });
    }

    function _requireCollateral(address token) private view returns (Collateral storage collateral) {
        collateral = _ledger.collateralOf[token];
        if (!collateral.listed) revert CollateralUnknown(token);
    }

    /// @dev At the price of now, or the largest the feed could say.
    function _valueUp(address token, uint256 amount, uint8 decimals_) private view returns (uint256) {
        IOracleHub.PriceReading memory reading = oracleHub.reading(token);
        uint256 price = reading.status == IOracleHub.PriceStatus.Ok ? reading.price : oracleHub.maxPriceOf(token);
        return FixedPointMathLib.fullMulDivUp(amount, price, 10 ** decimals_);
    }
}
