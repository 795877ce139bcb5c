using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>
/// Why an asset or one of its feeds has, or has not, a usable price; the numbers are those of IOracleHub.PriceStatus. Of a feed:
/// FeedReverted to OutOfBounds. Of an asset: UnknownAsset and from TooFewFeeds on. RepayWindow: there is a price, but after an outage
/// liquidation waits.
/// </summary>
public enum PriceStatus : byte
{
    Ok = 0,
    UnknownAsset = 1,
    FeedReverted = 2,
    NotPositive = 3,
    Stale = 4,
    FromFuture = 5,
    OutOfBounds = 6,
    TooFewFeeds = 7,
    Divided = 8,
    SequencerDown = 9,
    SequencerGrace = 10,
    RepayWindow = 11,
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
    KeeperBalances Keeper)
{
    /// <summary>The pools in which a swap mandate may be executed, by pair and fee; empty where no account has given one, since nobody looks then.</summary>
    public ImmutableArray<SwapPoolSnapshot> SwapPools { get; init; } = [];
}

/// <summary>A Uniswap v3 pool of two of the vault's tokens at the snapshot's block: what <see cref="Liquidation.PoolQuote"/> quotes from.</summary>
/// <param name="Token0">the one with the lower address</param>
/// <param name="FeeMillionths">of what is sold</param>
/// <param name="SqrtPriceX96">root of token1 units for one token0 unit, times 2^96</param>
/// <param name="Liquidity">in force at that price</param>
public sealed record SwapPoolSnapshot(Address Pool, Address Token0, Address Token1, uint FeeMillionths, BigInteger SqrtPriceX96, BigInteger Liquidity);

/// <param name="Stable">the debt token</param>
/// <param name="StableDecimals">its decimals</param>
/// <param name="TargetHealth">health that a liquidation restores</param>
/// <param name="MinimumDebt">least open debt, in stable units</param>
/// <param name="BonusFloor">share of the bonus at health 1</param>
/// <param name="FullBonusUnderHealth">under-health at which the whole bonus applies</param>
/// <param name="Tip">share of debt that a bonus always leaves</param>
/// <param name="TotalDebt">stable units owed by all accounts</param>
/// <param name="TotalDeficit">stable units written off so far</param>
/// <param name="BorrowIndex">with interest to the block, scaled by 1e27: what a share of debt has become</param>
public sealed record MarketSnapshot(
    Address Stable,
    int StableDecimals,
    Wad TargetHealth,
    BigInteger MinimumDebt,
    Wad BonusFloor,
    Wad FullBonusUnderHealth,
    Wad Tip,
    BigInteger TotalDebt,
    BigInteger TotalDeficit,
    BigInteger BorrowIndex)
{
    /// <summary>Scale of shares times index: a share is 1e-9 units at the start.</summary>
    public static readonly BigInteger ShareScale = BigInteger.Pow(10, 36);

    /// <summary>Where options are settled.</summary>
    public Address OptionBook { get; init; }

    /// <summary>Where liens on other chains are counted and ordered about.</summary>
    public Address MarginHub { get; init; }

    /// <summary>Seconds that the marks of a time without a price must span for a repay window to follow.</summary>
    public uint OutageMinimumSeconds { get; init; }

    /// <summary>Seconds without liquidation after its last mark; marks further apart belong to two of them.</summary>
    public uint RepayWindowSeconds { get; init; }

    /// <summary>Stable units the account owes at this block, interest included, rounded up: the twin of <c>unitsUp</c> in contracts/libraries/Accounting.sol.</summary>
    public BigInteger DebtOf(AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return ((account.DebtShares * BorrowIndex) + ShareScale - BigInteger.One) / ShareScale;
    }
}

