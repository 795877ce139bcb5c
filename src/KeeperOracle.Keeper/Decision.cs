using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Serialization;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper;

/// <summary>What was decided about one subject of one chain.</summary>
/// <param name="Subject">an account's id, or one of <see cref="Keeper.Subject"/></param>
public sealed record Decision(ChainId Chain, string Subject, Verdict Verdict)
{
    /// <summary>That the account's health falls under 1 within <see cref="Queueing.BreachOrder.HorizonSeconds"/>; null where it has none, and of other subjects.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BreachProbability { get; init; }
}

/// <summary>Subjects that are not accounts.</summary>
public static class Subject
{
    public const string Market = "market";
    public const string Funding = "funding";
    public const string Report = "report";

    /// <summary>The beginning of the subjects of all expiries.</summary>
    public const string Expiries = "expiry/";

    /// <summary>A collateral without a price.</summary>
    public static string Outage(Address asset) => $"outage/{asset}";

    /// <summary>One node's observation.</summary>
    public static string Observation(string node) => $"observation/{node}";

    /// <summary>One standing top-up of an account.</summary>
    public static string TopUp(Hash32 account, int index) => $"{TopUps(account)}{index}";

    /// <summary>The swap mandate of an account.</summary>
    public static string Swap(Hash32 account) => $"{account}/swap";

    /// <summary>The mandate to swap under one lien of an account.</summary>
    public static string LienSwap(Hash32 account, Hash32 lien) => $"{LienSwaps(account)}{lien}";

    /// <summary>The beginning of the subjects of an account's mandates to swap under liens.</summary>
    public static string LienSwaps(Hash32 account) => $"{account}/lienswap/";

    /// <summary>An account's options on one underlying, to be hedged.</summary>
    public static string Hedge(Hash32 account, Address underlying) => $"{Hedges(account)}{underlying}";

    /// <summary>The beginning of the subjects of an account's hedges.</summary>
    public static string Hedges(Hash32 account) => $"{account}/hedge/";

    /// <summary>The beginning of the subjects of an account's top-ups.</summary>
    public static string TopUps(Hash32 account) => $"{account}/topup/";

    /// <summary>The price at which the options of an expiry are settled, and the end of their settlement.</summary>
    public static string Expiry(Address underlying, ulong expiry) => $"{Expiries}{underlying}/{expiry}";

    /// <summary>An account's options of an expiry.</summary>
    public static string Settlement(Hash32 account, Address underlying, ulong expiry) => $"{Settlements(account)}{underlying}/{expiry}";

    /// <summary>The beginning of the subjects of an account's settlements.</summary>
    public static string Settlements(Hash32 account) => $"{account}/settle/";
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "verdict")]
[JsonDerivedType(typeof(Act), "act")]
[JsonDerivedType(typeof(Refuse), "refuse")]
[JsonDerivedType(typeof(Propose), "propose")]
public abstract record Verdict;

/// <summary>Do this, under this purpose, for this reason.</summary>
/// <param name="Worth">the most that doing it may cost, in units of account; what it earns over the operator's least, or what is at risk without it</param>
public sealed record Act(string Purpose, KeeperAction Action, Wad Worth, string Reason) : Verdict;

/// <summary>Do nothing, and why.</summary>
public sealed record Refuse(Refusal Refusal) : Verdict;

/// <summary>Do nothing, and tell the account's owner what he could do.</summary>
public sealed record Propose(ProposedHedge Hedge, string Reason) : Verdict;

/// <summary>A costed hedge of an account's options on one underlying; in units of account, costs rounded up and what becomes free down.</summary>
/// <param name="Cost">lost against the model's marks, at the assumed spread</param>
/// <param name="CashPaid">what leaves the account; negative where premium comes in</param>
/// <param name="MarginReleased">requirement that goes away, less the cash paid</param>
public sealed record ProposedHedge(
    Address Underlying, ImmutableArray<ProposedTrade> Trades, Wad Cost, Wad CashPaid, Wad MarginBefore, Wad MarginAfter, Wad MarginReleased);

/// <param name="Instrument">strike, kind and expiry, or the underlying itself</param>
/// <param name="Amount">contracts; negative where they are sold</param>
public sealed record ProposedTrade(string Instrument, Wad Amount, Wad CashPaid);

