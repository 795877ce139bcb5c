// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";

import {IRiskOracle} from "./interfaces/IRiskOracle.sol";
import {IMarginVault} from "./interfaces/IMarginVault.sol";
import {IHeaderSource} from "./interfaces/IHeaderSource.sol";
import {IMarginHub} from "./interfaces/IMarginHub.sol";
import {IOracleHub} from "./interfaces/IOracleHub.sol";
import {LienAccounting} from "./libraries/LienAccounting.sol";
import {LienCode} from "./libraries/LienCode.sol";
import {LienSwaps} from "./libraries/LienSwaps.sol";
import {RemoteMath} from "./libraries/RemoteMath.sol";
import {StorageProof} from "./libraries/StorageProof.sol";
import {HubLedger} from "./types/HubLedger.sol";
import {LienId, LienSwapMandate, LienTerms, Order, OrderKind} from "./types/Lien.sol";

/// @title Liens on other chains as security for accounts of this one
/// @dev SPECIFICATION
///
/// Proof. A lien is believed by a storage proof of its vault's slots (`libraries/LienCode.sol`) under a header of its chain that the chain's
/// source knows and that is at least `finalityLag` old. Its terms must name this chain and this contract. A header older in number than the lien's last
/// one is refused, but for one that an earlier source gave.
///
/// Accounting of a lien, in token units:
///   available = max(0, proven - pending)             what no order of this hub takes
///   counted + disputed <= available at a proof       what is security
/// A request takes its units out of `counted` (a release of more takes all of it; what is not counted stays available, and the next proof may
/// count it) and adds them to `pending` at once. An order ends, and leaves
/// `pending`, when a proof shows the lien's counter at or past it, or a block later than its deadline with the counter still short of it. So a
/// lapsed order's units become available again, and a carried-out one's have left `proven` too.
/// The units of a swap leave `counted` like others, but stay in their token's `total` until it ends, as its `minOut` stands in the other token's: they are
/// still security, and nobody else is admitted into their room.
///
/// Rise. What is available beyond what is counted is admitted up to the least of: the token's cap; the room under the chain's value cap at
/// prices of now (none while a token of it has no price); and under attested headers `growthPerDay` in any 24 h, which bounds what a forged lien can be
/// worth. The rest can be proved again later.
/// Fall without an order. Only this hub's orders make a lien smaller, so such a proof means that a header was forged, here or on the other side.
/// Under a header that the chain gives it counts at once. Under an attested one the missing units leave initial at once and stay in maintenance
/// (`disputed`) for a day (`LienAccounting.DISPUTE_PERIOD`); after that a second proof takes them away; one that shows all or some of them again
/// brings those back.
///
/// Worth (`libraries/RemoteMath.sol`), with BF, LT and volatilities of the local asset:
///   initial      counted x price x BF x (1 - l(initial sigma, max(age of the observation, finality lag)))
///   maintenance  (counted + disputed) x price x LT x (1 - l(maintenance sigma, finality lag))
///   value        counted x price x (1 - l(maintenance sigma, finality lag))
/// So a silent chain or a dead relay lowers initial alone. Without a price initial and value are 0 and maintenance uses the listing's `maxPrice`. The
/// account's capacity is the sum over its liens. A swap under way adds, for each of the numbers, the lesser of what its units and its `minOut` would count.
/// The state is one struct, and what proofs do to it is the linked library `LienAccounting`, because of the size limit of a contract.
///
/// Orders. One strictly sequential counter a lien. `request…` and `orderSeizure` take the credit and, for owners, ask the vault for the
/// initial requirement; `issueOrder` stores the hash `finality` seconds later, so that no reorganisation of this chain gives credit back for an order
/// that the other chain may have carried out. A release ends RELEASE_LIFE after its request, a swap at its deadline, a seizure never: it is paid for.
/// A swap must bring MIN_SWAP_SHARE of its value at prices of now. While one is under way, neither lien starts another, and what reaches the
/// second lien counts only with the proof that ends the swap, never twice. That proof admits up to `minOut` past the caps, for which `total` was kept free.
/// Units of a swap that come back do so with the proof that ends it, at once, past caps and growth: they were admitted once. After a lapse that is all of
/// them. Where the counter is reached the other chain may have carried the order out, or ended it late and without effect, which the counter does
/// not tell apart: units x (what the other lien has more, at most minOut) / minOut, rounded up, are gone, the rest comes back. Then the proof is compared
/// with what counts, like any other: what it misses is a fall without an order. So a forged end gives back units or promise, never all of both.
///
/// Swaps by mandate. When the account's health is low anyone may ask for a swap inside what its owner has allowed, at a price that this contract sets:
/// `libraries/LienSwaps.sol` says when. It is requested like the owner's, does not ask for the initial requirement, and waits behind no other
/// order. Until it ends its units cannot be seized; the mandate's cap bounds them.
///
/// Seizure. Fixed in token units at the order, of what is counted, to the recipient the vault names. The bonus is the asset's plus
/// z99 sigma sqrt(expected delay), for the liquidator bears the price until it is paid.
///
/// Limits. MAX_LIENS liens an account, which only its owner puts into the list; MAX_OWNER_ORDERS pending orders of the owner and MAX_ORDERS in
/// all a lien, so that an owner cannot crowd out a seizure; by mandate one, and only where none waits; MAX_REMOTES tokens a chain.
/// A seizure waits for the orders before it: at most a swap's or release's life, and the other chain's queue and vetoes.
///
/// Not guaranteed. Whoever holds a quorum's keys can have forged orders of a unit end the counters of pending orders on the other chain. The units
/// stay in the lien and come back to the account; a recipient of a voided seizure is out of pocket until governance makes him whole.
///
/// Liveness. Nothing here is paused. If a chain dies for good, its liens lose initial by age and keep maintenance; the admin may name
/// another source. Roles: `setHeaderSource` admin; `setSourceChain`, `listRemote` risk admin; anyone refreshes and issues.
contract MarginHub is IMarginHub, AccessManaged, ReentrancyGuardTransient {
    using RateLimiter for RateLimiter.SlidingWindow;

    uint256 private constant WAD = 1e18;
    uint256 private constant MAX_LIENS = 4;
    uint256 private constant MAX_OWNER_ORDERS = 4;
    uint256 private constant MAX_ORDERS = 16;
    uint256 private constant MAX_REMOTES = 8;
    uint8 private constant MAX_DECIMALS = 24;
    uint48 private constant WINDOW = 24 hours;
    uint32 private constant MAX_DELAY = 30 days;

    /// @notice Life of a release order from its request, in seconds: longer than the other chain's queue and two vetoes.
    uint64 public constant RELEASE_LIFE = 7 days;
    /// @notice Shortest and longest life of a swap from its request, in seconds.
    uint64 public constant MIN_SWAP_LIFE = 1 hours;
    uint64 public constant MAX_SWAP_LIFE = 2 days;
    /// @notice Least share of the value given that a swap must bring, scaled by 1e18.
    uint256 public constant MIN_SWAP_SHARE = LienSwaps.MIN_SWAP_SHARE;

    // Read by the other chain: LienCode.ORDERS_POSITION.
    mapping(bytes32 lienKey => mapping(uint64 counter => bytes32 orderHash)) private _orders;

    IOracleHub public immutable oracleHub;
    IRiskOracle public immutable riskOracle;
    /// @notice The vault whose accounts the liens secure.
    IMarginVault public immutable marginVault;
    /// @notice Seconds after which a block of this chain is final.
    uint64 public immutable finality;

    HubLedger private _ledger;

    constructor(
        address authority_,
        IOracleHub oracleHub_,
        IRiskOracle riskOracle_,
        IMarginVault marginVault_,
        uint64 finality_
    ) AccessManaged(authority_) {
        oracleHub = oracleHub_;
        riskOracle = riskOracle_;
        marginVault = marginVault_;
        finality = finality_;
    }

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc IMarginHub
    function setHeaderSource(uint256 chainId, IHeaderSource source) external restricted {
        if (address(source) == address(0)) revert HeaderSourceZero(chainId);
        _ledger.chains[chainId].source = source;
        uint64 generation = ++_ledger.chains[chainId].generation;
        emit HeaderSourceSet(chainId, source, generation);
    }

    /// @inheritdoc IMarginHub
    function setSourceChain(uint256 chainId, uint32 finalityLag, uint32 expectedDelay, uint256 valueCap)
        external
        restricted
    {
        if (finalityLag == 0 || finalityLag > MAX_DELAY || expectedDelay > MAX_DELAY) {
            revert SourceChainInvalid(chainId, finalityLag, expectedDelay);
        }
        SourceChain storage chain = _ledger.chains[chainId];
        (chain.finalityLag, chain.expectedDelay, chain.valueCap) = (finalityLag, expectedDelay, valueCap);
        emit SourceChainSet(chainId, finalityLag, expectedDelay, valueCap);
    }

    /// @inheritdoc IMarginHub
    function listRemote(
        uint256 chainId,
        address collateralVault,
        address token,
        address asset,
        uint8 decimals,
        uint128 cap,
        uint128 growthPerDay,
        uint128 maxPrice
    ) external restricted {
        bytes32 key = remoteKeyOf(chainId, collateralVault, token);
        RemoteToken storage remote = _ledger.remotes[key];
        if (remote.asset == address(0)) {
            if (_ledger.chains[chainId].finalityLag == 0) revert SourceChainUnknown(chainId);
            if (decimals > MAX_DECIMALS) revert RemoteDecimalsTooLarge(token, decimals, MAX_DECIMALS);
            if (_ledger.remotesOf[chainId].length == MAX_REMOTES) revert RemoteListFull(chainId, MAX_REMOTES);
            riskOracle.factors(asset);
            _ledger.remotesOf[chainId].push(key);
            (remote.chainId, remote.collateralVault, remote.token) = (chainId, collateralVault, token);
            (remote.asset, remote.decimals) = (asset, decimals);
        } else if (remote.asset != asset || remote.decimals != decimals) {
            revert RemoteFixed(key, remote.asset, remote.decimals);
        }
        (remote.cap, remote.growthPerDay, remote.maxPrice) = (cap, growthPerDay, maxPrice);
        _ledger.growth[key].updateSettings(WINDOW, growthPerDay);

        emit RemoteListed(key, remote);
    }

    // ---------------------------------------------------------------------------------------------------- proofs

    /// @inheritdoc IMarginHub
    function countLien(
        LienId calldata id,
        LienTerms calldata terms,
        bytes[] calldata termsProof,
        LienProof calldata proof
    ) external nonReentrant returns (bytes32 lienKey) {
        _requireOwner(terms.account);
        if (terms.hubChainId != block.chainid || terms.hub != address(this)) {
            revert LienForOtherHub(terms.hubChainId, terms.hub);
        }
        bytes32 remoteKey = remoteKeyOf(id.chainId, id.collateralVault, terms.token);
        if (_ledger.remotes[remoteKey].asset == address(0)) revert RemoteUnknown(remoteKey);

        (IHeaderSource.Header memory header, bytes32 root) = _root(id.chainId, id.collateralVault, proof);
        bytes32 stored = StorageProof.slotValue(root, LienCode.termsSlot(id.number), termsProof);
        bytes32 given = LienCode.termsHash(terms);
        if (stored != given) revert LienTermsNotStored(given, stored);

        lienKey = LienCode.lienKey(id);
        RemoteLien storage lien = _ledger.liens[lienKey];
        if (!lien.attached) {
            bytes32[] storage list = _ledger.lists[terms.account];
            if (list.length == MAX_LIENS) revert LienListFull(terms.account, MAX_LIENS);
            (lien.account, lien.remoteKey, lien.number, lien.attached) = (terms.account, remoteKey, id.number, true);
            list.push(lienKey);
            marginVault.noteLien(terms.account);
            emit LienAttached(lienKey, terms.account, id, terms);
        }
        LienAccounting.observe(_ledger, oracleHub, lienKey, header, root, proof);
    }

    /// @inheritdoc IMarginHub
    function refreshLien(bytes32 lienKey, LienProof calldata proof) external nonReentrant {
        RemoteToken storage remote = _ledger.remotes[LienAccounting.requireAttached(_ledger, lienKey).remoteKey];
        (IHeaderSource.Header memory header, bytes32 root) = _root(remote.chainId, remote.collateralVault, proof);
        LienAccounting.observe(_ledger, oracleHub, lienKey, header, root, proof);
    }

    /// @inheritdoc IMarginHub
    function detachLien(bytes32 lienKey) external {
        RemoteLien storage lien = LienAccounting.requireAttached(_ledger, lienKey);
        _requireOwner(lien.account);
        uint256 counted = uint256(lien.counted) + lien.disputed;
        if (counted != 0 || lien.pending != 0 || lien.incoming != 0) revert LienInUse(lienKey, counted, lien.pending);

        lien.attached = false;
        bytes32[] storage list = _ledger.lists[lien.account];
        uint256 last = list.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (list[i] == lienKey) list[i] = list[last];
        }
        list.pop();

        emit LienDetached(lienKey, lien.account);
    }

    // --------------------------------------------------------------------------------------------------- orders

    /// @inheritdoc IMarginHub
    function requestRelease(bytes32 lienKey, uint128 units, address to, bytes calldata leaf)
        external
        nonReentrant
        returns (uint64 counter)
    {
        RemoteLien storage lien = LienAccounting.requireAttached(_ledger, lienKey);
        _requireOwner(lien.account);
        if (to == address(0)) revert ReceiverZero();
        uint256 capacity = leaf.length == 0 ? 0 : capacityOf(lien.account).initial;

        // What is counted goes first. What is not may be there on the word of stolen keys alone, and the other chain pays out what it has.
        uint128 available = LienAccounting.availableDown(lien);
        if (units > available) revert LienTooSmall(lienKey, available, units);
        _lower(lien, units < lien.counted ? units : lien.counted);
        PendingOrder memory order;
        order.to = to;
        order.deadline = uint64(block.timestamp) + RELEASE_LIFE;
        counter = _request(lienKey, lien, units, order, MAX_OWNER_ORDERS);

        _requireInitial(lien.account, leaf, capacity);
    }

    /// @inheritdoc IMarginHub
    function requestSwap(
        bytes32 lienKey,
        uint128 units,
        bytes32 lienOutKey,
        uint128 minOut,
        uint64 deadline,
        bytes calldata leaf
    ) external nonReentrant returns (uint64 counter) {
        RemoteLien storage lien = LienAccounting.requireAttached(_ledger, lienKey);
        _requireOwner(lien.account);
        LienSwaps.requireSwap(_ledger, oracleHub, lienKey, units, lienOutKey, minOut);
        uint256 capacity = leaf.length == 0 ? 0 : capacityOf(lien.account).initial;
        uint256 earliest = block.timestamp + finality + MIN_SWAP_LIFE;
        uint256 latest = block.timestamp + finality + MAX_SWAP_LIFE;
        if (deadline < earliest || deadline > latest) revert SwapDeadlineInvalid(deadline, earliest, latest);
        if (units > lien.counted) revert LienTooSmall(lienKey, lien.counted, units);

        PendingOrder memory order;
        (order.minOut, order.lienOutKey, order.deadline) = (minOut, lienOutKey, deadline);
        counter = _requestSwap(lienKey, lien, units, order, MAX_OWNER_ORDERS);

        _requireInitial(lien.account, leaf, capacity);
    }

    /// @inheritdoc IMarginHub
    function setLienSwapMandate(bytes32 lienKey, LienSwapMandate calldata mandate) external {
        _requireOwner(LienAccounting.requireAttached(_ledger, lienKey).account);
        LienSwaps.setMandate(_ledger, lienKey, mandate);
    }

    /// @inheritdoc IMarginHub
    function requestSwapByMandate(bytes32 lienKey, uint128 units) external nonReentrant returns (uint64 counter) {
        RemoteLien storage lien = LienAccounting.requireAttached(_ledger, lienKey);
        LienSwaps.Allowed memory allowed =
            LienSwaps.allow(_ledger, LienSwaps.Peers(oracleHub, riskOracle, marginVault), lienKey, units);
        PendingOrder memory order;
        (order.minOut, order.lienOutKey) = (allowed.minOut, allowed.lienOutKey);
        order.deadline = uint64(block.timestamp) + finality + MAX_SWAP_LIFE;
        counter = _requestSwap(lienKey, lien, units, order, LienSwaps.MAX_MANDATE_ORDERS);

        emit LienSwapRequested(
            lienKey, counter, lien.account, msg.sender, units, allowed.minOut, allowed.healthBefore, allowed.healthAfter
        );
    }

    /// @inheritdoc IMarginHub
    function orderSeizure(bytes32 lienKey, uint128 units, address recipient) external returns (uint64 counter) {
        if (msg.sender != address(marginVault)) revert NotMarginVault(msg.sender);
        RemoteLien storage lien = LienAccounting.requireAttached(_ledger, lienKey);
        if (recipient == address(0)) revert ReceiverZero();
        if (units > lien.counted) revert LienTooSmall(lienKey, lien.counted, units);

        _lower(lien, units);
        PendingOrder memory order;
        (order.kind, order.to, order.deadline) = (OrderKind.Seize, recipient, type(uint64).max);
        counter = _request(lienKey, lien, units, order, MAX_ORDERS);
    }

    /// @inheritdoc IMarginHub
    function issueOrder(bytes32 lienKey, uint64 counter) external {
        PendingOrder storage pending = _ledger.pending[lienKey][counter];
        if (pending.issueAfter == 0) revert OrderUnknown(lienKey, counter);
        if (_orders[lienKey][counter] != 0) revert OrderAlreadyIssued(lienKey, counter);
        if (block.timestamp < pending.issueAfter) revert OrderNotFinalHere(lienKey, counter, pending.issueAfter);

        bytes32 orderHash = LienCode.orderHash(orderOf(lienKey, counter));
        _orders[lienKey][counter] = orderHash;

        emit OrderIssued(lienKey, counter, orderHash);
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IMarginHub
    function capacityOf(bytes32 account) public view returns (Capacity memory) {
        return LienAccounting.capacityOf(_ledger, oracleHub, riskOracle, account);
    }

    /// @inheritdoc IMarginHub
    function quoteSeizure(bytes32 lienKey) external view returns (SeizureQuote memory quote) {
        RemoteLien storage lien = LienAccounting.requireAttached(_ledger, lienKey);
        RemoteToken storage remote = _ledger.remotes[lien.remoteKey];
        SourceChain storage chain = _ledger.chains[remote.chainId];
        IRiskOracle.Factors memory factors = riskOracle.factors(remote.asset);
        (bool priced, uint256 price) = LienAccounting.priceOf(oracleHub, remote.asset);

        uint256 kept = WAD - RemoteMath.haircutUp(factors.maintenanceVolatility, chain.finalityLag);
        (quote.account, quote.asset) = (lien.account, remote.asset);
        quote.unit = 10 ** remote.decimals;
        quote.threshold = factors.liquidationThreshold * kept / WAD;
        quote.bonus = factors.bonus + RemoteMath.haircutUp(factors.maintenanceVolatility, chain.expectedDelay);
        if (priced) (quote.units, quote.price) = (lien.counted, price);
    }

    /// @inheritdoc IMarginHub
    function orderOf(bytes32 lienKey, uint64 counter) public view returns (Order memory) {
        PendingOrder storage pending = _ledger.pending[lienKey][counter];
        if (pending.issueAfter == 0) revert OrderUnknown(lienKey, counter);
        RemoteToken storage remote = _ledger.remotes[_ledger.liens[lienKey].remoteKey];
        return Order({
            lien: LienId({
                chainId: remote.chainId, collateralVault: remote.collateralVault, number: _ledger.liens[lienKey].number
            }),
            hubChainId: block.chainid,
            hub: address(this),
            counter: counter,
            kind: pending.kind,
            units: pending.units,
            to: pending.to,
            lienOut: pending.kind == OrderKind.Swap ? _ledger.liens[pending.lienOutKey].number : 0,
            minOut: pending.minOut,
            deadline: pending.deadline
        });
    }

    /// @inheritdoc IMarginHub
    function liensOf(bytes32 account) external view returns (bytes32[] memory) {
        return _ledger.lists[account];
    }

    /// @inheritdoc IMarginHub
    function lienOf(bytes32 lienKey) external view returns (RemoteLien memory) {
        return _ledger.liens[lienKey];
    }

    /// @inheritdoc IMarginHub
    function pendingOf(bytes32 lienKey, uint64 counter) external view returns (PendingOrder memory) {
        return _ledger.pending[lienKey][counter];
    }

    /// @inheritdoc IMarginHub
    function orderHashOf(bytes32 lienKey, uint64 counter) external view returns (bytes32) {
        return _orders[lienKey][counter];
    }

    /// @inheritdoc IMarginHub
    function lienSwapMandateOf(bytes32 lienKey) external view returns (LienSwapMandate memory) {
        return _ledger.swapMandates[lienKey];
    }

    /// @inheritdoc IMarginHub
    function lienSwapAvailable(bytes32 lienKey) external view returns (uint256) {
        return LienSwaps.available(_ledger, lienKey);
    }

    /// @inheritdoc IMarginHub
    function sourceChainOf(uint256 chainId) external view returns (SourceChain memory) {
        return _ledger.chains[chainId];
    }

    /// @inheritdoc IMarginHub
    function remoteOf(bytes32 remoteKey) external view returns (RemoteToken memory) {
        return _ledger.remotes[remoteKey];
    }

    /// @inheritdoc IMarginHub
    function remoteKeyOf(uint256 chainId, address collateralVault, address token) public pure returns (bytes32) {
        return keccak256(abi.encode(chainId, collateralVault, token));
    }

    /// @inheritdoc IMarginHub
    function haircut(uint256 volatility, uint256 age) external pure returns (uint256) {
        return RemoteMath.haircutUp(volatility, age);
    }

    // --------------------------------------------------------------------------------------------------- checks

    function _requireOwner(bytes32 account) private view {
        if (msg.sender != address(uint160(uint256(account) >> 96))) revert NotAccountOwner(account, msg.sender);
    }

    /// @dev The storage root of a collateral vault under a final header.
    function _root(uint256 chainId, address collateralVault, LienProof calldata proof)
        private
        view
        returns (IHeaderSource.Header memory header, bytes32 root)
    {
        SourceChain storage chain = _ledger.chains[chainId];
        if (address(chain.source) == address(0)) revert SourceChainUnknown(chainId);
        header = chain.source.header(chainId, proof.locator);
        uint256 finalFrom = uint256(header.timestamp) + chain.finalityLag;
        if (block.timestamp < finalFrom) revert HeaderNotFinal(chainId, header.timestamp, finalFrom);
        root = StorageProof.storageRoot(header.stateRoot, collateralVault, proof.accountProof);
    }

    // -------------------------------------------------------------------------------------------------- changes

    /// @dev What the account's liens count less than `capacityBefore` is what it leans on the leaf for.
    function _requireInitial(bytes32 account, bytes calldata leaf, uint256 capacityBefore) private {
        uint256 leaned =
            leaf.length == 0 ? 0 : FixedPointMathLib.zeroFloorSub(capacityBefore, capacityOf(account).initial);
        marginVault.requireInitial(account, leaf, leaned);
    }

    function _lower(RemoteLien storage lien, uint128 units) private {
        lien.counted -= units;
        _ledger.remotes[lien.remoteKey].total -= units;
    }

    /// @dev The units leave what counts by themselves, but not the total: they stay security until the swap ends.
    function _requestSwap(
        bytes32 lienKey,
        RemoteLien storage lien,
        uint128 units,
        PendingOrder memory order,
        uint256 limit
    ) private returns (uint64 counter) {
        lien.counted -= units;
        order.kind = OrderKind.Swap;
        counter = _request(lienKey, lien, units, order, limit);
        lien.swapCounter = counter;
        RemoteLien storage out = _ledger.liens[order.lienOutKey];
        out.incoming += 1;
        _ledger.remotes[out.remoteKey].total += order.minOut;
    }

    /// @dev The next order of the lien; its units are pending from now.
    function _request(
        bytes32 lienKey,
        RemoteLien storage lien,
        uint128 units,
        PendingOrder memory pending,
        uint256 limit
    ) private returns (uint64 counter) {
        if (units == 0) revert AmountZero();
        LienAccounting.requireRoom(lien, lienKey, limit);

        counter = ++lien.lastCounter;
        lien.pending += units;
        pending.units = units;
        pending.issueAfter = uint64(block.timestamp) + finality;
        _ledger.pending[lienKey][counter] = pending;

        emit OrderRequested(lienKey, counter, orderOf(lienKey, counter), pending.issueAfter);
    }
}
