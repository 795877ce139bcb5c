using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>Transactions that a reorganisation took out of their blocks wait again, the lowest nonce of a sender first.</summary>
internal sealed class Reinjection(LiveNode node) : GethBehaviour("reinjection")
{
    public override async Task FollowAsync(ChainChange change)
    {
        if (change.IsRollback)
        {
            return;
        }

        foreach (var lost in change.Lost().OrderBy(one => one.Sender).ThenBy(one => one.Nonce))
        {
            node.Pool.Add(lost);
            await node.Pool.OfferAsync(lost);
        }
    }
}