/// <summary>A named "no" with a sentence that has the numbers.</summary>
public sealed record Refusal(RefusalCode Code, string Detail);

/// <summary>Every reason not to act. A name is kept for good: operators alert on it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RefusalCode>))]
public enum RefusalCode
{
    NoDebt,
    Healthy,
    PriceUnavailable,
    FactorsDiverge,
    Quarantined,
    AlreadyInFlight,
    StableTooLow,
    BonusTooSmall,
    ObserveOnly,
    TooManyAccounts,
    AllowanceInPlace,
    SignatureUnreadable,
    SignerUnknown,
    WrongMarket,
    WrongEpoch,
    WrongConfigDigest,
    ObservationExpired,
    ObservationNotYetValid,
    ObservationOutdated,
    ObservationFromFuture,
    VectorMismatch,
    SignerRepeated,
    QuorumTooSmall,
    OutOfBounds,
    ReportTooEarly,
    LooseningHeld,
    NothingToReport,
    OptionsUnvalued,
    OptionRiskDominates,
    TakerTooSmall,
    NothingSeizable,
    RuleBudgetExhausted,
    VolumeCapReached,
    DifferenceMisfit,
    ReportLiquidatesTooMuch,
    HealthOverTrigger,
    MandateExpired,
    TopUpRefused,
    TopUpUnderWay,
    TopUpDecided,
    TopUpLeftToOthers,
    SwapUnderMaintenance,
    SwapUnderWay,
    SwapRefused,
    SwapPoolMissing,
    SwapPoolTooShallow,
    SwapSlippageTooHigh,
    SwapLossTooHigh,
    SwapWouldNotImprove,
    SwapCollateralTooSmall,
    SwapLeftToOthers,
    ExpiryAhead,
    ExpiryUnused,
    ObservationTooSoon,
    ObservationsComplete,
    ExpiryPriceMissing,
    PoolOpen,
    PoolPaid,
    ClaimTooSmall,
    SettlementLeftToOthers,
    SettlementRefused,
    SettlementsWaiting,
    NearLiquidation,
    LienOrdersFull,
    HealthOverHedge,
    HedgeUnderMaintenance,
    HedgeInputsMissing,
    HedgeToldLately,
    HedgeTurnLater,
    HedgeInsideBand,
    HedgeOutOfReach,
    HedgeFreesNothing,
    OutageOfNobody,
    OutageMarkedLately,
    OutageLeftToOthers,
    LienSwapWaiting,
    LienSwapDecided,
    LienSwapTooSmall,
    LienSwapMismatch,
    SwapInitialWouldFall,
}

/// <summary>What the host is asked to do; it turns this into a call of a contract.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "action")]
[JsonDerivedType(typeof(ApproveStable), "approveStable")]
[JsonDerivedType(typeof(Liquidate), "liquidate")]
[JsonDerivedType(typeof(TakePortfolio), "takePortfolio")]
[JsonDerivedType(typeof(LiquidateLien), "liquidateLien")]
[JsonDerivedType(typeof(TopUp), "topUp")]
[JsonDerivedType(typeof(SwapCollateral), "swapCollateral")]
[JsonDerivedType(typeof(RequestLienSwap), "requestLienSwap")]
[JsonDerivedType(typeof(MarkOutage), "markOutage")]
[JsonDerivedType(typeof(RecordExpiryPrice), "recordExpiryPrice")]
[JsonDerivedType(typeof(FinaliseExpiry), "finaliseExpiry")]
[JsonDerivedType(typeof(SettleOptions), "settleOptions")]
[JsonDerivedType(typeof(CloseExpiry), "closeExpiry")]
[JsonDerivedType(typeof(ClaimWinnings), "claimWinnings")]
[JsonDerivedType(typeof(SubmitReport), "submitReport")]
[JsonDerivedType(typeof(TightenInitial), "tightenInitial")]
public abstract record KeeperAction;

/// <summary>Let the vault take stable units from the keeper.</summary>
public sealed record ApproveStable(BigInteger Amount) : KeeperAction;

/// <summary>Liquidate an account back to its target health.</summary>
/// <param name="MaxRepay">most stable units to pay</param>
/// <param name="MinSeized">least token units by collateral, in the vault's order</param>
/// <param name="Deadline">chain time in seconds</param>
public sealed record Liquidate(Hash32 Account, BigInteger MaxRepay, ImmutableArray<BigInteger> MinSeized, ulong Deadline) : KeeperAction;

