using System.Collections.Immutable;
using System.Text.Json.Serialization;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper;

/// <summary>Everything that can move the keeper.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(ChainObserved), "chainObserved")]
[JsonDerivedType(typeof(ChainAdvanced), "chainAdvanced")]
[JsonDerivedType(typeof(ObservationsCollected), "observationsCollected")]
[JsonDerivedType(typeof(IntentSettled), "intentSettled")]
public abstract record KeeperEvent;

/// <summary>A process began: state starts from the settings and from what the journal says is still in flight.</summary>
public sealed record Started(KeeperSettings Settings, ImmutableArray<OpenIntent> OpenIntents) : KeeperEvent;

/// <summary>An intent that the journal holds without an outcome.</summary>
public sealed record OpenIntent(ChainId Chain, string Purpose);

/// <summary>A chain was read at a block, and this is all of it: the first time, and where <see cref="ChainAdvanced"/> has nothing to build on.</summary>
public sealed record ChainObserved(ChainSnapshot Snapshot) : KeeperEvent;

/// <summary>What the oracle nodes offer for a chain now; replaces what they offered before.</summary>
public sealed record ObservationsCollected(ChainId Chain, ImmutableArray<CollectedObservation> Observations) : KeeperEvent;

/// <summary>One node's signed observation as it came in, with the address its signature gives.</summary>
/// <param name="Node">the name the operator gave the node</param>
/// <param name="Signer">recovered from the signature; null where that failed</param>
/// <param name="Problem">why the signature could not be read; empty where it could</param>
public sealed record CollectedObservation(
    string Node,
    Address? Signer,
    string Problem,
    Hash32 MarketId,
    ulong Epoch,
    Hash32 ConfigDigest,
    ulong ObservedAt,
    ulong NotBefore,
    ulong Deadline,
    Hash32 InputsRoot,
    ImmutableArray<ObservedRisk> Vector,
    string Signature)
{
    /// <summary>SHA-256 of the backtest report that chose the node's model, where it is proven to be part of what was signed.</summary>
    public Hash32? BacktestHash { get; init; }
}

/// <summary>The attested values of one asset.</summary>
/// <param name="Expiries">in the order in which the chain lists them; empty where it lists none</param>
public readonly record struct ObservedRisk(Address Asset, Wad Volatility, Wad Slippage, ImmutableArray<ObservedExpiry> Expiries)
{
    /// <summary>An array compares by reference; this compares what is in it.</summary>
    public bool Equals(ObservedRisk other) => Asset == other.Asset
        && Volatility == other.Volatility && Slippage == other.Slippage && Expiries.AsSpan().SequenceEqual(other.Expiries.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Asset, Volatility, Slippage, Expiries.IsDefault ? 0 : Expiries.Length);
}

/// <summary>The attested option inputs of one expiry (chain seconds): implied volatility, and forward over spot.</summary>
public readonly record struct ObservedExpiry(ulong Expiry, Wad ImpliedVolatility, Wad ForwardRatio);

/// <summary>How a dispatched action ended.</summary>
public enum SettlementOutcome
{
    /// <summary>Mined and successful, as deep as the chain's confirmations ask.</summary>
    Included,

    /// <summary>Mined and reverted.</summary>
    Reverted,

    /// <summary>Never mined and can no longer be.</summary>
    Dropped,

    /// <summary>The simulation before signing reverted; nothing was sent.</summary>
    SimulationReverted,

    /// <summary>Nothing was sent for a reason that is not the account's: a node without an answer, a fee over its ceiling, shadow mode.</summary>
    NotSent,
}

/// <summary>An action came to an end.</summary>
public sealed record IntentSettled(
    ChainId Chain, string Purpose, Hash32? Account, SettlementOutcome Outcome, string Detail, ulong ChainTime) : KeeperEvent;
