// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Prices of collateral in the unit of account, or a named reason why there is none
interface IOracleHub {
    /// @dev Why an asset has, or has not, a usable price. `Ok` is the only one to act on.
    enum PriceStatus {
        Ok,
        UnknownAsset,
        FeedReverted,
        NotPositive,
        Stale,
        FromFuture,
        OutOfBounds
    }

    /// @param feed a Chainlink AggregatorV3Interface
    /// @param feedDecimals decimals of the feed, pinned when it is set and checked against the feed then
    /// @param maxAge seconds after which an answer is stale
    /// @param minPrice smallest believable price, scaled by 1e18; an answer at or under it is no price
    /// @param maxPrice largest believable price, scaled by 1e18; an answer at or over it is no price
    struct FeedConfig {
        address feed;
        uint8 feedDecimals;
        uint32 maxAge;
        uint128 minPrice;
        uint128 maxPrice;
    }

    /// @param status whether `price` may be used
    /// @param price units of account for one whole token, scaled by 1e18; what the feed says even where it may not be used
    /// @param updatedAt chain time of the answer, in seconds
    /// @param roundId round of the answer
    struct PriceReading {
        PriceStatus status;
        uint256 price;
        uint64 updatedAt;
        uint80 roundId;
    }

    event FeedSet(address indexed asset, FeedConfig config);

    error FeedUnknown(address asset);
    error FeedUnusable(address asset, address feed);
    error FeedDecimalsMismatch(address asset, uint8 configured, uint8 actual);
    error FeedBoundsInvalid(address asset, uint256 minPrice, uint256 maxPrice);
    error FeedMaxAgeZero(address asset);
    error PriceStale(address asset, uint256 age, uint256 maxAge);
    error PriceNotPositive(address asset, int256 answer);
    error PriceFromFuture(address asset, uint256 updatedAt, uint256 currentTime);
    error PriceOutOfBounds(address asset, uint256 price, uint256 minPrice, uint256 maxPrice);

    /// @notice Sets the feed of an asset. Restricted to the risk admin.
    function setFeed(address asset, FeedConfig calldata config) external;

    /// @notice The price of one whole token, scaled by 1e18. Reverts with the reason where there is none.
    function price(address asset) external view returns (uint256);

    /// @notice The same without a revert, for those who must know why.
    function reading(address asset) external view returns (PriceReading memory);

    /// @notice The configuration of an asset's feed; all zero where it has none.
    function feedOf(address asset) external view returns (FeedConfig memory);
}