/// <summary>The risk oracle's state: which report it would take next, and from whom.</summary>
/// <param name="HeartbeatSeconds">age of the last report past which initial margin counts the fallback inputs too</param>
/// <param name="SilenceLimitSeconds">age past which no new risk is taken</param>
/// <param name="Signers">the current set; one before it may still sign for a while, which is left to the contract</param>
public sealed record ReportSnapshot(
    Hash32 MarketId,
    Hash32 ConfigDigest,
    ulong Epoch,
    ulong LastReportAt,
    uint MinIntervalSeconds,
    uint HeartbeatSeconds,
    uint SilenceLimitSeconds,
    int TightenThreshold,
    int Threshold,
    ImmutableArray<Address> Signers);

/// <summary>One collateral: its price or why there is none, the attested risk, its bounds, and the factors the chain derives.</summary>
/// <param name="PriceStatus">for liquidation</param>
/// <param name="Price">the median of its feeds; zero where it has no price</param>
/// <param name="PriceUpdatedAt">chain time of the oldest answer used, in seconds; zero where it has no price</param>
/// <param name="Spread">how far its usable feeds are apart: (highest - lowest) / lowest</param>
/// <param name="MaxPrice">the largest believable price: what an asset without a price counts at for maintenance</param>
/// <param name="Feeds">the three feeds in force, each by itself</param>
/// <param name="LiquidationBlockedUntil">chain time until which the guardian holds back its seizure; in the past where nobody does</param>
/// <param name="Expiries">of its options, in the order in which they are attested; chain seconds</param>
public sealed record AssetSnapshot(
    Address Token,
    string Symbol,
    int Decimals,
    PriceStatus PriceStatus,
    Price Price,
    ulong PriceUpdatedAt,
    Wad Spread,
    Price MaxPrice,
    ImmutableArray<FeedSnapshot> Feeds,
    ulong LiquidationBlockedUntil,
    AttestedSnapshot Attested,
    FallbackSnapshot Fallback,
    BoundsSnapshot Bounds,
    ImmutableArray<ulong> Expiries,
    Wad LiquidationThreshold,
    Wad BorrowFactor)
{
    /// <summary>The options on it that expire together, for each expiry that is listed or of which an account still holds options; ascending.</summary>
    public ImmutableArray<ExpiryPoolSnapshot> ExpiryPools { get; init; } = [];

    /// <summary>The last time without a price that somebody has marked; zeros where nobody ever has.</summary>
    public OutageSnapshot Outage { get; init; }

    /// <summary>What the risk oracle attests of each listed expiry, in their order; empty where nobody holds options, since nobody looks then.</summary>
    public ImmutableArray<OptionInputSnapshot> OptionInputs { get; init; } = [];

    /// <summary>Inside the repay window there is a price, but nothing is seized.</summary>
    public bool HasPrice() => PriceStatus is PriceStatus.Ok or PriceStatus.RepayWindow;

    /// <summary>Whether a liquidation at this chain time may take of it.</summary>
    public bool IsSeizableAt(ulong now) => PriceStatus == PriceStatus.Ok && LiquidationBlockedUntil <= now;
}

/// <summary>A time without a price, as the oracle hub has it marked (contracts/OracleHub.sol); chain seconds.</summary>
/// <param name="Since">first mark</param>
/// <param name="Last">latest mark</param>
public readonly record struct OutageSnapshot(ulong Since, ulong Last);

/// <summary>The attested option inputs of one expiry (chain seconds): implied volatility, and forward over spot.</summary>
public readonly record struct OptionInputSnapshot(ulong Expiry, Wad ImpliedVolatility, Wad ForwardRatio);

/// <summary>What one feed says, even where that may not be used.</summary>
public readonly record struct FeedSnapshot(PriceStatus Status, Price Price, ulong UpdatedAt);

/// <summary>The attested vector of one asset, scaled by 1e18, and where its ramp started (chain seconds).</summary>
public readonly record struct AttestedSnapshot(
    Wad Volatility, Wad Slippage, Wad InitialVolatility, Wad InitialSlippage, Wad LnThresholdAtUpdate, ulong UpdatedAt);

