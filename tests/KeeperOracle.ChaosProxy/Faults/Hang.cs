using KeeperOracle.ChaosProxy.Doors;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The connection stays open and nothing comes; the node does not hear of the call. A notification is never told.</summary>
internal sealed class Hang : Fault
{
    public override Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        exchange.Wire.Ending = Ending.Hang;
        return Task.FromResult(Reply.Ok(null));
    }
}
