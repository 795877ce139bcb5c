// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LienTerms, LienTopUpMandate, Order} from "../types/Lien.sol";
import {IHeaderSource} from "./IHeaderSource.sol";

/// @title Tokens locked on this chain as security for an account of another chain
interface ICollateralVault {
    /// @dev The slots that the other chain reads; see `LienCode`.
    /// @param termsHash hash of the terms
    /// @param amount units locked
    /// @param counter orders that have ended here
    struct Lien {
        bytes32 termsHash;
        uint128 amount;
        uint64 counter;
    }

    /// @dev A proved order that waits out the veto period.
    struct QueuedOrder {
        bytes32 orderHash;
        uint64 readyAt;
    }

    /// @param listed whether it may be locked
    /// @param decimals pinned when listed
    /// @param cap most units that may be locked in all
    /// @param rateBase most units of the liened total that the limit at once is reckoned from
    /// @param total units locked now
    struct Token {
        bool listed;
        uint8 decimals;
        uint128 cap;
        uint128 rateBase;
        uint128 total;
    }

    /// @dev The proof that a hub stores an order.
    /// @param locator names the header, in the form of the hub's header source
    /// @param accountProof of the hub in the state trie
    /// @param orderProof of the order's slot in the hub's storage trie
    struct OrderProof {
        bytes locator;
        bytes[] accountProof;
        bytes[] orderProof;
    }

    event TokenSet(address indexed token, uint8 decimals, uint128 cap, uint128 rateBase);
    event HubSet(uint256 indexed hubChainId, address indexed hub, IHeaderSource source);
    event LienLocked(uint256 indexed number, bytes32 indexed account, LienTerms terms, uint128 amount);
    event LienAdded(uint256 indexed number, uint128 amount, address payer);
    /// @notice The next order was carried out; `paid` units left the lien.
    event OrderExecuted(
        uint256 indexed number, uint64 indexed counter, bytes32 orderHash, Order order, uint128 paid, bool chainGiven
    );
    event OrderLapsed(uint256 indexed number, uint64 indexed counter, bytes32 orderHash);
    event OrderQueued(uint256 indexed number, uint64 indexed counter, bytes32 orderHash, Order order, uint64 readyAt);
    /// @notice The order goes back: from now on it takes a header that the hub's chain gives, or one attested at or after
    /// `provableFrom`.
    event OrderVetoed(uint256 indexed number, bytes32 orderHash, address by, uint64 provableFrom);
    /// @notice A payment that the token refused waits for its receiver.
    event PaymentKept(address indexed token, address indexed receiver, uint256 amount);
    event LienTopUpMandateSet(uint256 indexed number, bytes32 indexed account, LienTopUpMandate mandate);
    /// @notice The keeper of a mandate added tokens of the lien's owner. `LienAdded` comes with it.
    /// @param left what the mandate's cap leaves at once now
    event LienToppedUp(
        uint256 indexed number, bytes32 indexed account, address indexed keeper, uint128 amount, uint256 left
    );
    event PaymentClaimed(address indexed token, address indexed receiver, address to, uint256 amount);

    error TokenNotListed(address token);
    error TokenDecimalsMismatch(address token, uint8 given, uint8 actual);
    error TokenDecimalsTooLarge(address token, uint8 given, uint8 limit);
    error TokenCapExceeded(address token, uint256 total, uint256 cap);
    error TransferShort(address token, uint256 received, uint256 expected);
    error HubUnknown(uint256 hubChainId, address hub);
    error HeaderSourceZero(uint256 hubChainId, address hub);
    error AccountWithoutOwner(bytes32 account);
    error AmountZero();
    error LienUnknown(uint256 number);
    error OrderForOtherVault(uint256 chainId, address collateralVault);
    error OrderFromOtherHub(uint256 hubChainId, address hub);
    error OrderOutOfSequence(uint256 number, uint64 given, uint64 expected);
    error OrderNotStored(bytes32 given, bytes32 stored);
    error OrderExpired(uint64 deadline, uint256 currentTime);
    error OrderNotExpired(uint64 deadline, uint256 currentTime);
    error OrderAlreadyQueued(uint256 number, bytes32 orderHash);
    error OrderNotQueued(uint256 number, bytes32 orderHash);
    error QueueNotReady(uint256 number, uint64 readyAt, uint256 currentTime);
    error HeaderBeforeVetoEnds(uint256 number, uint64 knownSince, uint64 provableFrom);
    error AlreadyVetoed(uint256 number, bytes32 orderHash);
    error NotLienOwner(uint256 number, address caller, address owner);
    error LienTooSmall(uint256 number, uint256 amount, uint256 units);
    error SwapLienMismatch(uint256 number, uint256 lienOut);
    error LienTopUpNotOptedIn(uint256 number);
    error KeeperZero(uint256 number);
    error NotLienKeeper(uint256 number, address caller, address keeper);
    error LienTopUpBudgetExhausted(uint256 number, uint256 amount, uint256 available);
    error NothingToClaim(address token, address receiver);

