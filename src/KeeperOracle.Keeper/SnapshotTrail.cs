using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper;

/// <summary>
/// The snapshots that a sequence of events leads to, for whoever reads a journal: the newest of each chain, as the keeper that was fed the same
/// events has it.
/// </summary>
public sealed class SnapshotTrail
{
    private readonly Dictionary<ChainId, ChainSnapshot> _newest = [];

    /// <summary>The snapshot that this event brings; null for an event without one and for a difference that does not fit.</summary>
    public ChainSnapshot? Follow(KeeperEvent keeperEvent)
    {
        if (keeperEvent is Started)
        {
            _newest.Clear();
        }

        var snapshot = keeperEvent switch
        {
            ChainObserved observed => observed.Snapshot,
            ChainAdvanced advanced when _newest.GetValueOrDefault(advanced.Chain) is { } previous && advanced.Misfit(previous) is null => advanced.ApplyTo(previous),
            _ => null,
        };
        if (snapshot is not null)
        {
            _newest[snapshot.Chain] = snapshot;
        }

        return snapshot;
    }
}
