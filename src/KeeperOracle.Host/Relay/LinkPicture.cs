using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>What was read of a link, with what steps are made of. The state is what is decided on.</summary>
/// <param name="ToHub">headers of the vault's chain that the hub's believes, the newest last</param>
/// <param name="ToVault">the other way</param>
/// <param name="OfferToHub">behind the offer in the state</param>
/// <param name="Terms">by number of the lien</param>
/// <param name="Orders">by key of the lien and counter</param>
internal sealed record LinkPicture(
    LinkState State,
    BlockRef VaultHead,
    BlockRef HubHead,
    IReadOnlyList<LedgerHeader> ToHub,
    IReadOnlyList<LedgerHeader> ToVault,
    QuorumHeader? OfferToHub,
    QuorumHeader? OfferToVault,
    ImmutableDictionary<ulong, LienTerms> Terms,
    ImmutableDictionary<(Hash32 Key, ulong Counter), Order> Orders);