/// <summary>What governance approved for a silent oracle, scaled by 1e18.</summary>
public readonly record struct FallbackSnapshot(Wad Volatility, Wad Slippage);

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

/// <summary>What one account holds and owes. Of an account that nobody touches nothing in it changes from block to block, but its options and its remote capacity.</summary>
/// <param name="DebtShares">shares of the market's borrow index: <see cref="MarketSnapshot.DebtOf"/> says what they are in stable units</param>
/// <param name="Credit">stable units the clearing house owes it; it never has both</param>
/// <param name="OptionDebt">stable units of the debt that came from settled options</param>
/// <param name="Collateral">token units, in the order of the assets</param>
/// <param name="Options">as the option book computes them: this version has no attested inputs of options to compute them from</param>
/// <param name="Remote">what its collateral on other chains counts for, as the hub says</param>
public sealed record AccountSnapshot(
    Hash32 Account,
    Address Owner,
    BigInteger Number,
    uint Liquidations,
    BigInteger DebtShares,
    BigInteger Credit,
    BigInteger OptionDebt,
    ImmutableArray<BigInteger> Collateral,
    OptionSnapshot Options,
    RemoteSnapshot Remote)
{
    /// <summary>The top-ups that its owner allows anyone to make, by their number; empty where there are none.</summary>
    public ImmutableArray<TopUpSnapshot> TopUps { get; init; } = [];

    /// <summary>The swaps that its owner allows anyone to make; null where there are none.</summary>
    public SwapMandateSnapshot? SwapMandate { get; init; }

    /// <summary>The liens on other chains that secure its debt here, in the hub's order; empty where it owes nothing or none counts.</summary>
    public ImmutableArray<SeizableLien> Liens { get; init; } = [];

    /// <summary>The swaps under liens on other chains that its owner allows anyone to ask for, in the order of the hub's list; empty where there are none.</summary>
    public ImmutableArray<LienSwapSnapshot> LienSwaps { get; init; } = [];

    /// <summary>Its options, in the order in which the book holds them.</summary>
    public ImmutableArray<LegSnapshot> Legs { get; init; } = [];

    /// <summary>How often its options have changed; 0 while it holds none.</summary>
    public ulong LegNonce { get; init; }

    /// <summary>What it has won and was not credited yet, by pool.</summary>
    public ImmutableArray<ClaimSnapshot> Claims { get; init; } = [];

    /// <summary>Whether everything in both is equal; of their lists, which a record compares by reference, the elements.</summary>
    public bool IsSameAs(AccountSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other)
            || (this with { Collateral = other.Collateral, TopUps = other.TopUps, Legs = other.Legs, Claims = other.Claims, Liens = other.Liens, LienSwaps = other.LienSwaps } == other
                && Collateral.SequenceEqual(other.Collateral)
                && TopUps.SequenceEqual(other.TopUps)
                && Legs.SequenceEqual(other.Legs)
                && Claims.SequenceEqual(other.Claims)
                && Liens.SequenceEqual(other.Liens)
                && LienSwaps.SequenceEqual(other.LienSwaps));
    }
}

/// <summary>Options of one series that an account holds.</summary>
/// <param name="Expiry">chain time in seconds</param>
/// <param name="Amount">contracts; negative where it has written them</param>
public readonly record struct LegSnapshot(Address Underlying, ulong Expiry, bool IsCall, Wad Strike, Wad Amount);

/// <summary>Winnings of an account in one pool, in stable units, before any haircut.</summary>
public readonly record struct ClaimSnapshot(Address Underlying, ulong Expiry, BigInteger Amount);

