// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @dev The attested option inputs of one expiry of an asset.
/// @param expiry chain time at which the options expire, in seconds
/// @param impliedVolatility annualised, scaled by 1e18
/// @param forwardRatio forward / spot, scaled by 1e18. A ratio goes on being right while the spot moves between two reports; a forward
/// price would be wrong by the whole move.
struct ExpiryRisk {
    uint64 expiry;
    uint64 impliedVolatility;
    uint64 forwardRatio;
}

/// @dev The attested risk of one asset.
/// @param asset the collateral token
/// @param volatility applied volatility, annualised, scaled by 1e18 (.75e18 = 75 % a year)
/// @param slippage fraction of value lost selling the largest position at once, scaled by 1e18
/// @param expiries one entry for every listed expiry, in the order of `RiskOracle.expiriesOf(asset)`
struct AssetRisk {
    address asset;
    uint64 volatility;
    uint64 slippage;
    ExpiryRisk[] expiries;
}

/// @dev What one oracle node saw and signs (EIP-712). Each node signs its own values: the median is taken on-chain.
/// @param market chain and contract that the report is for: `chainId << 160 | address of the RiskOracle`
/// @param epoch the epoch this report would open: current epoch + 1
/// @param configDigest hash of signers, thresholds and bounds version that the node saw
/// @param observedAt chain time of the block that was read, in seconds
/// @param notBefore first chain time at which the report may be applied, in seconds
/// @param deadline last chain time at which the report may be applied, in seconds
/// @param inputsRoot hash of what the node read: chain id, block hash and the price rounds
/// @param vector one entry for every listed asset, in the order of `RiskOracle.assets()`
struct Observation {
    bytes32 market;
    uint64 epoch;
    bytes32 configDigest;
    uint64 observedAt;
    uint64 notBefore;
    uint64 deadline;
    bytes32 inputsRoot;
    AssetRisk[] vector;
}

/// @dev An observation and the 65-byte signature (r, s, v) of its node.
struct SignedObservation {
    Observation observation;
    bytes signature;
}
