using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>Why an asset has, or has not, a usable price; the numbers are those of IOracleHub.PriceStatus.</summary>
public enum PriceStatus : byte
{
    Ok = 0,
    UnknownAsset = 1,
    FeedReverted = 2,
    NotPositive = 3,
    Stale = 4,
    FromFuture = 5,
    OutOfBounds = 6,
}

/// <summary>Everything the keeper looks at on one chain, read at one block hash. Nothing in it changes after it is made.</summary>
/// <param name="Chain">the chain</param>
/// <param name="Block">the block at whose hash everything was read</param>
/// <param name="Market">the lending market's constants</param>
/// <param name="Report">the state of the risk oracle</param>
/// <param name="Assets">collaterals, in the vault's order</param>
/// <param name="Accounts">every account of the vault, in the order they were opened</param>
/// <param name="Keeper">what the keeper's own signer holds</param>
public sealed record ChainSnapshot(
    ChainId Chain,
    BlockRef Block,
    MarketSnapshot Market,
    ReportSnapshot Report,
    ImmutableArray<AssetSnapshot> Assets,
    ImmutableArray<AccountSnapshot> Accounts,
    KeeperBalances Keeper);

/// <param name="Stable">the debt token</param>
/// <param name="StableDecimals">its decimals</param>
/// <param name="TargetHealth">health that a liquidation restores</param>
/// <param name="MinimumDebt">least open debt, in stable units</param>
/// <param name="BonusFloor">share of the bonus at health 1</param>
/// <param name="FullBonusUnderHealth">under-health at which the whole bonus applies</param>
/// <param name="TotalDebt">stable units owed by all accounts</param>
/// <param name="TotalDeficit">stable units written off so far</param>
public sealed record MarketSnapshot(
    Address Stable,
    int StableDecimals,
    Wad TargetHealth,
    BigInteger MinimumDebt,
    Wad BonusFloor,
    Wad FullBonusUnderHealth,
    BigInteger TotalDebt,
    BigInteger TotalDeficit);

/// <summary>The risk oracle's state: which report it would take next, and from whom.</summary>
public sealed record ReportSnapshot(
    Hash32 MarketId,
    Hash32 ConfigDigest,
    ulong Epoch,
    ulong LastReportAt,
    uint MinIntervalSeconds,
    uint HeartbeatSeconds,
    int TightenThreshold,
    int Threshold,
    ImmutableArray<Address> Signers);

/// <summary>One collateral: its price or why there is none, the attested risk, its bounds, and the factors the chain derives.</summary>
public sealed record AssetSnapshot(
    Address Token,
    string Symbol,
    int Decimals,
    PriceStatus PriceStatus,
    Price Price,
    ulong PriceUpdatedAt,
    AttestedSnapshot Attested,
    BoundsSnapshot Bounds,
    Wad LiquidationThreshold,
    Wad BorrowFactor);

/// <summary>The attested vector of one asset, scaled by 1e18, and where its ramp started (chain seconds).</summary>
public readonly record struct AttestedSnapshot(
    Wad Volatility, Wad Slippage, Wad InitialVolatility, Wad InitialSlippage, Wad LnThresholdAtUpdate, ulong UpdatedAt);

/// <summary>Governance's bounds of one asset, scaled by 1e18; the horizon in seconds.</summary>
public readonly record struct BoundsSnapshot(
    Wad VolatilityFloor,
    Wad VolatilityCap,
    Wad SlippageCap,
    Wad TightenStep,
    Wad LoosenStep,
    Wad SlippageStep,
    Wad TailMultiplier,
    Wad Bonus,
    Wad Jump,
    Wad RampPerDay,
    uint HorizonSeconds);

/// <summary>What one account holds and owes. Collateral in token units, in the order of the assets.</summary>
public sealed record AccountSnapshot(
    Hash32 Account,
    Address Owner,
    BigInteger Number,
    uint Liquidations,
    BigInteger Debt,
    ImmutableArray<BigInteger> Collateral);

/// <summary>The keeper's own means on this chain: stable units, what the vault may take of them, and native units for gas.</summary>
public sealed record KeeperBalances(Address Signer, BigInteger Stable, BigInteger Allowance, BigInteger Native);
