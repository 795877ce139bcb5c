using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Which snapshots are still fresh enough to decide by when they leave the queue. One that waited too long is dropped, and with it every
/// difference behind it, up to the next whole snapshot.
/// </summary>
public sealed class SnapshotGate(IReadOnlyDictionary<ChainId, TimeSpan> maxAge, TimeProvider time)
{
    private readonly HashSet<ChainId> _awaitingWhole = [];

    /// <summary>Null where the event may go to the core; else why not, and its lane owes a whole snapshot.</summary>
    public (ChainId Chain, string Reason)? Refuse(QueuedEvent queued)
    {
        var (chain, block) = queued.Event switch
        {
            ChainObserved observed => (observed.Snapshot.Chain, observed.Snapshot.Block),
            ChainAdvanced advanced => (advanced.Chain, advanced.Block),
            _ => default,
        };
        if (queued.Event is not (ChainObserved or ChainAdvanced))
        {
            return null;
        }

        if (time.GetElapsedTime(queued.Arrived) > maxAge[chain])
        {
            _awaitingWhole.Add(chain);
            return (chain, $"the snapshot of block {block} waited too long and gives no decision");
        }

        if (queued.Event is ChainAdvanced && _awaitingWhole.Contains(chain))
        {
            return (chain, $"the snapshot of block {block} builds on one that waited too long and gives no decision");
        }

        _awaitingWhole.Remove(chain);
        return null;
    }
}
