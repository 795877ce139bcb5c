// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Prices of collateral in the unit of account, or a named reason why there is none
interface IOracleHub {
    /// @dev Why an asset or one of its feeds has, or has not, a usable price. `Ok` is the only one to act on.
    ///   of a feed     FeedReverted, NotPositive, Stale, FromFuture, OutOfBounds
    ///   of an asset   UnknownAsset, TooFewFeeds, Divided, SequencerDown, SequencerGrace
    ///   of an asset, for liquidation alone   RepayWindow: there is a price, but liquidation waits
    enum PriceStatus {
        Ok,
        UnknownAsset,
        FeedReverted,
        NotPositive,
        Stale,
        FromFuture,
        OutOfBounds,
        TooFewFeeds,
        Divided,
        SequencerDown,
        SequencerGrace,
        RepayWindow
    }

    /// @param aggregator a Chainlink AggregatorV3Interface
    /// @param decimals decimals of the feed, pinned when it is set and checked against the feed then
    /// @param maxAge seconds after which an answer is stale
    struct Feed {
        address aggregator;
        uint8 decimals;
        uint32 maxAge;
    }

    /// @param feeds three distinct feeds
    /// @param fallbackFeed approved in advance to replace any one of them; aggregator 0 where there is none
    /// @param deviation how far apart two feeds may be and still agree, as a fraction scaled by 1e18
    /// @param minPrice smallest believable price, scaled by 1e18; an answer at or under it is no price
    /// @param maxPrice largest believable price, scaled by 1e18; an answer at or over it is no price
    struct FeedSet {
        Feed[3] feeds;
        Feed fallbackFeed;
        uint64 deviation;
        uint96 minPrice;
        uint96 maxPrice;
    }

    /// @param status whether `price` may be used
    /// @param price of an asset: units of account for one whole token, scaled by 1e18, and zero where it has no price. Of a single
    /// feed: what it says, even where that may not be used
    /// @param updatedAt chain time of the oldest answer used, in seconds
    /// @param roundId round of the first usable feed
    /// @param spread (highest - lowest) / lowest of the usable answers, scaled by 1e18, rounded up, saturating
    struct PriceReading {
        PriceStatus status;
        uint256 price;
        uint64 updatedAt;
        uint80 roundId;
        uint64 spread;
    }

    /// @dev Times without a price that somebody marked.
    /// @param since first mark of the outage, in seconds; 0 where there never was one
    /// @param last latest mark of the outage, in seconds
    struct Outage {
        uint64 since;
        uint64 last;
    }

    event FeedsSet(address indexed asset, FeedSet set);
    event FallbackUsed(address indexed asset, uint256 index, address replaced, address fallbackFeed);
    event FeedRestored(address indexed asset, uint256 index, address restored, address fallbackFeed);
    event SequencerFeedSet(address feed);
    event TimingSet(uint32 gracePeriod, uint32 outageMinimum, uint32 repayWindow);
    event OutageMarked(address indexed asset, uint64 since, uint64 last, PriceStatus status);

    error FeedUnknown(address asset);
    error FeedUnusable(address asset, address feed);
    error FeedDecimalsMismatch(address asset, uint8 configured, uint8 actual);
    error FeedMaxAgeZero(address asset);
    error FeedDuplicate(address asset, address feed);
    error FeedBoundsInvalid(address asset, uint256 minPrice, uint256 maxPrice);
    error FeedIndexOutOfRange(uint256 index, uint256 count);
    error DeviationInvalid(address asset, uint256 deviation, uint256 limit);
    error FallbackAbsent(address asset);
    error FallbackInUse(address asset, uint256 index);
    error FallbackNotInUse(address asset);
    error SequencerFeedUnusable(address feed);
    error TimingInvalid(bytes32 field, uint256 value, uint256 limit);
    error NoOutage(address asset, PriceStatus status);
    error GasTooLow(uint256 left, uint256 needed);

    error TooFewFeeds(address asset, uint256 usable, uint256 needed);
    error Divided(address asset, uint256 lowest, uint256 middle, uint256 highest, uint256 deviation);
    error SequencerDown(uint256 since);
    error SequencerGrace(uint256 upSince, uint256 gracePeriod);

    /// @notice Sets the feeds of an asset, and takes a fallback in use out of use. Restricted to the risk admin.
    function setFeeds(address asset, FeedSet calldata set) external;

    /// @notice Puts the pre-approved fallback in the place of feed `index` (0 to 2). Restricted to the guardian.
    function useFallback(address asset, uint256 index) external;

    /// @notice Puts the feed back that the fallback replaced. Restricted to the risk admin.
    function restoreFeed(address asset) external;

    /// @notice Sets the sequencer-uptime feed; 0 on a chain without a sequencer. Restricted to the risk admin.
    function setSequencerFeed(address feed) external;

    /// @notice Sets the times, in seconds, each within its limit. Restricted to the risk admin.
    /// @param gracePeriod_ without prices after the sequencer came back
    /// @param outageMinimum_ that the marks of an outage must span for a repay window to follow
    /// @param repayWindow_ without liquidation after the last mark of an outage; also the longest gap inside one outage
    function setTiming(uint32 gracePeriod_, uint32 outageMinimum_, uint32 repayWindow_) external;

    /// @notice Records that an asset has no price now. Anyone may call; refused, with the status, while it has one.
    function markOutage(address asset) external;

    /// @notice The price of one whole token, scaled by 1e18. Reverts with the reason where there is none.
    function price(address asset) external view returns (uint256);

    /// @notice The same without a revert, for those who must know why. Only a caller that leaves a feed too little gas meets one.
    function reading(address asset) external view returns (PriceReading memory);

    /// @notice The same for liquidation: `RepayWindow`, with the price filled in, for a while after an outage.
    function liquidationReading(address asset) external view returns (PriceReading memory);

    /// @notice One feed by itself: 0 to 2 are those in force, 3 is the one that waits (the fallback, or while that is in use the feed it
    /// replaced). `UnknownAsset` where there is no such feed.
    function feedReading(address asset, uint256 index) external view returns (PriceReading memory);

    /// @notice The feeds in force; `fallbackFeed` is the one that waits. All zero where the asset has none.
    function feedsOf(address asset) external view returns (FeedSet memory);

    /// @notice Whether the fallback is in use, and in the place of which feed.
    function fallbackInUse(address asset) external view returns (bool inUse, uint256 index);

    /// @notice The upper price bound of an asset, scaled by 1e18; 0 where it is unknown.
    function maxPriceOf(address asset) external view returns (uint256);

    function outageOf(address asset) external view returns (Outage memory);
    function sequencerFeed() external view returns (address);
    function gracePeriod() external view returns (uint32);
    function outageMinimum() external view returns (uint32);
    function repayWindow() external view returns (uint32);
}
