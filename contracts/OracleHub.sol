// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IOracleHub} from "./interfaces/IOracleHub.sol";

/// @title Prices of collateral, or a named reason why there is none
/// @dev SPECIFICATION
///
/// Price. One Chainlink AggregatorV3 feed per asset. price = answer x 10^(18 - feed decimals), rounded down where the feed has
/// more than 18 decimals: units of account for one whole token, scaled by 1e18.
///
/// There is a price only where all of this holds, asked in this order; the first that fails is the reason:
///   1. the asset has a feed                                          UnknownAsset
///   2. the feed answers, with five well-formed words                 FeedReverted
///   3. answer > 0                                                    NotPositive
///   4. updatedAt <= now                                              FromFuture
///   5. now - updatedAt <= maxAge                                     Stale
///   6. minPrice < price < maxPrice: an answer *at* a bound is the clamp of an aggregator, not a price    OutOfBounds
///
/// A feed is asked by a low-level call, so that one which reverts, has no code, or answers malformed words is a status and not a
/// revert of the reader. Nothing is remembered: there is no last good price to fall back on.
///
/// Assumptions. The feed is honest within its bounds and does not burn the caller's gas. A feed that lies inside its bounds and age is
/// believed: one feed is one point of trust (a median of three comes behind the same interface).
///
/// Roles. `setFeed` is restricted (risk admin). Reading is free for all.
contract OracleHub is IOracleHub, AccessManaged {
    /// @dev What one look at a feed gave, before it is narrowed for the caller.
    struct Look {
        PriceStatus status;
        uint80 roundId;
        int256 answer;
        uint256 updatedAt;
        uint256 price;
    }

    uint256 private constant PRICE_DECIMALS = 18;
    /// @dev Past this the scale would not fit; no feed has it.
    uint256 private constant MAX_FEED_DECIMALS = 36;
    /// @dev latestRoundData answers five words.
    uint256 private constant ROUND_DATA_LENGTH = 160;

    mapping(address asset => FeedConfig config) private _feeds;

    constructor(address authority_) AccessManaged(authority_) {}

    /// @inheritdoc IOracleHub
    function setFeed(address asset, FeedConfig calldata config) external restricted {
        if (config.maxAge == 0) revert FeedMaxAgeZero(asset);
        if (config.minPrice >= config.maxPrice) revert FeedBoundsInvalid(asset, config.minPrice, config.maxPrice);
        _requireUsable(asset, config);

        _feeds[asset] = config;

        emit FeedSet(asset, config);
    }

    /// @inheritdoc IOracleHub
    function price(address asset) external view returns (uint256) {
        FeedConfig memory config = _feeds[asset];
        Look memory look = _look(config);

        if (look.status == PriceStatus.Ok) return look.price;
        if (look.status == PriceStatus.UnknownAsset) revert FeedUnknown(asset);
        if (look.status == PriceStatus.FeedReverted) revert FeedUnusable(asset, config.feed);
        if (look.status == PriceStatus.NotPositive) revert PriceNotPositive(asset, look.answer);
        if (look.status == PriceStatus.FromFuture) revert PriceFromFuture(asset, look.updatedAt, block.timestamp);
        if (look.status == PriceStatus.Stale) {
            revert PriceStale(asset, block.timestamp - look.updatedAt, config.maxAge);
        }
        revert PriceOutOfBounds(asset, look.price, config.minPrice, config.maxPrice);
    }

    /// @inheritdoc IOracleHub
    function reading(address asset) external view returns (PriceReading memory) {
        Look memory look = _look(_feeds[asset]);
        return PriceReading({
            status: look.status,
            price: look.price,
            updatedAt: look.updatedAt > type(uint64).max ? type(uint64).max : uint64(look.updatedAt),
            roundId: look.roundId
        });
    }

    /// @inheritdoc IOracleHub
    function feedOf(address asset) external view returns (FeedConfig memory) {
        return _feeds[asset];
    }

    /// @dev A wrong address is most often a token, which has decimals() too: the feed must also have a round.
    function _requireUsable(address asset, FeedConfig calldata config) private view {
        if (config.feed.code.length == 0 || config.feedDecimals > MAX_FEED_DECIMALS) {
            revert FeedUnusable(asset, config.feed);
        }
        try AggregatorV3Interface(config.feed).decimals() returns (uint8 actual) {
            if (actual != config.feedDecimals) revert FeedDecimalsMismatch(asset, config.feedDecimals, actual);
        } catch {
            revert FeedUnusable(asset, config.feed);
        }
        if (_ask(config.feed).status != PriceStatus.Ok) revert FeedUnusable(asset, config.feed);
    }

    /// @dev The answer of a feed and what is wrong with it.
    function _look(FeedConfig memory config) private view returns (Look memory look) {
        if (config.feed == address(0)) {
            look.status = PriceStatus.UnknownAsset;
            return look;
        }
        look = _ask(config.feed);
        if (look.status != PriceStatus.Ok) return look;
        if (look.answer <= 0) {
            look.status = PriceStatus.NotPositive;
            return look;
        }
        look.price = _scaleDown(uint256(look.answer), config.feedDecimals);
        look.status = _judge(look, config);
    }

    function _judge(Look memory look, FeedConfig memory config) private view returns (PriceStatus) {
        if (look.updatedAt > block.timestamp) return PriceStatus.FromFuture;
        if (block.timestamp - look.updatedAt > config.maxAge) return PriceStatus.Stale;
        if (look.price <= config.minPrice || look.price >= config.maxPrice) return PriceStatus.OutOfBounds;
        return PriceStatus.Ok;
    }

    /// @dev Asks for the latest round; `FeedReverted` unless five well-formed words come back.
    function _ask(address feed) private view returns (Look memory look) {
        (bool answered, bytes memory words) = feed.staticcall(abi.encodeCall(AggregatorV3Interface.latestRoundData, ()));
        look.status = PriceStatus.FeedReverted;
        if (!answered || words.length < ROUND_DATA_LENGTH) return look;

        (uint256 roundId, int256 answer,, uint256 updatedAt,) =
            abi.decode(words, (uint256, int256, uint256, uint256, uint256));
        if (roundId > type(uint80).max) return look;

        look.status = PriceStatus.Ok;
        // casting to 'uint80' is safe because larger round ids were refused above
        // forge-lint: disable-next-line(unsafe-typecast)
        look.roundId = uint80(roundId);
        look.answer = answer;
        look.updatedAt = updatedAt;
    }

    /// @dev To 18 decimals, rounded down; an answer too large to scale saturates and is then out of bounds.
    function _scaleDown(uint256 answer, uint256 feedDecimals) private pure returns (uint256) {
        if (feedDecimals > PRICE_DECIMALS) return answer / 10 ** (feedDecimals - PRICE_DECIMALS);
        uint256 scale = 10 ** (PRICE_DECIMALS - feedDecimals);
        return answer > type(uint256).max / scale ? type(uint256).max : answer * scale;
    }
}
