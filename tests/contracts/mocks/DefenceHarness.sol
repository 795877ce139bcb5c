// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDefence} from "../../../contracts/interfaces/IDefence.sol";
import {ISwapVenue} from "../../../contracts/interfaces/ISwapVenue.sol";
import {Accounting} from "../../../contracts/libraries/Accounting.sol";
import {Defence} from "../../../contracts/libraries/Defence.sol";
import {Liquidation} from "../../../contracts/libraries/Liquidation.sol";
import {TopUp} from "../../../contracts/libraries/TopUp.sol";
import {Mandates, SwapMandate, SwapOrder, TopUpMandate} from "../../../contracts/types/Defence.sol";
import {LiquidationLimits} from "../../../contracts/types/LiquidationLimits.sol";
import {Collateral, Ledger, Terms} from "../../../contracts/types/Ledger.sol";

/// @title A vault with nothing but defence and liquidation: whatever else changes an account, the test does without checks
contract DefenceHarness is IDefence, ReentrancyGuardTransient {
    using SafeCast for uint256;

    Ledger private _ledger;
    Mandates private _mandates;
    Terms private _terms;

    constructor(Terms memory terms) {
        _terms = terms;
        _ledger.index = Accounting.INDEX_START;
        _ledger.accruedAt = uint64(block.timestamp);
    }

    // ----------------------------------------------------------------------------------- what the real vault does

    function swapCollateral(bytes32 account, SwapOrder calldata order) external nonReentrant returns (uint256) {
        return Defence.swapCollateral(_ledger, _mandates, _terms, account, order);
    }

    function setSwapMandate(bytes32 account, SwapMandate calldata mandate) external {
        Defence.setSwapMandate(_ledger, _mandates, _terms, account, mandate);
    }

    function topUp(bytes32 account, uint256 index) external nonReentrant returns (uint256) {
        return TopUp.topUp(_ledger, _mandates, _terms, account, index);
    }

    function setTopUpMandate(bytes32 account, uint256 index, TopUpMandate calldata mandate) external {
        TopUp.setTopUpMandate(_ledger, _mandates, _terms, account, index, mandate);
    }

    function liquidate(bytes32 account, LiquidationLimits calldata limits, bytes calldata data)
        external
        nonReentrant
        returns (uint256, uint256[] memory)
    {
        return Liquidation.liquidate(_ledger, _terms, account, limits, data);
    }

    function asset() external view returns (address) {
        return address(_terms.stable);
    }

    function collaterals() external view returns (address[] memory) {
        return _ledger.collaterals;
    }

    function swapLimit(bytes32 account, address tokenIn, address tokenOut) external view returns (uint256) {
        return Defence.swapLimit(_ledger, _mandates, _terms, account, tokenIn, tokenOut);
    }

    function topUpNeeded(bytes32 account, uint256 index) external view returns (uint256) {
        return TopUp.needed(_ledger, _mandates, _terms, account, index);
    }

    function topUpAvailable(bytes32 account, uint256 index) external view returns (uint256) {
        return TopUp.available(_mandates, account, index);
    }

    function swapMandateOf(bytes32 account) external view returns (SwapMandate memory) {
        return _mandates.swap[account];
    }

    function topUpMandateOf(bytes32 account, uint256 index) external view returns (TopUpMandate memory) {
        return _mandates.topUp[account][index];
    }

    // ---------------------------------------------------------------------------------------- what the test does

    function setVenue(ISwapVenue venue) external {
        _terms.venue = venue;
    }

    function list(address token, uint8 decimals, uint112 cap) external {
        _ledger.collaterals.push(token);
        _ledger.collateralOf[token] = Collateral({listed: true, decimals: decimals, cap: cap, total: 0});
    }

    function setCap(address token, uint256 cap) external {
        _ledger.collateralOf[token].cap = cap.toUint112();
    }

    function open(bytes32 account) external {
        Accounting.open(_ledger, account);
    }

    function add(bytes32 account, address token, uint256 amount) external {
        Accounting.open(_ledger, account);
        _ledger.balances[account][token] += amount;
        _ledger.collateralOf[token].total += amount.toUint112();
        Accounting.pull(IERC20(token), msg.sender, amount);
    }

    function lend(uint256 amount) external {
        _ledger.cash += amount;
        Accounting.pull(_terms.stable, msg.sender, amount);
    }

    /// @dev As if it were lent out elsewhere.
    function drain(uint256 amount) external {
        _ledger.cash -= amount;
        require(_terms.stable.transfer(msg.sender, amount), "transfer");
    }

    function debit(bytes32 account, uint256 amount) external {
        Accounting.accrue(_ledger);
        Accounting.debit(_ledger, account, amount);
    }

    function credit(bytes32 account, uint256 amount) external {
        Accounting.accrue(_ledger);
        Accounting.credit(_ledger, account, amount);
    }

    function setLegs(bytes32 account, bool hasLegs) external {
        _ledger.accountOf[account].hasLegs = hasLegs;
    }

    function standing(bytes32 account) external view returns (Defence.Standing memory) {
        return Defence.standing(_ledger, _terms, account);
    }

    function balanceOf(bytes32 account, address token) external view returns (uint256) {
        return _ledger.balances[account][token];
    }

    function totalOf(address token) external view returns (uint256) {
        return _ledger.collateralOf[token].total;
    }

    function creditOf(bytes32 account) external view returns (uint256) {
        return _ledger.accountOf[account].credit;
    }

    function cash() external view returns (uint256) {
        return _ledger.cash;
    }

    /// @dev cash + debt - credit: what lenders own here, where there is no reserve and no interest yet.
    function lendersAssets() external view returns (uint256) {
        return Accounting.lendersAssetsDown(_ledger);
    }
}
