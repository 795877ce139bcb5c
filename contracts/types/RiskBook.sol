// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRiskOracle} from "../interfaces/IRiskOracle.sol";

/// @dev All that `RiskOracle` stores, packed by who reads it together. A whole report touches, per asset, `model`, `limits`, `attested` and two
/// checkpoints of `ring`: five slots. These are kept as words, `libraries/RiskSlots.sol` says which bits are what.
struct RiskBook {
    uint256 clock;
    address[] assets;
    mapping(address asset => AssetBook) entries;
}

/// @dev One slot, read by every view and every report. Times in seconds.
struct RiskClock {
    uint48 epoch;
    uint40 lastReportAt;
    uint32 minInterval;
    uint32 heartbeat;
    uint32 silenceLimit;
    uint32 boundsVersion;
    uint32 tightenings;
    uint8 assetCount;
}

struct AssetBook {
    uint256 model;
    uint256 limits;
    uint256 attested;
    uint256[16] ring;
    AssetConstants constants;
    IRiskOracle.Fallback fallbackInputs;
    IRiskOracle.OptionBounds optionBounds;
    uint64[] expiries;
    mapping(uint64 expiry => OptionInputs[16]) optionRing;
}

/// @dev One slot: what the formulas need, computed once when bounds are set, and where the asset stands.
/// @param lossPerVolatility m sqrt(h), scaled by 1e18, rounded up; zero means not listed
/// @param lnPaid ln(1 + b), scaled by 1e18
/// @param lnCeiling ln(1 - jump), scaled by 1e18
/// @param index position in `assets`
/// @param shift changes of bounds, modulo the ring: the newest checkpoint is at (epoch + shift) modulo the ring
/// @param expiryCount length of `expiries`
/// @param boundsSetAt chain time of the last change of bounds; zero before the first
struct AssetModel {
    uint64 lossPerVolatility;
    int64 lnPaid;
    int64 lnCeiling;
    uint8 index;
    uint8 shift;
    uint8 expiryCount;
    uint40 boundsSetAt;
}

/// @dev One slot: bounds and steps in units of 1e-9 (1e9 of the 1e18 scale), the ramp in units of 1e-8 a day.
struct AssetLimits {
    uint32 volatilityFloor;
    uint32 volatilityCap;
    uint32 slippageCap;
    uint32 tightenStep;
    uint32 loosenStep;
    uint32 slippageStep;
    uint32 bonus;
    uint32 ramp;
}

/// @dev What `AssetModel` was computed from and nothing reads on-chain, kept for `boundsOf`.
struct AssetConstants {
    uint64 tailMultiplier;
    uint64 jump;
    uint32 horizon;
}

/// @dev One slot: the last whole report, and what `tighten` made of it for initial margin. Scaled by 1e18.
struct Attested {
    uint64 volatility;
    uint64 slippage;
    uint64 initialVolatility;
    uint64 initialSlippage;
}

/// @dev One slot: everything that maintenance needs from its time until the next checkpoint, so that the past can be evaluated by the
/// same function as the present.
/// @param at chain time in seconds
/// @param lnStart ln LT in force at that time, scaled by 1e18
/// @param lnTarget where ln LT moves to
/// @param volatilityStart maintenance volatility in force at that time, in units of 1e-9, rounded up
/// @param volatilityTarget where it moves to: the attested one, rounded up
/// @param ramp change of ln LT in 24 h, in units of 1e-8
struct Checkpoint {
    uint40 at;
    int64 lnStart;
    int64 lnTarget;
    uint32 volatilityStart;
    uint32 volatilityTarget;
    uint24 ramp;
}

/// @dev One slot: option inputs of one expiry, kept beside the checkpoint of the same number. Scaled by 1e18.
struct OptionInputs {
    uint64 impliedVolatility;
    uint64 forwardRatio;
}
