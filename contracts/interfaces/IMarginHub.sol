// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LienId, LienSwapMandate, LienTerms, Order, OrderKind} from "../types/Lien.sol";
import {IHeaderSource} from "./IHeaderSource.sol";

/// @title Liens on other chains as security for accounts of this one
interface IMarginHub {
    /// @dev A chain that liens are on.
    /// @param source of its headers
    /// @param generation counts changes of the source: observations under an earlier one do not hold back later ones
    /// @param finalityLag age in seconds at which a block of it is final
    /// @param expectedDelay seconds from a seizure order to its payment, for which the bonus pays
    /// @param valueCap most value of this chain's liens that is counted in all, scaled by 1e18
    struct SourceChain {
        IHeaderSource source;
        uint64 generation;
        uint32 finalityLag;
        uint32 expectedDelay;
        uint256 valueCap;
    }

    /// @dev A token on another chain and the asset of this one whose price and factors it has.
    /// @param cap most units counted in all
    /// @param growthPerDay most units by which the count may rise in 24 h under attested headers
    /// @param maxPrice price that maintenance uses while there is none, scaled by 1e18
    /// @param total units counted now, those that swaps under way give, and those promised to them
    struct RemoteToken {
        uint256 chainId;
        address collateralVault;
        address token;
        address asset;
        uint8 decimals;
        uint128 cap;
        uint128 growthPerDay;
        uint128 maxPrice;
        uint128 total;
    }

    /// @dev What is known of a lien.
    /// @param account whose security it is
    /// @param remoteKey its token's listing
    /// @param number of the lien in its vault
    /// @param proven units at the last proof
    /// @param counted units that serve initial and maintenance, and can be seized
    /// @param disputed units that an attested proof misses without an order of this hub: they serve maintenance alone, for a day
    /// @param pending units of orders that have not ended
    /// @param observedNumber block of the last proof
    /// @param observedAt its time, in seconds of its chain
    /// @param generation of the chain's source at the last proof
    /// @param disputedAt since when units are missed; 0 where none are
    /// @param endedCounter orders up to here have ended
    /// @param lastCounter of the last order requested
    /// @param swapCounter of the swap under way; 0 where there is none
    /// @param incoming swaps under way into this lien
    /// @param attached whether it stands in the account's list
    struct RemoteLien {
        bytes32 account;
        bytes32 remoteKey;
        uint256 number;
        uint128 proven;
        uint128 counted;
        uint128 disputed;
        uint128 pending;
        uint64 observedNumber;
        uint64 observedAt;
        uint64 generation;
        uint64 disputedAt;
        uint64 endedCounter;
        uint64 lastCounter;
        uint64 swapCounter;
        uint8 incoming;
        bool attached;
    }

    /// @dev An order, as long as it matters here.
    /// @param ended carried out, or known never to be
    /// @param issueAfter time from which it may be issued: this chain's finality after the request
    struct PendingOrder {
        OrderKind kind;
        bool ended;
        uint64 deadline;
        uint64 issueAfter;
        uint128 units;
        uint128 minOut;
        address to;
        bytes32 lienOutKey;
    }

    /// @dev The proof of a lien's state.
    /// @param locator names the header, in the form of the chain's header source
    /// @param accountProof of the collateral vault in the state trie
    /// @param stateProof of the lien's state slot in the vault's storage trie
    /// @param outStateProof the same of the lien that a swap which this proof ends was to fill; empty otherwise
    struct LienProof {
        bytes locator;
        bytes[] accountProof;
        bytes[] stateProof;
        bytes[] outStateProof;
    }

    /// @dev What an account's liens are worth, scaled by 1e18.
    /// @param initial counts towards borrowing and withdrawing
    /// @param maintenance counts towards health
    /// @param past what `maintenance` would be with the factors of 24 hours ago
    /// @param value at prices of now less the finality haircut; 0 for what has no price
    struct Capacity {
        uint256 initial;
        uint256 maintenance;
        uint256 past;
        uint256 value;
    }

    /// @dev What a liquidation may take of a lien, and what that takes from health.
    /// @param asset whose price counts for the lien
    /// @param units that may be seized; 0 where there is no price
    /// @param price of one whole token, scaled by 1e18
    /// @param unit token units of one whole token
    /// @param threshold LT (1 - finality haircut), scaled by 1e18
    /// @param bonus largest bonus with the part for the delay, scaled by 1e18
    struct SeizureQuote {
        bytes32 account;
        address asset;
        uint256 units;
        uint256 price;
        uint256 unit;
        uint256 threshold;
        uint256 bonus;
    }

