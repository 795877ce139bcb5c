using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Serialization;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Relaying;

/// <summary>Something for a relay to send, once.</summary>
/// <param name="On">the chain it is sent to</param>
/// <param name="Purpose">the key under which the journal lets it happen once</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "step")]
[JsonDerivedType(typeof(CarryHeader), "carryHeader")]
[JsonDerivedType(typeof(RefreshLien), "refreshLien")]
[JsonDerivedType(typeof(IssueOrder), "issueOrder")]
[JsonDerivedType(typeof(ExecuteOrder), "executeOrder")]
[JsonDerivedType(typeof(LapseOrder), "lapseOrder")]
[JsonDerivedType(typeof(ExecuteQueued), "executeQueued")]
[JsonDerivedType(typeof(TopUpLien), "topUpLien")]
public abstract record RelayStep(ChainId On, string Purpose);

/// <summary>A header with its quorum of signatures, to the other chain's AttestedHeaders.</summary>
public sealed record CarryHeader(ChainId On, string Purpose, ChainId Of, ulong Number, ulong Deadline) : RelayStep(On, Purpose);

/// <summary>The lien's state under a header, to the hub: counts, ends orders, renews the age.</summary>
/// <param name="SwapLien">the lien that a carried-out swap has filled, proved with it; 0 where there is none</param>
public sealed record RefreshLien(ChainId On, string Purpose, ulong Lien, Hash32 Key, ulong Header, ulong SwapLien) : RelayStep(On, Purpose);

/// <summary>Has the hub store the order, now that its chain is final about it.</summary>
public sealed record IssueOrder(ChainId On, string Purpose, ulong Lien, Hash32 Key, ulong Counter) : RelayStep(On, Purpose);

/// <summary>The order with the proof that the hub stores it, to the vault.</summary>
public sealed record ExecuteOrder(ChainId On, string Purpose, ulong Lien, Hash32 Key, ulong Counter, ulong Header) : RelayStep(On, Purpose);

/// <summary>The same for an order that has expired, so that the next can follow.</summary>
public sealed record LapseOrder(ChainId On, string Purpose, ulong Lien, Hash32 Key, ulong Counter, ulong Header) : RelayStep(On, Purpose);

/// <summary>What waited out its veto period.</summary>
public sealed record ExecuteQueued(ChainId On, string Purpose, ulong Lien, Hash32 Key, ulong Counter) : RelayStep(On, Purpose);

/// <summary>Tokens of the lien's owner into it, inside his mandate.</summary>
/// <param name="Deadline">last time of the vault's chain at which it does any good</param>
public sealed record TopUpLien(ChainId On, string Purpose, ulong Lien, BigInteger Amount, ulong Deadline) : RelayStep(On, Purpose);

/// <summary>Why something is not sent yet. Names are kept for good: operators alert on them.</summary>
public enum RelayWaitCode
{
    /// <summary>No quorum of oracle nodes has attested a header in which it can be seen.</summary>
    AwaitingAttestation,

    /// <summary>The newest header that shows it is not old enough for the hub.</summary>
    HeaderNotFinal,

    /// <summary>The hub lets only the account's owner attach a lien; the relay has the proofs for him.</summary>
    OwnerMustCount,

    /// <summary>The hub's own chain is not final about the order.</summary>
    OrderNotFinalHere,

    /// <summary>It waits in the vault's queue, under two vetoes.</summary>
    QueueNotReady,

    /// <summary>Another order of the lien waits in the queue.</summary>
    AnotherOrderQueued,

    /// <summary>It was vetoed; headers prove it again from a later time on.</summary>
    Vetoed,

    /// <summary>A swap is filled by whoever brings the tokens; this relay's key has not got them, or does not let the vault take them.</summary>
    SwapNotFunded,

    /// <summary>The contract believes no header of that chain any more: governance has to restart it.</summary>
    HeadersHalted,

    /// <summary>The owner's order to add to the lien has ended.</summary>
    TopUpExpired,

    /// <summary>The hub's chain has been silent for too long beside the vault's: its health may be another by now.</summary>
    TopUpHubSilent,

    /// <summary>The hub's chain cannot say what the account owes or what a collateral is worth.</summary>
    TopUpHealthUnknown,

    /// <summary>The hub does not count the lien: its account's owner has to attach it first.</summary>
    TopUpNotAttached,

    /// <summary>The hub knows of units that it does not count, by its caps: it would not count more either.</summary>
    TopUpNotAdmitted,

    /// <summary>A top-up of the lien was sent, and the vault does not show it yet.</summary>
    TopUpUnderWay,

    /// <summary>What is in the vault already, or ordered, brings health over the trigger once it is proved.</summary>
    TopUpOnTheWay,

    /// <summary>The owner's budget leaves too little now.</summary>
    TopUpCapExhausted,

    /// <summary>The owner's wallet holds too little.</summary>
    TopUpWalletEmpty,

    /// <summary>The vault may take too little of the owner's tokens.</summary>
    TopUpNotAllowed,

    /// <summary>The vault's cap of the token leaves too little room.</summary>
    TopUpVaultFull,

    /// <summary>Units of the lien count for nothing on the hub.</summary>
    TopUpNothingToMove,
}

/// <param name="Subject">a lien or a line of headers</param>
/// <param name="Detail">the numbers, as a clause</param>
public sealed record RelayWait(string Subject, RelayWaitCode Code, string Detail);

/// <summary>What a relay does now, and what it waits for.</summary>
public sealed record RelayPlan(ImmutableArray<RelayStep> Steps, ImmutableArray<RelayWait> Waits);
