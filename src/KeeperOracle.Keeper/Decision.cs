using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Serialization;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper;

/// <summary>What was decided about one subject of one chain.</summary>
/// <param name="Subject">an account's id, or one of <see cref="Keeper.Subject"/></param>
public sealed record Decision(ChainId Chain, string Subject, Verdict Verdict)
{
    /// <summary>That the account's health falls under 1 within <see cref="Queueing.BreachQueue.HorizonSeconds"/>; null where it has none, and of other subjects.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? BreachProbability { get; init; }
}

/// <summary>Subjects that are not accounts.</summary>
public static class Subject
{
    public const string Market = "market";
    public const string Funding = "funding";
    public const string Report = "report";

    /// <summary>One node's observation.</summary>
    public static string Observation(string node) => $"observation/{node}";

    /// <summary>One standing top-up of an account.</summary>
    public static string TopUp(Hash32 account, int index) => $"{TopUps(account)}{index}";

    /// <summary>The swap mandate of an account.</summary>
    public static string Swap(Hash32 account) => $"{account}/swap";

    /// <summary>The beginning of the subjects of an account's top-ups.</summary>
    public static string TopUps(Hash32 account) => $"{account}/topup/";
}

[JsonPolymorphic(TypeDiscriminatorPropertyName = "verdict")]
[JsonDerivedType(typeof(Act), "act")]
[JsonDerivedType(typeof(Refuse), "refuse")]
public abstract record Verdict;

/// <summary>Do this, under this purpose, for this reason.</summary>
/// <param name="Worth">the most that doing it may cost, in units of account; what it earns over the operator's least, or what is at risk without it</param>
public sealed record Act(string Purpose, KeeperAction Action, Wad Worth, string Reason) : Verdict;

/// <summary>Do nothing, and why.</summary>
public sealed record Refuse(Refusal Refusal) : Verdict;

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
    NothingToReport,
    OptionsUnvalued,
    OptionRiskDominates,
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
    NearLiquidation,
}

/// <summary>What the host is asked to do; it turns this into a call of a contract.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "action")]
[JsonDerivedType(typeof(ApproveStable), "approveStable")]
[JsonDerivedType(typeof(Liquidate), "liquidate")]
[JsonDerivedType(typeof(TopUp), "topUp")]
[JsonDerivedType(typeof(SwapCollateral), "swapCollateral")]
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

/// <summary>Carry a whole report to the risk oracle. Observations in ascending order of signer.</summary>
public sealed record SubmitReport(ulong Epoch, ImmutableArray<CollectedObservation> Observations) : KeeperAction;

/// <summary>Tighten initial margin inside the epoch.</summary>
public sealed record TightenInitial(ulong Epoch, ImmutableArray<CollectedObservation> Observations) : KeeperAction;