    event HeaderSourceSet(uint256 indexed chainId, IHeaderSource source, uint64 generation);
    event SourceChainSet(uint256 indexed chainId, uint32 finalityLag, uint32 expectedDelay, uint256 valueCap);
    event RemoteListed(bytes32 indexed remoteKey, RemoteToken remote);
    event LienAttached(bytes32 indexed lienKey, bytes32 indexed account, LienId id, LienTerms terms);
    event LienDetached(bytes32 indexed lienKey, bytes32 indexed account);
    event LienObserved(
        bytes32 indexed lienKey,
        bytes32 indexed account,
        uint64 number,
        uint64 observedAt,
        uint128 proven,
        uint128 counted,
        uint128 disputed
    );
    event OrderRequested(bytes32 indexed lienKey, uint64 indexed counter, Order order, uint64 issueAfter);
    /// @notice The order's hash now stands where the other chain can prove it.
    event OrderIssued(bytes32 indexed lienKey, uint64 indexed counter, bytes32 orderHash);
    event OrderEnded(bytes32 indexed lienKey, uint64 indexed counter, bool lapsed);
    event LienSwapMandateSet(bytes32 indexed lienKey, bytes32 indexed account, LienSwapMandate mandate);
    /// @notice Somebody asked for a swap inside its owner's mandate.
    /// @param healthAfter health once the swap is carried out, at prices of now
    event LienSwapRequested(
        bytes32 indexed lienKey,
        uint64 indexed counter,
        bytes32 indexed account,
        address caller,
        uint128 units,
        uint128 minOut,
        uint256 healthBefore,
        uint256 healthAfter
    );

    error SourceChainUnknown(uint256 chainId);
    error SourceChainInvalid(uint256 chainId, uint32 finalityLag, uint32 expectedDelay);
    error HeaderSourceZero(uint256 chainId);
    error RemoteUnknown(bytes32 remoteKey);
    error RemoteFixed(bytes32 remoteKey, address asset, uint8 decimals);
    error RemoteDecimalsTooLarge(address token, uint8 given, uint8 limit);
    error RemoteListFull(uint256 chainId, uint256 limit);
    error NotAccountOwner(bytes32 account, address caller);
    error NotMarginVault(address caller);
    error LienForOtherHub(uint256 hubChainId, address hub);
    error LienTermsNotStored(bytes32 given, bytes32 stored);
    error LienUnknown(bytes32 lienKey);
    error LienNotAttached(bytes32 lienKey);
    error LienInUse(bytes32 lienKey, uint256 counted, uint256 pending);
    error LienListFull(bytes32 account, uint256 limit);
    error HeaderNotFinal(uint256 chainId, uint64 timestamp, uint256 finalFrom);
    error HeaderOlder(bytes32 lienKey, uint64 given, uint64 observed);
    error AmountZero();
    error ReceiverZero();
    error LienTooSmall(bytes32 lienKey, uint256 available, uint256 units);
    error TooManyPendingOrders(bytes32 lienKey, uint256 pending, uint256 limit);
    error OrderUnknown(bytes32 lienKey, uint64 counter);
    error OrderAlreadyIssued(bytes32 lienKey, uint64 counter);
    error OrderNotFinalHere(bytes32 lienKey, uint64 counter, uint64 issueAfter);
    error SwapUnderWay(bytes32 lienKey, uint64 counter, uint8 incoming);
    error SwapLienMismatch(bytes32 lienKey, bytes32 lienOutKey);
    error SwapDeadlineInvalid(uint64 deadline, uint256 earliest, uint256 latest);
    error SwapLosesTooMuch(bytes32 lienKey, uint256 valueOut, uint256 least);
    error SwapCapExceeded(bytes32 remoteKey, uint256 total, uint256 cap);
    error PriceMissing(address asset);
    error LienSwapNotOptedIn(bytes32 lienKey);
    error LienSwapTooSmall(bytes32 lienKey, uint256 units, uint256 least);
    error LienSwapBudgetExhausted(bytes32 lienKey, uint256 units, uint256 available);
    /// @notice What is brought counts too little beside what is given; `number` names which of the numbers ("maintenance", "initial", "past").
    error LienSwapRestoresNothing(bytes32 lienKey, bytes32 number, uint256 given, uint256 brought);
    /// @notice One unit less would pass the target as well.
    error LienSwapTooLarge(bytes32 lienKey, uint256 healthAfter, uint256 targetHealth);

