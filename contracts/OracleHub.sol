// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IOracleHub} from "./interfaces/IOracleHub.sol";
import {FeedReader} from "./libraries/FeedReader.sol";
import {FeedSetCheck} from "./libraries/FeedSetCheck.sol";
import {MedianPrice} from "./libraries/MedianPrice.sol";

/// @title Prices of collateral, or a named reason why there is none
/// @dev SPECIFICATION
///
/// Feed. A feed's price = answer x 10^(18 - its decimals), rounded down where it has more than 18: units of account for one whole token,
/// scaled by 1e18. It is usable only where all of this holds, asked in this order; the first that fails is the reason:
///   1. the feed answers, with five well-formed words                 FeedReverted
///   2. answer > 0                                                    NotPositive
///   3. updatedAt <= now                                              FromFuture
///   4. now - updatedAt <= maxAge                                     Stale
///   5. minPrice < price < maxPrice: an answer *at* a bound is the clamp of an aggregator, not a price    OutOfBounds
///
/// Price of an asset, in this order:
///   1. the asset has feeds                                           UnknownAsset
///   2. the sequencer, where the chain has one, says it is up         SequencerDown
///   3. and has been for longer than `gracePeriod`                    SequencerGrace
///   4. at least two of the three feeds are usable                    TooFewFeeds
///   5. three usable: the middle one is the price, and another is within d of it, relative to the middle;
///      two usable: they are within d of each other, relative to the smaller, and the price is their midpoint, rounded down    Divided
/// A sequencer feed follows Chainlink's convention: answer 0 = up, startedAt = when that changed. One that does not answer, or has no
/// start yet, counts as down. Nothing is remembered: there is no last good price to fall back on.
///
/// Fallback. One feed per asset is approved in advance. The guardian may put it in the place of any one of the three, once; it can choose
/// nothing else and not go back. The fallback is not asked first: a dead one leaves two feeds that must agree, which gives a price between
/// them or none, and none is the safe answer where a feed has to be left in a hurry.
///
/// Repay window. While an asset has no price anyone may mark it. Marks at most `repayWindow` apart belong to one outage; where they span at
/// least `outageMinimum`, liquidation is withheld until `repayWindow` after the last mark, so that owners who could only repay blindly see a
/// price first. A mark while there is a price is refused, so nobody stretches the window past `repayWindow` after the last second
/// without a price. An outage that nobody marks twice has no window.
///
/// Limits: deviation up to 10 %; gracePeriod and repayWindow up to 6 hours; 0 < outageMinimum <= repayWindow. A feed gets `FEED_GAS`, at
/// most; prices are under 2^96 (7.9e10 units of account for one token).
///
/// Assumptions. At most one of three feeds lies at a time; two that lie together within d are believed. Distinct addresses are checked here,
/// independent sources are for the risk admin to choose. maxAge must exceed a feed's own heartbeat: a feed that goes stale a little every
/// hour makes an outage every hour, and where two do so together liquidation would never leave the repay window.
///
/// Roles. `setFeeds`, `restoreFeed`, `setSequencerFeed`, `setTiming`: risk admin. `useFallback`: guardian. `markOutage` and reading: anyone.
contract OracleHub is IOracleHub, AccessManaged {
    using MedianPrice for MedianPrice.Answers;

    /// @dev Six slots, of which a price reads four: the feeds, one each, and the bounds.
    struct Config {
        Feed[3] feeds;
        uint96 minPrice;
        uint96 maxPrice;
        uint64 deviation;
        Feed waiting;
        uint8 replaced; // 1 + the index of the feed that the fallback replaces; 0 while it waits
    }

    /// @dev What one look at all feeds gave.
    struct Survey {
        PriceStatus status;
        uint64 updatedAt;
        uint80 roundId;
        uint64 deviation;
        uint256 sequencerSince;
        MedianPrice.Answers answers;
    }

    uint256 private constant FEEDS = 3;
    uint256 private constant MAX_GRACE_PERIOD = 6 hours;
    uint256 private constant MAX_REPAY_WINDOW = 6 hours;

    /// @inheritdoc IOracleHub
    address public sequencerFeed;
    /// @inheritdoc IOracleHub
    uint32 public gracePeriod;
    /// @inheritdoc IOracleHub
    uint32 public outageMinimum;
    /// @inheritdoc IOracleHub
    uint32 public repayWindow;

    mapping(address asset => Config config) private _configs;
    mapping(address asset => Outage outage) private _outages;

    constructor(address authority_) AccessManaged(authority_) {
        _setTiming(1 hours, 15 minutes, 1 hours);
    }

    // ------------------------------------------------------------------------------------------------ governance

    /// @inheritdoc IOracleHub
    function setFeeds(address asset, FeedSet calldata set) external restricted {
        FeedSetCheck.requireValid(asset, set);

        Config storage config = _configs[asset];
        for (uint256 i = 0; i < FEEDS; ++i) {
            config.feeds[i] = set.feeds[i];
        }
        config.minPrice = set.minPrice;
        config.maxPrice = set.maxPrice;
        config.deviation = set.deviation;
        config.waiting = set.fallbackFeed;
        config.replaced = 0;

        emit FeedsSet(asset, set);
    }

    /// @inheritdoc IOracleHub
    function useFallback(address asset, uint256 index) external restricted {
        if (index >= FEEDS) revert FeedIndexOutOfRange(index, FEEDS);
        Config storage config = _configs[asset];
        if (config.waiting.aggregator == address(0)) revert FallbackAbsent(asset);
        if (config.replaced != 0) revert FallbackInUse(asset, config.replaced - 1);

        (address replaced, address fallbackFeed) = _exchange(config, index);
        // casting to 'uint8' is safe because the index is under three
        // forge-lint: disable-next-line(unsafe-typecast)
        config.replaced = uint8(index + 1);

        emit FallbackUsed(asset, index, replaced, fallbackFeed);
    }

    /// @inheritdoc IOracleHub
    function restoreFeed(address asset) external restricted {
        Config storage config = _configs[asset];
        if (config.replaced == 0) revert FallbackNotInUse(asset);
        uint256 index = config.replaced - 1;

        (address fallbackFeed, address restored) = _exchange(config, index);
        config.replaced = 0;

        emit FeedRestored(asset, index, restored, fallbackFeed);
    }

    /// @inheritdoc IOracleHub
    function setSequencerFeed(address feed) external restricted {
        if (feed != address(0) && !FeedReader.latestRound(feed).answered) revert SequencerFeedUnusable(feed);

        sequencerFeed = feed;

        emit SequencerFeedSet(feed);
    }

    /// @inheritdoc IOracleHub
    function setTiming(uint32 gracePeriod_, uint32 outageMinimum_, uint32 repayWindow_) external restricted {
        _setTiming(gracePeriod_, outageMinimum_, repayWindow_);
    }

    // ---------------------------------------------------------------------------------------------------- outages

    /// @inheritdoc IOracleHub
    function markOutage(address asset) external {
        PriceStatus status = _survey(asset).status;
        if (status == PriceStatus.Ok || status == PriceStatus.UnknownAsset) revert NoOutage(asset, status);

        Outage memory outage = _outages[asset];
        uint64 currentTime = uint64(block.timestamp);
        if (currentTime - outage.last > repayWindow) outage.since = currentTime;
        outage.last = currentTime;
        _outages[asset] = outage;

        emit OutageMarked(asset, outage.since, currentTime, status);
    }

    // ------------------------------------------------------------------------------------------------------ views

    /// @inheritdoc IOracleHub
    function price(address asset) external view returns (uint256) {
        Survey memory survey = _survey(asset);
        MedianPrice.Answers memory answers = survey.answers;

        if (survey.status == PriceStatus.Ok) return answers.priceDown();
        if (survey.status == PriceStatus.UnknownAsset) revert FeedUnknown(asset);
        if (survey.status == PriceStatus.SequencerDown) revert SequencerDown(survey.sequencerSince);
        if (survey.status == PriceStatus.SequencerGrace) revert SequencerGrace(survey.sequencerSince, gracePeriod);
        if (survey.status == PriceStatus.TooFewFeeds) revert TooFewFeeds(asset, answers.count, MedianPrice.NEEDED);
        revert Divided(asset, answers.lowest, answers.priceDown(), answers.highest, survey.deviation);
    }

    /// @inheritdoc IOracleHub
    function reading(address asset) public view returns (PriceReading memory) {
        Survey memory survey = _survey(asset);
        return PriceReading({
            status: survey.status,
            price: survey.status == PriceStatus.Ok ? survey.answers.priceDown() : 0,
            updatedAt: survey.updatedAt,
            roundId: survey.roundId,
            spread: survey.answers.spreadUp()
        });
    }

    /// @inheritdoc IOracleHub
    function liquidationReading(address asset) external view returns (PriceReading memory now_) {
        now_ = reading(asset);
        if (now_.status == PriceStatus.Ok && _inRepayWindow(asset)) now_.status = PriceStatus.RepayWindow;
    }

    /// @inheritdoc IOracleHub
    function feedReading(address asset, uint256 index) external view returns (PriceReading memory one) {
        if (index > FEEDS) revert FeedIndexOutOfRange(index, FEEDS + 1);
        Config storage config = _configs[asset];
        Feed storage feed = index == FEEDS ? config.waiting : config.feeds[index];
        if (feed.aggregator == address(0)) {
            one.status = PriceStatus.UnknownAsset;
            return one;
        }
        FeedReader.Round memory round;
        (one.status, one.price, round) = FeedReader.look(feed, config.minPrice, config.maxPrice);
        one.updatedAt = round.updatedAt > type(uint64).max ? type(uint64).max : uint64(round.updatedAt);
        one.roundId = round.roundId;
    }

    /// @inheritdoc IOracleHub
    function feedsOf(address asset) external view returns (FeedSet memory) {
        Config memory config = _configs[asset];
        return FeedSet({
            feeds: config.feeds,
            fallbackFeed: config.waiting,
            deviation: config.deviation,
            minPrice: config.minPrice,
            maxPrice: config.maxPrice
        });
    }

    /// @inheritdoc IOracleHub
    function fallbackInUse(address asset) external view returns (bool inUse, uint256 index) {
        uint256 replaced = _configs[asset].replaced;
        if (replaced != 0) (inUse, index) = (true, replaced - 1);
    }

    /// @inheritdoc IOracleHub
    function maxPriceOf(address asset) external view returns (uint256) {
        return _configs[asset].maxPrice;
    }

    /// @inheritdoc IOracleHub
    function outageOf(address asset) external view returns (Outage memory) {
        return _outages[asset];
    }

    // -------------------------------------------------------------------------------------------------- computations

    /// @dev Looks at the sequencer and at every feed, and decides.
    function _survey(address asset) private view returns (Survey memory survey) {
        Config storage config = _configs[asset];
        survey.deviation = config.deviation;
        // A set with feeds has a deviation.
        if (survey.deviation == 0) {
            survey.status = PriceStatus.UnknownAsset;
            return survey;
        }
        (survey.status, survey.sequencerSince) = _sequencer();
        if (survey.status != PriceStatus.Ok) return survey;

        _lookAtAll(config, survey);
        if (survey.answers.count < MedianPrice.NEEDED) {
            survey.status = PriceStatus.TooFewFeeds;
        } else if (!survey.answers.agree(survey.deviation)) {
            survey.status = PriceStatus.Divided;
        }
    }

    function _lookAtAll(Config storage config, Survey memory survey) private view {
        (uint256 minPrice, uint256 maxPrice) = (config.minPrice, config.maxPrice);
        for (uint256 i = 0; i < FEEDS; ++i) {
            (PriceStatus status, uint256 price_, FeedReader.Round memory round) =
                FeedReader.look(config.feeds[i], minPrice, maxPrice);
            if (status != PriceStatus.Ok) continue;

            if (survey.answers.count == 0) survey.roundId = round.roundId;
            if (survey.answers.count == 0 || round.updatedAt < survey.updatedAt) {
                // A usable answer is not from the future, so its time fits as chain time does.
                // forge-lint: disable-next-line(unsafe-typecast)
                survey.updatedAt = uint64(round.updatedAt);
            }
            survey.answers.add(price_);
        }
    }

    /// @dev Whether the sequencer is up for long enough, and since when it is what it is (0 where it does not say).
    function _sequencer() private view returns (PriceStatus, uint256 since) {
        address feed = sequencerFeed;
        if (feed == address(0)) return (PriceStatus.Ok, 0);

        FeedReader.Round memory round = FeedReader.latestRound(feed);
        since = round.startedAt;
        if (!round.answered || round.answer != 0 || since == 0) return (PriceStatus.SequencerDown, since);
        if (since > block.timestamp || block.timestamp - since <= gracePeriod) {
            return (PriceStatus.SequencerGrace, since);
        }
        return (PriceStatus.Ok, since);
    }

    function _inRepayWindow(address asset) private view returns (bool) {
        Outage memory outage = _outages[asset];
        return
            outage.last != 0 && outage.last - outage.since >= outageMinimum
                && block.timestamp - outage.last < repayWindow;
    }

    // ---------------------------------------------------------------------------------------------------- changes

    /// @dev The waiting feed and the one at `index` change places.
    function _exchange(Config storage config, uint256 index) private returns (address leaves, address enters) {
        Feed memory leaving = config.feeds[index];
        Feed memory entering = config.waiting;
        config.feeds[index] = entering;
        config.waiting = leaving;
        return (leaving.aggregator, entering.aggregator);
    }

    function _setTiming(uint32 gracePeriod_, uint32 outageMinimum_, uint32 repayWindow_) private {
        if (gracePeriod_ > MAX_GRACE_PERIOD) revert TimingInvalid("gracePeriod", gracePeriod_, MAX_GRACE_PERIOD);
        if (repayWindow_ > MAX_REPAY_WINDOW) revert TimingInvalid("repayWindow", repayWindow_, MAX_REPAY_WINDOW);
        if (outageMinimum_ == 0 || outageMinimum_ > repayWindow_) {
            revert TimingInvalid("outageMinimum", outageMinimum_, repayWindow_);
        }

        gracePeriod = gracePeriod_;
        outageMinimum = outageMinimum_;
        repayWindow = repayWindow_;

        emit TimingSet(gracePeriod_, outageMinimum_, repayWindow_);
    }
}
