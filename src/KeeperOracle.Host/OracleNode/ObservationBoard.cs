using System.Collections.Concurrent;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.OracleNode;

/// <summary>The newest of what this node offers, by chain; written by the lanes, read by the HTTP endpoint.</summary>
public sealed class ObservationBoard
{
    private readonly ConcurrentDictionary<ChainId, OfferedObservation> _offers = new();

    public void Publish(OfferedObservation offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        _offers[offer.Chain] = offer;
    }

    public OfferedObservation? Find(ChainId chain) => _offers.GetValueOrDefault(chain);
}