/// <summary>Take a fraction of everything that an account holds and owes, options included, over into an account of the keeper's own.</summary>
/// <param name="Taker">the keeper's account</param>
/// <param name="MaxPayment">most stable units to pay, by debt of the taker</param>
/// <param name="MaxFraction">largest fraction to take</param>
/// <param name="Deadline">chain time in seconds</param>
public sealed record TakePortfolio(Hash32 Account, Hash32 Taker, BigInteger MaxPayment, Wad MaxFraction, ulong Deadline) : KeeperAction;

/// <summary>Repay debt here against a lien on another chain, of which the hub orders so much to be seized there.</summary>
/// <param name="Lien">its key on the hub</param>
/// <param name="MaxRepay">most stable units to pay</param>
/// <param name="MinUnits">least token units to be ordered</param>
/// <param name="Recipient">who is paid on the lien's chain: the keeper's own address there</param>
/// <param name="Deadline">chain time in seconds</param>
public sealed record LiquidateLien(Hash32 Account, Hash32 Lien, BigInteger MaxRepay, BigInteger MinUnits, Address Recipient, ulong Deadline) : KeeperAction;

/// <summary>Execute a standing top-up of an account: the vault itself finds the amount.</summary>
/// <param name="Deadline">chain time in seconds after which it is not sent any more</param>
public sealed record TopUp(Hash32 Account, int Index, ulong Deadline) : KeeperAction;

/// <summary>Sell a collateral of an account for another, or for stable that repays its debt, inside its owner's mandate.</summary>
/// <param name="FeeMillionths">which pool of the pair</param>
/// <param name="AmountIn">units of <paramref name="TokenIn"/></param>
/// <param name="MinAmountOut">least units of <paramref name="TokenOut"/></param>
/// <param name="Deadline">chain time in seconds</param>
public sealed record SwapCollateral(
    Hash32 Account, Address TokenIn, Address TokenOut, uint FeeMillionths, BigInteger AmountIn, BigInteger MinAmountOut, ulong Deadline) : KeeperAction;

/// <summary>Ask the hub to have units of a lien on another chain swapped for those of another lien there, inside their owner's mandate: the hub itself finds what must come.</summary>
/// <param name="Lien">its key on the hub</param>
/// <param name="Units">of the lien's token</param>
/// <param name="Deadline">chain time in seconds after which it is not sent any more</param>
public sealed record RequestLienSwap(Hash32 Account, Hash32 Lien, BigInteger Units, ulong Deadline) : KeeperAction;

/// <summary>Mark that a collateral has no price.</summary>
/// <param name="Deadline">chain time in seconds after which it is not sent any more</param>
public sealed record MarkOutage(Address Asset, ulong Deadline) : KeeperAction;

/// <summary>Record the price of now for the price of an expiry.</summary>
/// <param name="Deadline">chain time in seconds after which the book takes none; 0 for none such</param>
public sealed record RecordExpiryPrice(Address Underlying, ulong Expiry, ulong Deadline) : KeeperAction;

/// <summary>Make the price of an expiry final.</summary>
/// <param name="FallbackRound">of the fallback feed; zero for the median of what was recorded</param>
public sealed record FinaliseExpiry(Address Underlying, ulong Expiry, BigInteger FallbackRound) : KeeperAction;

/// <summary>Settle an account's options of an expiry.</summary>
public sealed record SettleOptions(Hash32 Account, Address Underlying, ulong Expiry) : KeeperAction;

/// <summary>End the settlement of an expiry whose last options met in one account.</summary>
public sealed record CloseExpiry(Address Underlying, ulong Expiry) : KeeperAction;

/// <summary>Credit an account what it has won at an expiry.</summary>
public sealed record ClaimWinnings(Hash32 Account, Address Underlying, ulong Expiry) : KeeperAction;

/// <summary>Carry a whole report to the risk oracle. Observations in ascending order of signer.</summary>
public sealed record SubmitReport(ulong Epoch, ImmutableArray<CollectedObservation> Observations) : KeeperAction;

/// <summary>Tighten initial margin inside the epoch.</summary>
public sealed record TightenInitial(ulong Epoch, ImmutableArray<CollectedObservation> Observations) : KeeperAction;
