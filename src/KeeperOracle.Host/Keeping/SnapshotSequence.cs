using KeeperOracle.Keeper;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Turns the snapshots of one chain into events: the whole of the first, then the difference to the one before, as the queue keeps their order.
/// Where one did not reach the core, the next must be whole again: the reader of the queue says so, and may say so once too often.
/// </summary>
public sealed class SnapshotSequence
{
    private ChainSnapshot? _last;
    private int _isWholeNeeded;

    /// <summary>By the lane alone, for each snapshot that it then publishes.</summary>
    public KeeperEvent Next(ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var isWhole = Interlocked.Exchange(ref _isWholeNeeded, 0) != 0 || _last is null;
        KeeperEvent next = isWhole ? new ChainObserved(snapshot) : ChainAdvanced.Between(_last!, snapshot);
        _last = snapshot;
        return next;
    }

    /// <summary>By anyone: what the core has is not what was published last.</summary>
    public void RequireWhole() => Interlocked.Exchange(ref _isWholeNeeded, 1);
}
