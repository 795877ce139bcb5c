// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ICollateralVault} from "./interfaces/ICollateralVault.sol";
import {IHeaderSource} from "./interfaces/IHeaderSource.sol";
import {Budget} from "./libraries/Budget.sol";
import {LienCode} from "./libraries/LienCode.sol";
import {MandateRules} from "./libraries/MandateRules.sol";
import {OrderSequence} from "./libraries/OrderSequence.sol";
import {StorageProof} from "./libraries/StorageProof.sol";
import {LienTerms, LienTopUpMandate, Order, OrderKind} from "./types/Lien.sol";

/// @title Tokens locked on this chain as security for an account of another chain
/// @dev SPECIFICATION
///
/// A lien names its owner, token, hub chain, hub and account for ever, and holds an amount and a counter. Only orders of that hub move it,
/// one after another: an order is carried out if it is the next one (counter + 1) and the hub is proved to store its hash, by a storage proof
/// under a header of the hub's chain. The hash binds both chains, both contracts, lien, counter, kind, amounts, receiver and deadline. Storage that the
/// hub proves in turn is described in `libraries/LienCode.sol`; it is the first this contract declares.
///
/// `execute` is checked in this order: this vault and chain; the lien exists; the lien's hub; the counter; the deadline; the header is
/// known to the hub's source; the hub stores the hash. Then, by who vouches for the header:
///   the chain itself   at once; it also puts an order queued under an attested header aside
///   signers            no order of the lien may be queued; the header must be known since the end of the last veto, if any;
///                      at once if the order fits the limit, else queued whole for VETO_PERIOD
/// The limit: in any 24 h, at once, of each token at most SHARE_AT_ONCE of min(liened total now, rateBase). The window slides and counts exactly;
/// a bucket that refills in 24 h would let twice as much through one. `rateBase` is the risk admin's, so that nobody widens the limit by locking.
/// Swaps count as well: a forged one would give collateral for next to nothing. The limit is one for all liens of a token: who uses it up
/// makes the others wait a day.
///
/// Veto. While an order is queued, even past `readyAt`, the lien's owner and the guardian may each send it back once. Then for this lien only
/// these proofs serve: one under a header that the chain itself gives, or one under a header attested VETO_PERIOD after the veto or
/// later (whoever had the keys for a day no longer has them), which is queued again if it does not fit. So a true order is late by at
/// most two vetoes, each a day and a queue, and a forged one that anyone watches never comes.
///
/// `lapse` ends an expired order without effect, so that the next can follow. Under an attested header it always waits in the queue, because a
/// forged one would kill the true order of that counter. What ended a counter is kept (`executedHash`) as evidence.
///
/// Swap. Whoever executes puts `minOut` into the lien `lienOut` and takes `units`: there is no venue here, and no price. `lienOut` has the same
/// hub, chain and account. The cap of the token does not stop it.
///
/// Nothing holds up a lien. Where the token refuses the receiver, the amount waits in `claimable`. A release or seizure of more than the lien holds
/// (which a hub never orders; a forged order may have come before) pays what is there. Adding is never paused.
///
/// Top-up. A lien's owner may let one keeper add to the lien from his wallet, by his allowance to this vault: any amount within the mandate's cap, a
/// `Budget`, until it expires. Why a keeper, when a top-up on one chain is anybody's: when it is due is a matter of the account's health on the
/// hub's chain, which this chain cannot know. Trigger and target stand in the mandate as the owner's word to the keeper; nothing here checks them, and a
/// keeper who disregards them, or whose key is stolen, can move the cap into the lien and nothing anywhere else. In this order: there is a
/// mandate; the caller is its keeper; it has not expired; the token has room; the budget has. What comes in is of the lien from then on, and leaves it by
/// the hub's orders alone. Setting a mandate anew does not give back what the lien has spent.
///
/// If the hub's chain dies. Nobody takes a lien out alone: neither its owner, who may have debt there, nor an admin. The admin, behind the
/// timelock, can name another source of headers for the hub; what that source proves is carried out like any other order. Until then the tokens stay.
///
/// Assumptions. Listed tokens neither charge on transfer nor rebase; what arrives is measured. They may call back, which the guard stops.
///
/// Roles. `setHub` admin; `setToken` risk admin; `vetoByGuardian` guardian. The admin, by a false header source, could take everything: that is
/// what the timelock is for. There is no pause and no upgrade.
contract CollateralVault is ICollateralVault, AccessManaged, ReentrancyGuardTransient {
    using Budget for Budget.State;
    using RateLimiter for RateLimiter.SlidingWindow;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant WAD = 1e18;
    uint8 private constant MAX_DECIMALS = 24;
    uint48 private constant WINDOW = 24 hours;
    uint8 private constant OWNER_VETO = 1;
    uint8 private constant GUARDIAN_VETO = 2;

    /// @notice How long an order waits, and how long after a veto a header must have been attested, in seconds.
    uint64 public constant VETO_PERIOD = 24 hours;
    /// @notice Share of the liened total that may leave at once in 24 h under attested headers, scaled by 1e18.
    uint256 public constant SHARE_AT_ONCE = 0.02e18;

    // The first two are read by the other chain: LienCode.LIENS_POSITION and LienCode.EXECUTED_POSITION.
    mapping(uint256 number => Lien) private _liens;
    mapping(uint256 number => mapping(uint64 counter => bytes32 orderHash)) private _executed;

    /// @inheritdoc ICollateralVault
    uint256 public lienCount;
    /// @inheritdoc ICollateralVault
    mapping(uint256 number => uint64 time) public provableFrom;
    /// @inheritdoc ICollateralVault
    mapping(address token => mapping(address receiver => uint256 amount)) public claimable;
    /// @inheritdoc ICollateralVault
    mapping(uint256 hubChainId => mapping(address hub => IHeaderSource)) public sourceOf;

    mapping(uint256 number => LienTerms) private _terms;
    mapping(uint256 number => QueuedOrder) private _queued;
    mapping(bytes32 orderHash => uint8 vetoes) private _vetoes;
    mapping(address token => Token) private _tokens;
    mapping(address token => RateLimiter.SlidingWindow) private _atOnce;
    mapping(uint256 number => LienTopUpMandate) private _topUps;
    mapping(uint256 number => Budget.State) private _toppedUp;

    constructor(address authority_) AccessManaged(authority_) {}

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc ICollateralVault
    function setToken(address token, uint8 decimals, uint128 cap, uint128 rateBase) external restricted {
        if (decimals > MAX_DECIMALS) revert TokenDecimalsTooLarge(token, decimals, MAX_DECIMALS);
        uint8 actual = _tokens[token].listed ? _tokens[token].decimals : IERC20Metadata(token).decimals();
        if (actual != decimals) revert TokenDecimalsMismatch(token, decimals, actual);

        _tokens[token] =
            Token({listed: true, decimals: decimals, cap: cap, rateBase: rateBase, total: _tokens[token].total});

        emit TokenSet(token, decimals, cap, rateBase);
    }

    /// @inheritdoc ICollateralVault
    function setHub(uint256 hubChainId, address hub, IHeaderSource source) external restricted {
        if (address(source) == address(0)) revert HeaderSourceZero(hubChainId, hub);
        sourceOf[hubChainId][hub] = source;
        emit HubSet(hubChainId, hub, source);
    }

    // --------------------------------------------------------------------------------------------------- owners

    /// @inheritdoc ICollateralVault
    function lock(address token, uint128 amount, uint256 hubChainId, address hub, bytes32 account)
        external
        nonReentrant
        returns (uint256 number)
    {
        if (address(sourceOf[hubChainId][hub]) == address(0)) revert HubUnknown(hubChainId, hub);
        if (uint256(account) >> 96 == 0) revert AccountWithoutOwner(account);
        _requireRoom(token, amount);

        LienTerms memory terms =
            LienTerms({owner: msg.sender, token: token, hubChainId: hubChainId, hub: hub, account: account});
        number = ++lienCount;
        _terms[number] = terms;
        _liens[number] = Lien({termsHash: LienCode.termsHash(terms), amount: amount, counter: 0});
        _tokens[token].total += amount;

        emit LienLocked(number, account, terms, amount);
        _pull(token, msg.sender, amount);
    }

    /// @inheritdoc ICollateralVault
    function add(uint256 number, uint128 amount) external nonReentrant {
        _requireLien(number);
        address token = _terms[number].token;
        _requireRoom(token, amount);
        _credit(number, token, amount, msg.sender);
        _pull(token, msg.sender, amount);
    }

    /// @inheritdoc ICollateralVault
    function setTopUpMandate(uint256 number, LienTopUpMandate calldata mandate) external {
        _requireOwner(number);
        bytes32 account = _terms[number].account;
        if (mandate.capPerWindow == 0) {
            delete _topUps[number];
        } else {
            if (mandate.keeper == address(0)) revert KeeperZero(number);
            MandateRules.requireHealths(account, mandate.triggerHealth, mandate.targetHealth);
            MandateRules.requireLife(account, mandate.window, mandate.expiry);
            _topUps[number] = mandate;
        }
        emit LienTopUpMandateSet(number, account, _topUps[number]);
    }

    /// @inheritdoc ICollateralVault
    function topUp(uint256 number, uint128 amount) external nonReentrant {
        LienTopUpMandate memory mandate = _topUps[number];
        if (mandate.capPerWindow == 0) revert LienTopUpNotOptedIn(number);
        if (msg.sender != mandate.keeper) revert NotLienKeeper(number, msg.sender, mandate.keeper);
        LienTerms storage terms = _terms[number];
        MandateRules.requireUnexpired(terms.account, mandate.expiry);
        (address owner, address token) = (terms.owner, terms.token);
        _requireRoom(token, amount);
        Budget.State storage spent = _toppedUp[number];
        (bool drawn, uint256 available) = spent.tryDraw(amount, mandate.capPerWindow, mandate.window);
        if (!drawn) revert LienTopUpBudgetExhausted(number, amount, available);

        emit LienToppedUp(number, terms.account, msg.sender, amount, available - amount);
        _credit(number, token, amount, owner);
        _pull(token, owner, amount);
    }

    /// @inheritdoc ICollateralVault
    function veto(uint256 number) external {
        _requireOwner(number);
        _veto(number, OWNER_VETO);
    }

    /// @inheritdoc ICollateralVault
    function vetoByGuardian(uint256 number) external restricted {
        _veto(number, GUARDIAN_VETO);
    }

    /// @inheritdoc ICollateralVault
    function claim(address token, address to) external nonReentrant returns (uint256 amount) {
        amount = claimable[token][msg.sender];
        if (amount == 0) revert NothingToClaim(token, msg.sender);
        claimable[token][msg.sender] = 0;
        emit PaymentClaimed(token, msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    // --------------------------------------------------------------------------------------------------- orders

    /// @inheritdoc ICollateralVault
    function execute(Order calldata order, OrderProof calldata proof) external nonReentrant returns (bool executed) {
        bytes32 orderHash = _requireNext(order);
        if (block.timestamp > order.deadline) revert OrderExpired(order.deadline, block.timestamp);
        bool chainGiven = _requireProved(order, orderHash, proof);

        if (!chainGiven && !_consume(_terms[order.lien.number].token, order.units)) {
            _queue(order, orderHash);
            return false;
        }
        _carryOut(order, orderHash, chainGiven);
        return true;
    }

    /// @inheritdoc ICollateralVault
    function lapse(Order calldata order, OrderProof calldata proof) external nonReentrant returns (bool ended) {
        bytes32 orderHash = _requireNext(order);
        if (block.timestamp <= order.deadline) revert OrderNotExpired(order.deadline, block.timestamp);
        if (!_requireProved(order, orderHash, proof)) {
            _queue(order, orderHash);
            return false;
        }
        _end(order, orderHash);
        emit OrderLapsed(order.lien.number, order.counter, orderHash);
        return true;
    }

    /// @inheritdoc ICollateralVault
    function executeQueued(Order calldata order) external nonReentrant {
        bytes32 orderHash = _requireNext(order);
        uint256 number = order.lien.number;
        QueuedOrder memory queued = _queued[number];
        if (queued.orderHash != orderHash) revert OrderNotQueued(number, orderHash);
        if (block.timestamp < queued.readyAt) revert QueueNotReady(number, queued.readyAt, block.timestamp);

        if (block.timestamp > order.deadline) {
            _end(order, orderHash);
            emit OrderLapsed(number, order.counter, orderHash);
        } else {
            _carryOut(order, orderHash, false);
        }
    }

    // ---------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICollateralVault
    function lienOf(uint256 number) external view returns (Lien memory) {
        return _liens[number];
    }

    /// @inheritdoc ICollateralVault
    function termsOf(uint256 number) external view returns (LienTerms memory) {
        return _terms[number];
    }

    /// @inheritdoc ICollateralVault
    function queuedOf(uint256 number) external view returns (QueuedOrder memory) {
        return _queued[number];
    }

    /// @inheritdoc ICollateralVault
    function executedHash(uint256 number, uint64 counter) external view returns (bytes32) {
        return _executed[number][counter];
    }

    /// @inheritdoc ICollateralVault
    function topUpMandateOf(uint256 number) external view returns (LienTopUpMandate memory) {
        return _topUps[number];
    }

    /// @inheritdoc ICollateralVault
    function topUpAvailable(uint256 number) external view returns (uint256) {
        LienTopUpMandate memory mandate = _topUps[number];
        if (mandate.capPerWindow == 0) revert LienTopUpNotOptedIn(number);
        return _toppedUp[number].availableDown(mandate.capPerWindow, mandate.window);
    }

    /// @inheritdoc ICollateralVault
    function tokenOf(address token) external view returns (Token memory) {
        return _tokens[token];
    }

    /// @inheritdoc ICollateralVault
    function availableAtOnce(address token) external view returns (uint256) {
        uint256 limit = _limitAtOnceDown(token);
        uint256 used = _atOnce[token].used(0);
        return used < limit ? limit - used : 0;
    }

    // --------------------------------------------------------------------------------------------------- checks

    function _requireRoom(address token, uint128 amount) private view {
        Token storage listed = _tokens[token];
        if (!listed.listed) revert TokenNotListed(token);
        if (amount == 0) revert AmountZero();
        uint256 total = uint256(listed.total) + amount;
        if (total > listed.cap) revert TokenCapExceeded(token, total, listed.cap);
    }

    function _requireLien(uint256 number) private view {
        if (_liens[number].termsHash == 0) revert LienUnknown(number);
    }

    function _requireOwner(uint256 number) private view {
        address owner = _terms[number].owner;
        if (msg.sender != owner) revert NotLienOwner(number, msg.sender, owner);
    }

    /// @dev The order is for this vault, from the lien's hub, and next in line.
    function _requireNext(Order calldata order) private view returns (bytes32) {
        if (order.lien.chainId != block.chainid || order.lien.collateralVault != address(this)) {
            revert OrderForOtherVault(order.lien.chainId, order.lien.collateralVault);
        }
        uint256 number = order.lien.number;
        _requireLien(number);
        LienTerms storage terms = _terms[number];
        if (order.hubChainId != terms.hubChainId || order.hub != terms.hub) {
            revert OrderFromOtherHub(order.hubChainId, order.hub);
        }
        OrderSequence.requireNext(number, order.counter, _liens[number].counter);
        return LienCode.orderHash(order);
    }

    /// @dev The hub stores the order, under a header that may be used for this lien now.
    function _requireProved(Order calldata order, bytes32 orderHash, OrderProof calldata proof)
        private
        view
        returns (bool chainGiven)
    {
        IHeaderSource source = sourceOf[order.hubChainId][order.hub];
        IHeaderSource.Header memory header = source.header(order.hubChainId, proof.locator);
        uint256 number = order.lien.number;
        if (!header.chainGiven) {
            bytes32 waiting = _queued[number].orderHash;
            if (waiting != 0) revert OrderAlreadyQueued(number, waiting);
            uint64 from = provableFrom[number];
            if (header.knownSince < from) revert HeaderBeforeVetoEnds(number, header.knownSince, from);
        }
        bytes32 root = StorageProof.storageRoot(header.stateRoot, order.hub, proof.accountProof);
        bytes32 slot = LienCode.orderSlot(LienCode.lienKey(order.lien), order.counter);
        bytes32 stored = StorageProof.slotValue(root, slot, proof.orderProof);
        if (stored != orderHash) revert OrderNotStored(orderHash, stored);
        return header.chainGiven;
    }

    // -------------------------------------------------------------------------------------------------- changes

    function _queue(Order calldata order, bytes32 orderHash) private {
        uint64 readyAt = uint64(block.timestamp) + VETO_PERIOD;
        _queued[order.lien.number] = QueuedOrder({orderHash: orderHash, readyAt: readyAt});
        emit OrderQueued(order.lien.number, order.counter, orderHash, order, readyAt);
    }

    function _veto(uint256 number, uint8 by) private {
        bytes32 orderHash = _queued[number].orderHash;
        if (orderHash == 0) revert OrderNotQueued(number, orderHash);
        uint8 vetoes = _vetoes[orderHash];
        if (vetoes & by != 0) revert AlreadyVetoed(number, orderHash);

        _vetoes[orderHash] = vetoes | by;
        delete _queued[number];
        uint64 from = uint64(block.timestamp) + VETO_PERIOD;
        provableFrom[number] = from;

        emit OrderVetoed(number, orderHash, msg.sender, from);
    }

    /// @dev The counter moves on, whatever the order was.
    function _end(Order calldata order, bytes32 orderHash) private {
        uint256 number = order.lien.number;
        _liens[number].counter = order.counter;
        _executed[number][order.counter] = orderHash;
        delete _queued[number];
    }

    function _carryOut(Order calldata order, bytes32 orderHash, bool chainGiven) private {
        uint256 number = order.lien.number;
        address token = _terms[number].token;
        uint128 amount = _liens[number].amount;
        uint128 paid = order.units < amount ? order.units : amount;
        if (paid != order.units && order.kind == OrderKind.Swap) revert LienTooSmall(number, amount, order.units);

        _end(order, orderHash);
        _liens[number].amount = amount - paid;
        _tokens[token].total -= paid;
        emit OrderExecuted(number, order.counter, orderHash, order, paid, chainGiven);

        if (order.kind == OrderKind.Swap) {
            address tokenOut = _creditSwap(order);
            _pull(tokenOut, msg.sender, order.minOut);
            IERC20(token).safeTransfer(msg.sender, order.units);
        } else {
            _pay(token, order.to, paid);
        }
    }

    function _creditSwap(Order calldata order) private returns (address tokenOut) {
        LienTerms storage terms = _terms[order.lien.number];
        LienTerms storage out = _terms[order.lienOut];
        tokenOut = out.token;
        if (
            tokenOut == terms.token || out.hubChainId != terms.hubChainId || out.hub != terms.hub
                || out.account != terms.account
        ) revert SwapLienMismatch(order.lien.number, order.lienOut);

        _credit(order.lienOut, tokenOut, order.minOut, msg.sender);
    }

    function _credit(uint256 number, address token, uint128 amount, address payer) private {
        _liens[number].amount += amount;
        _tokens[token].total += amount;
        emit LienAdded(number, amount, payer);
    }

    function _limitAtOnceDown(address token) private view returns (uint256) {
        Token storage listed = _tokens[token];
        uint256 base = listed.total < listed.rateBase ? listed.total : listed.rateBase;
        return base * SHARE_AT_ONCE / WAD;
    }

    /// @dev Whether `units` may leave at once, and if so counts them.
    function _consume(address token, uint256 units) private returns (bool) {
        RateLimiter.SlidingWindow storage window = _atOnce[token];
        window.updateSettings(WINDOW, _limitAtOnceDown(token).toUint208());
        return window.tryConsume(0, units);
    }

    /// @dev Takes tokens of the caller, or of an owner who allowed it to the caller, and all of them must arrive.
    function _pull(address token, address from, uint256 amount) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(from, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert TransferShort(token, received, amount);
    }

    function _pay(address token, address to, uint256 amount) private {
        if (IERC20(token).trySafeTransfer(to, amount)) return;
        claimable[token][to] += amount;
        emit PaymentKept(token, to, amount);
    }
}
