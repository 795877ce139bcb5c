using System.Collections.Concurrent;
using System.Collections.Immutable;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.OracleNode;

/// <summary>Which headers of a chain an oracle node attests for another, or why none. The body of GET /api/v1/headers/{of}/{on}.</summary>
/// <param name="FinalBlock">the newest final block that the node has looked at; 0 before the first</param>
/// <param name="NoHeader">why there are none; empty where there are some</param>
/// <param name="Headers">the newest last</param>
public sealed record OfferedHeaders(string Node, ChainId Of, ChainId On, ulong FinalBlock, string NoHeader, ImmutableArray<OfferedHeader> Headers);

/// <summary>One attested header. The contract that believes it is in the digest, not here.</summary>
/// <param name="Signature">r || s || v</param>
public sealed record OfferedHeader(ulong Number, Hash32 BlockHash, Hash32 StateRoot, ulong Timestamp, ulong Deadline, string Signature)
{
    public HeaderAttestation Of(ChainId chain) => new(chain.Value, Number, BlockHash, StateRoot, Timestamp, Deadline);
}

/// <summary>The newest of what this node offers, by both chains; written by the lanes, read by the HTTP endpoint.</summary>
public sealed class HeaderBoard
{
    private readonly ConcurrentDictionary<(ChainId Of, ChainId On), OfferedHeaders> _offers = new();

    public void Publish(OfferedHeaders offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        _offers[(offer.Of, offer.On)] = offer;
    }

    public OfferedHeaders? Find(ChainId of, ChainId on) => _offers.GetValueOrDefault((of, on));
}
