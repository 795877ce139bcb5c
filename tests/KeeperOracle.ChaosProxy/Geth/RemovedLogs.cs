using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>The logs of replaced blocks, once more and marked, before those of the new branch. Geth's setHead announces nothing.</summary>
internal sealed class RemovedLogs(LiveNode node) : GethBehaviour("removedLogs")
{
    public override Task FollowAsync(ChainChange change)
    {
        if (!change.IsRollback)
        {
            node.Feeds.PublishRemoved(change.Removed);
        }

        return Task.CompletedTask;
    }
}