    /// @notice Names the source of a chain's headers, and opens a new generation. Restricted to the admin.
    function setHeaderSource(uint256 chainId, IHeaderSource source) external;

    /// @notice Sets finality, expected delay and cap of a chain. Restricted to the risk admin.
    function setSourceChain(uint256 chainId, uint32 finalityLag, uint32 expectedDelay, uint256 valueCap) external;

    /// @notice Lists a token of another chain, or changes cap, growth and highest price of a listed one. Restricted to the risk admin.
    function listRemote(
        uint256 chainId,
        address collateralVault,
        address token,
        address asset,
        uint8 decimals,
        uint128 cap,
        uint128 growthPerDay,
        uint128 maxPrice
    ) external;

    /// @notice Proves terms and state of a lien, and puts it in its account's list. Account's owner only.
    function countLien(
        LienId calldata id,
        LienTerms calldata terms,
        bytes[] calldata termsProof,
        LienProof calldata proof
    ) external returns (bytes32 lienKey);

    /// @notice Proves the state of a known lien anew. Anyone may call.
    function refreshLien(bytes32 lienKey, LienProof calldata proof) external;

    /// @notice Takes a lien of which nothing is counted or pending off the account's list. Account's owner only.
    function detachLien(bytes32 lienKey) external;

    /// @notice Asks for units of a lien to be paid out on its chain. Account's owner only; ends inside the initial requirement.
    /// @param leaf attested requirement for the vault; may be empty
    function requestRelease(bytes32 lienKey, uint128 units, address to, bytes calldata leaf)
        external
        returns (uint64 counter);

    /// @notice Offers units of a lien for at least `minOut` units into another lien of the account on the same chain. Until it has ended they
    /// count as the lesser of both. Account's owner only; ends inside the initial requirement.
    function requestSwap(
        bytes32 lienKey,
        uint128 units,
        bytes32 lienOutKey,
        uint128 minOut,
        uint64 deadline,
        bytes calldata leaf
    ) external returns (uint64 counter);

    /// @notice Allows anyone to swap units of a lien when the account's health is low; a trigger of zero takes it back. Account's owner only.
    function setLienSwapMandate(bytes32 lienKey, LienSwapMandate calldata mandate) external;

    /// @notice Asks for a swap inside the lien's mandate, at the price that the mandate sets. Anyone may call when health is under the trigger and no
    /// order of the lien waits.
    function requestSwapByMandate(bytes32 lienKey, uint128 units) external returns (uint64 counter);

    /// @notice Seizes units of a lien for a recipient. `MarginVault` only.
    function orderSeizure(bytes32 lienKey, uint128 units, address recipient) external returns (uint64 counter);

    /// @notice Stores a requested order where the other chain can prove it, once the request is final here. Anyone may call.
    function issueOrder(bytes32 lienKey, uint64 counter) external;

    /// @notice What the account's liens count for now.
    function capacityOf(bytes32 account) external view returns (Capacity memory);
    function quoteSeizure(bytes32 lienKey) external view returns (SeizureQuote memory);
    /// @notice Keys of the liens in the account's list.
    function liensOf(bytes32 account) external view returns (bytes32[] memory);
    function lienOf(bytes32 lienKey) external view returns (RemoteLien memory);
    function pendingOf(bytes32 lienKey, uint64 counter) external view returns (PendingOrder memory);
    /// @notice The whole order as it is hashed and as the other chain takes it.
    function orderOf(bytes32 lienKey, uint64 counter) external view returns (Order memory);
    /// @notice Hash of the issued order; zero where it is not issued.
    function orderHashOf(bytes32 lienKey, uint64 counter) external view returns (bytes32);
    function lienSwapMandateOf(bytes32 lienKey) external view returns (LienSwapMandate memory);
    /// @notice What is left of a swap mandate's cap now, in units of the lien.
    function lienSwapAvailable(bytes32 lienKey) external view returns (uint256);
    function sourceChainOf(uint256 chainId) external view returns (SourceChain memory);
    function remoteOf(bytes32 remoteKey) external view returns (RemoteToken memory);
    function remoteKeyOf(uint256 chainId, address collateralVault, address token) external pure returns (bytes32);
    /// @notice Haircut of an observation of `age` seconds at a volatility, scaled by 1e18.
    function haircut(uint256 volatility, uint256 age) external pure returns (uint256);
}
