using System.Collections.Concurrent;
using System.Collections.Immutable;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>How a link stands. The body of GET /api/v1/links is a list of these.</summary>
/// <param name="VaultBlock">the heads that were read</param>
/// <param name="Problem">why it could not be read; empty where it could</param>
/// <param name="Steps">purposes of what is to be sent</param>
public sealed record LinkStatus(
    string Link, ulong VaultBlock, ulong HubBlock, string Problem, HeaderState? ToHub, HeaderState? ToVault, ImmutableArray<string> Steps, ImmutableArray<RelayWait> Waits);

/// <summary>What an account's owner sends to attach a lien. The body of GET /api/v1/liens/{vault}/{hub}/{number}.</summary>
/// <param name="Refusal">why there is none yet; empty where there is one</param>
/// <param name="Chain">where it is sent</param>
/// <param name="Data">the call, in hex</param>
/// <param name="Header">the number of the header that shows the lien</param>
public sealed record OfferedCount(string Refusal, ChainId Chain, Address To, string Data, ulong Header);

/// <summary>How the links stand; written by the worker, read by the HTTP endpoint.</summary>
internal sealed class RelayBoard
{
    private readonly ConcurrentDictionary<string, LinkStatus> _links = new(StringComparer.Ordinal);

    public IReadOnlyList<LinkStatus> Links => [.. _links.Values.OrderBy(link => link.Link, StringComparer.Ordinal)];

    public void Publish(LinkStatus status) => _links[status.Link] = status;
}
