using KeeperOracle.ChaosProxy.Doors;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The connection is reset before the node hears of the call. That nobody listens at all is chaos_down.</summary>
internal sealed class Reset : Fault
{
    public override Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        exchange.Wire.Ending = Ending.Reset;
        return Task.FromResult(Reply.Ok(null));
    }
}