    /// @notice Lists a token, or changes the cap and rate base of a listed one. Restricted to the risk admin.
    function setToken(address token, uint8 decimals, uint128 cap, uint128 rateBase) external;

    /// @notice Lists a hub with the source of its chain's headers, or gives it a new source, which every open lien follows.
    /// Restricted to the admin.
    function setHub(uint256 hubChainId, address hub, IHeaderSource source) external;

    /// @notice Locks tokens of the caller, who becomes the lien's owner, for any account of a listed hub.
    function lock(address token, uint128 amount, uint256 hubChainId, address hub, bytes32 account)
        external
        returns (uint256 number);

    /// @notice Adds tokens of the caller to a lien. Anyone may call; nothing pauses it.
    function add(uint256 number, uint128 amount) external;

    /// @notice Allows one keeper to add to a lien from its owner's wallet; a cap of zero takes it back. Lien's owner only.
    function setTopUpMandate(uint256 number, LienTopUpMandate calldata mandate) external;

    /// @notice Adds tokens of the lien's owner, by his allowance to this vault, inside his mandate. Its keeper only.
    function topUp(uint256 number, uint128 amount) external;

    /// @notice Carries out the next order of a lien, or queues it where its header is attested and the limit at once does not reach.
    /// Anyone may call; for a swap the caller is who swaps.
    /// @return executed false where the order was queued
    function execute(Order calldata order, OrderProof calldata proof) external returns (bool executed);

    /// @notice Ends the next order without effect once its deadline has passed, so that the ones after it can be carried out. Under an
    /// attested header it is queued first.
    function lapse(Order calldata order, OrderProof calldata proof) external returns (bool ended);

    /// @notice Carries out a queued order after the veto period, or ends it where its deadline has passed.
    function executeQueued(Order calldata order) external;

    /// @notice Sends a queued order back. Lien's owner only, once for each order.
    function veto(uint256 number) external;

    /// @notice The same by the guardian, once for each order. Restricted to the guardian.
    function vetoByGuardian(uint256 number) external;

    /// @notice Pays out what a token refused to pay to the caller earlier.
    function claim(address token, address to) external returns (uint256 amount);

    function lienCount() external view returns (uint256);
    function lienOf(uint256 number) external view returns (Lien memory);
    function termsOf(uint256 number) external view returns (LienTerms memory);
    function queuedOf(uint256 number) external view returns (QueuedOrder memory);
    /// @notice Hash of the order that was carried out or ended at a counter.
    function executedHash(uint256 number, uint64 counter) external view returns (bytes32);
    /// @notice Since when a header must be known to prove an order of the lien, if it is attested; 0 without a veto.
    function provableFrom(uint256 number) external view returns (uint64);
    function topUpMandateOf(uint256 number) external view returns (LienTopUpMandate memory);
    /// @notice What is left of a top-up mandate's cap now, in token units.
    function topUpAvailable(uint256 number) external view returns (uint256);
    function tokenOf(address token) external view returns (Token memory);
    /// @notice Units of a token that may leave at once now under attested headers.
    function availableAtOnce(address token) external view returns (uint256);
    function sourceOf(uint256 hubChainId, address hub) external view returns (IHeaderSource);
    function claimable(address token, address receiver) external view returns (uint256);
}
