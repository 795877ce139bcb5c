using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Keeper.Relaying;

/// <summary>
/// Everything that both chains say of one link: a collateral vault on the one, a hub on the other. Times are those of the heads that were read, in seconds; amounts
/// are units of a lien's token.
/// </summary>
/// <param name="Name">of the link, as purposes carry it</param>
/// <param name="Vault">chain of the collateral vault</param>
/// <param name="Hub">chain of the hub</param>
/// <param name="ToHub">headers of the vault's chain on the hub's</param>
/// <param name="ToVault">headers of the hub's chain on the vault's</param>
/// <param name="Liens">of the vault that name this hub</param>
public sealed record LinkState(
    string Name, ChainId Vault, ChainId Hub, ulong VaultTime, ulong HubTime, HeaderState ToHub, HeaderState ToVault, ImmutableArray<LinkedLien> Liens);

/// <summary>Which headers of one chain the other believes, and which could be carried next.</summary>
/// <param name="IsHalted">the contract has seen two headers for one number and believes none</param>
/// <param name="Newest">the newest that is believed; null where there is none</param>
/// <param name="Usable">the newest that readers there accept: old enough for them</param>
/// <param name="Offer">the newest with a quorum of signatures, newer than <paramref name="Newest"/>; null where there is none</param>
public sealed record HeaderState(bool IsHalted, BelievedHeader? Newest, BelievedHeader? Usable, SignedOffer? Offer);

/// <param name="KnownSince">in time of the chain that believes it</param>
public sealed record BelievedHeader(ulong Number, ulong Timestamp, ulong KnownSince);

/// <param name="Deadline">last time of the believing chain at which it may be carried</param>
public sealed record SignedOffer(ulong Number, ulong Timestamp, ulong Deadline);

/// <summary>A lien in the vault's state after some block.</summary>
public readonly record struct LienAt(BigInteger Amount, ulong Counter);

/// <summary>One lien, in both chains' eyes.</summary>
/// <param name="Key">on the hub</param>
/// <param name="AtHead">in the vault now</param>
/// <param name="AtNewest">in the vault's state under the newest believed header; null where it is not there yet</param>
/// <param name="AtUsable">the same under the newest usable header</param>
/// <param name="AtOffer">the same under the header that could be carried next</param>
/// <param name="Queued">hash of the order that waits in the vault's queue; zero where none does</param>
/// <param name="ReadyAt">when it may be carried out</param>
/// <param name="ProvableFrom">an attested header proves orders of this lien if it is known since then or later (the end of a veto)</param>
/// <param name="OnHub">null where the hub has never seen it</param>
/// <param name="Orders">of the hub, after the last that ended, in their order</param>
/// <param name="NextIsProvable">the hub's state under the vault's newest believed header holds the next order</param>
/// <param name="NextIsOffered">its state under the header that could be carried next does</param>
/// <param name="CanFillSwap">the relay's key holds what the next order, a swap, must bring, and lets the vault take it</param>
public sealed record LinkedLien(
    ulong Number,
    Hash32 Key,
    LienAt AtHead,
    LienAt? AtNewest,
    LienAt? AtUsable,
    LienAt? AtOffer,
    Hash32 Queued,
    ulong ReadyAt,
    ulong ProvableFrom,
    LienOnHub? OnHub,
    ImmutableArray<HubOrder> Orders,
    bool NextIsProvable,
    bool NextIsOffered,
    bool CanFillSwap)
{
    /// <summary>What its owner lets this relay's key add to it; null where he lets it add nothing.</summary>
    public LienTopUp? TopUp { get; init; }

    /// <summary>What its units count by on the hub's chain; null where nobody asks: neither it nor another lien of its account has a top-up.</summary>
    public LienWorth? Worth { get; init; }

    /// <summary>The only order that the vault takes now; null where the hub has not asked for it.</summary>
    public HubOrder? Next => Orders.FirstOrDefault(order => order.Counter == AtHead.Counter + 1);
}

/// <param name="IsAttached">the account's owner has put it into its list, and not taken it out</param>
/// <param name="SameGeneration">it was last proved under the header source that the hub has now</param>
public sealed record LienOnHub(
    bool IsAttached, BigInteger Proven, BigInteger Counted, BigInteger Pending, ulong ObservedNumber, ulong ObservedAt, bool SameGeneration, ulong EndedCounter, ulong SwapCounter, ulong SwapLien)
{
    /// <summary>The account that it secures.</summary>
    public Hash32 Account { get; init; }

    /// <summary>What counts for maintenance beside <see cref="Counted"/>.</summary>
    public BigInteger Disputed { get; init; }
}

/// <summary>A standing order of a lien's owner to this relay's key: to add to it from his wallet while the account that it secures is low. On the vault's chain, which does not know health.</summary>
/// <param name="TriggerHealth">under which it acts</param>
/// <param name="TargetHealth">which it restores</param>
/// <param name="Expiry">last time of the vault's chain</param>
/// <param name="Available">what the budget lets go at once now</param>
/// <param name="Wallet">what the owner holds of the token</param>
/// <param name="Allowance">what of it the vault may take</param>
/// <param name="Room">what the vault's cap of the token still lets in</param>
/// <param name="Account">what the hub's chain says of the account</param>
/// <param name="UnderWay">a top-up of this lien that was asked for, and whose end the vault's head does not show yet; empty where there is none</param>
public sealed record LienTopUp(
    Wad TriggerHealth, Wad TargetHealth, ulong Expiry, BigInteger Available, BigInteger Wallet, BigInteger Allowance, BigInteger Room, AccountOnHub Account, string UnderWay);

/// <param name="Capacity">for maintenance, of everything that it has</param>
/// <param name="Owed">debt and requirement of options</param>
/// <param name="Problem">why its chain cannot say, in its words; empty where it can</param>
public sealed record AccountOnHub(Wad Capacity, Wad Owed, string Problem);

public enum OrderKind
{
    Release,
    Seize,
    Swap,
}

/// <param name="Hash">of the order as it is, issued or not</param>
/// <param name="IssueAfter">when the hub's chain counts it as final, in its time</param>
/// <param name="IsEnded">it has lapsed before its turn</param>
public sealed record HubOrder(ulong Counter, OrderKind Kind, Hash32 Hash, ulong Deadline, ulong IssueAfter, bool IsIssued, bool IsEnded)
{
    /// <summary>Of the lien's token, that leave it.</summary>
    public BigInteger Units { get; init; }

    /// <summary>The lien that a swap fills; 0 of another order.</summary>
    public ulong LienOut { get; init; }

    /// <summary>What a swap must bring.</summary>
    public BigInteger MinOut { get; init; }
}
