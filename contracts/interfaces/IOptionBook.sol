// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title European, cash-settled options between accounts of the vault
/// @dev Amounts, strikes, prices, requirements: scaled by 1e18 unless said; premiums and claims: stable units. A requirement is in units of
/// account and rounds up. `series` and the words of legs are laid out in `libraries/PackedLeg.sol`.
interface IOptionBook {
    /// @dev An asset that options are written on.
    /// @param lot least size of a leg that a trade leaves, in contracts
    /// @param strikeTick strikes are whole multiples of it
    struct Underlying {
        address asset;
        uint96 lot;
        uint96 strikeTick;
    }

    /// @dev What a maker signs (EIP-712).
    /// @param makerAccount the account that trades; its owner signs
    /// @param size contracts, filled in parts
    /// @param makerBuys whether the maker is the holder
    /// @param price stable units for one whole contract
    /// @param takerAccount the only account that may take it, or zero for anyone
    /// @param nonce fills of one owner's nonce add up, over whatever offers carry it
    /// @param deadline last chain time at which it may be taken
    struct Offer {
        bytes32 makerAccount;
        address underlying;
        bool isCall;
        uint96 strike;
        uint40 expiry;
        uint96 size;
        bool makerBuys;
        uint128 price;
        bytes32 takerAccount;
        uint256 nonce;
        uint64 deadline;
    }

    /// @dev How a taker takes it.
    /// @param size contracts
    /// @param takerReduces the taker's leg only shrinks, and rule 8 ("improves it") is asked instead of the initial requirement
    /// @param makerReduces likewise for the maker
    /// @param takerLeaf attested requirement of the taker, or empty
    /// @param makerLeaf attested requirement of the maker, or empty
    struct Fill {
        bytes32 takerAccount;
        uint96 size;
        bool takerReduces;
        bool makerReduces;
        bytes takerLeaf;
        bytes makerLeaf;
    }

    /// @dev All options of one underlying and expiry, settled together.
    /// @param price final price, or 0 before there is one
    /// @param accounts accounts that still hold legs of it
    /// @param haircut part of every claim that is not paid, fixed when the pool closes
    /// @param closed whether everyone is settled and claims are paid
    /// @param claims gains of the settled, stable units
    struct Pool {
        uint128 price;
        uint32 accounts;
        uint64 haircut;
        bool closed;
        uint256 claims;
    }

    event UnderlyingListed(address indexed asset, uint8 indexed index, uint96 lot, uint96 strikeTick);
    event Traded(
        bytes32 indexed makerAccount,
        bytes32 indexed takerAccount,
        uint160 indexed series,
        int256 makerDelta,
        uint256 premium,
        uint256 nonce
    );
    event OfferCancelled(address indexed owner, uint256 indexed nonce);
    /// @notice The legs of an account changed; one for each change of its nonce.
    event LegsChanged(bytes32 indexed account, uint64 nonce, bytes32 legsHash, uint256 legs);
    event FractionTaken(bytes32 indexed from, bytes32 indexed to, uint256 fraction);
    event ObservationRecorded(address indexed underlying, uint40 indexed expiry, uint256 price, uint256 count);
    event Finalised(address indexed underlying, uint40 indexed expiry, uint256 price, uint80 fallbackRound);
    /// @notice An account was settled: a gain is positive and becomes a claim, a loss is debited, of which `uncovered` was not there.
    event Settled(
        bytes32 indexed account, address indexed underlying, uint40 indexed expiry, int256 net, uint256 uncovered
    );
    event PoolClosed(address indexed underlying, uint40 indexed expiry, uint256 claims, uint256 haircut);
    event Claimed(
        bytes32 indexed account, address indexed underlying, uint40 indexed expiry, uint256 claim, uint256 paid
    );

    error UnderlyingAlreadyListed(address asset);
    error UnderlyingListFull(uint256 limit);
    error UnderlyingUnpriced(address asset);
    error UnderlyingUnknown(address asset);
    error LotZero(address asset);

    error OfferExpired(uint256 deadline, uint256 currentTime);
    error OfferReserved(bytes32 takerAccount, bytes32 reservedFor);
    error OfferOverfilled(address owner, uint256 nonce, uint256 wanted, uint256 available);
    error OfferSignatureInvalid(address owner, bytes32 digest);
    error NotAccountOwner(address caller, bytes32 account);
    error SameAccount(bytes32 account);
    error SizeZero();
    error StrikeInvalid(uint256 strike, uint256 strikeTick);
    error ExpiryPassed(uint256 expiry, uint256 currentTime);
    error ExpiryNotListed(address underlying, uint256 expiry);
    error LegUnderLot(bytes32 account, int256 amount, uint256 lot);
    error LegNotReduced(bytes32 account, int256 before, int256 current);
    error LegLimitReached(bytes32 account, uint256 limit);
    error AmountOutOfRange(bytes32 account, int256 amount);

    error NotVault(address caller);
    error FractionInvalid(uint256 fraction, uint256 limit);

