// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

import {IOracleHub} from "../interfaces/IOracleHub.sol";
import {FeedReader} from "./FeedReader.sol";

/// @title Refuses a set of feeds that cannot give a price
library FeedSetCheck {
    uint256 private constant FEEDS = 3;
    /// @dev Past this the scale would not fit; no feed has it.
    uint256 private constant MAX_FEED_DECIMALS = 36;
    uint256 private constant MAX_DEVIATION = 0.1e18;

    /// @notice Reverts with the first rule that the set breaks.
    function requireValid(address asset, IOracleHub.FeedSet calldata set) internal view {
        if (set.minPrice >= set.maxPrice) {
            revert IOracleHub.FeedBoundsInvalid(asset, set.minPrice, set.maxPrice);
        }
        if (set.deviation == 0 || set.deviation > MAX_DEVIATION) {
            revert IOracleHub.DeviationInvalid(asset, set.deviation, MAX_DEVIATION);
        }
        _requireDistinct(asset, set);
        for (uint256 i = 0; i < FEEDS; ++i) {
            _requireUsable(asset, set.feeds[i]);
        }
        if (set.fallbackFeed.aggregator != address(0)) _requireUsable(asset, set.fallbackFeed);
    }

    function _requireDistinct(address asset, IOracleHub.FeedSet calldata set) private pure {
        for (uint256 i = 0; i < FEEDS; ++i) {
            address feed = set.feeds[i].aggregator;
            for (uint256 j = i + 1; j < FEEDS; ++j) {
                if (feed == set.feeds[j].aggregator) revert IOracleHub.FeedDuplicate(asset, feed);
            }
            if (feed == set.fallbackFeed.aggregator) revert IOracleHub.FeedDuplicate(asset, feed);
        }
    }

    /// @dev A wrong address is most often a token, which has decimals() too: the feed must also have a round.
    function _requireUsable(address asset, IOracleHub.Feed calldata feed) private view {
        if (feed.maxAge == 0) revert IOracleHub.FeedMaxAgeZero(asset);
        if (feed.aggregator.code.length == 0 || feed.decimals > MAX_FEED_DECIMALS) {
            revert IOracleHub.FeedUnusable(asset, feed.aggregator);
        }
        try AggregatorV3Interface(feed.aggregator).decimals() returns (uint8 actual) {
            if (actual != feed.decimals) revert IOracleHub.FeedDecimalsMismatch(asset, feed.decimals, actual);
        } catch {
            revert IOracleHub.FeedUnusable(asset, feed.aggregator);
        }
        if (!FeedReader.latestRound(feed.aggregator).answered) {
            revert IOracleHub.FeedUnusable(asset, feed.aggregator);
        }
    }
}
