// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AssetLimits, AssetModel, Attested, Checkpoint, RiskClock} from "../types/RiskBook.sol";

/// @title The slots of `RiskBook`, one word each, to and from structs in memory
/// @dev Fields stand from the lowest bit up, in the order of their struct. Written out by hand because the compiler reads and writes a packed
/// struct field by field, one access of the slot for each: a third of the cost of a report.
library RiskSlots {
    // Each cast takes the field's own bits out of the word: the rest is meant to fall away.
    // forge-lint: disable-start(unsafe-typecast)

    function clock(uint256 word_) internal pure returns (RiskClock memory made) {
        made.epoch = uint48(word_);
        made.lastReportAt = uint40(word_ >> 48);
        made.minInterval = uint32(word_ >> 88);
        made.heartbeat = uint32(word_ >> 120);
        made.silenceLimit = uint32(word_ >> 152);
        made.boundsVersion = uint32(word_ >> 184);
        made.tightenings = uint32(word_ >> 216);
        made.assetCount = uint8(word_ >> 248);
    }

    function word(RiskClock memory from) internal pure returns (uint256) {
        return uint256(from.epoch) | (uint256(from.lastReportAt) << 48) | (uint256(from.minInterval) << 88)
            | (uint256(from.heartbeat) << 120) | (uint256(from.silenceLimit) << 152)
            | (uint256(from.boundsVersion) << 184) | (uint256(from.tightenings) << 216)
            | (uint256(from.assetCount) << 248);
    }

    function model(uint256 word_) internal pure returns (AssetModel memory made) {
        made.lossPerVolatility = uint64(word_);
        made.lnPaid = int64(uint64(word_ >> 64));
        made.lnCeiling = int64(uint64(word_ >> 128));
        made.index = uint8(word_ >> 192);
        made.shift = uint8(word_ >> 200);
        made.expiryCount = uint8(word_ >> 208);
        made.boundsSetAt = uint40(word_ >> 216);
    }

    function word(AssetModel memory from) internal pure returns (uint256) {
        return uint256(from.lossPerVolatility) | (uint256(uint64(from.lnPaid)) << 64)
            | (uint256(uint64(from.lnCeiling)) << 128) | (uint256(from.index) << 192) | (uint256(from.shift) << 200)
            | (uint256(from.expiryCount) << 208) | (uint256(from.boundsSetAt) << 216);
    }

    function limits(uint256 word_) internal pure returns (AssetLimits memory made) {
        made.volatilityFloor = uint32(word_);
        made.volatilityCap = uint32(word_ >> 32);
        made.slippageCap = uint32(word_ >> 64);
        made.tightenStep = uint32(word_ >> 96);
        made.loosenStep = uint32(word_ >> 128);
        made.slippageStep = uint32(word_ >> 160);
        made.bonus = uint32(word_ >> 192);
        made.ramp = uint32(word_ >> 224);
    }

    function word(AssetLimits memory from) internal pure returns (uint256) {
        return uint256(from.volatilityFloor) | (uint256(from.volatilityCap) << 32) | (uint256(from.slippageCap) << 64)
            | (uint256(from.tightenStep) << 96) | (uint256(from.loosenStep) << 128)
            | (uint256(from.slippageStep) << 160) | (uint256(from.bonus) << 192) | (uint256(from.ramp) << 224);
    }

    function attested(uint256 word_) internal pure returns (Attested memory made) {
        made.volatility = uint64(word_);
        made.slippage = uint64(word_ >> 64);
        made.initialVolatility = uint64(word_ >> 128);
        made.initialSlippage = uint64(word_ >> 192);
    }

    function word(Attested memory from) internal pure returns (uint256) {
        return uint256(from.volatility) | (uint256(from.slippage) << 64) | (uint256(from.initialVolatility) << 128)
            | (uint256(from.initialSlippage) << 192);
    }

    function checkpoint(uint256 word_) internal pure returns (Checkpoint memory made) {
        made.at = uint40(word_);
        made.lnStart = int64(uint64(word_ >> 40));
        made.lnTarget = int64(uint64(word_ >> 104));
        made.volatilityStart = uint32(word_ >> 168);
        made.volatilityTarget = uint32(word_ >> 200);
        made.ramp = uint24(word_ >> 232);
    }

    function word(Checkpoint memory from) internal pure returns (uint256) {
        return uint256(from.at) | (uint256(uint64(from.lnStart)) << 40) | (uint256(uint64(from.lnTarget)) << 104)
            | (uint256(from.volatilityStart) << 168) | (uint256(from.volatilityTarget) << 200)
            | (uint256(from.ramp) << 232);
    }

    // forge-lint: disable-end(unsafe-typecast)
}
