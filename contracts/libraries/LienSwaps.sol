// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IDefence} from "../interfaces/IDefence.sol";
import {IMarginHub} from "../interfaces/IMarginHub.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {IRiskOracle} from "../interfaces/IRiskOracle.sol";
import {HubLedger} from "../types/HubLedger.sol";
import {LienSwapMandate} from "../types/Lien.sol";
import {AccountChecks} from "./AccountChecks.sol";
import {Budget} from "./Budget.sol";
import {LienAccounting} from "./LienAccounting.sol";
import {LiquidationMath} from "./LiquidationMath.sol";
import {MandateRules} from "./MandateRules.sol";
import {RemoteMath} from "./RemoteMath.sol";

/// @title Which swaps of liens may be asked for: by the owner, and by anyone inside a mandate
/// @dev Linked into `MarginHub`, whose head says what a swap does to the books; runs on its storage.
///
/// SPECIFICATION of a swap by mandate. Anyone may ask for one; he is paid nothing. In this order:
///   1. there is a mandate (LienSwapNotOptedIn), not expired (MandateExpired)
///   2. health, two wei of capacity lower than it is, is at least 1: under it the account belongs to liquidation, and a swap would take units
///      away from a seizure (AccountUnderMaintenance); and under the trigger (SwapNotDue)
///   3. no order of the lien waits (TooManyPendingOrders, with a limit of 1): what nobody fills never stands in line more than once, and before a
///      seizure at most for its life. A lapsed order waits until the other chain has ended it
///   4. both liens are as for a swap of the owner (LienUnknown, LienNotAttached, SwapLienMismatch, SwapUnderWay)
///   5. leastUnits <= units <= what is counted (LienSwapTooSmall, LienTooSmall), and what the cap leaves (LienSwapBudgetExhausted)
///   6. the price, which the caller does not choose: nobody can park what nobody will fill
///        least value = value given, rounded up, x (1 - maxLoss), rounded up        at prices of now (PriceMissing)
///        minOut      = least value x unit / price of what is brought, rounded up
///      with room for it under its token's cap (SwapCapExceeded)
///   7. it helps (LienSwapRestoresNothing): in maintenance, initial and maintenance with the factors of 24 hours ago, each at the age that the lien's
///      observation has now, what is brought counts for more than what is given, by more than two wei. So once carried out each is more than before,
///      and while it is under way, when the lesser of both counts, none is less but for what splitting a lien rounds away, two wei at most, which
///      point 2 has taken off already: a swap makes nobody liquidatable
///   8. it is not more than needed (LienSwapTooLarge): a swap of one unit less, carried out at its own minOut, leaves health at or under the target.
///      So the target is passed by no more than one unit of what is given adds, and one of what is brought, to which minOut is rounded up. A swap of
///      leastUnits is never too large
///   9. rule 8: what it loses (value given, rounded up, less value brought, rounded down) is at most 1 % of the account's oracle equity, 2 % in any 24
///      hours over all its swaps by mandate (LossBudgetExhausted)
/// It lives as long as a swap may: an attested route may queue it for a day. So the owner offers, at the price of the request, what somebody may take up for
/// two days or leave: `maxLoss` is reckoned at the request, and what prices do after it is the account's risk, within the cap.
///
/// Limits of a mandate: 1 < trigger < target; loss at most 1 - MIN_SWAP_SHARE, which whoever fills keeps; a window of an hour at least; the cap is a
/// `Budget` of units; leastUnits at least 1 and at most half of the cap, which is what may go at once. leastUnits is to be so much that a unit of what
/// is brought is little beside it. Setting a mandate anew does not give back what the lien has spent.
library LienSwaps {
    using Budget for Budget.State;
    using SafeCast for uint256;

    /// @dev The contracts that are asked.
    struct Peers {
        IOracleHub oracleHub;
        IRiskOracle riskOracle;
        IMarginVault marginVault;
    }

    /// @dev A swap that the mandate allows.
    struct Allowed {
        bytes32 lienOutKey;
        uint128 minOut;
        uint256 healthBefore;
        uint256 healthAfter;
    }

    /// @dev The account as maintenance sees it.
    struct Standing {
        uint256 capacity;
        uint256 owed;
        uint256 health;
    }

    uint256 private constant WAD = 1e18;
    /// @dev What a lien counts less once it is counted in two parts, at most, in wei.
    uint256 private constant ROUNDING = 2;
    /// @dev Orders of a lien that may wait with one by mandate, itself included.
    uint256 internal constant MAX_MANDATE_ORDERS = 1;
    uint256 internal constant MIN_SWAP_SHARE = 0.99e18;

    // ---------------------------------------------------------------------------------------------------- mandates

    function setMandate(HubLedger storage ledger, bytes32 lienKey, LienSwapMandate calldata mandate) external {
        bytes32 account = ledger.liens[lienKey].account;
        if (mandate.triggerHealth == 0) {
            delete ledger.swapMandates[lienKey];
        } else {
            _requireValid(account, mandate);
            _requirePair(ledger, lienKey, mandate.lienOutKey);
            ledger.swapMandates[lienKey] = mandate;
        }
        emit IMarginHub.LienSwapMandateSet(lienKey, account, ledger.swapMandates[lienKey]);
    }

    function _requireValid(bytes32 account, LienSwapMandate calldata mandate) private view {
        MandateRules.requireHealths(account, mandate.triggerHealth, mandate.targetHealth);
        MandateRules.requireLife(account, mandate.window, mandate.expiry);
        MandateRules.requireAtMost(account, "maxLoss", mandate.maxLoss, WAD - MIN_SWAP_SHARE);
        if (mandate.leastUnits == 0) revert IDefence.MandateInvalid(account, "leastUnits", 0, 1);
        MandateRules.requireAtMost(account, "leastUnits", mandate.leastUnits, Budget.capacityDown(mandate.capPerWindow));
    }

    /// @notice What is left of the cap now.
    function available(HubLedger storage ledger, bytes32 lienKey) external view returns (uint256) {
        LienSwapMandate storage mandate = _mandate(ledger, lienKey);
        return ledger.swapSpent[lienKey].availableDown(mandate.capPerWindow, mandate.window);
    }

    function _mandate(HubLedger storage ledger, bytes32 lienKey)
        private
        view
        returns (LienSwapMandate storage mandate)
    {
        mandate = ledger.swapMandates[lienKey];
        if (mandate.triggerHealth == 0) revert IMarginHub.LienSwapNotOptedIn(lienKey);
    }

    // -------------------------------------------------------------------------------------------------------- swap

    /// @notice What any swap must keep to: both liens are of one account in one vault, of different tokens, in no other swap, with room and
    /// at a fair price.
    function requireSwap(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        bytes32 lienKey,
        uint128 units,
        bytes32 outKey,
        uint128 minOut
    ) external view {
        _requirePair(ledger, lienKey, outKey);
        _requireIdle(ledger, lienKey, outKey);
        _requireTerms(ledger, oracleHub, lienKey, units, outKey, minOut);
    }

    /// @notice Judges a swap by mandate, and draws on its budgets.
    function allow(HubLedger storage ledger, Peers memory peers, bytes32 lienKey, uint128 units)
        external
        returns (Allowed memory allowed)
    {
        LienSwapMandate memory mandate = _mandate(ledger, lienKey);
        bytes32 account = ledger.liens[lienKey].account;
        MandateRules.requireUnexpired(account, mandate.expiry);
        Standing memory before = _requireDue(peers, account, mandate.triggerHealth);

        bytes32 outKey = mandate.lienOutKey;
        LienAccounting.requireRoom(ledger.liens[lienKey], lienKey, MAX_MANDATE_ORDERS);
        _requirePair(ledger, lienKey, outKey);
        _requireIdle(ledger, lienKey, outKey);
        _requireUnits(ledger, lienKey, units, mandate);

        (allowed.lienOutKey, allowed.healthBefore) = (outKey, before.health);
        allowed.minOut = _minOutUp(ledger, peers.oracleHub, lienKey, units, mandate);
        _requireTerms(ledger, peers.oracleHub, lienKey, units, outKey, allowed.minOut);
        allowed.healthAfter = _requireHelps(ledger, peers, lienKey, units, mandate, allowed.minOut, before);
        _drawLoss(ledger, peers, lienKey, units, outKey, allowed.minOut);
    }

    // ------------------------------------------------------------------------------------------------------ checks

    function _requirePair(HubLedger storage ledger, bytes32 lienKey, bytes32 outKey) private view {
        IMarginHub.RemoteLien storage lien = ledger.liens[lienKey];
        IMarginHub.RemoteLien storage out = LienAccounting.requireAttached(ledger, outKey);
        IMarginHub.RemoteToken storage given = ledger.remotes[lien.remoteKey];
        IMarginHub.RemoteToken storage brought = ledger.remotes[out.remoteKey];
        if (
            out.account != lien.account || brought.chainId != given.chainId || brought.token == given.token
                || brought.collateralVault != given.collateralVault
        ) revert IMarginHub.SwapLienMismatch(lienKey, outKey);
    }

    function _requireIdle(HubLedger storage ledger, bytes32 lienKey, bytes32 outKey) private view {
        IMarginHub.RemoteLien storage lien = ledger.liens[lienKey];
        if (lien.swapCounter != 0 || lien.incoming != 0) {
            revert IMarginHub.SwapUnderWay(lienKey, lien.swapCounter, lien.incoming);
        }
        IMarginHub.RemoteLien storage out = ledger.liens[outKey];
        if (out.swapCounter != 0 || out.incoming != 0) {
            revert IMarginHub.SwapUnderWay(outKey, out.swapCounter, out.incoming);
        }
    }

    function _requireTerms(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        bytes32 lienKey,
        uint128 units,
        bytes32 outKey,
        uint128 minOut
    ) private view {
        if (minOut == 0) revert IMarginHub.AmountZero();
        bytes32 remoteOutKey = ledger.liens[outKey].remoteKey;
        IMarginHub.RemoteToken storage brought = ledger.remotes[remoteOutKey];
        uint256 total = uint256(brought.total) + minOut;
        if (total > brought.cap) revert IMarginHub.SwapCapExceeded(remoteOutKey, total, brought.cap);

        IMarginHub.RemoteToken storage given = ledger.remotes[ledger.liens[lienKey].remoteKey];
        uint256 least = FixedPointMathLib.fullMulDivUp(_valueDown(given, oracleHub, units), MIN_SWAP_SHARE, WAD);
        uint256 valueOut = _valueDown(brought, oracleHub, minOut);
        if (valueOut < least) revert IMarginHub.SwapLosesTooMuch(lienKey, valueOut, least);
    }

    /// @dev Step 2. Between two steps of its own the vault does not know what an account is worth: it lets nobody in then, and so no
    /// swap begins.
    function _requireDue(Peers memory peers, bytes32 account, uint256 triggerHealth)
        private
        returns (Standing memory standing)
    {
        peers.marginVault.noteLien(account);
        IMarginVault.Valuation memory worth = peers.marginVault.valuation(account);
        standing.capacity = FixedPointMathLib.zeroFloorSub(worth.liquidationCapacity, ROUNDING);
        standing.owed = worth.debt + worth.maintenanceRequirement;
        standing.health = LiquidationMath.healthDown(standing.capacity, standing.owed);
        if (standing.health < WAD) revert IMarginVault.AccountUnderMaintenance(account, standing.health);
        if (standing.health >= triggerHealth) revert IDefence.SwapNotDue(account, standing.health, triggerHealth);
    }

    /// @dev Step 5.
    function _requireUnits(HubLedger storage ledger, bytes32 lienKey, uint128 units, LienSwapMandate memory mandate)
        private
    {
        if (units < mandate.leastUnits) revert IMarginHub.LienSwapTooSmall(lienKey, units, mandate.leastUnits);
        uint128 counted = ledger.liens[lienKey].counted;
        if (units > counted) revert IMarginHub.LienTooSmall(lienKey, counted, units);
        (bool drawn, uint256 left) = ledger.swapSpent[lienKey].tryDraw(units, mandate.capPerWindow, mandate.window);
        if (!drawn) revert IMarginHub.LienSwapBudgetExhausted(lienKey, units, left);
    }

    /// @dev Steps 7 and 8.
    function _requireHelps(
        HubLedger storage ledger,
        Peers memory peers,
        bytes32 lienKey,
        uint128 units,
        LienSwapMandate memory mandate,
        uint128 minOut,
        Standing memory before
    ) private view returns (uint256 healthAfter) {
        IMarginHub.Capacity memory given = _counts(ledger, peers, lienKey, lienKey, units);
        IMarginHub.Capacity memory brought = _counts(ledger, peers, lienKey, mandate.lienOutKey, minOut);
        _requireMore(lienKey, "maintenance", given.maintenance, brought.maintenance);
        _requireMore(lienKey, "initial", given.initial, brought.initial);
        _requireMore(lienKey, "past", given.past, brought.past);
        healthAfter = _healthAfterDown(before, given, brought);
        if (units == mandate.leastUnits) return healthAfter;

        uint128 fewer = _minOutUp(ledger, peers.oracleHub, lienKey, units - 1, mandate);
        given = _counts(ledger, peers, lienKey, lienKey, units - 1);
        brought = _counts(ledger, peers, lienKey, mandate.lienOutKey, fewer);
        if (_healthAfterDown(before, given, brought) > mandate.targetHealth) {
            revert IMarginHub.LienSwapTooLarge(lienKey, healthAfter, mandate.targetHealth);
        }
    }

    function _requireMore(bytes32 lienKey, bytes32 number, uint256 given, uint256 brought) private pure {
        if (brought <= given + ROUNDING) {
            revert IMarginHub.LienSwapRestoresNothing(lienKey, number, given, brought);
        }
    }

    /// @dev Step 9.
    function _drawLoss(
        HubLedger storage ledger,
        Peers memory peers,
        bytes32 lienKey,
        uint128 units,
        bytes32 outKey,
        uint128 minOut
    ) private {
        bytes32 account = ledger.liens[lienKey].account;
        uint256 lost = FixedPointMathLib.zeroFloorSub(
            _valueUp(ledger.remotes[ledger.liens[lienKey].remoteKey], peers.oracleHub, units),
            _valueDown(ledger.remotes[ledger.liens[outKey].remoteKey], peers.oracleHub, minOut)
        );
        uint256 limit = _lossLimitDown(peers.marginVault, account);
        (bool drawn, uint256 left) = ledger.swapLosses[account].tryDraw(lost, limit, AccountChecks.LOSS_WINDOW);
        if (!drawn) revert IMarginVault.LossBudgetExhausted(account, lost, left);
    }

    function _lossLimitDown(IMarginVault marginVault, bytes32 account) private view returns (uint256) {
        (, int256 equity) = marginVault.standing(account);
        if (equity <= 0) return 0;
        // casting to 'uint256' is safe because it is positive
        // forge-lint: disable-next-line(unsafe-typecast)
        return FixedPointMathLib.mulWad(uint256(equity), 2 * AccountChecks.LOSS_SHARE);
    }

    // --------------------------------------------------------------------------------------------------- calculate

    /// @dev Step 6.
    function _minOutUp(
        HubLedger storage ledger,
        IOracleHub oracleHub,
        bytes32 lienKey,
        uint128 units,
        LienSwapMandate memory mandate
    ) private view returns (uint128) {
        IMarginHub.RemoteToken storage given = ledger.remotes[ledger.liens[lienKey].remoteKey];
        IMarginHub.RemoteToken storage brought = ledger.remotes[ledger.liens[mandate.lienOutKey].remoteKey];
        uint256 least = FixedPointMathLib.mulWadUp(_valueUp(given, oracleHub, units), WAD - mandate.maxLoss);
        return FixedPointMathLib.fullMulDivUp(least, 10 ** brought.decimals, _price(brought, oracleHub)).toUint128();
    }

    /// @dev What units of a token would count as, at the age of the observation of the lien that gives.
    function _counts(HubLedger storage ledger, Peers memory peers, bytes32 lienKey, bytes32 holderKey, uint128 units)
        private
        view
        returns (IMarginHub.Capacity memory)
    {
        return LienAccounting.worth(
            ledger,
            peers.oracleHub,
            peers.riskOracle,
            LienAccounting.Holding(ledger.liens[holderKey].remoteKey, units, 0, ledger.liens[lienKey].observedAt)
        );
    }

    function _healthAfterDown(
        Standing memory before,
        IMarginHub.Capacity memory given,
        IMarginHub.Capacity memory brought
    ) private pure returns (uint256) {
        return LiquidationMath.healthDown(before.capacity + brought.maintenance - given.maintenance, before.owed);
    }

    function _valueDown(IMarginHub.RemoteToken storage remote, IOracleHub oracleHub, uint256 units)
        private
        view
        returns (uint256)
    {
        return RemoteMath.valueDown(units, _price(remote, oracleHub), 10 ** remote.decimals);
    }

    function _valueUp(IMarginHub.RemoteToken storage remote, IOracleHub oracleHub, uint256 units)
        private
        view
        returns (uint256)
    {
        return FixedPointMathLib.fullMulDivUp(units, _price(remote, oracleHub), 10 ** remote.decimals);
    }

    function _price(IMarginHub.RemoteToken storage remote, IOracleHub oracleHub) private view returns (uint256 price) {
        bool priced;
        (priced, price) = LienAccounting.priceOf(oracleHub, remote.asset);
        if (!priced) revert IMarginHub.PriceMissing(remote.asset);
    }
}
