// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

import {IOptionBook} from "../interfaces/IOptionBook.sol";
import {IOracleHub} from "../interfaces/IOracleHub.sol";

/// @title The price at which options of an expiry are settled: observations, their median, and the fallback's first round
/// @dev The functions are external, for linking: the book's bytecode stays small. Prices are units of account for one whole token, scaled by 1e18; times in seconds.
library ExpiryFixing {
    uint256 internal constant WINDOW = 30 minutes;
    uint256 internal constant SPACING = 2 minutes;
    uint256 internal constant MAX_OBSERVATIONS = 15;
    uint256 internal constant MIN_OBSERVATIONS = 5;
    uint256 internal constant FALLBACK_DELAY = 6 hours;
    uint256 internal constant LATE_DELAY = 24 hours;

    uint256 private constant PRICE_DECIMALS = 18;
    /// @dev A proxy's round id is its phase, then the round of that phase's aggregator in the low 64 bits.
    uint256 private constant PHASE_SHIFT = 64;

    /// @param lastAt when the last price was recorded
    struct Fixing {
        uint40 lastAt;
        uint128[] prices;
    }

    /// @notice Records a price: in the window up to expiry, or late; spaced; up to the limit. Returns how many there are.
    function record(Fixing storage fixing, uint256 price, uint256 expiry) external returns (uint256 count) {
        uint256 currentTime = block.timestamp;
        bool inWindow = currentTime + WINDOW >= expiry && currentTime <= expiry;
        if (!inWindow && currentTime < expiry + LATE_DELAY) {
            revert IOptionBook.ObservationOutsideWindow(currentTime, expiry);
        }
        count = fixing.prices.length;
        if (count == MAX_OBSERVATIONS) revert IOptionBook.ObservationsFull(MAX_OBSERVATIONS);
        uint256 earliest = fixing.lastAt + SPACING;
        if (count != 0 && currentTime < earliest) revert IOptionBook.ObservationTooSoon(currentTime, earliest);

        // casting to 'uint40' is safe because chain time has 31 bits, and 40 last 34,000 years
        // forge-lint: disable-next-line(unsafe-typecast)
        fixing.lastAt = uint40(currentTime);
        fixing.prices.push(_narrow(price));
        ++count;
    }

    /// @notice The median of what was recorded, of an even count the mean of the middle two: neither side of an option is the stricter.
    function medianDown(Fixing storage fixing) external view returns (uint128) {
        uint256 count = fixing.prices.length;
        if (count < MIN_OBSERVATIONS) revert IOptionBook.ObservationsTooFew(count, MIN_OBSERVATIONS);
        uint128[] memory sorted = fixing.prices;
        for (uint256 i = 1; i < count; ++i) {
            uint128 moving = sorted[i];
            uint256 j = i;
            for (; j > 0 && sorted[j - 1] > moving; --j) {
                sorted[j] = sorted[j - 1];
            }
            sorted[j] = moving;
        }
        uint128 upper = sorted[count / 2];
        if (count % 2 == 1) return upper;
        uint128 lower = sorted[count / 2 - 1];
        return lower + (upper - lower) / 2;
    }

    /// @notice The answer of a feed's first round at or after expiry, where the feed proves that it is the first.
    /// @dev The round before it must exist, in the same phase, with a time before expiry. Only rounds of the phase that the feed is in now
    /// count: an aggregator that was replaced may go on answering, and a caller must not choose between the two. The first round of a phase
    /// has nothing before it that can be shown, so it is refused; late observations are then the way to a price.
    function fallbackPriceDown(IOracleHub hub, address asset, uint80 roundId, uint256 expiry)
        external
        view
        returns (uint128)
    {
        IOracleHub.FeedSet memory set = hub.feedsOf(asset);
        IOracleHub.Feed memory approved = _approved(hub, asset, set);
        if (approved.aggregator == address(0)) revert IOptionBook.FallbackMissing(asset);
        AggregatorV3Interface feed = AggregatorV3Interface(approved.aggregator);
        (uint80 latest,,,,) = feed.latestRoundData();
        // The low 64 bits are cut out on purpose.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (uint64(roundId) <= 1 || roundId >> PHASE_SHIFT != latest >> PHASE_SHIFT || roundId > latest) {
            revert IOptionBook.FallbackRoundUnproven(roundId);
        }
        (uint256 previousAt,) = _round(feed, roundId - 1, roundId);
        if (previousAt >= expiry) revert IOptionBook.FallbackRoundNotFirst(roundId, previousAt, expiry);
        (uint256 updatedAt, int256 answer) = _round(feed, roundId, roundId);
        if (updatedAt < expiry) revert IOptionBook.FallbackRoundBeforeExpiry(roundId, updatedAt, expiry);

        if (answer <= 0) revert IOptionBook.FallbackPriceInvalid(roundId, answer);
        // casting to 'uint256' is safe because the answer is positive
        // forge-lint: disable-next-line(unsafe-typecast)
        uint256 price = _scaleDown(uint256(answer), approved.decimals);
        if (price <= set.minPrice || price >= set.maxPrice) {
            revert IOptionBook.FallbackPriceInvalid(roundId, answer);
        }
        return _narrow(price);
    }

    /// @dev A price in the width that storage has; 0 would read as no price.
    function _narrow(uint256 price) private pure returns (uint128) {
        if (price > type(uint128).max) revert IOptionBook.PriceTooLarge(price);
        // casting to 'uint128' is safe because larger prices were refused above
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint128(price);
    }

    /// @dev While the fallback stands in for a feed, what waits in its place is the feed that was found bad.
    function _approved(IOracleHub hub, address asset, IOracleHub.FeedSet memory set)
        private
        view
        returns (IOracleHub.Feed memory)
    {
        (bool inUse, uint256 index) = hub.fallbackInUse(asset);
        return inUse ? set.feeds[index] : set.fallbackFeed;
    }

    /// @dev Time and answer of a round that the feed has; a feed without it reverts or answers an empty one.
    function _round(AggregatorV3Interface feed, uint80 asked, uint80 roundId)
        private
        view
        returns (uint256 updatedAt, int256 answer)
    {
        try feed.getRoundData(asked) returns (uint80 given, int256 answer_, uint256, uint256 updatedAt_, uint80) {
            if (given != asked || updatedAt_ == 0 || updatedAt_ > block.timestamp) {
                revert IOptionBook.FallbackRoundUnproven(roundId);
            }
            return (updatedAt_, answer_);
        } catch {
            revert IOptionBook.FallbackRoundUnproven(roundId);
        }
    }

    /// @dev As in the hub; saturates.
    function _scaleDown(uint256 answer, uint256 feedDecimals) private pure returns (uint256) {
        if (feedDecimals > PRICE_DECIMALS) return answer / 10 ** (feedDecimals - PRICE_DECIMALS);
        uint256 scale = 10 ** (PRICE_DECIMALS - feedDecimals);
        return answer > type(uint256).max / scale ? type(uint256).max : answer * scale;
    }
}