/// <summary>All options of one underlying and expiry: how far their settlement is (contracts/OptionBook.sol).</summary>
/// <param name="Expiry">chain time in seconds</param>
/// <param name="Price">at which they are settled; zero before there is one</param>
/// <param name="Accounts">that still hold some</param>
/// <param name="Haircut">the part of each claim that is not paid; fixed when the pool closes</param>
/// <param name="IsClosed">everybody is settled, and claims are paid</param>
/// <param name="Claims">gains of the settled, in stable units</param>
/// <param name="Observations">prices recorded for the expiry price</param>
/// <param name="LastObservedAt">chain time of the last one; zero before the first</param>
/// <param name="FallbackRound">
/// the first round of the fallback feed at or after expiry, looked for only where too few prices were recorded and the book takes it; zero where there is none
/// </param>
public readonly record struct ExpiryPoolSnapshot(
    ulong Expiry, Wad Price, int Accounts, Wad Haircut, bool IsClosed, BigInteger Claims, int Observations, ulong LastObservedAt, BigInteger FallbackRound);

/// <summary>A standing order to add to an account when its health is low: what contracts/types/Defence.sol calls a TopUpMandate.</summary>
/// <param name="Index">its number within the account, 0 to 3</param>
/// <param name="Source">another account of the same owner; zero for the owner's wallet</param>
/// <param name="Token">a collateral, or the stable token to repay</param>
/// <param name="TriggerHealth">under which it acts</param>
/// <param name="TargetHealth">which it restores</param>
/// <param name="WindowSeconds">of the cap</param>
/// <param name="Expiry">last chain time, in seconds</param>
/// <param name="CapPerWindow">most token units within any window, half of it at once</param>
public readonly record struct TopUpSnapshot(
    int Index, Hash32 Source, Address Token, Wad TriggerHealth, Wad TargetHealth, uint WindowSeconds, ulong Expiry, BigInteger CapPerWindow);

/// <summary>A standing order to swap a collateral when health is low: what contracts/types/Defence.sol calls a SwapMandate. Bit i of a mask is asset i.</summary>
/// <param name="TriggerHealth">at or under which it acts</param>
/// <param name="TargetHealth">which it restores</param>
/// <param name="MaxSlippage">most by which the price may lie under the oracle's, fee included</param>
/// <param name="LossBudget">most of the account's equity that swaps may cost within any window, half of it at once</param>
/// <param name="WindowSeconds">of the budget</param>
/// <param name="Expiry">last chain time, in seconds</param>
/// <param name="AllowedIn">what may be sold</param>
/// <param name="AllowedOut">what may be bought; bit 15 is the stable token, which repays debt</param>
/// <param name="Tip">stable units for whoever restores the target</param>
public readonly record struct SwapMandateSnapshot(
    Wad TriggerHealth,
    Wad TargetHealth,
    Wad MaxSlippage,
    Wad LossBudget,
    uint WindowSeconds,
    ulong Expiry,
    ushort AllowedIn,
    ushort AllowedOut,
    BigInteger Tip);

/// <summary>The options of one account.</summary>
/// <param name="Legs">how many it holds</param>
/// <param name="InitialRequirement">R for initial margin</param>
/// <param name="Requirement">R for liquidation</param>
/// <param name="MarkToMarket">what all legs are worth to the account</param>
/// <param name="PendingClaims">stable units won and not yet credited</param>
/// <param name="Problem">why the contract has no requirement now, in its words; empty where it has one</param>
public readonly record struct OptionSnapshot(
    int Legs, Wad InitialRequirement, Wad Requirement, Wad MarkToMarket, BigInteger PendingClaims, string Problem)
{
    public static readonly OptionSnapshot None = new(0, Wad.Zero, Wad.Zero, Wad.Zero, BigInteger.Zero, "");
}

/// <summary>Collateral on other chains, in units of account: its capacity for initial margin and for maintenance, and its value.</summary>
public readonly record struct RemoteSnapshot(Wad Initial, Wad Maintenance, Wad Value);

/// <summary>The keeper's own means on this chain: stable units, what the vault may take of them, and native units for gas.</summary>
public sealed record KeeperBalances(Address Signer, BigInteger Stable, BigInteger Allowance, BigInteger Native);
