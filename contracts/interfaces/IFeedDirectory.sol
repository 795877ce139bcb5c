// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title The part of the oracle hub that names the feed approved in advance as a fallback
interface IFeedDirectory {
    struct Feed {
        address aggregator;
        uint8 decimals;
        uint32 maxAge;
    }

    struct FeedSet {
        Feed[3] feeds;
        Feed fallbackFeed;
        uint64 deviation;
        uint96 minPrice;
        uint96 maxPrice;
    }

    /// @notice The feeds in force; `fallbackFeed` is the one that waits: the fallback, or the feed that it replaced.
    function feedsOf(address asset) external view returns (FeedSet memory);

    /// @notice Whether the fallback is in use, and in the place of which feed.
    function fallbackInUse(address asset) external view returns (bool inUse, uint256 index);
}