    error ObservationOutsideWindow(uint256 currentTime, uint256 expiry);
    error ObservationTooSoon(uint256 currentTime, uint256 earliest);
    error ObservationsFull(uint256 limit);
    error ObservationsTooFew(uint256 count, uint256 needed);
    error ObservationsSuffice(uint256 count);
    error PriceAlreadyFinal(address underlying, uint256 expiry, uint256 price);
    error PriceNotFinal(address underlying, uint256 expiry);
    error PriceTooLarge(uint256 price);
    error NotExpired(uint256 expiry, uint256 currentTime);
    error FallbackTooEarly(uint256 currentTime, uint256 earliest);
    error FallbackMissing(address underlying);
    error FallbackRoundUnproven(uint80 roundId);
    error FallbackRoundNotFirst(uint80 roundId, uint256 previousUpdatedAt, uint256 expiry);
    error FallbackRoundBeforeExpiry(uint80 roundId, uint256 updatedAt, uint256 expiry);
    error FallbackPriceInvalid(uint80 roundId, int256 answer);

    error LegsAbsent(bytes32 account, address underlying, uint256 expiry);
    error PoolOpen(address underlying, uint256 expiry, uint256 accounts);
    error PoolAlreadyClosed(address underlying, uint256 expiry);
    error ClaimAbsent(bytes32 account, address underlying, uint256 expiry);

    /// @notice Adds an underlying, which the risk oracle and the hub must know. Restricted to the risk admin. At most 8.
    function listUnderlying(address asset, uint96 lot, uint96 strikeTick) external;

    /// @notice Takes a signed offer, or a part of it. The caller owns the taker's account.
    function trade(Offer calldata offer, bytes calldata signature, Fill calldata fill) external;

    /// @notice Voids what is left of the caller's offers with this nonce.
    function cancel(uint256 nonce) external;

    /// @notice Moves a fraction (scaled by 1e18) of every leg to another account, each amount rounded towards zero. Only the vault.
    function takeFraction(bytes32 from, bytes32 to, uint256 fraction) external;

    /// @notice Records the hub's price now, in the last 30 minutes before expiry, or from 24 hours after it while there is no final price.
    function recordObservation(address underlying, uint40 expiry) external;

    /// @notice Makes the median of the recorded prices final: at least 5 of them, after expiry, once.
    function finalise(address underlying, uint40 expiry) external;

    /// @notice From 6 hours after expiry, where there are too few observations: makes the answer of the fallback feed's first round at or
    /// after expiry final. `roundId` is that round; the round before it must have been before expiry.
    function finaliseFromFallback(address underlying, uint40 expiry, uint80 roundId) external;

    /// @notice Settles all legs of an account in a pool that has a final price. Closes the pool with the last account.
    function settle(bytes32 account, address underlying, uint40 expiry) external;

    /// @notice Closes a pool in which no account holds legs any more. Only needed where the last legs met in one account and vanished.
    function close(address underlying, uint40 expiry) external;

    /// @notice Credits an account its claim, less the haircut, once the pool is closed.
    function claim(bytes32 account, address underlying, uint40 expiry) external;

    /// @notice The requirement at maintenance inputs, and what the legs are worth. Pending claims are in neither.
    function maintenance(bytes32 account) external view returns (uint256 requirement, int256 markToMarket);

    /// @notice The maintenance requirement at today's spot and the inputs of 24 hours ago.
    function pastMaintenance(bytes32 account) external view returns (uint256 requirement);

    /// @notice The requirement for new risk; while reports are silent the larger of those at last and at fallback inputs.
    function initialRequirement(bytes32 account) external view returns (uint256 requirement);

    function legCount(bytes32 account) external view returns (uint256);

    /// @notice The legs of an account, packed, in the order that `legsHash` is over.
    function legsOf(bytes32 account) external view returns (uint256[] memory);

    /// @notice What an attested requirement is bound to. `grossNotional` = sum |amount| strike, units of account, rounded up.
    function legState(bytes32 account) external view returns (bytes32 legsHash, uint64 nonce, uint256 grossNotional);

    /// @notice The underlyings of an account's legs that have no final price: those whose price its requirement asks for.
    function underlyingsOf(bytes32 account) external view returns (address[] memory);

    /// @notice Gains settled and not yet credited, before any haircut, stable units.
    function pendingClaims(bytes32 account) external view returns (uint256);

    /// @notice The same for one pool.
    function claimOf(bytes32 account, address underlying, uint40 expiry) external view returns (uint256);

    /// @notice Contracts held long in a series, which is what is written in it. Settlement leaves it as it was at expiry.
    function totalOpenInterest(uint160 series) external view returns (uint256);

    /// @notice How much of an owner's nonce is used up; the largest number where it is cancelled.
    function filled(address owner, uint256 nonce) external view returns (uint256);

    function poolOf(address underlying, uint40 expiry) external view returns (Pool memory);

    /// @notice Recorded prices, in order, and when the last one was recorded.
    function observationsOf(address underlying, uint40 expiry)
        external
        view
        returns (uint128[] memory prices, uint40 lastAt);

    function underlyings() external view returns (Underlying[] memory);

    /// @notice The EIP-712 digest a maker signs.
    function digestOf(Offer calldata offer) external view returns (bytes32);

    /// @notice The series of an option.
    function seriesOf(address underlying, bool isCall, uint96 strike, uint40 expiry) external view returns (uint160);
}
